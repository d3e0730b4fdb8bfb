"""Commands of the page reach a training, and their effects are marked in the run."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

import pytest
from conftest import Gateway, wait_for
from scripted import reply, scripted_gateway, store_all
from websockets.sync.client import connect

from mnist_training_monitor import Command, CommandRefused, Monitor


class Viewer:
    """A viewer of one run that sends commands."""

    def __init__(self, gateway: Gateway, run_id: str) -> None:
        self._socket = connect(f"{gateway.live_url}?run={run_id}").__enter__()
        self._run_id = run_id
        assert json.loads(self._socket.recv(30))["type"] == "hello"

    def command(self, name: str, **data: Any) -> dict[str, Any]:
        """Sends a command and returns its answer."""
        identity = uuid.uuid4().hex
        self._socket.send(json.dumps({"type": "command", "id": identity, "command": name, "runId": self._run_id, "data": data}))
        while True:
            message = json.loads(self._socket.recv(30))
            if message.get("type") == "commandResult" and message["id"] == identity:
                return message

    def close(self) -> None:
        self._socket.close()


def started(gateway: Gateway, run_id: str, **options: Any) -> tuple[Monitor, Viewer]:
    """Starts a run, and returns it with a viewer that may send the commands that it accepts."""
    monitor = Monitor(gateway.ingest_url, run_id=run_id, **options)
    monitor.log(1, loss=1.0)
    wait_for(lambda: any(run["runId"] == run_id and run["connected"] for run in gateway.get("")["runs"]), "the run")
    return monitor, Viewer(gateway, run_id)


def test_the_names_of_the_protocol_are_accepted_as_well(gateway: Gateway, warnings) -> None:
    monitor, viewer = started(gateway, "wire-names", commands=["setLearningRate"])
    assert viewer.command("setLearningRate", learningRate=0.25)["ok"]
    assert monitor.take_learning_rate() == 0.25
    assert not viewer.command("stop")["ok"]
    assert monitor.finish() == 0
    viewer.close()
    assert warnings() == []


def test_a_training_is_paused_continued_slowed_and_stopped(gateway: Gateway) -> None:
    monitor, viewer = started(gateway, "commanded", commands=["pause", "stop", "set_learning_rate"])
    rates: list[float | None] = []

    def train() -> None:
        step = 1
        while not monitor.should_stop:
            step += 1
            monitor.log(step, loss=1.0)
            monitor.wait_while_paused()
            rates.append(monitor.take_learning_rate())
            threading.Event().wait(0.005)

    training = threading.Thread(target=train)
    training.start()
    answer = viewer.command("pause")
    assert answer["ok"], answer
    wait_for(lambda: gateway.get("/commanded")["status"] == "paused", "a paused run")
    assert monitor.is_paused
    assert viewer.command("resume")["ok"]
    wait_for(lambda: gateway.get("/commanded")["status"] == "running", "a running run")
    assert viewer.command("setLearningRate", learningRate=0.005)["ok"]
    wait_for(lambda: 0.005 in rates, "the rate")
    assert viewer.command("stop")["ok"]
    training.join(30)
    assert monitor.finish() == 0
    viewer.close()
    assert monitor.learning_rate == 0.005
    assert rates.count(0.005) == 1
    events = gateway.complete_export("commanded")
    notices = [event["data"] for event in events if event["type"] == "notice"]
    assert [notice["code"] for notice in notices] == ["run.paused", "run.resumed", "learning_rate.set"]
    assert notices[2]["value"] == 0.005
    assert all(notice["step"] > 1 for notice in notices)
    assert events[-1]["data"]["status"] == "stopped"


def test_a_stop_ends_a_pause(gateway: Gateway) -> None:
    monitor, viewer = started(gateway, "stop-paused", commands=["pause", "stop"])
    assert viewer.command("pause")["ok"]
    waiting = threading.Thread(target=monitor.wait_while_paused)
    waiting.start()
    assert viewer.command("stop")["ok"]
    waiting.join(30)
    assert not waiting.is_alive()
    assert monitor.should_stop
    assert monitor.finish() == 0
    viewer.close()


def test_a_training_that_accepts_no_command_is_offered_none(gateway: Gateway) -> None:
    monitor, viewer = started(gateway, "no-commands")
    assert gateway.get("/no-commands")["commands"] == []
    assert viewer.command("stop")["code"] == "command.refused"
    assert not monitor.should_stop
    assert monitor.finish() == 0
    viewer.close()


def test_commands_that_are_accepted_later_are_offered_after_a_new_connection(gateway: Gateway) -> None:
    monitor, viewer = started(gateway, "later")
    monitor.accept_commands("stop")
    wait_for(lambda: gateway.get("/later")["commands"] == ["stop"], "the command")
    assert viewer.command("stop")["ok"]
    assert monitor.should_stop
    assert monitor.finish() == 0
    viewer.close()
    assert len(gateway.complete_export("later")) == 3


def test_a_function_receives_commands_and_may_refuse_them(gateway: Gateway, warnings) -> None:
    received: list[Command] = []

    def on_command(command: Command) -> None:
        received.append(command)
        if command.name == "pause":
            raise CommandRefused("This training cannot pause.")
        if command.name == "stop":
            raise ValueError("a mistake in the training")

    monitor, viewer = started(gateway, "callback", on_command=on_command)
    assert viewer.command("setLearningRate", learningRate=0.5)["ok"]
    refused = viewer.command("pause")
    assert (refused["ok"], refused["code"], refused["message"]) == (False, "command.refused", "This training cannot pause.")
    failed = viewer.command("stop")
    assert (failed["ok"], failed["code"]) == (False, "internal")
    assert [command.name for command in received] == ["set_learning_rate", "pause", "stop"]
    assert received[0].learning_rate == 0.5
    assert not monitor.should_stop
    assert not monitor.is_paused
    assert monitor.finish() == 0
    viewer.close()
    assert warnings() == ["A command failed in on_command (ValueError: a mistake in the training)."]


def test_a_command_that_is_sent_again_is_carried_out_once() -> None:
    count = 0

    def on_command(command: Command) -> None:
        nonlocal count
        count += 1

    def answer(message, socket, number) -> None:
        store_all(message, socket, number)
        if message.get("seq") == 1:
            for _ in range(3):
                reply(socket, type="command", id="12345678", command="setLearningRate", data={"learningRate": 0.1})

    with scripted_gateway(answer) as gateway, Monitor(gateway.url, on_command=on_command) as monitor:
        monitor.log(1, loss=1.0)
        wait_for(lambda: len(gateway.of_type("commandResult")) == 3, "three answers")
        assert {result["ok"] for result in gateway.of_type("commandResult")} == {True}
        assert count == 1


NONSENSE = [
    {"command": "dance", "id": "12345678"},
    {"command": None, "id": "12345678"},
    {"command": "setLearningRate", "id": "12345678"},
    {"command": "setLearningRate", "id": "12345678", "data": {"learningRate": "fast"}},
    {"command": "start", "id": "12345678", "data": {"epochs": 3}},
]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_an_unknown_command_is_refused(nonsense: dict[str, Any]) -> None:
    def answer(message, socket, number) -> None:
        store_all(message, socket, number)
        if message.get("seq") == 1:
            reply(socket, type="command", **nonsense)

    with scripted_gateway(answer) as gateway, Monitor(gateway.url, commands=["set_learning_rate"]) as monitor:
        monitor.log(1, loss=1.0)
        wait_for(lambda: gateway.of_type("commandResult"), "an answer")
        assert gateway.of_type("commandResult")[0]["code"] == "command.refused"
        assert monitor.learning_rate is None
