"""The connection to Twilio: within time limits, never tried again by itself, never logged.

The ``twilio`` package asks through it. Its own logs every address and field, and the library below
that logs every address; there are numbers in them. It has no time limit for a name that is not
resolved, and does not tell whether a request that failed may have arrived.
"""

from __future__ import annotations

from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPSConnection
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Any, override
from urllib.parse import urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from ..core.connect import connect
from .errors import TextUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    import ssl
    from urllib.parse import SplitResult

_LOGGER = logging.getLogger(__name__)

CONNECT_S = 5.0
"""With the encryption: by then a request is on its way, or never will be. ``recipient.SETTLE_S``
relies on that."""
READ_S = 10.0
"""For the answer."""
REDIRECT = "HOMESEC_TWILIO_API"
"""The environment's variable that names a stand-in for Twilio's API, for tests."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ANSWER_LIMIT = 4 * 2**20


class Transport(HttpClient):  # type: ignore[misc]  # the library has no types
    """Asks each question on a connection of its own: a kept one may be dead without telling."""

    is_async = False
    timeout: float | None = None

    def __init__(self) -> None:
        """Ask Twilio, or whoever the environment names on this very machine.

        Raises TextUnreachable when it names another one.
        """
        # Not the library's: versions before 9 have none.
        self._instead = _redirect()
        self.status = 0
        """Of the last answer."""
        self.headers: Mapping[str, str] = {}

    @override
    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Ask one question. Raises TextUnreachable."""
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, urlencode(params or {}, doseq=True))))
        sent = dict(headers or {}) | {"Connection": "close"}
        if auth is not None:
            sent["Authorization"] = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
        body = urlencode(data, doseq=True).encode() if data else None
        target = f"{parts.path}?{query}" if query else parts.path
        self.status, self.headers, answer = self._asked(parts, method, target, body, sent)
        return Response(self.status, answer.decode("utf-8", "replace"))

    def _asked(
        self,
        parts: SplitResult,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = _connection(self._instead or parts)
        # No causes: what they say of the address may end in a log.
        try:
            connection.connect()
        except OSError:
            raise TextUnreachable from None
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, dict(response.headers), response.read(_ANSWER_LIMIT)
        except OSError, HTTPException:
            raise TextUnreachable(maybe_sent=True) from None
        finally:
            connection.close()


class _Plain(HTTPConnection):
    @override
    def connect(self) -> None:
        self.sock = connect(self.host, self.port, CONNECT_S)
        _settle(self.sock)


class _Encrypted(HTTPSConnection):
    _context: ssl.SSLContext

    @override
    def connect(self) -> None:
        until = time.monotonic() + CONNECT_S
        sock = connect(self.host, self.port, CONNECT_S)
        try:
            sock.settimeout(max(0.1, until - time.monotonic()))
            self.sock = self._context.wrap_socket(sock, server_hostname=self.host)
            _settle(self.sock)
        except OSError:
            sock.close()
            raise


def _connection(parts: SplitResult) -> HTTPConnection:
    kind = _Encrypted if parts.scheme == "https" else _Plain
    return kind(parts.hostname or "", parts.port)


def _settle(sock: socket.socket) -> None:
    sock.settimeout(READ_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _redirect() -> SplitResult | None:
    """Return where to ask instead of Twilio; only this very machine is taken."""
    wanted = os.environ.get(REDIRECT)
    if not wanted:
        return None
    parts = urlsplit(wanted)
    if parts.scheme in ("http", "https") and parts.hostname in LOOPBACK:
        return parts
    _LOGGER.error("%s may only name an address of this machine, so nothing is sent", REDIRECT)
    raise TextUnreachable
