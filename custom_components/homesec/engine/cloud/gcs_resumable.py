"""The protocol of a resumable upload, from its session URI to the object.

https://cloud.google.com/storage/docs/performing-resumable-uploads. Not by Google's library: that
cannot resume in another process, logs the URI (which is as good as a password), and would make a
stop wait.
"""

from http.client import HTTPException, HTTPResponse
import json
import re
import socket
from typing import TYPE_CHECKING, Any, BinaryIO, override
from urllib.parse import urlsplit

from ..core.http_connection import TimedConnection
from .errors import ChecksumMismatch, StorageError, StorageUnreachable, TransferStopped
from .gcs_errors import error_from_response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from .transfer import Throttle

TIMEOUT_S = 4.0
"""For connecting, for each piece, and for the answer; short, since a stop waits for it. What has
arrived before counts, so a timeout costs one request."""
PIECE_BYTES = 16 * 2**10
UNSENT_BYTES = 32 * 2**10
"""What the kernel may buffer. It would take megabytes, and on a slow line the answer would then not
come within the time limit."""

type Answer = int | dict[str, Any]
"""How many bytes have arrived, or the finished object's resource."""


class SessionGoneError(Exception):
    """The storage has forgotten the upload (they last a week): it has to begin anew."""


class LocalReadError(Exception):
    """The local disk failed, not the network."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


class _Connection(TimedConnection):
    @override
    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


class UploadSession:
    """One upload, begun in this process or in an earlier one."""

    def __init__(self, uri: str, total: int, *, stop: Event, throttle: Throttle) -> None:
        self._parts = urlsplit(uri)
        self._total = total
        self._stop = stop
        self._throttle = throttle
        self._connection: _Connection | None = None

    def query(self) -> Answer:
        """Ask how much has arrived."""
        return self.send(None, 0, 0)

    def close(self) -> None:
        """Close the connection; the upload itself can be resumed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, stream: BinaryIO | None, start: int, end: int) -> Answer:
        """Send the bytes from ``start`` up to, not including, ``end``."""
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
            if self._connection is None:
                self._connection = _Connection(self._parts, connect_s=TIMEOUT_S, read_s=TIMEOUT_S)
            connection = self._connection
            connection.request("PUT", path, body=body, headers=headers)
            response = connection.getresponse()
            content = response.read()
        # Without a cause: its message may contain the URI, and be logged.
        except OSError, HTTPException:
            self.close()
            raise (TransferStopped if self._stop.is_set() else StorageUnreachable) from None
        except LocalReadError as err:
            self.close()
            raise err.error from None
        except BaseException:
            self.close()
            raise
        return _parse(response, content)

    def _pieces(self, stream: BinaryIO, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes at the allowed speed, until a stop."""
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
            if self._stop.wait(self._throttle.delay_s(len(piece))):
                raise TransferStopped
            left -= len(piece)
            yield piece


def _parse(response: HTTPResponse, content: bytes) -> Answer:
    match response.status:
        case 200 | 201:
            return _parse_resource(content)
        case 308:
            # "bytes=0-42"; without the header, nothing has arrived
            last = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("Range", ""))
            return int(last.group(1)) + 1 if last else 0
        case 404 | 410:
            raise SessionGoneError
        case status:
            error = error_from_response(status, response.headers, content)
            # A session that is damaged or of another bucket is a bad request.
            if status == 400 and type(error) is StorageError:
                raise SessionGoneError
            raise error


def _parse_resource(content: bytes) -> dict[str, Any]:
    try:
        resource = json.loads(content)
    except ValueError:
        resource = None
    if not isinstance(resource, dict):
        raise StorageUnreachable
    return resource
