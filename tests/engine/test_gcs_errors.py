"""Errors of the storage and the login, and the check of a bucket; none reveals a secret."""

import base64
import json
import logging
import traceback

from engine_rig import FakeClock
from fault_proxy import Fault, Kind, google_error
from gcs_fixtures import CANARY, CHUNK, NEVER, cut_short, pem_lines, service_account, store, upload
from google.api_core.exceptions import RetryError, ServiceUnavailable
from google.auth.exceptions import DefaultCredentialsError, MutualTLSChannelError, RefreshError
from google.cloud.storage.exceptions import DataCorruption
import pytest
import requests

from custom_components.homesec.engine.cloud import gcs_client, gcs_upload
from custom_components.homesec.engine.cloud.errors import (
    BillingOff,
    BucketMissing,
    ChecksumMismatch,
    ClockSkew,
    KeyRevoked,
    KmsDenied,
    LoginMissing,
    ObjectConflict,
    ObjectMissing,
    PerimeterDenied,
    QuotaExceeded,
    RequesterPays,
    RetentionLocked,
    StorageBusy,
    StorageDenied,
    StorageError,
    StorageUnreachable,
    WrongProject,
)
from custom_components.homesec.engine.cloud.gcs_client import translate_errors
from custom_components.homesec.engine.cloud.gcs_errors import error_from_response
from custom_components.homesec.engine.cloud.object_store import ResumePoint, Rights
from custom_components.homesec.engine.cloud.transfer import download
from custom_components.homesec.engine.core.errors import HomeSecError

ALL = ("create", "get", "list", "delete")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 0.01)
    monkeypatch.setattr(gcs_client, "RETRY", gcs_client.RETRY.with_timeout(0.2))


@pytest.fixture
def bucket(gcs):
    with store(gcs, key=service_account(gcs)) as made:
        yield made


# --- responses and exceptions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "reason", "error"),
    [
        (400, 'Provided MD5 hash "x" doesn\'t match', "invalid", ChecksumMismatch),
        (400, "Bad", "invalid", StorageError),
        (400, "User project missing", "userProjectMissing", RequesterPays),
        (401, "Invalid Credentials", "authError", KeyRevoked),
        (403, "x does not have storage.objects.get access", "forbidden", StorageDenied),
        (403, "Quota exceeded", "quotaExceeded", QuotaExceeded),
        (403, "Rate limit", "rateLimitExceeded", QuotaExceeded),
        (403, "The API is off", "accessNotConfigured", WrongProject),
        (403, "The billing account is disabled", "accountDisabled", BillingOff),
        (403, "The billing account for the project is closed", "", BillingOff),
        (403, "The project to be billed is associated with an absent account", "", BillingOff),
        (403, "x lacks storage.objects.get access to billing/o", "forbidden", StorageDenied),
        (403, "Object 'b/o' is subject to bucket's retention policy", "", RetentionLocked),
        (403, "", "retentionPolicyNotMet", RetentionLocked),
        (403, "Object is under active Event-Based hold", "forbidden", RetentionLocked),
        (403, "", "objectUnderActiveHold", RetentionLocked),
        (403, "Permission denied on Cloud KMS key. Please ensure …", "forbidden", KmsDenied),
        (400, "The Cloud KMS key is disabled", "invalid", KmsDenied),
        (400, "", "kmsKeyDisabled", KmsDenied),
        (400, "Bucket is a requester pays bucket but no user project provided.", "", RequesterPays),
        (403, "x lacks serviceusage.services.use access to the project", "", RequesterPays),
        (403, "Prohibited by policy. vpcServiceControlsUniqueIdentifier: x", "", PerimeterDenied),
        (403, "", "vpcServiceControls", PerimeterDenied),
        (403, "", "SECURITY_POLICY_VIOLATED", PerimeterDenied),
        (404, "The specified bucket does not exist.", "notFound", BucketMissing),
        (404, "No such object: a/b", "notFound", ObjectMissing),
        (408, "", "", StorageBusy),
        (412, "", "conditionNotMet", ObjectConflict),
        (429, "", "rateLimitExceeded", StorageBusy),
        (500, "", "", StorageBusy),
        (503, "", "", StorageBusy),
        (418, "", "", StorageError),
    ],
)
def test_response_maps_to_error(status, message, reason, error):
    body = json.dumps(google_error(status, message, reason)).encode()
    assert type(error_from_response(status, {}, body)) is error


