"""Cameras that are off while disarmed are checked when arming."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
import shutil
from threading import Event
from typing import TYPE_CHECKING, Any

from alarm_fixtures import FastClock, panel, with_alarm
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homesec_fixtures import CAMERA_ID, arm, call, camera, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.homesec.alarm import camera_check, controller
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.capture import reconnecting_source as camera_source
from custom_components.homesec.engine.core.errors import ConnectionRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from homeassistant.core import HomeAssistant

ALARM = "alarm_control_panel"
DOOR_ID = CAMERA_ID
GARDEN_ID = "01K0CAMERA0000000000000002"
SLOW = {"delays": {"away": {"exit_s": 600, "entry_s": 300, "trigger_s": 900}}}
SHORT = {"delays": {"away": {"exit_s": 1, "entry_s": 300, "trigger_s": 900}}}
REALLY_S = 0.6
"""What replaces the waits for cameras."""


@dataclass
class GardenCamera:
    """The camera of the garden, whose connection a test controls."""

    video: Path
    path: Path
    answers: Event = field(default_factory=Event)
    """Connections wait until it is set."""
    refuses: bool = False

    def add_file(self) -> None:
        """Add the video file that the camera plays."""
        shutil.copy(self.video, self.path)


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    fast_clock = FastClock()
    monkeypatch.setattr(controller, "SystemClock", fast_clock)
    return fast_clock


@pytest.fixture
def garden(video: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch) -> GardenCamera:
    """A camera that connects as soon as its video file exists."""
    garden = GardenCamera(video, config_dir / "garden.mp4")
    garden.answers.set()
    connect = camera_source.open_source

    def open_source(config: Any, feed: Any, timeline: Any, stop: Event) -> Any:
        if config.location == str(garden.path):
            while not garden.answers.wait(0.02) and not stop.is_set():
                pass
            if garden.refuses:
                raise ConnectionRefused
        return connect(config, feed, timeline, stop)

    monkeypatch.setattr(camera_source, "open_source", open_source)
    return garden


@pytest.fixture
def two_cameras(hass: HomeAssistant, garden: GardenCamera) -> MockConfigEntry:
    """An entry with two cameras that are off while disarmed; the garden's video file is missing."""
    folders = {str(garden.path.parent), str(garden.video.parent)}
    hass.config.allowlist_external_dirs = folders
    return MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        entry_id="01K0HOVSE00000000000000000",
        subentries_data=[
            camera("Front door", garden.video, camera_id=DOOR_ID),
            camera("Garden", garden.path, camera_id=GARDEN_ID),
        ],
    )


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the waits for cameras."""
    monkeypatch.setattr(camera_check, "REACH_S", REALLY_S)
    monkeypatch.setattr(camera_check, "REACH_STARTING_S", REALLY_S)


def health(entry: MockConfigEntry, camera_id: str = GARDEN_ID) -> str:
    return entry.runtime_data.cameras[camera_id].health.value


def bypassed(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    return hass.states.get(panel(hass, entry)).attributes["bypassed"]


def issue_key(hass: HomeAssistant) -> str | None:
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"camera_{GARDEN_ID}")
    return None if issue is None else issue.translation_key


def start_arming(hass: HomeAssistant, entry: MockConfigEntry, **how: Any) -> asyncio.Task[None]:
    """Arm in a task."""
    return asyncio.create_task(call(hass, DOMAIN, "arm", panel(hass, entry), mode="away", **how))


async def wait_for(condition: Callable[[], object]) -> None:
    """Wait for a condition, but not for all running tasks."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - of many kinds
            await asyncio.sleep(0.02)


# --- without exit delay ------------------------------------------------------------------------


async def test_unreachable_camera_blocks_arming(
    hass: HomeAssistant, two_cameras: MockConfigEntry
) -> None:
    await set_up(hass, two_cameras)
    assert (health(two_cameras), health(two_cameras, DOOR_ID)) == ("off", "off")
    refused = async_capture_events(hass, "homesec_alarm_refused")
    with pytest.raises(ServiceValidationError, match="Garden") as error:
        await arm(hass, two_cameras)
    assert error.value.translation_key == "camera_offline"
    assert "Front door" not in str(error.value)
    assert refused[0].data["cameras"] == ["Garden"]
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "disarmed"
    # The checked camera is off again.
    await until(hass, lambda: (health(two_cameras), health(two_cameras, DOOR_ID)) == ("off", "off"))


