"""Functions that the callbacks of several frameworks use."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from ._monitor import Monitor

#: Names under which frameworks report the share of correct answers.
_ACCURACY = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy", "Accuracy")


def pop_accuracy(values: MutableMapping[str, Any], prefix: str = "") -> Any:
    """Removes the accuracy from a framework's values and returns it; None if they have none."""
    for name in _ACCURACY:
        if f"{prefix}{name}" in values:
            return values.pop(f"{prefix}{name}")
    return None


def torch_device() -> dict[str, Any] | None:
    """Describes the GPUs that PyTorch uses, or None where it uses none. PyTorch is not imported here."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    properties = [torch.cuda.get_device_properties(each) for each in range(torch.cuda.device_count())]
    gpus = [{"name": each.name, "memoryBytes": each.total_memory} for each in properties]
    return {
        "kind": "gpu",
        "name": gpus[0]["name"],
        "engine": f"PyTorch {torch.__version__}",
        "gpu": gpus[0],
        "gpus": gpus if len(gpus) > 1 else None,
    }


def torch_layers(model: Any) -> list[dict[str, Any]]:
    """Describes the modules of a PyTorch model that have parameters of their own."""
    layers = []
    for name, module in model.named_modules():
        own = sum(each.numel() for each in module.parameters(recurse=False))
        if own > 0:
            layers.append({"name": name or "model", "type": type(module).__name__, "parameters": own})
    return layers


def obey_torch_commands(monitor: Monitor, optimizers: Iterable[Any], schedulers: Iterable[Any]) -> bool:
    """Waits while the run is paused, and sets a new learning rate. Returns whether somebody stopped the run."""
    monitor.wait_while_paused()
    rate = monitor.take_learning_rate()
    if rate is not None:
        set_torch_rates(optimizers, schedulers, rate)
    return monitor.should_stop


def set_torch_rates(optimizers: Iterable[Any], schedulers: Iterable[Any], rate: float) -> None:
    """
    Sets the learning rate of PyTorch's optimizers from the next step. With a schedule it sets the peak, and the schedule
    continues from there, as in the trainer of MNIST Training Monitor.
    """
    scaled = False
    for scheduler in schedulers:
        base = getattr(scheduler, "base_lrs", None)
        if not base or max(base) <= 0:
            continue
        factor = rate / max(base)
        scheduler.base_lrs = [each * factor for each in base]
        for group in scheduler.optimizer.param_groups:
            group["lr"] = float(group["lr"]) * factor
            if "initial_lr" in group:
                group["initial_lr"] = float(group["initial_lr"]) * factor
        scaled = True
    if not scaled:
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate


def torch_rate(optimizers: Iterable[Any]) -> Any:
    """Returns the learning rate of the first group of parameters; None if there is none."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            return group["lr"]
    return None


def scalars(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that may be numbers: all but texts, mappings, lists and tuples."""
    return {key: value for key, value in values.items() if not isinstance(value, (str, bytes, Mapping, list, tuple))}
