"""The clocks of this machine, which tests replace."""

from __future__ import annotations

import random
import threading
import time

from . import _limits as limits


class Clock:
    """Wall clock, monotonic clock and waiting."""

    def time(self) -> float:
        """Returns the seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Returns seconds that never go back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Waits until the event is set, or the seconds are over. Returns whether it is set."""
        return event.wait(seconds)


def retry_seconds(failures: int) -> float:
    """Returns the wait after a number of failures in a row: doubled each time, with jitter."""
    seconds: float = min(limits.LAST_RETRY_SECONDS, limits.FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 10))
    return seconds * (0.5 + random.random() / 2)
