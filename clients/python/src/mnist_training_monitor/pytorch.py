"""
A helper for training loops of PyTorch.

>>> from mnist_training_monitor import Monitor
>>> from mnist_training_monitor.pytorch import obey_commands
>>> with Monitor(commands=["pause", "stop", "set_learning_rate"]) as monitor:
...     for step, (x, y) in enumerate(batches, 1):
...         loss = train_one_step(x, y)
...         monitor.log(step, loss)
...         if obey_commands(monitor, optimizer, scheduler):
...             break
"""

from __future__ import annotations

from typing import Any

from ._frameworks import obey_torch_commands
from ._monitor import Monitor


def obey_commands(monitor: Monitor, optimizer: Any, *schedulers: Any) -> bool:
    """
    Waits while the run is paused, and sets a learning rate that somebody has sent. Call it between steps.

    :param schedulers: Schedules of the learning rate. With one, the rate is the new peak, and the schedule goes on from there.
    :returns: Whether the training has to end, because somebody stopped the run.
    """
    return obey_torch_commands(monitor, [optimizer], schedulers)
