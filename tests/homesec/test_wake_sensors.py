"""Sensors that wake a camera: what counts as a report, and what follows from one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import FastClock, with_alarm
from homeassistant.core import State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homesec_fixtures import (
    CAMERA_ID,
    PERSON,
    arm,
    entity_id,
    guard,
    pictures,
    set_up,
    state,
    until,
)
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec import const
from custom_components.homesec.alarm import controller
from custom_components.homesec.cameras.wake import GAP_S, is_report
from custom_components.homesec.engine.camera import frame_sampler, wake
from custom_components.homesec.engine.engine import HomeSecEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

PIR = "binary_sensor.hall_motion"
BELL = "event.doorbell"
NAMES = {PIR: "Hall motion", BELL: "Doorbell"}
OFTEN = {"wake_sensors": [PIR], "trusted_sensors": [BELL]}


@pytest.fixture(autouse=True)
def _short_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_sampler, "WAKE_S", 1.0)
    monkeypatch.setattr(wake, "WAKE_S", 1.0)


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    """The alarm's clock, which a test moves."""
    fast_clock = FastClock()
    monkeypatch.setattr(controller, "SystemClock", fast_clock)
    return fast_clock


def configure(entry: MockConfigEntry, **settings: object) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})


@pytest.fixture
def wakes() -> Iterator[list[tuple[str, str, bool]]]:
    """The calls of the engine, which it gets nevertheless."""
    calls: list[tuple[str, str, bool]] = []
    real = HomeSecEngine.wake

    def record(self: HomeSecEngine, camera_id: str, *, sensor: str, trusted: bool) -> None:
        calls.append((camera_id, sensor, trusted))
        real(self, camera_id, sensor=sensor, trusted=trusted)

    with patch.object(HomeSecEngine, "wake", record):
        yield calls


def report(hass: HomeAssistant, sensor: str, state: str) -> None:
    hass.states.async_set(sensor, state, {"friendly_name": NAMES[sensor]})


def ring(hass: HomeAssistant, *, age_s: float = 0.0) -> None:
    at = dt_util.utcnow() - timedelta(seconds=age_s)
    report(hass, BELL, at.isoformat(timespec="milliseconds"))


def state_of(sensor: str, state: str | None) -> State | None:
    return None if state is None else State(sensor, state)


# --- reports ---


@pytest.mark.parametrize("before", [None, "unavailable", "unknown", "on"])
def test_binary_sensor_that_comes_back_or_stays_on_reports_nothing(before: str | None) -> None:
    assert not is_report(state_of(PIR, before), state_of(PIR, "on"))


@pytest.mark.parametrize("after", [None, "unavailable", "unknown", "off"])
def test_binary_sensor_that_goes_away_or_off_reports_nothing(after: str | None) -> None:
    for before in ("off", "on"):
        assert not is_report(state_of(PIR, before), state_of(PIR, after))


def test_binary_sensor_that_turns_on_reports() -> None:
    assert is_report(State(PIR, "off"), State(PIR, "on"))


def test_event_reports_unless_it_is_restored() -> None:
    now = dt_util.utcnow().isoformat(timespec="milliseconds")
    old = (dt_util.utcnow() - timedelta(hours=1)).isoformat(timespec="milliseconds")
    assert is_report(State(BELL, old), State(BELL, now))
    assert is_report(State(BELL, "unknown"), State(BELL, now))
    for before, after in (
        (None, now),
        ("unavailable", now),
        ("unavailable", old),
        ("unknown", old),
        (now, now),
        (now, "unknown"),
        (now, "unavailable"),
        (now, "no time"),
    ):
        assert not is_report(state_of(BELL, before), state_of(BELL, after))


# --- what follows ---


async def test_sensors_of_a_camera_wake_it(
    hass: HomeAssistant, entry: MockConfigEntry, wakes: list[Any]
) -> None:
    report(hass, PIR, "off")
    report(hass, BELL, "unknown")
    await guard(hass, entry, **OFTEN)
    report(hass, PIR, "on")
    ring(hass)
    await until(hass, lambda: len(wakes) == 2)
    assert sorted(wakes) == [
        (CAMERA_ID, "Doorbell", True),
        (CAMERA_ID, "Hall motion", False),
    ]


async def test_sensor_that_is_stuck_or_flutters_wakes_once(
    hass: HomeAssistant, entry: MockConfigEntry, wakes: list[Any]
) -> None:
    report(hass, PIR, "off")
    await guard(hass, entry, **OFTEN)
    for each in ("on", "unavailable", "on", "unknown", "on", "off", "on", "off", "on"):
        report(hass, PIR, each)
    ring(hass)  # its first state
    ring(hass, age_s=-0.001)
    both = {(CAMERA_ID, "Doorbell", True), (CAMERA_ID, "Hall motion", False)}
    await until(hass, lambda: both <= {*wakes})  # each comes by a thread of its own
    assert wakes.count((CAMERA_ID, "Hall motion", False)) == 1


