"""A gateway that answers as the test decides, for behaviour that a real one shows only after data loss or an attack."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

from websockets.sync.server import ServerConnection, serve

Answer = Callable[[dict[str, Any], "ServerConnection", int], None]


class ScriptedGateway:
    """Receives messages, and answers each by calling `answer` with it, its socket, and the number of the connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[dict[str, Any]] = []
        self.connections = 0
        self.changed = threading.Condition()

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Returns the messages of one type so far."""
        return [message for message in self.received if message.get("type") == kind]


def reply(socket: ServerConnection, **message: Any) -> None:
    """Sends a message."""
    socket.send(json.dumps(message))


@contextmanager
def scripted_gateway(answer: Answer, ssl: SSLContext | None = None) -> Iterator[ScriptedGateway]:
    """Starts a scripted gateway on a port of its own."""

    def serve_one(socket: ServerConnection) -> None:
        with gateway.changed:
            gateway.connections += 1
            number = gateway.connections
        for text in socket:
            message = json.loads(text)
            with gateway.changed:
                gateway.received.append(message)
                gateway.changed.notify_all()
            answer(message, socket, number)

    with serve(serve_one, "127.0.0.1", 0, ssl=ssl, compression=None) as server:
        port = server.socket.getsockname()[1]
        gateway = ScriptedGateway(f"wss://localhost:{port}/ingest" if ssl else f"ws://127.0.0.1:{port}/ingest")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield gateway
        server.shutdown()
        thread.join()


def store_all(message: dict[str, Any], socket: ServerConnection, number: int) -> None:
    """Answers as a gateway that stores every event of one connection."""
    if message["type"] == "hello":
        reply(socket, type="resume", after=0, stream="stream-1")
    elif "seq" in message:
        reply(socket, type="ack", seq=message["seq"])


def store_after_reconnect(
    on_first: Callable[[int, ServerConnection], None],
    *,
    after: tuple[int, int] = (0, 0),
    streams: tuple[str, str] = ("stream-1",) * 2,
) -> Answer:
    """
    Answers events of the first connection by `on_first`, with their number, and stores those of the second one.

    :param after: The number in the `resume` of each connection.
    :param streams: The stream in the `resume` of each connection.
    """

    def answer(message: dict[str, Any], socket: ServerConnection, number: int) -> None:
        if message["type"] == "hello":
            reply(socket, type="resume", after=after[number - 1], stream=streams[number - 1])
        elif number == 1:
            on_first(message["seq"], socket)
        else:
            reply(socket, type="ack", seq=message["seq"])

    return answer
