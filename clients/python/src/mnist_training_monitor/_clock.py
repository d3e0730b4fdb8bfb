"""The clocks of this machine, which tests replace."""

from __future__ import annotations

import threading
import time


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
