"""Publishes the events of a JSON file, as examples/pytorch/train.py does. Arguments: file, URL, seconds between events, events to keep."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "pytorch"))

from monitor import Publisher

file, url, seconds, keep = sys.argv[1:]
publisher = Publisher(url, "example", keep=int(keep))
for event in json.loads(Path(file).read_text()):
    data = event["data"]
    if event["type"] == "batch" and data["loss"] is None:
        data["loss"] = float("nan")
    publisher.emit(event["type"], data)
    time.sleep(float(seconds))
print(f"{publisher.close(20)} missing")
