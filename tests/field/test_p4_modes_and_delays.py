"""A new camera doesn't guard while you're at home, and a new alarm gives you time to leave."""

from camera_forms import start_adding, submit_subentry, suggested_values
from homeassistant.config_entries import SOURCE_USER
from homesec_fixtures import CAMERA_ID, arm, entity_id, set_up, state
import pytest

from custom_components.homesec.alarm.config import get_delays
from custom_components.homesec.alarm.machine import AlarmMode, Delays
from custom_components.homesec.cameras.config import activity
from custom_components.homesec.cameras.presets import CameraPreset
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.types import Activity


async def add_entry(hass):
    """Add HomeSec as a new user does; return its entry."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    done = await hass.config_entries.flow.async_configure(flow["flow_id"], {"advanced": {}})
    hass.config_entries.subentries.async_abort(done["next_flow"][1])
    await hass.async_block_till_done(wait_background_tasks=True)
    return done["result"]


@pytest.mark.parametrize(
    ("preset", "modes"),
    [
        ({}, {"away", "vacation"}),
        ({"preset": "indoor"}, {"away", "vacation"}),
        ({"preset": "outdoor"}, {"away", "night", "vacation"}),
    ],
)
async def test_preset_fills_in_modes_without_home(hass, entry, video, preset, modes):
    await set_up(hass, entry)
    given = {"kind": "file", "file": str(video), **preset}
    shown = await submit_subentry(hass, await start_adding(hass, entry), given)
    suggested = suggested_values(shown)
    assert set(suggested["armed_modes"]) == modes
    assert suggested["response"]["disarmed"] == "detect"
    saved = {k: v for k, v in suggested.items() if v is not None and k != "zones"}
    advanced = {k: v for k, v in suggested["advanced"].items() if v is not None}
    response = {k: v for k, v in suggested["response"].items() if v is not None}
    saved |= {"name": "New", "response": response, "advanced": advanced}
    await submit_subentry(hass, shown, saved)
    [camera] = [each for each in entry.subentries.values() if each.title == "New"]
    for mode in AlarmMode:
        guards = Activity.RECORD if mode in modes else Activity.DETECT
        assert activity(camera.data, mode) is guards


async def test_preset_survives_error_of_source(hass, entry, probe):
    await set_up(hass, entry)
    wrong = {"kind": "stream", "url": "ftp://x", "preset": "outdoor"}
    again = await submit_subentry(hass, await start_adding(hass, entry), wrong)
    assert suggested_values(again)["preset"] == CameraPreset.OUTDOOR


async def test_new_alarm_gives_time_to_leave_and_to_enter_in_away_only(hass):
    entry = await add_entry(hass)
    for mode in AlarmMode:
        delays = get_delays(entry.data, mode)
        expected = (30, 30) if mode is AlarmMode.AWAY else (0, 0)
        assert (delays.exit_s, delays.entry_s) == expected
    await arm(hass, entry)
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "arming"
    await arm(hass, entry, "disarm")
    await arm(hass, entry, "arm_night")
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "armed_night"


async def test_existing_camera_and_alarm_keep_what_they_have(hass, entry):
    subentry = entry.subentries[CAMERA_ID]
    old = {k: v for k, v in subentry.data.items() if k not in ("armed_modes", "disarmed")}
    object.__setattr__(subentry, "data", old)  # as if stored by the first version
    await set_up(hass, entry)
    assert all(activity(old, mode) is Activity.RECORD for mode in AlarmMode if mode != "disarmed")
    assert activity(old, AlarmMode.DISARMED) is Activity.OFF
    assert get_delays(entry.data, AlarmMode.AWAY) == Delays()
    await arm(hass, entry)
    panel = hass.states.get(entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id))
    assert panel.state == "armed_away"
