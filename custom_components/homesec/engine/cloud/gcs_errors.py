"""What Google Cloud Storage answers and its libraries raise, as the engine's own errors."""

from __future__ import annotations

from contextlib import contextmanager
import json
import re
from typing import TYPE_CHECKING

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    RefreshError,
    TransportError,
)
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from requests import RequestException, Response
from urllib3.exceptions import HTTPError

from .errors import (
    BucketMissing,
    ChecksumMismatch,
    ClockSkew,
    KeyRevoked,
    LoginMissing,
    ObjectConflict,
    ObjectMissing,
    QuotaExceeded,
    StorageBusy,
    StorageDenied,
    StorageError,
    StorageUnreachable,
    WrongProject,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from email.message import Message

    type Headers = Mapping[str, str] | Message[str, str]

SKEW_LIMIT_S = 300.0
"""What Google's login tolerates; a login refused within it has another reason."""
# https://cloud.google.com/storage/docs/json_api/v1/status-codes, and the reasons of the API gateway
_QUOTA = {"quotaexceeded", "dailylimitexceeded", "ratelimitexceeded", "userratelimitexceeded"}
_PROJECT = {
    "accessnotconfigured",
    "accountdisabled",
    "billingnotenabled",
    "servicedisabled",
    "userprojectaccountproblem",
    "userprojectmissing",
}
_RAISED = (
    GoogleAPICallError,
    RetryError,
    DataCorruption,
    InvalidResponse,
    GoogleAuthError,
    RequestException,
    HTTPError,  # from a body that is read raw
)
_PERMISSION = re.compile(r"storage\.[a-z]+\.[A-Za-z]+")


@contextmanager
def told_apart(
    *, skew_s: Callable[[], float], missing: type[StorageError] = ObjectMissing
) -> Iterator[None]:
    """Turn what the libraries raise into StorageError; ``missing`` is what a 404 means here.

    What they raise is kept as the cause. It names the request's address, which holds no secret as
    long as no upload session goes through them; see ``gcs_session``.
    """
    try:
        yield
    except _RAISED as err:
        raise _meaning(err, missing, skew_s()) from err


def _meaning(  # noqa: PLR0911 - a table
    err: BaseException, missing: type[StorageError], skew_s: float
) -> StorageError:
    match err:
        case RetryError() if err.cause is not None:  # tried again until there was no more time
            return _meaning(err.cause, missing, skew_s)
        case GoogleAPICallError() | InvalidResponse():
            return _answer(err.response, missing, skew_s)
        case DataCorruption():
            return ChecksumMismatch()
        case RefreshError():
            return _login_refused(err, skew_s)
        case DefaultCredentialsError():
            return LoginMissing()
        case GoogleAuthError() if not isinstance(err, TransportError):
            return StorageDenied(type(err).__name__)
        case _:
            return StorageUnreachable()


def refused(  # noqa: PLR0911 - a table
    status: int,
    headers: Headers,
    body: bytes,
    *,
    missing: type[StorageError] = ObjectMissing,
) -> StorageError:
    """Return what an HTTP answer other than success means."""
    reasons, message = _told(body)
    if reasons & _PROJECT or (status == 403 and "billing" in message.lower()):
        return WrongProject()
    match status:
        case 400 if re.search("md5|crc32c|checksum", message, re.IGNORECASE):
            return ChecksumMismatch()
        case 401:
            return KeyRevoked()
        case 403 if reasons & _QUOTA:
            return QuotaExceeded()
        case 403:
            permission = _PERMISSION.search(message)
            return StorageDenied(permission=permission.group() if permission else "")
        case 404:
            return BucketMissing() if "bucket does not exist" in message.lower() else missing()
        case 412:
            return ObjectConflict()
        case 408 | 429 | 500 | 502 | 503 | 504:
            return StorageBusy(retry_after_s=_retry_after_s(headers), status=str(status))
        case _:
            return StorageError(f"The cloud storage answers {status}", status=str(status))


def _answer(response: Response | None, missing: type[StorageError], skew_s: float) -> StorageError:
    if response is None:
        return StorageUnreachable()
    error = refused(response.status_code, response.headers, response.content, missing=missing)
    if isinstance(error, KeyRevoked) and abs(skew_s) > SKEW_LIMIT_S:
        return ClockSkew(skew_s=f"{skew_s:.0f}")
    return error


def _login_refused(err: RefreshError, skew_s: float) -> StorageError:
    if err.retryable:
        return StorageBusy()
    # "Token must be a short-lived token … Check your iat and exp values in the JWT claim."
    if abs(skew_s) > SKEW_LIMIT_S or "iat and exp" in str(err):
        return ClockSkew(skew_s=f"{skew_s:.0f}")
    return KeyRevoked()


def _told(body: bytes) -> tuple[set[str], str]:
    """Return the reasons, in small letters only, and the text of an error's JSON, if it is one."""
    try:
        match json.loads(body):
            case {"error": {**error}}:
                entries = [*_dicts(error.get("errors")), *_dicts(error.get("details"))]
                reasons = {re.sub("[^a-z]", "", str(e.get("reason")).lower()) for e in entries}
                return reasons, str(error.get("message"))
    except ValueError:
        pass
    return set(), body[:200].decode(errors="replace")


def _dicts(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _retry_after_s(headers: Headers) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None
