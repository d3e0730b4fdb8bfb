"""
Trains a small network in PyTorch that predicts the progress of diabetes, and shows the state of its layers.

    pip install torch scikit-learn ./clients/python
    python pytorch_regression.py
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_diabetes
from torch import nn

from mnist_training_monitor import Monitor
from mnist_training_monitor.pytorch import obey_commands

EPOCHS, BATCH, RATE = 20, 32, 0.01


def main() -> None:
    torch.manual_seed(1)
    data = load_diabetes()
    x = torch.tensor(data.data, dtype=torch.float32) * 20
    y = torch.tensor((data.target - data.target.mean()) / data.target.std(), dtype=torch.float32)
    order = torch.randperm(len(y))
    train, test = order[:300], order[300:]
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=0.9)
    batches = -(-len(train) // BATCH)
    with Monitor(
        name="Diabetes in PyTorch",
        config={"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": RATE, "optimizer": "sgd", "seed": 1},
        unit="rows",
        loss_unit="squared error",
        dataset="Diabetes",
        total_steps=EPOCHS * batches,
        total_epochs=EPOCHS,
        commands=["pause", "stop", "set_learning_rate"],
    ) as monitor:
        step = 0
        for epoch in range(1, EPOCHS + 1):
            losses = []
            for rows in train[torch.randperm(len(train))].split(BATCH):
                step += 1
                loss = (model(x[rows]).squeeze(1) - y[rows]).square().mean()
                optimizer.zero_grad()
                loss.backward()
                before = {name: value.detach().clone() for name, value in model.named_parameters()}
                optimizer.step()
                losses.append(loss.item())
                monitor.log(step, loss, epoch=epoch, learning_rate=optimizer.param_groups[0]["lr"])
                monitor.layers(step, describe_tensors(model, before))
                if obey_commands(monitor, optimizer):
                    return
            with torch.no_grad():
                test_loss = (model(x[test]).squeeze(1) - y[test]).square().mean()
            monitor.epoch(epoch, train_loss=sum(losses) / len(losses), test_loss=test_loss)
            monitor.snapshot(step, model.state_dict(), epoch=epoch)
        monitor.finish(test_loss=test_loss)
        print(f"test loss {test_loss.item():.3f}")


def describe_tensors(model: nn.Module, before: dict[str, torch.Tensor]) -> dict[str, dict[str, float]]:
    """Returns the norms of each tensor and of its gradient, and the size of its last change relative to the tensor."""
    return {
        name: {
            "weight_norm": value.detach().norm().item(),
            "gradient_norm": value.grad.norm().item() if value.grad is not None else 0.0,
            "update_ratio": ((value.detach() - before[name]).norm() / before[name].norm()).item(),
        }
        for name, value in model.named_parameters()
    }


if __name__ == "__main__":
    main()
