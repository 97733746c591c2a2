"""Voice assistants see the same panel whatever its state, and send codes that nobody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

from alarm_fixtures import CODES, PINS, WRONG, panel, with_alarm
from homeassistant.components.alexa import entities as alexa_entities
from homeassistant.components.alexa.config import AbstractConfig as AlexaConfig
from homeassistant.components.google_assistant import helpers as google_helpers, trait
from homeassistant.components.google_assistant.error import SmartHomeError
from homeassistant.core import Context
from homesec_fixtures import call, set_up
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alarm.cause import Cause
from custom_components.homesec.alarm.lockout import FREE_TRIES
from custom_components.homesec.alarm.pins import PinKind

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

FULL = CODES[PinKind.FULL]
DELAYS = {"away": {"exit_s": 30, "entry_s": 20, "trigger_s": 100}}
SHOWN = ("code_format", "code_arm_required", "supported_features")


@pytest.fixture
def entry(entry: MockConfigEntry) -> MockConfigEntry:
    object.__setattr__(entry, "subentries", {})
    return entry


@pytest.mark.parametrize("code_to_arm", [False, True])
@pytest.mark.parametrize("pins", [{}, PINS])
async def test_what_the_panel_can_do_never_changes_with_its_state(
    hass: HomeAssistant, entry: MockConfigEntry, code_to_arm: bool, pins: dict[str, Any]
) -> None:
    alarm = {"code_to_arm": code_to_arm, "delays": DELAYS}
    await set_up(hass, with_alarm(entry, pins=pins, alarm=alarm))
    machine = entry.runtime_data.alarm._alarm
    shown: dict[str, set[Any]] = {}

    def compare() -> None:
        entry.runtime_data.alarm.announcer.async_change()
        found = hass.states.get(panel(hass, entry))
        assert "code_arm_required" in found.attributes
        shown.setdefault(found.state, set()).add(tuple(found.attributes.get(key) for key in SHOWN))

    compare()
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry), code=FULL)
    compare()
    await call(hass, "homesec", "arm", panel(hass, entry), mode="away", code=FULL, skip_delay=True)
    compare()
    machine.detect(Cause(by="Front door"))
    compare()
    machine.detect(Cause(by="Front door"), skip_delay=True)
    compare()
    machine.disarm()
    compare()
    assert shown.keys() == {"disarmed", "arming", "armed_away", "pending", "triggered"}
    [(code_format, required, _)] = set.union(*shown.values())
    assert code_format == ("number" if pins else None)
    assert required is (code_to_arm and bool(pins))


async def test_arming_with_a_wrong_code_that_nobody_needs_is_not_counted(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    refused = async_capture_events(hass, "homesec_alarm_refused")
    machine = entry.runtime_data.alarm._alarm
    for mode in ("home", "away", "night") * 3:
        await call(hass, "alarm_control_panel", f"alarm_arm_{mode}", panel(hass, entry), code=WRONG)
        assert hass.states.get(panel(hass, entry)).state == f"armed_{mode}"
        # Once more changes nothing, and counts nothing either.
        await call(hass, "alarm_control_panel", f"alarm_arm_{mode}", panel(hass, entry), code=WRONG)
        machine.disarm()
    assert not refused
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    await call(hass, "alarm_control_panel", "alarm_disarm", panel(hass, entry), code=FULL)
    assert hass.states.get(panel(hass, entry)).attributes["changed_by"] == "Ann"


async def test_locked_out_user_can_still_arm(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    for _ in range(FREE_TRIES):
        with pytest.raises(Exception, match="PIN"):
            await call(hass, "alarm_control_panel", "alarm_disarm", panel(hass, entry), code=WRONG)
    entry.runtime_data.alarm._alarm.disarm()
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry), code=WRONG)
    assert hass.states.get(panel(hass, entry)).state == "armed_away"


async def test_code_that_is_not_needed_cannot_be_guessed_from_the_lockout(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A right one forgives no wrong ones: nothing shows that it was right."""
    await set_up(hass, with_alarm(entry, pins=PINS))
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    refused = async_capture_events(hass, "homesec_alarm_refused")
    for tries in range(1, FREE_TRIES):
        with pytest.raises(Exception, match="PIN"):
            await call(hass, "alarm_control_panel", "alarm_disarm", panel(hass, entry), code=WRONG)
        assert refused[-1].data["attempts"] == tries
        await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry), code=FULL)
    assert hass.states.get(panel(hass, entry)).attributes["changed_by"] is None


async def test_duress_pin_calls_for_help_even_where_none_is_needed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    duress = async_capture_events(hass, "homesec_alarm_duress")
    for expected in (1, 2):  # the second time, the alarm is armed already
        await call(
            hass,
            "alarm_control_panel",
            "alarm_arm_away",
            panel(hass, entry),
            code=CODES[PinKind.DURESS],
        )
        assert len(duress) == expected


# --- Alexa and Google Assistant themselves --------------------------------------------------------


async def test_alexa_keeps_the_panel_while_it_is_armed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))

    def interfaces() -> list[str]:
        state = hass.states.get(panel(hass, entry))
        config = Mock(spec=AlexaConfig, hass=hass, entity_config={})
        entity = alexa_entities.ENTITY_ADAPTERS["alarm_control_panel"](hass, config, state)
        return [each.name() for each in entity.interfaces()]

    before = interfaces()
    assert "Alexa.SecurityPanelController" in before
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    assert interfaces() == before


async def test_google_arms_with_its_own_pin_and_is_never_locked_out(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    refused = async_capture_events(hass, "homesec_alarm_refused")
    # It sends the PIN of its own settings along with everything.
    settings = {"secure_devices_pin": "4711", "should_report_state": False}
    config = Mock(spec=google_helpers.AbstractConfig, **settings)
    data = google_helpers.RequestData(config, "user", "cloud", "1", None)
    data.context = Context()

    async def run(**params: Any) -> None:
        state = hass.states.get(panel(hass, entry))
        found = trait.ArmDisArmTrait(hass, state, config)
        pin = {"pin": "4711"}
        await found.execute(trait.COMMAND_ARM_DISARM, data, params, pin)
        await hass.async_block_till_done()

    for _ in range(FREE_TRIES + 2):
        await run(arm=True, armLevel="armed_away")
        assert hass.states.get(panel(hass, entry)).state == "armed_away"
        with pytest.raises(SmartHomeError):
            await run(arm=True, armLevel="armed_away")
        entry.runtime_data.alarm._alarm.disarm()
        await hass.async_block_till_done()
    assert not refused
