"""Google's client library: the login to a bucket, and its exceptions as the engine's own errors.

Importing this takes a second.
"""

from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache
import json
import math
from typing import TYPE_CHECKING, Any, override
from urllib.parse import urlsplit

from google.api_core.exceptions import GoogleAPICallError, RetryError
import google.auth
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    RefreshError,
    TransportError,
)
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud.storage import Client
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2 import service_account
import requests
from urllib3.exceptions import HTTPError

from ..core.connect import connect
from .errors import (
    BucketMissing,
    ChecksumMismatch,
    ClockSkew,
    KeyInvalid,
    KeyRevoked,
    LoginMissing,
    ObjectMissing,
    StorageBusy,
    StorageDenied,
    StorageError,
    StorageUnreachable,
)
from .gcs_errors import error_from_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from google.auth.credentials import Credentials
    from google.cloud.storage import Bucket

    from ..core.clock import Clock

SCOPES = ("https://www.googleapis.com/auth/devstorage.read_write",)
"""Objects with their metadata, but not their access control, which takes full_control."""

REACHABLE_S = 10.0  # how long after a response the host is taken to be reachable
CONNECT_S = 4.0
RETRY = DEFAULT_RETRY.with_timeout(3.0)
"""For reads: less than a stop waits. Writes are tried again by the outbox."""
SKEW_LIMIT_S = 300.0  # what Google's login tolerates; a login refused within it has another reason
_LIBRARY_ERRORS = (
    GoogleAPICallError,
    RetryError,
    DataCorruption,
    InvalidResponse,
    GoogleAuthError,
    requests.RequestException,
    HTTPError,  # from a body that is read raw
)


class GcsClient:
    """A bucket and the login to it."""

    def __init__(
        self,
        bucket: str,
        *,
        key: Mapping[str, Any] | None,
        endpoint: str | None,
        clock: Clock,
        billed_project: str | None = None,
    ) -> None:
        """Log in with a service-account key, or the machine's own login.

        ``endpoint`` is the address of an emulator, None for Google. Raises KeyInvalid,
        LoginMissing, and BucketMissing for an impossible name.
        """
        self._session: LoginSession | None = None
        with self.translate_errors():
            if key is not None:
                credentials = credentials_from_key(key)
            elif endpoint is not None:
                credentials = AnonymousCredentials()
            else:  # the machine's own login, which asks the network
                credentials, _project = google.auth.default(scopes=SCOPES)
        self._session = LoginSession(credentials, clock)
        self._client = Client(
            project="unused",  # only needed to create or list buckets
            credentials=credentials,
            client_options={"api_endpoint": endpoint} if endpoint else None,
            _http=self._session,
        )
        # Otherwise the library asks for the bucket's own metadata, in a thread that no stop could
        # end and with a permission that a key for objects alone doesn't have.
        self._client._bucket_metadata_cache = None  # noqa: SLF001
        try:
            self.bucket: Bucket = self._client.bucket(bucket, user_project=billed_project)
        except ValueError:
            raise BucketMissing(bucket=bucket) from None
        self.signer = credentials if isinstance(credentials, service_account.Credentials) else None
        """A key that can sign URLs."""
        self.retry = RETRY

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._client.close()

    def translate_errors(
        self, missing: type[StorageError] = ObjectMissing
    ) -> AbstractContextManager[None]:
        """Return a context that raises StorageError for what the library raises in it.

        ``missing`` is what a 404 means there.
        """
        return translate_errors(lambda: self._session.skew_s if self._session else 0.0, missing)


@contextmanager
def translate_errors(
    skew_s: Callable[[], float], missing: type[StorageError] = ObjectMissing
) -> Iterator[None]:
    """See ``GcsClient.translate_errors``; ``skew_s`` is called after a failure.

    The library's exception is kept as the cause. It contains the request's URL, which is no secret
    as long as no upload session goes through the library; see ``gcs_resumable``.
    """
    try:
        yield
    except _LIBRARY_ERRORS as err:
        raise _storage_error(err, missing, skew_s()) from err


def _storage_error(  # noqa: PLR0911 - a table
    err: BaseException, missing: type[StorageError], skew_s: float
) -> StorageError:
    match err:
        case RetryError() if err.cause is not None:  # retried until the time was up
            return _storage_error(err.cause, missing, skew_s)
        case GoogleAPICallError() | InvalidResponse():
            return _response_error(err.response, missing, skew_s)
        case DataCorruption():
            return ChecksumMismatch()
        case RefreshError():
            return _login_error(err, skew_s)
        case DefaultCredentialsError():
            return LoginMissing()
        case GoogleAuthError() if not isinstance(err, TransportError):
            return StorageDenied(type(err).__name__)
        case _:
            return StorageUnreachable()


def _response_error(
    response: requests.Response | None, missing: type[StorageError], skew_s: float
) -> StorageError:
    if response is None:
        return StorageUnreachable()
    error = error_from_response(
        response.status_code, response.headers, response.content, missing=missing
    )
    if isinstance(error, KeyRevoked) and abs(skew_s) > SKEW_LIMIT_S:
        return ClockSkew(skew_s=f"{skew_s:.0f}")
    return error


def _login_error(err: RefreshError, skew_s: float) -> StorageError:
    if err.retryable:
        return StorageBusy()
    # "Token must be a short-lived token … Check your iat and exp values in the JWT claim."
    if abs(skew_s) > SKEW_LIMIT_S or "iat and exp" in str(err):
        return ClockSkew(skew_s=f"{skew_s:.0f}")
    return KeyRevoked()


@lru_cache(maxsize=2)
def _checked(key: str) -> service_account.Credentials:
    """Return the login of a key in JSON: to check that its numbers are primes takes long."""
    login: service_account.Credentials
    login = service_account.Credentials.from_service_account_info(json.loads(key))
    return login


def credentials_from_key(key: Mapping[str, Any]) -> Credentials:
    """Return the login of a service-account key, as Google's JSON file has it.

    Raises KeyInvalid, without a cause: its message may contain a piece of the key.
    """
    try:
        if key.get("type") != "service_account":
            raise KeyInvalid
        credentials: Credentials = _checked(json.dumps(dict(key))).with_scopes(SCOPES)
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
        self.skew_s = 0.0  # how far this machine's clock was ahead of Google's at the last response
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
