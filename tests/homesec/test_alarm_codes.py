"""PINs at the panel: what each kind may do, the lockout, and duress."""

from __future__ import annotations

import asyncio
from datetime import timedelta
import json
import logging
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, NAMES, PINS, WRONG, panel, with_alarm
from homeassistant.const import EVENT_CALL_SERVICE, MATCH_ALL
from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.json import JSONEncoder
from homesec_fixtures import call, set_up
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec import diagnostics
from custom_components.homesec.alarm.pins import PinKind, find_pin
from custom_components.homesec.bus_events import iso
from custom_components.homesec.event_bus import Duress

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

    from custom_components.homesec.engine.core.events import EngineEvent

STORE = "homesec.alarm"
ALARM = "alarm_control_panel"


@pytest.fixture
def entry(entry: MockConfigEntry, hass_storage: dict[str, Any]) -> MockConfigEntry:
    """An entry without cameras and with a PIN of each kind."""
    object.__setattr__(entry, "subentries", {})
    return with_alarm(entry, pins=PINS)


async def act(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, code: str | None = None
) -> str:
    """Arm or disarm, and return the panel's state."""
    data = {} if code is None else {"code": code}
    await call(hass, ALARM, f"alarm_{action}", panel(hass, entry), **data)
    found = hass.states.get(panel(hass, entry))
    assert found is not None
    return found.state


async def refused(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, code: str | None = None
) -> str | None:
    """Arm or disarm, and return the translation key of the error."""
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, entry, action, code)
    assert WRONG not in str(error.value)
    return error.value.translation_key


def stored_tries(hass_storage: dict[str, Any], principal: str) -> int:
    """Return how many wrong tries are stored."""
    tries: int = hass_storage[STORE]["data"]["tries"]["principals"][principal]["wrong"]
    return tries


@pytest.mark.parametrize("kind", list(PinKind))
async def test_pin_kind_decides_what_is_allowed(
    hass: HomeAssistant, entry: MockConfigEntry, kind: PinKind
) -> None:
    await set_up(hass, entry)
    attributes = hass.states.get(panel(hass, entry)).attributes
    assert (attributes["code_format"], attributes["code_arm_required"]) == ("number", False)
    if kind is PinKind.DISARM:
        # It isn't needed, and doesn't arm: as if there were no code.
        assert await act(hass, entry, "arm_away", CODES[kind]) == "armed_away"
        assert hass.states.get(panel(hass, entry)).attributes["changed_by"] is None
    else:
        assert await act(hass, entry, "arm_away", CODES[kind]) == "armed_away"
        assert hass.states.get(panel(hass, entry)).attributes["changed_by"] == NAMES[kind]
    if kind is PinKind.ARM:
        assert await refused(hass, entry, "disarm", CODES[kind]) == "wrong_code"
    else:
        assert await act(hass, entry, "disarm", CODES[kind]) == "disarmed"
        assert hass.states.get(panel(hass, entry)).attributes["changed_by"] == NAMES[kind]


async def test_disarming_without_pin_is_refused_and_not_counted(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    events = async_capture_events(hass, "homesec_alarm_refused")
    await act(hass, entry, "arm_night")
    assert await refused(hass, entry, "disarm") == "code_missing"
    assert await refused(hass, entry, "disarm", "") == "code_missing"
    assert hass.states.get(panel(hass, entry)).state == "armed_night"
    assert [(x.data["reason"], x.data["attempts"]) for x in events] == [("code_missing", 0)] * 2


async def test_arming_takes_pin_only_if_configured(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, alarm={"code_to_arm": True}))
    assert hass.states.get(panel(hass, entry)).attributes["code_arm_required"]
    assert await refused(hass, entry, "arm_away") == "code_arm_required"
    assert await act(hass, entry, "arm_away", CODES[PinKind.ARM]) == "armed_away"


async def test_code_to_arm_without_pins_asks_for_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins={}, alarm={"code_to_arm": True}))
    attributes = hass.states.get(panel(hass, entry)).attributes
    assert (attributes["code_format"], attributes["code_arm_required"]) == (None, False)
    await act(hass, entry, "arm_away", WRONG)
    assert await act(hass, entry, "disarm") == "disarmed"


