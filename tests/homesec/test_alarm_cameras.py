"""The alarm and its cameras, with the real engine on a real video."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from alarm_fixtures import FastClock, panel, with_alarm
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from homeassistant.exceptions import ServiceValidationError
from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    PERSON,
    arm,
    call,
    camera,
    pictures,
    set_up,
    state,
    until,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.homesec.alarm import controller
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.types import Activity

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector

SLOW = {"delays": {"away": {"exit_s": 600, "entry_s": 300, "trigger_s": 900}}}
ALARM = "alarm_control_panel"


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    fast_clock = FastClock()
    monkeypatch.setattr(controller, "SystemClock", fast_clock)
    return fast_clock


def activity_of(entry: MockConfigEntry, camera_id: str = CAMERA_ID) -> Activity:
    return entry.runtime_data.reconciler.running[camera_id][1]


def configure(entry: MockConfigEntry, **settings: Any) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})


async def test_person_in_view_after_exit_delay_triggers_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, fast_clock: FastClock
) -> None:
    await set_up(hass, with_alarm(entry, alarm=SLOW))
    assert activity_of(entry) is Activity.OFF
    events = async_capture_events(hass, "homesec_alarm_pending")
    triggered = async_capture_events(hass, "homesec_alarm_triggered")
    detector.sees = [PERSON, CAT]
    await arm(hass, entry)
    # The camera runs during the exit delay, so that its detector is warm; it records nothing.
    assert activity_of(entry) is Activity.DETECT
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert state(hass, ALARM, "alarm", entry.entry_id) == "arming"
    await fast_clock.skip(hass, entry, 600)
    assert state(hass, ALARM, "alarm", entry.entry_id) == "pending"
    assert activity_of(entry) is Activity.RECORD
    [event] = events
    camera_facts = {key: event.data[key] for key in ("camera_id", "camera", "label", "mode")}
    assert camera_facts == {
        "camera_id": CAMERA_ID,
        "camera": "Front door",
        "label": "person",
        "mode": "away",
    }
    assert event.data["device_id"]
    await until(hass, lambda: state(hass, "camera", "camera") == "recording")
    await fast_clock.skip(hass, entry, 300)
    assert hass.states.get(panel(hass, entry)).attributes["triggered_by"] == "Front door"
    assert triggered[0].data["camera_id"] == CAMERA_ID
    await arm(hass, entry, "disarm")


async def test_person_who_leaves_in_time_triggers_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, fast_clock: FastClock
) -> None:
    await set_up(hass, with_alarm(entry, alarm=SLOW))
    detector.sees = [PERSON]
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "off")
    await fast_clock.skip(hass, entry, 600)
    assert state(hass, ALARM, "alarm", entry.entry_id) == "armed_away"
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, ALARM, "alarm", entry.entry_id) == "pending")


async def restart(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock, off_s: float
) -> None:
    """Unload for a while, and set up again while Home Assistant is starting."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    fast_clock.wall_ahead_s += off_s
    hass.set_state(CoreState.not_running)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def finish_start(hass: HomeAssistant) -> None:
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()


@pytest.mark.parametrize("off_s", [0, 700], ids=["armed", "exit delay over"])
async def test_detection_during_start_triggers_alarm_after_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    off_s: float,
) -> None:
    """A burglar may cut the power, and use the time that Home Assistant takes to start."""
    await set_up(hass, with_alarm(entry, alarm=SLOW if off_s else {}))
    await arm(hass, entry)
    await restart(hass, entry, fast_clock, off_s)
    events = async_capture_events(
        hass, "homesec_alarm_pending" if off_s else "homesec_alarm_triggered"
    )
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "off")
    assert not events
    await finish_start(hass)
    assert [event.data["camera"] for event in events] == ["Front door"]


async def test_disarming_during_start_drops_earlier_detections(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, fast_clock: FastClock
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await restart(hass, entry, fast_clock, 0)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "off")
    await arm(hass, entry, "disarm")
    await arm(hass, entry)
    await finish_start(hass)
    assert state(hass, ALARM, "alarm", entry.entry_id) == "armed_away"


