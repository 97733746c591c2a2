"""Who tries a PIN: users, sessions, keypads; and what a right PIN changes for them."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, LOW_COST, NAMES, PINS, SALT, WRONG, earlier_pin, panel, with_alarm
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from homesec_fixtures import call, set_up
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.homesec.alarm.codes import principal_of
from custom_components.homesec.alarm.config import get_pins
from custom_components.homesec.alarm.lockout import FREE_TRIES
from custom_components.homesec.alarm.pins import (
    ARMING_KINDS,
    DISARMING_KINDS,
    Pin,
    PinKind,
    find_pin,
)
from custom_components.homesec.alarm.sources import MAX_CONTEXTS
from custom_components.homesec.event_bus import Duress

if TYPE_CHECKING:
    from homeassistant.auth.models import User
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator


@pytest.fixture
def entry(entry: MockConfigEntry) -> MockConfigEntry:
    """An entry without cameras and with a PIN of each kind."""
    object.__setattr__(entry, "subentries", {})
    return with_alarm(entry, pins=PINS)


@pytest.fixture
async def guest(hass: HomeAssistant, local_auth: Any) -> User:
    """A user who isn't an administrator."""
    await hass.auth.async_create_user("Owner")  # the first one would own the house
    return await hass.auth.async_create_user("Guest", group_ids=[GROUP_ID_USER])


async def tried(entry: MockConfigEntry, principal: str, code: str = WRONG) -> str | None:
    """Try a PIN that may disarm, and return the translation key of the refusal."""
    return await tried_for(entry, principal, code, DISARMING_KINDS)


async def tried_for(
    entry: MockConfigEntry, principal: str, code: str, kinds: frozenset[PinKind]
) -> str | None:
    try:
        await entry.runtime_data.alarm.codes.async_check(
            code, kinds=kinds, needed=True, principal=principal
        )
    except ServiceValidationError as err:
        return err.translation_key
    return None


async def exhaust(entry: MockConfigEntry, principal: str) -> None:
    """Try wrong PINs until none is accepted."""
    for _ in range(FREE_TRIES):
        await tried(entry, principal)
    assert await tried(entry, principal, CODES[PinKind.FULL]) == "locked_out"


async def test_guest_without_pin_cannot_lock_anybody_else_out(
    hass: HomeAssistant, entry: MockConfigEntry, guest: User, hass_admin_user: MockUser
) -> None:
    await set_up(hass, entry)
    await exhaust(entry, principal_of(guest.id, "phone"))
    # Another login or token of the guest is the same guest.
    assert await tried(entry, principal_of(guest.id, "other"), CODES[PinKind.FULL]) == "locked_out"
    for other in (
        principal_of(hass_admin_user.id, "phone"),
        principal_of(None, "automation.keypad"),
    ):
        assert await tried(entry, other, CODES[PinKind.FULL]) is None


async def test_tablet_with_owners_login_leaves_owners_phone_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    socket_enabled: None,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
) -> None:
    await set_up(hass, entry)
    tokens = []
    for client in ("https://tablet.example/", "https://phone.example/"):
        refresh = await hass.auth.async_create_refresh_token(hass_admin_user, client)
        tokens.append(hass.auth.async_create_access_token(refresh))
    tablet, phone = [PageClient(await hass_ws_client(hass, token)) for token in tokens]
    await phone.call("alarm/arm", mode="away")
    for _ in range(FREE_TRIES):
        error = await tablet.call_refused("alarm/disarm", password=WRONG)
    assert error["translation_key"] == "locked_out"
    await phone.call("alarm/disarm", password=CODES[PinKind.FULL])
    assert hass.states.get(panel(hass, entry)).state == "disarmed"


@pytest.mark.parametrize("lesser", [PinKind.ARM, PinKind.DISARM])
async def test_lesser_pin_in_between_gives_no_further_tries(
    hass: HomeAssistant, entry: MockConfigEntry, guest: User, lesser: PinKind
) -> None:
    await set_up(hass, entry)
    principal, kinds = principal_of(guest.id), ARMING_KINDS | DISARMING_KINDS
    results = []
    for _ in range(2 * FREE_TRIES):
        results.append(await tried_for(entry, principal, WRONG, kinds))
        await tried_for(entry, principal, CODES[lesser], kinds)
    assert results == ["wrong_code"] * (FREE_TRIES - 1) + ["locked_out"] * (FREE_TRIES + 1)


@pytest.mark.parametrize("kind", [PinKind.FULL, PinKind.DURESS])
async def test_full_pin_forgives_typing_errors(
    hass: HomeAssistant, entry: MockConfigEntry, guest: User, kind: PinKind
) -> None:
    await set_up(hass, entry)
    principal = principal_of(guest.id)
    for _ in range(3):
        for _ in range(FREE_TRIES - 1):
            assert await tried(entry, principal) == "wrong_code"
        assert await tried(entry, principal, CODES[kind]) is None


async def test_tries_of_one_do_not_keep_others_waiting(
    hass: HomeAssistant, entry: MockConfigEntry, guest: User, hass_admin_user: MockUser
) -> None:
    await set_up(hass, entry)
    order: list[str] = []

    all_wait = threading.Event()

    def find_once_all_wait(pins: Any, code: str) -> Any:
        assert all_wait.wait(30)
        order.append(code)
        return find_pin(pins, code)

    guests, admins = CODES[PinKind.ARM], CODES[PinKind.FULL]
    flood = [tried_for(entry, principal_of(guest.id), guests, ARMING_KINDS) for _ in range(8)]
    hass.loop.call_later(0.1, all_wait.set)
    with patch("custom_components.homesec.alarm.codes.find_pin", find_once_all_wait):
        await asyncio.gather(
            *flood, tried_for(entry, principal_of(hass_admin_user.id), admins, ARMING_KINDS)
        )
    assert len(order) == 9
    assert order.index(admins) <= 1


