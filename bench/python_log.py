"""
Measures how long `Monitor.log` holds up a training, as JSON: `python bench/python_log.py [logs] [gateway]`.

Each log has a loss, an accuracy and two custom metrics. The first logs are followed by a pause of a millisecond, as in a
training with small steps, and as many others by none. Without the address of a gateway it uses one where none listens, so that the events go to the outbox.
"""

from __future__ import annotations

import json
import logging
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "clients/python/src"))

from mnist_training_monitor import Monitor


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
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
