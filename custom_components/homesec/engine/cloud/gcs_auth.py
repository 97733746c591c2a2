"""Logins to Google, and the HTTP session that uses them."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
import math
from typing import TYPE_CHECKING, Any, override
from urllib.parse import urlsplit

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account
import requests

from ..core.connect import connect
from .errors import KeyInvalid, StorageUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.auth.credentials import Credentials

    from ..core.clock import Clock

SCOPES = ("https://www.googleapis.com/auth/devstorage.read_write",)
"""Objects with their metadata, but not their access control, which takes full_control."""

REACHABLE_S = 10.0
"""How long after a response the host is taken to be reachable."""
CONNECT_S = 4.0


def credentials_from_key(key: Mapping[str, Any]) -> Credentials:
    """Return the login of a service-account key, as Google's JSON file has it.

    Raises KeyInvalid, without a cause: its message may contain a piece of the key.
    """
    try:
        if key.get("type") != "service_account":
            raise KeyInvalid
        credentials: Credentials = service_account.Credentials.from_service_account_info(
            dict(key), scopes=SCOPES
        )
    except (ValueError, TypeError, AttributeError, GoogleAuthError) as err:
        raise KeyInvalid(reason=type(err).__name__) from None
    return credentials


class LoginSession(AuthorizedSession):
    """A session that logs in, never retries by itself, and compares the clocks.

    The library's own retries a login four times with each of dozens of addresses, each time with
    the whole time limit: no stop could wait for that.
    """

    def __init__(self, credentials: Credentials, clock: Clock) -> None:
        self._plain = requests.Session()
        super().__init__(credentials, auth_request=Request(self._plain))  # type: ignore[no-untyped-call]
        self._clock = clock
        self._answered_t = -math.inf
        self.skew_s = 0.0
        """How far this machine's clock was ahead of Google's at the last response."""
        for session in (self, self._plain):
            session.hooks["response"].append(self._compare_clocks)

    @override
    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        if self._clock.monotonic() - self._answered_t > REACHABLE_S:
            _check_reachable(url)
        response: requests.Response = super().request(method, url, *args, **kwargs)  # type: ignore[no-untyped-call]
        return response

    @override
    def close(self) -> None:
        self._plain.close()
        super().close()  # type: ignore[no-untyped-call]

    def _compare_clocks(self, response: requests.Response, *_: object, **__: object) -> None:
        self._answered_t = self._clock.monotonic()
        try:
            date = parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:  # a proxy may leave it out
            return
        self.skew_s = self._clock.now() - date.timestamp()


def _check_reachable(url: str) -> None:
    """Raise StorageUnreachable if no connection is made within ``CONNECT_S``."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        connect(parts.hostname or "", port, CONNECT_S).close()
    except OSError as err:
        raise StorageUnreachable from err