def test_reason_in_details_maps_to_error():
    body = b'{"error": {"message": "", "details": [{"reason": "SERVICE_DISABLED"}, 5]}}'
    assert isinstance(error_from_response(403, {}, body), WrongProject)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "x"}', b"\xff\xfe", b"null"])
def test_uninformative_body_maps_to_denied(body):
    assert type(error_from_response(403, {}, body)) is StorageDenied


def test_denied_error_names_missing_permission():
    error = error_from_response(403, {}, b"x does not have storage.objects.delete access")
    assert error.placeholders == {"permission": "storage.objects.delete"}


@pytest.mark.parametrize(("header", "seconds"), [("30", 30), ("soon", None), ("", None)])
def test_busy_error_has_retry_after_seconds(header, seconds):
    assert error_from_response(503, {"Retry-After": header}, b"").retry_after_s == seconds


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (requests.ConnectionError(), StorageUnreachable),
        (RetryError("", requests.Timeout()), StorageUnreachable),
        (ServiceUnavailable("without an answer"), StorageUnreachable),
        (RetryError("", None), StorageUnreachable),
        (DataCorruption(None), ChecksumMismatch),
        (DefaultCredentialsError(""), LoginMissing),
        (MutualTLSChannelError(""), StorageDenied),
        (RefreshError("", retryable=True), StorageBusy),
        (RefreshError("invalid_grant: account not found"), KeyRevoked),
        (RefreshError("Check your iat and exp values in the JWT claim"), ClockSkew),
    ],
)
def test_library_exception_maps_to_error(raised, error):
    with pytest.raises(error) as caught, translate_errors(lambda: 0.0):
        raise raised
    assert type(caught.value) is error


def test_other_exception_is_not_translated():
    with pytest.raises(FileNotFoundError), translate_errors(lambda: 0.0):
        raise FileNotFoundError


def test_every_error_has_unique_key_and_text():
    seen = {}
    for error in _all(StorageError):
        assert error.__doc__
        assert seen.setdefault(error.key, error) is error
        assert str(error()) == error.__doc__


def _all(base: type[HomeSecError]):
    yield base
    for each in base.__subclasses__():
        yield from _all(each)


# --- the network --------------------------------------------------------------------------------


def all_calls(bucket, tmp_path):
    """Yield a call of each of the store's methods."""
    yield lambda: bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)
    yield lambda: bucket.find("house/x")
    yield lambda: list(bucket.read("house/x"))
    yield lambda: download(bucket, "house/x", tmp_path / "y", stop=NEVER)
    yield lambda: bucket.delete("house/x")
    yield lambda: list(bucket.list())
    yield bucket.check_access


def test_refused_connection_makes_every_call_unreachable(gcs, bucket, tmp_path):
    gcs.faults.down()
    for ask in all_calls(bucket, tmp_path):
        with pytest.raises(StorageUnreachable):
            ask()
    gcs.faults.up()
    bucket.check_access()


def test_unavailable_storage_makes_every_call_busy(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=503, path="/b/", times=999))
    for ask in all_calls(bucket, tmp_path):
        with pytest.raises(StorageBusy):
            ask()


def test_missing_bucket_is_reported_by_every_call(gcs, tmp_path):
    with store(gcs, bucket="no-such-bucket") as bucket:
        for ask in all_calls(bucket, tmp_path):
            with pytest.raises(BucketMissing):
                ask()