async def test_exit_delay_keeps_activity_of_running_camera(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    configure(entry, disarmed="record")
    await set_up(hass, with_alarm(entry, alarm=SLOW))
    await arm(hass, entry)
    assert activity_of(entry) is Activity.RECORD


async def test_exit_delay_does_not_start_camera_of_other_mode(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    configure(entry, armed_modes=["night"])
    await set_up(hass, with_alarm(entry, alarm=SLOW))
    await arm(hass, entry)
    assert activity_of(entry) is Activity.OFF


async def test_camera_without_entry_delay_triggers_immediately(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    configure(entry, alarm_at_once=True)
    await set_up(hass, with_alarm(entry, alarm=SLOW))
    await call(hass, "homesec", "arm", panel(hass, entry), mode="away", skip_delay=True)
    assert state(hass, ALARM, "alarm", entry.entry_id) == "armed_away"
    await pictures(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, ALARM, "alarm", entry.entry_id) == "triggered")


# --- cameras that are offline ------------------------------------------------------------------


@pytest.fixture
def missing_file_entry(
    hass: HomeAssistant, video: Path, config_dir: Path
) -> tuple[MockConfigEntry, Path]:
    """An entry whose camera plays a missing file."""
    missing_file = config_dir / "away.mp4"
    hass.config.allowlist_external_dirs = {str(config_dir), str(video.parent)}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        entry_id="01K0HOVSE00000000000000000",
        subentries_data=[camera("Garden", missing_file, camera_id=CAMERA_ID, disarmed="detect")],
    )
    return entry, missing_file


async def test_arming_with_offline_camera_needs_force(
    hass: HomeAssistant, missing_file_entry: tuple[MockConfigEntry, Path], video: Path
) -> None:
    entry, missing_file = missing_file_entry
    await set_up(hass, entry)
    cameras = entry.runtime_data.cameras
    await until(hass, lambda: cameras[CAMERA_ID].health == "lost")
    refused = async_capture_events(hass, "homesec_alarm_refused")
    armed = async_capture_events(hass, "homesec_alarm_armed")
    for act in (
        arm(hass, entry),
        call(hass, "homesec", "arm", panel(hass, entry), mode="night"),
    ):
        with pytest.raises(ServiceValidationError, match="Garden") as error:
            await act
        assert error.value.translation_key == "camera_offline"
    assert state(hass, ALARM, "alarm", entry.entry_id) == "disarmed"
    offline = {"reason": "camera_offline", "attempts": 0, "locked_until": None}
    assert [event.data for event in refused] == [offline | {"cameras": ["Garden"]}] * 2

    await call(hass, "homesec", "arm", panel(hass, entry), mode="away", force=True)
    found = hass.states.get(panel(hass, entry))
    assert (found.state, found.attributes["bypassed"]) == ("armed_away", ["Garden"])
    assert armed[0].data == {
        "mode": "away",
        "changed_by": None,
        "forced": True,
        "bypassed": ["Garden"],
        "offline": [],
    }
    # Once it runs, it is no longer bypassed.
    shutil.copy(video, missing_file)
    await until(hass, lambda: cameras[CAMERA_ID].health == "running", timeout_s=30)
    assert hass.states.get(panel(hass, entry)).attributes["bypassed"] == []


async def test_offline_camera_of_other_mode_does_not_block_arming(
    hass: HomeAssistant, missing_file_entry: tuple[MockConfigEntry, Path]
) -> None:
    entry, _away = missing_file_entry
    configure(entry, armed_modes=["away"])
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].health == "lost")
    await arm(hass, entry, "arm_home")
    assert state(hass, ALARM, "alarm", entry.entry_id) == "armed_home"
    await arm(hass, entry, "disarm")
    # Force is accepted but not needed.
    await call(hass, "homesec", "arm", panel(hass, entry), mode="home", force=True)
    assert not entry.runtime_data.alarm.snapshot.forced


async def test_removed_camera_is_not_listed_as_bypassed(
    hass: HomeAssistant, missing_file_entry: tuple[MockConfigEntry, Path]
) -> None:
    entry, _away = missing_file_entry
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].health == "lost")
    await call(hass, "homesec", "arm", panel(hass, entry), mode="away", force=True)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    assert hass.states.get(panel(hass, entry)).attributes["bypassed"] == []
