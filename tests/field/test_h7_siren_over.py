"""The siren's time ends while the intruder is still in view, or again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alarm_fixtures import FastClock, with_alarm
from homesec_fixtures import PERSON, arm, guard, state, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    clock = FastClock()
    monkeypatch.setattr("custom_components.homesec.alarm.controller.SystemClock", clock)
    return clock


def delays(**seconds: int) -> dict[str, Any]:
    return {"delays": {"away": {"exit_s": 0, "entry_s": 0, "trigger_s": 100, **seconds}}}


@pytest.fixture
def panel_state(hass: HomeAssistant, entry: MockConfigEntry) -> Callable[[], str]:
    return lambda: state(hass, "alarm_control_panel", "alarm", entry.entry_id)


@pytest.mark.parametrize("entry_s", [0, 20])
async def test_intruder_still_in_view_triggers_the_alarm_again_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    panel_state: Callable[[], str],
    alerts: list[Event],
    entry_s: int,
) -> None:
    triggered = async_capture_events(hass, "homesec_alarm_triggered")
    await guard(hass, with_alarm(entry, alarm=delays(entry_s=entry_s)))
    detector.sees = [PERSON]
    await until(hass, lambda: panel_state() == ("pending" if entry_s else "triggered"))
    await fast_clock.skip(hass, entry, entry_s)
    assert panel_state() == "triggered"
    await fast_clock.skip(hass, entry, 100)
    # Nobody disarmed it during the first alarm, so there's no second entry delay.
    assert panel_state() == "triggered"
    assert len(triggered) == 2
    assert triggered[1].data["triggered_by"] == "Front door"
    assert entry.runtime_data.alarm.mode == "away"
    await arm(hass, entry, "disarm")
    assert panel_state() == "disarmed"


async def test_intruder_who_left_and_comes_again_triggers_the_alarm_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    panel_state: Callable[[], str],
) -> None:
    await guard(hass, with_alarm(entry, alarm=delays()))
    detector.sees = [PERSON]
    await until(hass, lambda: panel_state() == "triggered")
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "off")
    await fast_clock.skip(hass, entry, 100)
    assert panel_state() == "armed_away"
    detector.sees = [PERSON]
    await until(hass, lambda: panel_state() == "triggered")


async def test_trigger_time_of_zero_raises_no_storm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    panel_state: Callable[[], str],
    alerts: list[Event],
) -> None:
    triggered = async_capture_events(hass, "homesec_alarm_triggered")
    await guard(hass, with_alarm(entry, alarm=delays(trigger_s=0)))
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert len(triggered) == 1
    for again in (2, 3):
        await fast_clock.skip(hass, entry, 5)
        assert (panel_state(), len(triggered)) == ("triggered", again)
    # It goes on, which is no further notification.
    await hass.async_block_till_done()
    assert len(alerts) == 1
