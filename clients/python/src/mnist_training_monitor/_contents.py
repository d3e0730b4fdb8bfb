"""Builds the data of events from the arguments of `Monitor`, within the limits of the protocol."""

from __future__ import annotations

import hashlib
import math
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import _limits as limits
from ._figures import figure
from ._files import label_bytes, test_image_file
from ._results import Facts, class_results
from ._samples import samples
from ._values import (
    Json,
    Measure,
    Warn,
    count,
    fraction,
    measure,
    metric_name,
    number,
    optional_text,
    plain_list,
    readable,
    text,
    wire_config,
    wire_json,
    without_none,
)


class Contents:
    """Builds the data of events. What the protocol does not allow is left out, with a warning."""

    def __init__(self, warn: Warn, metrics: Callable[[Mapping[Any, object]], dict[str, Measure]]) -> None:
        self._warn = warn
        self._metrics = metrics
        self._facts = Facts()

    def started(
        self,
        *,
        name: object,
        config: Mapping[Any, object],
        classes: Any,
        unit: object,
        tags: Any,
        dataset: object,
        test_images: Mapping[str, Json] | None,
        loss_unit: object,
        metrics: Any,
        device: Any,
        layers: Any,
        total_steps: object,
        total_epochs: object,
    ) -> dict[str, Json]:
        """Returns the data of `run.started`. A part that cannot be used is left out, with a warning."""
        part = self._part
        a_text = "a text"
        names = part("classes", classes, "a list of 2 to 1,000 names", self._classes)
        self._facts = Facts(len(names) if names else None, test_images["count"] if test_images else None)
        data_name = part("dataset", dataset, a_text, lambda given: text(given or "data", limits.NAME))
        data = {
            "name": part("name", name, a_text, lambda given: self._cut("name", given, limits.RUN_NAME)),
            "tags": part("tags", tags, "a list of texts", self._tags),
            "config": part("config", config, "a mapping of settings", lambda given: wire_config(given, self._warn)) or {},
            "device": part("device", {} if device is None else device, "a mapping of texts", _device) or _device({}),
            "model": part("layers", layers, "a list of mappings with name, type, outputShape and parameters", _model),
            "dataset": _dataset(data_name, names, test_images),
            "totals": without_none({"epochs": count(total_epochs, 1), "steps": count(total_steps, 1)}) or None,
            "unit": part("unit", unit, a_text, lambda given: self._cut("unit", given, limits.UNIT)),
            "lossUnit": part("loss_unit", loss_unit, a_text, lambda given: self._cut("loss_unit", given, limits.UNIT)),
            "metrics": part("metrics", metrics, "a mapping of mappings with direction, unit and group", self._definitions),
        }
        return without_none(data)

    def test_images(self, images: object, labels: object, classes: int) -> tuple[dict[str, Json], bytes] | None:
        """Returns `testImages` of the data set and the file; None where there are none."""
        if images is None:
            return None
        try:
            sizes, file = test_image_file(images)
            if labels is not None:
                file += label_bytes(labels, sizes["count"], classes)
                if len(file) > limits.TEST_IMAGE_BYTES:
                    raise ValueError(f"expected at most {limits.TEST_IMAGE_BYTES:,} bytes with the labels, got {len(file):,}")
        except Exception as error:
            self._warn("part test_images", f"test_images are left out ({type(error).__name__}: {text(error, 200)}).")
            return None
        return {"digest": hashlib.sha256(file).hexdigest(), **sizes}, file

    def snapshot(self, step: object, *, epoch: object, accuracy: object) -> dict[str, Json] | None:
        """Returns the data of `snapshot` without its file, or None if the step is not a whole number."""
        at = self._numbered("snapshot", "A snapshot is left out: expected a step", step)
        if at is None:
            return None
        return without_none({"step": at, "epoch": count(epoch, 1), "accuracy": fraction(accuracy)})

    def epoch(
        self,
        epoch: object,
        *,
        step: object,
        train: Mapping[str, object],
        test: Mapping[str, object],
        seconds: object,
        metrics: Mapping[str, object],
    ) -> dict[str, Json] | None:
        """Returns the data of `epoch`, or None if the number of the epoch is not a whole number from 1."""
        at = self._numbered("epoch", "An epoch is left out: expected its number, from 1", epoch, 1)
        if at is None:
            return None
        custom: dict[str, object] = dict(metrics)
        data: dict[str, Json] = {
            "epoch": at,
            "step": count(step) if step is not None else None,
            "train": self._score("train", train, custom) or None,
            "test": self._test(test, custom) or None,
            "seconds": _seconds(seconds),
            "metrics": self._metrics(custom) or None,
        }
        self._fit(data)
        return without_none(data)

    def finished(
        self,
        status: str,
        reason: object,
        *,
        test: Mapping[str, object],
        best_epoch: object,
        seconds: float,
        metrics: Mapping[str, object],
    ) -> dict[str, Json]:
        """Returns the data of `run.finished`."""
        custom: dict[str, object] = dict(metrics)
        data: dict[str, Json] = {
            "status": status,
            "reason": text(reason, limits.LINE),
            "test": self._score("test", test, custom) or None,
            "bestEpoch": count(best_epoch, 1) if best_epoch is not None else None,
            "metrics": self._metrics(custom) or None,
            "seconds": round(seconds, 3),
            "files": [],
        }
        return without_none(data)

    def samples(
        self, images: object, labels: object, probabilities: object, *, epoch: object, indices: object
    ) -> dict[str, Json] | None:
        """Returns the data of `samples`, or None if the protocol does not allow the images or their classes."""
        items = samples(images, labels, probabilities, indices=indices, facts=self._facts, warn=self._warn)
        return items and {"epoch": count(epoch, 1) or 1, **items}

    def figure(self, title: object, image: object, table: object, *, step: object, description: object) -> dict[str, Json] | None:
        """Returns the data of `figure`, or None if there is neither an image nor a table within the limits."""
        shown = text(title, limits.NAME) or "Figure"
        content = figure(shown, image, table, self._warn)
        if content is None:
            return None
        at = count(step) if step is not None else None
        return without_none({"title": shown, "step": at, "description": optional_text(description, limits.LINE), **content})

    def layers(
        self, step: object, tensors: Mapping[str, Mapping[str, object]], dead: Mapping[str, object] | None
    ) -> dict[str, Json] | None:
        """Returns the data of `layers`, or None if the step is not a whole number."""
        at = self._numbered("layers", "Layers are left out: expected a step", step)
        if at is None:
            return None
        if len(tensors) > limits.TENSORS:
            self._warn("tensors", f"Only 500 of {len(tensors)} tensors are sent.")
        chosen = list(tensors.items())[: limits.TENSORS]
        data: dict[str, Json] = {"step": at, "tensors": [text(name, limits.NAME) for name, _ in chosen]}
        for field, key in (
            ("weightNorm", "weight_norm"),
            ("gradientNorm", "gradient_norm"),
            ("updateRatio", "update_ratio"),
        ):
            values = [measure(each.get(key)) for _, each in chosen]
            if any(value is not None for value in values):
                data[field] = values
        histograms = [_histogram(each.get("histogram")) for _, each in chosen]
        if histograms and all(each is not None for each in histograms):
            data["histograms"] = histograms
        if dead:
            some = list(dead.items())[: limits.TENSORS]
            data["activations"] = [text(name, limits.NAME) for name, _ in some]
            data["dead"] = [fraction(value) for _, value in some]
        return data

    def _numbered(self, kind: str, expected: str, value: object, minimum: int = 0) -> int | None:
        """Returns the number of a step or an epoch; None, with a warning, for any other value."""
        number = count(value, minimum)
        if number is None:
            self._warn(kind, f"{expected}, got {readable(value)}.")
        return number

    def _part(self, name: str, value: Any, expected: str, build: Callable[[Any], Json]) -> Json:
        """Returns a part of `run.started`; None where there is none, or where it is left out with a warning."""
        if value is None:
            return None
        try:
            return build(value)
        except Exception:
            self._warn(f"part {name}", f"{name} is left out: expected {expected}, got {readable(value)}.")
            return None

    def _tags(self, tags: Iterable[object]) -> list[str] | None:
        given = [tags] if isinstance(tags, str) else list(tags)
        found = [each for each in (self._cut("tags", tag, limits.TAG) for tag in given) if each]
        if len(found) > limits.TAGS:
            self._warn("tags", f"Only 20 of {len(found)} tags are sent.")
        return found[: limits.TAGS] or None

    def _cut(self, field: str, value: object, length: int) -> str | None:
        """Returns `optional_text` of a value, with a warning where it is cut."""
        shown = optional_text(value, length)
        if shown is not None and len(shown) == length and shown.endswith("…"):
            self._warn(f"cut {field}", f"A text of {field} is cut to {length} characters: {shown}")
        return shown

    def _classes(self, classes: object) -> list[str] | None:
        if isinstance(classes, (str, bytes)):
            raise TypeError("a text is not a list of names")
        names = [self._cut("classes", each, limits.CLASS_NAME) or "?" for each in plain_list(classes)]
        if not limits.MIN_CLASSES <= len(names) <= limits.MAX_CLASSES:
            self._warn("classes", f"The classes are left out: expected 2 to 1,000, got {len(names)}.")
            return None
        return names

    def _definitions(self, metrics: Mapping[str, Mapping[str, object]]) -> dict[str, Json] | None:
        found: dict[str, Json] = {}
        for key, meaning in metrics.items():
            name = metric_name(key, self._warn)
            if name is None or len(found) >= limits.METRICS:
                continue
            direction = meaning.get("direction")
            unit, group = meaning.get("unit"), meaning.get("group")
            found[name] = without_none(
                {
                    "direction": direction if direction in ("maximize", "minimize") else None,
                    "unit": optional_text(unit, limits.UNIT),
                    "group": optional_text(group, limits.METRIC_GROUP),
                }
            )
        return found or None

    def _score(self, part: str, values: Mapping[str, object], custom: dict[str, object]) -> dict[str, Json]:
        """Returns loss and accuracy. An accuracy that is not from 0 to 1 becomes a custom metric, as in `log`."""
        score: dict[str, Json] = {}
        if values.get("loss") is not None:
            score["loss"] = measure(values["loss"])
        accuracy = values.get("accuracy")
        if accuracy is not None:
            plain = number(accuracy)
            if plain is not None and not math.isnan(plain) and not -1e-6 <= plain <= 1 + 1e-6:
                name = f"{part}_accuracy"
                self._warn(
                    f"range {name}",
                    f"{name} {plain:g} is sent as a custom metric: expected a number from 0 to 1.",
                )
                custom[name] = plain
            else:
                score["accuracy"] = measure(accuracy)
        return without_none(score)

    def _fit(self, epoch: dict[str, Json]) -> None:
        """Removes the values for each test item from the data of an epoch that is too large with them."""
        test = epoch["test"] or {}
        for key in ("confidences", "predictions"):
            if key in test and len(wire_json(epoch)) > limits.DATA_BYTES:
                del test[key]
                self._warn(f"size {key}", f"The {key} are left out: expected an epoch of at most 900 kB.")

    def _test(self, test: Mapping[str, object], custom: dict[str, object]) -> dict[str, Json]:
        return without_none({**self._score("test", test, custom), **class_results(test, self._facts, self._warn)})