async def test_only_one_hash_is_computed_at_a_time(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    running, most = 0, 0

    def count(*args: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            time.sleep(0.05)  # so that others would begin meanwhile
            return find_pin(*args)
        finally:
            running -= 1

    with patch("custom_components.homesec.alarm.codes.find_pin", count):
        await asyncio.gather(*(tried(entry, principal_of(None, str(n))) for n in range(4)))
    assert most == 1


async def test_automations_that_pass_on_keypads_are_counted_apart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    disarm = {
        "action": "alarm_control_panel.alarm_disarm",
        "target": {"entity_id": panel(hass, entry)},
        "data": {"code": "{{ trigger.event.data.code }}"},
    }
    automations = [
        {
            "alias": f"keypad {name}",
            "triggers": [{"trigger": "event", "event_type": f"keypad_{name}"}],
            "actions": [disarm],
        }
        for name in ("door", "garage")
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    events = async_capture_events(hass, "homesec_alarm_refused")
    for _ in range(FREE_TRIES + 1):
        hass.bus.async_fire("keypad_door", {"code": WRONG})
        await hass.async_block_till_done()
    assert [event.data["reason"] for event in events] == ["wrong_code"] * 5 + ["locked_out"]
    assert {event.data["by"] for event in events} == {"automation.keypad_door"}
    hass.bus.async_fire("keypad_garage", {"code": CODES[PinKind.FULL]})
    await hass.async_block_till_done()
    assert hass.states.get(panel(hass, entry)).state == "disarmed"


async def test_principal_without_user_is_the_automation_if_it_is_known(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    principal = entry.runtime_data.alarm.codes.principal
    contexts = [Context() for _ in range(MAX_CONTEXTS + 1)]
    for number, context in enumerate(contexts):
        data = {"entity_id": f"automation.n{number}"}
        hass.bus.async_fire("automation_triggered", data, context=context)
        # A script that the automation starts has the same context.
        hass.bus.async_fire("script_started", {"entity_id": "script.x"}, context=context)
    assert principal(contexts[-1]) == f"source:automation.n{MAX_CONTEXTS}"
    assert principal(Context(id=contexts[-1].id, user_id="ann")) == "user:ann"
    for unknown in (None, Context(), contexts[0]):
        assert principal(unknown) == "source:unknown"


async def test_refusal_names_the_user_who_tried(
    hass: HomeAssistant, entry: MockConfigEntry, guest: User
) -> None:
    await set_up(hass, entry)
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    events = async_capture_events(hass, "homesec_alarm_refused")
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            "alarm_control_panel",
            "alarm_disarm",
            {"entity_id": panel(hass, entry), "code": WRONG},
            blocking=True,
            context=Context(user_id=guest.id),
        )
    assert events[0].data["by"] == "Guest"


async def test_hashing_a_pin_anew_is_no_changed_setting(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    pins = {"pin_full": earlier_pin("730518", name="Ann", kind=PinKind.FULL)}
    await set_up(hass, with_alarm(entry, pins=pins))
    weakened = async_capture_events(hass, "homesec_alarm_weakened")
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry), code="730518")
    await hass.async_block_till_done()
    assert entry.data["pins"] != pins
    assert not weakened
    other = Pin.make("445566", name="Ann", kind=PinKind.FULL, salt=SALT)
    data = {**entry.data, "pins": {"pin_full": other.as_dict()}}
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.async_block_till_done()
    assert [event.data["action"] for event in weakened] == ["pins"]


@pytest.mark.parametrize("kind", list(PinKind))
async def test_pin_of_earlier_version_is_hashed_anew_when_it_is_used(
    hass: HomeAssistant, entry: MockConfigEntry, kind: PinKind
) -> None:
    pins = {
        f"pin_{each}": earlier_pin(code, name=NAMES[each], kind=each)
        for each, code in CODES.items()
    }
    await set_up(hass, with_alarm(entry, pins=pins))
    kinds = frozenset(PinKind)
    assert await tried_for(entry, "user:1", WRONG, kinds) == "wrong_code"
    assert dict(entry.data["pins"]) == pins
    for _ in range(2):
        assert await tried_for(entry, "user:1", CODES[kind], kinds) is None
        await hass.async_block_till_done()
        changed = [key for key, stored in entry.data["pins"].items() if stored != pins[key]]
        assert changed == [f"pin_{kind}"]
        assert get_pins(entry.data)[f"pin_{kind}"].cost == LOW_COST
    if kind is PinKind.DURESS:
        assert "duress" not in str([*entry.data["pins"].values()])


async def test_duress_pin_calls_for_help_whatever_it_is_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    heard: list[Any] = []
    entry.runtime_data.bus.async_subscribe(heard.append, kinds=(Duress,))
    codes = entry.runtime_data.alarm.codes
    pins = [
        await codes.async_check(CODES[kind], kinds=DISARMING_KINDS, needed=True, principal="user:1")
        for kind in (PinKind.FULL, PinKind.DURESS)
    ]
    assert [pin.kind for pin in pins] == [PinKind.FULL, PinKind.FULL]
    assert heard == [Duress(by=NAMES[PinKind.DURESS])]
