"""The page's subscriptions: what it hears of, and that a reload does not silence it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clip_shelf import EVENING, ClipFactory
from homeassistant.auth.permissions import PolicyPermissions
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
from page import Page
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
async def shelf(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, socket_enabled: None
) -> ClipFactory:
    """A house whose camera has zones."""
    await set_up(hass, entry)
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "labels": ["person", "cat"], "zones": [DRIVE, ROAD]}
    )
    await hass.async_block_till_done()
    return ClipFactory(entry, video)


@pytest.fixture
async def page(hass: HomeAssistant, shelf: ClipFactory, hass_ws_client: WebSocketGenerator) -> Page:
    """The owner's page."""
    return Page(await hass_ws_client(hass))


async def test_the_house_is_told_whole_and_at_once(
    hass: HomeAssistant, page: Page, shelf: ClipFactory, entry: MockConfigEntry
) -> None:
    await page.ask("house/subscribe")
    house = await page.news(lambda house: house["ready"])
    assert house == {
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
        },
        "cameras": [
            {
                "id": CAMERA_ID,
                "name": "Front door",
                "device_id": shelf.runtime.devices.id_of(CAMERA_ID),
                "entity_id": entity_id(hass, "camera", "camera"),
                "image_entity_id": entity_id(hass, "image", "snapshot"),
                "health": "off",
                "error": None,
                "activity": "off",
                "presences": [],
                "recording": False,
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
            "uploads": None,
            "disk_low": False,
        },
        "time_zone": "US/Pacific",
        "user": {"may_control": True, "is_admin": True},
    }


async def test_an_open_page_sees_the_alarm_armed_somebody_come_and_the_clip_grow(
    hass: HomeAssistant,
    page: Page,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
) -> None:
    await page.ask("house/subscribe")
    await page.ask("clips/subscribe")
    detector.sees = [PERSON]
    await arm(hass, entry)
    house = await page.news(lambda x: "alarm" in x and x["cameras"][0]["presences"])
    assert house["alarm"]["mode"] == "away"
    (presence,) = house["cameras"][0]["presences"]
    assert (presence["label"], presence["count"], presence["zones"]) == ("person", 1, ["Drive"])
    await arm(hass, entry, "disarm")
    saved = await page.news(lambda x: "clip" in x and x["clip"]["state"] == "saved")
    assert saved["clip"]["label"] == "person"
    got = await page.ask("clips/get", clip_id=saved["clip"]["id"])
    assert got["clip"] == saved["clip"]
    assert got["clip"]["zones"] == ["Drive"]
    assert {track["label"] for track in got["tracks"]} == {"person"}
    for t, *corners, score in got["tracks"][0]["boxes"]:
        assert 0 <= t <= got["clip"]["duration"] + 1
        assert all(0 <= corner <= 1 for corner in corners)
        assert score == 0.87


async def test_an_open_page_hears_of_clips_that_change_and_go(
    hass: HomeAssistant, page: Page, shelf: ClipFactory
) -> None:
    clip = await shelf.put(EVENING)
    await page.ask("clips/subscribe")
    await page.ask("clips/protect", ids=[clip.id], protected=True)
    assert await page.news(lambda x: "clip" in x and x["clip"]["protected"])
    await page.ask("clips/protect", ids=[clip.id], protected=False)
    await call_delete(hass, clip.id)
    assert await page.news(lambda x: "removed" in x) == {"removed": clip.id}


async def test_an_open_page_is_told_that_clips_were_found_again(
    hass: HomeAssistant, page: Page, shelf: ClipFactory
) -> None:
    clip = await shelf.put(EVENING)
    catalog = shelf.runtime.host.engine.catalog
    await shelf.runtime.host.async_run(catalog.remove, clip.id)
    await page.ask("clips/subscribe")
    found = await hass.services.async_call(
        "homesec", "rebuild_index", {}, blocking=True, return_response=True
    )
    assert found is not None
    assert found["from_folder"] == 1
    assert await page.news(lambda _: True) == {"stale": True}
    assert [each["id"] for each in (await page.ask("clips/list"))["clips"]] == [clip.id]


async def call_delete(hass: HomeAssistant, clip_id: str) -> None:
    await hass.services.async_call("homesec", "delete_clip", {"clip_id": clip_id}, blocking=True)


