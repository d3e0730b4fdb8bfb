"""The examples of each framework, as programs of their own: complete at the gateway, nothing rejected or dropped."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Gateway

EXAMPLES = Path(__file__).parents[1] / "examples"


def events_of(gateway: Gateway, program: str, *needed: str, arguments: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Runs an example, and returns the events of its run."""
    for module in needed:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    earlier = {run["runId"] for run in gateway.get("?limit=500")["runs"]}
    ended = subprocess.run(
        [sys.executable, str(EXAMPLES / program), *arguments],
        env={**os.environ, "MONITOR_GATEWAY": gateway.ingest_url, "PYTHONPATH": str(EXAMPLES.parent / "src")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    # A warning of the client is a line without a level, because the programs do not configure `logging`.
    assert "mnist_training_monitor" not in ended.stderr
    assert "Monitor." not in ended.stderr
    (run_id,) = {run["runId"] for run in gateway.get("?limit=500")["runs"]} - earlier
    events = gateway.complete_export(run_id)
    assert events[0]["type"] == "run.started"
    assert events[-1]["type"] == "run.finished"
    assert events[-1]["data"]["status"] == "completed", events[-1]
    assert "left out" not in ended.stderr
    assert "is sent as" not in ended.stderr
    return events


def data_of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event["data"] for event in events if event["type"] == kind]


def test_a_language_model_of_100_000_steps(gateway: Gateway) -> None:
    events = events_of(gateway, "language_model.py", "numpy")
    batches = data_of(events, "batch")
    assert [batch["step"] for batch in batches] == list(range(1, 100_001))
    assert batches[-1]["loss"] < 3 < batches[0]["loss"]
    assert all(batch["metrics"]["perplexity"] == pytest.approx(math.exp(batch["loss"])) for batch in batches[::1000])
    assert all(batch["throughput"] > 0 for batch in batches)
    assert not {"accuracy", "imagesPerSecond"} & {key for batch in batches for key in batch}
    assert events[0]["data"]["unit"] == "tokens"


def test_scikit_learn_with_three_classes_and_unknown_totals(gateway: Gateway) -> None:
    events = events_of(gateway, "sklearn_classifier.py", "sklearn")
    started = events[0]["data"]
    assert started["dataset"] == {"name": "Iris", "classes": ["setosa", "versicolor", "virginica"]}
    assert "totals" not in started
    assert started["config"]["schedule"] == "optimal"
    epochs = data_of(events, "epoch")
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert len(data_of(events, "batch")) == 7 * len(epochs)
    assert all(sum(map(sum, epoch["test"]["confusion"])) == 45 for epoch in epochs)
    assert max(epoch["test"]["accuracy"] for epoch in epochs) > 0.8


def test_xgboost_for_a_regression_without_an_accuracy(gateway: Gateway) -> None:
    events = events_of(gateway, "xgboost_regression.py", "xgboost", "sklearn")
    batches = data_of(events, "batch")
    assert [batch["step"] for batch in batches] == list(range(1, 201))
    assert batches[-1]["loss"] < batches[0]["loss"]
    assert set(batches[0]["metrics"]) == {"train/mae", "test/rmse", "test/mae"}
    assert not any("accuracy" in batch for batch in batches)
    started = events[0]["data"]
    assert started["lossUnit"] == "rmse"
    assert started["config"]["learningRate"] == pytest.approx(0.05)
    assert "dataset" not in started or "classes" not in started["dataset"]
    assert len(data_of(events, "figure")) == 1


def test_xgboost_for_a_classifier_whose_loss_is_in_nats(gateway: Gateway) -> None:
    numpy = pytest.importorskip("numpy")
    xgboost = pytest.importorskip("xgboost")
    from mnist_training_monitor import Monitor
    from mnist_training_monitor.xgboost import MonitorCallback

    x = numpy.arange(40.0).reshape(20, 2)
    train = xgboost.DMatrix(x, label=[0, 1] * 10)
    parameters = {"objective": "binary:logistic", "eval_metric": ["logloss", "error"]}
    with Monitor(gateway.ingest_url, unit="rows") as monitor:
        xgboost.train(parameters, train, 3, evals=[(train, "train")], callbacks=[MonitorCallback(monitor)], verbose_eval=False)
    events = gateway.complete_export(monitor.run_id)
    assert events[0]["data"]["lossUnit"] == "nats"
    assert all({"loss", "accuracy"} <= set(batch) for batch in data_of(events, "batch"))


def test_pytorch_for_a_regression_with_the_state_of_its_layers(gateway: Gateway) -> None:
    events = events_of(gateway, "pytorch_regression.py", "torch", "sklearn")
    assert [batch["step"] for batch in data_of(events, "batch")] == list(range(1, 201))
    assert data_of(events, "epoch")[-1]["test"]["loss"] < data_of(events, "epoch")[0]["test"]["loss"]
    assert data_of(events, "layers")[0]["tensors"] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [snapshot["epoch"] for snapshot in data_of(events, "snapshot")] == list(range(1, 21))


def test_keras_with_its_validation(gateway: Gateway) -> None:
    events = events_of(gateway, "keras_classifier.py", "keras", "torch", "sklearn")
    batches, epochs = data_of(events, "batch"), data_of(events, "epoch")
    assert [batch["step"] for batch in batches] == list(range(1, 67))
    assert all({"loss", "accuracy", "learningRate"} <= set(batch) for batch in batches)
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    assert epochs[-1]["test"]["accuracy"] > 0.6
    started = events[0]["data"]
    assert started["totals"] == {"epochs": 3, "steps": 66}
    assert [layer["parameters"] for layer in started["model"]["layers"]] == [4_160, 650]


def test_lightning_with_its_validation(gateway: Gateway) -> None:
    events = events_of(gateway, "lightning_classifier.py", "lightning", "sklearn")
    batches, epochs = data_of(events, "batch"), data_of(events, "epoch")
    assert [batch["step"] for batch in batches] == list(range(1, 67))
    assert all({"loss", "accuracy", "learningRate"} <= set(batch) for batch in batches)
    assert all(set(batch["metrics"]) == {"logit_norm"} for batch in batches)
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    assert epochs[-1]["test"]["accuracy"] > 0.6
    assert events[0]["data"]["config"]["width"] == 64


def test_the_trainer_of_hugging_face_with_its_evaluation(gateway: Gateway) -> None:
    events = events_of(gateway, "transformers_language_model.py", "transformers", "accelerate", "torch")
    batches, epochs = data_of(events, "batch"), data_of(events, "epoch")
    assert [batch["step"] for batch in batches] == list(range(5, 5 * len(batches) + 1, 5))
    assert batches[-1]["loss"] < batches[0]["loss"]
    assert "grad_norm" in batches[0]["metrics"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    assert epochs[1]["test"]["loss"] < epochs[0]["test"]["loss"]
    assert events[0]["data"]["config"]["learningRate"] == 0.003
