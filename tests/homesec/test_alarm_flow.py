"""The steps for the alarm's delays and PINs, which apply at once."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, NAMES, PINS, earlier_pin, panel, with_alarm
from camera_forms import suggested_values
from custom_model import choose, reply
from homesec_fixtures import arm, call, set_up
import pytest

from custom_components.homesec.alarm.config import get_delays, get_pins
from custom_components.homesec.alarm.lockout import FREE_TRIES
from custom_components.homesec.alarm.machine import Delays
from custom_components.homesec.alarm.pins import Pin, PinKind, find_pin

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


def kind_of(entry: MockConfigEntry, code: str) -> PinKind | None:
    """Return what the PIN of a code really is."""
    found = find_pin(get_pins(entry.data), code)
    return None if found is None else found.kind


def names(entry: MockConfigEntry) -> list[tuple[str, str]]:
    return [(pin.name, pin.kind.value) for pin in get_pins(entry.data).values()]


async def choose_pin(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    step: str,
    kind: PinKind,
    current: str | None = None,
) -> dict[str, Any]:
    """Open a step of the PINs' menu and select a PIN; ``current`` is entered as its code."""
    menu = await choose(hass, entry, "pins")
    form = await reply(hass, menu, {"next_step_id": step})
    entered = {} if current is None else {"current_code": current}
    return await reply(hass, form, {"pin": f"pin_{kind}", **entered})


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
    assert names(entry) == [("Ann", "full"), ("Ann", "full")]
    assert kind_of(entry, CODES[PinKind.DURESS]) is PinKind.DURESS
    menu = await choose(hass, entry, "pins")
    assert menu["description_placeholders"]["pins"] == "\n".join(["- Ann: Arm and disarm"] * 2)


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
        (answer(PinKind.ARM, name="Cleaner"), {"name": "pin_name_taken"}),
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
    pins = {key: PINS[key] for key in ("pin_full", "pin_arm")}
    await set_up(hass, with_alarm(entry, pins=pins))
    menu = await choose(hass, entry, "pins")
    form = await reply(hass, menu, {"next_step_id": "add_pin"})
    form = await reply(hass, form, given)
    assert form["errors"] == errors
    assert suggested_values(form)["name"] == given["name"]
    if given["code"]:
        shown = [str(key.description) for key in form["data_schema"].schema]
        assert given["code"] not in str(shown) + caplog.text
    await reply(hass, form, answer(name="Bob", code="445566"))
    assert names(entry) == [("Ann", "full"), ("Cleaner", "arm"), ("Bob", "full")]


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
    assert get_pins(entry.data)["pin_arm"].name == "Bob"
    assert kind_of(entry, CODES[PinKind.ARM]) is PinKind.FULL
    form = await choose_pin(hass, entry, "change_pin", PinKind.ARM)
    form = await reply(hass, form, {"name": "Bob", "kind": "full", "code": "445566"})
    assert form["errors"] == {"code_again": "pin_differs"}
    await reply(hass, form, answer(name="Bob", code="445566"))
    assert kind_of(entry, "445566") is PinKind.FULL
    assert kind_of(entry, CODES[PinKind.ARM]) is None


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

    make, removed = Pin.make, threading.Event()

    def remove_and_make(*args: Any, **fields: Any) -> Pin:
        hass.loop.call_soon_threadsafe(lambda: (remove(), removed.set()))
        assert removed.wait(30)
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
    original = hashlib.scrypt

    def scrypt(*args: Any, **fields: Any) -> bytes:
        threads.add(threading.get_ident())
        return original(*args, **fields)

    with patch.object(hashlib, "scrypt", scrypt):
        await arm(hass, entry)
        entity = panel(hass, entry)
        await call(hass, "alarm_control_panel", "alarm_disarm", entity, code=CODES[PinKind.FULL])
        menu = await choose(hass, entry, "pins")
        form = await reply(hass, menu, {"next_step_id": "add_pin"})
        await reply(hass, form, answer(name="Bob", code="445566"))
        form = await choose_pin(hass, entry, "change_pin", PinKind.ARM, CODES[PinKind.ARM])
        await reply(hass, form, {"name": "Carl", "kind": "disarm"})
    assert threads
    assert threading.get_ident() not in threads


# --- what the forms reveal of duress -----------------------------------------------------------

FULL, DURESS = PinKind.FULL, PinKind.DURESS


