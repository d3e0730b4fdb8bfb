"""Builds the data of events from the arguments of `Monitor`, within the limits of the protocol."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from . import _limits as limits
from ._files import test_image_file
from ._values import (
    Json,
    Measure,
    Warn,
    array_of,
    count,
    counts,
    first,
    fraction,
    measure,
    metric_name,
    number,
    plain_list,
    readable,
    text,
    wire_config,
    wire_json,
)

_PNG = b"\x89PNG\r\n\x1a\n"
_TABLE = '{"columns": ["name", …], "rows": [[value, …], …]}, {"name": [value, …]} or [{"name": value}, …]'


def without_none(values: Mapping[str, Json]) -> dict[str, Json]:
    """Returns the entries that have a value."""
    return {key: value for key, value in values.items() if value is not None}


class Contents:
    """Builds the data of events. What the protocol does not allow is left out, with a warning."""

    def __init__(self, warn: Warn, metrics: Callable[[Mapping[Any, object]], dict[str, Measure]]) -> None:
        self._warn = warn
        self._metrics = metrics

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
        data_name = part("dataset", dataset, a_text, lambda given: text(given or "data", limits.NAME))
        data = {
            "name": part("name", name, a_text, lambda given: _optional_text(given, limits.RUN_NAME)),
            "tags": part("tags", tags, "a list of texts", self._tags),
            "config": part("config", config, "a mapping of settings", lambda given: wire_config(given, self._warn)) or {},
            "device": part("device", {} if device is None else device, "a mapping of texts", _device) or _device({}),
            "model": part("layers", layers, "a list of mappings with name, type, outputShape and parameters", _model),
            "dataset": _dataset(data_name, names, test_images),
            "totals": without_none({"epochs": count(total_epochs, 1), "steps": count(total_steps, 1)}) or None,
            "unit": part("unit", unit, a_text, lambda given: _optional_text(given, limits.UNIT)),
            "lossUnit": part("loss_unit", loss_unit, a_text, lambda given: _optional_text(given, limits.UNIT)),
            "metrics": part("metrics", metrics, "a mapping of mappings with direction, unit and group", self._definitions),
        }
        return without_none(data)

    def test_images(self, images: object) -> tuple[dict[str, Json], bytes] | None:
        """Returns `testImages` of the data set and the file; None where there are none."""
        if images is None:
            return None
        try:
            sizes, file = test_image_file(images)
        except Exception as error:
            self._warn("part test_images", f"test_images are left out ({type(error).__name__}: {text(error, 200)}).")
            return None
        return {"digest": hashlib.sha256(file).hexdigest(), **sizes}, file

    def snapshot(self, step: object, *, epoch: object, accuracy: object) -> dict[str, Json] | None:
        """Returns the data of `snapshot` without its file, or None if the step is not a whole number."""
        at = count(step)
        if at is None:
            self._warn("snapshot", f"A snapshot is left out: expected a step, got {readable(step)}.")
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
        at = count(epoch, 1)
        if at is None:
            self._warn("epoch", f"An epoch is left out: expected its number, from 1, got {readable(epoch)}.")
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
        """Returns the data of `samples`, or None if the protocol does not allow the shape of the images."""
        given = first(images, limits.SAMPLES)
        whole = array_of(given)
        decoded = [_image(each) for each in (given if whole is None else whole)]
        shapes = {shape for shape, _ in decoded}
        if len(shapes) != 1 or None in shapes:
            self._warn(
                "samples",
                "Samples are left out: expected images of one size, up to 64 × 64, with 1 or 3 channels.",
            )
            return None
        (height, width, channels), pixels = decoded[0]  # type: ignore[misc]
        maximum = limits.EVENT_BYTES // (len(pixels) * 4 // 3 + limits.SAMPLE_BYTES)
        if len(decoded) > maximum:
            self._warn(
                "samples size",
                f"Only {maximum} of {len(decoded)} samples of {height} × {width} × {channels} are sent: expected at most 900 kB.",
            )
            decoded = decoded[:maximum]
        truth = counts(plain_list(first(labels, len(decoded))))
        rows = plain_list(first(probabilities, len(decoded)))
        positions = counts(plain_list(first(indices, len(decoded)))) if indices is not None else list(range(len(decoded)))
        items = []
        for index, label, row, (_, pixels) in zip(positions, truth, rows, decoded, strict=False):
            values = [fraction(each) or 0 for each in row]
            best = sorted(range(len(values)), key=lambda each: -values[each])[: limits.PROBABILITIES]
            if len(values) <= limits.PROBABILITIES:
                best.sort()
            items.append(
                {
                    "index": index,
                    "label": label,
                    "prediction": max(range(len(values)), key=values.__getitem__),
                    "probabilities": [round(values[each], 6) for each in best],
                    "classes": best,
                    "image": base64.b64encode(pixels).decode("ascii"),
                }
            )
        return {
            "epoch": count(epoch, 1) or 1,
            "width": width,
            "height": height,
            "channels": channels,
            "items": items,
        }

    def figure(self, title: object, image: object, table: object, *, step: object, description: object) -> dict[str, Json] | None:
        """Returns the data of `figure`; None without an image or a table, with both, or with an image beyond the limits."""
        shown = text(title, limits.NAME) or "Figure"
        data: dict[str, Json] = {
            "title": shown,
            "step": count(step) if step is not None else None,
            "description": _optional_text(description, limits.LINE),
        }
        if (image is None) == (table is None):
            given = "neither" if image is None else "both"
            self._warn(f"figure {shown}", f"The figure {shown!r} is left out: expected an image or a table, got {given}.")
            return None
        if image is not None:
            png = _png(image)
            if not png.startswith(_PNG) or len(png) > limits.FIGURE_BYTES:
                self._warn(
                    f"figure {shown}",
                    f"The figure {shown!r} is left out: expected a PNG of at most 128 kB, got {len(png)} bytes.",
                )
                return None
            data["image"] = base64.b64encode(png).decode("ascii")
        else:
            try:
                data["table"] = self._table(shown, table)
            except Exception:
                self._warn(f"figure {shown}", f"The table {shown!r} is left out: expected {_TABLE}, got {readable(table)}.")
                return None
        return without_none(data)

    def layers(
        self, step: object, tensors: Mapping[str, Mapping[str, object]], dead: Mapping[str, object] | None
    ) -> dict[str, Json] | None:
        """Returns the data of `layers`, or None if the step is not a whole number."""
        at = count(step)
        if at is None:
            self._warn("layers", f"Layers are left out: expected a step, got {readable(step)}.")
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
        found = [each for each in (text(tag, limits.TAG) for tag in given) if each]
        if len(found) > limits.TAGS:
            self._warn("tags", f"Only 20 of {len(found)} tags are sent.")
        return found[: limits.TAGS] or None

    def _classes(self, classes: object) -> list[str] | None:
        if isinstance(classes, (str, bytes)):
            raise TypeError("a text is not a list of names")
        names = [text(each, limits.CLASS_NAME) or "?" for each in plain_list(classes)]
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
                    "unit": _optional_text(unit, limits.UNIT),
                    "group": _optional_text(group, limits.METRIC_GROUP),
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

    def _test(self, test: Mapping[str, object], custom: dict[str, object]) -> dict[str, Json]:
        data = self._score("test", test, custom)
        for key in ("perClass", "precision", "recall"):
            if test.get(key) is not None:
                data[key] = [_class_fraction(each) for each in plain_list(test[key])]
        if test.get("confusion") is not None:
            data = {**self._confusion(test["confusion"]), **data}
        if test.get("calibration") is not None:
            data["calibration"] = self._calibration(test["calibration"])
        if test.get("predictions") is not None:
            data["predictions"] = self._predictions(test["predictions"])
        return without_none(data)

    def _confusion(self, matrix: object) -> dict[str, Json]:
        rows = [counts(row) for row in plain_list(matrix)]
        size = len(rows)
        if not limits.MIN_CLASSES <= size <= limits.MAX_CLASSES or any(len(row) != size or None in row for row in rows):
            self._warn("confusion", "A confusion matrix is left out: expected N × N counts of 2 to 1,000 classes.")
            return {}
        cells: list[list[int]] = rows  # type: ignore[assignment]
        totals = [sum(row) for row in cells]
        per_class = [cells[each][each] / total if total else None for each, total in enumerate(totals)]
        sums = [sum(column) for column in zip(*cells, strict=True)]
        precision = [cells[each][each] / total if total else None for each, total in enumerate(sums)]
        data: dict[str, Json] = {"perClass": per_class, "recall": per_class, "precision": precision}
        if size <= limits.MATRIX_CLASSES:
            data["confusion"] = cells
        else:
            filled = [[row, column, n] for row, each in enumerate(cells) for column, n in enumerate(each) if n]
            if len(filled) <= limits.CONFUSION_CELLS:
                data["confusionCells"] = filled
        return data

    def _calibration(self, bins: object) -> Json:
        given: Any = list(bins) if isinstance(bins, (list, tuple)) else []
        if len(given) != limits.CALIBRATION_BINS:
            self._warn("calibration", f"The calibration is left out: expected 15 bins, got {len(given)}.")
            return None
        return [
            {
                "count": count(each.get("count")) or 0,
                "confidence": fraction(each.get("confidence")),
                "accuracy": fraction(each.get("accuracy")),
            }
            for each in given
        ]

    def _predictions(self, predictions: object) -> Json:
        # One more than the limit, which is enough to leave them out below: a very long list is not converted.
        classes = counts(plain_list(first(predictions, limits.PREDICTIONS_BYTES + 1)))
        if any(each is None or each >= limits.MAX_CLASSES for each in classes):
            self._warn("predictions", "The predictions are left out: expected the number of a class for each item.")
            return None
        size = 1 if all(each is not None and each < 256 for each in classes) else 2
        encoded = b"".join((each or 0).to_bytes(size, "little") for each in classes)
        if len(encoded) > limits.PREDICTIONS_BYTES:
            self._warn("predictions", "The predictions are left out: expected at most 200,000 bytes.")
            return None
        return base64.b64encode(encoded).decode("ascii")

    def _table(self, title: str, table: object) -> dict[str, Json]:
        if isinstance(table, Mapping) and set(table) == {"columns", "rows"} and _has_lists(table["rows"]):
            columns = plain_list(table["columns"])
            rows = plain_list(table["rows"])
        elif isinstance(table, Mapping):
            if any(isinstance(each, (str, bytes)) for each in table.values()):
                raise TypeError("a text is not a column")
            columns = list(table)
            rows = [list(row) for row in zip(*(plain_list(table[each]) for each in columns), strict=False)]
        else:
            given: list[Mapping[Any, object]] = list(table)  # type: ignore[call-overload]
            columns = list(dict.fromkeys(key for row in given for key in row))
            rows = [[row.get(each) for each in columns] for row in given]
        if not columns:
            raise ValueError("a table has at least one column")
        # Each row has a cell for each column.
        rows = [[*row, *[None] * len(columns)][: len(columns)] for row in rows[: limits.TABLE_ROWS + 1]]
        if len(columns) > limits.TABLE_COLUMNS or len(rows) > limits.TABLE_ROWS:
            self._warn(f"table {title}", f"The table {title!r} is cut: expected at most 200 rows and 20 columns.")
        columns = columns[: limits.TABLE_COLUMNS]
        cells = [[_cell(each) for each in row[: limits.TABLE_COLUMNS]] for row in rows[: limits.TABLE_ROWS]]
        data = {"columns": [text(each, limits.NAME) or " " for each in columns], "rows": cells}
        while cells and len(wire_json(data)) > limits.FIGURE_BYTES:
            del cells[len(cells) * 3 // 4 :]
        return data


def _seconds(value: object) -> Json:
    plain = number(value) if value is not None else None
    return plain if plain is not None and math.isfinite(plain) and plain >= 0 else None


def _optional_text(value: object, length: int) -> str | None:
    return None if value is None else text(value, length) or None


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


def _class_fraction(value: object) -> Json:
    plain = number(value)
    return None if plain is None or math.isnan(plain) else fraction(plain)


def _has_lists(rows: object) -> bool:
    """Returns whether these are the rows of a table, and not the cells of a column that is named `rows`."""
    return all(isinstance(each, list) for each in plain_list(rows))


def _cell(value: object) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str) and (plain := measure(value)) is not None:
        return plain
    return text(value, limits.TABLE_TEXT)


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


def _png(image: object) -> bytes:
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    if isinstance(image, (str, os.PathLike)):
        return Path(image).read_bytes()
    # A figure of matplotlib: with fewer dots per inch until the file is small enough.
    save = getattr(image, "savefig", None)
    if not callable(save):
        raise TypeError("expected a PNG as bytes or path, or a figure of matplotlib")
    png = b""
    for dots in (100, 72, 50):
        buffer = io.BytesIO()
        save(buffer, format="png", dpi=dots)
        png = buffer.getvalue()
        if len(png) <= limits.FIGURE_BYTES:
            break
    return png


def _image(image: Any) -> tuple[tuple[int, int, int] | None, bytes]:
    """
    Returns [height, width, channels] and the bytes of an image that is given as an array, a tensor or nested lists. The shape is
    None if the protocol does not allow it.
    """
    array = array_of(image)
    if array is not None:
        return _array_image(array)
    rows = image if _is_plain(image) else plain_list(image)
    if rows and isinstance(rows[0], list) and rows[0] and isinstance(rows[0][0], list):
        if len(rows) in (1, 3) and len(rows[0][0]) not in (1, 3):
            # Channels come first, as in PyTorch.
            rows = [[[channel[y][x] for channel in rows] for x in range(len(rows[0][0]))] for y in range(len(rows[0]))]
    elif rows and isinstance(rows[0], list):
        rows = [[[value] for value in row] for row in rows]
    else:
        return None, b""
    shape = len(rows), len(rows[0]), len(rows[0][0])
    fits = shape[0] <= limits.IMAGE_SIDE and shape[1] <= limits.IMAGE_SIDE and shape[2] in (1, 3)
    flat = list(chain.from_iterable(chain.from_iterable(rows)))
    if not fits or len(flat) != shape[0] * shape[1] * shape[2]:
        return None, b""
    kinds = set(map(type, flat))
    if kinds == {int} and min(flat) >= 0 and max(flat) <= 255:
        return shape, bytes(flat)
    is_fraction = float in kinds
    scale = 255 if is_fraction and max(flat) <= 1 else 1
    return shape, bytes([min(255, max(0, round(value * scale))) for value in flat])


def _is_plain(image: Any) -> bool:
    """Returns whether an image consists of nested lists of numbers, whose pixels need no conversion one by one."""
    level: list[Any] = [image]
    for _ in range(3):
        if set(map(type, level)) != {list}:
            return False
        level = list(chain.from_iterable(level))
        if level and set(map(type, level)) <= {int, float, bool}:
            return True
    return False


def _array_image(array: Any) -> tuple[tuple[int, int, int] | None, bytes]:
    """Returns the same as `_image` by the methods of the array, which take a hundredth of the time."""
    if len(array.shape) == 2:
        array = array.reshape((*array.shape, 1))
    elif len(array.shape) == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3):
        array = array.transpose(1, 2, 0)  # Channels come first, as in PyTorch.
    if len(array.shape) != 3 or 0 in array.shape:
        return None, b""
    height, width, channels = (int(size) for size in array.shape)
    if height > limits.IMAGE_SIDE or width > limits.IMAGE_SIDE or channels not in (1, 3):
        return None, b""
    if str(array.dtype) != "uint8":
        kind = array.dtype.kind
        array = array.astype("float64")
        if math.isnan(array.max()):
            raise ValueError("expected pixels from 0 to 255 or from 0 to 1, got NaN")
        scale = 255 if kind == "f" and array.max() <= 1 else 1
        array = (array * scale).round().clip(0, 255).astype("uint8")
    return (height, width, channels), array.tobytes()
