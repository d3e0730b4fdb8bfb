"""Commands from the page: pause, resume, stop and another learning rate."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from . import _limits as limits
from ._values import Warn, number, readable, text

CommandName = Literal["pause", "resume", "stop", "set_learning_rate"]
COMMAND_NAMES: tuple[CommandName, ...] = ("pause", "resume", "stop", "set_learning_rate")
_WIRE_NAMES: dict[CommandName, str] = {
    "pause": "pause",
    "resume": "resume",
    "stop": "stop",
    "set_learning_rate": "setLearningRate",
}
_FROM_WIRE: dict[str, CommandName] = {wire: name for name, wire in _WIRE_NAMES.items()}


@dataclass(frozen=True)
class Command:
    """A command for a run."""

    name: CommandName
    #: The rate of `set_learning_rate`; None for the other commands.
    learning_rate: float | None = None
    #: Who gave the command, such as `page`; None if that is unknown.
    by: str | None = None


class CommandRefused(Exception):
    """Raise it in `on_command` to refuse a command. Its text is shown to the person who gave the command."""


class Commands:
    """The commands that a run accepts, and those that were received and are not carried out yet."""

    def __init__(self, warn: Warn, accepted: Iterable[str], on_command: Callable[[Command], None] | None) -> None:
        """
        :param accepted: Names of commands. All are accepted where there is an `on_command`.
        """
        self._warn = warn
        if on_command is not None and not callable(on_command):
            warn("on_command", f"on_command is ignored: expected a function, got {readable(on_command)}.")
            on_command = None
        self._on_command = on_command
        self._accepted = self._known(COMMAND_NAMES if on_command else accepted)
        self._answers: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self.stop = False
        self.stopped_by: str | None = None
        self.paused_by: str | None = None
        self.resumed_by: str | None = None
        #: Set while the run may continue.
        self.running = threading.Event()
        self.running.set()
        self.learning_rate: float | None = None
        self.learning_rate_by: str | None = None
        #: Whether a learning rate was received that the training has not read.
        self.has_new_rate = False

    def accept(self, names: Iterable[str]) -> bool:
        """Accepts further commands. Returns whether one of them was not accepted before."""
        added = self._known(names)
        with self._lock:
            is_new = not added <= self._accepted
            self._accepted |= added
        return is_new

    @property
    def wire_names(self) -> list[str]:
        """Names of the accepted commands in the protocol."""
        with self._lock:
            return sorted(_WIRE_NAMES[name] for name in self._accepted)

    def receive(self, message: dict[str, Any]) -> dict[str, Any]:
        """Carries out a command, once for each id, and returns the answer."""
        identity = message.get("id")
        key = identity if isinstance(identity, str) else ""
        with self._lock:
            earlier = self._answers.get(key)
        if earlier is not None:
            return earlier
        answer: dict[str, Any] = {"type": "commandResult", "id": key}
        problem = self._carry_out(message)
        answer["ok"] = problem is None
        if problem is not None:
            answer |= {"code": "command.refused", "message": problem}
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > limits.ANSWERED_COMMANDS:
                self._answers.popitem(last=False)
        return answer

    def release(self) -> None:
        """Ends a pause, because the run ends or nobody can send `resume` any more."""
        self.running.set()

    def _known(self, names: Iterable[str]) -> set[CommandName]:
        """Returns the commands with these names, of this client or of the protocol. Other names are ignored, with a warning."""
        known: set[CommandName] = set()
        try:
            given: list[object] = [names] if isinstance(names, str) else list(names or ())
        except Exception:
            given = [names]
        for each in given:
            name = _FROM_WIRE.get(each, each) if isinstance(each, str) else None
            if name in COMMAND_NAMES:
                known.add(name)
            else:
                expected = ", ".join(COMMAND_NAMES)
                self._warn(
                    f"command {readable(each)}",
                    f"The command {readable(each)} is ignored: expected one of {expected}.",
                )
        if "pause" in known:
            known.add("resume")
        return known

    def _carry_out(self, message: dict[str, Any]) -> str | None:
        """Carries out a command. Returns why it is refused; None if it is not."""
        name = _FROM_WIRE.get(str(message.get("command")))
        if name is None or name not in self._accepted:
            return "This run does not accept the command."
        data = message.get("data")
        rate = number(data.get("learningRate")) if isinstance(data, dict) else None
        by = message.get("by")
        command = Command(
            name,
            float(rate) if name == "set_learning_rate" and rate is not None else None,
            text(by, limits.METRIC_NAME) if isinstance(by, str) and by else None,
        )
        if name == "set_learning_rate" and command.learning_rate is None:
            return "Expected a learning rate, got none."
        if self._on_command is not None:
            try:
                self._on_command(command)
            except CommandRefused as refusal:
                return text(refusal, limits.LINE) or "The training refused the command."
        self._apply(command)
        return None

    def _apply(self, command: Command) -> None:
        if command.name == "stop":
            self.stop, self.stopped_by = True, command.by
            self.running.set()
        elif command.name == "pause":
            self.paused_by = command.by
            if not self.stop:
                self.running.clear()
        elif command.name == "resume":
            self.resumed_by = command.by
            self.running.set()
        else:
            self.learning_rate, self.learning_rate_by = command.learning_rate, command.by
            self.has_new_rate = True
