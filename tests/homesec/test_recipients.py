"""Whoever is to know gets a text, once, through the real outbox; Twilio is on the loopback."""

from __future__ import annotations

from datetime import timedelta
import json
import sqlite3
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_house import CODES, NAMES, PINS, panel, with_alarm
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_house import (
    CAMERA_ID,
    CAT,
    DRIVE,
    PERSON,
    arm,
    call,
    camera,
    pictures,
    set_up,
    state,
    until,
)
from phone_book import ANN, BOB, NUMBER, begin, given, recipient, send
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.alerts.recipient_issues import recipient_issue_id
from custom_components.homesec.alerts.rules import AlertKind
from custom_components.homesec.cameras.state import Duress
from custom_components.homesec.const import DOMAIN, EVENT_ALERT, EVENT_ALERT_UPDATED
from custom_components.homesec.engine.events import DetectionStarted
from custom_components.homesec.engine.models import Presence
from custom_components.homesec.engine.texts.ledger import Ledger
from custom_components.homesec.engine.texts.models import RecipientChanged
from custom_components.homesec.engine.texts.service import Texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_house import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

OTHER_ID = "01K0CAMERA0000000000000002"
BOBS = "+491701234568"


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, EVENT_ALERT)


@pytest.fixture
def updates(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, EVENT_ALERT_UPDATED)


@pytest.fixture
def told(twilio: Any) -> Callable[[], list[str]]:
    """Return the bodies of what was texted to somebody, oldest first."""
    return lambda to=NUMBER: [text["body"] for text in twilio.messages if text["to"] == to]


async def move_in(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    *recipients: Any,
    armed: bool = True,
    **settings: Any,
) -> None:
    """Set the house up with these recipients and a camera like that."""
    added = {x["subentry_id"]: ConfigSubentry(**x) for x in recipients}
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "alarm_labels": [], **settings}
    object.__setattr__(subentry, "data", data)
    object.__setattr__(entry, "subentries", {**entry.subentries, **added})
    await set_up(hass, entry)
    if armed:
        await arm(hass, entry)
    await pictures(hass, entry)


async def test_a_person_before_an_armed_camera_is_texted_with_a_link_to_the_clip(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    told: Any,
) -> None:
    await hass.config.async_update(external_url="https://house.example.org")
    await move_in(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    await until(hass, told)
    clip_id = alerts[0].data["clip_id"]
    [text] = told()
    assert text.startswith("Person: Front door. Seen at ")
    assert text.endswith(f" https://house.example.org/homesec/clip/{clip_id}")
    detector.sees = []
    await until(hass, lambda: updates)
    assert len(told()) == 1


async def test_the_text_is_durable_before_the_bus_hears_of_the_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    monkeypatch: pytest.MonkeyPatch,
    twilio: Any,
) -> None:
    order: list[str] = []
    send_ = Texts.send

    def keep(self: Texts, message: Any) -> None:
        send_(self, message)
        order.append("kept")
        assert message.still.startswith(b"\xff\xd8")
        assert message.expires_at - message.created_at == 1800

    monkeypatch.setattr(Texts, "send", keep)

    @callback
    def note(_event: Event) -> None:
        order.append("told")

    hass.bus.async_listen(EVENT_ALERT, note)
    await move_in(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, lambda: len(order) == 2)
    assert order == ["kept", "told"]


