"""The connection to Twilio: with time limits, without retries, and without logs.

The ``twilio`` package would log every address and field, and the library below it every address:
they contain numbers. It has no time limit for looking up a name, and does not tell whether a failed
request may have arrived.
"""

from base64 import b64encode
from http.client import HTTPException
import logging
import os
from typing import TYPE_CHECKING, Any, override
from urllib.parse import urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from ..core.http_connection import TimedConnection
from .errors import TextUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

_LOGGER = logging.getLogger(__name__)

CONNECT_S = 5.0
"""TLS included. After that, a request has been sent or never will be: ``worker.SETTLE_S`` relies on
it."""
READ_S = 10.0
REDIRECT = "HOMESEC_TWILIO_API"
"""The environment variable with the address of a stand-in for Twilio's API, for tests."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RESPONSE_LIMIT_BYTES = 4 * 2**20


class TwilioTransport(HttpClient):  # type: ignore[misc]  # the library has no types
    """Sends each request on a new connection, since a kept one may be dead without notice."""

    is_async = False
    timeout: float | None = None

    def __init__(self) -> None:
        """Raise TextUnreachable if the environment names a stand-in on another machine."""
        # Not the library's own ``__init__``, which versions before 9 don't have.
        self._redirect = _redirect()
        self.status = 0  # of the last response
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
        """Send one request. Raises TextUnreachable."""
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, urlencode(params or {}, doseq=True))))
        target = f"{parts.path}?{query}" if query else parts.path
        sent = dict(headers or {}) | {"Connection": "close"}
        if auth is not None:
            sent["Authorization"] = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
        body = urlencode(data, doseq=True).encode() if data else None
        address = self._redirect or parts
        connection = TimedConnection(address, connect_s=CONNECT_S, read_s=READ_S)
        # Without causes: their messages contain the address, and may be logged.
        try:
            connection.connect()
        except OSError:
            raise TextUnreachable from None
        try:
            connection.request(method, target, body=body, headers=sent)
            response = connection.getresponse()
            content = response.read(_RESPONSE_LIMIT_BYTES)
        except OSError, HTTPException:
            raise TextUnreachable(maybe_sent=True) from None
        finally:
            connection.close()
        self.status, self.headers = response.status, dict(response.headers)
        return Response(self.status, content.decode("utf-8", "replace"))


def _redirect() -> SplitResult | None:
    """Return the address of a stand-in, which can only be on this machine; None for Twilio."""
    wanted = os.environ.get(REDIRECT)
    if not wanted:
        return None
    parts = urlsplit(wanted)
    if parts.scheme in ("http", "https") and parts.hostname in LOOPBACK:
        return parts
    _LOGGER.error("%s must be an address of this machine, so nothing is sent", REDIRECT)
    raise TextUnreachable
