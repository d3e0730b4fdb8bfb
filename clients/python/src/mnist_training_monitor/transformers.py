"""
A callback for the `Trainer` of Hugging Face.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.transformers import MonitorCallback
>>> with Monitor(name="small model", unit="tokens") as monitor:
...     Trainer(model, arguments, train_dataset=data, callbacks=[MonitorCallback(monitor)]).train()
"""

from __future__ import annotations

import math
from typing import Any

from transformers import TrainerCallback

from ._frameworks import obey_torch_commands, pop_accuracy, scalars, torch_device, torch_layers
from ._monitor import Monitor

# Settings of TrainingArguments that describe a run; the others are mostly defaults and paths.
_SETTINGS = (
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "weight_decay",
    "warmup_steps",
    "max_grad_norm",
    "seed",
    "bf16",
    "fp16",
)


class MonitorCallback(TrainerCallback):
    """
    Publishes what the `Trainer` logs (every `logging_steps` steps) and evaluates. Obeys pause, stop and the learning
    rate. In a distributed training, only the first process publishes.
    """

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        monitor.accept_commands("pause", "stop", "set_learning_rate")

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        if not state.is_world_process_zero:
            return
        settings = {name: getattr(args, name) for name in _SETTINGS if hasattr(args, name)}
        optimizer, schedule = getattr(args, "optim", None), getattr(args, "lr_scheduler_type", None)
        self._monitor.describe(
            config={
                **settings,
                "optimizer": str(getattr(optimizer, "value", optimizer)),
                "schedule": str(getattr(schedule, "value", schedule)),
            },
            layers=torch_layers(model) if model is not None else None,
            device=torch_device(),
            total_steps=state.max_steps if state.max_steps > 0 else None,
            total_epochs=math.ceil(state.num_train_epochs) if state.num_train_epochs else None,
        )
        self._monitor.start()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **others: Any) -> None:
        if not state.is_world_process_zero:
            return
        values = scalars(logs or {})
        if any(name.startswith("eval_") for name in values):
            return  # `on_evaluate` receives them too.
        values.pop("epoch", None)
        loss, rate = values.pop("loss", None), values.pop("learning_rate", None)
        accuracy = pop_accuracy(values)
        self._monitor.log(state.global_step, loss, epoch=_epoch_of(state), accuracy=accuracy, learning_rate=rate, **values)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, Any] | None = None, **others: Any) -> None:
        if not state.is_world_process_zero:
            return
        values = scalars(metrics or {})
        values.pop("epoch", None)
        if not _is_end_of_epoch(state):
            custom = {f"eval/{name.removeprefix('eval_')}": value for name, value in values.items()}
            self._monitor.log(state.global_step, epoch=_epoch_of(state), **custom)
            return
        self._monitor.epoch(
            _epoch_of(state) or 1,
            step=state.global_step,
            test_loss=values.pop("eval_loss", None),
            test_accuracy=pop_accuracy(values, "eval_"),
            **{f"eval/{name.removeprefix('eval_')}": value for name, value in values.items()},
        )

    def on_step_end(
        self,
        args: Any,
        state: Any,
        control: Any,
        optimizer: Any = None,
        lr_scheduler: Any = None,
        **others: Any,
    ) -> None:
        optimizers = [optimizer] if optimizer is not None else []
        schedulers = [lr_scheduler] if lr_scheduler is not None else []
        if obey_torch_commands(self._monitor, optimizers, schedulers):
            control.should_training_stop = True


def _epoch_of(state: Any) -> int | None:
    """Returns the number of the epoch that the last step belongs to, from 1."""
    return max(1, math.ceil(state.epoch - 1e-6)) if state.epoch else None


def _is_end_of_epoch(state: Any) -> bool:
    return bool(state.epoch) and abs(state.epoch - round(state.epoch)) < 1e-6
