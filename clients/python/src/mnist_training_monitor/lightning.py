"""
A callback for PyTorch Lightning.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.lightning import MonitorCallback
>>> with Monitor(name="fine-tuning") as monitor:
...     Trainer(callbacks=[MonitorCallback(monitor)]).fit(model)
"""

from __future__ import annotations

import sys
import time
from typing import Any

from ._frameworks import obey_torch_commands, pop_accuracy, scalars, torch_device, torch_layers, torch_rate
from ._monitor import Monitor

if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules:
    from pytorch_lightning import Callback
else:
    from lightning.pytorch import Callback


class MonitorCallback(Callback):
    """
    Publishes `fit`: every `every_n_steps` steps, and each epoch with its validation. Obeys pause, stop and the
    learning rate. In a distributed training, only the first process publishes.

    Reading the loss of a step waits for a GPU; a larger `every_n_steps` waits less often.
    """

    def __init__(self, monitor: Monitor, *, every_n_steps: int = 1) -> None:
        super().__init__()
        self._monitor = monitor
        self._every = max(1, every_n_steps)
        self._epoch_began = 0.0
        monitor.accept_commands("pause", "stop", "set_learning_rate")

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if not trainer.is_global_zero:
            return
        steps = trainer.estimated_stepping_batches
        epochs = trainer.max_epochs
        self._monitor.describe(
            config={**dict(pl_module.hparams), "learning_rate": torch_rate(trainer.optimizers), "epochs": epochs},
            layers=torch_layers(pl_module),
            device=torch_device(),
            total_epochs=epochs if epochs is not None and epochs > 0 else None,
            total_steps=int(steps) if steps != float("inf") and steps > 0 else None,
        )
        self._monitor.start()

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self._epoch_began = time.monotonic()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        monitor = self._monitor
        if trainer.is_global_zero and trainer.global_step % self._every == 0:
            loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
            values = scalars(trainer.logged_metrics)
            values = {key: value for key, value in values.items() if _is_of_step(key)}
            values.pop("loss", None)
            values.pop("train_loss", None)
            accuracy = pop_accuracy(values)
            monitor.log(
                trainer.global_step,
                loss,
                epoch=trainer.current_epoch + 1,
                batch=batch_idx + 1,
                accuracy=pop_accuracy(values, "train_") if accuracy is None else accuracy,
                learning_rate=torch_rate(trainer.optimizers),
                **values,
            )
        schedulers = [each.scheduler for each in trainer.lr_scheduler_configs]
        if obey_torch_commands(monitor, trainer.optimizers, schedulers):
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        if not trainer.is_global_zero:
            return
        values = scalars(trainer.callback_metrics)
        train_loss = values.pop("train_loss", values.pop("loss", None))
        test_loss = values.pop("val_loss", None)
        self._monitor.epoch(
            trainer.current_epoch + 1,
            step=trainer.global_step,
            train_loss=train_loss,
            train_accuracy=pop_accuracy(values, "train_"),
            test_loss=test_loss,
            test_accuracy=pop_accuracy(values, "val_"),
            seconds=time.monotonic() - self._epoch_began,
            **values,
        )

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        if trainer.is_global_zero:
            self._monitor.__exit__(type(exception), exception, None)


def _is_of_step(name: str) -> bool:
    """Returns whether a logged metric belongs to a training step. Metrics of the validation are logged with the epoch."""
    return not name.startswith(("val_", "val/", "test_", "test/")) and name != "epoch" and not name.endswith("_epoch")
