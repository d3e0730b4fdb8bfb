"""`Monitor`: publishes one training run."""

from __future__ import annotations

import atexit
import os
import ssl as ssl_module
import sys
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Literal, TypeVar, get_args

from . import _limits as limits
from ._clock import Clock
from ._commands import Command, CommandName, Commands
from ._connection import Connection, Socket, gateway_url, open_socket, public_url
from ._contents import Contents
from ._files import copied_weights, size_of, snapshot_file
from ._outbox import Outbox
from ._pending import Encoded, Log, Pending
from ._probe import Probe
from ._recorder import Recorder
from ._uploads import Send, Uploads, files_url, http_sender
from ._values import Measure, count, measure, metric_name, number, readable, settings_of, text, wire_json
from ._warnings import Warnings

Status = Literal["completed", "stopped", "failed", "interrupted"]
_F = TypeVar("_F", bound=Callable[..., Any])
_open_monitors: weakref.WeakSet[Monitor] = weakref.WeakSet()


def new_run_id() -> str:
    """Returns an id that sorts by start time, such as 20261124-103015-4c3f9a."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"


class Monitor:
    """
    Publishes one training run to the gateway, which shows it live.

    No method raises: a problem is one warning of the logger `mnist_training_monitor`, and the training continues. `log`
    takes some microseconds. Events wait in a file while the gateway cannot be reached.

    >>> with Monitor(name="wine", config={"alpha": 0.1}, classes=["red", "white"], unit="rows") as monitor:
    ...     for step in range(1, 101):
    ...         monitor.log(step, loss=1 / step, accuracy=0.5, grad_norm=0.1)
    """

    def __init__(
        self,
        gateway: str | None = None,
        token: str | None = None,
        run_id: str | None = None,
        name: str | None = None,
        config: object = None,
        classes: Sequence[object] | None = None,
        unit: str | None = None,
        *,
        tags: Iterable[str] = (),
        dataset: str | None = None,
        test_images: object = None,
        test_labels: object = None,
        loss_unit: str | None = None,
        metrics: Mapping[str, Mapping[str, str]] | None = None,
        device: Mapping[str, object] | None = None,
        layers: Sequence[Mapping[str, object]] | None = None,
        total_steps: int | None = None,
        total_epochs: int | None = None,
        commands: Iterable[CommandName] = (),
        on_command: Callable[[Command], None] | None = None,
        ssl: ssl_module.SSLContext | None = None,
        outbox_bytes: int = limits.OUTBOX_BYTES,
        outbox_folder: str | os.PathLike[str] | None = None,
        _clock: Clock | None = None,
        _connect: Callable[[], Socket] | None = None,
        _send: Send | None = None,
    ) -> None:
        """
        Prepares a run. It begins with the first event, or with `start`.

        :param gateway: Address of the gateway's ingest port. Default: MONITOR_GATEWAY, or ws://127.0.0.1:5001/ingest.
        :param token: Secret for publishing, if the gateway has one. Default: MONITOR_TOKEN.
        :param run_id: 1 to 64 of A-Z, a-z, 0-9, ".", "_", "-". Default: a new one, which sorts by start time.
        :param name: Name of the run for people.
        :param config: Settings of the run: a mapping, a dataclass or an `argparse.Namespace`. Nested settings are joined by dots.
        :param classes: Names of the classes of a classifier.
        :param unit: What a step processes, in the plural, such as "tokens" or "rows". Default: images.
        :param tags: Up to 20 short texts to find and group runs by.
        :param dataset: Name of the data.
        :param test_images: The images of the test set, for which the page can show the predictions of each snapshot: bytes 0 to
            255 or fractions 0 to 1, [n, height, width], [n, height, width, channels] or [n, channels, height, width], up to
            64 × 64 pixels and 16 MB. Needs NumPy.
        :param test_labels: The true class of each of these images, from 0, by which the page finds every misread image.
        :param loss_unit: Unit of the losses, such as "squared error" or "bits". Default: nats.
        :param metrics: Definitions of custom metrics: {"f1": {"direction": "maximize", "unit": "…", "group": "…"}}.
        :param device: The machine, as `kind`, `name` and others of docs/protocol.md. Default: this machine's processor.
        :param layers: Layers of the model: name, type, outputShape and parameters of each.
        :param total_steps: Steps of the whole run, if known, from which the remaining time is estimated.
        :param total_epochs: Epochs of the whole run, if known.
        :param commands: Commands that the training obeys by `should_stop`, `wait_while_paused` and `learning_rate`: "pause" (with
            resume), "stop", "set_learning_rate".
        :param on_command: Called for each command on another thread. Raise CommandRefused to refuse one.
        :param ssl: Certificates for wss:// addresses. Default: those that this machine trusts.
        :param outbox_bytes: Maximum size of the files in which events wait for the gateway.
        :param outbox_folder: Folder for these files. Default: the system's folder for temporary files.
        """
        is_text = token is None or isinstance(token, str)
        token = (token if is_text else None) or os.environ.get("MONITOR_TOKEN") or None
        self._warn = Warnings(token)
        if not is_text:
            # The warning does not contain the value, which may be secret.
            self._warn("token", "The token is ignored: expected a text, got a value of another type.")
        self._clock = _clock or Clock()
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._state: Literal["new", "running", "finished", "off"] = "new"
        self._began = self._clock.monotonic()
        self._paused_seconds = 0.0
        self._last_step: int | None = None
        self._last_epoch: int | None = None
        self._metric_names: dict[object, str | None] = {}
        self._sent_names: set[str] = set()
        self._commands = Commands(self._warn, commands, on_command)
        self._total_steps = count(total_steps, 1)
        self._pending = Pending()
        self._contents = Contents(self._warn, self._metrics)
        self._fields: dict[str, Any] = {
            "name": name,
            "config": self._settings(config),
            "classes": classes,
            "unit": unit,
            "tags": tags,
            "dataset": dataset,
            "test_images": test_images,
            "test_labels": test_labels,
            "loss_unit": loss_unit,
            "metrics": metrics,
            "device": device,
            "layers": layers,
            "total_steps": total_steps,
            "total_epochs": total_epochs,
        }
        self._throughput = _throughput_field(unit)
        self._figure_at: float | None = None
        self._probe = Probe()
        # Times of the last events `layers` and `probe`, whose rates are limited.
        self._sent_at: dict[str, float] = {}
        # For each activation the share of its units that were always 0 in the last probe.
        self._dead: dict[str, float] | None = None
        self.run_id = self._checked_run_id(run_id)
        self._outbox: Outbox | None = None
        try:
            if gateway is not None and not isinstance(gateway, str):
                raise ValueError(f"expected an address such as ws://127.0.0.1:5001/ingest, got {readable(gateway)}")
            address = gateway_url(gateway or os.environ.get("MONITOR_GATEWAY") or "127.0.0.1:5001")
        except ValueError as error:
            self._warn(
                "gateway",
                f"The address of the gateway is not valid ({error}); training continues without it.",
            )
            self._state = "off"
            return
        if count(outbox_bytes, 1) is None:
            self._warn("outbox_bytes", f"outbox_bytes is ignored: expected a number of bytes, got {readable(outbox_bytes)}.")
        self._outbox = Outbox(count(outbox_bytes, 1) or limits.OUTBOX_BYTES, outbox_folder, self.run_id)
        self._connection = Connection(
            self.run_id,
            self._outbox,
            self._commands,
            self._warn,
            _connect or (lambda: open_socket(address, ssl)),
            where=public_url(address),
            token=token,
            clock=self._clock,
        )
        self._recorder = Recorder(
            self._pending,
            self._outbox,
            self._warn,
            self._connection.changed.set,
            is_refused=self._connection.refused.is_set,
            on_started=self._connection.remember_started,
            clock=self._clock,
        )
        self._uploads = Uploads(
            _send or http_sender(files_url(address, self.run_id), token, ssl),
            self._warn,
            self._emit,
            is_ready=lambda: self._connection.has_stored,
            clock=self._clock,
        )
        _open_monitors.add(self)

    def __repr__(self) -> str:
        return f"Monitor(run_id={self.run_id!r})"

    # Events

    def describe(self, **details: Any) -> None:
        """
        Adds to the description of the run before it begins. Takes the keyword arguments of the constructor from `name`
        to `total_epochs`. Values and settings of `config` that are set already stay as they are.
        """
        with self._guard("describe"), self._lock:
            if self._state != "new":
                return
            for key, value in details.items():
                if key not in self._fields:
                    raise TypeError(f"describe() has no {key!r}")
                if key == "config":
                    self._fields["config"] = {**self._settings(value), **self._fields["config"]}
                elif self._fields[key] is None or (key == "tags" and self._fields[key] == ()):
                    self._fields[key] = value
            self._total_steps = count(self._fields["total_steps"], 1)
            self._throughput = _throughput_field(self._fields["unit"])

    def start(self) -> None:
        """Begins the run on the page, before its first event."""
        with self._guard("start"):
            self._begin()

    def log(
        self,
        step: int,
        loss: object = None,
        *,
        epoch: int | None = None,
        batch: int | None = None,
        accuracy: object = None,
        learning_rate: object = None,
        throughput: object = None,
        **metrics: object,
    ) -> None:
        """
        Records the values of a step: its loss, and any custom metrics by name. Values may be tensors with one element.

        :param step: Number of the step in the run.
        :param epoch: Number of the epoch, from 1.
        :param batch: Number of the batch in the epoch, from 1.
        :param accuracy: Share of correct answers, from 0 to 1.
        :param throughput: What was processed in a second, in the run's `unit`.
        """
        try:
            now = self._clock.time()
            if self._state != "running" and not self._begin(now):
                return
            if self._process != os.getpid():
                return
            at = step if type(step) is int and 0 <= step <= limits.MAX_INTEGER else self._step(step)
            if at is None:
                return
            custom = self._metrics(metrics) if metrics else {}
            fields: dict[str, Measure] = {}
            if epoch is not None:
                self._put_count(fields, "epoch", epoch)
                self._last_epoch = count(epoch, 1) or self._last_epoch
            if loss is not None:
                self._put_measure(fields, "loss", loss)
            if "loss" in fields:
                if batch is not None:
                    self._put_count(fields, "batch", batch)
                self._put_bounded(fields, custom, "accuracy", "accuracy", accuracy, 1)
                self._put_bounded(fields, custom, "learningRate", "learning_rate", learning_rate, None)
                self._put_bounded(fields, custom, self._throughput, "throughput", throughput, None)
                elapsed = max(0.0, self._clock.monotonic() - self._began - self._paused_seconds)
                fields["elapsedSeconds"] = round(elapsed, 3)
                total = self._total_steps
                if total is not None and 0 < at <= total:
                    fields["etaSeconds"] = round(elapsed / at * (total - at), 3)
            else:
                for name, other in (
                    ("accuracy", accuracy),
                    ("learning_rate", learning_rate),
                    ("throughput", throughput),
                ):
                    if other is not None:
                        custom |= self._metrics({name: other})
                if not custom:
                    if loss is None and not metrics:
                        self._warn("empty", f"log({at}) is left out: expected a loss or a metric, got neither.")
                    return
            self._last_step = at
            self._pending.put_log(Log(now, at, fields, custom or None))
            if self._recorder.is_idle:
                self._recorder.is_idle = False
                self._recorder.wake.set()
        except Exception as error:
            self._report("log", error)

    def epoch(
        self,
        epoch: int,
        *,
        step: int | None = None,
        train_loss: object = None,
        train_accuracy: object = None,
        test_loss: object = None,
        test_accuracy: object = None,
        confusion: object = None,
        per_class: object = None,
        precision: object = None,
        recall: object = None,
        calibration: Sequence[Mapping[str, object]] | None = None,
        predictions: object = None,
        confidences: object = None,
        seconds: float | None = None,
        **metrics: object,
    ) -> None:
        """
        Records the results of an epoch; all of them are optional. Accuracies are from 0 to 1. Where the event would be larger
        than 900 kB, it is sent without `confidences`, and if necessary without `predictions`.

        :param confusion: N × N counts, with a row for each true class. The values per class follow from it.
        :param predictions: The predicted class of every test item, in the order of the test set.
        :param confidences: The probability of each of these predictions, from 0 to 1.
        :param calibration: 15 bins of {count, confidence, accuracy}.
        """
        with self._guard("epoch"):
            if not self._begin():
                return
            data = self._contents.epoch(
                epoch,
                step=self._last_step if step is None else step,
                train={"loss": train_loss, "accuracy": train_accuracy},
                test={
                    "loss": test_loss,
                    "accuracy": test_accuracy,
                    "confusion": confusion,
                    "perClass": per_class,
                    "precision": precision,
                    "recall": recall,
                    "calibration": calibration,
                    "predictions": predictions,
                    "confidences": confidences,
                },
                seconds=seconds,
                metrics=metrics,
            )
            if data is not None:
                self._last_epoch = data["epoch"]
                self._emit("epoch", data)

    def samples(
        self,
        images: object,
        labels: object,
        probabilities: object,
        *,
        epoch: int | None = None,
        indices: object = None,
    ) -> None:
        """
        Shows test images with the probabilities of their classes.

        :param images: Up to 100 images as bytes 0 to 255 or fractions 0 to 1: [n, height, width], [n, height, width, channels] or
            [n, channels, height, width], up to 64 × 64 pixels, with 1 or 3 channels.
        :param probabilities: [n, classes], of which the ten largest are shown.
        :param epoch: The epoch after which they were computed. Default: the one of the last log or epoch.
        """
        with self._guard("samples"):
            if not self._begin():
                return
            at = epoch if epoch is not None else self._last_epoch or 1
            data = self._contents.samples(images, labels, probabilities, epoch=at, indices=indices)
            if data is not None:
                self._emit("samples", data)

    def figure(
        self,
        title: str,
        image: object = None,
        *,
        table: Mapping[str, Sequence[object] | Sequence[Sequence[object]]] | Sequence[Mapping[str, object]] | None = None,
        step: int | None = None,
        description: str | None = None,
    ) -> None:
        """
        Shows an image or a table; at most one in 10 seconds, the others are left out.

        :param image: A PNG file as bytes or path, or a figure of matplotlib; at most 128 kB.
        :param table: {"columns": ["name", …], "rows": [[value, …], …]}, columns as {"name": [values]}, or rows as
            [{"name": value}]; at most 200 rows and 20 columns.
        :param description: What it shows, for people who do not see it.
        """
        with self._guard("figure"):
            now = self._clock.time()
            if self._figure_at is not None and 0 <= now - self._figure_at < limits.FIGURE_INTERVAL_SECONDS:
                self._warn("figures", "Figures are left out: expected at most one in 10 seconds.")
                return
            at = self._last_step if step is None else step
            data = self._contents.figure(title, image, table, step=at, description=description)
            if data is not None:
                self._figure_at = now
                self._emit("figure", data)

    def layers(
        self,
        step: int,
        tensors: Mapping[str, Mapping[str, object]],
        *,
        dead: Mapping[str, object] | None = None,
    ) -> None:
        """
        Shows the state of the network's tensors; at most four times a second, the others are left out.

        :param tensors: For each tensor any of weight_norm, gradient_norm, update_ratio (‖Δw‖ / ‖w‖) and histogram
            (32 counts and 33 edges in either order, such as the result of numpy.histogram(weights, 32)).
        :param dead: For each activation the share of its units that are always 0.
        """
        with self._guard("layers"):
            if not self._is_due("layers", limits.LAYERS_INTERVAL_SECONDS):
                return
            data = self._contents.layers(step, tensors, dead)
            if data is not None:
                self._sent_at["layers"] = self._clock.time()
                self._emit("layers", data)

    def probe(
        self,
        step: int,
        logits: object,
        *,
        images: object = None,
        labels: object = None,
        indices: object = None,
    ) -> None:
        """
        Shows the outputs of the network for some fixed test images; at most once in two seconds, the others are left out.

        The page makes a provisional confusion matrix of them, and shows how the images drift apart. Needs NumPy.

        :param logits: [images, classes] of at most 500 images, the same ones in each call.
        :param images: These images, as in `samples`. They are sent once: later calls may leave them out.
        :param labels: Their true classes.
        :param indices: Their indices in the test set. Default: 0, 1, 2 …
        """
        with self._guard("probe"):
            if not self._is_due("probe", limits.PROBE_INTERVAL_SECONDS):
                return
            for data in self._probe.events(step, logits, images=images, labels=labels, indices=indices):
                self._sent_at["probe"] = self._clock.time()
                self._emit("probe", data)

    def snapshot(
        self,
        step: int,
        weights: Mapping[str, object] | bytes | str | os.PathLike[str],
        *,
        epoch: int | None = None,
        accuracy: object = None,
        channel_axis: int = 0,
    ) -> None:
        """
        Stores the weights of the network at the gateway, rounded to int8, so that the page can show how they change.

        The weights are copied at once and sent on another thread. A run keeps at most 64 snapshots, evenly spaced over those
        that were given, and the last one. While the gateway cannot be reached, the newest ones wait, up to 32 MB of weights; a
        notice reports how many older ones were dropped.

        :param weights: Arrays or tensors by name, such as `model.state_dict()` of PyTorch, with at most two million values, or a
            safetensors file as bytes or path. Needs NumPy, unless the file is in the form of docs/protocol.md already.
        :param epoch: The epoch that has ended with this step, if one has.
        :param accuracy: Accuracy of the rounded weights on the test set, if known.
        :param channel_axis: Axis of the output channels, which are rounded with a scale each: 0 in PyTorch, -1 in Keras.
        """
        with self._guard("snapshot"):
            data = self._contents.snapshot(step, epoch=epoch, accuracy=accuracy)
            if data is None or not self._begin() or self._process != os.getpid():
                return
            copy = copied_weights(weights)
            self._uploads.add_snapshot(lambda: snapshot_file(copy, channel_axis), data, size_of(copy))

    def notice(
        self,
        message: str,
        *,
        level: Literal["info", "warning", "error"] = "info",
        code: str = "training.note",
    ) -> None:
        """Adds a remark to the run at its last step."""
        with self._guard("notice"):
            self._notice(level, code, message)

    def finish(
        self,
        status: Status | None = None,
        reason: str | None = None,
        *,
        test_loss: object = None,
        test_accuracy: object = None,
        best_epoch: int | None = None,
        timeout: float = limits.FINISH_SECONDS,
        **metrics: object,
    ) -> int:
        """
        Ends the run, and waits until the gateway has every event and file, for at most `timeout` seconds. Gives up after
        5 seconds without a connection. Later calls do nothing.

        :param status: Default: "stopped" after the command `stop`, otherwise "completed".
        :returns: The number of events and files that were lost because the gateway did not receive them in time. Those of a run
            that it refuses are not counted.
        """
        if self._process != os.getpid():
            return 0
        with self._guard("finish"):
            if self._state in {"off", "finished"} or not self._begin():
                return 0
            seconds = max(0.0, self._clock.monotonic() - self._began - self._paused_seconds)
            is_over = self._new_deadline(timeout)
            missing_files = self._finish_uploads(is_over)
            stopped = self._commands.stop
            if status is not None and (not isinstance(status, str) or status not in get_args(Status)):
                ending = "stopped" if stopped else "completed"
                expected = "completed, stopped, failed or interrupted"
                self._warn("status", f"The run ends as {ending}: expected {expected}, got {readable(status)}.")
                status = None
            actual = status or ("stopped" if stopped else "completed")
            default = "stopped by a command" if stopped and actual == "stopped" else f"the training {actual}"
            data = self._contents.finished(
                actual,
                reason or default.replace("training completed", "training has ended"),
                test={"loss": test_loss, "accuracy": test_accuracy},
                best_epoch=best_epoch,
                seconds=seconds,
                metrics=metrics,
            )
            self._emit("run.finished", data)
            with self._lock:
                self._state = "finished"
            self._commands.release()
            return self._deliver(is_over) + missing_files
        return 0

    # Commands

    def accept_commands(self, *names: CommandName) -> None:
        """Declares commands that the training obeys: "pause" (with resume), "stop", "set_learning_rate"."""
        with self._guard("accept_commands"):
            if self._commands.accept(names) and self._state == "running":
                self._connection.reconnect()

    @property
    def should_stop(self) -> bool:
        """Whether somebody has stopped the run. End the training after the current step."""
        return self._commands.stop

    @property
    def is_paused(self) -> bool:
        """Whether somebody has paused the run."""
        return not self._commands.running.is_set()

    def wait_while_paused(self) -> None:
        """Waits while the run is paused; returns at once otherwise. Call it between steps."""
        commands = self._commands
        if commands.running.is_set() or self._process != os.getpid():
            return
        began = self._clock.monotonic()
        with self._guard("wait_while_paused"):
            self._notice("info", "run.paused", "The run is paused.", by=commands.paused_by)
        while not self._clock.wait(commands.running, 1.0):
            pass
        with self._guard("wait_while_paused"):
            self._paused_seconds += self._clock.monotonic() - began
            if not commands.stop and self._state == "running":
                self._notice("info", "run.resumed", "The run continues.", by=commands.resumed_by)

    @property
    def learning_rate(self) -> float | None:
        """
        The learning rate that somebody has set; None if nobody has. Reading it counts as applying it: the page marks the
        last step as the one after which the rate applies.
        """
        commands = self._commands
        if commands.has_new_rate and self._process == os.getpid():
            with self._guard("learning_rate"):
                commands.has_new_rate = False
                rate = commands.learning_rate
                message = f"The learning rate is {rate:g}."
                self._notice("info", "learning_rate.set", message, value=rate, by=commands.learning_rate_by)
        return commands.learning_rate

    def take_learning_rate(self) -> float | None:
        """Returns a learning rate that somebody has set since the last call; None otherwise."""
        return self.learning_rate if self._commands.has_new_rate else None

    # Context

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        status, reason = _ending(error)
        self.finish(status, reason)

    # Internals

    def _is_due(self, kind: str, seconds: float) -> bool:
        """Returns whether the last event of this kind was sent at least `seconds` ago."""
        at = self._sent_at.get(kind)
        return at is None or not 0 <= self._clock.time() - at < seconds

    def _guard(self, method: str) -> _Guard:
        return _Guard(self, method)

    def _report(self, method: str, error: BaseException) -> None:
        why = f"{type(error).__name__}: {text(error, 200)}"
        self._warn(f"{method} {why}", f"Monitor.{method} failed ({why}); training continues.")

    def _settings(self, config: object) -> dict[Any, object]:
        """Returns the settings that `config` contains. A value of another type is ignored, with a warning."""
        if config is None:
            return {}
        try:
            settings = settings_of(config)
        except Exception:
            settings = None
        if settings is None:
            expected = "a mapping, a dataclass or an argparse.Namespace"
            self._warn("settings", f"config is left out: expected {expected}, got {readable(config)}.")
        return settings or {}

    def _checked_run_id(self, run_id: str | None) -> str:
        if run_id is None:
            return new_run_id()
        allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
        try:
            given = str(run_id)
        except Exception:
            # A class of the program may fail here.
            given = ""
        clean = "".join(each if each in allowed else "-" for each in given).lstrip("._-")[:64]
        if clean in ("", "latest"):
            clean = new_run_id()
        if clean != given:
            self._warn("run_id", f"The run id {readable(given)} is not allowed; the run has the id {clean}.")
        return clean

    def _begin(self, now: float | None = None) -> bool:
        """Emits `run.started` before the first event, with the time of that event. Returns whether the run is open."""
        if self._state == "running":
            return True
        if self._process != os.getpid():
            return False
        with self._lock:
            if self._state == "finished":
                self._warn("finished", "The run has finished; later events are left out.")
            if self._state != "new":
                # Another thread may have begun the run in the meantime.
                return self._is_running()
            self._began = self._clock.monotonic()
            started_at = self._clock.time() if now is None else now
            # Test images may be large, so only their description is kept.
            images = self._contents.test_images(self._fields["test_images"], self._fields.pop("test_labels"), self._class_count())
            self._fields["test_images"] = images and images[0]
            data = wire_json(self._contents.started(**self._fields))
            # The folder is created only now, so that a run that cannot begin leaves none.
            assert self._outbox is not None
            self._outbox.open()
            if self._outbox.problem is not None:
                self._warn("outbox", f"Events wait in memory, because no file can be created ({self._outbox.problem}).")
            self._pending.put(Encoded(started_at, "run.started", data))
            self._state = "running"
            if images is not None:
                self._uploads.add_test_images(images[1])
            atexit.register(self._at_exit)
            self._recorder.start()
            self._connection.start()
            self._recorder.is_idle = False
            self._recorder.wake.set()
            return True

    def _class_count(self) -> int:
        classes = self._fields["classes"]
        return len(classes) if hasattr(classes, "__len__") else 0

    def _is_running(self) -> bool:
        return self._state == "running"

    def _emit(self, kind: str, data: Mapping[str, Any]) -> None:
        if not self._begin() or self._process != os.getpid():
            return
        encoded = wire_json(data)
        if len(encoded) > limits.DATA_BYTES:
            self._warn(
                f"size {kind}",
                f"An event {kind} of {len(encoded)} bytes is left out: expected at most 900 kB.",
            )
            return
        self._pending.put(Encoded(self._clock.time(), kind, encoded))
        self._recorder.is_idle = False
        self._recorder.wake.set()

    def _notice(self, level: str, code: str, message: str, *, value: float | None = None, by: str | None = None) -> None:
        data: dict[str, Any] = {
            "level": level if level in ("info", "warning", "error") else "info",
            "code": text(code, limits.NAME) or "training.note",
            "message": text(message, limits.LINE),
            "step": self._last_step,
        }
        if value is not None:
            data["value"] = measure(value)
        if by is not None:
            data["by"] = by
        self._emit("notice", data)

    def _step(self, step: object) -> int | None:
        at = count(step)
        if at is None:
            self._warn("step", f"A log with step {readable(step)} is left out: expected a whole number of at least 0.")
        return at

    def _put_count(self, fields: dict[str, Measure], key: str, value: object) -> None:
        number = count(value, 1)
        if number is None:
            self._warn(f"value {key}", f"{key} is left out: expected its number, from 1, got {readable(value)}.")
        else:
            fields[key] = number

    def _put_measure(self, fields: dict[str, Measure], key: str, value: object) -> None:
        plain = measure(value)
        if plain is None:
            self._warn(
                f"value {key}",
                f"{key} is left out: expected a number or a tensor with one element, got {readable(value)}.",
            )
        else:
            fields[key] = plain

    def _put_bounded(
        self,
        fields: dict[str, Measure],
        custom: dict[str, Measure],
        key: str,
        name: str,
        value: object,
        maximum: int | None,
    ) -> None:
        """Adds a value whose range the protocol limits. A value outside it becomes a custom metric of that name."""
        if value is None:
            return
        plain = number(value)
        # NaN is within every range, and infinity where there is no maximum.
        if plain is not None and (plain < -1e-6 or (maximum is not None and plain > maximum + 1e-6)):
            bounds = "at least 0" if maximum is None else "from 0 to 1"
            self._warn(
                f"range {name}",
                f"{name} {plain:g} is sent as a custom metric: expected a number {bounds}.",
            )
            custom |= self._metrics({name: plain})
        else:
            self._put_measure(fields, key, value)

    def _metrics(self, values: Mapping[Any, object]) -> dict[str, Measure]:
        """Returns custom metrics with names and values of the protocol, at most 100 names in a run."""
        found: dict[str, Measure] = {}
        nested = values.get("metrics")
        if isinstance(nested, Mapping):
            # As in the protocol: a dict has room for names that no keyword can have, such as "val/mAP50-95".
            values = {key: value for key, value in {**values, **nested}.items() if key != "metrics"}
        for key, value in values.items():
            name = self._metric_names.get(key)
            if name is None:
                name = self._known_name(key)
                if name is None:
                    continue
            plain = measure(value)
            if plain is not None:
                found[name] = plain
            elif value is not None:
                self._warn(
                    f"value {name}",
                    f"The metric {name} is left out: expected a number or a tensor of one element, got {readable(value)}.",
                )
        return found

    def _known_name(self, key: object) -> str | None:
        with self._lock:
            name = metric_name(key, self._warn)
            if name is None:
                return None
            if name not in self._sent_names:
                if len(self._sent_names) >= limits.METRICS:
                    self._warn("names", f"The metric {name} is left out: expected at most 100 metrics in a run.")
                    return None
                self._sent_names.add(name)
            if len(self._metric_names) < 10 * limits.METRICS:
                self._metric_names[key] = name
            return name

    def _new_deadline(self, timeout: float) -> Callable[[float], bool]:
        """
        Returns a function for loops that wait for the gateway. Each call returns True if the loop has to give up: the gateway
        refuses the run, `share` of `timeout` has passed, or the gateway could not be reached for too long. Otherwise the call
        waits for 20 ms and returns False.
        """
        began = self._clock.monotonic()
        unreachable = 0.0

        def is_over(share: float) -> bool:
            nonlocal unreachable
            connection = self._connection
            if connection.refused.is_set():
                return True
            if self._clock.monotonic() - began >= share * timeout or unreachable >= limits.UNREACHABLE_SECONDS:
                return True
            self._recorder.wake.set()
            self._clock.wait(connection.closing, 0.02)
            unreachable = 0.0 if connection.is_connected else unreachable + 0.02
            return False

        return is_over

    def _finish_uploads(self, is_over: Callable[[float], bool]) -> int:
        """Waits until the gateway has the snapshots and test images. Returns the number of those that were dropped."""
        self._uploads.finish()
        # At most half of the time, so that the rest is left for the events.
        while not self._uploads.is_idle and not is_over(0.5):
            pass
        if self._connection.refused.is_set():
            self._uploads.cancel()
        return self._uploads.close(1.0)

    def _deliver(self, is_over: Callable[[float], bool]) -> int:
        """Waits for the gateway, then releases threads and files. Returns the number of lost events: 0 if it refuses the run."""
        assert self._outbox is not None
        connection = self._connection
        try:
            while (len(self._pending) or connection.undelivered) and not is_over(1.0):
                pass
        finally:
            missing = 0 if connection.refused.is_set() else len(self._pending) + connection.undelivered
            atexit.unregister(self._at_exit)
            self._recorder.close(1.0)
            connection.close(1.0)
            self._outbox.close()
            _open_monitors.discard(self)
        if missing:
            self._warn("missing", f"The gateway did not receive the last {missing} events of run {self.run_id}.")
        return missing

    def _at_exit(self) -> None:
        if self._process != os.getpid() or self._state != "running":
            return
        status, reason = _ending(getattr(sys, "last_value", None))
        self.finish(status, reason or "the program has ended")

    def _after_fork(self) -> None:
        """Makes the copy of this monitor in a forked process silent: the parent publishes the run."""
        self._lock = threading.RLock()
        self._state = "off"
        atexit.unregister(self._at_exit)
        if self._outbox is not None:
            self._connection.forget_socket()


def _throughput_field(unit: object) -> str:
    """Returns the field of the protocol in which a throughput in this unit is sent."""
    return "imagesPerSecond" if unit is None or (isinstance(unit, str) and unit == "images") else "throughput"


def _ending(error: BaseException | None) -> tuple[Status | None, str | None]:
    """Returns the status and the reason of a run that ends with this exception; None for both if it is no failure."""
    if error is None:
        return None, None
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return None, None
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "stopped from the keyboard"
    try:
        message = str(error)
    except Exception:
        message = "no message"
    return "failed", text(f"{type(error).__name__}: {message}".rstrip(": "), limits.LINE)


class _Guard:
    """Turns an exception of a method into a warning. KeyboardInterrupt and the like pass."""

    __slots__ = ("_method", "_monitor")

    def __init__(self, monitor: Monitor, method: str) -> None:
        self._monitor = monitor
        self._method = method

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, Exception):
            self._monitor._report(self._method, error)
            return True
        return False


def _silence_child() -> None:
    for monitor in list(_open_monitors):
        monitor._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_silence_child)
