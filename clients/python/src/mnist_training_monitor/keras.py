"""
A callback for Keras 3.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.keras import MonitorCallback
>>> with Monitor(classes=["cat", "dog"]) as monitor:
...     model.fit(x, y, validation_data=(x_test, y_test), callbacks=[MonitorCallback(monitor)])
"""

from __future__ import annotations

import math
import time
from typing import Any

import keras

from ._frameworks import pop_accuracy, torch_device
from ._monitor import Monitor


class MonitorCallback(keras.callbacks.Callback):
    """
    Publishes `fit`: each batch, and each epoch with its validation. Obeys pause, stop and the learning rate.

    The loss of a batch is the mean of the epoch so far, as Keras reports it.
    """

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self._monitor = monitor
        self._step = 0
        self._epoch = 1
        self._epoch_began = 0.0
        monitor.accept_commands("pause", "stop", "set_learning_rate")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        epochs, steps = self.params.get("epochs"), self.params.get("steps")
        device = torch_device() if keras.backend.backend() == "torch" else None
        self._monitor.describe(
            config={"epochs": epochs, "optimizer": type(self.model.optimizer).__name__, "learning_rate": self._rate()},
            layers=[_layer(each) for each in self.model.layers],
            device=device or {"engine": f"Keras {keras.__version__} on {keras.backend.backend()}"},
            total_epochs=epochs,
            total_steps=epochs * steps if epochs and steps else None,
        )
        self._monitor.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch + 1
        self._epoch_began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        values = dict(logs or {})
        self._step += 1
        loss, accuracy = values.pop("loss", None), pop_accuracy(values)
        self._monitor.log(
            self._step,
            loss,
            epoch=self._epoch,
            batch=batch + 1,
            accuracy=accuracy,
            learning_rate=self._rate(),
            **values,
        )
        self._monitor.wait_while_paused()
        rate = self._monitor.take_learning_rate()
        if rate is not None and self._rate() is not None:
            self.model.optimizer.learning_rate = rate
        if self._monitor.should_stop:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = dict(logs or {})
        values.pop("learning_rate", None)
        self._monitor.epoch(
            epoch + 1,
            step=self._step,
            train_loss=values.pop("loss", None),
            train_accuracy=pop_accuracy(values),
            test_loss=values.pop("val_loss", None),
            test_accuracy=pop_accuracy(values, "val_"),
            seconds=time.monotonic() - self._epoch_began,
            **values,
        )

    def _rate(self) -> float | None:
        """Returns the learning rate; None where the optimizer has none."""
        try:
            rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        except (AttributeError, TypeError, ValueError):
            return None
        return rate if math.isfinite(rate) else None


def _layer(layer: Any) -> dict[str, Any]:
    shape = getattr(getattr(layer, "output", None), "shape", None)
    return {
        "name": layer.name,
        "type": type(layer).__name__,
        "outputShape": list(shape)[1:] if shape else [],
        "parameters": layer.count_params() if layer.built else 0,
    }