async def test_a_text_that_cannot_be_kept_does_not_keep_the_alert_from_the_bus(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
    twilio: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("texts are not running")

    monkeypatch.setattr(Texts, "send", refuse)
    await move_in(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert "A text could not be kept for sending" in caplog.text
    with pytest.raises(HomeAssistantError) as failed:
        await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    assert failed.value.translation_key == "text_not_kept"


async def test_each_recipient_has_rules_of_their_own(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    told: Any,
) -> None:
    now = dt_util.now()
    hours = {
        "hours_from": f"{now + timedelta(hours=2):%H:%M:%S}",
        "hours_until": f"{now + timedelta(hours=3):%H:%M:%S}",
    }
    others = [
        recipient(f"No {n}", recipient_id=f"01K0REC1P1ENT00000000000{n}", to=BOBS, **rules)
        for n, rules in enumerate(
            (
                {"cameras": ["another"]},
                {"labels": ["cat"]},
                {"zones": ["Pool"]},
                {"modes": ["night"]},
                {"kinds": ["alarm"]},
                hours,
            ),
            start=10,
        )
    ]
    yes: dict[str, Any] = {
        "cameras": [CAMERA_ID],
        "labels": ["person"],
        "zones": ["Drive"],
        "modes": ["away"],
    }
    # In the time zone of the house, which is not that of UTC.
    yes["hours_from"] = f"{now - timedelta(hours=1):%H:%M:%S}"
    yes["hours_until"] = f"{now + timedelta(hours=1):%H:%M:%S}"
    await move_in(hass, entry, recipient(**yes), *others, zones=[DRIVE])
    detector.sees = [PERSON]
    await until(hass, told)
    assert told(BOBS) == []


async def test_who_enters_a_zone_later_is_texted_then(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    told: Any,
) -> None:
    await move_in(
        hass,
        entry,
        recipient(zones=["Drive"]),
        recipient("Bob", recipient_id=BOB, to=BOBS),
        zones=[{**DRIVE, "loiter_s": 1}],
    )
    detector.sees = [PERSON]
    await until(hass, lambda: told(BOBS))
    await until(hass, told)
    assert len(alerts) == 1
    assert told()[0].startswith("Person: Front door. Seen at ")
    assert ", Drive." in told()[0]


async def test_a_camera_is_silent_for_a_while_after_a_text(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    told: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each visit is an alert of its own.
    monkeypatch.setattr("custom_components.homesec.alerts.burst.BURST_S", 0.001)
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, cool_down_min=0)
    await move_in(hass, entry, recipient(kinds=["seen", "clip"]), bob)
    for visits in (1, 2):
        detector.sees = [PERSON]
        await until(hass, lambda n=visits: len(alerts) == n)
        detector.sees = []
        await until(hass, lambda n=visits: len(updates) == n)
    await until(hass, lambda: len(told(BOBS)) == 2)
    await until(hass, lambda: len(told()) == 2)
    # The second visit is neither told at once nor when its clip is ready.
    assert "Seen at" in told()[0]
    assert "The clip can be watched." in told()[1]


async def test_the_cat_is_told_of_while_the_house_is_not_guarded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    told: Any,
) -> None:
    ann = recipient(modes=["disarmed"], labels=["cat"])
    bob = recipient("Bob", recipient_id=BOB, to=BOBS)
    settings = {"labels": ["person", "cat"], "alert_labels": ["person", "cat"]}
    await move_in(hass, entry, ann, bob, armed=False, disarmed="detect", **settings)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert not alerts
    detector.sees = [PERSON, CAT]
    await until(hass, told)
    assert told()[0].startswith("Cat: Front door.")
    assert told()[0].endswith("homeassistant://navigate/homesec")
    assert told(BOBS) == []
    assert alerts[0].data["mode"] == "disarmed"


async def test_a_zone_matters_while_the_house_is_not_guarded_too(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    told: Any,
) -> None:
    ann = recipient(modes=["disarmed"], zones=["Drive"])
    zones = [{**DRIVE, "loiter_s": 1}]
    await move_in(hass, entry, ann, armed=False, disarmed="detect", zones=zones)
    detector.sees = [PERSON]
    await until(hass, told)
    assert len(alerts) == 1


async def test_the_alarm_is_told_whatever_was_told_before(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    told: Any,
) -> None:
    await move_in(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, told)
    await entry.runtime_data.alarm.async_trigger(by="Ann")
    await until(hass, lambda: len(told()) == 2)
    assert told()[1].startswith("ALARM! Set off by Ann. ")


async def test_duress_is_told_only_to_who_asked_for_it(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], told: Any
) -> None:
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    await move_in(hass, entry, recipient(), bob)
    entry.runtime_data.listeners.async_tell(Duress(by="Ann"))
    await until(hass, lambda: told(BOBS))
    assert told(BOBS)[0].startswith("HELP! Disarmed under threat. Ann was forced")
    assert told() == []


# --- tests, and any automation -----------------------------------------------------------------


async def test_a_test_alert_goes_to_all_or_to_one(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], told: Any
) -> None:
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    await move_in(hass, entry, recipient(), bob)
    answer = await hass.services.async_call(
        DOMAIN, "test_alert", {"recipient": "notify.bob"}, blocking=True, return_response=True
    )
    await until(hass, lambda: told(BOBS))
    assert told(BOBS)[0].startswith("Test of the alerts. Sent at ")
    assert told() == []
    assert alerts[0].data["alert_id"] == answer["alert_id"]
    assert alerts[0].data["kind"] == AlertKind.TEST
    await hass.services.async_call(DOMAIN, "test_alert", {}, blocking=True)
    await until(hass, told)
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, "test_alert", {"recipient": "camera.front_door"}, blocking=True
        )
    assert refused.value.translation_key == "recipient_not_found"


async def test_any_automation_can_text_to_a_recipient(
    hass: HomeAssistant, entry: MockConfigEntry, told: Any
) -> None:
    await move_in(hass, entry, recipient())
    await call(hass, "notify", "send_message", "notify.ann", message="Water in the cellar")
    await call(hass, "notify", "send_message", "notify.ann", message="Now", title="Cellar")
    await until(hass, lambda: len(told()) == 2)
    assert told() == ["Water in the cellar", "Cellar\nNow"]
    assert state(hass, "notify", "recipient", ANN) != "unknown"


