"""
Publishes any training run to MNIST Training Monitor, live.

>>> from mnist_training_monitor import Monitor
>>> with Monitor(name="wine", classes=["red", "white"]) as monitor:
...     monitor.log(1, loss=0.7, accuracy=0.5)

Callbacks of frameworks are in modules of their own, each of which imports its framework: `keras`, `lightning`,
`transformers`, `sklearn` and `xgboost`. The module `pytorch` contains helpers for training loops of PyTorch.
"""

from ._commands import Command, CommandRefused
from ._monitor import Monitor, new_run_id

__all__ = ["Command", "CommandRefused", "Monitor", "new_run_id"]
__version__ = "0.1.0"
