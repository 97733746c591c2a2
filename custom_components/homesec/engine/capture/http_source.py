"""Read a camera over HTTP: every request stays with the host and port of the camera's URL.

FFmpeg gets the bytes from here and never opens a connection itself. Redirects and the addresses in
playlists (HLS) are followed to the same host and port only, unless the camera's settings allow
other hosts. Nothing but HTTP is followed anywhere: no local file, no other protocol.
"""

from http.client import HTTPException, HTTPResponse
from io import BufferedReader
import logging
import time
from typing import TYPE_CHECKING, cast

from ..core.errors import (
    InvalidSource,
    LoginRefused,
    OtherHostRefused,
    SourceError,
    SourceStalled,
    SourceTimeout,
    StreamNotFound,
)
from ..core.source_url import SourceUrl, parse_source_url
from ..media.limits import PACKET_BYTES, check_packet
from ..media.mp4_tables import StreamedTables
from .link import PinnedHost
from .login import Login

if TYPE_CHECKING:
    from collections.abc import Mapping
    import socket
    from threading import Event

    from ..core.types import SourceConfig
    from .link import Link

_LOGGER = logging.getLogger(__name__)

_MOST_REDIRECTS = 5
_READ_BYTES = 65536
_UNAUTHORIZED = 401
_MOST_BYTES = 2 * PACKET_BYTES  # for a packet, and what FFmpeg reads ahead or looks for it in
_SCHEMES = ("http", "https")
_FATAL = (OtherHostRefused, InvalidSource, LoginRefused)
"""Errors of a playlist's parts that a second try can't help."""


class HttpSource:
    """The requests of one opened source.

    FFmpeg can't be told why a request failed: ``error`` has it, and FFmpeg gets an empty file.
    """

    def __init__(
        self, config: SourceConfig, url: SourceUrl, login: Login, stop: Event, *, open_s: float
    ) -> None:
        """Send nothing yet. ``open_s``: time limit for each answer to begin."""
        self._config = config
        self._url = url
        self.login = login
        self._stop = stop
        self._open_s = open_s
        self._hosts: dict[tuple[str, str, int], PinnedHost] = {}
        self._files: list[HttpFile] = []
        self.error: SourceError | None = None
        self.until_t = 0.0  # monotonic time at which reads give up
        self.packet_bytes = 0  # that FFmpeg has read for the packet of now
        self.restart_limit(open_s)

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the camera's certificate."""
        pinned = self._hosts.get(self._url.origin)
        return pinned.fingerprint if pinned else None

    def open(self) -> HttpFile:
        """Request the camera's own URL. Raises ``SourceError``."""
        file = HttpFile(self, self._url)
        file.start()
        self._files.append(file)
        return file

    def open_part(self, url: str, _flags: int, options: Mapping[str, str]) -> HttpFile:
        """Request what a playlist names; PyAV calls it for FFmpeg."""
        self._files = [each for each in self._files if not each.closed]
        try:
            file = HttpFile(
                self,
                parse_source_url(url),
                first=int(options.get("offset", 0)),
                end=int(options.get("end_offset", 0)) or None,
            )
            if self.error is None:
                file.start()
        except (SourceError, ValueError) as err:
            error = err if isinstance(err, SourceError) else InvalidSource()
            _LOGGER.debug("A part of a playlist can't be read: %s", error.key)
            if isinstance(error, InvalidSource):
                error = OtherHostRefused(host="?")  # a file, or another protocol
            if isinstance(error, _FATAL) and self.error is None:
                self.error = error
            file = HttpFile(self, self._url)
        self._files.append(file)
        return file

    def restart_limit(self, limit_s: float) -> None:
        """Give FFmpeg this long for what it reads now.

        FFmpeg asks for bytes until it has a whole packet, and has no time limit with our files. So
        a limit for each read wouldn't end a camera that sends a byte per second. Bytes are limited,
        too, since FFmpeg keeps them all until then.
        """
        self.until_t = time.monotonic() + limit_s
        self.packet_bytes = 0

    def close(self) -> None:
        """Close all connections."""
        for file in self._files:
            file.close()

    def request(self, url: SourceUrl, first: int, end: int | None) -> HttpAnswer:
        """Return the answer to a request, after redirects and a login. Raises ``SourceError``."""
        until_t = time.monotonic() + self._open_s
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._request_with_login(url, first, end, until_t)
            location = answer.response.getheader("Location")
            if not 300 <= answer.response.status < 400 or not location:
                _raise_for_status(answer)
                return answer
            answer.close()
            try:
                url = url.join(location)
            except InvalidSource:
                raise OtherHostRefused(host="?") from None
        raise StreamNotFound

    def _request_with_login(
        self, url: SourceUrl, first: int, end: int | None, until_t: float
    ) -> HttpAnswer:
        pinned = self._pinned_host(url)
        # The login belongs to the camera, and to no other host.
        login = self.login if url.origin == self._url.origin else Login(None, None)
        for attempt in range(3):
            link = pinned.connect(max(0.1, until_t - time.monotonic()), self._stop)
            try:
                link.until_t = until_t
                link.send(_request_bytes(url, first, end, login.header("GET", url.target)))
                answer = HttpAnswer(link, url)
            except OSError, HTTPException, ValueError:
                link.close()
                raise SourceError from None
            except SourceError:
                link.close()
                raise
            if answer.response.status != _UNAUTHORIZED:
                return answer
            challenges = answer.response.headers.get_all("WWW-Authenticate", [])
            answer.close()
            login.accept(challenges, sent=attempt > 0)
        raise LoginRefused

    def _pinned_host(self, url: SourceUrl) -> PinnedHost:
        if url.scheme not in _SCHEMES or (
            url.origin != self._url.origin and not self._config.allow_other_hosts
        ):
            raise OtherHostRefused(host=url.authority)
        if url.origin not in self._hosts:
            self._hosts[url.origin] = PinnedHost(
                url, self._config, pins_certificate=url.origin == self._url.origin
            )
        return self._hosts[url.origin]


