"""Builds the data of `samples`: test images with the probabilities of their classes."""

from __future__ import annotations

import base64
import math
from itertools import chain
from typing import Any

from . import _limits as limits
from ._results import Facts
from ._values import Json, Warn, array_of, counts, first, fraction, numbers_of, plain_list

#: [height, width, channels] of an image.
Shape = tuple[int, int, int]


def samples(
    images: object, labels: object, probabilities: object, *, indices: object, facts: Facts, warn: Warn
) -> dict[str, Json] | None:
    """Returns size and items, or None, with a warning, if the protocol does not allow the images or their classes."""
    given = first(images, limits.SAMPLES)
    whole = numbers_of(given)
    decoded = [_image(each) for each in (given if whole is None else whole)]
    shapes = {shape for shape, _ in decoded}
    if len(shapes) != 1 or None in shapes:
        warn("samples", "Samples are left out: expected images of one size, up to 64 × 64, with 1 or 3 channels.")
        return None
    (height, width, channels), pixels = decoded[0]  # type: ignore[misc]
    maximum = limits.EVENT_BYTES // (len(pixels) * 4 // 3 + limits.SAMPLE_BYTES)
    if len(decoded) > maximum:
        warn(
            "samples size",
            f"Only {maximum} of {len(decoded)} samples of {height} × {width} × {channels} are sent: expected at most 900 kB.",
        )
        decoded = decoded[:maximum]
    truth = counts(plain_list(first(labels, len(decoded))))
    best = _largest_probabilities(first(probabilities, len(decoded)))
    at = counts(plain_list(first(indices, len(decoded)))) if indices is not None else list(range(len(decoded)))
    items: list[dict[str, Json]] = []
    for index, label, (prediction, values, classes), (_, pixels) in zip(at, truth, best, decoded, strict=False):
        items.append(
            {
                "index": index,
                "label": label,
                "prediction": prediction,
                "probabilities": values,
                "classes": classes,
                "image": base64.b64encode(pixels).decode("ascii"),
            }
        )
    problem = _contradiction(items, facts)
    if problem is not None:
        warn("samples", f"Samples are left out: {problem}.")
        return None
    return {"width": width, "height": height, "channels": channels, "items": items}


def _contradiction(items: list[dict[str, Json]], facts: Facts) -> str | None:
    """Describes a class or an index that the run does not have, for which the gateway would refuse all samples."""
    classes = facts.classes or limits.MAX_CLASSES
    for item in items:
        label, largest = item["label"], max(item["classes"])
        if label is None or label >= classes:
            return f"expected labels from 0 to {classes - 1}, got {'another value' if label is None else label}"
        if largest >= classes:
            return f"expected probabilities of {classes} classes, got one of class {largest}"
        if item["index"] is None or (facts.test_images is not None and item["index"] >= facts.test_images):
            return f"expected indices in the test set of {facts.test_images or 'any number of'} images, got {item['index']}"
    return None


def _largest_probabilities(probabilities: object) -> list[tuple[int, list[float], list[int]]]:
    """Returns for each sample the predicted class, the largest probabilities, and their classes."""
    array = numbers_of(probabilities)
    if array is None or array.ndim != 2 or array.shape[1] == 0:
        return [_largest([fraction(each) or 0 for each in row]) for row in plain_list(probabilities)]
    array = array.astype("float64")
    array[~((array >= -1e-6) & (array <= 1 + 1e-6))] = 0  # This includes NaN.
    array = array.clip(0, 1)
    size = array.shape[1]
    order = (-array).argsort(axis=1, kind="stable")[:, : limits.PROBABILITIES]
    predictions = order[:, 0].tolist()
    if size <= limits.PROBABILITIES:
        order.sort(axis=1)
    rows = zip(predictions, array.tolist() if size <= limits.PROBABILITIES else array, order.tolist(), strict=True)
    return [(prediction, [round(float(row[each]), 6) for each in classes], classes) for prediction, row, classes in rows]


def _largest(values: list[float | int]) -> tuple[int, list[float], list[int]]:
    classes = sorted(range(len(values)), key=lambda each: -values[each])[: limits.PROBABILITIES]
    prediction = classes[0]
    if len(values) <= limits.PROBABILITIES:
        classes.sort()
    return prediction, [round(values[each], 6) for each in classes], classes


def _image(image: Any) -> tuple[Shape | None, bytes]:
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


def _array_image(array: Any) -> tuple[Shape | None, bytes]:
    """Returns shape and bytes of an image that is an array, as `_image` does, by the methods of the array, which are faster."""
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
