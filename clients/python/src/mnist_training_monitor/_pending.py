"""Events that wait in memory until they are numbered. This is all that `Monitor.log` touches."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from . import _limits as limits
from ._values import Measure, utc, wire_json

#: Types of events that are dropped before others when too many wait: each is replaced by a later one.
_DROPPABLE = frozenset({"figure", "layers", "samples", "snapshot", "system"})


class Log:
    """The values of one `log`, or of several that were merged."""

    __slots__ = ("fields", "metrics", "step", "time")

    def __init__(self, time: float, step: int, fields: dict[str, Measure], metrics: dict[str, Measure] | None) -> None:
        self.time = time
        self.step = step
        #: The fields of a `batch` event other than `step` and `metrics`; without a loss the event is `metrics`.
        self.fields = fields
        self.metrics = metrics

    @property
    def values(self) -> int:
        """Number of values, by which the memory of the log is estimated."""
        return 4 + len(self.metrics or ())

    def merged_into(self, newer: Log) -> Log:
        """Returns the newer log with the values that only this older one has."""
        fields = {**self.fields, **newer.fields}
        metrics = {**(self.metrics or {}), **(newer.metrics or {})} or None
        return Log(newer.time, newer.step, fields, metrics)

    def encode(self) -> bytes:
        data: dict[str, Any]
        if "loss" in self.fields:
            data = {"step": self.step, **self.fields}
            if self.metrics:
                data["metrics"] = self.metrics
            return encode_event(self.time, "batch", wire_json(data))
        data = {"step": self.step}
        if "epoch" in self.fields:
            data["epoch"] = self.fields["epoch"]
        data["metrics"] = self.metrics
        return encode_event(self.time, "metrics", wire_json(data))


@dataclass(frozen=True)
class Encoded:
    """An event other than a log; its data is JSON already."""

    time: float
    type: str
    data: str

    def encode(self) -> bytes:
        return encode_event(self.time, self.type, self.data)


def encode_event(time: float, kind: str, data: str) -> bytes:
    """Returns an event as JSON without its run and number, which are added when it is sent."""
    return f'{{"time":"{utc(time)}","type":"{kind}","data":{data}}}'.encode("ascii")


class Pending:
    """
    A bounded list of events without a number.

    When it is full, neighbouring logs are merged in pairs, and the newer value of each name is kept. So a long wait makes
    a curve coarser, and does not cut it off. If that is not enough, the oldest of the other events are dropped, first those
    of a type whose later events replace earlier ones.
    """

    def __init__(self, max_events: int = limits.PENDING_EVENTS) -> None:
        # A signal handler may log while the same thread holds this lock.
        self._lock = threading.RLock()
        self._items: deque[Log | Encoded] = deque()
        self._bytes = 0
        self._values = 0
        self._max_events = max_events
        self._taken = 0
        self._merged = 0
        self._dropped = 0

    def __len__(self) -> int:
        """Returns the number of events that are not recorded, including those that were taken."""
        with self._lock:
            return len(self._items) + self._taken

    def put_log(self, log: Log) -> None:
        """Adds a log. This takes some microseconds, or some milliseconds when the list is full and its logs are merged."""
        with self._lock:
            self._items.append(log)
            self._values += log.values
            if len(self._items) > self._max_events or self._values > limits.PENDING_VALUES:
                self._shrink()

    def put(self, event: Encoded) -> None:
        """Adds an event other than a log."""
        with self._lock:
            self._items.append(event)
            self._bytes += len(event.data)
            if len(self._items) > self._max_events or self._bytes > limits.PENDING_BYTES:
                self._shrink()

    def take(self, max_events: int) -> list[Log | Encoded]:
        """Removes and returns the oldest events."""
        with self._lock:
            taken = [self._items.popleft() for _ in range(min(max_events, len(self._items)))]
            self._count(taken, -1)
            self._taken = len(taken)
            return taken

    def settle(self, unrecorded: list[Log | Encoded]) -> None:
        """Puts back those of the taken events that did not fit into the outbox; the other ones are recorded."""
        with self._lock:
            self._taken = 0
            self._items.extendleft(reversed(unrecorded))
            self._count(unrecorded, 1)
            if len(self._items) > self._max_events:
                self._shrink()

    def _count(self, items: list[Log | Encoded], sign: int) -> None:
        for item in items:
            if isinstance(item, Log):
                self._values += sign * item.values
            else:
                self._bytes += sign * len(item.data)

    @property
    def losses(self) -> tuple[int, int]:
        """Numbers of logs merged into newer ones and of events dropped, which were not reported yet."""
        return self._merged, self._dropped

    def take_losses(self, merged: int, dropped: int) -> None:
        """Subtracts losses that were reported."""
        with self._lock:
            self._merged -= merged
            self._dropped -= dropped

    def _shrink(self) -> None:
        kept: deque[Log | Encoded] = deque()
        # A pair is merged once in a pass: the log after a merged pair begins the next pair.
        is_merged = False
        for item in self._items:
            previous = kept[-1] if kept else None
            if isinstance(item, Log) and isinstance(previous, Log) and not is_merged:
                merged = previous.merged_into(item)
                kept[-1] = merged
                self._values += merged.values - previous.values - item.values
                self._merged += 1
                is_merged = True
            else:
                kept.append(item)
                is_merged = False
        self._items = kept
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Drops events until a part of the bounds is free, beginning with types whose later events replace earlier ones."""
        for is_first in (True, False):
            kept: deque[Log | Encoded] = deque()
            excess = len(self._items) - self._max_events * 3 // 4
            for item in self._items:
                is_over = excess > 0 or self._bytes > limits.PENDING_BYTES // 2
                if is_over and isinstance(item, Encoded) and _may_drop(item.type, is_first):
                    self._bytes -= len(item.data)
                    self._dropped += 1
                    excess -= 1
                else:
                    kept.append(item)
            self._items = kept


def _may_drop(kind: str, is_first: bool) -> bool:
    return kind in _DROPPABLE if is_first else kind not in ("run.started", "run.finished")