class HttpAnswer:
    """An answer whose header has been read."""

    def __init__(self, link: Link, url: SourceUrl) -> None:
        """Read the header. Raises ``SourceTimeout``, OSError, or HTTPException."""
        self.link = link
        self.url = url
        self.response = HTTPResponse(cast("socket.socket", _Readable(link)), method="GET")
        try:
            self.response.begin()
        except BaseException:
            self.response.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self.response.close()
        self.link.close()


class _Readable:
    """A link with the one method of a socket that ``HTTPResponse`` needs."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def makefile(self, _mode: str) -> BufferedReader:
        """Return the link as a file."""
        return BufferedReader(self._link, _READ_BYTES)


class HttpFile:
    """The body of an answer, as PyAV reads it. It raises nothing: see ``HttpSource.error``."""

    def __init__(
        self,
        source: HttpSource,
        url: SourceUrl,
        *,
        first: int = 0,
        end: int | None = None,
    ) -> None:
        """``first`` and ``end``: the bytes of the file to read."""
        self._source = source
        self._url = url
        self._end = end
        self._position = first
        self._size: int | None = None
        self._answer: HttpAnswer | None = None
        self._seekable = False
        self._tables = StreamedTables()
        self.closed = False
        self.content_type = ""
        self._ahead = b""  # read, and not returned yet

    @property
    def size(self) -> int | None:
        """Bytes of the file, as the answer says."""
        return self._size

    @property
    def name(self) -> str:
        """The URL that relative addresses refer to, without a login."""
        return self._url.without_login

    def start(self) -> None:
        """Send the request for the bytes from the position on. Raises ``SourceError``."""
        answer = self._source.request(self._url, self._position, self._end)
        self._answer, self._url, self._ahead = answer, answer.url, b""
        response = answer.response
        self.content_type = response.headers.get_content_type()
        partial = response.status == 206
        if self._position and not partial:
            self._skip(self._position)
        if response.length is not None:
            self._size = response.length + (self._position if partial else 0)
            self._seekable = partial or response.getheader("Accept-Ranges", "") == "bytes"

    def _skip(self, count: int) -> None:
        while count > 0 and (data := self._read(min(count, _READ_BYTES))):
            count -= len(data)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return whether the server sends parts of a file."""
        return self._seekable

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def peek(self, count: int) -> bytes:
        """Return at least ``count`` of the next bytes, unless the answer ends before.

        Raises ``SourceError``.
        """
        while len(self._ahead) < count and (data := self._receive(_READ_BYTES)):
            self._ahead += data
        return self._ahead

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the position; the next read requests what follows."""
        base = (0, self._position, self._size or 0)[whence]
        position = max(0, base + offset)
        if position != self._position and self._answer is not None:
            self._answer.close()
            self._answer = None
            self._ahead = b""
        self._position = position
        return position

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes as soon as there are some; none at the end or on errors."""
        try:
            if self._answer is None and not self._restart():
                return b""
            data = self._read(count)
            self._tables.feed(self._position, data)
        except SourceError as err:
            if self._source.error is None:
                self._source.error = err
            return b""
        self._position += len(data)
        return data

    def _restart(self) -> bool:
        if self.closed or not self._seekable or self._source.error is not None:
            return False
        if self._size is not None and self._position >= self._size:
            return False
        self.start()
        return True

    def _read(self, count: int) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:count], self._ahead[count:]
            return data
        return self._receive(count)

    def _receive(self, count: int) -> bytes:
        answer = self._answer
        if answer is None or self.closed or self._source.error is not None:
            return b""
        answer.link.until_t = self._source.until_t
        try:
            data = answer.response.read1(count)
        except SourceTimeout:
            raise SourceStalled from None
        except OSError, HTTPException, ValueError:
            return b""
        self._source.packet_bytes += len(data)
        check_packet(self._source.packet_bytes, _MOST_BYTES)
        return data

    def close(self) -> None:
        """Close the connection."""
        self.closed = True
        if self._answer is not None:
            self._answer.close()
            self._answer = None


def _request_bytes(url: SourceUrl, first: int, end: int | None, login: str | None) -> bytes:
    lines = [
        f"GET {url.target if url.target.startswith('/') else '/' + url.target} HTTP/1.1",
        f"Host: {url.authority}",
        "User-Agent: HomeSec",
        "Accept: */*",
        "Connection: close",
    ]
    if first or end:
        lines.append(f"Range: bytes={first}-{end - 1 if end else ''}")
    if login is not None:
        lines.append(f"Authorization: {login}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _raise_for_status(answer: HttpAnswer) -> None:
    status = answer.response.status
    if status < 300:
        return
    answer.close()
    if status in (_UNAUTHORIZED, 403):
        raise LoginRefused
    if 400 <= status < 500:
        raise StreamNotFound
    raise SourceError
