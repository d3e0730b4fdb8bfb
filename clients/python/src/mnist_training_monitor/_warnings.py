"""Warnings of the client: one line each, each once, and never an exception."""

from __future__ import annotations

import contextlib
import logging
import threading

from . import _limits as limits

logger = logging.getLogger("mnist_training_monitor")


class Warnings:
    """Reports each problem once by `logging`. Texts contain no token."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token
        self._reported: set[str] = set()
        self._lock = threading.RLock()

    def __call__(self, key: str, message: str) -> None:
        """Reports a problem, unless one with this key was reported."""
        with self._lock:
            if key in self._reported or len(self._reported) >= limits.WARNINGS:
                return
            self._reported.add(key)
        self._write(logging.WARNING, message)

    def allow_again(self, key: str) -> None:
        """Allows the problem with this key to be reported again when it recurs."""
        with self._lock:
            self._reported.discard(key)

    def info(self, message: str) -> None:
        """Reports something that is no problem."""
        self._write(logging.INFO, message)

    def _write(self, level: int, message: str) -> None:
        line = " ".join(message.split())
        if self._token:
            line = line.replace(self._token, "…")
        # A handler of the program may fail, which is not a reason for a training to end.
        with contextlib.suppress(Exception):
            logger.log(level, "%s", line)
