"""From detections to alerts: immediate, only once, and with a still."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.util import dt as dt_util
from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    DRIVE,
    PERSON,
    arm,
    camera,
    entity_id,
    guard,
    pictures,
    state,
    until,
)
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.const import (
    EVENT_CLIP_SAVED,
)
from custom_components.homesec.engine.core.clip_id import is_clip_id
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved, DetectionStarted
from custom_components.homesec.engine.core.types import ClipState

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

OTHER_ID = "01K0CAMERA0000000000000002"


async def test_alert_is_sent_while_clip_is_recorded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    hass_client: ClientSessionGenerator,
) -> None:
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    await guard(hass, entry, zones=[DRIVE])
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert not saved
    data = dict(alerts[0].data)
    assert is_clip_id(data["alert_id"])
    assert data["kind"] in ("seen", "alarm")
    assert data["camera_id"] == CAMERA_ID
    assert data["camera"] == "Front door"
    assert data["cameras"] == ["Front door"]
    assert data["device_id"] == entry.runtime_data.devices.id_of(CAMERA_ID)
    assert data["camera_entity_id"] == entity_id(hass, "camera", "camera")
    assert data["image_entity_id"] == entity_id(hass, "image", "snapshot")
    assert data["device_ids"] == [data["device_id"]]
    assert data["label"] == "person"
    assert data["score"] == pytest.approx(0.87)
    assert data["count"] == 1
    assert data["mode"] == "away"
    assert data["link"] == f"/homesec/clip/{data['clip_id']}"
    assert data["clip"] == f"/api/homesec/clip/{data['clip_id']}.mp4"
    assert "Person: Front door" in data["title"]
    assert dt_util.parse_datetime(data["first_seen"]) <= dt_util.utcnow()
    detector.sees = []
    await until(hass, lambda: updates)
    ready = dict(updates[-1].data)
    assert ready["clip_ready"]
    assert ready["alert_id"] == data["alert_id"]
    assert ready["clip_id"] == data["clip_id"] == saved[0].data["clip_id"]
    assert len(alerts) == 1
    client = await hass_client()
    still = await client.get(data["still"])
    assert still.status == HTTPStatus.OK
    assert (await still.read()).startswith(b"\xff\xd8")
    assert (await client.get(ready["clip"])).status == HTTPStatus.OK


async def test_second_camera_within_a_minute_joins_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    video: Path,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    data = camera("Garden", video, camera_id=OTHER_ID)
    entry.add_to_hass(hass)
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**data))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await arm(hass, entry)
    await pictures(hass, entry)
    await pictures(hass, entry, OTHER_ID)
    detector.sees = [PERSON]
    # One scripted detector serves both cameras, so either may be the first.
    await until(hass, lambda: alerts)
    runtime = entry.runtime_data
    seen = next(
        camera.presences["person"] for camera in runtime.cameras.values() if camera.presences
    )
    other = OTHER_ID if seen.camera_id == CAMERA_ID else CAMERA_ID
    runtime.coordinator.async_handle_event(
        DetectionStarted(presence=replace(seen, camera_id=other, count=2), clip_id=None)
    )
    await until(hass, lambda: updates and updates[-1].data["count"] >= 3)
    assert len(alerts) == 1
    assert sorted(updates[-1].data["cameras"]) == ["Front door", "Garden"]
    assert updates[-1].data["alert_id"] == alerts[0].data["alert_id"]
    assert not updates[-1].data["clip_ready"]


@pytest.mark.parametrize(
    "settings",
    [
        {"labels": ["person", "cat"], "alert_labels": ["person"]},
        {"labels": ["cat"], "alert_labels": []},
    ],
)
async def test_label_without_alerts_sends_none(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    settings: dict[str, Any],
    alerts: list[Event],
) -> None:
    await guard(hass, entry, **settings)
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    assert not alerts


async def test_camera_of_other_mode_sends_no_alert(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    await guard(hass, entry, armed_modes=["night"], disarmed="detect")
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert not alerts


async def test_zone_entered_later_updates_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    pool = {**DRIVE, "name": "Pool", "polygon": [[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]]}
    await guard(hass, entry, zones=[{**DRIVE, "loiter_s": 0.5}, pool])
    detector.sees = [PERSON]
    await until(hass, lambda: any(x.data["zones"] == ["Drive"] for x in (*alerts, *updates)))
    assert len(alerts) == 1


async def test_failed_clip_is_left_out_until_it_is_saved(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    runtime = entry.runtime_data
    [clip] = runtime.cameras[CAMERA_ID].recordings.values()
    failed = replace(clip, state=ClipState.FAILED)
    runtime.coordinator.async_handle_event(ClipFailed(clip=failed))
    await until(hass, lambda: updates)
    data = updates[0].data
    assert (data["clip_id"], data["clip"], data["link"]) == (None, None, "/homesec")
    assert (data["clip_ready"], data["changed"]) == (False, ["clip"])
    # The disk has room again.
    runtime.coordinator.async_handle_event(ClipSaved(clip=clip))
    await until(hass, lambda: len(updates) > 1)
    data = updates[1].data
    assert (data["clip_id"], data["clip_ready"]) == (clip.id, True)