# --- changes ------------------------------------------------------------------------------------


async def test_recipients_come_and_go_without_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, told: Any
) -> None:
    await move_in(hass, entry)
    texts = entry.runtime_data.engine.texts
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**recipient()))
    await hass.async_block_till_done(wait_background_tasks=True)
    await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    await until(hass, told)
    ann = entry.subentries[ANN]
    hass.config_entries.async_update_subentry(entry, ann, title="Anna")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("notify.ann").name == "Anna"
    hass.config_entries.async_remove_subentry(entry, ANN)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert texts is entry.runtime_data.engine.texts
    assert texts.states() == {}
    assert hass.states.get("notify.ann") is None
    # Last words of a worker about somebody who is gone.
    gone = RecipientChanged(recipient_id=ANN, error="text_denied", waiting=1)
    entry.runtime_data._async_handle(gone)
    assert not entry.runtime_data.alerts.recipients.is_stuck(ANN)


async def test_a_recipient_who_cannot_be_texted_needs_somebody(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    told: Any,
    twilio: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    await move_in(hass, entry, recipient())
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
    # Nothing is changed: that Ann has texted START in the meantime is seen by a text to her.
    answer = {k: v for k, v in given().items() if k != "secret"}
    again = await send(hass, {"flow_id": opened}, answer)
    assert again["errors"] == {"to": "text_blocked"}
    result = await send(hass, again, answer)
    assert result["reason"] == "reconfigure_successful"
    await until(hass, lambda: len(told()) == 2)
    assert told()[1] == "Hello"
    await until(hass, lambda: not issue_registry.async_get_issue(DOMAIN, issue_id))


async def test_a_recipient_hears_only_of_what_concerns_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    video: Path,
    told: Any,
) -> None:
    """Who looks after the garden learns nothing of the bedroom, nor that the alarm went off."""
    bedroom = camera("Bedroom", video, camera_id=OTHER_ID)
    object.__setattr__(
        entry, "subentries", {**entry.subentries, OTHER_ID: ConfigSubentry(**bedroom)}
    )
    ann = recipient(cameras=[CAMERA_ID], kinds=["seen"])
    bob = recipient("Bob", recipient_id=BOB, to=BOBS)
    await move_in(hass, entry, ann, bob)
    coordinator = entry.runtime_data
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
        coordinator._async_handle(DetectionStarted(presence=seen, clip_id=camera_id))
    await until(hass, lambda: told(BOBS))
    await until(hass, told)
    assert len(alerts) == 1
    assert told(BOBS)[0].startswith("ALARM! Person (2): Bedroom, Front door. Set off at ")
    assert told()[0].startswith("Person: Front door. Seen at ")
    assert told()[0].endswith(f"homeassistant://navigate/homesec/clip/{CAMERA_ID}")


async def test_what_passes_by_itself_needs_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any, issue_registry: ir.IssueRegistry
) -> None:
    await move_in(hass, entry, recipient())
    busy = RecipientChanged(recipient_id=ANN, error="text_busy", waiting=1)
    entry.runtime_data._async_handle(busy)
    assert entry.runtime_data.alerts.recipients.is_stuck(ANN)
    assert not issue_registry.async_get_issue(DOMAIN, recipient_issue_id(ANN))


async def test_a_repair_of_somebody_who_is_gone_says_so(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    await move_in(hass, entry, recipient())
    denied = RecipientChanged(recipient_id=ANN, error="text_denied", waiting=1)
    entry.runtime_data._async_handle(denied)
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init(DOMAIN, context={"issue_id": recipient_issue_id(ANN)})
    hass.config_entries.async_remove_subentry(entry, ANN)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not issue_registry.async_get_issue(DOMAIN, recipient_issue_id(ANN))
    done = await flows.async_configure(flow["flow_id"], {})
    assert done["reason"] == "recipient_gone"


async def test_a_recipient_added_before_the_engine_runs_is_there_when_it_does(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any, told: Any
) -> None:
    entry.add_to_hass(hass)
    with patch("custom_components.homesec.coordinator.HomeSecCoordinator.async_bring_up"):
        assert await hass.config_entries.async_setup(entry.entry_id)
        hass.config_entries.async_add_subentry(entry, ConfigSubentry(**recipient()))
        await hass.async_block_till_done(wait_background_tasks=True)
    assert not entry.runtime_data.ready
    await entry.runtime_data.async_bring_up()
    await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    await until(hass, told)


async def test_what_happens_before_the_engine_runs_is_texted_when_it_does(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], told: Any
) -> None:
    """A library that is installed first takes minutes; the panic button does not wait for it."""
    entry.add_to_hass(hass)
    with patch("custom_components.homesec.coordinator.HomeSecCoordinator.async_bring_up"):
        assert await hass.config_entries.async_setup(entry.entry_id)
        hass.config_entries.async_add_subentry(entry, ConfigSubentry(**recipient()))
        await entry.runtime_data.alarm.async_trigger(by="Ann")
        await hass.async_block_till_done(wait_background_tasks=True)
        await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    assert len(alerts) == 1
    await entry.runtime_data.async_bring_up()
    await until(hass, lambda: len(told()) == 2)
    alarm, message = told()
    assert alarm.startswith("ALARM! Set off by Ann. ")
    assert message == "Hello"


