"""
A callback for XGBoost.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.xgboost import MonitorCallback
>>> with Monitor(name="prices", unit="rows") as monitor:
...     xgboost.train(parameters, train, 100, evals=[(train, "train"), (test, "test")],
...                   callbacks=[MonitorCallback(monitor)])
"""

from __future__ import annotations

import json
from typing import Any

import xgboost

from ._monitor import Monitor

# Metrics of XGBoost whose values are shares of wrong answers.
_ERRORS = ("error", "merror")
# Metrics of XGBoost whose values are nats.
_NATS = ("logloss", "mlogloss")


class MonitorCallback(xgboost.callback.TrainingCallback):  # type: ignore[name-defined,unused-ignore]
    """
    Publishes each round as a step. Obeys pause, stop and the learning rate.

    `error` and `merror` are sent as accuracies. The loss is the first other metric of the first data set in `evals`; the unit of
    the loss is the name of that metric, or nats for `logloss` and `mlogloss`. All others are custom metrics, such as `test/rmse`.
    """

    def __init__(self, monitor: Monitor, *, rounds: int | None = None) -> None:
        """:param rounds: Number of rounds, if known, from which the remaining time is estimated."""
        super().__init__()
        self._monitor = monitor
        self._rounds = rounds
        monitor.accept_commands("pause", "stop", "set_learning_rate")

    def before_training(self, model: Any) -> Any:
        self._monitor.describe(
            config=_settings(model),
            device={"engine": f"XGBoost {xgboost.__version__}"},
            total_steps=self._rounds,
        )
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, Any]) -> bool:
        monitor = self._monitor
        loss = accuracy = unit = None
        custom: dict[str, Any] = {}
        for index, (data, metrics) in enumerate(evals_log.items()):
            for name, values in metrics.items():
                value = _last(values)
                if index == 0 and name in _ERRORS and accuracy is None:
                    accuracy = 1 - value
                elif index == 0 and loss is None and name not in _ERRORS:
                    loss, unit = value, name
                elif name in _ERRORS:
                    custom[f"{data}/accuracy"] = 1 - value
                else:
                    custom[f"{data}/{name}"] = value
        monitor.describe(loss_unit="nats" if unit in _NATS else unit)
        monitor.log(epoch + 1, loss, accuracy=accuracy, **custom)
        monitor.wait_while_paused()
        rate = monitor.take_learning_rate()
        if rate is not None:
            model.set_param({"learning_rate": rate})
        return monitor.should_stop


def _last(values: Any) -> float:
    """Returns the last value of a metric: in a cross-validation, where values are pairs of mean and deviation, the last mean."""
    last = values[-1]
    return float(last[0] if isinstance(last, tuple) else last)


def _settings(model: Any) -> dict[str, Any]:
    """Returns the settings of a booster that matter to most readers; none for the boosters of a cross-validation."""
    try:
        learner = json.loads(model.save_config())["learner"]
        trees = learner["gradient_booster"]["tree_train_param"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    names = ("max_depth", "min_child_weight", "subsample", "colsample_bytree", "reg_alpha", "reg_lambda", "gamma")
    settings = {name: float(trees[name]) for name in names if name in trees}
    if "learning_rate" in trees:
        settings["learning_rate"] = float(trees["learning_rate"])
    return {**settings, "objective": learner.get("objective", {}).get("name")}
