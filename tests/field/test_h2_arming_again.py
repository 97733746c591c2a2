"""Arming an alarm that is armed, arming, pending, or triggered already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, DELAYS, PINS, WRONG, FastClock, panel, with_alarm
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homesec_fixtures import call, set_up
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from simulated_alarm import SimulatedAlarm

from custom_components.homesec.alarm.cause import Cause
from custom_components.homesec.alarm.machine import (
    ARMED_MODES,
    EMPTY_MODES,
    AlarmMode,
    AlarmState,
    Arming,
    Delays,
)
from custom_components.homesec.alarm.pins import PinKind

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

FULL = CODES[PinKind.FULL]
STATES = ("arming", "armed", "pending", "triggered")
INTRUDER = Cause(by="Front door", camera_id="door", label="person", seen_at=1.0)


@pytest.fixture
def entry(entry: MockConfigEntry) -> MockConfigEntry:
    object.__setattr__(entry, "subentries", {})
    return with_alarm(entry, alarm={"delays": {**DELAYS, "home": DELAYS["away"]}})


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    clock = FastClock()
    monkeypatch.setattr("custom_components.homesec.alarm.controller.SystemClock", clock)
    return clock


async def bring_to(
    hass: HomeAssistant, entry: MockConfigEntry, clock: FastClock, wanted: str
) -> None:
    """Arm *Away*, and bring the alarm into a state."""
    await set_up(hass, entry)
    alarm = entry.runtime_data.alarm
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    if wanted != "arming":
        await clock.skip(hass, entry, 30)
    if wanted in ("pending", "triggered"):
        alarm._alarm.detect(INTRUDER)
    if wanted == "triggered":
        await clock.skip(hass, entry, 20)
    await hass.async_block_till_done()
    assert alarm.state == wanted


def moment_of(entry: MockConfigEntry) -> tuple[Any, ...]:
    alarm = entry.runtime_data.alarm
    snapshot, left = alarm.snapshot, alarm._alarm.remaining_s
    return alarm.mode, alarm.state, snapshot.cause, snapshot.changed_at, left and round(left)


async def try_to(hass: HomeAssistant, domain: str, action: str, **data: Any) -> str | None:
    """Call an action; return the key of its error."""
    try:
        await hass.services.async_call(domain, action, data, blocking=True)
    except HomeAssistantError as err:
        return str(err.translation_key)
    finally:
        await hass.async_block_till_done()
    return None


@pytest.mark.parametrize("pins", [{}, PINS])
@pytest.mark.parametrize("before", STATES)
async def test_arming_the_same_mode_again_changes_nothing_and_asks_for_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    fast_clock: FastClock,
    before: str,
    pins: dict[str, Any],
) -> None:
    await bring_to(hass, with_alarm(entry, pins=pins), fast_clock, before)
    refused = async_capture_events(hass, "homesec_alarm_refused")
    was, entity_id = moment_of(entry), panel(hass, entry)
    assert await try_to(hass, "alarm_control_panel", "alarm_arm_away", entity_id=entity_id) is None
    assert await try_to(hass, "homesec", "arm", entity_id=entity_id, mode="away") is None
    assert moment_of(entry) == was
    assert not refused


@pytest.mark.parametrize("pins", [{}, PINS])
@pytest.mark.parametrize("before", ["pending", "triggered"])
@pytest.mark.parametrize("mode", ["home", "night", "vacation", "custom"])
async def test_arming_another_mode_does_not_silence_an_alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    fast_clock: FastClock,
    before: str,
    pins: dict[str, Any],
    mode: str,
) -> None:
    await bring_to(hass, with_alarm(entry, pins=pins), fast_clock, before)
    was, entity_id = moment_of(entry), panel(hass, entry)
    for more in ({}, {"skip_delay": True}, {"force": True}):
        error = await try_to(hass, "homesec", "arm", entity_id=entity_id, mode=mode, **more)
        assert error == ("code_missing" if pins else "arming_not_over")
    assert moment_of(entry) == was


@pytest.mark.parametrize("before", ["pending", "triggered"])
async def test_only_a_pin_that_disarms_arms_anew(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock, before: str
) -> None:
    await bring_to(hass, with_alarm(entry, pins=PINS), fast_clock, before)
    was, entity_id = moment_of(entry), panel(hass, entry)
    arm = {"entity_id": entity_id, "mode": "away"}
    for code in (WRONG, CODES[PinKind.ARM], CODES[PinKind.DISARM]):
        assert await try_to(hass, "homesec", "arm", **arm, code=code) == "wrong_code"
    assert moment_of(entry) == was
    assert await try_to(hass, "homesec", "arm", **arm, code=FULL) is None
    assert moment_of(entry)[:3] == (AlarmMode.AWAY, AlarmState.ARMING, None)


@pytest.mark.parametrize("before", STATES)
async def test_restart_in_the_middle_changes_nothing_either(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock, before: str
) -> None:
    await bring_to(hass, with_alarm(entry, pins=PINS), fast_clock, before)
    was = moment_of(entry)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    entity_id = panel(hass, entry)
    assert await try_to(hass, "alarm_control_panel", "alarm_arm_away", entity_id=entity_id) is None
    assert moment_of(entry)[:4] == was[:4]
    error = await try_to(hass, "alarm_control_panel", "alarm_arm_home", entity_id=entity_id)
    assert error == "code_missing"
    assert moment_of(entry)[:4] == was[:4]


async def test_arming_without_delay_ends_the_exit_delay(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock
) -> None:
    await bring_to(hass, with_alarm(entry, pins=PINS), fast_clock, "arming")
    arm = {"entity_id": panel(hass, entry), "mode": "away", "skip_delay": True}
    assert await try_to(hass, "homesec", "arm", **arm) is None
    assert entry.runtime_data.alarm.state is AlarmState.ARMED


@pytest.mark.parametrize("before", STATES)
async def test_automation_that_arms_again_goes_on_and_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock, before: str
) -> None:
    """As everybody left: the phone of the last one lost its connection twice."""
    await bring_to(hass, with_alarm(entry, pins=PINS), fast_clock, before)
    done, was = async_capture_events(hass, "all_done"), moment_of(entry)
    action = {"action": "alarm_control_panel.alarm_arm_away"}
    automation = {
        "alias": "Arm",
        "triggers": {"trigger": "event", "event_type": "left"},
        "actions": [{**action, "target": {"entity_id": panel(hass, entry)}}, {"event": "all_done"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    hass.bus.async_fire("left")
    await hass.async_block_till_done()
    assert len(done) == 1
    assert moment_of(entry) == was


async def test_voice_that_arms_another_mode_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock
) -> None:
    """Voice assistants call the panel's own actions, as a user without a PIN."""
    await bring_to(hass, with_alarm(entry, pins=PINS), fast_clock, "armed")
    was = moment_of(entry)
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            "alarm_control_panel",
            "alarm_arm_home",
            {"entity_id": panel(hass, entry)},
            blocking=True,
            context=Context(user_id=None),
        )
    assert moment_of(entry) == was


