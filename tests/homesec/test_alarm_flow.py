"""The steps for the alarm's delays and PINs, which apply at once."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, NAMES, PINS, panel, with_alarm
from camera_forms import suggested_values
from custom_model import choose, reply
from homesec_fixtures import arm, call, set_up
import pytest

from custom_components.homesec.alarm.config import get_delays, get_pins
from custom_components.homesec.alarm.machine import Delays
from custom_components.homesec.alarm.pins import Pin, PinKind

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

DELAYS = {"exit_s": 45, "entry_s": 30, "trigger_s": 240}
NONE = {"exit_s": 0, "entry_s": 0, "trigger_s": 180}
ALARM = {
    "code_to_arm": True,
    "home": NONE,
    "away": DELAYS,
    "night": NONE,
    "vacation": NONE,
    "custom": NONE,
    "disarmed": {"trigger_s": 20},
}


@pytest.fixture
def entry(entry: MockConfigEntry) -> MockConfigEntry:
    """An entry without cameras."""
    object.__setattr__(entry, "subentries", {})
    return entry


def answer(kind: PinKind = PinKind.FULL, code: str | None = None, **other: Any) -> dict[str, Any]:
    """Return the answers of the form for a PIN of a kind."""
    code = CODES[kind] if code is None else code
    return {"name": NAMES[kind], "kind": kind.value, "code": code, "code_again": code, **other}


def names(entry: MockConfigEntry) -> list[tuple[str, str]]:
    return [(pin.name, pin.kind.value) for pin in get_pins(entry.data).values()]


async def choose_pin(
    hass: HomeAssistant, entry: MockConfigEntry, step: str, kind: PinKind
) -> dict[str, Any]:
    """Open a step of the PINs' menu and select a PIN."""
    menu = await choose(hass, entry, "pins")
    form = await reply(hass, menu, {"next_step_id": step})
    return await reply(hass, form, {"pin": f"pin_{kind}"})


async def test_changed_delays_apply_to_next_arming(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    runtime = entry.runtime_data
    form = await choose(hass, entry, "alarm")
    assert suggested_values(form)["code_to_arm"] is False
    done = await reply(hass, form, ALARM)
    assert done["reason"] == "reconfigure_successful"
    assert entry.runtime_data is runtime
    assert get_delays(entry.data, "away") == Delays(**DELAYS)
    await arm(hass, entry, "arm_away")
    assert runtime.alarm._alarm.remaining_s == pytest.approx(45, abs=1)
    await arm(hass, entry, "disarm")
    await arm(hass, entry, "trigger")
    assert runtime.alarm._alarm.remaining_s == pytest.approx(20, abs=1)
    form = await choose(hass, entry, "alarm")
    assert suggested_values(form)["code_to_arm"] is True
    [shown] = [part.schema for key, part in form["data_schema"].schema.items() if key == "away"]
    assert {str(k): k.description["suggested_value"] for k in shown.schema} == DELAYS


async def test_first_pin_makes_panel_require_code(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    runtime = entry.runtime_data
    form = await choose(hass, entry, "pins")
    assert form["step_id"] == "add_pin"
    done = await reply(hass, form, answer(name=" Ann "))
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data is runtime
    assert hass.states.get(panel(hass, entry)).attributes["code_format"] == "number"
    assert names(entry) == [("Ann", "full")]
    assert CODES[PinKind.FULL] not in json.dumps(dict(entry.data))
    await arm(hass, entry)
    entity = panel(hass, entry)
    await call(hass, "alarm_control_panel", "alarm_disarm", entity, code=CODES[PinKind.FULL])
    assert hass.states.get(entity).attributes["changed_by"] == "Ann"


async def test_pins_step_lists_pins_and_adds_more(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins={"pin_full": PINS["pin_full"]}))
    menu = await choose(hass, entry, "pins")
    assert menu["menu_options"] == ["add_pin", "change_pin", "remove_pin"]
    assert menu["description_placeholders"]["pins"] == "- Ann: Arm and disarm"
    form = await reply(hass, menu, {"next_step_id": "add_pin"})
    # The same name as the other PIN hides that this one means duress.
    await reply(hass, form, answer(PinKind.DURESS, name="Ann"))
    assert names(entry) == [("Ann", "full"), ("Ann", "duress")]


async def test_pins_step_at_maximum_offers_no_adding(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    with patch("custom_components.homesec.flows.alarm_flow.MAX_PINS", len(PINS)):
        menu = await choose(hass, entry, "pins")
    assert menu["menu_options"] == ["change_pin", "remove_pin"]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (answer(name="  "), {"name": "pin_nameless"}),
        (answer(name="Ann", code="112233"), {"name": "pin_name_taken"}),
        (answer(name="Bob"), {"code": "pin_taken"}),
        (answer(PinKind.DURESS, code=CODES[PinKind.FULL]), {"code": "pin_taken"}),
        (answer(name="Bob", code="123"), {"code": "pin_unfit"}),
        (answer(name="Bob", code="1234567890123"), {"code": "pin_unfit"}),
        (answer(name="Bob", code="12a4"), {"code": "pin_unfit"}),
        (answer(name="Bob", code="112233", code_again="112234"), {"code_again": "pin_differs"}),
        (answer(name="Bob", code=""), {"code": "pin_unfit"}),
    ],
)
async def test_invalid_pin_is_refused_and_not_shown_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    given: dict[str, Any],
    errors: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    await set_up(hass, with_alarm(entry, pins={"pin_full": PINS["pin_full"]}))
    menu = await choose(hass, entry, "pins")
    form = await reply(hass, menu, {"next_step_id": "add_pin"})
    form = await reply(hass, form, given)
    assert form["errors"] == errors
    assert suggested_values(form)["name"] == given["name"]
    if given["code"]:
        shown = [str(key.description) for key in form["data_schema"].schema]
        assert given["code"] not in str(shown) + caplog.text
    await reply(hass, form, answer(name="Bob", code="445566"))
    assert names(entry) == [("Ann", "full"), ("Bob", "full")]


