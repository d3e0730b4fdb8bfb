"""Publishes the events of a training run to the gateway of MNIST Training Monitor, from any trainer in Python.

    pip install websockets

Training never waits for the network: `emit` puts an event in a list, and a thread sends it. Events stay in the list until
the gateway has acknowledged them, so that none is lost or duplicated when the connection is lost or the gateway restarts
(docs/protocol.md). The list is in memory: it is lost with the process, and when it is full, publishing ends. If the gateway
loses events that it had acknowledged, or the run is deleted, the run goes on with the events in the list.
"""

import json
import math
import random
import sys
import threading
import uuid
from collections import deque
from datetime import datetime, timezone
from itertools import islice

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

# Close codes after which this publisher must not reconnect.
FINAL = {1002, 1007, 1008, 1009, 4400, 4401, 4409, 4411, 4412}
CONNECT_SECONDS = 10
# About 100 MB: a day without a gateway at two events a second.
KEEP_EVENTS = 200_000


def new_run_id() -> str:
    """Returns an id that sorts by start time, like those of the trainer."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"


def _json_safe(value):
    """Replaces NaN and infinities, which JSON does not have, by the strings that the gateway reads."""
    if isinstance(value, dict):
        return {key: _json_safe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_safe(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _log(line: str) -> None:
    """Writes a line at once: `print` writes its end separately, so that lines of two threads would mix."""
    sys.stderr.write(f"{line}\n")


class Publisher:
    """Publishes one run. Call `emit` and `close` from one thread, that of training."""

    def __init__(self, url: str, run_id: str, token: str | None = None, keep: int = KEEP_EVENTS) -> None:
        """Starts publishing. `keep` limits the events that wait for the gateway; with more, publishing ends."""
        self.run_id = run_id
        self._url = url
        self._keep = keep
        self._hello = {"type": "hello", "protocol": 1, "runId": run_id, "publisherId": uuid.uuid4().hex}
        if token:
            self._hello["token"] = token
        # Events that the gateway has not acknowledged, without a seq: the first one gets the seq after `_acknowledged`.
        self._pending: deque[dict] = deque()
        self._acknowledged = 0
        # The last seq sent on this connection, and the highest one that the gateway can have.
        self._sent = 0
        self._highest = 0
        self._started: dict | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._refused = False
        self._attempt = 0
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def emit(self, kind: str, data: dict) -> None:
        """Queues an event; returns at once."""
        event = self._event(kind, data)
        with self._changed:
            if self._started is None:
                self._started = event
            if not self._refused:
                self._pending.append(event)
            if len(self._pending) > self._keep:
                self._give_up(f"{self._keep} events are queued")
            self._changed.notify_all()

    def close(self, timeout: float = 30) -> int:
        """Waits at most `timeout` seconds until the gateway has every event. Returns the number of events it does not have."""
        with self._changed:
            self._changed.wait_for(lambda: not self._pending or self._refused, timeout)
            self._closing = True
            self._changed.notify_all()
            missing = len(self._pending)
        self._thread.join(5)
        return missing

    def _event(self, kind: str, data: dict) -> dict:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # Encoded here, because the caller may change `data` afterwards.
        return {"time": now, "type": kind, "data": json.dumps(_json_safe(data), allow_nan=False)}

    def _text(self, seq: int, event: dict) -> str:
        return (
            f'{{"v":1,"runId":{json.dumps(self.run_id)},"seq":{seq},"time":"{event["time"]}",'
            f'"type":{json.dumps(event["type"])},"data":{event["data"]}}}'
        )

    def _run(self) -> None:
        while not self._over():
            why = "connection lost"
            try:
                with connect(self._url, open_timeout=CONNECT_SECONDS, compression=None) as socket:
                    self._publish(socket)
            except ConnectionClosed as closed:
                if closed.rcvd:
                    why = f"{closed.rcvd.code} {closed.rcvd.reason}"
                if closed.rcvd and closed.rcvd.code in FINAL:
                    return self._give_up(why)
            except (OSError, WebSocketException) as error:
                why = str(error)
            if self._over():
                return
            seconds = min(15, 0.5 * 2**self._attempt) * (0.5 + random.random() / 2)
            self._attempt += 1
            _log(f"No connection to the gateway ({why}); next attempt in {seconds:.1f} s.")
            with self._changed:
                self._changed.wait_for(self._over, seconds)

    def _over(self) -> bool:
        return self._closing or self._refused

    def _publish(self, socket: ClientConnection) -> None:
        """Sends hello and every unacknowledged event, until the connection is lost or this publisher closes."""
        socket.send(json.dumps(self._hello))
        answer = json.loads(socket.recv(CONNECT_SECONDS))
        if answer["type"] != "resume":
            raise WebSocketException(f"expected resume, got {answer['type']}")
        if answer["after"] > self._highest:
            return self._give_up(f"it has another run {self.run_id}")
        self._resume(answer["after"], answer.get("stream"))
        self._attempt = 0
        lost = threading.Event()
        threading.Thread(target=self._listen, args=[socket, lost], daemon=True).start()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over() or lost.is_set() or self._end() > self._sent)
                if self._over():
                    return
                unsent = list(islice(self._pending, self._sent - self._acknowledged, None))
                first = self._sent + 1
                if not lost.is_set():
                    self._sent = self._end()
                    self._highest = max(self._highest, self._sent)
            if lost.is_set():
                socket.recv(0)  # Raises the error that closed the connection.
            for seq, event in enumerate(unsent, first):
                socket.send(self._text(seq, event))

    def _end(self) -> int:
        """Returns the seq of the last event."""
        return self._acknowledged + len(self._pending)

    def _resume(self, after: int, stream: str | None) -> None:
        """Continues after the last event that the gateway has, also when it has lost acknowledged ones."""
        with self._changed:
            lost = self._acknowledged - after
            if lost > 0:
                message = f"The gateway has lost {lost} events that it had acknowledged"
                _log(f"{message}; the run continues with those that follow.")
                notice = {"level": "warning", "code": "events.lost", "message": f"{message}.", "step": None}
                self._pending.appendleft(self._event("notice", notice))
                if after == 0:
                    self._pending.appendleft(self._started)
                self._acknowledged = self._highest = after
            self._sent = after
            self._acknowledge(after)
            if stream:
                self._hello.update(stream=stream, acknowledged=after)

    def _listen(self, socket: ClientConnection, lost: threading.Event) -> None:
        try:
            for text in socket:
                message = json.loads(text)
                if message["type"] == "ack":
                    self._acknowledge(message["seq"])
                elif message["type"] == "reject":
                    _log(f"The gateway rejected event {message['seq']}: {message['issues']}")
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                lost.set()
                self._changed.notify_all()

    def _acknowledge(self, seq: int) -> None:
        with self._changed:
            # An ack of events that were not sent counts as one of those that were.
            while self._pending and self._acknowledged < min(seq, self._sent):
                self._pending.popleft()
                self._acknowledged += 1
            if "stream" in self._hello:
                self._hello["acknowledged"] = self._acknowledged
            self._changed.notify_all()

    def _give_up(self, why: str) -> None:
        _log(f"The gateway does not accept this run ({why}); training continues without it.")
        with self._changed:
            self._refused = True
            self._pending.clear()
            self._changed.notify_all()
