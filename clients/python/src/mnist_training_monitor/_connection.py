"""The connection to the gateway: sends the events of the outbox, and receives acknowledgements and commands."""

from __future__ import annotations

import codecs
import json
import logging
import os
import ssl
import threading
import uuid
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException
from websockets.sync.client import connect as connect_websocket

from . import _limits as limits
from ._clock import Clock, retry_seconds
from ._commands import Commands
from ._outbox import Outbox
from ._pending import encode_event
from ._values import text, wire_json
from ._warnings import Warnings

# The library's own messages contain what is sent, tokens included, so its details are never logged.
_socket_logger = logging.getLogger("mnist_training_monitor.socket")
_socket_logger.setLevel(logging.ERROR)

# The close codes after which no further attempt succeeds, with the reason for the warning.
_FINAL = {
    1009: "a message was too big",
    4400: "it does not understand this version of the protocol",
    4401: "the token is missing or wrong",
    4405: "the run was deleted",
    4409: "another program publishes a run with this id",
    4411: "another connection of this run has replaced this one",
    4412: "the run was replaced by another one with its id",
    4413: "it cannot read what it has stored of this run; delete the run there, or choose another run_id",
}
_TAKEN = 4409
# Names of this machine. Proxies that environment variables set are not used for them, because a proxy cannot reach them.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_OTHER_RUN = "it has events of another run with this id; choose another run_id"

# Loaded here, because otherwise the first connection imports the module of this codec. A process that is forked while another
# thread imports a module inherits the lock of that import, which is never released: its connections would wait forever.
codecs.lookup("idna")


class Socket(Protocol):
    """The methods of a connection of `websockets` that this file uses."""

    def send(self, message: str) -> None: ...
    def recv(self, timeout: float | None = None) -> str | bytes: ...
    def close(self, code: int = 1000, reason: str = "") -> None: ...


class _RefusedError(Exception):
    """The gateway does not accept this run, and would not accept it later."""


def gateway_url(address: str) -> str:
    """Returns the URL of the ingest socket for an address such as `127.0.0.1:5001`. Raises ValueError for other texts."""
    full = address.strip() if "://" in address else f"ws://{address.strip()}"
    parts = urlsplit(full)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("expected an address such as ws://127.0.0.1:5001/ingest")
    _ = parts.port  # Raises ValueError for a port that is not a number.
    path = "/ingest" if parts.path in ("", "/") else parts.path
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


