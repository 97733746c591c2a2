"""How we log in to Google, and the connection that does."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
import math
from typing import TYPE_CHECKING, Any, override
from urllib.parse import urlsplit

import google.auth
from google.auth.credentials import AnonymousCredentials
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
"""Objects' contents and facts; not who may see them, which only full_control may change."""

FRESH_S = 10.0
"""After an answer, how long the network is taken to be there."""
REACH_S = 4.0


def key_credentials(key: Mapping[str, Any]) -> service_account.Credentials:
    """Return the login of a service-account key, as Google's JSON file has it.

    Raises KeyInvalid, without the cause: its text may hold a piece of what was pasted.
    """
    try:
        if key.get("type") != "service_account":
            raise KeyInvalid
        credentials: service_account.Credentials = (
            service_account.Credentials.from_service_account_info(dict(key), scopes=SCOPES)
        )
    except (ValueError, TypeError, AttributeError, GoogleAuthError) as err:
        raise KeyInvalid(reason=type(err).__name__) from None
    return credentials


def own_credentials() -> Credentials:
    """Return the machine's own login (application-default credentials); asks the network.

    Raises google.auth.exceptions.DefaultCredentialsError.
    """
    credentials, _project = google.auth.default(scopes=SCOPES)
    return credentials


def no_credentials() -> Credentials:
    """Return the login for an emulator, which wants none."""
    return AnonymousCredentials()


class LoginSession(AuthorizedSession):
    """A connection that logs in, never tries again by itself and compares the clocks.

    The library's own tries a login four times, and each of dozens of addresses, each time with the
    whole time limit; whoever is to stop within seconds cannot wait for that.
    """

    def __init__(self, credentials: Credentials, clock: Clock) -> None:
        self._plain = requests.Session()
        super().__init__(credentials, auth_request=Request(self._plain))  # type: ignore[no-untyped-call]
        self._clock = clock
        self._answered_at = -math.inf
        self.skew_s = 0.0
        """How far this machine's clock is ahead of Google's, as of the last answer."""
        for session in (self, self._plain):
            session.hooks["response"].append(self._compare_clocks)

    @override
    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        if self._clock.monotonic() - self._answered_at > FRESH_S:
            _reach(url)
        response: requests.Response = super().request(method, url, *args, **kwargs)  # type: ignore[no-untyped-call]
        return response

    @override
    def close(self) -> None:
        self._plain.close()
        super().close()  # type: ignore[no-untyped-call]

    def _compare_clocks(self, response: requests.Response, *_: object, **__: object) -> None:
        self._answered_at = self._clock.monotonic()
        try:
            told = parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:  # a proxy on the way need not tell the time
            return
        self.skew_s = self._clock.now() - told.timestamp()


def _reach(url: str) -> None:
    """Raise StorageUnreachable, soon, if nothing answers there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        connect(parts.hostname or "", port, REACH_S).close()
    except OSError as err:
        raise StorageUnreachable from err
