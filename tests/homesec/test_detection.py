"""From a person in the picture to sensors, events, alarm and a clip that plays."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import av
from homeassistant.components import media_source
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import run_callback_threadsafe
from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    PERSON,
    arm,
    call,
    entity_id,
    pictures,
    set_up,
    state,
    until,
)
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec import const
from custom_components.homesec.engine.engine import HomeSecEngine

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

COMMON = {"camera_id": CAMERA_ID, "camera": "Front door", "device_id": ANY}


async def arm_and_stream(
    hass: HomeAssistant, entry: MockConfigEntry, mode: str = "arm_away"
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, mode)
    await pictures(hass, entry)


def configure(hass: HomeAssistant, entry: MockConfigEntry, **settings: object) -> None:
    """Change the camera's settings before or after it is set up."""
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})


async def test_person_while_armed_is_announced_recorded_and_triggers_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, config_dir: Path
) -> None:
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    ended = async_capture_events(hass, const.EVENT_DETECTION_ENDED)
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await arm_and_stream(hass, entry)
    assert state(hass, "binary_sensor", "person_present") == "off"
    assert state(hass, "sensor", "person_count") == "0"

    detector.sees = [PERSON]
    await until(hass, lambda: started)
    assert started[0].data == COMMON | {
        "label": "person",
        "score": 0.87,
        "track_id": ANY,
        "count": 1,
        "first_seen": ANY,
        "sensor": None,
        "zones": [],
        "clip_id": ANY,
    }
    clip_id = started[0].data["clip_id"]
    assert dt_util.parse_datetime(started[0].data["first_seen"]).tzinfo is not None
    assert state(hass, "binary_sensor", "person_present") == "on"
    assert state(hass, "sensor", "person_count") == "1"
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    panel_id = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    await until(hass, lambda: hass.states.get(panel_id).state == "triggered")
    assert hass.states.get(panel_id).attributes["triggered_by"] == "Front door"
    await until(hass, lambda: state(hass, "image", "snapshot") != "unknown")

    detector.sees = []
    await until(hass, lambda: ended)
    assert ended[0].data == COMMON | {
        "label": "person",
        "score": 0.87,
        "track_id": ANY,
        "count": ANY,
        "first_seen": started[0].data["first_seen"],
        "sensor": None,
        "last_seen": ANY,
        "duration_s": ANY,
        "clip_id": clip_id,
    }
    assert state(hass, "binary_sensor", "person_present") == "off"
    await until(hass, lambda: saved)
    clip = saved[0].data
    assert clip == COMMON | {
        "clip_id": clip_id,
        "trigger": "presence",
        "label": "person",
        "score": 0.87,
        "started": ANY,
        "event": ANY,
        "duration_s": ANY,
        "pre_roll_s": ANY,
        "path": ANY,
        "media_content_id": f"media-source://homesec/clip/{clip_id}",
    }
    with av.open(config_dir / "media" / "homesec" / clip["path"]) as video:
        assert video.duration / av.time_base == pytest.approx(clip["duration_s"], abs=0.2)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    played = await media_source.async_resolve_media(hass, clip["media_content_id"], None)
    assert played.path == config_dir / "media" / "homesec" / clip["path"]
    assert state(hass, "sensor", "clips", entry.entry_id) == "1"
    assert float(state(hass, "sensor", "storage_used", entry.entry_id)) > 0


