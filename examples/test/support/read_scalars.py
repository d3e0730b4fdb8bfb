"""Reads the scalars of a run's folder with TensorBoard's own reader, as JSON: {tag: [[step, value], …]}."""

import json
import logging
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

logging.disable(logging.INFO)
accumulator = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0, "scalars": 0})
accumulator.Reload()
tags = accumulator.Tags()["scalars"]
print(json.dumps({tag: [[each.step, each.value] for each in accumulator.Scalars(tag)] for tag in tags}))