def _seconds(value: object) -> Json:
    plain = number(value) if value is not None else None
    return plain if plain is not None and math.isfinite(plain) and plain >= 0 else None


def _dataset(name: str | None, classes: list[str] | None, test_images: Mapping[str, Json] | None) -> Json:
    if name is None and classes is None and test_images is None:
        return None
    return without_none({"name": name or "data", "classes": classes, "testImages": test_images})


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "unknown"


def _device(given: Mapping[str, object]) -> dict[str, Json]:
    device: dict[str, Json] = {"kind": "cpu", "name": _processor(), "threads": os.cpu_count()}
    for key, value in given.items():
        if key == "threads":
            device[key] = count(value, 1)
        elif key == "gpu" and isinstance(value, Mapping):
            device[key] = _gpu(value)
        elif key == "gpus" and isinstance(value, (list, tuple)):
            device[key] = [_gpu(each) for each in value[: limits.GPUS]]
        elif value is not None and (shown := text(value, limits.NAME)):
            device[str(key)] = shown
    if given.get("kind") not in (None, "cpu") and "threads" not in given:
        del device["threads"]
    return without_none(device)


def _gpu(gpu: Mapping[str, object]) -> dict[str, Json]:
    return without_none(
        {
            "name": text(gpu.get("name") or "GPU", limits.NAME),
            "memoryBytes": count(gpu.get("memoryBytes")),
            "driver": text(gpu["driver"], limits.NAME) if gpu.get("driver") else None,
            "computeCapability": text(gpu["computeCapability"], limits.NAME) if gpu.get("computeCapability") else None,
        }
    )


def _model(layers: Sequence[Mapping[str, object]]) -> dict[str, Json]:
    described = []
    for layer in list(layers)[: limits.LAYERS]:
        shape = list(layer.get("outputShape") or [])  # type: ignore[call-overload]
        described.append(
            {
                "name": text(layer.get("name") or "layer", limits.NAME),
                "type": text(layer.get("type") or "layer", limits.NAME),
                "outputShape": [count(each, 1) for each in shape[:8]],
                "parameters": count(layer.get("parameters")) or 0,
            }
        )
    return {"layers": described, "parameters": sum(count(each.get("parameters")) or 0 for each in layers)}


def _histogram(value: object) -> Json:
    if value is None:
        return None
    pair: Any = value
    first, second = pair
    edges, counts = plain_list(first), plain_list(second)
    if len(edges) < len(counts):
        edges, counts = counts, edges
    if len(edges) != 33 or len(counts) != 32:
        raise ValueError("a histogram has 33 edges and 32 counts")
    return {"edges": [measure(each) for each in edges], "counts": [count(each) for each in counts]}
