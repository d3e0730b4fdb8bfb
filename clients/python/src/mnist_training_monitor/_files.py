"""
Files of a run: snapshots of the weights, and test images. docs/protocol.md defines both under "Files of a run".

NumPy is needed for arrays only, so it is imported where it is used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from . import _limits as limits

#: A copy of weights that no training changes any more: a safetensors file, or arrays in float32 by name.
Weights: TypeAlias = bytes | dict[str, Any]

# Types of numbers in safetensors files and in NumPy. Of the other types, only BF16 is read.
_NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1"}
_MAX_INT8 = 127


def copied_weights(weights: object) -> Weights:
    """Copies weights, so that the training may go on. Raises ValueError, TypeError or OSError if they cannot be sent."""
    if isinstance(weights, Mapping):
        elements = sum(_elements(each) for each in weights.values())
        if elements > limits.SNAPSHOT_BYTES:
            raise ValueError(f"expected at most {limits.SNAPSHOT_BYTES:,} weights, got {elements:,}")
        return {str(name): _floats(each) for name, each in weights.items()}
    if isinstance(weights, (bytes, bytearray, memoryview)):
        size = memoryview(weights).nbytes
        _check_size(size)
        return bytes(weights)
    if isinstance(weights, (str, os.PathLike)):
        path = Path(weights)
        _check_size(path.stat().st_size)
        return path.read_bytes()
    raise TypeError(f"expected a dict of arrays, or a safetensors file as path or bytes, got {type(weights).__name__}")


def size_of(weights: Weights) -> int:
    """Returns the size of copied weights in memory, in bytes."""
    return len(weights) if isinstance(weights, bytes) else sum(int(each.nbytes) for each in weights.values())


def snapshot_file(weights: Weights, channel_axis: int) -> bytes:
    """
    Returns the file of a snapshot: each tensor as int8, with a scale in float32 for each output channel.

    :param channel_axis: The axis of the output channels, in tensors with more than one axis.
    """
    if isinstance(weights, bytes):
        header, start = _header(weights)
        if _is_rounded(header):
            return _checked(weights)
        weights = _arrays(weights, header, start)
    if not weights:
        raise ValueError("expected at least one tensor, got none")
    import numpy

    # The scales come first, because numbers in float32 begin at a multiple of 4 bytes.
    scales: list[tuple[str, Any]] = []
    rounded: list[tuple[str, Any]] = []
    for name, values in weights.items():
        if name == "__metadata__":
            raise ValueError("expected names of tensors, got __metadata__, which is reserved in safetensors files")
        if f"{name}.scale" in weights:
            raise ValueError(f"expected no tensor named {name}.scale, because the file stores the scale of {name} there")
        if not numpy.isfinite(values).all():
            raise ValueError(f"expected finite weights, got NaN or infinity in {name}")
        channel = channel_axis % values.ndim if values.ndim > 1 else 0
        others = tuple(axis for axis in range(values.ndim) if axis != channel)
        peaks = numpy.abs(values).max(axis=others, keepdims=True, initial=0)
        scale = (numpy.where(peaks > 0, peaks, 1) / _MAX_INT8).astype("<f4")
        scales.append((f"{name}.scale", scale))
        rounded.append((name, numpy.rint(values / scale).clip(-_MAX_INT8, _MAX_INT8).astype("|i1")))
    entries: dict[str, Any] = {}
    offset = 0
    for kind, tensors in (("F32", scales), ("I8", rounded)):
        for name, array in tensors:
            entries[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
            offset += array.nbytes
    text = json.dumps(entries, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)  # Values begin at a multiple of 8 bytes.
    return _checked(b"".join([len(text).to_bytes(8, "little"), text, *(array.tobytes() for _, array in scales + rounded)]))


def test_image_file(images: object) -> tuple[dict[str, int], bytes]:
    """
    Returns the sizes of test images, and their bytes [count, height, width, channels].

    :param images: Bytes from 0 to 255, or fractions from 0 to 1: [n, height, width], [n, height, width, channels] or
        [n, channels, height, width].
    """
    import numpy

    array = numpy.asarray(_on_host(images))
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 3):
        array = numpy.moveaxis(array, 1, 3)  # Channels come first, as in PyTorch.
    if array.ndim != 4 or array.size == 0 or max(array.shape[1:3]) > limits.IMAGE_SIDE or array.shape[3] not in (1, 3):
        raise ValueError(f"expected [n, height, width, channels] with at most 64 × 64 pixels, got {list(array.shape)}")
    if array.size > limits.TEST_IMAGE_BYTES:
        raise ValueError(f"expected at most {limits.TEST_IMAGE_BYTES:,} bytes, got {array.size:,}")
    if array.dtype != numpy.uint8:
        scale = 255 if array.dtype.kind == "f" and array.max() <= 1 else 1
        array = numpy.rint(array * scale).clip(0, 255).astype(numpy.uint8)
    count, height, width, channels = array.shape
    return {"count": count, "height": height, "width": width, "channels": channels}, array.tobytes()


def label_bytes(labels: object, images: int, classes: int) -> bytes:
    """Returns the true classes of test images: one byte each, or two for more than 256 classes."""
    import numpy

    array = numpy.asarray(_on_host(labels))
    if (
        array.shape != (images,)
        or array.dtype.kind not in "iu"
        or array.size == 0
        or array.min() < 0
        or array.max() >= limits.MAX_CLASSES
    ):
        raise ValueError(f"expected {images} labels from 0 to {limits.MAX_CLASSES - 1}, got {array.dtype} {list(array.shape)}")
    packed: bytes = array.astype("<u2" if max(classes, int(array.max()) + 1) > 256 else "u1").tobytes()
    return packed


def _on_host(value: Any) -> Any:
    """Returns a tensor of PyTorch in the memory of the processor, in a type that NumPy has; other values unchanged."""
    if not callable(getattr(value, "detach", None)):
        return value
    tensor = value.detach().cpu()
    return tensor.float() if getattr(tensor, "is_floating_point", bool)() else tensor


def _floats(value: object) -> Any:
    """Returns a copy as an array in float32."""
    import numpy

    return numpy.array(_on_host(value), dtype=numpy.float32)


def _elements(value: Any) -> int:
    shape = getattr(value, "shape", None)
    elements = 1
    for size in shape if shape is not None else [len(value) if hasattr(value, "__len__") else 1]:
        elements *= int(size)
    return elements


def _check_size(size: int) -> None:
    if size > limits.WEIGHTS_FILE_BYTES:
        raise ValueError(f"expected a file of at most {limits.WEIGHTS_FILE_BYTES:,} bytes, got {size:,}")


def _checked(file: bytes) -> bytes:
    if len(file) > limits.SNAPSHOT_BYTES:
        raise ValueError(f"expected at most {limits.SNAPSHOT_BYTES:,} bytes with weights in int8, got {len(file):,}")
    return file


def _header(file: bytes) -> tuple[dict[str, Any], int]:
    """Returns the tensors that a safetensors file describes, and the position of the first value."""
    try:
        start = 8 + int.from_bytes(file[:8], "little")
        header = json.loads(file[8:start])
        header.pop("__metadata__", None)
        for entry in header.values():
            first, last = entry["data_offsets"]
            if not 0 <= first <= last <= len(file) - start:
                raise ValueError("values outside of the file")
            entry["dtype"], list(entry["shape"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("expected a safetensors file") from error
    return header, start


def _is_rounded(header: Mapping[str, Any]) -> bool:
    """Returns whether the tensors are in int8 and have scales, as the protocol asks."""
    names = {name for name, entry in header.items() if entry["dtype"] == "I8"}
    return set(header) == names | {f"{name}.scale" for name in names} and all(
        header[f"{name}.scale"]["dtype"] == "F32" and len(header[f"{name}.scale"]["shape"]) == len(header[name]["shape"])
        for name in names
    )


def _arrays(file: bytes, header: Mapping[str, Any], start: int) -> dict[str, Any]:
    """Returns the tensors of a safetensors file in float32."""
    import numpy

    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = file[start + first : start + last]
        if entry["dtype"] == "BF16":
            # The upper half of a number in float32.
            array = (numpy.frombuffer(values, "<u2").astype("<u4") << 16).view("<f4")
        elif entry["dtype"] in _NUMPY_TYPES:
            array = numpy.frombuffer(values, _NUMPY_TYPES[entry["dtype"]]).astype("<f4")
        else:
            raise ValueError(f"expected a tensor of a type such as F32, got {entry['dtype']} in {name}")
        arrays[name] = array.reshape(entry["shape"])
    return arrays
