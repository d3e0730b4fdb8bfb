"""
Helpers for training loops of PyTorch.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.pytorch import obey_commands, optimizer_step, show_probe
>>> with Monitor(commands=["pause", "stop", "set_learning_rate"]) as monitor:
...     for step, (x, y) in enumerate(batches, 1):
...         optimizer.zero_grad()
...         loss = loss_of(model(x), y)
...         loss.backward()
...         optimizer_step(monitor, step, model, optimizer)
...         monitor.log(step, loss)
...         show_probe(monitor, step, model, test_images, test_labels)
...         if step % 100 == 0:
...             monitor.snapshot(step, model.state_dict())
...         if obey_commands(monitor, optimizer, scheduler):
...             break
"""

from __future__ import annotations

from typing import Any

from . import _limits as limits
from ._frameworks import obey_torch_commands
from ._monitor import Monitor


def obey_commands(monitor: Monitor, optimizer: Any, *schedulers: Any) -> bool:
    """
    Waits while the run is paused, and sets a learning rate that somebody has sent. Call it between steps.

    :param schedulers: Schedules of the learning rate. With one, the rate is the new peak, and the schedule goes on from there.
    :returns: Whether the training has to end, because somebody stopped the run.
    """
    return obey_torch_commands(monitor, [optimizer], schedulers)


def optimizer_step(monitor: Monitor, step: int, model: Any, optimizer: Any, *, histograms: bool = False) -> None:
    """
    Makes the step of the optimizer, in place of `optimizer.step()`, and shows what it changes: for each parameter the norms of
    weights and gradient and the size of the update relative to the weights, at most four times a second. It also shows the share
    of the units that were always 0 in the last `show_probe`. Other steps cost nothing.

    :param histograms: Whether to show histograms of the weights too: an event of 6 kB, for example once an epoch.
    """
    before: dict[str, Any] = {}
    gradients: dict[str, Any] = {}
    if monitor._is_due("layers", limits.LAYERS_INTERVAL_SECONDS):
        with monitor._guard("optimizer_step"):
            for name, parameter in model.named_parameters():
                if parameter.requires_grad:
                    before[name] = parameter.detach().clone()
                    if parameter.grad is not None:
                        gradients[name] = parameter.grad.detach().float().norm()
    optimizer.step()
    if not before:
        return
    with monitor._guard("optimizer_step"):
        import torch

        after = dict(model.named_parameters())
        columns = torch.stack(
            [
                torch.stack(
                    (values.float().norm(), (after[name].detach() - values).float().norm(), _or_nan(gradients.get(name), values))
                )
                for name, values in before.items()
            ]
        ).tolist()  # One transfer from the GPU.
        tensors: dict[str, dict[str, object]] = {}
        for (name, values), (weight, update, gradient) in zip(before.items(), columns, strict=True):
            # A bias is 0 before its first update, and has no ratio. Six digits are enough, in half the bytes.
            ratio = float(f"{update / weight:.6g}") if weight else None
            tensors[name] = {"weight_norm": float(f"{weight:.6g}"), "update_ratio": ratio}
            if name in gradients:
                tensors[name]["gradient_norm"] = float(f"{gradient:.6g}")
            if histograms and values.isfinite().all():
                counts, edges = torch.histogram(values.float().flatten().cpu(), 32)
                tensors[name]["histogram"] = (edges.tolist(), counts.int().tolist())
        monitor.layers(step, tensors, dead=monitor._dead)


def show_probe(
    monitor: Monitor,
    step: int,
    model: Any,
    images: Any,
    labels: Any,
    *,
    pictures: Any = None,
    indices: Any = None,
) -> None:
    """
    Shows the outputs of the network for some fixed test images, at most once in two seconds; other calls cost nothing. The model
    runs in evaluation mode and without gradients; its mode and its random numbers stay as they are.

    :param images: Input of the model, on the model's device; the first 500 images are used. The same in each call.
    :param labels: The true classes of the images.
    :param pictures: The images as bytes 0 to 255 or fractions 0 to 1, where the input of the model has other values.
    :param indices: Their indices in the test set. Default: 0, 1, 2 …
    """
    if not monitor._is_due("probe", limits.PROBE_INTERVAL_SECONDS):
        return
    with monitor._guard("show_probe"):
        import torch

        largest: dict[str, Any] = {}

        def remember(name: str) -> Any:
            def hook(_module: Any, _inputs: Any, output: Any) -> None:
                # A unit is a channel of a convolution, at all positions, or an output of a dense layer.
                others = [axis for axis in range(output.ndim) if axis != 1]
                found = output.detach().amax(dim=others)
                largest[name] = torch.maximum(largest[name], found) if name in largest else found

            return hook

        hooks = [
            module.register_forward_hook(remember(name))
            for name, module in model.named_modules()
            if isinstance(module, (torch.nn.ReLU, torch.nn.ReLU6))
        ]
        modes = [(module, module.training) for module in model.modules()]
        try:
            model.eval()
            with torch.no_grad():
                logits = torch.cat([model(part) for part in images[: limits.PROBE_IMAGES].split(100)]).float()
        finally:
            for module, mode in modes:
                module.training = mode
            for hook in hooks:
                hook.remove()
        monitor._dead = {name: (values == 0).float().mean().item() for name, values in largest.items()} or None
        shown = images if pictures is None else pictures
        monitor.probe(step, logits, images=shown[: limits.PROBE_IMAGES], labels=labels, indices=indices)


def _or_nan(norm: Any, like: Any) -> Any:
    """Returns a norm, or NaN as a tensor on the same device."""
    return like.new_full((), float("nan"), dtype=like.float().dtype) if norm is None else norm
