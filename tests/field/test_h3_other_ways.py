"""Whatever way HomeSec starts an automation, a notification that fails in it is noticed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
import json
from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, PINS, panel, with_alarm
from alert_automations import automate, count, failing, issues, raise_alert, settle
from homeassistant.components.notify import NotifyEntity
from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_fixtures import call, set_up
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.alerts.undelivered import HOLD_S

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

SEND = {"action": "notify.gateway", "data": {"message": "x"}}
ALERT = {"trigger": "homesec.alert"}
TELLS = "automation.tell_me"
REPAIR = {f"undelivered_{TELLS}": "alert_automation_failed"}


@pytest.fixture
def lost(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alert_undelivered")


@pytest.fixture
def bare(entry: MockConfigEntry) -> MockConfigEntry:
    object.__setattr__(entry, "subentries", {})
    return entry


@pytest.fixture(autouse=True)
def _gateway(hass: HomeAssistant) -> None:
    async def notify(_call: ServiceCall) -> None:
        raise HomeAssistantError("refused")

    hass.services.async_register("notify", "gateway", notify)


def names(lost: list[Event]) -> list[str]:
    return [event.data["automation"] for event in lost]


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": "state", "entity_id": "PANEL", "to": "triggered"},
        {"trigger": "alarm_control_panel.triggered", "target": {"entity_id": "PANEL"}},
        {"trigger": "template", "value_template": "{{ is_state('PANEL', 'triggered') }}"},
    ],
)
async def test_automation_on_the_state_of_the_panel_is_watched(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
    trigger: dict[str, Any],
) -> None:
    await set_up(hass, bare)
    alarm = panel(hass, bare)
    await automate(hass, json.loads(json.dumps(trigger).replace("PANEL", alarm)), SEND)
    await raise_alert(hass, bare)
    assert names(lost) == [TELLS]
    assert issues(issue_registry) == REPAIR


async def test_automation_on_another_panel_is_not_watched(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event]
) -> None:
    await set_up(hass, bare)
    other = "alarm_control_panel.other"
    hass.states.async_set(other, "disarmed")
    await automate(hass, {"trigger": "state", "entity_id": other, "to": "triggered"}, SEND)
    hass.states.async_set(other, "triggered")
    await hass.async_block_till_done()
    assert not lost


async def test_automation_is_watched_after_a_reload(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event]
) -> None:
    """It then gets the event before HomeSec does."""
    await set_up(hass, bare)
    await automate(hass, {"trigger": "event", "event_type": "homesec_alert"}, SEND)
    assert await hass.config_entries.async_reload(bare.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await raise_alert(hass, bare)
    assert names(lost) == [TELLS]


@pytest.mark.parametrize("item_id", ["tell", None])
@pytest.mark.parametrize(
    "action",
    [
        {"action": "script.tell"},
        {"action": "script.turn_on", "target": {"entity_id": "script.tell"}},
    ],
)
async def test_failing_script_of_an_automation_is_noticed_once(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    action: dict[str, Any],
    item_id: str | None,
) -> None:
    await set_up(hass, bare)
    tell = {"sequence": [{**SEND, "continue_on_error": True}]}
    assert await async_setup_component(hass, "script", {"script": {"tell": tell}})
    await automate(hass, ALERT, action, item_id=item_id)
    await raise_alert(hass, bare)
    assert names(lost) == [TELLS]


async def test_automation_that_a_watched_one_starts_is_watched(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event]
) -> None:
    await set_up(hass, bare)
    first = {"id": "first", "alias": "First", "triggers": ALERT, "actions": [{"event": "told"}]}
    then = {"trigger": "event", "event_type": "told"}
    second = {"id": "second", "alias": "Second", "triggers": then, "actions": [SEND]}
    assert await async_setup_component(hass, "automation", {"automation": [first, second]})
    await hass.async_block_till_done()
    await raise_alert(hass, bare)
    assert names(lost) == ["automation.second"]


class Phone(NotifyEntity):
    """A phone that is out of reach at first."""

    _attr_name = "Phone"
    reached = False

    @property
    def available(self) -> bool:
        return self.reached

    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Take a message."""


@pytest.mark.parametrize("target", ["notify.gone", "notify.phone"])
async def test_notify_entity_that_gets_nothing_is_noticed(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
    target: str,
) -> None:
    """Home Assistant skips one that's missing or unavailable, and only warns in its log."""
    await async_setup_component(hass, "notify", {})
    await hass.data["notify"].async_add_entities([phone := Phone()])
    await set_up(hass, bare)
    sends = {"action": "notify.send_message", "target": {"entity_id": target}}
    await automate(hass, ALERT, {**sends, "data": {"message": "x"}})
    await raise_alert(hass, bare)
    assert names(lost) == [TELLS]
    assert issues(issue_registry) == REPAIR
    if target == phone.entity_id:
        phone.reached = True
        phone.async_write_ha_state()
        await raise_alert(hass, bare)
        await settle(hass)
        assert issues(issue_registry) == {}


async def test_light_that_is_skipped_is_no_lost_alert(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event]
) -> None:
    await async_setup_component(hass, "light", {})
    await set_up(hass, bare)
    await automate(hass, ALERT, {"action": "light.turn_on", "target": {"entity_id": "light.gone"}})
    await raise_alert(hass, bare)
    await settle(hass)
    assert not lost


# --- duress -------------------------------------------------------------------------------------

DURESS = [
    {"trigger": "homesec.alarm_duress"},
    {"trigger": "homesec.alert", "options": {"kind": "duress"}},
]


async def disarm(hass: HomeAssistant, entry: MockConfigEntry, kind: PinKind) -> None:
    await call(hass, "alarm_control_panel", "alarm_arm_away", panel(hass, entry))
    await call(hass, "alarm_control_panel", "alarm_disarm", panel(hass, entry), code=CODES[kind])
    await hass.async_block_till_done(wait_background_tasks=True)
    await asyncio.sleep(0)


@pytest.mark.parametrize("trigger", DURESS)
async def test_call_for_help_that_fails_is_shown_only_later(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
    trigger: dict[str, Any],
) -> None:
    seen: list[str] = []
    hass.bus.async_listen("*", lambda event: seen.append(event.event_type))
    await set_up(hass, with_alarm(bare, pins=PINS))
    await automate(hass, trigger, SEND)
    await disarm(hass, bare, PinKind.FULL)
    assert not lost
    await disarm(hass, bare, PinKind.DURESS)
    assert names(lost) == [TELLS]
    assert "homesec_alert_undelivered" not in seen  # the recorder's, say
    assert "duress" not in json.dumps(dict(lost[0].data))
    assert (issues(issue_registry), count(hass, bare), failing(hass, bare)) == ({}, 0, [])
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=HOLD_S + 1))
    await hass.async_block_till_done()
    assert issues(issue_registry) == REPAIR
    assert (count(hass, bare), failing(hass, bare)) == (1, ["Tell me"])
    [issue] = [each for each in issue_registry.issues.values() if each.domain == "homesec"]
    assert "duress" not in json.dumps(issue.translation_placeholders)


async def test_call_for_help_that_failed_is_not_forgotten_at_a_restart(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event], issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, with_alarm(bare, pins=PINS))
    await automate(hass, DURESS[0], SEND)
    await disarm(hass, bare, PinKind.DURESS)
    assert await hass.config_entries.async_reload(bare.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(issue_registry) == REPAIR
    assert (len(lost), count(hass, bare)) == (1, 1)
