"""
Measures how long `Monitor.log` holds up a training, as JSON: `python bench/python_log.py [logs] [gateway]`.

Each log has a loss, an accuracy and two custom metrics. The first `logs` calls are each followed by a pause of a
millisecond, as in a training with small steps; as many calls follow without pauses. Without the address of a gateway, it
uses an address where nothing listens, so that the events go to the outbox.

It also measures the largest calls of other methods, with nested lists of Python and, where NumPy is installed, with arrays.
These are measured in processor time of the calling thread, which other programs on the machine hardly change.
"""

from __future__ import annotations

import json
import logging
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "clients/python/src"))

from mnist_training_monitor import Monitor


def largest_calls() -> dict[str, tuple[str, dict[str, Any]]]:
    """Returns the largest calls by their names: the method of each, and its arguments."""
    pixels = [[[x * y / 4_096 for x in range(64)] for y in range(64)] for _ in range(100)]
    colours = [[[[x / 64, y / 64, 0.5] for x in range(64)] for y in range(64)] for _ in range(50)]
    probabilities = [[each / 1_000 for each in range(1_000)] for _ in range(100)]
    confusion = [[int(abs(row - column) < 20) for column in range(1_000)] for row in range(1_000)]
    table = {f"column {each}": [row / 7 for row in range(10_000)] for each in range(20)}
    return {
        "samples of 64 × 64": ("samples", {"images": pixels, "labels": [0] * 100, "probabilities": probabilities}),
        "samples of 64 × 64 in colour": ("samples", {"images": colours, "labels": [0] * 50, "probabilities": probabilities[:50]}),
        "confusion of 1,000 classes": ("epoch", {"epoch": 1, "confusion": confusion}),
        "100,000 predictions": ("epoch", {"epoch": 1, "predictions": [each % 1_000 for each in range(100_000)]}),
        "table of 10,000 rows": ("figure", {"title": "Table", "table": table}),
    }


def arrays_of(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """Returns arguments with arrays in place of lists; None without NumPy, and for a table."""
    try:
        import numpy
    except ImportError:
        return None
    if "table" in arguments:
        return None
    return {name: numpy.array(each) if isinstance(each, list) else each for name, each in arguments.items()}


def median_milliseconds(method: str, arguments: dict[str, Any]) -> float:
    durations = []
    for _ in range(5):
        # Each call has a run of its own, because a run accepts one figure in 10 s.
        with Monitor("ws://127.0.0.1:9/ingest", name="bench") as monitor:
            monitor.start()
            began = time.thread_time_ns()
            getattr(monitor, method)(**arguments)
            durations.append((time.thread_time_ns() - began) / 1_000_000)
            monitor.finish(timeout=0)
    return round(statistics.median(durations), 1)


def main() -> None:
    logs = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    address = sys.argv[2] if len(sys.argv) > 2 else "ws://127.0.0.1:9/ingest"
    logging.disable(logging.WARNING)
    spaced, dense = [], []
    with Monitor(address, name="bench") as monitor:
        monitor.start()
        for durations, pause in ((spaced, 0.001), (dense, 0.0)):
            for step in range(1, logs + 1):
                began = time.perf_counter_ns()
                monitor.log(step, 0.5, accuracy=0.5, learning_rate=0.1, f1=0.25, norm=1.5)
                durations.append((time.perf_counter_ns() - began) / 1_000)
                if pause:
                    time.sleep(pause)
    result = {"bench": "python_log", "python": platform.python_version(), "logs": logs, "reachable": len(sys.argv) > 2}
    for name, durations in (("everyMillisecond", spaced), ("withoutPause", dense)):
        ordered = sorted(durations)
        result[name] = {
            "medianMicroseconds": round(statistics.median(ordered), 2),
            "p99Microseconds": round(ordered[len(ordered) * 99 // 100], 2),
            "maxMicroseconds": round(ordered[-1], 2),
        }
    calls = {}
    for name, (method, arguments) in largest_calls().items():
        arrays = arrays_of(arguments)
        calls[name] = {
            "listsMilliseconds": median_milliseconds(method, arguments),
            **({"arraysMilliseconds": median_milliseconds(method, arrays)} if arrays else {}),
        }
    result["largestCalls"] = calls
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
