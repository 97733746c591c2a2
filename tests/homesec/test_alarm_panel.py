"""The alarm control panel."""

from __future__ import annotations

from datetime import timedelta
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

from alarm_fixtures import StubClock
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Context, CoreState
from homeassistant.util import dt as dt_util
from homesec_fixtures import arm, call, entity_id, set_up, state
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.homesec.alarm import controller
from custom_components.homesec.alarm.cause import Cause
from custom_components.homesec.alarm.machine import AlarmMode, AlarmSnapshot, AlarmState
from custom_components.homesec.alarm.store import NO_TRIES
from custom_components.homesec.bus_events import iso
from custom_components.homesec.event_bus import AlarmChanged, AlarmTriggered

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

    from custom_components.homesec.engine.core.events import EngineEvent

STORE = "homesec.alarm"


def panel(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    return entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)


GONE = {"camera_id": "no longer there", "camera": None, "device_id": None}
"""What events say of a camera that was removed."""


@pytest.fixture
def entry(entry: MockConfigEntry, hass_storage: dict[str, Any]) -> MockConfigEntry:
    """An entry without cameras."""
    object.__setattr__(entry, "subentries", {})
    return entry


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("arm_home", "armed_home"),
        ("arm_away", "armed_away"),
        ("arm_night", "armed_night"),
        ("arm_vacation", "armed_vacation"),
        ("arm_custom_bypass", "armed_custom_bypass"),
        ("disarm", "disarmed"),
        ("trigger", "triggered"),
    ],
)
async def test_action_sets_state_and_saves_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    action: str,
    expected: str,
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, action)
    assert hass.states.get(panel(hass, entry)).state == expected
    stored = hass_storage[STORE]["data"]["facts"]
    assert stored["state"] == expected.split("_", maxsplit=1)[0]