@pytest.mark.parametrize(("mode", "exit_s"), [("vacation", 30), ("home", 30), ("night", 0)])
async def test_another_mode_of_an_empty_house_interrupts_no_guard(
    hass: HomeAssistant, entry: MockConfigEntry, fast_clock: FastClock, mode: str, exit_s: int
) -> None:
    delays = {**DELAYS, mode: {**DELAYS["away"], "exit_s": exit_s}}
    await bring_to(hass, with_alarm(entry, alarm={"delays": delays}), fast_clock, "armed")
    states: list[str] = []
    async_track_state_change_event(
        hass, panel(hass, entry), lambda event: states.append(event.data["new_state"].state)
    )
    action = f"alarm_arm_{mode}"
    assert await try_to(hass, "alarm_control_panel", action, entity_id=panel(hass, entry)) is None
    assert states[-1] == f"armed_{mode}"
    assert "arming" not in states
    entry.runtime_data.alarm._alarm.detect(INTRUDER)
    assert entry.runtime_data.alarm.state in (AlarmState.PENDING, AlarmState.TRIGGERED)


@given(
    first=st.sampled_from(ARMED_MODES),
    second=st.sampled_from(ARMED_MODES),
    exits=st.tuples(st.sampled_from([0, 30]), st.sampled_from([0, 30])),
    wait_s=st.sampled_from([0, 10, 30]),
)
def test_guard_is_interrupted_only_for_who_may_still_have_to_leave(
    first: AlarmMode, second: AlarmMode, exits: tuple[int, int], wait_s: int
) -> None:
    simulated = SimulatedAlarm({first: Delays(exit_s=exits[0]), second: Delays(exit_s=exits[1])})
    alarm = simulated.alarm
    alarm.arm(first)
    simulated.wait(wait_s)
    guarded, exit_s = alarm.guarding, alarm.exit_s(second)
    alarm.arm(second)
    assert (alarm.mode, alarm.guarding) == (second, exit_s == 0)
    if guarded and first in EMPTY_MODES:
        assert alarm.guarding
    elif first is not second:
        assert exit_s == exits[1]


@given(
    mode=st.sampled_from(ARMED_MODES),
    other=st.sampled_from(ARMED_MODES),
    exit_s=st.sampled_from([0, 30]),
    wait_s=st.integers(0, 200),
    detected=st.booleans(),
    skip_delay=st.booleans(),
)
def test_arming_says_what_it_would_do_in_every_state(
    mode: AlarmMode,
    other: AlarmMode,
    exit_s: int,
    wait_s: int,
    detected: bool,
    skip_delay: bool,
) -> None:
    simulated = SimulatedAlarm({mode: Delays(exit_s=exit_s, entry_s=20, trigger_s=100)})
    alarm = simulated.alarm
    assert alarm.arming(other, skip_delay=skip_delay) is Arming.BEGIN
    alarm.arm(mode)
    simulated.wait(wait_s)
    if detected:
        alarm.detect(INTRUDER)
        simulated.wait(wait_s // 3)
    before, wanted = alarm.snapshot, alarm.arming(other, skip_delay=skip_delay)
    assert alarm.snapshot == before
    match alarm.state:
        case AlarmState.PENDING | AlarmState.TRIGGERED:
            assert wanted is Arming.RESTART
        case AlarmState.ARMING if mode is other:
            assert wanted is (Arming.HASTEN if skip_delay else Arming.NOTHING)
        case _:
            assert wanted is (Arming.NOTHING if mode is other else Arming.CHANGE)