async def test_event_entity_has_same_data_as_bus_event(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    fired: list[tuple[str, str]] = []
    await arm_and_stream(hass, entry)
    event_entity = entity_id(hass, "event", "activity")

    @callback
    def changed(event: Event) -> None:
        if event.data["entity_id"] == event_entity:
            attributes = event.data["new_state"].attributes
            fired.append((attributes["event_type"], attributes["clip_id"]))

    hass.bus.async_listen("state_changed", changed)
    detector.sees = [PERSON]
    await until(hass, lambda: fired)
    detector.sees = []
    await until(hass, lambda: len(fired) == 3)
    assert {event_type for event_type, _ in fired} == {"detected", "left", "clip_saved"}
    assert len({clip_id for _, clip_id in fired}) == 1


async def test_cat_turns_its_sensor_on_without_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    configure(hass, entry, labels=["person", "cat"])
    await arm_and_stream(hass, entry)
    detector.sees = [CAT, PERSON.__class__("dog", 0.9, PERSON.box)]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    assert state(hass, "binary_sensor", "person_present") == "off"
    assert state(hass, "sensor", "cat_count") == "1"
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "armed_away"


async def test_person_while_disarmed_is_announced_without_clip_or_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    configure(hass, entry, disarmed="detect")
    await arm_and_stream(hass, entry, "disarm")
    detector.sees = [PERSON]
    await until(hass, lambda: started)
    assert started[0].data["clip_id"] is None
    assert state(hass, "camera", "camera") == "streaming"
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "disarmed"


async def test_switching_camera_off_ends_detection_and_saves_clip(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    ended = async_capture_events(hass, const.EVENT_DETECTION_ENDED)
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await arm_and_stream(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    await arm(hass, entry, "disarm")
    await until(hass, lambda: ended and saved)
    assert state(hass, "binary_sensor", "person_present") == "unknown"
    assert state(hass, "sensor", "person_count") == "unknown"


async def test_unload_during_recording_saves_clip(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await arm_and_stream(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert len(saved) == 1


# --- manual recording, pictures ----------------------------------------------------------------


async def test_record_action_records_for_duration(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await arm_and_stream(hass, entry)
    camera = entity_id(hass, "camera", "camera")
    answer = await hass.services.async_call(
        "homesec",
        "record",
        {"entity_id": camera, "duration": timedelta(seconds=1)},
        blocking=True,
        return_response=True,
    )
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    await until(hass, lambda: saved)
    assert saved[0].data["clip_id"] == answer[camera]["clip_id"]
    assert saved[0].data["trigger"] == "manual"
    assert saved[0].data["label"] is None


async def test_recording_switch_records_until_off(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await arm_and_stream(hass, entry)
    switch = entity_id(hass, "switch", "recording")
    assert hass.states.get(switch).state == "off"
    await call(hass, "switch", "turn_on", switch)
    assert hass.states.get(switch).state == "on"
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    await call(hass, "switch", "turn_off", switch)
    await until(hass, lambda: hass.states.get(switch).state == "off")
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")


async def test_manual_recording_during_presence_uses_same_clip(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await arm_and_stream(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    switch = entity_id(hass, "switch", "recording")
    assert hass.states.get(switch).state == "off"
    await call(hass, "switch", "turn_on", switch)
    assert hass.states.get(switch).state == "on"
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "off")
    assert state(hass, "camera", "camera") == "recording"
    await call(hass, "switch", "turn_off", switch)
    await until(hass, lambda: saved)
    assert len(saved) == 1
    assert hass.states.get(switch).state == "off"


async def test_recording_of_camera_that_is_off_raises(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, "homesec", "record", entity_id(hass, "camera", "camera"))
    assert raised.value.translation_key == "camera_not_running"


async def test_camera_removed_while_recording_begins_raises_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await arm_and_stream(hass, entry)
    start = HomeSecEngine.start_recording

    def start_and_remove(*args: Any) -> str:
        clip_id = start(*args)
        remove = partial(hass.config_entries.async_remove_subentry, entry, CAMERA_ID)
        run_callback_threadsafe(hass.loop, remove).result(5)
        return clip_id

    monkeypatch.setattr(HomeSecEngine, "start_recording", start_and_remove)
    assert await entry.runtime_data.coordinator.async_start_recording(CAMERA_ID, 1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not entry.runtime_data.cameras


async def test_camera_image_is_jpeg_of_requested_width(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await arm_and_stream(hass, entry)
    client = await hass_client()
    answer = await client.get(f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}?width=320")
    assert answer.status == 200
    picture = av.CodecContext.create("mjpeg", "r")
    frames = [*picture.decode(av.Packet(await answer.read())), *picture.decode(None)]
    assert frames[0].width == 320
    stream = await client.get(f"/api/camera_proxy_stream/{entity_id(hass, 'camera', 'camera')}")
    assert (await stream.content.readline()).startswith(b"--frameboundary")
    stream.close()


async def test_snapshot_image_is_served(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_client: ClientSessionGenerator,
) -> None:
    await arm_and_stream(hass, entry)
    image = entity_id(hass, "image", "snapshot")
    assert "entity_picture" not in hass.states.get(image).attributes
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "image", "snapshot") != "unknown")
    assert hass.states.get(image).attributes["entity_picture"]
    client = await hass_client()
    answer = await client.get(f"/api/image_proxy/{image}")
    assert answer.status == 200
    assert (await answer.read()).startswith(b"\xff\xd8")
