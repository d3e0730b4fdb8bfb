"""Builds the results on a test set that concern its classes, within the limits of the protocol."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _limits as limits
from ._values import (
    Json,
    Warn,
    count,
    counts,
    first,
    fraction,
    has_elements,
    number,
    numbers_of,
    plain_list,
    whole_numbers,
)


@dataclass(frozen=True)
class Facts:
    """Numbers in `run.started` with which the gateway compares later events; None where the run does not state them."""

    classes: int | None = None
    test_images: int | None = None


def class_results(test: Mapping[str, object], facts: Facts, warn: Warn) -> dict[str, Json]:
    """Returns values per class, matrix, calibration, predictions and confidences, without what contradicts the run."""
    data: dict[str, Json] = {}
    if test.get("confusion") is not None:
        data = _confusion(test["confusion"], facts, warn)
    for key in ("perClass", "precision", "recall"):
        if test.get(key) is None:
            continue
        values = [_class_fraction(each) for each in plain_list(test[key])]
        expected = facts.classes or next((len(data[other]) for other in data), len(values))
        if len(values) == expected and limits.MIN_CLASSES <= expected <= limits.MAX_CLASSES:
            data[key] = values
        else:
            _warn_classes(warn, key, f"{key} is left out", expected, len(values))
    if test.get("calibration") is not None:
        data["calibration"] = _calibration(test["calibration"], warn)
    if test.get("predictions") is not None:
        classes = facts.classes or next((len(data[key]) for key in ("perClass", "precision", "recall") if key in data), None)
        data["predictions"] = _predictions(test["predictions"], classes, facts.test_images, warn)
    if test.get("confidences") is not None:
        data["confidences"] = _confidences(test["confidences"], facts.test_images, warn)
    return data


def _warn_classes(warn: Warn, key: str, what: str, expected: int, actual: int) -> None:
    warn(key, f"{what}: expected a value for each of {expected} classes, got {actual}.")


def _confusion(matrix: object, facts: Facts, warn: Warn) -> dict[str, Json]:
    cells = whole_numbers(matrix)
    size = len(cells) if cells is not None else 0
    if cells is not None and cells.shape != (size, size):
        size = 0
    rows: Any = None
    if cells is None:
        rows = [counts(row) for row in plain_list(matrix)]
        size = 0 if any(len(row) != len(rows) or None in row for row in rows) else len(rows)
    if not limits.MIN_CLASSES <= size <= limits.MAX_CLASSES:
        warn("confusion", "A confusion matrix is left out: expected N × N counts of 2 to 1,000 classes.")
        return {}
    if facts.classes not in (None, size):
        warn(
            "confusion",
            f"A confusion matrix is left out: expected {facts.classes} × {facts.classes} counts for the classes of the run, "
            f"got {size} × {size}.",
        )
        return {}
    if cells is not None:
        diagonal, totals, sums = (each.tolist() for each in (cells.diagonal(), cells.sum(axis=1), cells.sum(axis=0)))
    else:
        diagonal = [rows[each][each] for each in range(size)]
        totals = [sum(row) for row in rows]
        sums = [sum(column) for column in zip(*rows, strict=True)]
    recall = _shares(diagonal, totals)
    data: dict[str, Json] = {"perClass": recall, "recall": recall, "precision": _shares(diagonal, sums)}
    if size <= limits.MATRIX_CLASSES:
        data["confusion"] = rows if cells is None else cells.tolist()
    elif (filled := _filled(rows, cells)) is not None:
        data["confusionCells"] = filled
    else:
        warn("confusion cells", "A confusion matrix is sent as values per class: expected at most 50,000 counts other than 0.")
    return data


def _shares(parts: list[int], totals: list[int]) -> list[float | None]:
    return [part / total if total else None for part, total in zip(parts, totals, strict=True)]


def _filled(rows: Any, cells: Any) -> list[list[int]] | None:
    """Returns the cells that are not 0 as [row, column, count]; None if there are too many."""
    if cells is None:
        filled = [[row, column, n] for row, each in enumerate(rows) for column, n in enumerate(each) if n]
        return filled if len(filled) <= limits.CONFUSION_CELLS else None
    row, column = cells.nonzero()
    if len(row) > limits.CONFUSION_CELLS:
        return None
    return list(map(list, zip(row.tolist(), column.tolist(), cells[row, column].tolist(), strict=True)))


def _calibration(bins: object, warn: Warn) -> Json:
    given: Any = list(bins) if isinstance(bins, (list, tuple)) else []
    if len(given) != limits.CALIBRATION_BINS:
        warn("calibration", f"The calibration is left out: expected 15 bins, got {len(given)}.")
        return None
    return [
        {
            "count": count(each.get("count")) or 0,
            "confidence": fraction(each.get("confidence")),
            "accuracy": fraction(each.get("accuracy")),
        }
        for each in given
    ]


def _predictions(predictions: object, classes: int | None, test_images: int | None, warn: Warn) -> Json:
    given = _numbers_per_item("predictions", predictions, limits.PREDICTIONS_BYTES, test_images, warn)
    if given is None:
        return None
    largest = (classes or limits.MAX_CLASSES) - 1
    array = whole_numbers(given, largest)
    values: Any = array if array is not None else counts(plain_list(given))
    if array is None and any(each is None or each > largest for each in values):
        warn("predictions", f"The predictions are left out: expected a class from 0 to {largest} for each item.")
        return None
    if classes is None:
        classes = 1 + int(max(values, default=0) if array is None else array.max())
    size = 2 if classes > 256 else 1
    if len(values) * size > limits.PREDICTIONS_BYTES:
        warn("predictions", "The predictions are left out: expected at most 200,000 bytes.")
        return None
    if array is not None:
        return base64.b64encode(array.astype(f"<u{size}").tobytes()).decode("ascii")
    return base64.b64encode(b"".join(each.to_bytes(size, "little") for each in values)).decode("ascii")


def _confidences(confidences: object, test_images: int | None, warn: Warn) -> Json:
    given = _numbers_per_item("confidences", confidences, limits.CONFIDENCES_BYTES, test_images, warn)
    if given is None:
        return None
    array = numbers_of(given)
    if array is not None:
        array = array.astype("float64")
        is_fraction = ((array >= -1e-6) & (array <= 1 + 1e-6)).all()  # NaN compares as neither smaller nor larger.
        values = (255 * array.clip(0, 1)).round().astype("u1").tobytes() if is_fraction else None
    else:
        fractions = [fraction(each) for each in plain_list(given)]
        known = [each for each in fractions if each is not None]
        values = bytes(round(255 * each) for each in known) if len(known) == len(fractions) else None
    if values is None:
        warn("confidences", "The confidences are left out: expected a probability from 0 to 1 for each item.")
        return None
    return base64.b64encode(values).decode("ascii")


def _numbers_per_item(key: str, values: object, maximum: int, test_images: int | None, warn: Warn) -> Any:
    """Returns a list with one number for each test item; None, with a warning, if it has another shape or is too long."""
    # One value more than the limit is enough for the check; further ones are not converted.
    given = first(values, maximum + 1)
    if len(given) > maximum:
        problem = f"expected at most {maximum:,}"
    elif has_elements(next(iter(given), None)):
        problem = "expected one number for each item, got a list of numbers for each"
    elif test_images not in (None, len(given)):
        problem = f"expected one for each of {test_images} test images, got {len(given)}"
    else:
        return given
    warn(key, f"The {key} are left out: {problem}.")
    return None


def _class_fraction(value: object) -> Json:
    plain = number(value)
    return None if plain is None or math.isnan(plain) else fraction(plain)
