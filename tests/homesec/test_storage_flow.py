"""Set up, change, and turn off the cloud storage, and log in again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import suggested_values
from clip_factory import EVENING, ClipFactory
from custom_model import Browser, choose
from fault_proxy import Fault, Kind
from google_key import pem_lines, service_account
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import set_up
import pytest
from storage_fixtures import add_storage, form_values, open_bucket, patch_storage, storage, submit

from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import ClockSkew, StorageBusy, StorageError
from custom_components.homesec.engine.core.types import CloudState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_gcs import FakeGcs
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

PROBE = "custom_components.homesec.flows.storage_flow.make_store"


@pytest.fixture(autouse=True)
def google(gcs: FakeGcs) -> Iterator[None]:
    with patch_storage(gcs):
        yield


def key_text(gcs: FakeGcs) -> dict[str, str]:
    return {"login": "key", "key": json.dumps(service_account(gcs), indent=2)}


def contains_no_key(flow: dict[str, Any]) -> bool:
    """Return whether a flow's result contains nothing of the key."""
    shown = {k: v for k, v in flow.items() if k != "data_schema"}
    text = f"{shown}{[k.description for k in flow['data_schema'].schema]}"
    return not any(line in text for line in pem_lines())


async def start_reauth(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Start the reauthentication flow."""
    return dict(await entry.start_reauth_flow(hass))


# --- set up -------------------------------------------------------------------------------------


async def test_bucket_is_checked_and_stored(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    assert suggested_values(flow)["prefix"] == "homesec"
    answers = form_values(
        gcs, **key_text(gcs), bucket=f" gs://{gcs.bucket}/", prefix="/a/b/", limit_mbit=8
    )
    done = await submit(hass, flow, answers)
    assert done["reason"] == "reconfigure_successful"
    assert entry.data == {
        "detector": "ncnn",
        "storage": {
            "bucket": gcs.bucket,
            "prefix": "a/b",
            "limit_mbit": 8,
            "upload_rest": True,
            "key": service_account(gcs),
        },
    }
    await hass.async_add_executor_job(entry.runtime_data.storage.cloud.connect)
    assert gcs.objects() == {}
    assert [path for method, path, _ in gcs.faults.seen if method == "DELETE"]


async def test_key_can_be_uploaded_as_file(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    hass_client: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    browser = Browser(hass, hass_client)
    upload = await browser.upload("key.json", json.dumps(service_account(gcs)).encode())
    done = await submit(hass, flow, form_values(gcs, login="key", key_file=upload))
    assert done["reason"] == "reconfigure_successful"
    assert entry.data["storage"]["key"] == service_account(gcs)


async def test_machine_login_needs_no_key(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    done = await submit(hass, await open_bucket(hass, entry), form_values(gcs))
    assert done["reason"] == "reconfigure_successful"
    assert "key" not in entry.data["storage"]


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({}, {"key": "key_missing"}),
        ({"key": " \n"}, {"key": "key_missing"}),
        ({"key": "nonsense"}, {"key": "storage_key_invalid"}),
        ({"key": "[" * 100_000}, {"key": "storage_key_invalid"}),
        ({"key": '["a"]'}, {"key": "storage_key_invalid"}),
        ({"key": '{"type": "authorized_user"}'}, {"key": "storage_key_invalid"}),
        ({"key_file": "0" * 32}, {"key_file": "upload_failed"}),
    ],
)
async def test_invalid_key_is_reported_at_its_field(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    answers: dict[str, Any],
    errors: dict[str, str],
) -> None:
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    refused = await submit(hass, flow, form_values(gcs, login="key", **answers))
    assert refused["errors"] == errors
    assert suggested_values(refused)["bucket"] == gcs.bucket
    done = await submit(hass, refused, form_values(gcs, **key_text(gcs)))
    assert done["reason"] == "reconfigure_successful"


async def test_missing_permission_is_named(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    gone = await submit(hass, flow, form_values(gcs, **key_text(gcs), bucket="no-such-bucket"))
    assert gone["errors"] == {"bucket": "storage_bucket_missing"}
    assert gone["description_placeholders"]["bucket"] == "no-such-bucket"
    assert gone["description_placeholders"]["account"].startswith("homesec@project")
    assert contains_no_key(gone)
    # A valid key needs not be pasted again.
    gcs.front.denied = {"storage.objects.create", "storage.objects.delete"}
    denied = await submit(hass, gone, form_values(gcs, login="key"))
    assert denied["errors"] == {"base": "storage_denied"}
    assert denied["description_placeholders"]["permission"] == "storage.objects.create"
    gcs.front.denied = set()
    gcs.front.token_answer = (400, {"error": "invalid_grant"})
    revoked = await submit(hass, denied, form_values(gcs, login="key"))
    assert revoked["errors"] == {"key": "storage_key_revoked"}
    gcs.front.token_answer = None
    gcs.faults.add(Fault(kind=Kind.STATUS, status=503, method="POST", skip=1))
    busy = await submit(hass, revoked, form_values(gcs, login="key"))
    assert busy["errors"] == {"base": "storage_busy"}
    assert busy["description_placeholders"]["status"] == "503"
    assert (await submit(hass, busy, form_values(gcs, login="key")))[
        "reason"
    ] == "reconfigure_successful"
    assert entry.data["storage"]["key"] == service_account(gcs)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (ClockSkew(skew_s="400"), "storage_clock_skew"),
        (StorageBusy(), "storage_busy"),
        (StorageError(), "storage_failed"),
        (ZeroDivisionError("a piece of the key"), "unknown"),
    ],
)
async def test_failed_check_shows_form_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    error: str,
) -> None:
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    with patch(PROBE, side_effect=failure):
        refused = await submit(hass, flow, form_values(gcs))
    assert refused["errors"] == {"base": error}
    assert "a piece" not in caplog.text
    assert (await submit(hass, refused, form_values(gcs)))["reason"] == "reconfigure_successful"


async def test_flow_aborts_when_entry_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert (await choose(hass, entry, "cloud"))["reason"] == "not_loaded"
    assert (await start_reauth(hass, entry))["reason"] == "not_loaded"


# --- change, turn off ---------------------------------------------------------------------------


async def test_bucket_can_be_changed_without_entering_key(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs, key=service_account(gcs), limit_mbit=8))
    await set_up(hass, entry)
    flow = await open_bucket(hass, entry)
    assert contains_no_key(flow)
    shown = suggested_values(flow)
    assert shown["login"] == "key"
    assert shown["limit_mbit"] == 8
    assert shown.get("key") is None
    done = await submit(hass, flow, form_values(gcs, login="key", prefix=""))
    assert done["reason"] == "reconfigure_successful"
    assert entry.data["storage"]["key"] == service_account(gcs)
    assert entry.data["storage"]["prefix"] == ""
    assert "limit_mbit" not in entry.data["storage"]


async def test_changed_detector_keeps_storage(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    flow = await choose(hass, entry, "detector")
    await submit(hass, flow, {"detector": "ncnn", "advanced": {}})
    assert entry.data == {"detector": "ncnn", "storage": storage(gcs)}


async def test_unchanged_bucket_resumes_uploads(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    runtime = entry.runtime_data
    flow = await open_bucket(hass, entry)
    with patch.object(runtime.host.engine.library, "resume_uploads") as resume:
        assert (await submit(hass, flow, form_values(gcs)))["reason"] == "reconfigure_successful"
    resume.assert_called_once_with()
    assert entry.runtime_data is runtime


async def test_bucket_can_be_checked_without_running_engine(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs))
    with patch("custom_components.homesec.engine_host.HomeSecEngine", side_effect=OSError):
        await set_up(hass, entry)
    assert not entry.runtime_data.host.ready
    done = await submit(hass, await open_bucket(hass, entry), form_values(gcs))
    assert done["reason"] == "reconfigure_successful"


async def test_invalid_key_does_not_replace_stored_key(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs, key=service_account(gcs)))
    await set_up(hass, entry)
    wrong = form_values(gcs, login="key", key='{"type": "authorized_user"}')
    refused = await submit(hass, await open_bucket(hass, entry), wrong)
    assert refused["errors"] == {"key": "storage_key_invalid"}
    assert (await submit(hass, refused, form_values(gcs, login="key")))[
        "type"
    ] is FlowResultType.ABORT
    assert entry.data["storage"]["key"] == service_account(gcs)


async def test_cloud_can_be_turned_off(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    key = EncryptionKey.generate().text
    add_storage(entry, storage(gcs, seal_key=key))
    await set_up(hass, entry)
    menu = await choose(hass, entry, "cloud")
    flow = await submit(hass, menu, {"next_step_id": "cloud_off"})
    assert flow["description_placeholders"] == {"bucket": gcs.bucket}
    assert (await submit(hass, flow, {}))["reason"] == "reconfigure_successful"
    # Encrypted clips can be read if a bucket is set up again.
    assert entry.data == {"detector": "ncnn", "seal_keys": [key]}
    assert entry.runtime_data.storage.cloud is None


# --- log in again -------------------------------------------------------------------------------


async def test_reauth_with_other_key_stores_it(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    old = {**service_account(gcs), "client_email": "old@project.iam.gserviceaccount.com"}
    add_storage(entry, storage(gcs, key=old, seal_key=EncryptionKey.generate().text))
    await set_up(hass, entry)
    before = dict(entry.data["storage"])
    flow = await start_reauth(hass, entry)
    assert flow["step_id"] == "reauth_confirm"
    assert suggested_values(flow) == {"login": "key"}
    assert flow["description_placeholders"]["account"].startswith("old@")
    assert flow["description_placeholders"]["bucket"] == gcs.bucket
    assert contains_no_key(flow)
    for text in ("no JSON", "{}"):
        flow = await submit(hass, flow, {"login": "key", "key": text})
        assert flow["errors"] == {"key": "storage_key_invalid"}
    assert "saved" in flow["description_placeholders"]["key_note"]
    done = await submit(hass, flow, key_text(gcs))
    assert done["reason"] == "reauth_successful"
    assert entry.data["storage"] == {**before, "key": service_account(gcs)}


async def test_reauth_with_same_key_tries_it_again(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs, key=service_account(gcs)))
    await set_up(hass, entry)
    gcs.front.denied = {"storage.objects.create"}
    refused = await submit(hass, await start_reauth(hass, entry), {"login": "key"})
    assert refused["step_id"] == "reauth_confirm"
    assert refused["errors"] == {"base": "storage_denied"}
    gcs.front.denied = set()
    done = await submit(hass, refused, {"login": "key"})
    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "reauth_successful"


async def test_reauth_with_missing_bucket_shows_base_error(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs, bucket="no-such-bucket"))
    await set_up(hass, entry)
    refused = await submit(hass, await start_reauth(hass, entry), {"login": "own"})
    assert refused["errors"] == {"base": "storage_bucket_missing"}


# --- another bucket -----------------------------------------------------------------------------


async def test_bucket_change_shows_affected_clips(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, video: Path
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    factory = ClipFactory(entry, video)
    here, there = (
        await factory.cloud_only(EVENING),
        await factory.cloud_only(EVENING + 60),
    )
    await factory.runtime.host.async_run(factory.library.copies.mark_file_found, here.id)
    flow = await submit(hass, await open_bucket(hass, entry), form_values(gcs, prefix="other"))
    assert flow["step_id"] == "move_bucket"
    assert flow["description_placeholders"] == {
        "before": f"gs://{gcs.bucket}/homesec",
        "after": f"gs://{gcs.bucket}/other",
        "only_there": "1",
        "here_too": "1",
    }
    assert entry.data["storage"]["prefix"] == "homesec"
    done = await submit(hass, flow, {})
    assert done["reason"] == "reconfigure_successful"
    assert entry.data["storage"]["prefix"] == "other"
    library = entry.runtime_data.host.engine.library
    row = await entry.runtime_data.host.async_run(library.catalog.get, there.id)
    assert row.cloud is CloudState.ELSEWHERE


async def test_bucket_change_is_followed_by_encryption(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, video: Path
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    await ClipFactory(entry, video).cloud_only(EVENING)
    answers = form_values(gcs, prefix="other", encrypt=True)
    flow = await submit(hass, await open_bucket(hass, entry), answers)
    assert flow["step_id"] == "move_bucket"
    assert (await submit(hass, flow, {}))["step_id"] == "seal"
