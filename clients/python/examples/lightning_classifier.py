"""
Trains a classifier of ten digits with PyTorch Lightning.

    pip install lightning scikit-learn ./clients/python
    python lightning_classifier.py
"""

from __future__ import annotations

import tempfile
from typing import Any

import lightning
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from mnist_training_monitor import Monitor
from mnist_training_monitor.lightning import MonitorCallback


class Classifier(lightning.LightningModule):
    """A network of two layers."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.network = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def training_step(self, batch: Any, _index: int) -> torch.Tensor:
        x, y = batch
        logits = self.network(x)
        loss = functional.cross_entropy(logits, y)
        self.log("train_loss", loss)
        self.log("train_acc", (logits.argmax(1) == y).float().mean())
        self.log("logit_norm", logits.norm())
        return loss

    def validation_step(self, batch: Any, _index: int) -> None:
        x, y = batch
        logits = self.network(x)
        self.log("val_loss", functional.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 0.003)


def main() -> None:
    lightning.seed_everything(1)
    data = load_digits()
    x, y = torch.tensor(data.data / 16, dtype=torch.float32), torch.tensor(data.target)
    train = DataLoader(TensorDataset(x[:1_400], y[:1_400]), 64, shuffle=True)
    test = DataLoader(TensorDataset(x[1_400:], y[1_400:]), 397)
    with (
        tempfile.TemporaryDirectory() as folder,
        Monitor(name="Digits in Lightning", classes=range(10), dataset="Digits", config={"batch_size": 64}) as monitor,
    ):
        trainer = lightning.Trainer(
            max_epochs=3,
            accelerator="cpu",
            callbacks=[MonitorCallback(monitor)],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        trainer.fit(Classifier(), train, test)


if __name__ == "__main__":
    main()