async def test_arming_waits_for_slow_camera(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    garden.add_file()
    garden.answers.clear()
    await set_up(hass, two_cameras)
    armed = async_capture_events(hass, "homesec_alarm_armed")
    task = start_arming(hass, two_cameras)
    await wait_for(lambda: health(two_cameras) == "connecting")
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "disarmed"
    assert not task.done()
    garden.answers.set()
    await task
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_away"
    assert health(two_cameras) == "running"
    assert (armed[0].data["bypassed"], armed[0].data["offline"]) == ([], [])


async def test_camera_that_fails_once_is_retried(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    garden.add_file()
    garden.refuses = True
    await set_up(hass, two_cameras)
    task = start_arming(hass, two_cameras)
    await wait_for(lambda: health(two_cameras) == "lost")
    garden.refuses = False
    await task
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_away"
    assert bypassed(hass, two_cameras) == []


@pytest.mark.usefixtures("short_timeouts")
async def test_arming_does_not_wait_long_for_silent_camera(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    garden.answers.clear()
    await set_up(hass, two_cameras)
    with pytest.raises(ServiceValidationError, match="Garden"):
        await arm(hass, two_cameras)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "disarmed"
    garden.answers.set()


async def test_forced_arming_bypasses_unreachable_camera(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    await set_up(hass, two_cameras)
    armed = async_capture_events(hass, "homesec_alarm_armed")
    alerts = async_capture_events(hass, "homesec_alert")
    await start_arming(hass, two_cameras, force=True)
    assert armed[0].data == {
        "mode": "away",
        "changed_by": None,
        "forced": True,
        "bypassed": ["Garden"],
        "offline": [],
    }
    assert bypassed(hass, two_cameras) == ["Garden"]
    # Force is consent, so there is no issue.
    assert (alerts, issue_key(hass)) == ([], None)
    garden.add_file()
    await until(hass, lambda: bypassed(hass, two_cameras) == [])


async def test_check_skips_camera_of_other_mode(
    hass: HomeAssistant, two_cameras: MockConfigEntry
) -> None:
    subentry = two_cameras.subentries[GARDEN_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "armed_modes": ["night"]})
    await set_up(hass, two_cameras)
    await arm(hass, two_cameras)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_away"
    assert health(two_cameras) == "off"


async def test_mode_change_checks_cameras_of_new_mode(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    subentry = two_cameras.subentries[GARDEN_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "armed_modes": ["night"]})
    await set_up(hass, two_cameras)
    await arm(hass, two_cameras)
    with pytest.raises(ServiceValidationError, match="Garden"):
        await arm(hass, two_cameras, "arm_night")
    # The earlier mode is still armed.
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_away"
    assert health(two_cameras, DOOR_ID) == "running"
    garden.add_file()
    await arm(hass, two_cameras, "arm_night")
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_night"


@pytest.mark.parametrize(
    ("event", "then"),
    [
        ("alarm_disarm", "disarmed"),
        ("alarm_trigger", "triggered"),
        ("alarm_arm_home", "armed_home"),
    ],
)
async def test_change_during_check_overtakes_arming(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera, event: str, then: str
) -> None:
    subentry = two_cameras.subentries[GARDEN_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "armed_modes": ["away"]})
    garden.add_file()
    garden.answers.clear()
    await set_up(hass, two_cameras)
    task = start_arming(hass, two_cameras)
    await wait_for(lambda: health(two_cameras) == "connecting")
    target = {"entity_id": panel(hass, two_cameras)}
    await hass.services.async_call(ALARM, event, target, blocking=True)
    garden.answers.set()
    with pytest.raises(ServiceValidationError) as error:
        await task
    assert error.value.translation_key == "arming_overtaken"
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == then


async def test_stop_during_check_raises_error(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    garden.answers.clear()
    await set_up(hass, two_cameras)
    task = start_arming(hass, two_cameras, force=True)
    await wait_for(lambda: health(two_cameras) == "connecting")
    alarm = two_cameras.runtime_data.alarm
    assert await hass.config_entries.async_unload(two_cameras.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await task
    assert error.value.translation_key == "engine_not_running"
    assert alarm.mode == "disarmed"


# --- with an exit delay ------------------------------------------------------------------------


async def test_short_exit_delay_begins_after_check(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera
) -> None:
    await set_up(hass, with_alarm(two_cameras, alarm=SHORT))
    with pytest.raises(ServiceValidationError, match="Garden"):
        await arm(hass, two_cameras)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "disarmed"
    garden.add_file()
    await arm(hass, two_cameras)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "arming"
    assert health(two_cameras) == "running"


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_unreachable_camera_is_reported_after_exit_delay(
    hass: HomeAssistant,
    two_cameras: MockConfigEntry,
    garden: GardenCamera,
    fast_clock: FastClock,
    how: str,
) -> None:
    if how == "silent":
        garden.answers.clear()
    await set_up(hass, with_alarm(two_cameras, alarm=SLOW))
    armed = async_capture_events(hass, "homesec_alarm_armed")
    alerts = async_capture_events(hass, "homesec_alert")
    await arm(hass, two_cameras)
    await until(hass, lambda: health(two_cameras) == ("connecting" if how == "silent" else "lost"))
    await until(hass, lambda: health(two_cameras, DOOR_ID) == "running")
    assert (bypassed(hass, two_cameras), issue_key(hass)) == ([], None)
    await fast_clock.skip(hass, two_cameras, 600)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_away"
    assert armed[0].data == {
        "mode": "away",
        "changed_by": None,
        "forced": False,
        "bypassed": ["Garden"],
        "offline": ["Garden"],
    }
    assert bypassed(hass, two_cameras) == ["Garden"]
    assert issue_key(hass) == "camera_missing"
    await until(hass, lambda: alerts)
    data = alerts[0].data
    assert (data["kind"], data["cameras"], data["mode"]) == ("offline", ["Garden"], "away")
    assert (data["title"], data["still"], data["clip_id"]) == ("Armed without Garden", None, None)
    garden.add_file()
    garden.answers.set()
    await until(hass, lambda: bypassed(hass, two_cameras) == [], timeout_s=30)
    assert issue_key(hass) is None


async def test_missing_cameras_are_reported_together(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera, fast_clock: FastClock
) -> None:
    door = two_cameras.subentries[DOOR_ID]
    object.__setattr__(door, "data", {**door.data, "file": str(garden.path.parent / "door.mp4")})
    await set_up(hass, with_alarm(two_cameras, alarm=SLOW))
    alerts = async_capture_events(hass, "homesec_alert")
    await arm(hass, two_cameras)
    await until(hass, lambda: health(two_cameras) == health(two_cameras, DOOR_ID) == "lost")
    await fast_clock.skip(hass, two_cameras, 600)
    await until(hass, lambda: alerts)
    assert [event.data["cameras"] for event in alerts] == [["Front door", "Garden"]]


async def test_disarming_withdraws_missing_camera_issue(
    hass: HomeAssistant, two_cameras: MockConfigEntry, fast_clock: FastClock
) -> None:
    await set_up(hass, with_alarm(two_cameras, alarm=SLOW))
    await arm(hass, two_cameras)
    await until(hass, lambda: health(two_cameras) == "lost")
    await fast_clock.skip(hass, two_cameras, 600)
    assert issue_key(hass) == "camera_missing"
    await arm(hass, two_cameras, "disarm")
    await until(hass, lambda: issue_key(hass) is None)
    assert bypassed(hass, two_cameras) == []


async def test_known_offline_camera_blocks_arming_before_exit_delay(
    hass: HomeAssistant, two_cameras: MockConfigEntry
) -> None:
    subentry = two_cameras.subentries[GARDEN_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "disarmed": "detect"})
    await set_up(hass, with_alarm(two_cameras, alarm=SLOW))
    await until(hass, lambda: health(two_cameras) == "lost")
    with pytest.raises(ServiceValidationError, match="Garden"):
        await arm(hass, two_cameras)
    await start_arming(hass, two_cameras, force=True)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "arming"
    assert bypassed(hass, two_cameras) == ["Garden"]


# --- when Home Assistant starts in between -----------------------------------------------------


async def start_after_the_exit_delay(
    hass: HomeAssistant, two_cameras: MockConfigEntry, fast_clock: FastClock
) -> None:
    """Arm, unload, and set up after the end of the exit delay."""
    await set_up(hass, with_alarm(two_cameras, alarm=SLOW))
    await arm(hass, two_cameras)
    assert await hass.config_entries.async_unload(two_cameras.entry_id)
    fast_clock.wall_ahead_s = 700
    assert await hass.config_entries.async_setup(two_cameras.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, ALARM, "alarm", two_cameras.entry_id) == "armed_away"


@pytest.mark.usefixtures("short_timeouts")
async def test_cameras_get_time_after_start_past_exit_delay(
    hass: HomeAssistant, two_cameras: MockConfigEntry, garden: GardenCamera, fast_clock: FastClock
) -> None:
    garden.add_file()
    armed = async_capture_events(hass, "homesec_alarm_armed")
    alerts = async_capture_events(hass, "homesec_alert")
    await start_after_the_exit_delay(hass, two_cameras, fast_clock)
    assert armed[0].data["bypassed"] == []
    await until(hass, lambda: health(two_cameras) == "running")
    await asyncio.sleep(REALLY_S * 1.5)
    await hass.async_block_till_done()
    assert (bypassed(hass, two_cameras), alerts) == ([], [])


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("then", ["armed_away", "disarmed"])
async def test_camera_missing_after_start_is_reported_late(
    hass: HomeAssistant,
    two_cameras: MockConfigEntry,
    garden: GardenCamera,
    fast_clock: FastClock,
    then: str,
) -> None:
    garden.answers.clear()
    armed = async_capture_events(hass, "homesec_alarm_armed")
    alerts = async_capture_events(hass, "homesec_alert")
    await start_after_the_exit_delay(hass, two_cameras, fast_clock)
    assert (armed[0].data["bypassed"], armed[0].data["offline"]) == ([], [])
    if then == "armed_away":
        await until(hass, lambda: alerts)
        assert (alerts[0].data["kind"], alerts[0].data["cameras"]) == ("offline", ["Garden"])
        assert bypassed(hass, two_cameras) == ["Garden"]
        assert issue_key(hass) == "camera_missing"
    else:
        await arm(hass, two_cameras, "disarm")
        await asyncio.sleep(REALLY_S * 1.5)
        assert alerts == []
    garden.answers.set()
