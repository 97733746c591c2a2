"""The wire protocol of a resumable upload, from the address that began it to the object.

https://cloud.google.com/storage/docs/performing-resumable-uploads. Not through the library: it
cannot go on in another process, its connection logs every address it asks (this one is as good as a
password), and a stop would have to wait for it.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPResponse
import json
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any, BinaryIO, override
from urllib.parse import urlsplit

from ..core.connect import connect
from .errors import ChecksumMismatch, StorageError, StorageUnreachable, TransferStopped
from .gcs_errors import refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event
    from urllib.parse import SplitResult

    from .transfer import Throttle

TIMEOUT_S = 4.0
"""For connecting, for each piece and for the answer; short, since a stop waits for it. What arrived
before counts, so a time limit costs one question."""
PIECE_BYTES = 16 * 2**10
UNSENT_BYTES = 32 * 2**10
"""What the kernel may hold back unsent. Otherwise it takes megabytes at once, and on a slow line
the answer would not come within the time limit."""


class SessionGoneError(Exception):
    """The storage has forgotten this upload (they last a week): begin it anew."""


class LocalReadError(Exception):
    """The local disk, not the line."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


class _Connection(HTTPConnection):
    """A connection that is quick to fail and keeps little back."""

    def __init__(self, address: SplitResult) -> None:
        self._tls = ssl.create_default_context() if address.scheme == "https" else None
        port = address.port or (443 if self._tls else 80)
        super().__init__(address.hostname or "", port, timeout=TIMEOUT_S)

    @override
    def connect(self) -> None:
        sock = connect(self.host, self.port, TIMEOUT_S)
        sock.settimeout(TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        try:
            self.sock = (
                self._tls.wrap_socket(sock, server_hostname=self.host) if self._tls else sock
            )
        except OSError:
            sock.close()
            raise


class UploadSession:
    """One upload, wherever it was begun. Each answer is the object, or how many bytes are there."""

    def __init__(self, uri: str, total: int, *, stop: Event, throttle: Throttle) -> None:
        self._parts = urlsplit(uri)
        self._total = total
        self._stop = stop
        self._throttle = throttle
        self._connection: HTTPConnection | None = None

    def where(self) -> int | dict[str, Any]:
        """Ask how far it came."""
        return self._put(None, 0, 0)

    def send(self, stream: BinaryIO, start: int, end: int) -> int | dict[str, Any]:
        """Send the bytes from ``start`` up to, not including, ``end``."""
        return self._put(stream, start, end)

    def close(self) -> None:
        """Close the connection; the upload itself stays."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _put(self, stream: BinaryIO | None, start: int, end: int) -> int | dict[str, Any]:
        span = f"{start}-{end - 1}" if end > start else "*"
        headers = {
            "Content-Length": str(end - start),
            "Content-Range": f"bytes {span}/{self._total}",
            "User-Agent": "HomeSec",
        }
        body = self._pieces(stream, start, end) if stream is not None else None
        path = f"{self._parts.path}?{self._parts.query}"
        if self._stop.is_set():
            raise TransferStopped
        try:
            connection = self._connected()
            connection.request("PUT", path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        # No cause: what it says of the address may end in a log.
        except OSError, HTTPException:
            self.close()
            if self._stop.is_set():
                raise TransferStopped from None
            raise StorageUnreachable from None
        except LocalReadError as err:
            self.close()
            raise err.error from None
        except BaseException:
            self.close()
            raise
        return self._understand(response, answer)

    def _connected(self) -> HTTPConnection:
        if self._connection is None:
            self._connection = _Connection(self._parts)
        if self._connection.sock is None:
            self._connection.connect()
        return self._connection

    def _pieces(self, stream: BinaryIO, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes as slowly as is allowed, as long as nobody says stop."""
        try:
            stream.seek(start)
        except OSError as err:
            raise LocalReadError(err) from None
        left = end - start
        while left:
            try:
                piece = stream.read(min(PIECE_BYTES, left))
            except OSError as err:
                raise LocalReadError(err) from None
            if not piece:
                raise ChecksumMismatch("The file became shorter while it was sent")
            if self._stop.wait(self._throttle.take(len(piece))):
                raise TransferStopped
            left -= len(piece)
            yield piece

    def _understand(self, response: HTTPResponse, answer: bytes) -> int | dict[str, Any]:
        match response.status:
            case 200 | 201:
                return _resource(answer)
            case 308:
                # "bytes=0-42"; no header: nothing has arrived
                last = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("Range", ""))
                return int(last.group(1)) + 1 if last else 0
            case 404 | 410:
                raise SessionGoneError
            case status:
                error = refused(status, response.headers, answer)
                # A session that is damaged or of another bucket is "bad", not "gone".
                if status == 400 and type(error) is StorageError:
                    raise SessionGoneError
                raise error


def _resource(answer: bytes) -> dict[str, Any]:
    try:
        resource = json.loads(answer)
    except ValueError:
        resource = None
    if not isinstance(resource, dict):
        raise StorageUnreachable
    return resource
