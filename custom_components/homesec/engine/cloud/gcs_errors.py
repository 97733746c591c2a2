"""Answers of Google Cloud Storage as the engine's own errors."""

import json
import re
from typing import TYPE_CHECKING

from .errors import (
    BucketMissing,
    ChecksumMismatch,
    KeyRevoked,
    ObjectConflict,
    ObjectMissing,
    QuotaExceeded,
    StorageBusy,
    StorageDenied,
    StorageError,
    WrongProject,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    type Headers = Mapping[str, str] | Message[str, str]

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
_PERMISSION = re.compile(r"storage\.[a-z]+\.[A-Za-z]+")


def error_from_response(  # noqa: PLR0911 - a table
    status: int,
    headers: Headers,
    body: bytes,
    *,
    missing: type[StorageError] = ObjectMissing,
) -> StorageError:
    """Return what an HTTP answer other than success means."""
    reasons, message = _parse_error(body)
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


def _parse_error(body: bytes) -> tuple[set[str], str]:
    """Return the reasons (lowercase letters only) and the message of an error's JSON."""
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
