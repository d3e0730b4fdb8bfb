"""What `Monitor` publishes, read back from the export of a real gateway."""

from __future__ import annotations

import argparse
import base64
import dataclasses
import math
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from conftest import Gateway

from mnist_training_monitor import Monitor
from mnist_training_monitor._contents import Contents
from mnist_training_monitor._results import Facts, class_results

PNG = (
    b"\x89PNG\r\n\x1a\n"
    + b"\0\0\0\rIHDR"
    + (header := struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    + struct.pack(">I", len(zlib.compress(b"\0\0")))
    + b"IDAT"
    + zlib.compress(b"\0\0")
    + struct.pack(">I", zlib.crc32(b"IDAT" + zlib.compress(b"\0\0")))
    + b"\0\0\0\0IEND\xaeB`\x82"
)


def test_publishes_each_event_of_a_run_of_any_kind(gateway: Gateway, warnings) -> None:
    with Monitor(
        gateway.ingest_url,
        run_id="wine",
        name="Wine",
        config={"alpha": 0.1, "batch_size": 32, "optimizer": {"name": "sgd", "nesterov": True}},
        classes=["red", "white", "rosé"],
        unit="rows",
        tags=["small"],
        dataset="wine",
        metrics={"f1": {"direction": "maximize", "group": "Quality"}},
        total_steps=3,
    ) as monitor:
        for step in (1, 2, 3):
            monitor.log(step, loss=1 / step, epoch=1, batch=step, accuracy=0.5, learning_rate=0.1, throughput=64, f1=0.4)
        monitor.log(3, **{"eval/f1": 0.7})
        monitor.epoch(1, train_loss=0.5, test_loss=0.4, test_accuracy=0.75, confusion=[[2, 0, 0], [1, 0, 0], [0, 0, 1]])
        monitor.samples([[[0.0, 1.0], [0.5, 0.25]]], [0], [[0.7, 0.2, 0.1]])
        monitor.figure("Weights", PNG, description="One dark pixel")
        monitor.layers(3, {"coef": {"weight_norm": 1.5, "gradient_norm": math.nan}}, dead={"relu": 0.25})
        monitor.notice("Half of the time is over.")
        assert monitor.finish(test_accuracy=0.75, best_epoch=1, f1=0.7) == 0
    events = gateway.complete_export("wine")
    assert [event["type"] for event in events] == [
        "run.started",
        *["batch"] * 3,
        "metrics",
        "epoch",
        "samples",
        "figure",
        "layers",
        "notice",
        "run.finished",
    ]
    started, batch, *_ = (event["data"] for event in events)
    assert started["config"] == {"alpha": 0.1, "batchSize": 32, "optimizer.name": "sgd", "optimizer.nesterov": True}
    assert started["dataset"] == {"name": "wine", "classes": ["red", "white", "rosé"]}
    assert started["totals"] == {"steps": 3}
    assert started["unit"] == "rows"
    assert started["metrics"] == {"f1": {"direction": "maximize", "group": "Quality"}}
    assert batch | {"elapsedSeconds": 0, "etaSeconds": 0} == {
        "step": 1,
        "loss": 1.0,
        "epoch": 1,
        "batch": 1,
        "accuracy": 0.5,
        "learningRate": 0.1,
        "throughput": 64,
        "elapsedSeconds": 0,
        "etaSeconds": 0,
        "metrics": {"f1": 0.4},
    }
    assert events[4]["data"] == {"step": 3, "metrics": {"eval/f1": 0.7}}
    assert events[5]["data"]["test"]["perClass"] == [1, 0, 1]
    assert events[5]["data"]["test"]["precision"] == [pytest.approx(2 / 3), None, 1]
    assert events[6]["data"]["items"][0]["prediction"] == 0
    assert events[8]["data"]["gradientNorm"] == ["NaN"]
    assert events[-1]["data"]["status"] == "completed"
    assert gateway.get("/wine")["status"] == "completed"
    assert warnings() == []


def test_publishes_a_run_of_which_nothing_is_known_but_a_number(gateway: Gateway) -> None:
    with Monitor(gateway.ingest_url, run_id="bare") as monitor:
        monitor.log(0, distance=3)
    events = gateway.complete_export("bare")
    assert [event["type"] for event in events] == ["run.started", "metrics", "run.finished"]
    assert set(events[0]["data"]) == {"config", "device"}
    assert events[1]["data"] == {"step": 0, "metrics": {"distance": 3}}


def test_writes_numbers_that_json_lacks_as_the_words_of_the_protocol(gateway: Gateway) -> None:
    with Monitor(gateway.ingest_url, run_id="diverged") as monitor:
        monitor.log(1, loss=math.nan, accuracy=math.nan, learning_rate=math.inf, norm=math.inf, drift=-math.inf)
    data = gateway.complete_export("diverged")[1]["data"]
    assert (data["loss"], data["accuracy"], data["learningRate"]) == ("NaN", "NaN", "Infinity")
    assert data["metrics"] == {"norm": "Infinity", "drift": "-Infinity"}


def test_a_value_outside_of_its_range_is_sent_as_a_custom_metric(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="percent") as monitor:
        monitor.log(1, loss=-4.5, accuracy=93.5, learning_rate=-1)
        monitor.epoch(1, train_accuracy=93.5, test_accuracy=1.0000001)
        monitor.finish(test_accuracy=91.5)
    _, batch, epoch, finished = (event["data"] for event in gateway.complete_export("percent"))
    assert batch["loss"] == -4.5
    assert batch["metrics"] == {"accuracy": 93.5, "learning_rate": -1}
    assert epoch["metrics"] == {"train_accuracy": 93.5}
    assert epoch["test"] == {"accuracy": 1.0000001}
    assert finished["metrics"] == {"test_accuracy": 91.5}
    assert len(warnings()) == 4


def test_counts_the_characters_of_a_text_as_the_protocol_does(gateway: Gateway, warnings) -> None:
    emoji = "\U0001f600"
    with Monitor(gateway.ingest_url, run_id="emoji", name=emoji * 200, tags=[emoji * 40], classes=[emoji * 64, "b"]) as monitor:
        monitor.notice(emoji * 2_001)
    started, notice, _ = (event["data"] for event in gateway.complete_export("emoji"))
    assert (started["name"], started["tags"], started["dataset"]["classes"]) == (emoji * 200, [emoji * 40], [emoji * 64, "b"])
    assert notice["message"] == emoji * 1_999 + "…"
    assert warnings() == []


class Scalar:
    """Has a value like a tensor with one element."""

    def __init__(self, value: float) -> None:
        self._value = value

    def item(self) -> float:
        return self._value


def test_accepts_scalars_of_other_libraries(gateway: Gateway) -> None:
    numpy = pytest.importorskip("numpy")
    with Monitor(gateway.ingest_url, run_id="scalars", config={"rate": numpy.float32(0.5), "shape": (2, 3)}) as monitor:
        monitor.log(
            numpy.int64(7), loss=numpy.float32(0.5), accuracy=numpy.array([0.25]), tensor=Scalar(2.5), flag=numpy.bool_(True)
        )
        monitor.epoch(numpy.int32(1), confusion=numpy.eye(2, dtype=int), test_loss=numpy.float64("inf"))
    started, batch, epoch, _ = (event["data"] for event in gateway.complete_export("scalars"))
    assert started["config"] == {"rate": 0.5, "shape": "(2, 3)"}
    assert (batch["step"], batch["loss"], batch["accuracy"]) == (7, 0.5, 0.25)
    assert batch["metrics"] == {"tensor": 2.5, "flag": 1}
    assert epoch["test"]["confusion"] == [[1, 0], [0, 1]]
    assert epoch["test"]["loss"] == "Infinity"


class Failing:
    """Fails wherever it is used."""

    def fail(self, *_: object) -> Any:
        raise RuntimeError("a class of the program fails")

    __repr__ = __str__ = __float__ = __int__ = __len__ = item = fail


WRONG_CALLS = {
    "a step that is a text": lambda monitor: monitor.log("first", loss=1),
    "a negative step": lambda monitor: monitor.log(-1, loss=1),
    "a step beyond the integers of JavaScript": lambda monitor: monitor.log(2**60, loss=1),
    "a loss that is a text": lambda monitor: monitor.log(1, loss="high"),
    "a loss with several elements": lambda monitor: monitor.log(1, loss=[1, 2]),
    "a metric that is a text": lambda monitor: monitor.log(1, name="wine"),
    "a metric that is a mapping": lambda monitor: monitor.log(1, scores={"f1": 1}),
    "a metric of a class that fails": lambda monitor: monitor.log(1, scores=Failing()),
    "a loss of a class that fails": lambda monitor: monitor.log(1, loss=Failing()),
    "a step of a class that fails": lambda monitor: monitor.log(Failing(), loss=1),
    "no value": lambda monitor: monitor.log(1),
    "a metric without a name": lambda monitor: monitor.log(1, **{"": 1}),
    "an epoch from 0": lambda monitor: monitor.epoch(0, test_loss=1),
    "a matrix that is not square": lambda monitor: monitor.epoch(1, confusion=[[1, 2]]),
    "a matrix of one class": lambda monitor: monitor.epoch(1, confusion=[[1]]),
    "calibration of two bins": lambda monitor: monitor.epoch(1, calibration=[{}, {}]),
    "predictions below 0": lambda monitor: monitor.epoch(1, predictions=[-1]),
    "a figure of another format": lambda monitor: monitor.figure("a", b"GIF89a"),
    "a figure above 128 kB": lambda monitor: monitor.figure("b", PNG + bytes(200_000)),
    "a figure from a file that does not exist": lambda monitor: monitor.figure("c", "/nowhere.png"),
    "a figure of nothing": lambda monitor: monitor.figure("d"),
    "a figure of an image and a table": lambda monitor: monitor.figure("k", PNG, table={"a": [1]}),
    "a figure that is a number": lambda monitor: monitor.figure("e", 7),
    "a table of rows without names": lambda monitor: monitor.figure("f", table=[[1, 2]]),
    "a table that is a number": lambda monitor: monitor.figure("g", table=7),
    "a table of texts": lambda monitor: monitor.figure("h", table={"a": "b"}),
    "a table without columns": lambda monitor: monitor.figure("i", table={"columns": [], "rows": []}),
    "images that are nothing": lambda monitor: monitor.samples(None, None, None),
    "images that are texts": lambda monitor: monitor.samples(["a"], [0], [[1, 0]]),
    "images of NaN": lambda monitor: monitor.samples([[[math.nan]]], [0], [[1, 0]]),
    "a matrix of NaN": lambda monitor: monitor.epoch(1, confusion=[[math.nan, 1.0], [1.0, 1.0]]),
    "images of two sizes": lambda monitor: monitor.samples([[[1]], [[1, 2]]], [0, 0], [[1, 0], [1, 0]]),
    "images above 64 pixels": lambda monitor: monitor.samples([[[0] * 65] * 65], [0], [[1, 0]]),
    "layers that are a list": lambda monitor: monitor.layers(1, ["conv1"]),
    "layers at no step": lambda monitor: monitor.layers(None, {}),
    "an unknown detail": lambda monitor: monitor.describe(colour="red"),
}


@pytest.mark.parametrize("call", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_wrong_call_is_one_warning_and_nothing_that_the_gateway_rejects(call, gateway, warnings) -> None:
    with Monitor(gateway.ingest_url) as monitor:
        call(monitor)
        call(monitor)
        monitor.log(2, loss=0.5)
    events = gateway.complete_export(monitor.run_id)
    assert [event["data"]["loss"] for event in events if event["type"] == "batch"] == [0.5]
    assert len(warnings()) == 1
    assert "\n" not in warnings()[0]


WRONG_VALUES = {
    "an epoch that is a text": {"epoch": "first"},
    "an epoch from 0": {"epoch": 0},
    "a batch that is a fraction": {"batch": 0.5},
    "an accuracy that is a text": {"accuracy": "high"},
    "a learning rate that is a list": {"learning_rate": [0.1, 0.2]},
    "a throughput of a class that fails": {"throughput": Failing()},
    "a metric that is a text": {"name": "wine"},
    "a metric without a name": {"": 1},
    "a metric named __proto__": {"__proto__": 1},
}


@pytest.mark.parametrize("values", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_wrong_value_is_one_warning_and_the_rest_of_the_log_is_sent(values, gateway, warnings) -> None:
    with Monitor(gateway.ingest_url) as monitor:
        for step in (1, 2):
            monitor.log(step, loss=0.5, f1=0.25, **values)
    batches = [event["data"] for event in gateway.complete_export(monitor.run_id) if event["type"] == "batch"]
    assert [set(batch) for batch in batches] == [{"step", "loss", "elapsedSeconds", "metrics"}] * 2
    assert all((batch["loss"], batch["metrics"]["f1"]) == (0.5, 0.25) for batch in batches)
    assert len(warnings()) == 1
    assert "\n" not in warnings()[0]


WRONG_DESCRIPTIONS = {
    "one class": {"classes": ["only"]},
    "1,001 classes": {"classes": range(1_001)},
    "300 settings": {"config": {f"key{each}": each for each in range(300)}},
    "settings of 20 kB": {"config": {f"key{each}": "x" * 200 for each in range(100)}},
    "a known setting of another type": {"config": {"learning_rate": "auto", "epochs": -1, "seed": None}},
    "a setting that is not a number": {"config": {"learning_rate": math.nan, "clip": math.inf}},
    "a setting named __proto__": {"config": {"__proto__": 1}},
    "a long name with characters outside of the basic plane": {"name": "🙂" * 300, "tags": ["🙂" * 50] * 30},
    "a name with control characters": {"name": "red\x1b[31m\u202eline\nnext"},
    "a lone surrogate": {"name": "a\ud800b", "config": {"path": "\udcff"}},
    "empty texts": {"name": "", "unit": "", "loss_unit": "", "tags": [""], "dataset": ""},
    "names of classes of 100 characters": {"classes": ["x" * 100, "y" * 100]},
    "metrics with unknown words": {"metrics": {"f 1": {"direction": "up", "unit": "u" * 99, "group": "g" * 99}}},
    "metrics that are a list": {"metrics": ["f1"]},
    "layers that are numbers": {"layers": [1, 2]},
    "layers of unknown sizes": {"layers": [{"name": "a", "type": "b", "outputShape": [None, 0, -1], "parameters": 2.0}]},
    "a device with other fields": {"device": {"kind": "gpu", "name": "", "gpus": [{"memoryBytes": -1}], "slot": 7}},
    "totals of 0": {"total_steps": 0, "total_epochs": -1},
}


@pytest.mark.parametrize("description", WRONG_DESCRIPTIONS.values(), ids=WRONG_DESCRIPTIONS)
def test_a_description_that_the_protocol_does_not_allow_is_cut_or_left_out(description, gateway) -> None:
    with Monitor(gateway.ingest_url, **description) as monitor:
        monitor.log(1, loss=0.5)
    types = [event["type"] for event in gateway.complete_export(monitor.run_id)]
    assert types == ["run.started", "batch", "run.finished"]


@dataclasses.dataclass
class Optimizer:
    momentum: float = 0.5


@dataclasses.dataclass
class Settings:
    learning_rate: float = 0.1
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)
    other: Settings | None = None


@pytest.mark.parametrize(
    "config",
    [argparse.Namespace(learning_rate=0.1, optimizer=argparse.Namespace(momentum=0.5), other=None), Settings()],
    ids=["namespace", "dataclass"],
)
def test_settings_may_be_a_namespace_or_a_dataclass(config: object, gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, config=config) as monitor:
        monitor.log(1, loss=0.5)
    started = gateway.complete_export(monitor.run_id)[0]["data"]
    assert started["config"] == {"learningRate": 0.1, "optimizer.momentum": 0.5, "other": None}
    assert warnings() == []


def test_settings_that_contain_themselves_are_not_read_without_end(gateway: Gateway) -> None:
    config = argparse.Namespace()
    config.rate = 0.5
    for each in range(20):
        setattr(config, f"parent{each}", config)
    with Monitor(gateway.ingest_url, config=config) as monitor:
        monitor.log(1, loss=0.5)
    events = gateway.complete_export(monitor.run_id)
    assert [event["type"] for event in events] == ["run.started", "batch", "run.finished"]
    assert events[0]["data"]["config"]["rate"] == 0.5


UNUSABLE_PARTS = {
    "config that is a list": (
        {"config": [1]},
        "config is left out: expected a mapping, a dataclass or an argparse.Namespace, got [1].",
    ),
    "config that is a text": (
        {"config": "lr=1"},
        "config is left out: expected a mapping, a dataclass or an argparse.Namespace, got 'lr=1'.",
    ),
    "config that is a class": (
        {"config": dict},
        "config is left out: expected a mapping, a dataclass or an argparse.Namespace, got <class 'dict'>.",
    ),
    "classes that are a number": ({"classes": 3}, "classes is left out: expected a list of 2 to 1,000 names, got 3."),
    "classes that are a text": ({"classes": "abc"}, "classes is left out: expected a list of 2 to 1,000 names, got 'abc'."),
    "tags that are a number": ({"tags": 3}, "tags is left out: expected a list of texts, got 3."),
    "metrics that are a number": (
        {"metrics": 3},
        "metrics is left out: expected a mapping of mappings with direction, unit and group, got 3.",
    ),
    "layers that are a number": (
        {"layers": 3},
        "layers is left out: expected a list of mappings with name, type, outputShape and parameters, got 3.",
    ),
    "a device that is a text": ({"device": "gpu"}, "device is left out: expected a mapping of texts, got 'gpu'."),
    "a name that fails": ({"name": Failing()}, "name is left out: expected a text, got an object of the class Failing."),
    "a unit that fails": ({"unit": Failing()}, "unit is left out: expected a text, got an object of the class Failing."),
    "a dataset that fails": ({"dataset": Failing()}, "dataset is left out: expected a text, got an object of the class Failing."),
    "a size of the outbox that is a text": (
        {"outbox_bytes": "1 GB"},
        "outbox_bytes is ignored: expected a number of bytes, got '1 GB'.",
    ),
    "a token that is a number": ({"token": 12345}, "The token is ignored: expected a text, got a value of another type."),
    "on_command that is a text": ({"on_command": "stop"}, "on_command is ignored: expected a function, got 'stop'."),
    "commands that are a number": (
        {"commands": 3},
        "The command 3 is ignored: expected one of pause, resume, stop, set_learning_rate.",
    ),
    "an unknown command": (
        {"commands": ["pause", "explode"]},
        "The command 'explode' is ignored: expected one of pause, resume, stop, set_learning_rate.",
    ),
}


@pytest.mark.parametrize(("part", "warning"), UNUSABLE_PARTS.values(), ids=UNUSABLE_PARTS)
def test_a_part_that_cannot_be_used_is_left_out_with_a_warning(part, warning, gateway, warnings, tmp_path: Path) -> None:
    with Monitor(gateway.ingest_url, outbox_folder=tmp_path, **part) as monitor:
        monitor.log(1, loss=0.5)
        monitor.epoch(1, test_accuracy=0.5)
    events = gateway.complete_export(monitor.run_id)
    assert [event["type"] for event in events] == ["run.started", "batch", "epoch", "run.finished"]
    assert {"config", "device"} <= set(events[0]["data"])
    assert warnings() == [warning]
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_fails_leaves_the_others(gateway: Gateway) -> None:
    with Monitor(gateway.ingest_url, config={"rate": 0.5, "other": Failing()}) as monitor:
        monitor.log(1, loss=0.5)
    started = gateway.complete_export(monitor.run_id)[0]["data"]
    assert started["config"] == {"rate": 0.5, "other": "an object of the class Failing"}


@pytest.mark.parametrize("folder", [123, "a\0b", "/proc/nowhere"])
def test_events_wait_in_memory_where_the_folder_of_the_outbox_cannot_be_used(folder: Any, gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, outbox_folder=folder) as monitor:
        monitor.log(1, loss=0.5)
    assert len(gateway.complete_export(monitor.run_id)) == 3
    assert [line.split(" (")[0] for line in warnings()] == ["Events wait in memory, because no file can be created"]


def test_an_address_of_another_type_is_one_warning_and_nothing_is_published(warnings, tmp_path: Path) -> None:
    with Monitor(123, outbox_folder=tmp_path) as monitor:
        monitor.log(1, loss=0.5)
        monitor.epoch(1, test_accuracy=0.5)
    assert warnings() == [
        "The address of the gateway is not valid (expected an address such as ws://127.0.0.1:5001/ingest, got 123); "
        "training continues without it."
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_status_is_one_warning_and_the_run_ends_as_completed(gateway: Gateway, warnings) -> None:
    monitor = Monitor(gateway.ingest_url)
    monitor.log(1, loss=0.5)
    assert monitor.finish(status="bogus") == 0
    finished = gateway.complete_export(monitor.run_id)[-1]["data"]
    assert (finished["status"], finished["reason"]) == ("completed", "the training has ended")
    assert warnings() == [
        "The run ends as completed: expected completed, stopped, failed or interrupted, got 'bogus'.",
    ]


def test_metrics_may_be_a_dict_as_in_the_protocol(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url) as monitor:
        monitor.log(1, loss=1.0, metrics={"val/mAP50-95": 0.25}, recall=0.5)
        monitor.epoch(1, metrics={"val/mAP50-95": 0.5})
        monitor.finish(metrics={"val/mAP50-95": 0.75})
    events = gateway.complete_export(monitor.run_id)
    assert [event["data"].get("metrics") for event in events[1:]] == [
        {"val/mAP50-95": 0.25, "recall": 0.5},
        {"val/mAP50-95": 0.5},
        {"val/mAP50-95": 0.75},
    ]
    assert warnings() == []


def test_a_text_that_is_cut_is_one_warning(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, unit="u" * 33, classes=["x" * 65, "y" * 65, "z" * 64]) as monitor:
        monitor.log(1, loss=1.0)
    assert warnings() == [
        f"A text of classes is cut to 64 characters: {'x' * 63}…",
        f"A text of unit is cut to 32 characters: {'u' * 31}…",
    ]


def test_names_of_metrics_are_cleaned_and_at_most_100_are_sent(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="names") as monitor:
        monitor.log(1, **{"f1 score": 1, "größe": 2, "x" * 70: 3})
        for step in range(2, 150):
            monitor.log(step, **{f"metric{step}": step})
    events = gateway.complete_export("names")
    names = {name for event in events for name in event["data"].get("metrics", {})}
    assert {"f1_score", "gr__e", "x" * 64} <= names
    assert len(names) == 100
    assert "The metric metric99 is left out: expected at most 100 metrics in a run." in warnings()


def test_at_most_one_figure_in_ten_seconds_and_four_layers_in_a_second_are_sent(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="figures") as monitor:
        for step in range(20):
            monitor.figure("Table", table={"class": ["a", "b"], "f1": [0.5, math.nan]}, step=step)
            monitor.layers(step, {"a": {"weight_norm": 1}})
    types = [event["type"] for event in gateway.complete_export("figures")]
    assert types.count("figure") == 1
    assert types.count("layers") == 1
    assert warnings() == ["Figures are left out: expected at most one in 10 seconds."]


def test_tables_are_cut_to_the_limits_of_the_protocol(gateway: Gateway) -> None:
    rows = [{f"column{column}": "x" * 300 for column in range(30)} for _ in range(300)]
    with Monitor(gateway.ingest_url, run_id="table") as monitor:
        monitor.figure("Table", table=rows)
    table = gateway.complete_export("table")[1]["data"]["table"]
    assert len(table["columns"]) == 20
    assert 20 <= len(table["rows"]) <= 200


@pytest.mark.parametrize(
    "table",
    [
        {"columns": ["name", "f1"], "rows": [["a", 0.5], ["b"]]},
        {"name": ["a", "b"], "f1": [0.5, None]},
        [{"name": "a", "f1": 0.5}, {"name": "b"}],
    ],
    ids=["columns and rows", "columns by name", "rows by name"],
)
def test_a_table_has_one_of_three_forms(table: Any, gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url) as monitor:
        monitor.figure("Scores", table=table)
    figure = gateway.complete_export(monitor.run_id)[1]["data"]
    assert figure["table"] == {"columns": ["name", "f1"], "rows": [["a", 0.5], ["b", None]]}
    assert warnings() == []


def test_the_warning_about_an_invalid_table_names_the_valid_forms(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url) as monitor:
        monitor.figure("Scores", table=[[1, 2]])
    assert warnings() == [
        "The table 'Scores' is left out: expected "
        '{"columns": ["name", …], "rows": [[value, …], …]}, {"name": [value, …]} or [{"name": value}, …], got [[1, 2]].'
    ]


def images_of(run_id: str, gateway: Gateway) -> tuple[dict[str, Any], list[bytes]]:
    data = gateway.complete_export(run_id)[1]["data"]
    return data, [base64.b64decode(item["image"]) for item in data["items"]]


@pytest.mark.parametrize("kind", ["bool", "uint8", "int8", "int64", "uint64", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 3), (3, 3, 4, 5), (3, 4, 5, 1)])
@pytest.mark.parametrize("largest", [1, 300])
def test_images_as_arrays_become_the_same_bytes_as_nested_lists(kind: str, shape: Any, largest: int) -> None:
    numpy = pytest.importorskip("numpy")
    values = numpy.random.default_rng(7).random(shape) * 2 * largest - largest
    with numpy.errstate(invalid="ignore"):
        array = values.astype(kind)
    warned: list[str] = []
    contents = Contents(lambda key, _: warned.append(key), lambda _: {})
    row = [[0.5, 0.5]] * 3

    def samples(images: object) -> Any:
        return contents.samples(images, [0, 1, 0], row, epoch=1, indices=None)

    expected = samples(array.tolist())
    assert expected is not None
    assert samples(array) == samples(list(array)) == samples(iter(array)) == expected
    assert warned == []


def test_at_most_100_samples_and_900_kb_of_them_are_sent(gateway: Gateway, warnings) -> None:
    numpy = pytest.importorskip("numpy")
    with Monitor(gateway.ingest_url, run_id="small-samples") as monitor:
        monitor.samples(numpy.zeros((500, 2, 2)), [0] * 500, numpy.ones((500, 3)) / 3)
    data, _ = images_of("small-samples", gateway)
    assert [item["index"] for item in data["items"]] == list(range(100))
    assert warnings() == []
    with Monitor(gateway.ingest_url, run_id="large-samples") as monitor:
        monitor.samples(numpy.ones((500, 64, 64, 3)), [0] * 500, numpy.ones((500, 20)) / 20)
    data, images = images_of("large-samples", gateway)
    assert images == [b"\xff" * 64 * 64 * 3] * len(images)
    assert len(images) == 53
    assert warnings() == ["Only 53 of 100 samples of 64 × 64 × 3 are sent: expected at most 900 kB."]


def test_a_matrix_of_floats_has_the_same_results_as_one_of_integers(gateway: Gateway) -> None:
    numpy = pytest.importorskip("numpy")
    matrix = numpy.random.default_rng(7).integers(0, 9, (120, 120)) * numpy.eye(120, dtype=int)
    with Monitor(gateway.ingest_url, run_id="matrices", classes=range(120)) as monitor:
        for number, each in enumerate([matrix, matrix.astype("float32"), matrix.tolist(), [list(row) for row in matrix]]):
            monitor.epoch(number + 1, confusion=each)
    tests = [event["data"]["test"] for event in gateway.complete_export("matrices") if event["type"] == "epoch"]
    assert tests[0]["confusionCells"] == [[each, each, n] for each, n in enumerate(matrix.diagonal().tolist()) if n]
    assert tests == [tests[0]] * 4


def test_a_matrix_of_more_than_100_classes_is_sent_as_cells(gateway: Gateway) -> None:
    matrix = [[int(row == column) for column in range(150)] for row in range(150)]
    with Monitor(gateway.ingest_url, run_id="cells", classes=range(150)) as monitor:
        monitor.epoch(1, confusion=matrix, predictions=[0, 149] * 100)
    test = gateway.complete_export("cells")[1]["data"]["test"]
    assert test["confusionCells"] == [[each, each, 1] for each in range(150)]
    assert "confusion" not in test


def png_of(width: int, height: int) -> bytes:
    """Returns the beginning of a PNG of this size."""
    return PNG[:16] + struct.pack(">II", width, height) + PNG[24:]


@pytest.mark.parametrize(
    ("image", "table", "problem"),
    [
        (None, None, "expected either an image or a table, got neither"),
        (PNG, {"a": [1]}, "expected either an image or a table, got both"),
        (b"GIF89a", None, "expected a PNG, got a GIF"),
        (b"\xff\xd8\xff\xe0", None, "expected a PNG, got a JPEG"),
        (b"<svg/>", None, "expected a PNG, got an SVG or another text"),
        (b"", None, "expected a PNG, got an empty file"),
        (PNG[:20], None, "expected a PNG, got a file of another kind"),
        (PNG + bytes(200_000), None, "expected a PNG of at most 128 kB, got 195 kB"),
        (png_of(60_000, 3), None, "expected a PNG of 1 to 4,096 pixels a side, got 60,000 × 3"),
    ],
)
def test_the_warning_about_an_invalid_figure_names_what_was_expected_and_given(image, table, problem) -> None:
    found: list[str] = []
    contents = Contents(lambda _key, message: found.append(message), lambda _metrics: {})
    assert contents.figure("Plot", image, table, step=1, description=None) is None
    assert found == [f"The figure 'Plot' is left out: {problem}."]


def test_what_contradicts_the_classes_of_the_run_is_left_out_and_the_rest_is_sent(gateway: Gateway, warnings) -> None:
    image = [[0, 255]]
    with Monitor(gateway.ingest_url, run_id="contradicting", classes=["a", "b", "c"]) as monitor:
        monitor.epoch(1, test_accuracy=0.5, confusion=[[1] * 5] * 5, recall=[0.5] * 2, predictions=[0, 1, 7])
        monitor.samples([image], [3], [[0.5, 0.25, 0.25]])
        monitor.samples([image], [2], [[0.25] * 4])
        monitor.epoch(2, confusion=[[1] * 3] * 3, predictions=[0, 1, 2])
        monitor.samples([image], [2], [[0.5, 0.25, 0.25]])
    events = gateway.complete_export("contradicting")
    assert [event["type"] for event in events] == ["run.started", "epoch", "epoch", "samples", "run.finished"]
    assert events[1]["data"]["test"] == {"accuracy": 0.5}
    assert events[2]["data"]["test"]["confusion"] == [[1] * 3] * 3
    assert warnings() == [
        "A confusion matrix is left out: expected 3 × 3 counts for the classes of the run, got 5 × 5.",
        "recall is left out: expected a value for each of 3 classes, got 2.",
        "The predictions are left out: expected a class from 0 to 2 for each item.",
        "Samples are left out: expected labels from 0 to 2, got 3.",
    ]


def test_predictions_of_many_classes_have_two_bytes_also_where_they_are_small(gateway: Gateway) -> None:
    with Monitor(gateway.ingest_url, run_id="many", classes=range(300)) as monitor:
        monitor.epoch(1, predictions=[1, 0, 2])
    predictions = gateway.complete_export("many")[1]["data"]["test"]["predictions"]
    assert struct.unpack("<3H", base64.b64decode(predictions)) == (1, 0, 2)


def test_confidences_are_bytes_and_are_left_out_where_one_is_no_probability(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="sure", classes=range(3)) as monitor:
        monitor.epoch(1, predictions=[1, 0, 2], confidences=[1, 0.5, 0])
        monitor.epoch(2, predictions=[1, 0, 2], confidences=[1, 1.5, 0])
    first, second = (event["data"]["test"] for event in gateway.complete_export("sure") if event["type"] == "epoch")
    assert list(base64.b64decode(first["confidences"])) == [255, 128, 0]
    assert "confidences" not in second
    assert warnings() == ["The confidences are left out: expected a probability from 0 to 1 for each item."]


@pytest.mark.parametrize("key", ["predictions", "confidences"])
@pytest.mark.parametrize("kind", ["lists", "array", "float32", "tuples"])
def test_several_numbers_for_each_item_are_refused(key: str, kind: str) -> None:
    rows: Any = [[0, 1, 0], [1, 0, 0]]
    if kind == "tuples":
        rows = [tuple(row) for row in rows]
    elif kind != "lists":
        rows = pytest.importorskip("numpy").array(rows, "float32" if kind == "float32" else None)
    found: list[str] = []
    contents = Contents(lambda _key, message: found.append(message), lambda _metrics: {})
    data = contents.epoch(1, step=1, train={}, test={key: rows}, seconds=1, metrics={})
    assert data == {"epoch": 1, "step": 1, "seconds": 1}
    assert found == [f"The {key} are left out: expected one number for each item, got a list of numbers for each."]


@pytest.mark.parametrize(
    ("key", "number", "problem"),
    [
        ("confidences", 4, "expected one for each of 3 test images, got 4"),
        ("confidences", 200_000, "expected at most 100,000"),
        ("predictions", 4, "expected one for each of 3 test images, got 4"),
        ("predictions", 300_000, "expected at most 200,000"),
    ],
)
def test_the_warning_about_too_many_numbers_names_the_limit_that_they_exceed(key: str, number: int, problem: str) -> None:
    found: list[str] = []
    assert class_results({key: [1] * number}, Facts(test_images=3), lambda _key, message: found.append(message))[key] is None
    assert found == [f"The {key} are left out: {problem}."]


@pytest.mark.parametrize(
    ("cells", "count", "sent", "left_out"),
    [
        (40_000, 1, ["confidences", "predictions"], []),
        (50_000, 1, ["predictions"], ["confidences"]),
        (50_000, 1_000, [], ["confidences", "predictions"]),
    ],
)
def test_an_epoch_above_900_kb_is_sent_without_confidences_and_then_without_predictions(
    cells: int, count: int, sent: list[str], left_out: list[str], gateway: Gateway, warnings
) -> None:
    matrix = [[0] * 1_000 for _ in range(1_000)]
    for each in range(cells):
        matrix[each % 1_000][999 - each // 1_000] = count
    run_id = f"cells-{cells}-{count}"
    with Monitor(gateway.ingest_url, run_id=run_id, classes=range(1_000)) as monitor:
        monitor.epoch(1, confusion=matrix, predictions=[999] * 100_000, confidences=[0.5] * 100_000)
    (test,) = [event["data"]["test"] for event in gateway.complete_export(run_id) if event["type"] == "epoch"]
    assert len(test["confusionCells"]) == cells
    assert sorted({"confidences", "predictions"} & set(test)) == sent
    assert warnings() == [f"The {key} are left out: expected an epoch of at most 900 kB." for key in left_out]


def test_nested_lists_give_the_same_data_with_and_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numpy")
    fractions = [[[x * y / 9 for x in range(4)] for y in range(3)] for _ in range(2)]
    colours = [[[[x, y, 255] for x in range(4)] for y in range(3)] for _ in range(2)]
    probabilities = [[0.125 * (each % 4) for each in range(12)], [math.nan, 2, *[0.0625] * 10]]
    large = [[(row * column) % 7 if column < 40 else 0 for column in range(120)] for row in range(120)]

    def everything() -> list[Any]:
        contents = Contents(lambda _key, message: found.append(message), lambda _metrics: {})
        tests = [
            {"confusion": [[3, 1], [0, 0]], "predictions": [0, 1, 1], "confidences": [1, 0.375, 0]},
            {"confidences": [0.5, math.nan]},
            {"confusion": large, "predictions": [0, 119]},
            {"confusion": [[1.5, 1], [0, 0]], "predictions": [0.5, 1]},
            {"confusion": [[1, 2], [3]], "predictions": [-1]},
        ]
        return [
            *(contents.samples(each, [1, 0], probabilities, epoch=1, indices=None) for each in (fractions, colours)),
            *(contents.epoch(1, step=1, train={}, test=test, seconds=1, metrics={}) for test in tests),
        ]

    found: list[str] = []
    with_numpy = everything()
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert everything() == with_numpy
    assert found[: len(found) // 2] == found[len(found) // 2 :]
    assert len(found) == 10


def test_a_table_of_any_length_is_read_only_as_far_as_it_is_sent() -> None:
    class Column(list):  # type: ignore[type-arg]
        def __iter__(self):
            raise AssertionError("expected no conversion of all rows")

    contents = Contents(lambda _key, _message: None, lambda _metrics: {})
    table = {"step": Column(range(1_000_000))}
    figure = contents.figure("Steps", None, table, step=1, description=None)
    assert figure is not None
    assert [row[0] for row in figure["table"]["rows"]] == list(range(200))
