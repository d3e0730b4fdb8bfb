"""Snapshots of the weights and test images reach the gateway, within their bounds, and never disturb a training."""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import Gateway, StartGateway, wait_for
from scripted import scripted_gateway, store_all

from mnist_training_monitor import Monitor, _limits
from mnist_training_monitor._uploads import files_url

numpy = pytest.importorskip("numpy")
np: Any = numpy


def stored_file(gateway: Gateway, run_id: str, kind: str, digest: str) -> bytes:
    with urllib.request.urlopen(f"{gateway.url}/api/runs/{run_id}/{kind}/{digest}", timeout=30) as answer:
        content: bytes = answer.read()
        return content


def is_stored(gateway: Gateway, run_id: str, digest: str) -> bool:
    try:
        stored_file(gateway, run_id, "snapshots", digest)
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return False
    return True


def snapshots_of(gateway: Gateway, run_id: str) -> list[dict[str, Any]]:
    return [event["data"] for event in gateway.complete_export(run_id) if event["type"] == "snapshot"]


def tensors(file: bytes) -> dict[str, Any]:
    """Returns the tensors of a snapshot in float32, read as docs/protocol.md describes."""
    start = 8 + int.from_bytes(file[:8], "little")
    assert start % 8 == 0
    arrays, end = {}, 0
    header = json.loads(file[8:start])
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        assert first == end  # No holes, as the format demands.
        end = last
        kind = {"I8": "i1", "F32": "<f4"}[entry["dtype"]]
        arrays[name] = np.frombuffer(file[start + first : start + last], kind).reshape(entry["shape"])
    assert start + end == len(file)
    names = [name for name in arrays if f"{name}.scale" in arrays]
    assert all(arrays[name].ndim == arrays[f"{name}.scale"].ndim for name in names)
    return {name: arrays[name] * arrays[f"{name}.scale"] for name in names}


def test_a_snapshot_is_stored_with_a_scale_for_each_output_channel(gateway: Gateway, warnings) -> None:
    random = np.random.default_rng(1)
    weights = {
        "conv.weight": random.normal(size=(8, 3, 3, 3)) * np.logspace(-4, 2, 8).reshape(8, 1, 1, 1),
        "dense.bias": random.normal(size=10),
        "empty.bias": np.zeros(4),
        "temperature": np.float64(0.07),
    }
    expected = {name: np.array(each, dtype="<f4") for name, each in weights.items()}
    with Monitor(gateway.ingest_url, run_id="snapshot") as monitor:
        monitor.log(1, loss=1.0)
        monitor.snapshot(1, weights, epoch=1, accuracy=0.75)
        weights["conv.weight"][:] = 0  # The training goes on.
    (data,) = snapshots_of(gateway, "snapshot")
    file = stored_file(gateway, "snapshot", "snapshots", data["digest"])
    assert data == {
        "step": 1,
        "epoch": 1,
        "accuracy": 0.75,
        "digest": hashlib.sha256(file).hexdigest(),
        "bytes": len(file),
    }
    found = tensors(file)
    assert list(found) == list(weights)
    for name, values in expected.items():
        others = tuple(range(1, values.ndim))
        step = np.abs(values).max(axis=others, keepdims=True, initial=0) / 127
        assert (np.abs(found[name] - values) <= step * 0.5001).all()
    assert warnings() == []


def test_the_channels_of_keras_come_last(gateway: Gateway) -> None:
    kernel = np.array([[1.0, 1000.0], [0.5, 500.0]])
    with Monitor(gateway.ingest_url, run_id="channels-last") as monitor:
        monitor.snapshot(0, {"kernel": kernel}, channel_axis=-1)
    (data,) = snapshots_of(gateway, "channels-last")
    found = tensors(stored_file(gateway, "channels-last", "snapshots", data["digest"]))
    assert np.allclose(found["kernel"], kernel, rtol=0.01)