def test_read_that_keeps_breaking_off_is_unreachable(gcs, bucket):
    gcs.put("house/x", b"x" * 100_000)
    gcs.faults.add(Fault(kind=Kind.CUT_ANSWER, path="alt=media", times=999))
    with pytest.raises(StorageUnreachable):
        list(bucket.read("house/x"))


# --- the login ----------------------------------------------------------------------------------


def test_login_is_reused(gcs, bucket):
    bucket.check_access()
    bucket.check_access()
    assert len(gcs.front.tokens) == 1


def test_refused_key_raises_revoked(gcs, bucket):
    gcs.front.token_answer = (
        400,
        {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
    )
    with pytest.raises(KeyRevoked):
        bucket.check_access()


def test_refused_token_raises_revoked(gcs, bucket):
    gcs.faults.add(
        Fault(kind=Kind.STATUS, status=401, path="/b/", times=99, body=google_error(401, "no"))
    )
    with pytest.raises(KeyRevoked):
        bucket.check_access()


def test_refused_login_with_wrong_clock_raises_skew(gcs):
    clock = FakeClock(now=0.0)
    gcs.front.token_answer = (400, {"error": "invalid_grant"})
    with store(gcs, key=service_account(gcs), clock=clock) as bucket:
        with pytest.raises(ClockSkew) as raised:
            bucket.check_access()
        assert int(raised.value.placeholders["skew_s"]) < -1_000_000_000
        gcs.front.token_answer = None
        gcs.faults.add(Fault(kind=Kind.STATUS, status=401, path="/b/", times=99))
        with pytest.raises(KeyRevoked):  # this answer does not tell the time: the last one did
            store(gcs, key=service_account(gcs)).check_access()
        gcs.faults.add(Fault(kind=Kind.STATUS, status=401, path="/b/", times=99))
        with pytest.raises(ClockSkew):
            bucket.check_access()


# --- the check of a bucket ----------------------------------------------------------------------


def test_check_access_leaves_nothing_in_bucket(gcs, bucket):
    bucket.check_access()
    assert gcs.objects() == {}


def test_check_access_works_without_prefix(gcs):
    with store(gcs, prefix="") as bucket:
        bucket.check_access()
    assert gcs.objects() == {}


@pytest.mark.parametrize(
    ("missing", "rights"),
    [
        ((), Rights()),
        (("delete",), Rights(delete=False)),
        (("list", "delete"), Rights(list=False, delete=False)),
        (("get", "list", "delete"), Rights(read=False, list=False, delete=False)),
        (("get", "list"), Rights(read=False, list=False)),
    ],
)
def test_check_access_finds_what_the_account_may_do(gcs, bucket, missing, rights):
    gcs.front.denied = {f"storage.objects.{each}" for each in missing}
    assert bucket.check_access() == rights


def test_check_access_of_locked_bucket_finds_that_nothing_can_be_deleted(gcs, bucket):
    gcs.front.locked = True
    assert bucket.check_access() == Rights(delete=False)


@pytest.mark.parametrize("missing", [("create",), ALL])
def test_check_access_without_right_to_create_names_it(gcs, bucket, missing):
    gcs.front.denied = {f"storage.objects.{each}" for each in missing}
    with pytest.raises(StorageDenied) as raised:
        bucket.check_access()
    expected = {"permission": "storage.objects.create", "bucket": gcs.bucket}
    assert raised.value.placeholders == expected


def test_bucket_that_bills_its_users_needs_a_project(gcs, tmp_path):
    gcs.front.requester_pays = True
    with store(gcs) as bucket, pytest.raises(RequesterPays):
        bucket.check_access()
    with store(gcs, project="my-project") as bucket:
        assert bucket.check_access() == Rights()
        bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)


def test_check_access_names_missing_bucket(gcs):
    with store(gcs, bucket="no-such-bucket") as bucket, pytest.raises(BucketMissing) as raised:
        bucket.check_access()
    assert raised.value.placeholders == {"bucket": "no-such-bucket"}


