"""What a camera recorded is still saved, uploaded, announced, and counted after its removal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from homesec_fixtures import CAMERA_ID, DRIVE, PERSON, guard, until
from page_client import PageClient
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec import const
from custom_components.homesec.engine.core.events import ClipStarted, ClipUploaded
from custom_components.homesec.engine.core.types import ClipState

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

FRONT_DOOR = {"camera_id": CAMERA_ID, "camera": "Front door", "device_id": None}


def about_camera(event: Event[Any]) -> dict[str, Any]:
    return {key: event.data[key] for key in FRONT_DOOR}


async def test_clip_of_a_camera_removed_meanwhile_is_announced_shown_and_counted(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
) -> None:
    names = ("DETECTION_STARTED", "DETECTION_ENDED", "ZONE_LEFT", "CLIP_SAVED", "CLIP_UPLOADED")
    started, ended, left, saved, uploaded = (
        async_capture_events(hass, getattr(const, f"EVENT_{name}")) for name in names
    )
    await guard(hass, entry, zones=[DRIVE])
    page = PageClient(await hass_ws_client())
    await page.subscribe("clips/subscribe")
    detector.sees = [PERSON]
    await until(hass, lambda: started and entry.runtime_data.cameras[CAMERA_ID].zones)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await until(hass, lambda: saved and ended and left)

    assert about_camera(saved[0]) == about_camera(ended[0]) == about_camera(left[0]) == FRONT_DOOR
    clip_id = saved[0].data["clip_id"]
    assert clip_id == started[0].data["clip_id"]
    await until(hass, lambda: entry.runtime_data.coordinator.engine_stats.clips == 1)

    runtime = entry.runtime_data
    clip = await runtime.host.async_run(runtime.host.engine.catalog.get, clip_id)
    runtime.coordinator.async_handle_event(ClipUploaded(clip=clip))
    await hass.async_block_till_done()
    assert about_camera(uploaded[0]) == FRONT_DOOR
    shown = await page.next_event(lambda x: x.get("clip", {}).get("state") == "saved")
    assert (shown["clip"]["id"], shown["clip"]["camera"]) == (clip_id, "Front door")


async def test_clip_that_begins_as_its_camera_is_removed_reaches_everyone(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await guard(hass, entry)
    runtime, heard = entry.runtime_data, []
    runtime.bus.async_subscribe(heard.append, kinds=(ClipStarted,))
    detector.sees = [PERSON]
    await until(hass, lambda: runtime.cameras[CAMERA_ID].recordings)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await until(hass, lambda: saved)
    clip = await runtime.host.async_run(runtime.host.engine.catalog.get, saved[0].data["clip_id"])
    late = ClipStarted(clip=replace(clip, id=f"{clip.id[:-1]}0", state=ClipState.RECORDING))
    runtime.coordinator.async_handle_event(late)
    assert heard[-1] == late