async def test_recipients_that_change_in_quick_succession_are_as_they_are_last(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await move_in(hass, entry, recipient())
    began, overtaken = threading.Event(), threading.Event()
    states, set_recipients = Texts.states, Texts.set_recipients

    def hesitate(self: Texts) -> Any:
        if not began.is_set():
            began.set()
            overtaken.wait(0.5)
        return states(self)

    def overtake(self: Texts, accounts: Any) -> None:
        set_recipients(self, accounts)
        if BOB in accounts:
            overtaken.set()

    monkeypatch.setattr(Texts, "states", hesitate)
    monkeypatch.setattr(Texts, "set_recipients", overtake)
    hass.config_entries.async_update_subentry(entry, entry.subentries[ANN], title="Anne")
    await hass.async_add_executor_job(began.wait, 5)
    bob = ConfigSubentry(**recipient("Bob", recipient_id=BOB, to=BOBS))
    hass.config_entries.async_add_subentry(entry, bob)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert states(entry.runtime_data.engine.texts).keys() == {ANN, BOB}


async def test_a_disk_that_does_not_forget_a_recipient_keeps_no_other_from_changing(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    await move_in(hass, entry, recipient(), recipient("Bob", recipient_id=BOB, to=BOBS))
    texts = entry.runtime_data.engine.texts
    with patch.object(Ledger, "forget", side_effect=sqlite3.OperationalError("disk full")):
        hass.config_entries.async_remove_subentry(entry, ANN)
        bob = entry.subentries[BOB]
        hass.config_entries.async_update_subentry(entry, bob, data={**bob.data, "to": NUMBER})
        await hass.async_block_till_done(wait_background_tasks=True)
    assert {key: account.to for key, account in texts._accounts.items()} == {BOB: NUMBER}


async def test_a_clip_is_told_once_to_who_was_told_of_two_alerts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    updates: list[Event],
    told: Any,
) -> None:
    alarm = {"delays": {"away": {"exit_s": 0, "entry_s": 1, "trigger_s": 100}}}
    with_alarm(entry, alarm=alarm)
    ann = recipient(kinds=["alarm", "seen", "clip"])
    await move_in(hass, entry, ann, alarm_labels=["person"])
    detector.sees = [PERSON]
    await until(hass, lambda: len(told()) == 2)
    detector.sees = []
    await until(
        hass, lambda: len({x.data["alert_id"] for x in updates if x.data["clip_ready"]}) == 2
    )
    texts = entry.runtime_data.engine.texts
    await until(hass, lambda: len(told()) > 2 and not texts.states()[ANN].waiting)
    assert len([text for text in told() if "The clip can be watched." in text]) == 1


async def test_a_duress_pin_is_told_to_who_asked_for_it_and_shown_nowhere(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], told: Any
) -> None:
    with_alarm(entry, pins=PINS)
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    await move_in(hass, entry, recipient(), bob)
    alarm, code = panel(hass, entry), CODES[PinKind.DURESS]
    await call(hass, "alarm_control_panel", "alarm_disarm", alarm, code=code)
    await until(hass, lambda: told(BOBS))
    assert f" {NAMES[PinKind.DURESS]} was forced to disarm the alarm" in told(BOBS)[0]
    assert told() == []
    assert alerts[0].data["kind"] == "duress"
    # Whoever stands beside them sees no sign of it.
    states = json.dumps([each.as_dict() for each in hass.states.async_all()], cls=JSONEncoder)
    assert "duress" not in states
    assert alerts[0].data["alert_id"] not in states
    assert state(hass, "notify", "recipient", BOB) == "unknown"


async def test_stored_recipients_are_as_good_as_new_ones_after_an_update(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    """What a later version asks for has a default."""
    stored = recipient()
    stored["data"] = {k: v for k, v in stored["data"].items() if k != "rules"}
    await move_in(hass, entry, stored)
    rules = entry.runtime_data.alerts.recipients.rules[ANN]
    assert (rules.cool_down_s, rules.max_age_s, rules.hours) == (300, 1800, None)
    flow = await begin(hass, entry, ANN)
    assert flow["step_id"] == "reconfigure"
