"""
A helper for training loops of scikit-learn that call `partial_fit`.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.sklearn import MonitorCallback
>>> with Monitor(classes=["setosa", "versicolor", "virginica"], unit="rows") as monitor:
...     callback = MonitorCallback(monitor, model, test=(x_test, y_test))
...     for x, y in batches:
...         model.partial_fit(x, y, classes=[0, 1, 2])
...         if callback.after_partial_fit(x, y):
...             break
...     callback.after_epoch()
"""

from __future__ import annotations

import time
from typing import Any

from sklearn.base import is_classifier
from sklearn.metrics import confusion_matrix, log_loss, mean_squared_error

from ._monitor import Monitor


class MonitorCallback:
    """
    Publishes each batch and each epoch of a loop. Obeys pause and stop.

    The loss of a classifier is the cross-entropy of its probabilities; without probabilities it has none, and its
    accuracy is sent alone. The loss of a regression is the mean squared error.
    """

    def __init__(self, monitor: Monitor, model: Any, *, test: tuple[Any, Any] | None = None) -> None:
        self._monitor = monitor
        self._model = model
        self._test = test
        self._step = 0
        self._epoch = 1
        self._epoch_began = self._batch_began = time.monotonic()
        self._sums = {"loss": 0.0, "accuracy": 0.0}
        self._rows = {"loss": 0, "accuracy": 0}
        monitor.accept_commands("pause", "stop")
        monitor.describe(
            config={"estimator": type(model).__name__, **_settings(model)},
            loss_unit=None if is_classifier(model) else "squared error",
            device={"engine": "scikit-learn"},
        )

    def after_partial_fit(self, x: Any, y: Any) -> bool:
        """Publishes a batch that was fitted. Returns whether the loop has to end, because somebody stopped the run."""
        now = time.monotonic()
        self._step += 1
        rows = len(y)
        loss, accuracy = self._score(x, y)
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            if value is not None:
                self._sums[name] += value * rows
                self._rows[name] += rows
        seconds = now - self._batch_began
        self._monitor.log(
            self._step,
            loss,
            epoch=self._epoch,
            accuracy=accuracy,
            throughput=rows / seconds if seconds > 0 else None,
        )
        self._monitor.wait_while_paused()
        self._batch_began = time.monotonic()
        return self._monitor.should_stop

    def after_epoch(self) -> None:
        """Publishes the end of an epoch: the means of its batches, and the results on the test data."""
        loss = accuracy = matrix = None
        if self._test is not None:
            x, y = self._test
            loss, accuracy = self._score(x, y)
            if is_classifier(self._model):
                matrix = confusion_matrix(y, self._model.predict(x), labels=self._model.classes_)
        now = time.monotonic()
        self._monitor.epoch(
            self._epoch,
            step=self._step,
            train_loss=self._mean("loss"),
            train_accuracy=self._mean("accuracy"),
            test_loss=loss,
            test_accuracy=accuracy,
            confusion=matrix,
            seconds=now - self._epoch_began,
        )
        self._epoch += 1
        self._sums, self._rows = dict.fromkeys(self._sums, 0.0), dict.fromkeys(self._rows, 0)
        self._epoch_began = self._batch_began = time.monotonic()

    def _mean(self, name: str) -> float | None:
        return self._sums[name] / self._rows[name] if self._rows[name] else None

    def _score(self, x: Any, y: Any) -> tuple[float | None, float | None]:
        """Returns loss and accuracy, each None where the model has none."""
        if not is_classifier(self._model):
            return float(mean_squared_error(y, self._model.predict(x))), None
        accuracy = float((self._model.predict(x) == y).mean())
        try:
            probabilities = self._model.predict_proba(x)
        except AttributeError:
            return None, accuracy
        return float(log_loss(y, probabilities, labels=self._model.classes_)), accuracy


def _settings(model: Any) -> dict[str, Any]:
    """Returns the settings of an estimator. Its `learning_rate` may be the name of a schedule, such as "optimal"."""
    settings: dict[str, Any] = model.get_params(deep=False)
    if isinstance(settings.get("learning_rate"), str):
        settings["schedule"] = settings.pop("learning_rate")
    return settings
