"""A text or notification that never goes out is a repair, an event, and counted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alert_automations import automate, count, failing, issues, raise_alert, settle
from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homesec_fixtures import call, set_up, until
from push_service import PushService, add_phone, push_service
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)
from recipient_fixtures import ANN, recipient, set_up_recipients
from twilio_server import Fault, Kind

from custom_components.homesec.alerts.undelivered import GONE_S
from custom_components.homesec.issues import recipient_issue_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

SECOND = 1 / 60
OWN, LOST = recipient_issue_id(ANN), f"undelivered_{ANN}"


@pytest.fixture
def lost(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alert_undelivered")


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a text that Twilio may have taken after a moment only."""
    monkeypatch.setattr("custom_components.homesec.engine.sms.worker.SETTLE_S", 0.2)


async def text(hass: HomeAssistant, body: str) -> None:
    await call(hass, "notify", "send_message", "notify.ann", message=body)


# --- texts -------------------------------------------------------------------------------------


async def test_daily_limit_is_a_repair_at_once_and_heals(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    sent_texts: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up_recipients(hass, entry, recipient())
    twilio.add(Fault(status=429, code=63038, times=1))
    await text(hass, "Hello")
    await until(hass, lambda: issues(issue_registry).get(OWN) == "text_limit")
    await until(hass, sent_texts)  # with back-off
    await until(hass, lambda: OWN not in issues(issue_registry))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": Kind.RESET},
        {"status": 429, "code": 20429},
        {"status": 429},
        {"status": 503},
    ],
)
async def test_text_that_is_discarded_is_counted_and_heals_by_itself(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    sent_texts: Any,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
    fault: dict[str, Any],
) -> None:
    await set_up_recipients(hass, entry, recipient(max_age_min=SECOND))
    twilio.add(Fault(times=10_000, **fault))
    await text(hass, "Hello")
    await until(hass, lambda: lost)
    data = dict(lost[0].data)
    assert data.pop("alert_id")
    assert data == {"recipient": "Ann", "automation": None, "error": "text_expired", "count": 1}
    assert issues(issue_registry)[LOST] == "alerts_undelivered"
    assert (count(hass, entry), failing(hass, entry)) == (1, ["Ann"])
    # A reload or restart doesn't end it.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(issue_registry)[LOST] == "alerts_undelivered"
    assert (count(hass, entry), failing(hass, entry)) == (1, ["Ann"])
    twilio.clear()
    await text(hass, "Hello again")
    await until(hass, sent_texts)
    await until(hass, lambda: LOST not in issues(issue_registry))
    assert (count(hass, entry), failing(hass, entry)) == (1, [])


