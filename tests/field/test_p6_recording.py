"""*Record now* records by hand; the switch *Recording* turns recording on detection off."""

from alarm_fixtures import CODES, PINS, with_alarm
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homesec_fixtures import (
    CAMERA_ID,
    PERSON,
    arm,
    call,
    entity_id,
    guard,
    pictures,
    set_up,
    state,
    until,
)
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.types import Activity


async def switch(hass, on, user=None):
    """Turn the switch on or off."""
    data = {"entity_id": entity_id(hass, "switch", "record_detections")}
    context = Context(user_id=user and user.id)
    action = "turn_on" if on else "turn_off"
    await hass.services.async_call("switch", action, data, blocking=True, context=context)
    await hass.async_block_till_done()


async def test_recording_turned_off_ends_clip_and_records_no_visit(hass, entry, detector):
    await guard(hass, entry, pre_roll_s=0)
    saved = async_capture_events(hass, "homesec_clip_saved")
    seen = async_capture_events(hass, "homesec_detection_started")
    camera = entry.runtime_data.cameras[CAMERA_ID]
    detector.sees = [PERSON]
    await until(hass, lambda: camera.recording, "a clip")
    await switch(hass, on=False)
    await until(hass, lambda: saved and not camera.recording, "the end of the clip")
    assert camera.presences, "it still detects"
    detector.sees = []
    await until(hass, lambda: not camera.presences, "nobody")
    detector.sees = [PERSON]
    await until(hass, lambda: camera.presences, "somebody")
    assert seen[-1].data["clip_id"] is None
    assert not camera.recording
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "triggered"
    await switch(hass, on=True)
    await until(hass, lambda: camera.recording, "a clip again")


@pytest.mark.parametrize("disarmed", ["off", "detect", "record"])
async def test_recording_turned_off_holds_in_every_mode(hass, entry, disarmed):
    await set_up(hass, entry)
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "disarmed": disarmed, "armed_modes": ["away"]}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await switch(hass, on=False)
    for mode in ("disarm", "arm_home", "arm_away"):
        await arm(hass, entry, mode)
        activity = entry.runtime_data.alarm.activity(entry.subentries[CAMERA_ID])
        assert activity is not Activity.RECORD
    await switch(hass, on=True)
    assert entry.runtime_data.alarm.activity(entry.subentries[CAMERA_ID]) is Activity.RECORD


async def test_button_records_even_while_recording_is_off(hass, entry):
    await guard(hass, entry, recording=False)
    await call(hass, "button", "press", entity_id(hass, "button", "record_now"))
    camera = entry.runtime_data.cameras[CAMERA_ID]
    await until(hass, lambda: camera.recording, "a clip")
    manual = entity_id(hass, "switch", "recording")
    assert hass.states.get(manual).state == "on"
    await call(hass, "switch", "turn_off", manual)
    await until(hass, lambda: not camera.recording, "its end")


async def test_turning_off_while_armed_takes_pin(hass, entry, hass_admin_user):
    await set_up(hass, with_alarm(entry, pins=PINS))
    weakened = async_capture_events(hass, "homesec_alarm_weakened")
    await arm(hass, entry)
    with pytest.raises(ServiceValidationError, match="Turn recording on or off action"):
        await switch(hass, on=False, user=hass_admin_user)
    assert state(hass, "switch", "record_detections") == "on"
    data = {"camera": [CAMERA_ID], "enabled": False}
    context = Context(user_id=hass_admin_user.id)
    for code in ({}, {"code": CODES[PinKind.FULL]}):
        call_it = hass.services.async_call(
            DOMAIN, "set_recording", data | code, blocking=True, context=context
        )
        if code:
            await call_it
        else:
            with pytest.raises(ServiceValidationError):
                await call_it
    await hass.async_block_till_done()
    assert state(hass, "switch", "record_detections") == "off"
    assert [each.data["action"] for each in weakened] == ["recording_off"]
    await switch(hass, on=True, user=hass_admin_user)
    assert [each.data["action"] for each in weakened] == ["recording_off"]


async def test_switch_of_earlier_version_stays_and_records_by_hand(hass, entry):
    registry = er.async_get(hass)
    entry.add_to_hass(hass)
    old = registry.async_get_or_create(
        "switch",
        DOMAIN,
        f"{CAMERA_ID}_recording",
        config_entry=entry,
        config_subentry_id=CAMERA_ID,
        suggested_object_id="front_door_recording",
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    kept = registry.async_get(old.entity_id)
    assert (kept.id, kept.hidden_by, kept.disabled_by) == (old.id, None, None)
    assert entity_id(hass, "switch", "record_detections") != old.entity_id
    await arm(hass, entry)
    await pictures(hass, entry)
    await call(hass, "switch", "turn_on", old.entity_id)
    camera = entry.runtime_data.cameras[CAMERA_ID]
    await until(hass, lambda: camera.recording, "a clip")