async def test_a_recording_clip_is_told_with_the_length_that_it_has(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry
) -> None:
    await page.ask("clips/subscribe")
    await arm(hass, entry)
    runtime = entry.runtime_data
    await until(hass, lambda: runtime.cameras[CAMERA_ID].watching)
    await runtime.coordinator.async_record(CAMERA_ID, None)
    told = await page.news(lambda x: "clip" in x)
    assert told["clip"]["state"] == ClipState.RECORDING
    assert 0 <= told["clip"]["duration"] < 30
    assert told["clip"]["trigger"] == "manual"
    await runtime.coordinator.async_end_record(CAMERA_ID)


async def test_subscriptions_outlive_a_reload(
    hass: HomeAssistant,
    page: Page,
    shelf: ClipFactory,
    entry: MockConfigEntry,
    video: Path,
) -> None:
    await page.ask("house/subscribe")
    await page.ask("clips/subscribe")
    await hass.config_entries.async_unload(entry.entry_id)
    gone = [await page.news(lambda x: "unavailable" in x) for _ in range(2)]
    assert gone == [{"unavailable": True}] * 2
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    back = [await page.news(lambda x: "unavailable" in x) for _ in range(2)]
    assert back == [{"unavailable": False}] * 2
    clip = await ClipFactory(entry, video).put(EVENING)
    await page.ask("clips/protect", ids=[clip.id], protected=True)
    assert (await page.news(lambda x: "clip" in x))["clip"]["id"] == clip.id


async def test_a_page_may_be_opened_before_the_house_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    page = Page(await hass_ws_client(hass))
    await page.ask("house/subscribe")
    await page.news(lambda x: x.get("unavailable"))
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await page.news(lambda x: "alarm" in x))["cameras"]
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_whoever_unsubscribes_costs_nothing_any_more(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry
) -> None:
    for command in ("house/subscribe", "clips/subscribe"):
        await page.unsubscribe(await page.subscribe(command))
    assert not hass.data[_FEEDS].status._receivers
    assert not hass.data[_FEEDS].clips._receivers
    await call(
        hass, "switch", "turn_off", entity_id(hass, "switch", "detection")
    )  # nobody is told, and nothing fails


async def test_who_may_only_look_is_told_so(
    hass: HomeAssistant,
    shelf: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    page = Page(await hass_ws_client(hass, hass_read_only_access_token))
    await page.ask("house/subscribe")
    house = await page.news(lambda _: True)
    assert house["user"] == {"may_control": False, "is_admin": False}


async def test_who_may_not_even_look_sees_nothing(
    hass: HomeAssistant,
    shelf: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    hass_read_only_user: User,
) -> None:
    hass_read_only_user.permissions = PolicyPermissions({}, None)  # type: ignore[arg-type]
    page = Page(await hass_ws_client(hass, hass_read_only_access_token))
    for command in ("house/subscribe", "clips/subscribe", "clips/list"):
        assert (await page.refused(command))["code"] == "unauthorized"


async def test_a_second_camera_appears_in_an_open_page(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry, video: Path
) -> None:
    await page.ask("house/subscribe")
    garden = camera("Garden", video, camera_id="01K0CAMERA0000000000000002")
    from homeassistant.config_entries import ConfigSubentry

    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**garden))
    house = await page.news(lambda x: len(x["cameras"]) == 2)
    assert [each["name"] for each in house["cameras"]] == ["Front door", "Garden"]


async def test_a_camera_that_is_removed_is_gone_from_an_open_page_at_once(
    hass: HomeAssistant,
    page: Page,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await page.ask("house/subscribe")
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await page.news(lambda house: house["cameras"] == [], timeout_s=3)
    assert "Unexpected exception" not in caplog.text


async def test_an_open_page_sees_how_much_of_an_upload_has_arrived(
    hass: HomeAssistant, page: Page, shelf: ClipFactory
) -> None:
    clip = await shelf.put(EVENING, cloud=CloudState.WAITING)
    await page.subscribe("clips/subscribe")
    runtime = shelf.runtime
    runtime.coordinator.async_handle_event(UploadProgress(clip_id=clip.id, share=0.25))
    assert (await page.news(lambda x: "clip" in x))["clip"]["progress"] == 0.25
    stored = replace(clip, cloud=CloudState.STORED)
    await runtime.host.async_run_raw(shelf.library.copies.mark_uploaded, clip.id, 9)
    runtime.coordinator.async_handle_event(ClipUploaded(clip=stored))
    told = await page.news(lambda x: "clip" in x and x["clip"]["cloud"] == "stored")
    assert told["clip"]["progress"] is None
    assert not runtime.storage.state.arrived
