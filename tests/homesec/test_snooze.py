"""Snoozed cameras record and trigger the alarm, but send no other alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, arm, entity_id, pictures, set_up, state, until
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.homesec.alerts.snooze import STORAGE_KEY, Snooze
from custom_components.homesec.const import DOMAIN, EVENT_ALERT, EVENT_CLIP_SAVED
from custom_components.homesec.event_bus import CameraChanged

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.auth.models import User as MockUser
    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry


async def snooze(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    answer = await hass.services.async_call(
        DOMAIN, "snooze", {"duration": "00:30:00", **data}, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


@pytest.mark.parametrize("alarm_labels", [[], ["person"]])
async def test_snoozed_camera_records_and_alerts_only_by_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alarm_labels: list[str]
) -> None:
    alerts = async_capture_events(hass, EVENT_ALERT)
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "alarm_labels": alarm_labels})
    await set_up(hass, entry)
    await snooze(hass, camera=CAMERA_ID)
    await arm(hass, entry)
    await pictures(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    await until(hass, lambda: alerts or not alarm_labels)
    detector.sees = []
    await until(hass, lambda: saved)
    await hass.async_block_till_done()
    assert [alert.data["kind"] for alert in alerts] == (["alarm"] if alarm_labels else [])


@pytest.mark.parametrize("target", ["entity", "device", "area", "all", "field", "device_field"])
async def test_snooze_accepts_every_kind_of_target(
    hass: HomeAssistant, entry: MockConfigEntry, target: str
) -> None:
    await set_up(hass, entry)
    device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
    area = ar.async_get(hass).async_create("Porch")
    dr.async_get(hass).async_update_device(device_id, area_id=area.id)
    data = {
        "entity": {"entity_id": entity_id(hass, "camera", "camera")},
        "device": {"device_id": device_id},
        "area": {"area_id": area.id},
        "all": {"entity_id": "all"},
        "field": {"camera": CAMERA_ID},
        "device_field": {"camera": [device_id]},
    }[target]
    before = dt_util.utcnow().timestamp()
    [found] = (await snooze(hass, **data))["cameras"]
    assert (found["camera_id"], found["camera"]) == (CAMERA_ID, "Front door")
    until_ = entry.runtime_data.alerts.snoozed_until(CAMERA_ID)
    assert before + 1800 <= until_ <= dt_util.utcnow().timestamp() + 1800
    assert dt_util.parse_datetime(found["until"]).timestamp() == pytest.approx(until_, abs=0.001)
    shown = dt_util.parse_datetime(state(hass, "sensor", "snoozed_until"))
    assert shown.timestamp() == pytest.approx(until_, abs=1)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "no_camera_chosen"),
        ({"entity_id": "light.kitchen"}, "no_camera_chosen"),
        ({"camera": "nobody"}, "camera_not_found"),
        ({"camera": "sensor.foreign"}, "camera_not_found"),
    ],
)
async def test_snooze_refuses_unknown_camera(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: Any,
    data: dict[str, Any],
    key: str,
) -> None:
    entity_registry.async_get_or_create("sensor", "else", "1", suggested_object_id="foreign")
    await set_up(hass, entry)
    with pytest.raises(ServiceValidationError) as refused:
        await snooze(hass, **data)
    assert refused.value.translation_key == key


@pytest.mark.parametrize("duration", ["-00:00:01", {"days": 31}])
async def test_snooze_refuses_invalid_duration(
    hass: HomeAssistant, entry: MockConfigEntry, duration: Any
) -> None:
    await set_up(hass, entry)
    with pytest.raises(probatio.Invalid):
        await snooze(hass, camera=CAMERA_ID, duration=duration)


async def test_zero_duration_ends_snooze(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await snooze(hass, camera=CAMERA_ID)
    [found] = (await snooze(hass, camera=CAMERA_ID, duration=0))["cameras"]
    assert found["until"] is None
    assert entry.runtime_data.alerts.snoozed_until(CAMERA_ID) is None
    assert state(hass, "sensor", "snoozed_until") == "unknown"


async def test_camera_removed_during_snooze_action_is_returned_by_id(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(hass, entry)
    save = Snooze._async_save

    async def remove_and_save(self: Snooze) -> None:
        if CAMERA_ID in entry.subentries:
            hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
        await save(self)

    monkeypatch.setattr(Snooze, "_async_save", remove_and_save)
    answer = await snooze(hass, camera=CAMERA_ID)
    assert [(each["camera_id"], each["camera"]) for each in answer["cameras"]] == [
        (CAMERA_ID, None)
    ]


async def test_snooze_ends_by_itself_and_updates_listeners(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, entry)
    await snooze(hass, camera=CAMERA_ID, duration=60)
    events: list[object] = []
    runtime = entry.runtime_data
    runtime.bus.async_subscribe(events.append, camera_id=CAMERA_ID, kinds=(CameraChanged,))
    # A clock that was set back doesn't end it early.
    freezer.tick(-600)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=661))
    await hass.async_block_till_done()
    assert runtime.alerts.snoozed_until(CAMERA_ID) is not None
    freezer.tick(700)
    async_fire_time_changed(hass, dt_util.utcnow())
    await hass.async_block_till_done()
    assert runtime.alerts.snoozed_until(CAMERA_ID) is None
    assert events == [CameraChanged(camera_id=CAMERA_ID)]
    assert state(hass, "sensor", "snoozed_until") == "unknown"


async def test_snooze_lasts_no_years_after_the_clock_was_set_back(hass: HomeAssistant) -> None:
    now = [2_000_000_000.0]  # a clock without a battery was wrong by years
    snooze = Snooze(hass, clock=lambda: now[0], on_change=lambda _: None)
    assert await snooze.async_set(CAMERA_ID, 3600) == 2_000_003_600.0
    now[0] -= 3600
    assert snooze.until(CAMERA_ID) == 2_000_003_600.0
    now[0] = 1_800_000_000.0
    assert snooze.until(CAMERA_ID) is None
    snooze.async_stop()


async def test_snooze_survives_restart(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await set_up(hass, entry)
    await snooze(hass, camera=CAMERA_ID)
    until_ = entry.runtime_data.alerts.snoozed_until(CAMERA_ID)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.alerts.snoozed_until(CAMERA_ID) == until_
    # Removing the camera or the entry removes its snooze.
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass_storage[STORAGE_KEY]["data"] == {"until": {}}
    await hass.config_entries.async_remove(entry.entry_id)
    assert STORAGE_KEY not in hass_storage


@pytest.mark.parametrize("stored", [{"until": {"x": "soon"}}, {"until": 7}, {}])
async def test_unreadable_store_ends_all_snoozes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hass_storage[STORAGE_KEY] = {"version": 1, "minor_version": 1, "data": stored}
    await set_up(hass, entry)
    assert entry.runtime_data.alerts.snoozed_until(CAMERA_ID) is None
    assert "no camera is snoozed now" in caplog.text


async def test_snooze_needs_permission_to_control_alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_owner_user: MockUser,
    hass_read_only_user: MockUser,
) -> None:
    await set_up(hass, entry)
    data = {"camera": CAMERA_ID, "duration": 60}
    for user_id, error in ((hass_read_only_user.id, Unauthorized), ("nobody", UnknownUser)):
        with pytest.raises(error):
            await hass.services.async_call(
                DOMAIN, "snooze", data, blocking=True, context=Context(user_id=user_id)
            )
    assert entry.runtime_data.alerts.snoozed_until(CAMERA_ID) is None
    ann = await hass.auth.async_create_user("Ann", group_ids=["system-users"])
    assert not ann.is_admin
    await hass.services.async_call(
        DOMAIN, "snooze", data, blocking=True, context=Context(user_id=ann.id)
    )
    assert entry.runtime_data.alerts.snoozed_until(CAMERA_ID) is not None