async def test_trusted_sensor_triggers_the_alarm_and_the_alert_names_it(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    report(hass, BELL, "unknown")
    await guard(hass, entry, **OFTEN)
    ring(hass)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    await until(hass, lambda: hass.states.get(panel).state == "triggered")
    facts = [started[0].data[key] for key in ("label", "sensor", "score")]
    assert facts == ["person", "Doorbell", None]
    await until(hass, lambda: alerts)
    assert alerts[0].data["sensor"] == "Doorbell"
    assert "Doorbell" in alerts[0].data["message"]
    assert alerts[0].data["score"] is None
    await until(hass, lambda: saved)
    assert saved[0].data["clip_id"] == started[0].data["clip_id"]


@pytest.mark.usefixtures("socket_enabled")
async def test_page_is_told_which_sensor_reported_a_person(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    report(hass, BELL, "unknown")
    await guard(hass, entry, **OFTEN)
    page = PageClient(await hass_ws_client(hass))
    await page.call("house/subscribe")
    ring(hass)
    event = await page.next_event(
        lambda x: (x.get("alarm", {}).get("cause") or {}).get("clip_id") is not None
    )
    assert event["alarm"]["cause"]["sensor"] == "Doorbell"
    [camera] = event["cameras"]
    assert [x["sensor"] for x in camera["presences"]] == ["Doorbell"]
    found = await page.call("clips/get", clip_id=event["alarm"]["cause"]["clip_id"])
    assert (found["clip"]["sensor"], found["clip"]["score"]) == ("Doorbell", None)


async def test_sensor_that_is_not_trusted_triggers_nothing_by_itself(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    report(hass, PIR, "off")
    await guard(hass, entry, **OFTEN)
    before = detector.frame_count
    report(hass, PIR, "on")
    await until(hass, lambda: detector.frame_count > before + 5)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    assert hass.states.get(panel).state == "armed_away"
    assert started == []


async def test_sensor_wakes_no_camera_that_is_off(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], wakes: list[Any]
) -> None:
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    report(hass, BELL, "unknown")
    await guard(hass, entry, **OFTEN)
    await arm(hass, entry, "disarm")
    ring(hass)
    await until(hass, lambda: wakes)
    assert (started, alerts) == ([], [])


async def test_changed_settings_and_removed_cameras_are_followed(
    hass: HomeAssistant, entry: MockConfigEntry, wakes: list[Any]
) -> None:
    report(hass, PIR, "off")
    await guard(hass, entry)
    report(hass, PIR, "on")
    report(hass, PIR, "off")
    camera = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(
        entry, camera, data={**camera.data, "wake_sensors": [PIR]}
    )
    await hass.async_block_till_done()
    assert wakes == []
    report(hass, PIR, "on")
    await until(hass, lambda: wakes)
    report(hass, PIR, "off")
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    report(hass, PIR, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(wakes) == 1


async def test_renamed_sensor_is_followed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    pir = registry.async_get_or_create("binary_sensor", "demo", "1", suggested_object_id="pir")
    sensors = {"wake_sensors": [pir.entity_id, PIR], "trusted_sensors": [pir.entity_id]}
    await guard(hass, entry, **sensors)
    registry.async_update_entity(pir.entity_id, new_entity_id="binary_sensor.stairs")
    await hass.async_block_till_done()
    data = entry.subentries[CAMERA_ID].data
    assert data["wake_sensors"] == ["binary_sensor.stairs", PIR]
    assert data["trusted_sensors"] == ["binary_sensor.stairs"]
    assert entry.subentries[CAMERA_ID].unique_id == f"camera:{CAMERA_ID}"


async def test_report_before_the_engine_runs_is_ignored(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    report(hass, PIR, "off")
    await guard(hass, entry, **OFTEN)
    await entry.runtime_data.host.async_stop()
    report(hass, PIR, "on")
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_nothing_is_called_after_unload(
    hass: HomeAssistant, entry: MockConfigEntry, wakes: list[Any]
) -> None:
    report(hass, PIR, "off")
    configure(entry, **OFTEN)
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    report(hass, PIR, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert wakes == []


async def test_own_sensor_wakes_no_camera(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, wakes: list[Any]
) -> None:
    sensors = ["binary_sensor.front_door_person", "event.front_door_activity"]
    configure(entry, trusted_sensors=sensors)
    await set_up(hass, entry)
    for sensor, domain, key in (
        ("binary_sensor.front_door_person", "binary_sensor", "person_present"),
        ("event.front_door_activity", "event", "activity"),
    ):
        assert entity_id(hass, domain, key) == sensor
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    await arm(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: started)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert wakes == []


async def test_report_during_the_exit_delay_triggers_nothing_but_a_later_one_does(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    fast_clock: FastClock,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wake, "WAKE_S", 600.0)
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    report(hass, BELL, "unknown")
    delays = {"delays": {"away": {"exit_s": 600, "entry_s": 0, "trigger_s": 900}}}
    configure(entry, **OFTEN)
    await set_up(hass, with_alarm(entry, alarm=delays))
    await arm(hass, entry)
    await pictures(hass, entry)
    ring(hass)
    await until(hass, lambda: started)
    await fast_clock.skip(hass, entry, 600)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    assert hass.states.get(panel).state == "armed_away"
    assert state(hass, "binary_sensor", "person_present") == "on"
    assert alerts == []
    await asyncio.sleep(GAP_S)
    ring(hass)
    await until(hass, lambda: hass.states.get(panel).state == "triggered")
    await until(hass, lambda: alerts)
    assert alerts[0].data["sensor"] == "Doorbell"
    assert len(started) == 1