async def test_arming_another_mode_while_armed_takes_pin(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The other mode may have an exit delay, or no cameras."""
    await set_up(hass, entry)
    await act(hass, entry, "arm_away")
    assert await refused(hass, entry, "arm_custom_bypass") == "code_missing"
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "homesec", "arm", panel(hass, entry), mode="custom")
    assert error.value.translation_key == "code_missing"
    for kind in (PinKind.ARM, PinKind.DISARM):
        assert await refused(hass, entry, "arm_custom_bypass", CODES[kind]) == "wrong_code"
    assert await act(hass, entry, "arm_home", CODES[PinKind.FULL]) == "armed_home"


async def test_wrong_pins_lead_to_announced_lockout(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    await set_up(hass, entry)
    await act(hass, entry, "arm_away")
    events = async_capture_events(hass, "homesec_alarm_refused")
    for _ in range(4):
        assert await refused(hass, entry, "disarm", WRONG) == "wrong_code"
    assert await refused(hass, entry, "disarm", WRONG) == "locked_out"
    began = freezer().timestamp()
    assert await refused(hass, entry, "disarm", CODES[PinKind.FULL]) == "locked_out"
    assert hass.states.get(panel(hass, entry)).state == "armed_away"
    until = iso(began + 60)
    assert [tuple(event.data.values()) for event in events] == [
        *(("wrong_code", n, None, [], None) for n in (1, 2, 3, 4)),
        ("wrong_code", 5, until, [], None),
        ("locked_out", 5, until, [], None),
    ]
    # A restart doesn't end the lockout.
    assert stored_tries(hass_storage, "source:unknown") == 5
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    freezer.tick(timedelta(seconds=59))
    assert await refused(hass, entry, "disarm", CODES[PinKind.FULL]) == "locked_out"
    freezer.tick(timedelta(seconds=1))
    assert await refused(hass, entry, "disarm", WRONG) == "locked_out"
    assert events[-1].data["locked_until"] == iso(began + 60 + 120)
    freezer.tick(timedelta(seconds=120))
    assert await act(hass, entry, "disarm", CODES[PinKind.FULL]) == "disarmed"
    assert stored_tries(hass_storage, "source:unknown") == 0


async def test_concurrent_tries_are_counted_one_by_one(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    alarm = entry.runtime_data.alarm
    events = async_capture_events(hass, "homesec_alarm_refused")

    def find_slowly(*args: Any) -> Any:
        time.sleep(0.05)  # so that others would begin meanwhile
        return find_pin(*args)

    with patch("custom_components.homesec.alarm.codes.find_pin", find_slowly):
        results = await asyncio.gather(
            *(alarm.async_disarm(principal="user:1", code=WRONG) for _ in range(8)),
            return_exceptions=True,
        )
    keys = [error.translation_key for error in results if isinstance(error, ServiceValidationError)]
    assert keys == ["wrong_code"] * 4 + ["locked_out"] * 4
    assert [event.data["attempts"] for event in events] == [1, 2, 3, 4, 5, 5, 5, 5]


async def test_duress_is_announced_but_shown_nowhere(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    dispatched: list[EngineEvent] = []
    entry.runtime_data.bus.async_subscribe(dispatched.append, kinds=(Duress,))
    events = async_capture_events(hass, "homesec_alarm_duress")
    shown: list[dict[str, Any]] = []
    for kind in (PinKind.FULL, PinKind.DURESS):
        await act(hass, entry, "arm_away")
        assert await act(hass, entry, "disarm", CODES[kind]) == "disarmed"
        attributes = dict(hass.states.get(panel(hass, entry)).attributes)
        assert attributes.pop("changed_by") == NAMES[kind]
        shown.append(attributes)
    assert shown[0] == shown[1]
    assert "duress" not in json.dumps(
        [s.as_dict() for s in hass.states.async_all()], cls=JSONEncoder
    )
    assert dispatched == [Duress(by=NAMES[PinKind.DURESS])]
    assert [event.data for event in events] == [{"changed_by": NAMES[PinKind.DURESS]}]
    # Also when arming, and when disarming a disarmed alarm.
    await act(hass, entry, "disarm", CODES[PinKind.DURESS])
    await act(hass, entry, "arm_home", CODES[PinKind.DURESS])
    assert len(events) == len(dispatched) == 3


async def test_pins_never_appear_in_logs_events_states_or_files(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.homesec")
    caplog.set_level(logging.INFO)
    events: list[str] = []

    @callback
    def listen(event: Event) -> None:
        # Home Assistant itself fires an event with all data of each action.
        if event.event_type != EVENT_CALL_SERVICE:
            events.append(json.dumps(event.as_dict(), cls=JSONEncoder))

    hass.bus.async_listen(MATCH_ALL, listen)
    await set_up(hass, entry)
    for action, code in (
        ("arm_away", CODES[PinKind.FULL]),
        ("disarm", CODES[PinKind.DURESS]),
        ("arm_away", CODES[PinKind.ARM]),
        ("disarm", CODES[PinKind.DISARM]),
    ):
        await act(hass, entry, action, code)
    for _ in range(6):
        await refused(hass, entry, "disarm", WRONG)
    found = await diagnostics.async_get_config_entry_diagnostics(hass, entry)
    assert found["alarm"]["pins"] == {"full": 2, "arm": 1, "disarm": 1}
    assert await hass.config_entries.async_unload(entry.entry_id)
    everything = (
        caplog.text,
        *events,
        json.dumps(found),
        json.dumps([state.as_dict() for state in hass.states.async_all()], cls=JSONEncoder),
        json.dumps(hass_storage, default=str),
        json.dumps(dict(entry.data)),
    )
    hashes = [stored[key] for stored in PINS.values() for key in ("salt", "digest")]
    for text in everything:
        for code in (*CODES.values(), WRONG):
            assert code not in text
    for text in everything[:-2]:
        assert not [part for part in hashes if part in text]
