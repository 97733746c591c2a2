"""The page's subscriptions to status and clips, also across a reload."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clip_factory import EVENING, ClipFactory
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homesec_fixtures import (
    CAMERA_ID,
    DRIVE,
    PERSON,
    ROAD,
    ScriptedDetector,
    arm,
    call,
    camera,
    entity_id,
    set_up,
    until,
)
from page_client import PageClient
import pytest

from custom_components.homesec.engine.core.events import ClipUploaded, UploadProgress
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.websocket.subscriptions import _FEEDS

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.auth.models import User
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def factory(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, socket_enabled: None
) -> ClipFactory:
    """A factory for clips of a camera with zones."""
    await set_up(hass, entry)
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "labels": ["person", "cat"], "zones": [DRIVE, ROAD]}
    )
    await hass.async_block_till_done()
    return ClipFactory(entry, video)


@pytest.fixture
async def page(
    hass: HomeAssistant, factory: ClipFactory, hass_ws_client: WebSocketGenerator
) -> PageClient:
    """The page of an administrator."""
    return PageClient(await hass_ws_client(hass))


async def test_status_subscription_sends_whole_status_at_once(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory, entry: MockConfigEntry
) -> None:
    await page.call("house/subscribe")
    status = await page.next_event(lambda status: status["ready"])
    assert status == {
        "ready": True,
        "alarm": {
            "entity_id": entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id),
            "state": "disarmed",
            "mode": "disarmed",
            "changed_by": None,
            "delay_ends_at": None,
            "code_arm_required": False,
            "code_format": None,
            "modes": ["home", "away", "night", "vacation", "custom"],
            "triggered_by": None,
            "bypassed": [],
            "cause": None,
        },
        "cameras": [
            {
                "id": CAMERA_ID,
                "name": "Front door",
                "device_id": factory.runtime.devices.id_of(CAMERA_ID),
                "entity_id": entity_id(hass, "camera", "camera"),
                "image_entity_id": entity_id(hass, "image", "snapshot"),
                "source_entity_id": None,
                "health": "off",
                "error": None,
                "error_placeholders": {},
                "activity": "off",
                "detection": True,
                "disabled": False,
                "presences": [],
                "recording": False,
                "recording_manually": False,
                "records": True,
                "tamper": None,
                "snoozed_until": None,
                "labels": ["person", "cat"],
                "zones": ["Drive"],
            }
        ],
        "storage": {
            "clips": 0,
            "bytes": 0,
            "cloud_clips": 0,
            "cloud_bytes": 0,
            "deleted_clips": 0,
            "deleted_bytes": 0,
            "keeps_deleted": True,
            "uploads": None,
            "disk_low": False,
            "missing_rights": [],
        },
        "problems": [],
        "time_zone": "US/Pacific",
        "external_url": None,
        "user": {"may_control": True, "is_admin": True},
    }


async def test_status_subscription_follows_arming_presence_and_recording(
    hass: HomeAssistant,
    page: PageClient,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
) -> None:
    await page.call("house/subscribe")
    await page.call("clips/subscribe")
    detector.sees = [PERSON]
    await arm(hass, entry)
    status = await page.next_event(lambda x: "alarm" in x and x["cameras"][0]["presences"])
    assert status["alarm"]["mode"] == "away"
    (presence,) = status["cameras"][0]["presences"]
    assert (presence["label"], presence["count"], presence["zones"]) == ("person", 1, ["Drive"])
    await arm(hass, entry, "disarm")
    saved = await page.next_event(lambda x: "clip" in x and x["clip"]["state"] == "saved")
    assert saved["clip"]["label"] == "person"
    got = await page.call("clips/get", clip_id=saved["clip"]["id"])
    assert got["clip"] == saved["clip"]
    assert got["clip"]["zones"] == ["Drive"]
    assert {track["label"] for track in got["tracks"]} == {"person"}
    for t, *corners, score in got["tracks"][0]["boxes"]:
        assert 0 <= t <= got["clip"]["duration"] + 1
        assert all(0 <= corner <= 1 for corner in corners)
        assert score == 0.87


async def test_clip_subscription_sends_changed_and_removed_clips(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    await page.call("clips/subscribe")
    await page.call("clips/protect", ids=[clip.id], protected=True)
    assert await page.next_event(lambda x: "clip" in x and x["clip"]["protected"])
    await page.call("clips/protect", ids=[clip.id], protected=False)
    await call_delete(hass, clip.id)
    assert await page.next_event(lambda x: "removed" in x) == {"removed": clip.id}


async def test_clip_subscription_sends_stale_after_rebuilt_index(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    catalog = factory.runtime.host.engine.catalog
    await factory.runtime.host.async_run(catalog.remove, clip.id)
    await page.call("clips/subscribe")
    found = await hass.services.async_call(
        "homesec", "rebuild_index", {}, blocking=True, return_response=True
    )
    assert found is not None
    assert found["from_folder"] == 1
    assert await page.next_event(lambda _: True) == {"stale": True}
    assert [each["id"] for each in (await page.call("clips/list"))["clips"]] == [clip.id]


async def call_delete(hass: HomeAssistant, clip_id: str) -> None:
    await hass.services.async_call("homesec", "delete_clip", {"clip_id": clip_id}, blocking=True)


async def test_clip_subscription_sends_length_of_recording_clip(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry
) -> None:
    await page.call("clips/subscribe")
    await arm(hass, entry)
    runtime = entry.runtime_data
    await until(hass, lambda: runtime.cameras[CAMERA_ID].watching)
    await runtime.coordinator.async_start_recording(CAMERA_ID, None)
    update = await page.next_event(lambda x: "clip" in x)
    assert update["clip"]["state"] == ClipState.RECORDING
    assert 0 <= update["clip"]["duration"] < 30
    assert update["clip"]["trigger"] == "manual"
    await runtime.coordinator.async_stop_recording(CAMERA_ID)


async def test_subscriptions_survive_reload(
    hass: HomeAssistant,
    page: PageClient,
    factory: ClipFactory,
    entry: MockConfigEntry,
    video: Path,
) -> None:
    await page.call("house/subscribe")
    await page.call("clips/subscribe")
    await hass.config_entries.async_unload(entry.entry_id)
    unloaded = [await page.next_event(lambda x: "unavailable" in x) for _ in range(2)]
    assert unloaded == [{"unavailable": True}] * 2
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    loaded = [await page.next_event(lambda x: "unavailable" in x) for _ in range(2)]
    assert loaded == [{"unavailable": False}] * 2
    clip = await ClipFactory(entry, video).put(EVENING)
    await page.call("clips/protect", ids=[clip.id], protected=True)
    assert (await page.next_event(lambda x: "clip" in x))["clip"]["id"] == clip.id


async def test_subscription_before_entry_is_loaded_waits_for_it(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    page = PageClient(await hass_ws_client(hass))
    await page.call("house/subscribe")
    await page.next_event(lambda x: x.get("unavailable"))
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await page.next_event(lambda x: "alarm" in x))["cameras"]
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_unsubscribe_removes_receiver(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry
) -> None:
    for command in ("house/subscribe", "clips/subscribe"):
        await page.unsubscribe(await page.subscribe(command))
    assert not hass.data[_FEEDS].status._receivers
    assert not hass.data[_FEEDS].clips._receivers
    await call(
        hass, "switch", "turn_off", entity_id(hass, "switch", "detection")
    )  # sends nothing, and doesn't fail


async def test_status_of_read_only_user_says_so(
    hass: HomeAssistant,
    factory: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    page = PageClient(await hass_ws_client(hass, hass_read_only_access_token))
    await page.call("house/subscribe")
    status = await page.next_event(lambda _: True)
    assert status["user"] == {"may_control": False, "is_admin": False}


async def test_subscription_without_permission_is_refused(
    hass: HomeAssistant,
    factory: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    hass_read_only_user: User,
) -> None:
    hass_read_only_user.permissions = PolicyPermissions({}, None)  # type: ignore[arg-type]
    page = PageClient(await hass_ws_client(hass, hass_read_only_access_token))
    for command in ("house/subscribe", "clips/subscribe", "clips/list"):
        assert (await page.call_refused(command))["code"] == "unauthorized"


async def test_status_subscription_shows_added_camera(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry, video: Path
) -> None:
    await page.call("house/subscribe")
    garden = camera("Garden", video, camera_id="01K0CAMERA0000000000000002")
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**garden))
    status = await page.next_event(lambda x: len(x["cameras"]) == 2)
    assert [each["name"] for each in status["cameras"]] == ["Front door", "Garden"]


async def test_status_subscription_drops_removed_camera(
    hass: HomeAssistant,
    page: PageClient,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await page.call("house/subscribe")
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await page.next_event(lambda status: status["cameras"] == [])
    assert "Unexpected exception" not in caplog.text


async def test_clip_subscription_sends_upload_progress(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING, cloud=CloudState.WAITING)
    await page.subscribe("clips/subscribe")
    runtime = factory.runtime
    runtime.coordinator.async_handle_event(UploadProgress(clip_id=clip.id, share=0.25))
    assert (await page.next_event(lambda x: "clip" in x))["clip"]["progress"] == 0.25
    stored = replace(clip, cloud=CloudState.STORED)
    await runtime.host.async_run_raw(factory.library.copies.mark_uploaded, clip.id, 9)
    runtime.coordinator.async_handle_event(ClipUploaded(clip=stored))
    update = await page.next_event(lambda x: "clip" in x and x["clip"]["cloud"] == "stored")
    assert update["clip"]["progress"] is None
    assert not runtime.storage.state.uploaded_share
