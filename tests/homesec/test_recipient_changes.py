"""Recipients that are added, changed, or removed, and whose texts fail."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, NAMES, PINS, panel, with_alarm
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, call, camera, state, until
import pytest
from recipient_fixtures import (
    ANN,
    BOB,
    NUMBER,
    form_values,
    open_form,
    recipient,
    set_up_recipients,
    submit,
)

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.events import DetectionStarted
from custom_components.homesec.engine.core.types import Presence
from custom_components.homesec.engine.sms.message_store import MessageStore
from custom_components.homesec.engine.sms.service import SmsService
from custom_components.homesec.engine.sms.types import RecipientChanged
from custom_components.homesec.issues import recipient_issue_id

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

OTHER_ID = "01K0CAMERA0000000000000002"
BOBS = "+491701234568"


async def test_recipients_are_added_and_removed_without_reload(
    hass: HomeAssistant, entry: MockConfigEntry, sent_texts: Any
) -> None:
    await set_up_recipients(hass, entry)
    texts = entry.runtime_data.host.engine.sms
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**recipient()))
    await hass.async_block_till_done(wait_background_tasks=True)
    await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    await until(hass, sent_texts)
    ann = entry.subentries[ANN]
    hass.config_entries.async_update_subentry(entry, ann, title="Anna")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("notify.ann").name == "Anna"
    hass.config_entries.async_remove_subentry(entry, ANN)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert texts is entry.runtime_data.host.engine.sms
    assert texts.states() == {}
    assert hass.states.get("notify.ann") is None
    # A late event of the worker of a removed recipient.
    gone = RecipientChanged(recipient_id=ANN, error="text_denied", waiting=1)
    entry.runtime_data.coordinator.async_handle_event(gone)
    assert not entry.runtime_data.alerts.recipients.is_stuck(ANN)


async def test_refused_texts_raise_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sent_texts: Any,
    twilio: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    await set_up_recipients(hass, entry, recipient())
    twilio.refuse(21610, times=2)
    await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    issue_id = recipient_issue_id(ANN)
    await until(hass, lambda: issue_registry.async_get_issue(DOMAIN, issue_id))
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue.translation_key == "text_blocked"
    assert issue.translation_placeholders == {"recipient": "Ann"}
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init(DOMAIN, context={"issue_id": issue_id})
    assert flow["step_id"] == "confirm"
    done = await flows.async_configure(flow["flow_id"], {})
    assert done["reason"] == "opens_recipient"
    kind, opened = done["next_flow"]
    assert kind == FlowType.CONFIG_SUBENTRIES_FLOW
    # Nothing changes here: only a text shows that Ann has sent START meanwhile.
    answer = {k: v for k, v in form_values().items() if k != "secret"}
    again = await submit(hass, {"flow_id": opened}, answer)
    assert again["errors"] == {"to": "text_blocked"}
    result = await submit(hass, again, answer)
    assert result["reason"] == "reconfigure_successful"
    await until(hass, lambda: len(sent_texts()) == 2)
    assert sent_texts()[1] == "Hello"
    await until(hass, lambda: not issue_registry.async_get_issue(DOMAIN, issue_id))


async def test_recipient_gets_only_allowed_sightings(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    video: Path,
    sent_texts: Any,
) -> None:
    """Bob's rules allow only the garden, neither the bedroom nor the alarm."""
    bedroom = camera("Bedroom", video, camera_id=OTHER_ID)
    object.__setattr__(
        entry, "subentries", {**entry.subentries, OTHER_ID: ConfigSubentry(**bedroom)}
    )
    ann = recipient(cameras=[CAMERA_ID], kinds=["seen"])
    bob = recipient("Bob", recipient_id=BOB, to=BOBS)
    await set_up_recipients(hass, entry, ann, bob)
    runtime = entry.runtime_data
    now = dt_util.utcnow().timestamp()
    for camera_id in (OTHER_ID, CAMERA_ID):
        seen = Presence(
            camera_id=camera_id,
            label="person",
            score=0.9,
            track_id=1,
            box=PERSON.box,
            first_seen_at=now,
            last_seen_at=now,
        )
        runtime.coordinator.async_handle_event(DetectionStarted(presence=seen, clip_id=camera_id))
    await until(hass, lambda: sent_texts(BOBS))
    await until(hass, sent_texts)
    assert len(alerts) == 1
    assert sent_texts(BOBS)[0].startswith("ALARM! Person (2): Bedroom, Front door. Triggered at ")
    assert sent_texts()[0].startswith("Person: Front door. Seen at ")
    assert sent_texts()[0].endswith(f"homeassistant://navigate/homesec/clip/{CAMERA_ID}")


async def test_passing_error_raises_no_issue(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any, issue_registry: ir.IssueRegistry
) -> None:
    await set_up_recipients(hass, entry, recipient())
    busy = RecipientChanged(recipient_id=ANN, error="text_busy", waiting=1)
    entry.runtime_data.coordinator.async_handle_event(busy)
    assert entry.runtime_data.alerts.recipients.is_stuck(ANN)
    assert not issue_registry.async_get_issue(DOMAIN, recipient_issue_id(ANN))


async def test_fix_of_removed_recipient_aborts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    await set_up_recipients(hass, entry, recipient())
    denied = RecipientChanged(recipient_id=ANN, error="text_denied", waiting=1)
    entry.runtime_data.coordinator.async_handle_event(denied)
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init(DOMAIN, context={"issue_id": recipient_issue_id(ANN)})
    hass.config_entries.async_remove_subentry(entry, ANN)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not issue_registry.async_get_issue(DOMAIN, recipient_issue_id(ANN))
    done = await flows.async_configure(flow["flow_id"], {})
    assert done["reason"] == "recipient_gone"


