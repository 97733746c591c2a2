"""The verified, resumable download of one file of the catalogue."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from http.client import HTTPException
import os
from typing import TYPE_CHECKING, Any, Protocol, Self, override
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..core.damaged_files import is_regular

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path
    from threading import Event

    from .manifest import ModelFile

    type Fetch = Callable[[Request, float], Response]
    """Opens a request within a time limit in seconds, as ``urllib.request.urlopen`` does."""

TIMEOUT_S = 4.0
"""For connecting and for each read; short, since a stop waits for it. What is here is kept."""
TRIES = 3
"""Requests in a row that bring nothing, until an address is given up."""
LIMIT_BYTES = 64 * 2**20
"""Largest file whose size the catalogue does not know."""
CHUNK_BYTES = 64 * 2**10


class Response(Protocol):
    """What is used of ``http.client.HTTPResponse``."""

    status: int
    headers: Message

    def read1(self, n: int = -1, /) -> bytes:
        """Give what has arrived, up to ``n`` bytes; nothing at the end."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class DownloadFailed(Exception):  # noqa: N818 - a report that grows, raised at its end
    """No address gave the file."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        """One for each address, beginning with its host."""
        self.wrong = False
        """An address gave something that is not the file."""


class WrongFileError(Exception):
    """What an address gives is not what the catalogue names."""


class Download:
    """One file on its way into a folder."""

    def __init__(
        self,
        file: ModelFile,
        folder: Path,
        *,
        fetch: Fetch,
        stop: Event,
        pause_s: float = 1.0,
        tell: Callable[[int], None],
    ) -> None:
        """Prepare; ``tell`` is told the bytes that are here, ``pause_s`` lies between requests."""
        self._file = file
        self._path = folder / file.name
        # Named by its hash too: a part of another version is never continued.
        self._part = folder / f"{file.name}.{file.sha256[:8]}.part"
        self._fetch = fetch
        self._stop = stop
        self._pause_s = pause_s
        self._tell = tell

    def run(self) -> None:
        """Fetch the file from the first address that gives it; raises DownloadFailed.

        What a broken-off download brought stays in the folder and is continued by the next.
        """
        failed = DownloadFailed()
        for url in self._file.urls:
            host = urlsplit(url).hostname
            try:
                self._part.parent.mkdir(parents=True, exist_ok=True)
                if os.path.lexists(self._part) and not is_regular(self._part):
                    self._part.unlink()  # to open a pipe would block
                self._fill(url)
                self._finish()
            except WrongFileError:
                self._part.unlink(missing_ok=True)
                failed.wrong = True
                failed.reasons.append(f"{host}: not the expected file")
            except HTTPError as err:
                failed.reasons.append(f"{host}: HTTP {err.code}")
            except (OSError, HTTPException) as err:
                failed.reasons.append(f"{host}: {err.reason if isinstance(err, URLError) else err}")
            else:
                return
            if self._stop.is_set():
                break
        raise failed

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _finish(self) -> None:
        with self._part.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != self._file.sha256:
                raise WrongFileError
        self._part.replace(self._path)

    def _fill(self, url: str) -> None:
        """Request what is missing until the file is whole, as long as something arrives."""
        barren = 0
        while self._file.bytes is None or self._have() != self._file.bytes:
            before = self._have()
            problem: OSError | HTTPException
            try:
                self._request(url)
            except HTTPError as err:
                err.close()
                if err.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    self._part.unlink(missing_ok=True)
                elif err.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                problem = err
            except (OSError, HTTPException) as err:
                problem = err
            else:
                return
            barren = 0 if self._have() > before else barren + 1
            if barren == TRIES or self._stop.wait(self._pause_s):
                raise problem

    def _request(self, url: str) -> None:
        """Append what one response brings; raises unless the file has its full length then."""
        have = self._have()
        request = Request(url, headers={"User-Agent": "HomeSec"})  # noqa: S310 - https only
        if have:
            request.add_header("Range", f"bytes={have}-")
        with self._fetch(request, TIMEOUT_S) as response:
            first, total = _span(response.status, response.headers)
            if first not in (0, have):
                self._part.unlink()
                raise HTTPException("not the range that was asked for")
            if total is not None and self._file.bytes not in (None, total):
                raise WrongFileError
            have = self._receive(response, first)
        if have < (self._file.bytes or total or 0):
            raise HTTPException("the connection broke off")

    def _receive(self, response: Response, first: int) -> int:
        """Write a body that begins with byte ``first`` of the file; return how far that leads."""
        have = first
        with self._part.open("ab" if first else "wb") as out:
            while chunk := response.read1(CHUNK_BYTES):
                have += len(chunk)
                if have > (self._file.bytes or LIMIT_BYTES):
                    raise WrongFileError
                out.write(chunk)
                self._tell(have)
                if self._stop.is_set():
                    raise InterruptedError("stopped")
            out.flush()
            os.fsync(out.fileno())
        return have


def _span(status: int, headers: Message) -> tuple[int, int | None]:
    """Return the first byte that a response brings, and the size of the whole file."""
    if status == HTTPStatus.PARTIAL_CONTENT:
        # RFC 9110, 14.4: "bytes 100-199/200", the size may be "*"
        span, _, total = headers.get("Content-Range", "").rpartition("/")
        first = span.removeprefix("bytes ").partition("-")[0]
        return int(first) if first.isdigit() else -1, int(total) if total.isdigit() else None
    length = headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


class _HttpsOnly(HTTPRedirectHandler):
    """Release files are redirected to a storage host: by https too, or not at all."""

    @override
    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if not newurl.startswith("https://"):
            raise URLError("redirected away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_https(request: Request, timeout_s: float) -> Response:
    """Open a request with the system's certificates and proxies."""
    response: Response = build_opener(_HttpsOnly).open(request, timeout=timeout_s)
    return response