def public_url(url: str) -> str:
    """Returns a URL without user, password and query, for messages."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def open_socket(url: str, context: ssl.SSLContext | None) -> Socket:
    """Connects to the gateway. A wss address is checked with the certificates of `context`, by default those of this machine."""
    host = urlsplit(url).hostname
    options: dict[str, Any] = {"proxy": None} if host in LOOPBACK else {}
    # `connect` returns a context manager in newer versions of the library, and the connection itself in older ones.
    connection = connect_websocket(
        url,
        ssl=context if url.startswith("wss:") else None,
        open_timeout=limits.CONNECT_SECONDS,
        max_size=limits.MAX_MESSAGE_BYTES,
        compression=None,
        logger=_socket_logger,
        **options,
    ).__enter__()
    # The library follows redirects; the token is for the named gateway only.
    address = urlsplit(url)
    actual = connection.protocol.uri
    port = address.port or (443 if address.scheme == "wss" else 80)
    if (actual.host, actual.port, actual.secure) != (address.hostname, port, address.scheme == "wss"):
        connection.close()
        raise WebSocketException("the gateway redirects to another address, which is not followed")
    socket: Socket = connection
    return socket


class Connection:
    """
    Publishes one run from its outbox, on a thread of its own.

    The number of an event is its position: `_acknowledged` events precede the outbox. So events can be numbered again
    where the gateway has lost some, as docs/protocol.md describes under "Streams".
    """

    def __init__(
        self,
        run_id: str,
        outbox: Outbox,
        commands: Commands,
        warn: Warnings,
        connect: Callable[[], Socket],
        *,
        where: str,
        token: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._outbox = outbox
        self._commands = commands
        self._warn = warn
        self._connect = connect
        self._where = where
        self._clock = clock or Clock()
        self._prefix = f'{{"v":1,"runId":{json.dumps(run_id)},"seq":'
        self._hello: dict[str, Any] = {
            "type": "hello",
            "protocol": 2,
            "runId": run_id,
            "publisherId": uuid.uuid4().hex,
        }
        if token:
            self._hello["token"] = token
        self._stream: str | None = None
        self._acknowledged = 0
        # Numbers of the last event sent on this connection, and of the last one that the gateway may have.
        self._sent = 0
        self._highest = 0
        self._started: bytes | None = None
        self._attempt = 0
        self._rejects = 0
        self._accepted_at: float | None = None
        self._lost_at: float | None = None
        self._socket: Socket | None = None
        self._socket_lost = False
        self._lock = threading.Lock()
        #: Set when there is something to send, or the connection changed.
        self.changed = threading.Event()
        #: Set when the run no longer needs a connection.
        self.closing = threading.Event()
        #: Set when the gateway refused the run: nothing more is sent.
        self.refused = threading.Event()
        self.is_connected = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._run, name="mnist-training-monitor", daemon=True)
        self._thread.start()

    def remember_started(self, line: bytes) -> None:
        """Keeps `run.started`, which begins the run again where the gateway has lost it."""
        self._started = line

    def reconnect(self) -> None:
        """Connects again, with the commands that are accepted now."""
        socket = self._socket
        if socket is not None:
            socket.close()

    def close(self, seconds: float) -> None:
        """Closes the connection and ends the thread."""
        self.closing.set()
        self.changed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def forget_socket(self) -> None:
        """Closes the copy of the socket in a process that was forked; the parent's connection stays open."""
        raw = getattr(self._socket, "socket", None)
        if raw is not None:
            os.close(raw.detach())

    @property
    def undelivered(self) -> int:
        """Number of events in the outbox that are not acknowledged."""
        return len(self._outbox)

    @property
    def has_stored(self) -> bool:
        """Whether the gateway has stored an event of the run."""
        return self._acknowledged > 0

    def _is_over(self) -> bool:
        return self.closing.is_set() or self.refused.is_set()

    def _run(self) -> None:
        while not self._is_over():
            seconds = self.try_once()
            if seconds is not None and not self._is_over():
                self._clock.wait(self.closing, seconds)

    def try_once(self) -> float | None:
        """Connects and publishes until the connection ends. Returns the seconds until the next attempt; None if there is none."""
        try:
            why = self._publish_once()
        except _RefusedError as refusal:
            self._refuse(str(refusal))
            return None
        except Exception as error:
            # An error of this program must not end the training, and the next connection may work.
            why = f"{type(error).__name__}: {error}"
        if self._is_over():
            return None
        self._warn(
            "connection",
            f"No connection to the gateway at {self._where} ({text(why, 200)}); training continues, and the client tries again.",
        )
        self._attempt += 1
        return retry_seconds(self._attempt)

    def _publish_once(self) -> str:
        """Connects and publishes until the connection ends. Returns why it ended."""
        try:
            socket = self._connect()
        except (OSError, InvalidHandshake, WebSocketException) as error:
            if isinstance(error, InvalidURI):
                raise _RefusedError("its address is not valid") from error
            return str(error) or type(error).__name__
        try:
            self._handshake(socket)
            return self._publish_until_closed(socket)
        except ConnectionClosed as closed:
            return self._closed_text(closed)
        except (OSError, TimeoutError, WebSocketException) as error:
            return str(error) or type(error).__name__
        finally:
            self.is_connected = False
            self._socket = None
            socket.close()

    def _closed_text(self, closed: ConnectionClosed) -> str:
        """Returns why the gateway closed the connection. Raises _RefusedError if it will not accept the run later either."""
        if closed.rcvd is None:
            return "connection lost"
        code, reason = closed.rcvd.code, closed.rcvd.reason
        if code == _TAKEN and self._may_be_own_connection():
            return "the previous connection is still open"
        if code in _FINAL:
            raise _RefusedError(f"{_FINAL[code]}: {code} {reason}".rstrip()) from closed
        return f"{code} {reason}".rstrip()

    def _may_be_own_connection(self) -> bool:
        """Returns whether a dead connection of this program may still occupy the run; the gateway closes it soon."""
        if self._accepted_at is None:
            return False
        now = self._clock.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        return now - self._lost_at < limits.TAKEN_SECONDS

    def _handshake(self, socket: Socket) -> None:
        hello = {**self._hello, "commands": self._commands.wire_names}
        if self._stream is not None:
            hello |= {"stream": self._stream, "acknowledged": self._acknowledged}
        socket.send(wire_json(hello))
        answer = self._decode(socket.recv(limits.CONNECT_SECONDS))
        after = answer.get("after")
        if answer.get("type") != "resume" or type(after) is not int or after < 0:
            raise WebSocketException(f"expected resume with a number, got {text(wire_json(answer), 80)}")
        if after > self._highest:
            raise _RefusedError(_OTHER_RUN)
        self._resume(after)
        stream = answer.get("stream")
        self._stream = stream if isinstance(stream, str) else None
        self._socket = socket
        self._socket_lost = False
        self.is_connected = True
        if self._attempt > 0:
            self._warn.info(f"Connected to the gateway at {self._where}.")
        self._warn.allow_again("connection")
        self._attempt = 0
        self._accepted_at = self._clock.monotonic()
        self._lost_at = None

    def _resume(self, after: int) -> None:
        """Continues after event `after`, the last one that the gateway has, also where it has lost acknowledged events."""
        with self._lock:
            self._outbox.rewind()
            lost = self._acknowledged - after
            if lost > 0:
                self._outbox.prepend(self._lines_after_loss(lost, after))
                self._acknowledged = self._highest = after
            for skipped in range(after - self._acknowledged):
                if not self._outbox.read(1, 1):
                    last = self._acknowledged + skipped
                    raise WebSocketException(f"expected resume after event {last} at most, got {after}")
                self._outbox.acknowledge(1)
            self._acknowledged = self._sent = after

    def _lines_after_loss(self, lost: int, after: int) -> list[bytes]:
        message = f"The gateway has lost {lost} events that it had acknowledged"
        self._warn("lost", f"{message}; the run continues with those that follow.")
        self._warn.allow_again("lost")
        data = {"level": "warning", "code": "events.lost", "message": f"{message}.", "value": lost}
        notice = encode_event(self._clock.time(), "notice", wire_json(data))
        return [self._started, notice] if after == 0 and self._started is not None else [notice]

    def _publish_until_closed(self, socket: Socket) -> str:
        listener = threading.Thread(target=self._listen, args=[socket], name="mnist-training-monitor-replies", daemon=True)
        listener.start()
        while not self._socket_lost and not self._is_over():
            if not self._send_some(socket):
                self.changed.wait()
                self.changed.clear()
        if self._socket_lost:
            socket.recv(0)  # Raises the error with which the connection was closed.
        return "closed"

    def _send_some(self, socket: Socket) -> bool:
        """Sends events while the window allows it. Returns whether there were any."""
        with self._lock:
            room = limits.WINDOW_EVENTS - (self._sent - self._acknowledged)
            lines = self._outbox.read(max(0, room), limits.SEND_BYTES)
            first = self._sent + 1
            self._sent += len(lines)
            self._highest = max(self._highest, self._sent)
        for seq, line in enumerate(lines, first):
            socket.send(f"{self._prefix}{seq},{line.decode('ascii')[1:]}")
        return bool(lines)

    def _listen(self, socket: Socket) -> None:
        try:
            while True:
                self._receive(socket, self._decode(socket.recv()))
        except Exception as error:
            # `_publish_until_closed` reports why the connection was closed; any other error ends the connection as well.
            if not isinstance(error, (ConnectionClosed, OSError)):
                self._warn("reply", f"A message of the gateway was not understood ({text(error, 200)}).")
                socket.close()
        finally:
            self._socket_lost = True
            self.changed.set()

    def _receive(self, socket: Socket, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "ack":
            self._acknowledge(message.get("seq"))
        elif kind == "reject":
            self._report_reject(message)
        elif kind == "command":
            socket.send(wire_json(self._answer(message)))

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._commands.receive(message)
        except Exception as error:
            why = f"{type(error).__name__}: {text(error, 500)}"
            self._warn("command", f"A command failed in on_command ({why}).")
            return {
                "type": "commandResult",
                "id": message.get("id"),
                "ok": False,
                "code": "internal",
                "message": why,
            }

    def _acknowledge(self, seq: object) -> None:
        with self._lock:
            # A number above that of the last event sent counts as the number of that event.
            number = min(seq, self._sent) - self._acknowledged if type(seq) is int else 0
            if number > 0:
                self._outbox.acknowledge(number)
                self._acknowledged += number
        self.changed.set()

    def _report_reject(self, message: dict[str, Any]) -> None:
        self._rejects += 1
        if self._rejects > limits.REPORTED_REJECTS:
            self._warn("rejects", "The gateway rejects further events of this run.")
            return
        issues = [f"{each.get('path')}: {each.get('message')}" for each in message.get("issues", []) if isinstance(each, dict)]
        self._warn(
            f"reject {self._rejects}",
            f"The gateway rejected event {message.get('seq')} ({text('; '.join(issues), 400)}).",
        )

    def _refuse(self, why: str) -> None:
        self.refused.set()
        self._warn(
            "refused",
            f"The gateway at {self._where} does not accept this run ({text(why, 300)}); training continues without it.",
        )
        self._commands.release()
        self.changed.set()
        self._outbox.close()

    @staticmethod
    def _decode(message: str | bytes) -> dict[str, Any]:
        value = json.loads(message)
        if not isinstance(value, dict):
            raise WebSocketException("expected a JSON object")
        return value
