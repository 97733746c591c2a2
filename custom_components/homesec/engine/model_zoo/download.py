"""Download one file of the manifest: resumable, and verified by its hash."""

from dataclasses import dataclass
from functools import cached_property
import hashlib
from http import HTTPStatus
from http.client import HTTPException
import os
from typing import TYPE_CHECKING, Any, override
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..core.damaged_files import is_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from http.client import HTTPResponse
    from pathlib import Path
    from threading import Event

    from .manifest import ModelFile

    type Fetch = Callable[[Request, float], HTTPResponse]
    """Opens a request within a time limit in seconds, as ``urllib.request.urlopen`` does."""

TIMEOUT_S = 4.0  # for connecting and for each read; short, since a stop waits for it
TRIES = 3  # requests in a row without any data before an address is given up
LIMIT_BYTES = 64 * 2**20  # largest file whose size the manifest does not know
CHUNK_BYTES = 64 * 2**10


class DownloadFailed(Exception):  # noqa: N818 - collects reasons, raised at the end
    """No address returned the file."""

    def __init__(self) -> None:
        self.reasons: list[str] = []  # one per address, beginning with its host
        self.wrong_file = False  # whether an address returned something else


class WrongFileError(Exception):
    """An address returns something that the manifest does not name."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """The download of one file into a folder."""

    file: ModelFile
    folder: Path
    fetch: Fetch
    stop: Event
    pause_s: float  # between requests
    on_progress: Callable[[int], None]  # gets the bytes on disk

    @cached_property
    def _part(self) -> Path:
        # The hash in its name keeps a part of another version from being continued.
        return self.folder / f"{self.file.name}.{self.file.sha256[:8]}.part"

    def run(self) -> None:
        """Get the file from the first address that has it; raises DownloadFailed.

        The partial file of an interrupted download stays in the folder and is continued next time.
        """
        failed = DownloadFailed()
        for url in self.file.urls:
            host = urlsplit(url).hostname
            try:
                self._part.parent.mkdir(parents=True, exist_ok=True)
                if os.path.lexists(self._part) and not is_regular_file(self._part):
                    self._part.unlink()  # opening a pipe would block
                self._fill(url)
                if digest(self._part) != self.file.sha256:
                    raise WrongFileError
                self._part.replace(self.folder / self.file.name)
            except WrongFileError:
                self._part.unlink(missing_ok=True)
                failed.wrong_file = True
                failed.reasons.append(f"{host}: not the expected file")
            except HTTPError as err:
                failed.reasons.append(f"{host}: HTTP {err.code}")
            except (OSError, HTTPException) as err:
                failed.reasons.append(f"{host}: {err.reason if isinstance(err, URLError) else err}")
            else:
                return
            if self.stop.is_set():
                break
        raise failed

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _fill(self, url: str) -> None:
        """Request what is missing until the file is complete, as long as data arrives."""
        failures = 0
        while self.file.bytes is None or self._size() != self.file.bytes:
            before = self._size()
            try:
                self._request(url)
            except (OSError, HTTPException) as err:
                if isinstance(err, HTTPError):
                    err.close()
                    if err.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                        self._part.unlink(missing_ok=True)
                    elif err.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                        raise
                failures = 0 if self._size() > before else failures + 1
                if failures == TRIES or self.stop.wait(self.pause_s):
                    raise
            else:
                return

    def _request(self, url: str) -> None:
        """Append the body of one response; raises unless the file is complete afterwards."""
        have = self._size()
        request = Request(url, headers={"User-Agent": "HomeSec"})  # noqa: S310 - https only
        if have:
            request.add_header("Range", f"bytes={have}-")
        with self.fetch(request, TIMEOUT_S) as response:
            first, total = _content_range(response.status, response.headers)
            if first not in (0, have):
                self._part.unlink()
                raise HTTPException("not the range that was asked for")
            if total is not None and self.file.bytes not in (None, total):
                raise WrongFileError
            have = self._receive(response, first)
        if have < (self.file.bytes or total or 0):
            raise HTTPException("the connection broke off")

    def _receive(self, response: HTTPResponse, first: int) -> int:
        """Write a body that begins at byte ``first`` of the file; return the new size."""
        have = first
        with self._part.open("ab" if first else "wb") as out:
            while chunk := response.read1(CHUNK_BYTES):
                have += len(chunk)
                if have > (self.file.bytes or LIMIT_BYTES):
                    raise WrongFileError
                out.write(chunk)
                self.on_progress(have)
                if self.stop.is_set():
                    raise InterruptedError("stopped")
            out.flush()
            os.fsync(out.fileno())
        return have


def _content_range(status: int, headers: Message) -> tuple[int, int | None]:
    """Return the first byte of a response's body, and the size of the whole file."""
    if status == HTTPStatus.PARTIAL_CONTENT:
        # RFC 9110, 14.4: "bytes 100-199/200"; the size may be "*"
        span, _, total = headers.get("Content-Range", "").rpartition("/")
        first = span.removeprefix("bytes ").partition("-")[0]
        return int(first) if first.isdigit() else -1, int(total) if total.isdigit() else None
    length = headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


class _HttpsOnly(HTTPRedirectHandler):
    """Follows redirects to https only: release files are redirected to a storage host."""

    @override
    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if not newurl.startswith("https://"):
            raise URLError("redirected away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch_https(request: Request, timeout_s: float) -> HTTPResponse:
    """Open a request with the system's certificates and proxies."""
    response: HTTPResponse = build_opener(_HttpsOnly).open(request, timeout=timeout_s)
    return response
