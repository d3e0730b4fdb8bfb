"""Moves events from memory to the outbox, on a thread of its own, so that a slow disk never delays a training."""

from __future__ import annotations

import threading
from collections.abc import Callable

from . import _limits as limits
from ._clock import Clock
from ._outbox import Outbox
from ._pending import Encoded, Log, Pending
from ._values import wire_json
from ._warnings import Warnings

# Events encoded at once: the interpreter switches threads between them, so that a training is not held up.
_BATCH = 256


class Recorder:
    """Numbers events by appending them to the outbox, and reports those that were merged or dropped."""

    def __init__(
        self,
        pending: Pending,
        outbox: Outbox,
        warn: Warnings,
        on_recorded: Callable[[], None],
        *,
        is_refused: Callable[[], bool],
        on_started: Callable[[bytes], None],
        clock: Clock | None = None,
    ) -> None:
        self._pending = pending
        self._outbox = outbox
        self._warn = warn
        self._on_recorded = on_recorded
        self._is_refused = is_refused
        self._on_started = on_started
        self._clock = clock or Clock()
        self._closing = threading.Event()
        self._drain_lock = threading.Lock()
        # Nothing is encoded while the outbox is full, or before `_retry_at` after its disk refused an event.
        self._is_full = False
        self._retry_at = 0.0
        #: Set to wake the thread. `log` sets it only while the recorder is idle.
        self.wake = threading.Event()
        self.is_idle = True
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._run, name="mnist-training-monitor-recorder", daemon=True)
        self._thread.start()

    def close(self, seconds: float) -> None:
        """Ends the thread."""
        self._closing.set()
        self.wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._closing.is_set():
            self.wake.wait()
            self.wake.clear()
            while len(self._pending) > 0 and not self._closing.is_set():
                self._clock.wait(self._closing, limits.RECORDER_INTERVAL_SECONDS)
                self.drain()
            self.is_idle = True
            # A log that came before `is_idle` was set did not wake this thread.
            if len(self._pending) > 0:
                self.wake.set()

    def drain(self) -> None:
        """Moves the events that wait to the outbox, as far as it has room."""
        try:
            with self._drain_lock:
                if self._can_move():
                    while self._move_some():
                        pass
        except Exception as error:
            self._warn("recorder", f"Events could not be recorded ({type(error).__name__}: {error}); some are lost.")

    def _can_move(self) -> bool:
        if self._is_refused():
            return True
        if self._clock.monotonic() < self._retry_at or (self._is_full and not self._outbox.has_room()):
            return False
        self._is_full = False
        return True

    def _move_some(self) -> bool:
        """Moves some events. Returns whether more may wait, and the outbox has room for them."""
        events = self._pending.take(_BATCH)
        recorded = len(events)
        if self._is_refused() or not events:
            self._pending.settle([])
            return bool(events)
        try:
            recorded = self._append(events)
        finally:
            self._pending.settle(events[recorded:])
        if recorded > 0:
            self._on_recorded()
        return recorded == len(events)

    def _append(self, events: list[Log | Encoded]) -> int:
        """Appends events to the outbox, as far as it has room. Returns how many."""
        lines = [event.encode() for event in events]
        for event, line in zip(events, lines, strict=True):
            if isinstance(event, Encoded) and event.type == "run.started":
                self._on_started(line)
        try:
            if not self._report_losses():
                self._is_full = True
                return 0
            recorded = self._outbox.append(lines)
        except OSError as error:
            self._retry_at = self._clock.monotonic() + limits.DISK_RETRY_SECONDS
            if not self._is_refused():
                self._warn("disk", f"The outbox cannot be written ({error}); logs are merged until it can.")
            return 0
        if recorded < len(lines):
            self._is_full = True
            self._warn(
                "full",
                "The outbox is full, because the gateway accepts no events; logs are merged until it does.",
            )
        return recorded

    def _report_losses(self) -> bool:
        """Appends a notice about merged and dropped events, if there are any. Returns whether the outbox had room."""
        merged, dropped = self._pending.losses
        if merged + dropped == 0:
            return True
        parts = [f"{merged} logs were merged with newer ones"] if merged else []
        parts += [f"{dropped} other events were dropped"] if dropped else []
        message = f"{' and '.join(parts)}, because they came faster than they could be recorded."
        data = {"level": "warning", "code": "logs.merged", "message": message, "value": merged + dropped}
        # The notice waits until a large part of the outbox is free, so that one notice covers a long wait.
        if not self._outbox.has_room():
            return False
        if self._outbox.append([Encoded(self._clock.time(), "notice", wire_json(data)).encode()]) == 0:
            return False
        self._pending.take_losses(merged, dropped)
        self._warn("merged", f"{message[0].upper()}{message[1:]}")
        return True