async def test_user_who_armed_is_shown_and_announced(
    hass: HomeAssistant, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await set_up(hass, entry)
    await hass.services.async_call(
        "alarm_control_panel",
        "alarm_arm_night",
        {"entity_id": panel(hass, entry)},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    assert hass.states.get(panel(hass, entry)).attributes["changed_by"] == hass_admin_user.name
    await arm(hass, entry, "disarm")
    assert hass.states.get(panel(hass, entry)).attributes["changed_by"] is None


DELAYS = {"away": {"exit_s": 30, "entry_s": 20, "trigger_s": 100}}


def slow(entry: MockConfigEntry) -> MockConfigEntry:
    """Give the mode "away" delays."""
    object.__setattr__(entry, "data", MappingProxyType({**entry.data, "alarm": {"delays": DELAYS}}))
    return entry


async def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_triggered_alarm_ends_after_trigger_time(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, "arm_away")
    await arm(hass, entry, "trigger")
    for seconds, expected in ((179, "triggered"), (1, "armed_away")):
        await wait(hass, freezer, seconds)
        assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == expected


async def test_delays_lead_through_announced_states(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, slow(entry))
    events = [
        async_capture_events(hass, f"homesec_alarm_{name}")
        for name in ("armed", "pending", "triggered", "disarmed")
    ]
    dispatched: list[EngineEvent] = []
    runtime = entry.runtime_data
    runtime.bus.async_subscribe(dispatched.append, kinds=(AlarmTriggered,))
    began = dt_util.utcnow()
    await arm(hass, entry, "arm_away")
    found = hass.states.get(panel(hass, entry))
    assert (found.state, found.attributes["mode"]) == ("arming", "away")
    assert found.attributes["delay_ends_at"] == iso(began.timestamp() + 30)
    assert not any(events)
    await wait(hass, freezer, 30)
    found = hass.states.get(panel(hass, entry))
    assert (found.state, found.attributes["delay_ends_at"]) == ("armed_away", None)
    runtime.alarm._alarm.detect(Cause(by="Gone", camera_id="no longer there", label="person"))
    await hass.async_block_till_done()
    found = hass.states.get(panel(hass, entry))
    assert (found.state, found.attributes["triggered_by"]) == ("pending", "Gone")
    await wait(hass, freezer, 20)
    assert hass.states.get(panel(hass, entry)).state == "triggered"
    await arm(hass, entry, "disarm")
    assert hass.states.get(panel(hass, entry)).attributes["triggered_by"] is None
    assert [[event.data for event in events] for events in events] == [
        [{"mode": "away", "changed_by": None, "forced": False, "bypassed": [], "offline": []}],
        [
            {
                "mode": "away",
                "delay_s": 20,
                "ends_at": iso((began + timedelta(seconds=50)).timestamp()),
                "label": "person",
                **GONE,
            }
        ],
        [{"mode": "away", "label": "person", "triggered_by": "Gone", **GONE}],
        [{"changed_by": None, "was": "triggered", "mode": "away", "tags": [ANY]}],
    ]
    assert dispatched == [AlarmTriggered(camera_id="no longer there", label="person")]


async def test_every_change_is_saved_immediately(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    await set_up(hass, slow(entry))

    def on_disk() -> tuple[str, float | None]:
        facts = hass_storage[STORE]["data"]["facts"]
        return facts["state"], facts["lasts_s"]

    await arm(hass, entry, "arm_away")
    assert on_disk() == ("arming", 30)
    await wait(hass, freezer, 30)
    assert on_disk() == ("armed", None)
    entry.runtime_data.alarm._alarm.detect(Cause(by="Front door"))
    entry.runtime_data.alarm._stored.async_save_soon()
    await hass.async_block_till_done()
    assert on_disk() == ("pending", 20)
    await wait(hass, freezer, 20)
    assert on_disk() == ("triggered", 100)
    await wait(hass, freezer, 100)
    assert on_disk() == ("armed", None)
    await arm(hass, entry, "disarm")
    assert on_disk() == ("disarmed", None)


async def test_manual_trigger_while_disarmed_ends_disarmed(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, entry)
    disarmed = async_capture_events(hass, "homesec_alarm_disarmed")
    await arm(hass, entry, "trigger")
    await wait(hass, freezer, 180)
    assert hass.states.get(panel(hass, entry)).state == "disarmed"
    assert not disarmed  # nobody did


def stored(state: str, at: float, lasts_s: float, **more: Any) -> dict[str, Any]:
    """Return the stored data as after a power cut."""
    facts = AlarmSnapshot(
        mode=AlarmMode.AWAY,
        state=AlarmState(state),
        began_at=at,
        lasts_s=lasts_s,
        changed_at=at - 3600,
        changed_by="Ann",
        **more,
    )
    return {
        "version": 2,
        "minor_version": 1,
        "key": STORE,
        "data": {"facts": facts.as_dict(), "tries": NO_TRIES},
    }


@pytest.mark.parametrize(
    ("before", "off_s", "expected"),
    [
        ("arming", 29, "arming"),
        ("arming", 31, "armed_away"),
        ("arming", -5000, "arming"),
        ("pending", 29, "pending"),
        ("pending", 9999, "triggered"),
        ("triggered", 29, "triggered"),
        ("triggered", 31, "armed_away"),
    ],
)
async def test_state_after_power_cut_follows_snapshot_and_clock(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    before: str,
    off_s: int,
    expected: str,
) -> None:
    cause = None if before == "arming" else Cause(by="Front door", label="person")
    hass_storage[STORE] = stored(before, dt_util.utcnow().timestamp(), 30, cause=cause)
    triggered = async_capture_events(hass, "homesec_alarm_triggered")
    freezer.tick(timedelta(seconds=off_s))
    await set_up(hass, slow(entry))
    found = hass.states.get(panel(hass, entry))
    assert (found.state, found.attributes["changed_by"]) == (expected, "Ann")
    assert len(triggered) == (before != expected == "triggered")
    assert hass_storage[STORE]["data"]["facts"]["state"] == expected.removesuffix("_away")
    await wait(hass, freezer, 30)
    after = {"arming": "armed_away", "pending": "triggered"}
    if before != expected == "triggered":
        after["triggered"] = "triggered"  # for as long as any other
    assert hass.states.get(panel(hass, entry)).state == after.get(expected, "armed_away")


async def test_phase_ended_while_off_advances_after_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    hass_storage[STORE] = stored("pending", dt_util.utcnow().timestamp(), 30, cause=Cause())
    freezer.tick(timedelta(seconds=60))
    hass.set_state(CoreState.not_running)
    await set_up(hass, entry)
    assert hass.states.get(panel(hass, entry)).state == "pending"
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert hass.states.get(panel(hass, entry)).state == "triggered"


async def test_set_clock_changes_shown_end_but_no_delay(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    hass_storage: dict[str, Any],
) -> None:
    step_s = 0.0
    clocks = StubClock(now=lambda: time.time() + step_s, monotonic=time.monotonic)
    monkeypatch.setattr(controller, "SystemClock", lambda: clocks)
    await set_up(hass, slow(entry))
    await arm(hass, entry, "arm_away")
    began = dt_util.utcnow()
    step_s = 86_400.0 * 3
    await wait(hass, freezer, 10)
    entry.runtime_data.bus.async_dispatch(AlarmChanged())
    found = hass.states.get(panel(hass, entry))
    assert found.state == "arming"
    assert found.attributes["delay_ends_at"] == iso(began.timestamp() + step_s + 30)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(panel(hass, entry)).state == "arming"
    await wait(hass, freezer, 20)
    assert hass.states.get(panel(hass, entry)).state == "armed_away"


@pytest.mark.parametrize(("away_s", "expected"), [(60, "triggered"), (600, "armed_night")])
async def test_armed_alarm_of_version_1_is_migrated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    away_s: int,
    expected: str,
) -> None:
    at = dt_util.utcnow().timestamp()
    hass_storage[STORE] = {
        "version": 1,
        "minor_version": 1,
        "key": STORE,
        "data": {
            "mode": "night",
            "changed_at": at - 3600,
            "changed_by": "Ann",
            "triggered_at": at,
            "triggered_by": "Front door",
        },
    }
    freezer.tick(timedelta(seconds=away_s))
    await set_up(hass, entry)
    found = hass.states.get(panel(hass, entry))
    assert found.state == expected
    assert found.attributes["changed_by"] == "Ann"
    assert found.attributes["triggered_by"] == ("Front door" if expected == "triggered" else None)
    await wait(hass, freezer, 180 - 60)
    assert hass.states.get(panel(hass, entry)).state == "armed_night"


@pytest.mark.parametrize(("mode", "expected"), [("disarmed", "disarmed"), ("home", "armed_home")])
async def test_untriggered_alarm_of_version_1_is_migrated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    mode: str,
    expected: str,
) -> None:
    facts = {"changed_at": 5.0, "changed_by": None, "triggered_at": None, "triggered_by": None}
    hass_storage[STORE] = {"version": 1, "key": STORE, "data": {"mode": mode, **facts}}
    await set_up(hass, entry)
    assert hass.states.get(panel(hass, entry)).state == expected


@pytest.mark.parametrize(
    ("version", "data"), [(1, {"mode": "?"}), (2, {"facts": {"mode": "?"}}), (2, {"facts": None})]
)
async def test_unreadable_store_raises_issue_and_starts_disarmed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    version: int,
    data: dict[str, Any],
) -> None:
    hass_storage[STORE] = {"version": version, "minor_version": 1, "key": STORE, "data": data}
    await set_up(hass, entry)
    assert hass.states.get(panel(hass, entry)).state == "disarmed"
    assert "unreadable" in caplog.text


async def test_removing_entry_deletes_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, "arm_away")
    assert STORE in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert STORE not in hass_storage


async def test_alarm_survives_reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, "arm_vacation")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(panel(hass, entry)).state == "armed_vacation"
    await call(hass, "alarm_control_panel", "alarm_disarm", panel(hass, entry))
    assert hass.states.get(panel(hass, entry)).state == "disarmed"