def safetensors(**arrays: tuple[str, Any]) -> bytes:
    header, content = {}, b""
    for name, (kind, array) in arrays.items():
        values = array.tobytes()
        offsets = [len(content), len(content) + len(values)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        content += values
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(text).to_bytes(8, "little") + text + content


FLOATS = np.array([[1.0, -2.0], [0.25, 0.5]], dtype="<f4")
FILES = {
    "float32": safetensors(weight=("F32", FLOATS)),
    "float16": safetensors(weight=("F16", FLOATS.astype("<f2"))),
    "float64": safetensors(weight=("F64", FLOATS.astype("<f8"))),
    "bfloat16": safetensors(weight=("BF16", (FLOATS.view("<u4") >> 16).astype("<u2"))),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_safetensors_file_is_rounded(kind: str, gateway: Gateway, tmp_path: Path, warnings) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(FILES[kind])
    with Monitor(gateway.ingest_url, run_id=f"file-{kind}") as monitor:
        monitor.snapshot(1, path)
        path.unlink()
    (data,) = snapshots_of(gateway, f"file-{kind}")
    found = tensors(stored_file(gateway, f"file-{kind}", "snapshots", data["digest"]))
    assert np.allclose(found["weight"], FLOATS, atol=1 / 127)
    assert warnings() == []


def test_a_file_in_the_form_of_the_protocol_is_stored_as_it_is(gateway: Gateway) -> None:
    rounded = np.array([[1, 2]], dtype="i1")
    file = safetensors(**{"weight": ("I8", rounded), "weight.scale": ("F32", np.array([[0.5]], dtype="<f4"))})
    with Monitor(gateway.ingest_url, run_id="rounded") as monitor:
        monitor.snapshot(1, file)
    (data,) = snapshots_of(gateway, "rounded")
    assert stored_file(gateway, "rounded", "snapshots", data["digest"]) == file


BAD_WEIGHTS: dict[str, tuple[Any, str]] = {
    "no file": (Path("/nowhere/weights.safetensors"), "FileNotFoundError"),
    "another file": (b"PK\3\4 a zip file of torch.save", "expected a safetensors file"),
    "a cut file": (FILES["float32"][:-1], "expected a safetensors file"),
    "a list": ([1.0, 2.0], "expected a dict of arrays, or a safetensors file as path or bytes, got list"),
    "nothing": ({}, "expected at least one tensor, got none"),
    "NaN": ({"weight": np.array([1.0, math.nan])}, "expected finite weights, got NaN or infinity in weight"),
    "words": ({"weight": np.array(["a"])}, "could not convert string to float"),
    "a name that is taken": ({"a": np.ones(2), "a.scale": np.ones(2)}, "expected no tensor named a.scale"),
    "a name that is reserved": ({"__metadata__": np.ones(2)}, "expected names of tensors, got __metadata__"),
    "too many weights": ({"weight": np.zeros((1025, 2048), dtype="i1")}, "expected at most 2,097,152 weights, got 2,099,200"),
    "a large file": (bytes(11 * 1024 * 1024), "expected a file of at most 10,485,760 bytes, got 11,534,336"),
    "a type without numbers": (safetensors(weight=("F8_E4M3", np.zeros(2, dtype="u1"))), "got F8_E4M3 in weight"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_weights_that_cannot_be_sent_are_one_warning(case: str, gateway: Gateway, warnings) -> None:
    weights, expected = BAD_WEIGHTS[case]
    run_id = f"bad-{case.replace(' ', '-')}"
    with Monitor(gateway.ingest_url, run_id=run_id) as monitor:
        for step in (1, 2):
            monitor.log(step, loss=1.0)
            monitor.snapshot(step, weights)
    assert [event["type"] for event in gateway.complete_export(run_id)] == ["run.started", "batch", "batch", "run.finished"]
    (warning,) = warnings()
    assert expected in warning


def test_a_run_keeps_at_most_64_snapshots_evenly_spaced_and_the_last_one(gateway: Gateway, warnings) -> None:
    monitor = Monitor(gateway.ingest_url, run_id="many-snapshots")
    for step in range(1, 203):
        monitor.log(step, loss=1.0)
        monitor.snapshot(step, {"weight": np.array([float(step), 1.0])})
        wait_for(lambda: monitor._uploads.is_idle, "an idle upload")
    assert monitor.finish() == 0
    steps = [
        data["step"] for data in snapshots_of(gateway, "many-snapshots") if is_stored(gateway, "many-snapshots", data["digest"])
    ]
    assert len(steps) <= _limits.SNAPSHOTS
    assert steps == [*range(1, 202, 4), 202]
    assert warnings() == []


@pytest.mark.parametrize(
    ("goes_on", "expected"),
    [(True, list(range(1, 130, 4))), (False, [*range(1, 126, 4), 128])],
    ids=["a training that goes on", "a training that ends"],
)
def test_snapshots_that_waited_for_the_gateway_are_evenly_spaced_too(
    goes_on: bool, expected: list[int], start_gateway: StartGateway, monkeypatch
) -> None:
    monkeypatch.setattr(_limits, "LAST_RETRY_SECONDS", 0.5)
    gateway = start_gateway()
    monitor = Monitor(gateway.ingest_url, run_id="outage")

    def take(step: int) -> None:
        monitor.log(step, loss=1.0)
        monitor.snapshot(step, {"weight": np.array([float(step), 1.0])})

    for step in range(1, 65):
        take(step)
    wait_for(lambda: monitor._uploads.is_idle, "64 snapshots at the gateway")
    gateway.kill()
    for step in range(65, 129):
        take(step)
    assert len(monitor._uploads._waiting) == 64
    gateway.start()
    if goes_on:
        wait_for(lambda: monitor._uploads.is_idle, "the snapshots that waited")
        take(129)
    assert monitor.finish(timeout=120) == 0
    found = snapshots_of(gateway, "outage")
    assert [data["step"] for data in found if is_stored(gateway, "outage", data["digest"])] == expected
    assert len(found) == 97  # Every second one of the 64 that waited, and the last one: the others are not sent.


def test_a_token_protects_files_too(start_gateway: StartGateway, warnings) -> None:
    gateway = start_gateway("--token", "right-token-of-sixteen")
    with Monitor(gateway.ingest_url, token="right-token-of-sixteen", run_id="token") as monitor:
        monitor.snapshot(1, {"weight": np.ones(3)})
    assert len(snapshots_of(gateway, "token")) == 1
    assert warnings() == []


def test_snapshots_survive_a_gateway_that_is_killed(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    monitor = Monitor(gateway.ingest_url, run_id="killed-files")
    for step in (1, 2):
        monitor.log(step, loss=1.0)
        gateway.kill()
        monitor.snapshot(step, {"weight": np.full(1000, float(step))})
        gateway.start()
        wait_for(lambda: monitor._uploads.is_idle, "the snapshot")
    assert monitor.finish() == 0
    found = snapshots_of(gateway, "killed-files")
    assert [data["step"] for data in found] == [1, 2]
    assert all(is_stored(gateway, "killed-files", data["digest"]) for data in found)


def test_the_oldest_snapshots_are_dropped_and_counted_without_a_gateway(start_gateway: StartGateway, warnings) -> None:
    gateway = start_gateway()
    monitor = Monitor(gateway.ingest_url, run_id="away")
    monitor.log(1, loss=1.0)
    wait_for(lambda: monitor._connection.has_stored, "an event at the gateway")
    gateway.kill()
    slowest = 0.0
    for step in range(1, 31):
        began = time.monotonic()
        monitor.snapshot(step, {"weight": np.full((1_000, 2_000), step, np.float32)})
        slowest = max(slowest, time.monotonic() - began)
    assert len(monitor._uploads._waiting) == 4
    assert slowest < 5  # An attempt to connect is not part of a call.
    gateway.start()
    assert monitor.finish() == 0
    events = gateway.complete_export("away")
    assert [event["data"]["step"] for event in events if event["type"] == "snapshot"] == [27, 28, 29, 30]
    (notice,) = [event["data"] for event in events if event["type"] == "notice"]
    assert (notice["code"], notice["value"], notice["message"]) == (
        "snapshots.dropped",
        26,
        "26 snapshots were dropped, because the gateway did not take them in time.",
    )
    assert events[-1]["type"] == "run.finished"
    assert [line for line in warnings() if "connection" not in line] == [notice["message"]]


def test_snapshots_of_a_small_network_wait_until_the_gateway_takes_files(start_gateway: StartGateway, warnings) -> None:
    gateway = start_gateway()
    # The training ends before the gateway has acknowledged an event of the run.
    with Monitor(gateway.ingest_url, run_id="fast") as monitor:
        for step in range(1, 41):
            monitor.log(step, loss=1.0)
            monitor.snapshot(step, {"weight": np.full(400, float(step))})
    assert [data["step"] for data in snapshots_of(gateway, "fast")] == list(range(1, 41))
    assert warnings() == []


class Answers:
    """Answers requests for files with one status, or refuses the connection where that is None."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        self.requests: list[tuple[str, str]] = []

    def __call__(self, method: str, path: str, body: bytes | None = None) -> int:
        self.requests.append((method, path.partition("/")[0]))
        if self.status is None:
            raise ConnectionRefusedError("Connection refused")
        return self.status


@pytest.mark.parametrize(
    ("status", "attempts", "missing", "expected"),
    [
        (401, 1, 0, "Snapshots and test images are left out: the gateway does not take files (status 401)."),
        (403, 1, 0, "Snapshots and test images are left out: the gateway does not take files (status 403)."),
        (409, 2, 0, "A snapshot of the weights is left out: the gateway answered with 409."),
        (413, 2, 0, "A snapshot of the weights is left out: the gateway answered with 413."),
        (503, 10, 0, "A snapshot of the weights is left out: the gateway answered with 503."),
    ],
)
def test_a_file_that_the_gateway_refuses_is_one_warning(
    status: int, attempts: int, missing: int, expected: str, monkeypatch, warnings
) -> None:
    monkeypatch.setattr(_limits, "FIRST_RETRY_SECONDS", 0.01)
    answers = Answers(status)
    with scripted_gateway(store_all) as gateway:
        monitor = Monitor(gateway.url, _send=answers)
        monitor.snapshot(1, {"weight": np.ones(2)})
        wait_for(lambda: monitor._uploads.is_idle, "the snapshot to be sent")
        monitor.snapshot(2, {"weight": np.ones(3)})
        assert monitor.finish() == missing
        types = [message["type"] for message in gateway.received if "seq" in message]
    assert answers.requests == [("PUT", "snapshots")] * attempts
    assert "snapshot" not in types
    assert types[-1] == "run.finished"
    assert warnings()[0] == expected


def test_a_gateway_that_takes_events_and_no_files_does_not_hold_up_the_end(warnings) -> None:
    with scripted_gateway(store_all) as gateway:
        monitor = Monitor(gateway.url, _send=Answers(None))
        monitor.snapshot(1, {"weight": np.ones(2)})
        began = time.monotonic()
        assert monitor.finish(timeout=4) == 1
        assert time.monotonic() - began < 60
        assert len(gateway.of_type("run.finished")) == 1
    assert warnings() == ["1 snapshot was dropped, because the gateway did not take them in time."]


def test_no_thread_is_left_after_the_end(gateway: Gateway) -> None:
    with Monitor(gateway.ingest_url, run_id="threads-of-files") as monitor:
        monitor.snapshot(1, {"weight": np.ones(2)})
    wait_for(lambda: not [each for each in threading.enumerate() if "files" in each.name], "no thread of the uploads")


IMAGES = {
    "grey bytes": (np.arange(32, dtype="u1").reshape(2, 4, 4), (4, 4, 1), np.arange(32, dtype="u1")),
    "grey fractions": (np.array([[[0.0, 1.0], [0.5, 0.2]]]), (2, 2, 1), np.array([0, 255, 128, 51], dtype="u1")),
    "channels last": (np.arange(12, dtype="u1").reshape(1, 2, 2, 3), (2, 2, 3), np.arange(12, dtype="u1")),
    "channels first": (
        np.arange(12, dtype="u1").reshape(1, 3, 2, 2),
        (2, 2, 3),
        np.array([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], dtype="u1"),
    ),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_test_images_are_stored_and_described(kind: str, gateway: Gateway, warnings) -> None:
    images, (height, width, channels), expected = IMAGES[kind]
    run_id = f"images-{kind.replace(' ', '-')}"
    with Monitor(gateway.ingest_url, run_id=run_id, dataset="shapes", test_images=images) as monitor:
        monitor.log(1, loss=1.0)
    described = gateway.complete_export(run_id)[0]["data"]["dataset"]["testImages"]
    digest = hashlib.sha256(expected.tobytes()).hexdigest()
    count = len(images)
    assert described == {"digest": digest, "count": count, "width": width, "height": height, "channels": channels}
    assert stored_file(gateway, run_id, "test-images", digest) == expected.tobytes()
    assert warnings() == []


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.zeros((2, 65, 10)), "expected [n, height, width, channels] with at most 64 × 64 pixels, got [2, 65, 10, 1]"),
        (np.zeros((2, 4)), "got [2, 4]"),
        (np.zeros((5000, 64, 64), dtype="u1"), "expected at most 16,777,216 bytes, got 20,480,000"),
        ("images.bin", "got []"),
    ],
)
def test_test_images_that_cannot_be_sent_are_one_warning(images: Any, expected: str, gateway: Gateway, warnings) -> None:
    run_id = f"bad-images-{hashlib.sha256(expected.encode()).hexdigest()[:8]}"
    with Monitor(gateway.ingest_url, run_id=run_id, test_images=images) as monitor:
        monitor.log(1, loss=1.0)
    assert "dataset" not in gateway.complete_export(run_id)[0]["data"]
    (warning,) = warnings()
    assert warning.startswith("test_images are left out (ValueError: expected")
    assert expected in warning


@pytest.mark.parametrize(
    ("socket", "expected"),
    [
        ("ws://127.0.0.1:5001/ingest", "http://127.0.0.1:5001/runs/run-1/"),
        ("wss://user:secret@monitor.example/monitor/ingest?key=1", "https://monitor.example/monitor/runs/run-1/"),
    ],
)
def test_files_go_next_to_the_ingest_socket(socket: str, expected: str) -> None:
    assert files_url(socket, "run-1") == expected
