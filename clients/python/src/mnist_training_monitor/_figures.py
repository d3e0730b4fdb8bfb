"""Builds the content of `figure`: a PNG, or a table."""

from __future__ import annotations

import base64
import io
import os
import struct
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from . import _limits as limits
from ._values import Json, Warn, first, measure, plain_list, readable, text, wire_json

_TABLE = '{"columns": ["name", …], "rows": [[value, …], …]}, {"name": [value, …]} or [{"name": value}, …]'
#: The signature of PNG, and its first chunk, which begins with width and height.
_PNG = b"\x89PNG\r\n\x1a\n"
_IHDR = b"\0\0\0\rIHDR"
#: How files of other formats begin.
_FORMATS = {b"\xff\xd8\xff": "a JPEG", b"GIF8": "a GIF", b"RIFF": "a WebP", b"%PDF": "a PDF", b"<": "an SVG or another text"}


def figure(title: str, image: object, table: object, warn: Warn) -> dict[str, Json] | None:
    """Returns the image or the table of a figure; None, with a warning, if it is left out."""
    if (image is None) == (table is None):
        given = "neither" if image is None else "both"
        warn(f"figure {title}", f"The figure {title!r} is left out: expected either an image or a table, got {given}.")
        return None
    if table is not None:
        try:
            return {"table": _table(title, table, warn)}
        except Exception:
            warn(f"figure {title}", f"The table {title!r} is left out: expected {_TABLE}, got {readable(table)}.")
            return None
    png = _png(image)
    problem = _problem(png)
    if problem is not None:
        warn(f"figure {title}", f"The figure {title!r} is left out: {problem}.")
        return None
    return {"image": base64.b64encode(png).decode("ascii")}


def _problem(png: bytes) -> str | None:
    """Describes why the gateway would refuse an image; None if it takes it."""
    if not png.startswith(_PNG + _IHDR) or len(png) < 24:
        kind = next((name for start, name in _FORMATS.items() if png.startswith(start)), "a file of another kind")
        return f"expected a PNG, got {kind if png else 'an empty file'}"
    width, height = struct.unpack(">II", png[16:24])
    if not 1 <= min(width, height) <= max(width, height) <= limits.FIGURE_SIDE:
        return f"expected a PNG of 1 to {limits.FIGURE_SIDE:,} pixels a side, got {width:,} × {height:,}"
    if len(png) > limits.FIGURE_BYTES:
        return f"expected a PNG of at most 128 kB, got {len(png) / 1024:.0f} kB"
    return None


def _table(title: str, table: object, warn: Warn) -> dict[str, Json]:
    # One row more than the limit is read, for the warning that rows are missing; further rows are not converted.
    read = limits.TABLE_ROWS + 1
    if isinstance(table, Mapping) and set(table) == {"columns", "rows"} and _has_lists(table["rows"]):
        columns = plain_list(table["columns"])
        rows = plain_list(first(table["rows"], read))
    elif isinstance(table, Mapping):
        if any(isinstance(each, (str, bytes)) for each in table.values()):
            raise TypeError("a text is not a column")
        columns = list(table)
        rows = [list(row) for row in zip(*(plain_list(first(table[each], read)) for each in columns), strict=False)]
    else:
        given: list[Mapping[Any, object]] = list(islice(table, read))  # type: ignore[call-overload]
        columns = list(dict.fromkeys(key for row in given for key in row))
        rows = [[row.get(each) for each in columns] for row in given]
    if not columns:
        raise ValueError("a table has at least one column")
    # Each row has a cell for each column.
    rows = [[*row, *[None] * len(columns)][: len(columns)] for row in rows]
    if len(columns) > limits.TABLE_COLUMNS or len(rows) > limits.TABLE_ROWS:
        warn(f"table {title}", f"The table {title!r} is cut: expected at most 200 rows and 20 columns.")
    columns = columns[: limits.TABLE_COLUMNS]
    cells = [[_cell(each) for each in row[: limits.TABLE_COLUMNS]] for row in rows[: limits.TABLE_ROWS]]
    data = {"columns": [text(each, limits.NAME) or " " for each in columns], "rows": cells}
    while cells and len(wire_json(data)) > limits.FIGURE_BYTES:
        del cells[len(cells) * 3 // 4 :]
    return data


def _has_lists(rows: object) -> bool:
    """Returns whether these are the rows of a table, and not the cells of a column that is named `rows`."""
    return all(isinstance(each, list) for each in plain_list(first(rows, limits.TABLE_ROWS + 1)))


def _cell(value: object) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str) and (plain := measure(value)) is not None:
        return plain
    return text(value, limits.TABLE_TEXT)


def _png(image: object) -> bytes:
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    if isinstance(image, (str, os.PathLike)):
        return Path(image).read_bytes()
    # A figure of matplotlib is saved with fewer dots per inch until the file is small enough.
    save = getattr(image, "savefig", None)
    if not callable(save):
        raise TypeError("expected a PNG as bytes or path, or a figure of matplotlib")
    png = b""
    for dots in (100, 72, 50):
        buffer = io.BytesIO()
        save(buffer, format="png", dpi=dots)
        png = buffer.getvalue()
        if _problem(png) is None:
            break
    return png
