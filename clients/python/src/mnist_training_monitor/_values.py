"""Converts values of Python, NumPy and the frameworks to the values of the protocol."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from itertools import islice
from typing import Any, TypeAlias

from . import _limits as limits

#: A number, or the word for a number that JSON does not have.
Measure: TypeAlias = float | int | str
Json: TypeAlias = Any
Warn: TypeAlias = Callable[[str, str], None]

_METRIC_CHARACTERS = re.compile(r"[^A-Za-z0-9_./-]")
_METRIC_NAME = re.compile(r"[A-Za-z0-9_./-]{1,64}")
# Control characters other than tab and line feed, and characters that reorder or hide text.
_INVISIBLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def number(value: object) -> float | int | None:
    """Returns a number of Python, NumPy, PyTorch, TensorFlow or JAX as a number of Python, or None for any other value."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    if kind is int:
        return _json_integer(value)  # type: ignore[arg-type]
    if isinstance(value, (str, bytes, bytearray, complex)) or value is None:
        return None
    try:
        item = getattr(value, "item", None)
        plain = item() if callable(item) else value
        if isinstance(plain, bool):
            return int(plain)
        if isinstance(plain, int):
            return _json_integer(plain)
        if isinstance(plain, (str, bytes, complex)):
            return None
        return float(plain)  # type: ignore[arg-type]
    except Exception:
        # A value with several elements, or an object that only looks like a number.
        return None


def _json_integer(value: int) -> float | int:
    if -limits.MAX_INTEGER <= value <= limits.MAX_INTEGER:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def measure(value: object) -> Measure | None:
    """Returns a number in its form on the wire, in which NaN and the infinities are words; None if it is not a number."""
    plain = number(value)
    if plain is None or math.isfinite(plain):
        return plain
    return "NaN" if math.isnan(plain) else "Infinity" if plain > 0 else "-Infinity"


def count(value: object, minimum: int = 0) -> int | None:
    """Returns a whole number from `minimum` to 2^53 - 1, or None for any other value."""
    plain = number(value)
    if plain is None or not math.isfinite(plain) or plain != int(plain):
        return None
    return int(plain) if minimum <= plain <= limits.MAX_INTEGER else None


def fraction(value: object) -> float | int | None:
    """Returns a finite number from 0 to 1, or None. A mean in float32 may be 1.0000001, which becomes 1."""
    plain = number(value)
    if plain is None or not -1e-6 <= plain <= 1 + 1e-6:
        return None
    return min(1, max(0, plain))


def text(value: object, length: int) -> str:
    """Returns a value as a text of at most `length` characters, in which a cut text ends with `…`."""
    full = _INVISIBLE.sub(" ", value if isinstance(value, str) else str(value))
    if not full.isascii():
        # Lone surrogates are replaced, and pairs of them joined.
        full = full.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return full if len(full) <= length else full[: length - 1] + "…"


def optional_text(value: object, length: int) -> str | None:
    """Returns `text` of a value; None where there is none, or where nothing is left of it."""
    return None if value is None else text(value, length) or None


def without_none(values: Mapping[str, Json]) -> dict[str, Json]:
    """Returns the entries that have a value."""
    return {key: value for key, value in values.items() if value is not None}


def readable(value: object) -> str:
    """Returns a value as a warning shows it, on one short line."""
    try:
        return text(repr(value), 80)
    except Exception:
        # A class of the program may fail here.
        return f"an object of the class {type(value).__name__}"


def metric_name(name: object, warn: Warn) -> str | None:
    """Returns the name of a metric with `_` for characters that the protocol does not allow; None if nothing is left."""
    if isinstance(name, str) and _METRIC_NAME.fullmatch(name) and name != "__proto__":
        return name
    clean = _METRIC_CHARACTERS.sub("_", str(name))[: limits.METRIC_NAME]
    if not clean.strip("_") or clean == "__proto__":
        warn(f"metric {readable(name)}", f"The metric {readable(name)} is left out: expected a name of A-Z, a-z, 0-9, _ . / -.")
        return None
    warn(
        f"metric {readable(name)}",
        f"The metric {readable(name)} is sent as {clean!r}: names are 1 to 64 of A-Z, a-z, 0-9, _ . / -.",
    )
    return clean


def wire_json(value: Json) -> str:
    """Returns compact JSON. Raises ValueError for a number that JSON does not have."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def utc(seconds: float) -> str:
    """Returns a time in UTC with milliseconds, such as 2026-11-24T10:00:00.123Z."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def settings_of(value: object) -> dict[Any, object] | None:
    """Returns the entries of a mapping, a dataclass or a namespace of `argparse` or `types`; None for any other value."""
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Unlike `dataclasses.asdict`, without a deep copy of the values, which may be large.
        names = [field.name for field in dataclasses.fields(value)]
        return {name: getattr(value, name) for name in names if hasattr(value, name)}
    if isinstance(value, (argparse.Namespace, types.SimpleNamespace)):
        return dict(vars(value))
    return None


def flatten(settings: Mapping[Any, object], prefix: str = "", parents: tuple[object, ...] = ()) -> Iterable[tuple[str, object]]:
    """
    Yields the settings of nested mappings, dataclasses and namespaces, with names joined by dots. An object that contains itself
    is replaced by `…` where it recurs.
    """
    for key, value in settings.items():
        name = f"{prefix}{key}"
        nested = settings_of(value) if len(parents) < 8 else None
        if any(value is each for each in parents):
            yield name, "…"
        elif nested is not None:
            yield from flatten(nested, f"{name}.", (*parents, value))
        else:
            yield name, value


_SNAKE_CASE = {
    "batch_size": "batchSize",
    "learning_rate": "learningRate",
    "train_size": "trainSize",
    "test_size": "testSize",
}


