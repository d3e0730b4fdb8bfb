"""The probe set: test images whose logits a run shows from time to time."""

from __future__ import annotations

import base64
from typing import Any

from . import _limits as limits
from ._files import test_image_file
from ._values import Json, array_of, count, counts, first, plain_list, readable


class Probe:
    """Builds the data of the `probe` events of a run. Needs NumPy."""

    def __init__(self) -> None:
        self._size: int | None = None
        self._has_images = False

    def events(self, step: object, logits: object, *, images: object, labels: object, indices: object) -> list[dict[str, Json]]:
        """
        Returns the data of the `probe` events: the images of the probe set the first time, and the logits unless the network has
        diverged. Raises ValueError for values of another shape.
        """
        import numpy

        at = count(step)
        if at is None:
            raise ValueError(f"expected a step, got {readable(step)}")
        given = array_of(logits)
        array = numpy.asarray(logits if given is None else given, dtype=numpy.float32)
        if array.ndim != 2 or array.shape[0] < 1 or array.size > limits.PROBE_LOGITS_BYTES:
            raise ValueError(f"expected logits [images, classes], at most 500,000, got {list(array.shape)}")
        array = array[: limits.PROBE_IMAGES]
        size, classes = (int(each) for each in array.shape)
        if self._size is None:
            self._size = size
        if size != self._size:
            raise ValueError(f"expected the logits of {self._size} images as before, got {size}")
        events: list[dict[str, Json]] = []
        if images is not None and not self._has_images:
            parts = _probe_images(first(images, size), first(labels, size), first(indices, size) if indices is not None else None)
            if sum(len(each["indices"]) for each in parts) != size:
                raise ValueError(f"expected {size} images with their labels, one for each row of the logits")
            events += [{"step": at, "size": size, "images": part} for part in parts]
            self._has_images = True
        if numpy.isfinite(array).all():
            scale = float(numpy.abs(array).max()) / 127 or 1.0
            values = numpy.rint(array / scale).astype(numpy.int8).tobytes()
            packed = {"classes": classes, "scale": scale, "values": base64.b64encode(values).decode("ascii")}
            events.append({"step": at, "size": size, "logits": packed})
        return events


def _probe_images(images: object, labels: object, indices: object) -> list[dict[str, Any]]:
    """Returns the images of a probe set in parts that fit into an event each."""
    size, pixels = test_image_file(images)
    bytes_each = len(pixels) // size["count"]
    truth = counts(plain_list(labels)) if labels is not None else []
    at = counts(plain_list(indices)) if indices is not None else list(range(size["count"]))
    most = min(limits.SAMPLES, limits.PROBE_IMAGES_BYTES // bytes_each)
    return [
        {
            "first": start,
            **{key: size[key] for key in ("width", "height", "channels")},
            "indices": at[start : start + most],
            "labels": truth[start : start + most],
            "pixels": base64.b64encode(pixels[start * bytes_each : (start + most) * bytes_each]).decode("ascii"),
        }
        for start in range(0, min(len(at), len(truth)), most)
    ]
