"""Memory and disk stay bounded, and a curve keeps its shape, however long the gateway cannot be reached."""

from __future__ import annotations

import json
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from scripted import scripted_gateway, store_all

from mnist_training_monitor import Monitor, _limits
from mnist_training_monitor._clock import Clock
from mnist_training_monitor._outbox import Outbox
from mnist_training_monitor._pending import Encoded, Log, Pending


class SimulatedClock(Clock):
    """A clock that the test moves. A wait ends when the test moves the clock far enough."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self._moved = threading.Condition()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        with self._moved:
            self.now += seconds
            self._moved.notify_all()

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        end = None if seconds is None else self.now + seconds
        with self._moved:
            # The wait in real time is short, because the event may be set without a move of the clock.
            while not event.is_set() and (end is None or self.now < end):
                self._moved.wait(0.005)
        return event.is_set()


def test_memory_and_disk_are_bounded_while_the_gateway_is_unreachable_for_an_hour(tmp_path: Path, warnings) -> None:
    clock = SimulatedClock()
    is_away = True
    attempts = 0
    bound = 512 * 1024

    def connect() -> Any:
        nonlocal attempts
        attempts += 1
        if is_away:
            raise ConnectionRefusedError("Connection refused")
        return open_real_socket()

    with scripted_gateway(store_all) as gateway:

        def open_real_socket() -> Any:
            from mnist_training_monitor._connection import open_socket

            return open_socket(gateway.url, None)

        monitor = Monitor(gateway.url, run_id="hour", outbox_bytes=bound, outbox_folder=tmp_path, _clock=clock, _connect=connect)
        tracemalloc.start()
        step, peaks, sizes = 0, [], []
        for minute in range(60):
            for _ in range(1_200):  # 20 logs a second: 72,000 in an hour.
                step += 1
                monitor.log(step, loss=1 / step, accuracy=0.5, gradient=float(step))
                clock.now += 0.05
            monitor.epoch(minute + 1, test_loss=0.5)
            clock.move(0.0)
            monitor._recorder.drain()
            peaks.append(tracemalloc.get_traced_memory()[0])
            sizes.append(sum(file.stat().st_size for file in tmp_path.rglob("*.jsonl")))
        tracemalloc.stop()
        assert max(sizes) <= bound
        # The second half of the hour needs no more memory than the first one, apart from noise.
        assert max(peaks[30:]) <= max(peaks[:30]) * 1.1 + 200_000
        assert max(peaks) < 16 * 1024 * 1024
        assert 10 < attempts < 3_600 / _limits.LAST_RETRY_SECONDS * 4
        is_away = False
        finished = threading.Thread(target=monitor.finish, kwargs={"timeout": 10_000})
        finished.start()
        while finished.is_alive():
            clock.move(0.5)
            finished.join(0.005)
        events = [message for message in gateway.received if "seq" in message]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    steps = [event["data"]["step"] for event in events if event["type"] == "batch"]
    assert steps == sorted(set(steps))
    assert steps[-1] == 72_000
    # The curve has points in every minute of the hour.
    assert {(each - 1) // 1_200 for each in steps} == set(range(60))
    epochs = [event["data"]["epoch"] for event in events if event["type"] == "epoch"]
    assert epochs == list(range(1, 61))
    merged = sum(event["data"]["value"] for event in events if event["type"] == "notice")
    assert merged + len(steps) == 72_000
    assert [line.split(";")[0].split("(")[0] for line in warnings()][:2] == [
        f"No connection to the gateway at {gateway.url} ",
        "The outbox is full, because the gateway accepts no events",
    ]
    assert len(warnings()) == 3


def log(step: int, **values: float) -> Log:
    return Log(float(step), step, {"loss": float(step), **values}, {"own": float(step)})


def test_a_full_list_merges_neighbours_of_which_the_newer_value_wins() -> None:
    pending = Pending(max_events=4)
    for step in range(1, 6):
        pending.put_log(Log(float(step), step, {"loss": step} if step != 2 else {}, {f"own{step}": step}))
    items = pending.take(10)
    assert [(item.step, item.fields, item.metrics) for item in items if isinstance(item, Log)] == [
        (2, {"loss": 1}, {"own1": 1, "own2": 2}),
        (4, {"loss": 4}, {"own3": 3, "own4": 4}),
        (5, {"loss": 5}, {"own5": 5}),
    ]
    assert pending.losses == (2, 0)


def test_events_that_later_ones_replace_are_dropped_before_others() -> None:
    pending = Pending(max_events=8)
    pending.put(Encoded(0.0, "run.started", "{}"))
    for step in range(1, 20):
        pending.put(Encoded(float(step), "layers", "{}"))
        pending.put(Encoded(float(step), "epoch", "{}")) if step <= 3 else None
    kinds = [item.type for item in pending.take(99) if isinstance(item, Encoded)]
    assert kinds[0] == "run.started"
    assert kinds.count("epoch") == 3
    assert len(kinds) <= 8


def test_large_events_are_bounded_by_their_bytes() -> None:
    pending = Pending()
    for step in range(100):
        pending.put(Encoded(float(step), "samples", "x" * 500_000))
        assert len(pending) * 500_000 <= _limits.PENDING_BYTES
    assert pending.take(99)[-1].time == 99


def lines(*numbers: int) -> list[bytes]:
    return [json.dumps({"number": number}).encode() for number in numbers]


@pytest.fixture(params=["disk", "memory"])
def outbox(request, tmp_path: Path):
    parent = tmp_path if request.param == "disk" else tmp_path / "missing"
    outbox = Outbox(parent=parent)
    outbox.open()
    yield outbox
    outbox.close()


def test_the_outbox_returns_events_in_order_until_they_are_acknowledged(outbox: Outbox) -> None:
    assert outbox.append(lines(1, 2, 3)) == 3
    assert outbox.read(2, 10_000) == lines(1, 2)
    outbox.acknowledge(1)
    assert (len(outbox), outbox.unread) == (2, 1)
    outbox.rewind()
    assert outbox.append(lines(4)) == 1
    assert outbox.read(10, 10_000) == lines(2, 3, 4)
    outbox.rewind()
    outbox.prepend(lines(8, 9))
    assert outbox.read(3, 10_000) == lines(8, 9, 2)
    outbox.acknowledge(2)
    outbox.rewind()
    assert outbox.read(10, 10_000) == lines(2, 3, 4)
    outbox.acknowledge(10)
    assert (len(outbox), outbox.unread, outbox.read(10, 10)) == (0, 0, [])


def test_the_outbox_takes_no_more_than_its_bound_and_frees_what_is_acknowledged(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_limits, "SEGMENT_BYTES", 1_000)
    outbox = Outbox(max_bytes=10_000, parent=tmp_path)
    outbox.open()
    line = b"x" * 99
    assert outbox.append([line] * 150) == 100
    assert outbox.append([line]) == 0
    assert sum(file.stat().st_size for file in tmp_path.rglob("*.jsonl")) == 10_000
    outbox.read(30, 10_000)
    outbox.acknowledge(30)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*.jsonl")) == 7_000
    assert outbox.append([line] * 99) == 30
    outbox.rewind()
    assert len(outbox.read(200, 100_000)) == 100
    outbox.acknowledge(100)
    assert len(outbox) == 0
    outbox.close()


@pytest.mark.parametrize("bound", [1_000, 100_000, 4 * 1024 * 1024])
def test_a_full_outbox_takes_events_again_when_all_are_acknowledged(bound: int, tmp_path: Path) -> None:
    outbox = Outbox(max_bytes=bound, parent=tmp_path)
    outbox.open()
    number = outbox.append([b"x" * 99] * (bound // 100 + 1))
    assert number == bound // 100
    assert not outbox.has_room()
    assert len(outbox.read(number, bound)) == number
    outbox.acknowledge(number)
    assert outbox.has_room()
    assert outbox.append([b"x" * 99]) == 1
    outbox.close()


@pytest.mark.parametrize("seed", range(20))
def test_the_outbox_behaves_as_a_list(seed: int, tmp_path: Path, monkeypatch) -> None:
    import random

    monkeypatch.setattr(_limits, "SEGMENT_BYTES", 300)
    monkeypatch.setattr(_limits, "READ_BYTES", 70)
    random_numbers = random.Random(seed)
    outbox = Outbox(max_bytes=3_000, parent=tmp_path)
    outbox.open()
    expected: list[bytes] = []
    read = 0
    number = 0
    for _ in range(2_000):
        action = random_numbers.choice(["append", "append", "read", "read", "acknowledge", "rewind"])
        if action == "append":
            new = []
            for _ in range(random_numbers.randint(1, 5)):
                number += 1
                new.append(f"{number}:{'x' * random_numbers.randint(0, 200)}".encode())
            expected += new[: outbox.append(new)]
        elif action == "read":
            limit = random_numbers.randint(1, 6)
            got = outbox.read(limit, 10**9)
            assert got == expected[read : read + limit]
            read += len(got)
        elif action == "acknowledge":
            count = random_numbers.randint(0, read)
            outbox.acknowledge(count)
            del expected[:count]
            read -= count
        elif random_numbers.random() < 0.3:
            outbox.rewind()
            read = 0
        assert (len(outbox), outbox.unread) == (len(expected), len(expected) - read)
    outbox.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_starts_no_later_than_its_first_log() -> None:
    class MovingClock(Clock):
        """A clock on which every reading takes 10 ms."""

        now = 1_800_000_000.0

        def time(self) -> float:
            self.now += 0.01
            return self.now

    with scripted_gateway(store_all) as gateway:
        monitor = Monitor(gateway.url, run_id="first", _clock=MovingClock())
        monitor.log(1, 0.5)
        monitor.finish()
        events = [gateway.of_type(kind)[0] for kind in ("run.started", "batch")]
    assert [event["seq"] for event in events] == [1, 2]
    assert events[0]["time"] <= events[1]["time"]


def test_logs_of_a_loop_without_pauses_are_sent_or_counted_in_a_notice(tmp_path: Path) -> None:
    with scripted_gateway(store_all) as gateway:
        monitor = Monitor(gateway.url, run_id="loop", outbox_folder=tmp_path)
        for step in range(1, 10_001):
            monitor.log(step, 1 / step)
        monitor.finish()
        notices = [event["data"] for event in gateway.of_type("notice")]
        merged = sum(notice["value"] for notice in notices)
        assert len(gateway.of_type("batch")) + merged == 10_000
    assert all("because they came faster than they could be recorded." in notice["message"] for notice in notices)