def test_check_access_raises_for_changed_content(gcs, bucket):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_ANSWER, path="alt=media"))
    with pytest.raises(ChecksumMismatch):
        bucket.check_access()
    assert gcs.objects() == {}


def test_check_access_raises_for_object_missing_in_list(gcs, bucket):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, path="prefix=", body={"items": []}))
    with pytest.raises(StorageError, match="list"):
        bucket.check_access()


def test_check_access_without_billing_raises_billing_off(gcs, bucket):
    body = google_error(403, "The billing account is disabled", "accountDisabled")
    gcs.faults.add(Fault(kind=Kind.STATUS, status=403, method="POST", path="/b/", body=body))
    with pytest.raises(BillingOff):
        bucket.check_access()


# --- secrets ------------------------------------------------------------------------------------


@pytest.fixture
def everything_logged(caplog):
    caplog.set_level(logging.DEBUG)
    # The library doesn't log unless a level is set.
    for name in ("google", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield caplog
    for name in ("google", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def revealed(caplog, errors):
    text = [logging.Formatter().format(record) for record in caplog.records]
    text += [str(vars(record)) for record in caplog.records]
    for error in errors:
        text += [str(error), repr(error), str(error.placeholders) if _ours(error) else ""]
        text += traceback.format_exception(error)
    return "\n".join(text)


def _ours(error):
    return isinstance(error, HomeSecError)


def test_secrets_are_in_no_error_log_or_repr(gcs, tmp_path, everything_logged):
    key = service_account(gcs)
    errors, points = [], []
    with store(gcs, key=key) as bucket:
        shown = [repr(bucket), repr(vars(bucket))]
        for number, fault in enumerate(_faults()):
            gcs.faults.clear()
            gcs.faults.add(*fault)
            sent = upload(tmp_path / "f", 3 * CHUNK, name=f"house/{number}")
            try:
                bucket.upload(sent, stop=NEVER, on_resume_point=points.append)
            except StorageError as err:
                errors.append(err)
            cut_short(bucket.check_access)
    points = [point for point in points if point]
    sessions = [point.session.rpartition("=")[2] for point in points]
    assert len(sessions) > 4
    assert len(errors) > 5
    revealed_text = revealed(everything_logged, errors) + "".join(shown) + repr(points)
    for secret in (*sessions, *pem_lines(), *gcs.front.tokens):
        assert secret not in revealed_text


def _faults():
    yield ()
    for kind in (Kind.RESET, Kind.LOSE, Kind.CORRUPT_REQUEST, Kind.CORRUPT_CHECKSUM):
        yield (Fault(kind=kind, method="PUT", times=99),)
    for status in (401, 403, 404, 418, 429, 503):
        yield (Fault(kind=Kind.STATUS, status=status, method="PUT", times=99),)
        yield (Fault(kind=Kind.STATUS, status=status, path="/b/", times=99),)


def test_invalid_key_is_not_in_its_error(gcs, everything_logged):
    secret = base64.b64encode(CANARY.encode() * 20).decode()
    broken = f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"
    errors = []
    for key in (
        {**service_account(gcs), "private_key": broken},
        {**service_account(gcs), "private_key": CANARY},
        {**service_account(gcs), "type": CANARY},
    ):
        try:
            store(gcs, key=key).connect()
        except StorageError as err:
            errors.append(err)
    assert len(errors) == 3
    text = revealed(everything_logged, errors)
    # The traceback quotes source lines with the canary's variable, not its text.
    assert CANARY not in text
    assert secret not in text


def test_repr_of_store_and_resume_point_hides_secrets(gcs):
    point = ResumePoint(name="n", bytes=1, md5="m", session=f"https://x/?upload_id={CANARY}")
    with store(gcs, key=service_account(gcs)) as bucket:
        assert CANARY not in repr(bucket) + repr(point)