def _rate(value: object) -> float | int | None:
    plain = None if isinstance(value, bool) else number(value)
    return plain if plain is not None and math.isfinite(plain) and plain >= 0 else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= limits.NAME else None


_KNOWN_SETTINGS: dict[str, Callable[[object], Json]] = {
    "epochs": lambda value: count(value, 1),
    "batchSize": lambda value: count(value, 1),
    "learningRate": _rate,
    "optimizer": _name,
    "schedule": _name,
    "augment": lambda value: value if isinstance(value, bool) else None,
    "seed": lambda value: count(value, -limits.MAX_INTEGER),
    "trainSize": count,
    "testSize": count,
    "engine": _name,
}


def wire_config(settings: Mapping[Any, object], warn: Warn) -> dict[str, Json]:
    """
    Returns the settings of a run in the form of the protocol: flat, at most 200 keys and 16 kB.

    The known settings may be written `batch_size` or `batchSize`. A known setting with a value that the protocol does not
    allow, such as a learning rate of "auto", is sent as `config.learningRate`.
    """
    found: dict[str, Json] = {}
    left_out = 0
    size = 2
    for key, value in islice(flatten(settings), limits.READ_SETTINGS):
        if len(found) >= limits.CONFIG_KEYS:
            # Not converted, because the texts of many large objects take long.
            left_out += 1
            continue
        name = text(_SNAKE_CASE.get(key, key), limits.NAME)
        known = _KNOWN_SETTINGS.get(name)
        if known is not None and value is not None and (typed := known(value)) is not None:
            setting: Json = typed
        else:
            setting = _setting(value)
            if known is not None and setting is not None:
                name = f"config.{name}"
        entry = len(json.dumps({name: setting}, ensure_ascii=False).encode("utf-8", "replace"))
        if name == "__proto__" or size + entry > limits.CONFIG_BYTES:
            left_out += 1
            continue
        size += entry
        found[name] = setting
    if left_out:
        warn("config", f"{left_out} settings of config are left out: expected at most 200, and 16 kB as JSON.")
    return found


def _setting(value: object) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str) and (plain := measure(value)) is not None:
        return plain
    try:
        return text(value, limits.LINE)
    except Exception:
        # A class of the program may fail here.
        return readable(value)


def counts(values: list[Any]) -> list[int | None]:
    """Returns `count` of each value. Plain numbers are converted together, because a matrix may have a million of them."""
    kinds = set(map(type, values))
    if kinds and kinds <= {int, float} and min(values) >= 0 and max(values) <= limits.MAX_INTEGER:
        try:
            whole: list[int | None] = list(map(int, values))
        except ValueError:
            whole = []  # NaN compares as neither smaller nor larger.
        if whole == values:
            return whole
    return [count(each) for each in values]


def first(values: Any, maximum: int) -> Any:
    """Returns at most the first `maximum` elements, before anything is converted."""
    try:
        return values[:maximum]
    except Exception:
        return list(islice(values, maximum))


def array_of(value: Any) -> Any:
    """Returns an array with the methods of NumPy for an array or a tensor of numbers; None for other values."""
    for attribute in ("detach", "cpu"):
        method = getattr(value, attribute, None)
        if callable(method):
            value = method()
    if not hasattr(value, "tobytes") and callable(numpy := getattr(value, "numpy", None)):
        try:
            value = numpy()
        except Exception:
            return None  # Some types of tensors, such as bfloat16, are unknown to NumPy.
    is_array = all(hasattr(value, each) for each in ("shape", "astype", "transpose", "tobytes"))
    return value if is_array and getattr(value.dtype, "kind", None) in ("b", "f", "i", "u") else None


def numbers_of(value: Any) -> Any:
    """
    Returns an array with the methods of NumPy for an array or a tensor of numbers, and for nested lists of them where NumPy is
    installed, which converts a million numbers in a tenth of the time. None for other values.
    """
    array = array_of(value)
    if array is not None or not isinstance(value, (list, tuple)):
        return array
    try:
        import numpy

        array = numpy.array(value)
    except Exception:
        # NumPy is not installed, or the lists have different lengths or other values.
        return None
    return array if array.dtype.kind in "bfiu" else None


def whole_numbers(value: Any, maximum: int = limits.MAX_INTEGER) -> Any:
    """Returns whole numbers from 0 to `maximum` as an array of NumPy; None if any value is something else, or there are none."""
    array = numbers_of(value)
    if array is None or array.size == 0:
        return None
    smallest, largest = float(array.min()), float(array.max())  # NaN compares as neither smaller nor larger.
    if not (smallest >= 0 and largest <= maximum) or (array.dtype.kind == "f" and (array != array.round()).any()):
        return None
    return array.astype("int64")


def plain_list(value: object) -> list[Any]:
    """Returns a list, tuple, NumPy array or tensor as nested lists."""
    for attribute in ("detach", "cpu"):
        method = getattr(value, attribute, None)
        if callable(method):
            value = method()
    array = array_of(value)
    if array is not None:
        plain: Any = array.tolist()
        if isinstance(plain, list):
            return plain
    tolist = getattr(value, "tolist", None)
    if not callable(tolist) and callable(numpy := getattr(value, "numpy", None)):
        tolist = numpy().tolist
    result: Any = tolist() if callable(tolist) else value
    if isinstance(result, list) and set(map(type, result)) <= {int, float, str, bool}:
        return list(result)
    return [plain_list(each) if has_elements(each) else each for each in result]


def has_elements(value: object) -> bool:
    """Returns whether a value is a list, a tuple, or an array or a tensor of at least one dimension."""
    return isinstance(value, (list, tuple)) or bool(getattr(value, "ndim", 0))
