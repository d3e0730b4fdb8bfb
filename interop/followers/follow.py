"""Follows a run with websockets: writes each message as a line, and closes after the end of the run."""

import sys

from websockets.sync.client import connect

with connect(sys.argv[1], subprotocols=["mnist-monitor.v2"], max_size=2**20) as feed:
    for text in feed:
        print(text, flush=True)
        if '"type":"run.finished"' in text:
            break
