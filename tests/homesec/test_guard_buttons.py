"""Buttons in notifications start automations, which weaken an armed alarm for nobody else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
import shutil
from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, PINS, with_alarm
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, arm, entity_id, set_up, until
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.homesec.alarm import sources
from custom_components.homesec.alarm.pins import PinKind

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

BLUEPRINT = Path(__file__).parents[2] / "blueprints/automation/homesec/phone_buttons.yaml"
SNOOZE = {"action": "homesec.snooze", "data": {"camera": [CAMERA_ID], "duration": "00:30:00"}}
PRESSED = {"trigger": "event", "event_type": "mobile_app_notification_action"}
CHAINS: dict[str, dict[str, Any]] = {
    "automation": {"automation": {"triggers": PRESSED, "actions": [SNOOZE]}},
    "script": {
        "script": {"quiet": {"sequence": [SNOOZE]}},
        "automation": {"triggers": PRESSED, "actions": [{"action": "script.quiet"}]},
    },
    "script in the background": {
        "script": {"quiet": {"sequence": [{**SNOOZE, "continue_on_error": True}]}},
        "automation": {
            "triggers": PRESSED,
            "actions": [{"action": "script.turn_on", "target": {"entity_id": "script.quiet"}}],
        },
    },
    "another automation": {
        "automation": [
            {"alias": "First", "triggers": PRESSED, "actions": [{"event": "pressed"}]},
            {
                "alias": "Second",
                "triggers": {"trigger": "event", "event_type": "pressed"},
                "actions": [{"delay": {"milliseconds": 1}}, SNOOZE],
            },
        ]
    },
}


@pytest.fixture
def guest(hass: HomeAssistant) -> MockUser:
    """A user who may control everything, but isn't an administrator."""
    user = MockUser(name="Guest").add_to_hass(hass)
    user.permissions = PolicyPermissions({"entities": {"all": True}}, None)
    return user


@pytest.fixture
def refusals(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_refused")


@pytest.fixture
def weakened(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_weakened")


async def set_up_chain(hass: HomeAssistant, chain: str) -> None:
    for component, config in CHAINS[chain].items():
        assert await async_setup_component(hass, component, {component: config})
    await hass.async_block_till_done()


async def press(hass: HomeAssistant, user: MockUser, action: str = "HOMESEC_SNOOZE") -> None:
    """Fire the event as the app's webhook does, in the name of the phone's user."""
    data = {"action": action}
    context = Context(user_id=user.id)
    hass.bus.async_fire("mobile_app_notification_action", data, context=context)
    await hass.async_block_till_done(wait_background_tasks=True)


def snoozed(entry: MockConfigEntry) -> bool:
    return entry.runtime_data.alerts.snoozed_until(CAMERA_ID) is not None


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("chain", CHAINS)
async def test_button_of_guest_does_not_weaken_armed_alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
    weakened: list[Event],
    chain: str,
    first: bool,
) -> None:
    """Whichever listens to the event first: the automation, or HomeSec."""
    if first:
        await set_up_chain(hass, chain)
    await set_up(hass, with_alarm(entry, pins=PINS))
    if not first:
        await set_up_chain(hass, chain)
    await arm(hass, entry)
    await press(hass, guest)
    await until(hass, lambda: refusals)
    assert not snoozed(entry)
    assert not weakened
    [refusal] = refusals
    expected = {"reason": "code_missing", "action": "snooze", "source": "phone", "by": "Guest"}
    assert expected.items() <= refusal.data.items()


@pytest.mark.parametrize("chain", CHAINS)
async def test_button_of_administrator_leaves_a_trace(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_admin_user: MockUser,
    weakened: list[Event],
    chain: str,
) -> None:
    await set_up_chain(hass, chain)
    await set_up(hass, with_alarm(entry, pins=PINS))
    await arm(hass, entry)
    await press(hass, hass_admin_user)
    await until(hass, lambda: snoozed(entry))
    [trace] = weakened
    expected = {"action": "snooze", "source": "phone", "by": hass_admin_user.name}
    assert expected.items() <= trace.data.items()


STARTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "by hand": (
        {"trigger": "event", "event_type": "never"},
        "automation.trigger",
        "automation.rest",
    ),
    "a helper": (
        {"trigger": "state", "entity_id": "input_boolean.rest", "to": "on"},
        *("input_boolean.turn_on", "input_boolean.rest"),
    ),
    "a button": (
        {"trigger": "state", "entity_id": "input_button.rest"},
        *("input_button.press", "input_button.rest"),
    ),
}


@pytest.mark.parametrize("is_admin", [False, True])
@pytest.mark.parametrize("start", STARTS)
async def test_automation_that_a_guest_starts_does_not_weaken_armed_alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    hass_admin_user: MockUser,
    refusals: list[Event],
    start: str,
    is_admin: bool,
) -> None:
    trigger, action, target = STARTS[start]
    for helper in ("input_boolean", "input_button"):
        assert await async_setup_component(hass, helper, {helper: {"rest": {}}})
    rest = {"alias": "Rest", "triggers": trigger, "actions": [SNOOZE]}
    assert await async_setup_component(hass, "automation", {"automation": rest})
    await set_up(hass, with_alarm(entry, pins=PINS))
    await arm(hass, entry)
    user = hass_admin_user if is_admin else guest
    with suppress(ServiceValidationError):
        await hass.services.async_call(
            *action.split("."),
            {"entity_id": target},
            blocking=True,
            context=Context(user_id=user.id),
        )
    await hass.async_block_till_done()
    assert snoozed(entry) is is_admin
    assert [event.data["by"] for event in refusals] == ([] if is_admin else ["Guest"])


