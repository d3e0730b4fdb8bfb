"""Sends files of the run to the gateway, on a thread of its own: snapshots of the weights, and the test images."""

from __future__ import annotations

import hashlib
import ssl
import threading
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit

from . import _limits as limits
from ._clock import Clock, retry_seconds
from ._connection import LOOPBACK
from ._values import text
from ._warnings import Warnings

Kind = Literal["snapshots", "test-images"]
_STORED = (201, 204)
_REFUSED = (401, 403)
_TOO_LARGE_OR_TOO_MANY = (409, 413)


class Send(Protocol):
    """Sends a request for a file of the run. Returns the status of the answer. Raises OSError where there is none."""

    def __call__(self, method: Literal["PUT", "DELETE"], path: str, body: bytes | None = None) -> int: ...


@dataclass
class Upload:
    """A file that waits to be sent."""

    kind: Kind
    #: Returns the content. Called on the thread of the uploads.
    read: Callable[[], bytes]
    #: The data of the event `snapshot`, without digest and size.
    data: dict[str, Any]
    #: Size of the weights that it keeps in memory.
    size: int = 0
    #: Position among the snapshots of the run; 0 for test images.
    index: int = 0
    content: bytes | None = None
    attempts: int = 0


def files_url(socket_url: str, run_id: str) -> str:
    """Returns the address below which the gateway takes the files of a run: `http://HOST/runs/ID/` for `ws://HOST/ingest`."""
    parts = urlsplit(socket_url)
    scheme = {"ws": "http", "wss": "https"}[parts.scheme]
    path = f"{parts.path.rstrip('/').rpartition('/')[0]}/runs/{run_id}/"
    return urlunsplit((scheme, parts.netloc.rpartition("@")[2], path, "", ""))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token is for the named gateway only."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def http_sender(url: str, token: str | None, context: ssl.SSLContext | None) -> Send:
    """Returns a function that sends requests to the addresses below `url`."""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if urlsplit(url).hostname in LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)

    def send(method: Literal["PUT", "DELETE"], path: str, body: bytes | None = None) -> int:
        headers = {"Content-Type": "application/octet-stream"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(url + path, data=body, headers=headers, method=method)
        try:
            with opener.open(request, timeout=limits.CONNECT_SECONDS) as answer:
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code

    return send


class Uploads:
    """
    A bounded list of files for the gateway.

    A run has at most 64 snapshots. When there are more, every second one is removed, and from then on only every second
    one of those that are offered is sent, so that they stay evenly spaced. The last one is sent in any case.
    """

    def __init__(
        self,
        send: Send,
        warn: Warnings,
        emit: Callable[[str, dict[str, Any]], None],
        *,
        is_ready: Callable[[], bool],
        clock: Clock | None = None,
    ) -> None:
        """
        :param emit: Emits an event.
        :param is_ready: Whether the gateway has stored an event of the run: before, it takes no files.
        """
        self._send = send
        self._warn = warn
        self._emit = emit
        self._is_ready = is_ready
        self._clock = clock or Clock()
        # A signal handler may end the run while the same thread holds this lock.
        self._lock = threading.RLock()
        self._waiting: deque[Upload] = deque()
        # The newest snapshot that the spacing left out: sent if it is the last one.
        self._spare: Upload | None = None
        self._offered = 0
        self._is_complete = False
        self._stride = 1
        self._stored: dict[int, str] = {}
        self._dropped = 0
        self._failures = 0
        self._is_refused = False
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no file waits."""
        return not self._waiting

    def add_test_images(self, content: bytes) -> None:
        """Sends the test images of the run."""
        self._add(Upload("test-images", lambda: content, {}))

    def add_snapshot(self, read: Callable[[], bytes], data: dict[str, Any], size: int) -> None:
        """
        Sends a snapshot, unless it is left out to keep at most 64 in the run, evenly spaced.

        :param size: Size of the copied weights in bytes.
        """
        with self._lock:
            upload = Upload("snapshots", read, data, size, self._offered)
            self._offered += 1
            if upload.index % self._stride != 0:
                self._spare = upload
                return
            self._spare = None
            self._add(upload)

    def finish(self) -> None:
        """Sends the last snapshot that was offered, if the spacing left it out. No snapshot is offered after it."""
        with self._lock:
            self._is_complete = True
            spare, self._spare = self._spare, None
            if spare is not None:
                self._add(spare)

    def close(self, seconds: float) -> int:
        """Drops the files that wait and ends the thread. Returns the number of files that were dropped."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)
        with self._lock:
            dropped = len(self._waiting)
            for upload in self._waiting:
                self._count_drop(upload)
            self._waiting.clear()
        self._report_drops()
        return dropped

    def cancel(self) -> None:
        """Drops the waiting files and all later ones, without a report, because the gateway does not accept the run or files."""
        with self._lock:
            self._is_refused = True
            self._waiting.clear()
            self._spare = None

    def try_once(self) -> float | None:
        """Sends the first file. Returns the seconds to wait before the next attempt; None if the file no longer waits."""
        with self._lock:
            upload = self._waiting[0] if self._waiting else None
        if upload is None:
            return None
        if not self._is_ready():
            return limits.FIRST_RETRY_SECONDS
        try:
            self._deliver(upload)
        except OSError:
            # The connection that sends the events reports that the gateway cannot be reached.
            return self._seconds_to_retry()
        except Exception as error:
            self._warn(
                f"upload {type(error).__name__}",
                f"{_NAMES[upload.kind]} left out ({text(error, 300)}); training continues.",
            )
            self._remove(upload)
        return None if upload not in self._waiting else self._seconds_to_retry()

    def _run(self) -> None:
        while not self._closing.is_set():
            seconds = self.try_once()
            if seconds is not None:
                self._clock.wait(self._closing, seconds)
            elif not self._waiting:
                self._wake.wait()
                self._wake.clear()

    def _add(self, upload: Upload) -> None:
        with self._lock:
            if self._is_refused or self._closing.is_set():
                return
            self._waiting.append(upload)
            snapshots = deque(each for each in self._waiting if each.kind == "snapshots")
            size = sum(each.size for each in snapshots)
            # The newest one waits in any case.
            while len(snapshots) > 1 and (size > limits.WAITING_SNAPSHOT_BYTES or len(snapshots) > limits.SNAPSHOTS):
                oldest = snapshots.popleft()
                size -= oldest.size
                self._waiting.remove(oldest)
                self._count_drop(oldest)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mnist-training-monitor-files", daemon=True)
                self._thread.start()
        self._wake.set()

    def _deliver(self, upload: Upload) -> None:
        if upload.content is None:
            upload.content = upload.read()
        content = upload.content
        if upload.kind == "snapshots" and len(self._stored) >= limits.SNAPSHOTS:
            self._thin_out(upload)
        digest = hashlib.sha256(content).hexdigest()
        status = self._send("PUT", f"{upload.kind}/{digest}", content)
        self._failures = 0
        upload.attempts += 1
        if status in _STORED:
            self._remove(upload)
            if upload.kind == "snapshots":
                self._stored[upload.index] = digest
                self._report_drops()
                self._emit("snapshot", {**upload.data, "digest": digest, "bytes": len(content)})
        elif status in _REFUSED:
            self._refuse(status)
        elif status in _TOO_LARGE_OR_TOO_MANY or upload.attempts >= limits.UPLOAD_ATTEMPTS:
            self._remove(upload)
            self._count_drop(upload)
            self._warn(f"upload {status}", f"{_NAMES[upload.kind]} left out: the gateway answered with {status}.")

    def _thin_out(self, current: Upload) -> None:
        """
        Removes every second snapshot: from the gateway, and from those that wait behind `current`. Raises OSError where the
        gateway cannot be reached.
        """
        stride = self._stride * 2
        for index in [each for each in self._stored if each % stride != 0]:
            digest = self._stored[index]
            # Snapshots with equal weights are one file.
            if list(self._stored.values()).count(digest) == 1:
                self._send("DELETE", f"snapshots/{digest}")
            del self._stored[index]
        with self._lock:
            self._stride = stride
            for upload in [each for each in self._waiting if each is not current and each.index % stride != 0]:
                # The newest one is not lost: it is the last one of the run, or will be if no other follows.
                is_newest = upload.index == self._offered - 1
                if is_newest and self._is_complete:
                    continue
                self._waiting.remove(upload)
                if is_newest:
                    self._spare = upload

    def _remove(self, upload: Upload) -> None:
        with self._lock:
            if upload in self._waiting:
                self._waiting.remove(upload)
            elif upload.kind == "snapshots":
                # It was dropped while it arrived at the gateway.
                self._dropped -= 1

    def _count_drop(self, upload: Upload) -> None:
        if upload.kind == "snapshots":
            self._dropped += 1

    def _report_drops(self) -> None:
        with self._lock:
            number = self._dropped
            self._dropped = 0
        if number == 0:
            return
        what = "1 snapshot was" if number == 1 else f"{number} snapshots were"
        message = f"{what} dropped, because the gateway did not take them in time."
        self._warn("snapshots", message)
        self._emit("notice", {"level": "warning", "code": "snapshots.dropped", "message": message, "value": number})

    def _refuse(self, status: int) -> None:
        self.cancel()
        self._warn("uploads", f"Snapshots and test images are left out: the gateway does not take files (status {status}).")

    def _seconds_to_retry(self) -> float:
        self._failures += 1
        return retry_seconds(self._failures)


_NAMES: dict[Kind, str] = {"snapshots": "A snapshot of the weights is", "test-images": "The test images are"}