async def test_text_that_expires_while_home_assistant_is_off_is_counted(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up_recipients(hass, entry, recipient(max_age_min=2 * SECOND))
    twilio.add(Fault(times=10_000, status=429))
    await text(hass, "Hello")
    await hass.config_entries.async_unload(entry.entry_id)
    assert not lost
    await asyncio.sleep(2)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await until(hass, lambda: lost)
    assert issues(issue_registry)[LOST] == "alerts_undelivered"


async def test_text_that_the_disk_refuses_is_counted(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    lost: list[Event],
    monkeypatch: pytest.MonkeyPatch,
    twilio: Any,
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("texts are not running")

    await set_up_recipients(hass, entry, recipient())
    monkeypatch.setattr(entry.runtime_data.host.engine.sms, "send", refuse)
    with pytest.raises(HomeAssistantError):
        await text(hass, "Hello")
    assert [event.data["error"] for event in lost] == ["text_not_kept"]


async def test_own_repair_of_a_recipient_replaces_the_general_one(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up_recipients(hass, entry, recipient(max_age_min=4 * SECOND))
    twilio.refuse(21610, times=1)
    await text(hass, "Hello")
    await until(hass, lambda: OWN in issues(issue_registry))
    await until(hass, lambda: lost)
    assert issues(issue_registry) == {OWN: "text_blocked"}


async def test_removed_recipient_has_no_repair(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up_recipients(hass, entry, recipient(max_age_min=SECOND))
    twilio.add(Fault(times=10_000, kind=Kind.RESET))
    await text(hass, "Hello")
    await until(hass, lambda: lost)
    hass.config_entries.async_remove_subentry(entry, ANN)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert LOST not in issues(issue_registry)
    assert failing(hass, entry) == []


# --- automations -------------------------------------------------------------------------------

TRIGGERS = {
    "homesec": {"trigger": "homesec.alert"},
    "event": {"trigger": "event", "event_type": "homesec_alert"},
    "alarm": {"trigger": "homesec.alarm_triggered"},
}


@pytest.fixture
def bare(entry: MockConfigEntry) -> MockConfigEntry:
    object.__setattr__(entry, "subentries", {})
    return entry


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize(("goes_on", "item_id"), [(False, "tell"), (True, None)])
async def test_failing_notify_action_is_a_repair_an_event_and_counted(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
    trigger: str,
    goes_on: bool,
    item_id: str | None,
) -> None:
    works = False

    async def notify(_call: ServiceCall) -> None:
        if not works:
            raise HomeAssistantError("The secret gateway refuses")

    hass.services.async_register("notify", "gateway", notify)
    await set_up(hass, bare)
    action = {"action": "notify.gateway", "data": {"message": "x"}, "continue_on_error": goes_on}
    await automate(hass, TRIGGERS[trigger], action, item_id=item_id)
    await raise_alert(hass, bare)
    assert len(lost) == 1  # however many log lines there are
    assert (lost[0].data["automation"], lost[0].data["recipient"]) == ("automation.tell_me", None)
    assert "secret" not in json.dumps(dict(lost[0].data))
    assert issues(issue_registry) == {"undelivered_automation.tell_me": "alert_automation_failed"}
    assert (count(hass, bare), failing(hass, bare)) == (1, ["Tell me"])
    await settle(hass)
    assert failing(hass, bare) == ["Tell me"]
    works = True
    await raise_alert(hass, bare)
    await settle(hass)
    assert issues(issue_registry) == {}
    assert (count(hass, bare), failing(hass, bare)) == (1, [])


async def test_notify_action_that_is_gone_is_a_repair(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event]
) -> None:
    await set_up(hass, bare)
    await automate(hass, TRIGGERS["homesec"], {"action": "notify.mobile_app_phone"})
    await raise_alert(hass, bare)
    assert [event.data["error"] for event in lost] == ["automation_failed"]


async def test_failed_automation_that_is_removed_has_no_repair(
    hass: HomeAssistant, bare: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, bare)
    await automate(hass, TRIGGERS["homesec"], {"action": "notify.mobile_app_phone"})
    await raise_alert(hass, bare)
    shown = issues(issue_registry)
    assert shown == {"undelivered_automation.tell_me": "alert_automation_failed"}
    with patch("homeassistant.config.load_yaml_config_file", return_value={"automation": []}):
        await hass.services.async_call("automation", "reload", blocking=True)
    assert hass.states.get("automation.tell_me").state == "unavailable"
    await hass.async_block_till_done()
    assert issues(issue_registry) == shown  # perhaps it's only reloaded
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=GONE_S + 1))
    await hass.async_block_till_done()
    assert (issues(issue_registry), failing(hass, bare)) == ({}, [])


async def test_automation_that_fails_on_something_else_is_not_watched(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event]
) -> None:
    await set_up(hass, bare)
    trigger = {"trigger": "event", "event_type": "doorbell"}
    await automate(hass, trigger, {"action": "notify.mobile_app_phone"})
    hass.bus.async_fire("doorbell")
    await hass.async_block_till_done()
    assert not lost


@pytest.fixture
def push(socket_enabled: None) -> Iterator[PushService]:
    with push_service() as service:
        yield service


@pytest.mark.parametrize(
    ("status", "item_id"),
    [(HTTPStatus.GONE, "tell"), (HTTPStatus.TOO_MANY_REQUESTS, None)],
)
async def test_phone_that_is_no_longer_registered_is_a_repair(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    push: PushService,
    status: HTTPStatus,
    item_id: str | None,
) -> None:
    """Home Assistant itself only logs what the push service answers."""
    await add_phone(hass, push)
    await set_up(hass, bare)
    action = {"action": "notify.mobile_app_phone", "data": {"message": "x"}}
    await automate(hass, TRIGGERS["homesec"], action, item_id=item_id)
    push.status = status
    await raise_alert(hass, bare)
    await until(hass, lambda: lost)
    assert lost[0].data["automation"] == "automation.tell_me"
    push.status = HTTPStatus.CREATED
    await raise_alert(hass, bare)
    await until(hass, lambda: len(push.taken) == 2)
    await settle(hass)
    assert failing(hass, bare) == []
    assert len(lost) == 1