@pytest.mark.parametrize("pins", [True, False])
@pytest.mark.parametrize("by_helper", [True, False])
async def test_alexa_and_google_are_no_administrators(
    hass: HomeAssistant, entry: MockConfigEntry, refusals: list[Event], by_helper: bool, pins: bool
) -> None:
    cloud = await hass.auth.async_create_system_user(
        "Home Assistant Cloud", group_ids=[GROUP_ID_ADMIN], local_only=True
    )
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"rest": {}}})
    trigger = {"trigger": "state", "entity_id": "input_boolean.rest"}
    rest = {"alias": "Rest", "triggers": trigger, "actions": [SNOOZE]}
    assert await async_setup_component(hass, "automation", {"automation": rest})
    await set_up(hass, with_alarm(entry, **({"pins": PINS} if pins else {})))
    await arm(hass, entry)
    switch = entity_id(hass, "switch", "detection")
    with suppress(ServiceValidationError):
        await hass.services.async_call(
            "homeassistant",
            "toggle",
            {"entity_id": "input_boolean.rest" if by_helper else switch},
            blocking=True,
            context=Context(user_id=cloud.id),
        )
    await hass.async_block_till_done()
    assert not snoozed(entry)
    assert entry.runtime_data.cameras.detects(CAMERA_ID)
    assert [event.data["source"] for event in refusals] == ["voice"]


async def test_automation_that_follows_from_arming_may_weaken_it(
    hass: HomeAssistant, entry: MockConfigEntry, guest: MockUser, weakened: list[Event]
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    trigger = {"trigger": "state", "entity_id": panel, "to": "armed_away"}
    rest = {"alias": "Rest", "triggers": trigger, "actions": [SNOOZE]}
    assert await async_setup_component(hass, "automation", {"automation": rest})
    await hass.services.async_call(
        "alarm_control_panel",
        "alarm_arm_away",
        {"entity_id": panel, "code": CODES[PinKind.FULL]},
        blocking=True,
        context=Context(user_id=guest.id),
    )
    await until(hass, lambda: snoozed(entry))
    assert [event.data["source"] for event in weakened] == ["automation"]


async def test_flood_of_buttons_does_not_make_one_of_them_forgotten(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "MAX_USERS", 20)
    go = {"wait_for_trigger": {"trigger": "event", "event_type": "go"}}
    slow = {"triggers": PRESSED, "actions": [go, SNOOZE], "mode": "single"}
    assert await async_setup_component(hass, "automation", {"automation": slow})
    await set_up(hass, with_alarm(entry, pins=PINS))
    await arm(hass, entry)
    for _ in range(30):
        hass.bus.async_fire("mobile_app_notification_action", {}, context=Context(user_id=guest.id))
    async with asyncio.timeout(60):
        while "go" not in hass.bus.async_listeners():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    hass.bus.async_fire("go")
    await until(hass, lambda: refusals)
    assert not snoozed(entry)
    assert {event.data["by"] for event in refusals} == {"Guest"}


@pytest.mark.parametrize("may_control", [True, False])
async def test_button_without_pins_needs_the_right_to_control_the_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, guest: MockUser, may_control: bool
) -> None:
    guest.permissions = PolicyPermissions({"entities": {"all": True}} if may_control else {}, None)
    await set_up_chain(hass, "automation")
    await set_up(hass, entry)
    await arm(hass, entry)
    await press(hass, guest)
    assert snoozed(entry) is may_control


async def test_button_while_disarmed_and_other_automations_need_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, guest: MockUser, weakened: list[Event]
) -> None:
    timed = {"trigger": "event", "event_type": "time_to_rest"}
    config = {"triggers": [PRESSED, timed], "actions": [SNOOZE]}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await set_up(hass, with_alarm(entry, pins=PINS))
    await press(hass, guest)
    assert snoozed(entry)
    await entry.runtime_data.alerts.snooze.async_set(CAMERA_ID, 0)
    await arm(hass, entry)
    hass.bus.async_fire("time_to_rest")
    await hass.async_block_till_done()
    assert snoozed(entry)
    assert [event.data["source"] for event in weakened] == ["automation"]


async def test_blueprint_snoozes_for_administrators_only(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    hass_admin_user: MockUser,
    config_dir: Path,
) -> None:
    folder = config_dir / "blueprints/automation/homesec"
    folder.mkdir(parents=True)
    shutil.copy(BLUEPRINT, folder)
    use = {"path": "homesec/phone_buttons.yaml", "input": {}}
    config = {"automation": {"alias": "Buttons", "use_blueprint": use}}
    assert await async_setup_component(hass, "automation", config)
    await set_up(hass, with_alarm(entry, pins=PINS))
    await arm(hass, entry)
    button = f"HOMESEC_SNOOZE_{entry.runtime_data.devices.id_of(CAMERA_ID)}"
    await press(hass, guest, button)
    assert not snoozed(entry)
    await press(hass, hass_admin_user, button)
    assert snoozed(entry)
