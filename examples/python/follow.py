"""Follows the newest run and prints its events; after a lost connection, continues with the next event.

    pip install websockets
    python follow.py [ws://localhost:5000/live]
"""

import asyncio
import json
import random
import sys
from urllib.parse import urlencode

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

# Close codes after which this client must not reconnect (docs/protocol.md).
FINAL = {1000, 1002, 1007, 1008, 1009, 4400, 4404, 4405, 4413}


async def events(url: str):
    """Yields the events of the newest run and of runs that start later, each once, in order; of a run that was replaced or
    has lost events, again from the beginning."""
    run, stream, after = None, None, 0
    attempt = 0
    while True:
        query = {"types": "batch,epoch,run.finished", "after": after}
        if run:
            query["afterRun"] = run
        if stream:
            query["stream"] = stream
        try:
            async with connect(url + ("&" if "?" in url else "?") + urlencode(query)) as feed:
                async for text in feed:
                    attempt = 0
                    message = json.loads(text)
                    if message["type"] == "hello":
                        if "restart" in message:
                            print("the run was replaced or has lost events; from the beginning", file=sys.stderr)
                        now = message["run"] or {}
                        run, stream, after = now.get("runId"), now.get("stream"), message["after"]
                    elif message["type"] == "live":
                        after = max(after, message["seq"])
                    elif "v" in message:  # Only events have a version.
                        after = message["seq"]
                        yield message
                await feed.wait_closed()
                if feed.close_code in FINAL:
                    return
        except ConnectionClosed as closed:
            if closed.rcvd and closed.rcvd.code in FINAL:
                print(f"closed: {closed.rcvd.reason}", file=sys.stderr)
                return
        except (OSError, InvalidHandshake) as error:
            print(f"no connection ({error}), trying again", file=sys.stderr)
        # Jitter, so that clients do not all reconnect at once.
        await asyncio.sleep(min(15, 0.5 * 2**attempt) * (0.5 + random.random() / 2))
        attempt += 1


async def main(url: str = "ws://localhost:5000/live") -> None:
    async for event in events(url):
        data = event["data"]
        if event["type"] == "batch":
            # A loss that is not finite is a string, which float() reads too.
            print(f"step {data['step']}: loss {float(data['loss']):.4f}")
        elif event["type"] == "epoch":
            accuracy = (data.get("test") or {}).get("accuracy")
            print(f"epoch {data['epoch']}: test accuracy {'unknown' if accuracy is None else f'{float(accuracy):.2%}'}")
        else:
            print(f"{data['status']}: {data['reason']}")
            return


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
