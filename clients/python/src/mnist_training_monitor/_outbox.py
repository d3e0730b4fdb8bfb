"""Events that the gateway has not acknowledged, in files of bounded size."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from . import _limits as limits

_PREFIX = "mnist-training-monitor-"


@dataclass
class _Segment:
    """One file of the outbox, or a part of the same size in memory."""

    path: Path | None
    descriptor: int
    size: int = 0
    memory: bytearray = field(default_factory=bytearray)

    def append(self, data: bytes) -> None:
        """Writes all of the data, or raises OSError and leaves the segment as it was."""
        if self.path is None:
            self.memory += data
        else:
            written = 0
            try:
                os.lseek(self.descriptor, self.size, os.SEEK_SET)
                while written < len(data):
                    written += os.write(self.descriptor, data[written:])
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self.descriptor, self.size)
                raise
        self.size += len(data)

    def read(self, offset: int, length: int) -> bytes:
        if self.path is None:
            return bytes(self.memory[offset : offset + length])
        os.lseek(self.descriptor, offset, os.SEEK_SET)
        return os.read(self.descriptor, min(length, self.size - offset))

    def remove(self) -> None:
        if self.path is not None:
            with contextlib.suppress(OSError):
                os.close(self.descriptor)
            with contextlib.suppress(OSError):
                self.path.unlink()


class Outbox:
    """
    A queue of events on disk: appended by the recorder, read by the connection, and removed when acknowledged.

    Each event is one line of JSON without its run and its number, which follows from its position. Memory holds one buffer,
    and the lengths of the events that were read and not acknowledged, which the window of the connection bounds.
    """

    def __init__(
        self, max_bytes: int = limits.OUTBOX_BYTES, parent: str | os.PathLike[str] | None = None, name: str = "run"
    ) -> None:
        """
        :param parent: The folder in which `open` creates the folder of this outbox.
        :param name: A part of the new folder's name, by which a person finds it.
        """
        self._lock = threading.Lock()
        self._parent = parent
        self._name = name
        self._max_bytes = max_bytes
        # The bound is at least eight segments, because the space of acknowledged events is free only when a whole segment
        # of them is deleted.
        self._segment_bytes = min(limits.SEGMENT_BYTES, max(1, max_bytes // 8))
        self._segments: deque[_Segment] = deque()
        self._bytes = 0
        self._appended = 0
        self._removed = 0
        # Lengths of the lines that were read and not yet acknowledged; the first begins at `_offset` of the first segment.
        self._lengths: deque[int] = deque()
        self._offset = 0
        self._read_segment = 0
        self._read_offset = 0
        self._buffer = b""
        self._buffer_at = 0
        # Events that precede those in the files, and how many of them were read.
        self._front: deque[bytes] = deque()
        self._front_read = 0
        self.folder: Path | None = None
        self.problem: str | None = None

    def open(self) -> None:
        """Creates the folder. Where that fails, `problem` is the reason, and the events wait in memory."""
        try:
            _remove_stale_folders(Path(self._parent or tempfile.gettempdir()))
            self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-{self._name}-", dir=self._parent))
        except (OSError, TypeError, ValueError) as error:
            # A folder that is no path is a TypeError, and one with a null character a ValueError.
            self.problem = str(error)
            self._max_bytes = min(self._max_bytes, limits.MEMORY_OUTBOX_BYTES)

    def __len__(self) -> int:
        """Returns the number of events that are not acknowledged."""
        with self._lock:
            return len(self._front) + self._appended - self._removed

    @property
    def bytes_used(self) -> int:
        """Size of the files. It includes acknowledged events of the first file until that file is deleted."""
        return self._bytes

    @property
    def unread(self) -> int:
        """Number of events that `read` has not returned."""
        with self._lock:
            return self._unread()

    def has_room(self) -> bool:
        """Returns whether at least a quarter of the bound is free."""
        return self._bytes <= self._max_bytes * 3 // 4

    def append(self, lines: list[bytes]) -> int:
        """Appends events. Returns how many of them fitted below the bound. Raises OSError if the disk refuses them."""
        with self._lock:
            appended = 0
            chunk: list[bytes] = []
            size = 0
            segment = self._segments[-1] if self._segments else None
            for line in lines:
                length = len(line) + 1
                if self._bytes + size + length > self._max_bytes:
                    break
                if segment is None or (segment.size + size + length > self._segment_bytes and segment.size + size > 0):
                    self._write(segment, chunk, size)
                    appended += len(chunk)
                    chunk, size = [], 0
                    segment = self._open_segment()
                chunk.append(line)
                size += length
            self._write(segment, chunk, size)
            return appended + len(chunk)

    def read(self, max_events: int, max_bytes: int) -> list[bytes]:
        """Returns the next unread events, at most `max_events`. The last one is that with which they reach `max_bytes`."""
        with self._lock:
            lines: list[bytes] = []
            size = 0
            while len(lines) < max_events and size < max_bytes:
                line = self._next_line()
                if line is None:
                    break
                lines.append(line)
                size += len(line)
            return lines

    def acknowledge(self, number: int) -> None:
        """Removes the first `number` events of those that were read."""
        with self._lock:
            for _ in range(number):
                if self._front:
                    if self._front_read == 0:
                        return
                    self._front.popleft()
                    self._front_read -= 1
                elif self._lengths:
                    self._offset += self._lengths.popleft()
                    self._removed += 1
                    self._remove_acknowledged_segments()
                else:
                    return

    def rewind(self) -> None:
        """Makes `read` return all events again that are not acknowledged."""
        with self._lock:
            self._lengths.clear()
            self._front_read = 0
            self._read_segment, self._read_offset = 0, self._offset
            self._buffer, self._buffer_at = b"", 0

    def prepend(self, lines: list[bytes]) -> None:
        """Puts a few events before all others. Call it after `rewind`."""
        with self._lock:
            self._front.extendleft(reversed(lines))

    def close(self) -> None:
        """Deletes the files."""
        with self._lock:
            for segment in self._segments:
                segment.remove()
            self._segments.clear()
            self._front.clear()
            self._lengths.clear()
            self._buffer = b""
            self._bytes = 0
            self._removed = self._appended
            self._offset = self._read_offset = self._read_segment = self._front_read = 0
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _unread(self) -> int:
        return len(self._front) - self._front_read + self._appended - self._removed - len(self._lengths)

    def _write(self, segment: _Segment | None, lines: list[bytes], size: int) -> None:
        if segment is None or not lines:
            return
        segment.append(b"\n".join(lines) + b"\n")
        self._bytes += size
        self._appended += len(lines)

    def _open_segment(self) -> _Segment:
        if self.folder is None:
            segment = _Segment(None, -1)
        else:
            path = self.folder / f"{self._appended:012}.jsonl"
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            segment = _Segment(path, os.open(path, flags, 0o600))
        self._segments.append(segment)
        return segment

    def _next_line(self) -> bytes | None:
        if self._front_read < len(self._front):
            line = self._front[self._front_read]
            self._front_read += 1
            return line
        if self._appended - self._removed - len(self._lengths) == 0:
            return None
        while True:
            end = self._buffer.find(b"\n", self._buffer_at)
            if end >= 0:
                line = self._buffer[self._buffer_at : end]
                self._buffer_at = end + 1
                self._lengths.append(len(line) + 1)
                return line
            self._fill_buffer()

    def _fill_buffer(self) -> None:
        rest = self._buffer[self._buffer_at :]
        segment = self._segments[self._read_segment]
        if self._read_offset >= segment.size:
            # Lines do not continue in the next segment, so nothing is left in the buffer here.
            self._read_segment += 1
            self._read_offset = 0
            segment = self._segments[self._read_segment]
        data = segment.read(self._read_offset, limits.READ_BYTES)
        if not data:
            raise OSError("a file of the outbox is shorter than what was written to it")
        self._read_offset += len(data)
        self._buffer, self._buffer_at = rest + data, 0

    def _remove_acknowledged_segments(self) -> None:
        while len(self._segments) > 1 and self._offset >= self._segments[0].size:
            segment = self._segments.popleft()
            segment.remove()
            self._bytes -= segment.size
            self._offset -= segment.size
            self._read_segment -= 1
            if self._read_segment < 0:
                self._read_segment, self._read_offset = 0, self._offset
        # The last segment is removed when everything in it is acknowledged, unless it is still small.
        last = self._segments[0]
        if len(self._segments) == 1 and self._offset == last.size >= self._segment_bytes // 4:
            last.remove()
            self._segments.clear()
            self._bytes = self._offset = self._read_segment = self._read_offset = 0
            self._buffer, self._buffer_at = b"", 0


def _remove_stale_folders(parent: Path) -> None:
    """Deletes the outboxes of this user whose processes were killed some days ago."""
    if not hasattr(os, "getuid"):
        return
    before = time.time() - limits.STALE_OUTBOX_SECONDS
    for entry in parent.glob(f"{_PREFIX}*-*"):
        with contextlib.suppress(OSError):
            status = entry.lstat()
            is_old = status.st_uid == os.getuid() and status.st_mtime < before
            if is_old and stat.S_ISDIR(status.st_mode) and not _is_running(entry.name):
                shutil.rmtree(entry, ignore_errors=True)


def _is_running(folder: str) -> bool:
    """Returns whether the process that created the folder of an outbox may still run."""
    pid = folder.removeprefix(_PREFIX).split("-")[0]
    if not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
