"""Answers of Google Cloud Storage as the engine's own errors."""

import json
import re
from typing import TYPE_CHECKING

from .errors import (
    BillingOff,
    BucketMissing,
    ChecksumMismatch,
    KeyRevoked,
    KmsDenied,
    ObjectConflict,
    ObjectMissing,
    PerimeterDenied,
    PolicyDenied,
    QuotaExceeded,
    RequesterPays,
    RetentionLocked,
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
_BILLING = {"accountdisabled", "billingdisabled", "billingnotenabled"}
_PROJECT = {"accessnotconfigured", "servicedisabled", "userprojectaccountproblem"}
_RETENTION = {"retentionpolicynotmet", "objectunderactivehold"}
_RETENTION_TEXT = re.compile(r"retention (policy|config)|object retention|active \w+(-\w+)? hold")
_KMS_TEXT = re.compile(r"cloud kms|cloudkms|cryptokey")
_PERIMETER = {"vpcservicecontrols", "securitypolicyviolated"}
_PERIMETER_TEXT = re.compile(r"vpcservicecontrols|vpc_service_controls|ip filtering")
_REQUESTER_PAYS = {"userprojectmissing", "userprojectinvalid", "userprojectaccessdenied"}
_REQUESTER_PAYS_TEXT = re.compile(
    r"requester.pays bucket but no user project|serviceusage\.services\.use"
    r"|user project specified in the request|unknown project id"
)
_POLICY_TEXT = re.compile(r"constraints/|violates constraint|organization policy|org policy")
_DENIED_TEXT = re.compile(r"does not have storage\.\w+\.\w+ access")
_PERMISSION = re.compile(r"storage\.[a-z]+\.[A-Za-z]+")
_SECRET = re.compile(r"(?<=\?)\S+|[\w+=-]{32,}")
"""Parts of a message that may be a signature, a token, or an upload's session."""
_LONG_RUN = re.compile(r"[\w+=/.-]{32,}")
_LAST_LINES = re.compile(r"\.\.\.(?: \S{12,}(?= |$))+")
"""What follows a secret may belong to it: the last line of a key is short."""
_MIXED = re.compile(r"(?=[^/.]*[a-z])(?=[^/.]*[A-Z])(?=[^/.]*\d)[^/.]{8,}")
"""A piece of base64, which may contain slashes; names of objects, keys, and policies aren't so."""
MAX_ANSWER = 300  # characters of a message in the log


def error_from_response(
    status: int,
    headers: Headers,
    body: bytes,
    *,
    missing: type[StorageError] = ObjectMissing,
) -> StorageError:
    """Return what an HTTP answer other than success means, with its text for the log."""
    reasons, message = _parse_error(body)
    error = _error(status, headers, reasons, message, missing)
    error.answer = _for_log(status, reasons, message)
    return error


def _error(  # noqa: PLR0911 - a table
    status: int, headers: Headers, reasons: set[str], message: str, missing: type[StorageError]
) -> StorageError:
    if status in (400, 403, 412) and (error := _refusal(reasons, message.lower())) is not None:
        return error
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
        case 408 | 409 | 429 | 500 | 502 | 503 | 504:
            return StorageBusy(retry_after_s=_retry_after_s(headers), status=str(status))
        case _:
            return StorageError(f"The cloud storage answers {status}", status=str(status))


def _for_log(status: int, reasons: set[str], message: str) -> str:
    """Return an answer as one short line, without what may be a secret."""
    text = _SECRET.sub("...", " ".join(message.split()))
    text = _LONG_RUN.sub(lambda run: "..." if _MIXED.search(run[0]) else run[0], text)
    text = _LAST_LINES.sub("...", text)[:MAX_ANSWER]
    return " ".join(filter(None, (f"HTTP {status}", *sorted(reasons), text)))


def _refusal(reasons: set[str], message: str) -> StorageError | None:  # noqa: PLR0911 - a table
    """Return what refuses the request other than a missing permission, if that is named."""
    if _DENIED_TEXT.search(message):  # it quotes the object's name, which may say anything
        return None
    if reasons & _RETENTION or _RETENTION_TEXT.search(message):
        return RetentionLocked()
    if reasons & _PERIMETER or _PERIMETER_TEXT.search(message):
        return PerimeterDenied()
    if _KMS_TEXT.search(message) or any(reason.startswith("kms") for reason in reasons):
        return KmsDenied()
    if reasons & _REQUESTER_PAYS or _REQUESTER_PAYS_TEXT.search(message):
        return RequesterPays()
    if _POLICY_TEXT.search(message):
        return PolicyDenied()
    if reasons & _BILLING or ("bill" in message and not _PERMISSION.search(message)):
        return BillingOff()
    return WrongProject() if reasons & _PROJECT else None


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