@pytest.mark.parametrize("kind", [PinKind.ARM, PinKind.DISARM, PinKind.DURESS])
async def test_first_pin_must_arm_and_disarm(
    hass: HomeAssistant, entry: MockConfigEntry, kind: PinKind
) -> None:
    await set_up(hass, entry)
    form = await reply(hass, await choose(hass, entry, "pins"), answer(kind))
    assert form["errors"] == {"kind": "pin_full_missing"}
    await reply(hass, form, answer())
    assert names(entry) == [("Ann", "full")]


async def test_edited_pin_changes_code_or_keeps_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    form = await choose_pin(hass, entry, "change_pin", PinKind.ARM)
    assert form["step_id"] == "edit_pin"
    assert suggested_values(form) == {"name": "Cleaner", "kind": "arm"}
    await reply(hass, form, {"name": "Bob", "kind": "full"})
    bob = get_pins(entry.data)["pin_arm"]
    assert (bob.name, bob.kind, bob.matches(CODES[PinKind.ARM])) == ("Bob", PinKind.FULL, True)
    form = await choose_pin(hass, entry, "change_pin", PinKind.ARM)
    form = await reply(hass, form, {"name": "Bob", "kind": "full", "code": "445566"})
    assert form["errors"] == {"code_again": "pin_differs"}
    await reply(hass, form, answer(name="Bob", code="445566"))
    bob = get_pins(entry.data)["pin_arm"]
    assert bob.matches("445566")
    assert not bob.matches(CODES[PinKind.ARM])


async def test_last_full_pin_cannot_be_removed_before_others(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins={k: PINS[k] for k in ("pin_full", "pin_arm")}))
    form = await choose_pin(hass, entry, "change_pin", PinKind.FULL)
    form = await reply(hass, form, {"name": "Ann", "kind": "disarm"})
    assert form["errors"] == {"kind": "pin_full_missing"}
    form = await choose_pin(hass, entry, "remove_pin", PinKind.FULL)
    assert form["errors"] == {"pin": "pin_full_missing"}
    done = await reply(hass, form, {"pin": "pin_arm"})
    assert done["reason"] == "reconfigure_successful"
    await choose_pin(hass, entry, "remove_pin", PinKind.FULL)
    await hass.async_block_till_done()
    assert entry.data["pins"] == {}
    assert hass.states.get(panel(hass, entry)).attributes["code_format"] is None


@pytest.mark.parametrize("when", ["chosen", "filled in", "checked"])
async def test_edit_of_removed_pin_aborts(
    hass: HomeAssistant, entry: MockConfigEntry, when: str
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    menu = await choose(hass, entry, "pins")
    form = await reply(hass, menu, {"next_step_id": "change_pin"})

    def remove() -> None:
        remaining = {key: pin for key, pin in entry.data["pins"].items() if key != "pin_arm"}
        hass.config_entries.async_update_entry(entry, data={**entry.data, "pins": remaining})

    make = Pin.make

    def remove_and_make(*args: Any, **fields: Any) -> Pin:
        hass.loop.call_soon_threadsafe(remove)
        return make(*args, **fields)

    if when == "chosen":
        remove()
    done = await reply(hass, form, {"pin": "pin_arm"})
    if when != "chosen":
        with patch.object(Pin, "make", remove_and_make):
            if when == "filled in":
                remove()
            done = await reply(hass, done, answer(PinKind.ARM, code="445566"))
    assert done["reason"] == "pin_gone"
    assert "pin_arm" not in entry.data["pins"]


async def test_pins_are_hashed_outside_event_loop(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    threads: set[int] = set()
    original = Pin.matches

    def matches(self: Pin, code: str) -> bool:
        threads.add(threading.get_ident())
        return original(self, code)

    with patch.object(Pin, "matches", matches):
        await arm(hass, entry)
        entity = panel(hass, entry)
        await call(hass, "alarm_control_panel", "alarm_disarm", entity, code=CODES[PinKind.FULL])
        menu = await choose(hass, entry, "pins")
        form = await reply(hass, menu, {"next_step_id": "add_pin"})
        await reply(hass, form, answer(name="Bob", code="445566"))
    assert threads
    assert threading.get_ident() not in threads
