"""What a bucket refuses is named for what it is, with what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clip_factory import EVENING, ClipFactory
from fault_proxy import Fault, Kind
from google_key import service_account
from homesec_fixtures import set_up, until
import pytest
from storage_fixtures import add_storage, form_values, open_bucket, patch_storage, storage, submit

from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.library import outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_gcs import FakeGcs
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

OBJECT = "homesec-clips/homesec/Front door/2026-11-21/01K0C0FFEE0000000000000000.mp4"
ACCOUNT = "homesec@my-house.iam.gserviceaccount.com"


def answer(code: int, message: str, reason: str, **more: Any) -> dict[str, Any]:
    """Return an error as the JSON API gives it."""
    entry = {"message": message, "domain": "global", "reason": reason}
    return {"error": {"code": code, "message": message, "errors": [entry], **more}}


ANSWERS = [
    # A retention policy, an object's own retention, and the two kinds of holds.
    (
        403,
        answer(
            403,
            f"Object '{OBJECT}' is subject to bucket's retention policy or object retention and"
            " cannot be deleted or overwritten until 2027-01-01T00:00:00.000000Z",
            "retentionPolicyNotMet",
        ),
        "storage_retention_locked",
    ),
    (
        403,
        answer(
            403,
            f"Object '{OBJECT}' is under active Temporary hold and cannot be deleted, overwritten"
            " or archived until hold is removed.",
            "forbidden",
        ),
        "storage_retention_locked",
    ),
    (
        403,
        answer(403, f"Object '{OBJECT}' is under active Event-Based hold and …", "forbidden"),
        "storage_retention_locked",
    ),
    # Cloud KMS: no permission, disabled, destroyed, in another location.
    (
        403,
        answer(
            403,
            "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service"
            " account has been authorized to use this key.",
            "forbidden",
        ),
        "storage_kms",
    ),
    (
        400,
        answer(
            400,
            "Cloud KMS key version 'projects/p/locations/eu/keyRings/r/cryptoKeys/k/"
            "cryptoKeyVersions/1' is not enabled, current state is: DISABLED.",
            "kmsKeyDisabled",
        ),
        "storage_kms",
    ),
    # Requester pays: no project, one that is wrong, one whose services may not be used.
    (
        400,
        answer(400, "Bucket is a requester pays bucket but no user project provided.", "required"),
        "storage_requester_pays",
    ),
    (
        400,
        answer(400, "User project specified in the request is invalid.", "invalid"),
        "storage_requester_pays",
    ),
    (
        403,
        answer(
            403,
            f"{ACCOUNT} does not have serviceusage.services.use access to the Google Cloud project."
            " Permission 'serviceusage.services.use' denied on resource (or it may not exist).",
            "forbidden",
        ),
        "storage_requester_pays",
    ),
    # The organization: a perimeter, an IP filter, a policy.
    (
        403,
        answer(
            403,
            "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier:"
            " 0123456789abcdef",
            "vpcServiceControls",
            details=[{"violations": [{"type": "VPC_SERVICE_CONTROLS"}]}],
        ),
        "storage_perimeter",
    ),
    (
        403,
        answer(
            403,
            "There is an IP filtering condition that is preventing access to the resource.",
            "forbidden",
        ),
        "storage_perimeter",
    ),
    (
        412,
        answer(
            412,
            "Request violates constraint 'constraints/storage.restrictAuthTypes'",
            "conditionNotMet",
        ),
        "storage_policy",
    ),
    # Billing: closed, absent, the owner's or the payer's.
    (
        403,
        answer(
            403,
            "The project to be billed is associated with a closed billing account.",
            "accountDisabled",
        ),
        "storage_billing",
    ),
    (
        403,
        answer(
            403,
            "The billing account for the owning project is disabled in state absent",
            "UserProjectAccountProblem",
        ),
        "storage_billing",
    ),
    # A permission, whatever the object is called.
    (
        403,
        answer(
            403,
            f"{ACCOUNT} does not have storage.objects.create access to the Google Cloud Storage"
            " object. homesec-clips/homesec/Cloud KMS billing retention policy/x",
            "forbidden",
        ),
        "storage_denied",
    ),
    # What passes, what is used up, and the login.
    (429, answer(429, "The rate of requests is too high.", "rateLimitExceeded"), "storage_busy"),
    (503, answer(503, "Backend Error", "backendError"), "storage_busy"),
    (409, answer(409, "Another operation is in progress.", "conflict"), "storage_busy"),
    (403, answer(403, "Quota exceeded.", "userRateLimitExceeded"), "storage_quota"),
    (401, answer(401, "Invalid Credentials", "authError"), "storage_key_revoked"),
    # Nothing of that: then the log has what Google says.
    (
        400,
        answer(
            400,
            "Cannot insert legacy ACL for an object when uniform bucket-level access is enabled.",
            "invalid",
        ),
        "storage_failed",
    ),
]


@pytest.fixture(autouse=True)
def google(gcs: FakeGcs) -> Iterator[None]:
    with patch_storage(gcs):
        yield


@pytest.mark.parametrize(("status", "body", "key"), ANSWERS)
async def test_bucket_is_refused_in_the_form_for_what_it_is(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: dict[str, Any],
    key: str,
) -> None:
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    refused = Fault(kind=Kind.STATUS, status=status, method="POST", path="/b/", times=9, body=body)
    gcs.faults.add(refused)
    login = json.dumps(service_account(gcs))
    shown = await submit(hass, flow, form_values(gcs, login="key", key=login))
    assert list(shown["errors"].values()) == [key]
    if key == "storage_requester_pays":
        assert "billed_project" in [str(field) for field in shown["data_schema"].schema]
    message = body["error"]["message"]
    assert f"HTTP {status}" in caplog.text
    assert message[:20] in caplog.text  # Google's own words


async def test_bucket_that_bills_its_users_is_used_with_a_project(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    gcs.front.requester_pays = True
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    shown = await submit(hass, flow, form_values(gcs))
    assert shown["errors"] == {"base": "storage_requester_pays"}
    done = await submit(hass, shown, form_values(gcs, billed_project="my-house"))
    assert done["reason"] == "reconfigure_successful"
    assert entry.data["storage"]["billed_project"] == "my-house"


async def test_write_once_bucket_is_accepted_and_used(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, video: Any
) -> None:
    gcs.front.locked = True
    await set_up(hass, entry)
    shown = await submit(hass, await open_bucket(hass, entry), form_values(gcs))
    assert shown["step_id"] == "limited"  # it says what that means
    await submit(hass, shown, {})
    await hass.async_block_till_done(wait_background_tasks=True)
    factory = ClipFactory(entry, video)
    catalog = entry.runtime_data.host.engine.catalog
    clip = await factory.put(EVENING)
    await until(hass, lambda: entry.runtime_data.host.ready)
    await entry.runtime_data.host.async_run_raw(factory.library.upload_existing)
    await until(hass, lambda: catalog.get(clip.id).cloud is CloudState.STORED)


@pytest.mark.parametrize("status", [429, 503, 409])
async def test_upload_that_a_busy_bucket_refuses_is_tried_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    video: Any,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    monkeypatch.setattr(outbox.Outbox, "_backoff_s", lambda *_: 0.01)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=status, method="POST", path="/b/", times=3))
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    factory = ClipFactory(entry, video)
    clip = await factory.put(EVENING)
    await entry.runtime_data.host.async_run_raw(factory.library.upload_existing)
    catalog = entry.runtime_data.host.engine.catalog
    await until(hass, lambda: catalog.get(clip.id).cloud is CloudState.STORED)