async def test_recipient_added_before_engine_start_is_applied(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any, sent_texts: Any
) -> None:
    entry.add_to_hass(hass)
    with patch("custom_components.homesec.coordinator.HomeSecCoordinator.async_start"):
        assert await hass.config_entries.async_setup(entry.entry_id)
        hass.config_entries.async_add_subentry(entry, ConfigSubentry(**recipient()))
        await hass.async_block_till_done(wait_background_tasks=True)
    assert not entry.runtime_data.host.ready
    await entry.runtime_data.coordinator.async_start()
    await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    await until(hass, sent_texts)


async def test_text_before_engine_start_is_sent_afterwards(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], sent_texts: Any
) -> None:
    """Installing a library takes minutes, for which a manual alarm doesn't wait."""
    entry.add_to_hass(hass)
    with patch("custom_components.homesec.coordinator.HomeSecCoordinator.async_start"):
        assert await hass.config_entries.async_setup(entry.entry_id)
        hass.config_entries.async_add_subentry(entry, ConfigSubentry(**recipient()))
        await entry.runtime_data.alarm.async_trigger(by="Ann")
        await hass.async_block_till_done(wait_background_tasks=True)
        await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    assert len(alerts) == 1
    await entry.runtime_data.coordinator.async_start()
    await until(hass, lambda: len(sent_texts()) == 2)
    alarm, message = sent_texts()
    assert alarm.startswith("ALARM! Triggered by Ann. ")
    assert message == "Hello"


async def test_rapid_changes_apply_last_settings(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up_recipients(hass, entry, recipient())
    began, overtaken = threading.Event(), threading.Event()
    states, set_recipients = SmsService.states, SmsService.set_recipients

    def hesitate(self: SmsService) -> Any:
        if not began.is_set():
            began.set()
            overtaken.wait(0.5)
        return states(self)

    def overtake(self: SmsService, accounts: Any) -> None:
        set_recipients(self, accounts)
        if BOB in accounts:
            overtaken.set()

    monkeypatch.setattr(SmsService, "states", hesitate)
    monkeypatch.setattr(SmsService, "set_recipients", overtake)
    hass.config_entries.async_update_subentry(entry, entry.subentries[ANN], title="Anne")
    await hass.async_add_executor_job(began.wait, 5)
    bob = ConfigSubentry(**recipient("Bob", recipient_id=BOB, to=BOBS))
    hass.config_entries.async_add_subentry(entry, bob)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert states(entry.runtime_data.host.engine.sms).keys() == {ANN, BOB}


async def test_failed_deletion_does_not_block_other_recipients(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    await set_up_recipients(hass, entry, recipient(), recipient("Bob", recipient_id=BOB, to=BOBS))
    texts = entry.runtime_data.host.engine.sms
    with patch.object(MessageStore, "forget", side_effect=sqlite3.OperationalError("disk full")):
        hass.config_entries.async_remove_subentry(entry, ANN)
        bob = entry.subentries[BOB]
        hass.config_entries.async_update_subentry(entry, bob, data={**bob.data, "to": NUMBER})
        await hass.async_block_till_done(wait_background_tasks=True)
    assert {key: account.to for key, account in texts._accounts.items()} == {BOB: NUMBER}


async def test_clip_of_two_alerts_sends_one_text(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    updates: list[Event],
    sent_texts: Any,
) -> None:
    alarm = {"delays": {"away": {"exit_s": 0, "entry_s": 1, "trigger_s": 100}}}
    with_alarm(entry, alarm=alarm)
    ann = recipient(kinds=["alarm", "seen", "clip"])
    await set_up_recipients(hass, entry, ann, alarm_labels=["person"])
    detector.sees = [PERSON]
    await until(hass, lambda: len(sent_texts()) == 2)
    detector.sees = []
    await until(
        hass, lambda: len({x.data["alert_id"] for x in updates if x.data["clip_ready"]}) == 2
    )
    texts = entry.runtime_data.host.engine.sms
    await until(hass, lambda: len(sent_texts()) > 2 and not texts.states()[ANN].waiting)
    assert len([text for text in sent_texts() if "The clip is ready." in text]) == 1


async def test_duress_pin_texts_recipient_and_is_shown_nowhere(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], sent_texts: Any
) -> None:
    with_alarm(entry, pins=PINS)
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    await set_up_recipients(hass, entry, recipient(), bob)
    alarm, code = panel(hass, entry), CODES[PinKind.DURESS]
    await call(hass, "alarm_control_panel", "alarm_disarm", alarm, code=code)
    await until(hass, lambda: sent_texts(BOBS))
    assert f" {NAMES[PinKind.DURESS]} was forced to disarm the alarm" in sent_texts(BOBS)[0]
    assert sent_texts() == []
    assert alerts[0].data["kind"] == "duress"
    # Nothing shows it nearby.
    states = json.dumps([each.as_dict() for each in hass.states.async_all()], cls=JSONEncoder)
    assert "duress" not in states
    assert alerts[0].data["alert_id"] not in states
    assert state(hass, "notify", "recipient", BOB) == "unknown"


async def test_stored_recipient_gets_defaults_of_new_settings(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    """Settings that a later version adds have defaults."""
    stored = recipient()
    stored["data"] = {k: v for k, v in stored["data"].items() if k != "rules"}
    await set_up_recipients(hass, entry, stored)
    rules = entry.runtime_data.alerts.recipients.rules[ANN]
    assert (rules.cooldown_s, rules.max_age_s, rules.hours) == (300, 1800, None)
    flow = await open_form(hass, entry, ANN)
    assert flow["step_id"] == "reconfigure"