@pytest.fixture
def versions(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Two PINs that arm and disarm, one of them under duress; as stored now or earlier."""
    if request.param == "earlier":
        return {
            f"pin_{kind}": earlier_pin(CODES[kind], name="Ann", kind=kind)
            for kind in (FULL, DURESS)
        }
    return {f"pin_{kind}": {**PINS[f"pin_{kind}"], "name": "Ann"} for kind in (FULL, DURESS)}


either_version = pytest.mark.parametrize("versions", ["now", "earlier"], indirect=True)


def visible(form: dict[str, Any]) -> dict[str, Any]:
    """Return all that a form shows."""
    schema = form.get("data_schema")
    fields = () if schema is None else schema.schema.items()
    shown = [(str(key), getattr(key, "description", None), str(value)) for key, value in fields]
    keys = ("type", "step_id", "errors", "reason", "description_placeholders", "menu_options")
    return {"schema": shown, **{key: form.get(key) for key in keys}}


@either_version
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ann", "kind": "duress"},
        {"name": "Ann", "kind": "arm"},
        {"name": " ", "kind": "full"},
        {"name": "Bob", "kind": "full"},
        {"name": "Bob", "kind": "full", "code": "1", "code_again": "1"},
        {"name": "Bob", "kind": "duress", "code": "445566", "code_again": "445566"},
    ],
)
async def test_change_without_entering_the_pin_reveals_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    versions: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    await set_up(hass, with_alarm(entry, pins=versions))
    shown = []
    for kind in (FULL, DURESS):
        hass.config_entries.async_update_entry(entry, data={**entry.data, "pins": versions})
        await hass.async_block_till_done()
        form = await choose_pin(hass, entry, "change_pin", kind)
        shown.append((visible(form), visible(await reply(hass, form, changes))))
    assert shown[0] == shown[1]


@either_version
@pytest.mark.parametrize("rest", [FULL, DURESS])
async def test_removing_pins_reveals_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, versions: dict[str, Any], rest: PinKind
) -> None:
    """Whichever of the two is left, it may be the last one, and other PINs need it."""
    arm_only = {"pin_arm": PINS["pin_arm"]}
    await set_up(hass, with_alarm(entry, pins={**versions, **arm_only}))
    gone = DURESS if rest is FULL else FULL
    assert (await choose_pin(hass, entry, "remove_pin", gone))["reason"] == "reconfigure_successful"
    form = await choose_pin(hass, entry, "remove_pin", rest)
    assert form["errors"] == {"pin": "pin_full_missing"}


@either_version
@pytest.mark.parametrize("kind", ["full", "duress"])
async def test_adding_pin_of_same_name_reveals_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, versions: dict[str, Any], kind: str
) -> None:
    await set_up(hass, with_alarm(entry, pins=versions))
    shown = []
    for existing in (FULL, DURESS):
        pins = {"pin": versions[f"pin_{existing}"]}
        hass.config_entries.async_update_entry(entry, data={**entry.data, "pins": pins})
        menu = await choose(hass, entry, "pins")
        form = await reply(hass, menu, {"next_step_id": "add_pin"})
        new = {"name": "Ann", "kind": kind, "code": "445566", "code_again": "445566"}
        shown.append((visible(menu), visible(form), visible(await reply(hass, form, new))))
    assert shown[0] == shown[1]


@either_version
async def test_renamed_duress_pin_stays_one_although_it_was_not_entered(
    hass: HomeAssistant, entry: MockConfigEntry, versions: dict[str, Any]
) -> None:
    await set_up(hass, with_alarm(entry, pins=versions))
    form = await choose_pin(hass, entry, "change_pin", DURESS)
    assert suggested_values(form) == {"name": "Ann", "kind": "full"}
    await reply(hass, form, {"name": "Bob", "kind": "full"})
    assert (kind_of(entry, CODES[DURESS]), kind_of(entry, CODES[FULL])) == (DURESS, FULL)
    assert [name for name, _kind in names(entry)] == ["Ann", "Bob"]


@either_version
async def test_entered_pin_shows_and_changes_what_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, versions: dict[str, Any]
) -> None:
    await set_up(hass, with_alarm(entry, pins=versions))
    form = await choose_pin(hass, entry, "change_pin", DURESS, CODES[DURESS])
    assert suggested_values(form) == {"name": "Ann", "kind": "duress"}
    await reply(hass, form, {"name": "Ann", "kind": "full"})
    assert kind_of(entry, CODES[DURESS]) is FULL
    form = await choose_pin(hass, entry, "change_pin", FULL, CODES[FULL])
    assert suggested_values(form) == {"name": "Ann", "kind": "full"}
    await reply(hass, form, {"name": "Ann", "kind": "duress"})
    assert kind_of(entry, CODES[FULL]) is DURESS


async def test_pin_made_to_mean_duress_has_to_be_entered(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    form = await choose_pin(hass, entry, "change_pin", PinKind.ARM)
    form = await reply(hass, form, {"name": "Cleaner", "kind": "duress"})
    assert form["errors"] == {"kind": "pin_not_entered"}
    new = {"name": "Cleaner", "kind": "duress", "code": "445566", "code_again": "445566"}
    await reply(hass, form, new)
    assert kind_of(entry, "445566") is DURESS


@pytest.mark.parametrize("step", ["change_pin", "remove_pin"])
@pytest.mark.parametrize("entered", ["999111", CODES[PinKind.ARM], "x"])
async def test_other_than_the_selected_pin_is_refused_and_not_shown_again(
    hass: HomeAssistant, entry: MockConfigEntry, step: str, entered: str
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    form = await choose_pin(hass, entry, step, DURESS, entered)
    assert form["errors"] == {"current_code": "pin_wrong"}
    assert suggested_values(form) == {"pin": "pin_duress"}
    assert len(entry.data["pins"]) == len(PINS)
    await reply(hass, form, {"pin": "pin_duress", "current_code": CODES[DURESS]})
    assert len(entry.data["pins"]) == len(PINS) - (step == "remove_pin")


async def test_guessing_in_the_form_is_locked_out(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    for _ in range(FREE_TRIES):
        form = await choose_pin(hass, entry, "change_pin", DURESS, "999111")
    assert form["errors"] == {"current_code": "pin_locked_out"}
    form = await choose_pin(hass, entry, "change_pin", DURESS, CODES[DURESS])
    assert form["errors"] == {"current_code": "pin_locked_out"}


async def test_pin_entered_while_homesec_is_not_running_is_not_checked(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    assert await hass.config_entries.async_unload(entry.entry_id)
    form = await choose_pin(hass, entry, "change_pin", DURESS, CODES[DURESS])
    assert form["errors"] == {"current_code": "pin_unchecked"}
