"""Real gateways for the tests: the program of this repository, built by `npm run build`, in processes of their own."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
MAIN = ROOT / "packages/gateway/dist/src/main.js"
PATIENCE_SECONDS = 60.0


def free_port() -> int:
    """Returns a port that was free a moment ago."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def wait_for(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Waits until the condition holds, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"expected {what} within {seconds} s")
        time.sleep(0.02)


class Gateway:
    """A gateway that keeps its ports and its store when it is killed and started again."""

    def __init__(self, folder: Path, flags: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.port, self.ingest_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ingest_url = f"ws://127.0.0.1:{self.ingest_port}/ingest"
        self.live_url = f"ws://127.0.0.1:{self.port}/live"
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the program and waits until it is ready."""
        flags = ["--port", str(self.port), "--ingest-port", str(self.ingest_port), "--runs", str(self.folder)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
        with (self.folder / "gateway.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["node", str(MAIN), *flags, *self._flags], stdout=log, stderr=log, cwd=self.folder, env=environment
            )
        wait_for(self._is_ready, "a ready gateway")

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError((self.folder / "gateway.log").read_text())
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """Ends the program without giving it time to finish anything."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def get(self, path: str) -> Any:
        """Returns the JSON of a route of the API."""
        with urllib.request.urlopen(f"{self.url}/api/runs{path}", timeout=30) as answer:
            return json.load(answer)

    def export(self, run_id: str) -> list[dict[str, Any]]:
        """Returns every stored event of a run."""
        with urllib.request.urlopen(f"{self.url}/api/runs/{run_id}/export.jsonl", timeout=60) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def complete_export(self, run_id: str) -> list[dict[str, Any]]:
        """Returns every stored event, and fails if one is missing, doubled or was rejected."""
        events = self.export(run_id)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        codes = [event["data"]["code"] for event in events if event["type"] == "notice"]
        assert not {"event.rejected", "logs.merged", "events.lost"} & set(codes), codes
        return events


StartGateway = Callable[..., Gateway]


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[StartGateway]:
    """Starts gateways with the given flags, and kills them after the test."""
    started: list[Gateway] = []

    def start(*flags: str) -> Gateway:
        folder = tmp_path / f"gateway-{len(started)}"
        folder.mkdir()
        gateway = Gateway(folder, flags)
        started.append(gateway)
        gateway.start()
        return gateway

    yield start
    for gateway in started:
        gateway.kill()


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that all tests share. Each test has a run id of its own."""
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    gateway.start()
    yield gateway
    gateway.kill()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MONITOR_GATEWAY", "MONITOR_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """A function that returns the warnings of the client so far."""
    caplog.set_level(logging.DEBUG)

    def read() -> list[str]:
        return [
            record.getMessage()
            for record in caplog.records
            if record.name == "mnist_training_monitor" and record.levelno >= logging.WARNING
        ]

    return read


def without_numbers(text: str) -> str:
    """Returns a text with `#` in place of each number."""
    return re.sub(r"\d+(\.\d+)?", "#", text)
