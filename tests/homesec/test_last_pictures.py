"""The last picture of a camera that's off, and the page's commands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_forms import SETTINGS, STREAM, start_adding, submit_subentry
from clip_factory import EVENING, ClipFactory
from homesec_fixtures import CAMERA_ID, PERSON, arm, guard, pictures, set_up, until
from page_client import PageClient
import pytest

from custom_components.homesec.cameras.last_pictures import pictures_folder
from custom_components.homesec.engine.core.types import Activity, CameraHealth

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

JPEG = b"\xff\xd8\xff"


async def fetch(client: Any, path: str) -> bytes:
    answer = await client.get(path)
    assert answer.status == 200, path
    return await answer.read()


async def test_camera_without_picture_has_none(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client: Any,
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    assert await page.call("cameras/picture", camera_id=CAMERA_ID) == {"at": None, "path": None}
    client = await hass_client()
    for camera_id in (CAMERA_ID, "unknown"):
        assert (await client.get(f"/api/homesec/camera/{camera_id}/1.jpg")).status == 404
    refused = await page.call_refused("cameras/picture", camera_id="unknown")
    assert refused["code"] == "not_found"


async def test_picture_of_moment_it_was_turned_off_survives_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
) -> None:
    await guard(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    await arm(hass, entry, "disarm")
    await until(
        hass, lambda: entry.runtime_data.cameras[CAMERA_ID].health is CameraHealth.OFF, "off"
    )
    shown = await page.call("cameras/picture", camera_id=CAMERA_ID)
    client = await hass_client()
    assert (await fetch(client, shown["path"])).startswith(JPEG)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    again = await page.call("cameras/picture", camera_id=CAMERA_ID)
    assert again["at"] == pytest.approx(shown["at"], abs=0.01)
    assert (await fetch(client, again["path"])).startswith(JPEG)


async def test_preview_of_new_camera_is_its_first_picture(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    probe: Any,
    hass_client: Any,
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    await submit_subentry(hass, shown, SETTINGS)
    [camera] = [each for each in entry.subentries.values() if each.title == "Garden"]
    found = await page.call("cameras/picture", camera_id=camera.subentry_id)
    assert await fetch(await hass_client(), found["path"]) == probe.return_value.jpeg
    hass.config_entries.async_remove_subentry(entry, camera.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert list(pictures_folder(hass).glob("*")) == []


async def test_newer_still_of_last_clip_is_shown(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator, video: Path
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    clip = await ClipFactory(entry, video).put(EVENING)
    found = await page.call("cameras/picture", camera_id=CAMERA_ID)
    assert found == {"at": clip.event_at, "path": f"/api/homesec/clip/{clip.id}.jpg"}
    entry.runtime_data.pictures.async_remember(CAMERA_ID, JPEG)
    newer = await page.call("cameras/picture", camera_id=CAMERA_ID)
    assert newer["at"] > clip.event_at


async def test_detection_is_remembered_and_unwritable_folder_harmless(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
) -> None:
    pictures_folder(hass).parent.mkdir(parents=True, exist_ok=True)
    pictures_folder(hass).write_text("in the way")
    await guard(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    detector.sees = [PERSON]
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].snapshot, "a snapshot")
    found = await page.call("cameras/picture", camera_id=CAMERA_ID)
    assert found["at"] is not None
    await arm(hass, entry, "disarm")


async def test_button_turns_on_only_what_is_off(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    cameras, alarm = entry.runtime_data.cameras, entry.runtime_data.alarm

    def activity() -> Activity:
        return alarm.activity(entry.subentries[CAMERA_ID])

    assert activity() is Activity.OFF
    await page.call("cameras/turn_on", camera_id=CAMERA_ID)
    assert activity() is Activity.DETECT
    cameras.async_set_detection(CAMERA_ID, on=False)
    assert activity() is Activity.OFF
    await page.call("cameras/turn_on", camera_id=CAMERA_ID)
    assert activity() is Activity.DETECT
    before = dict(entry.subentries[CAMERA_ID].data)
    await page.call("cameras/turn_on", camera_id=CAMERA_ID)
    assert dict(entry.subentries[CAMERA_ID].data) == before
    await hass.async_block_till_done()


async def test_page_records_now_and_stops(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    refused = await page.call_refused("cameras/record", camera_id=CAMERA_ID, on=True)
    assert refused["translation_key"] == "camera_not_running"
    await arm(hass, entry)
    await pictures(hass, entry)
    camera = entry.runtime_data.cameras[CAMERA_ID]
    started = await page.call("cameras/record", camera_id=CAMERA_ID, on=True)
    await until(hass, lambda: started["clip_id"] in camera.recordings, "the clip")
    await page.call("cameras/record", camera_id=CAMERA_ID, on=False)
    await until(hass, lambda: not camera.recording, "its end")
    assert await page.call("cameras/record", camera_id=CAMERA_ID, on=False) == {}
