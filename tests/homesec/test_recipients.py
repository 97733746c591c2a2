"""Texts to recipients through the real engine, to a Twilio on the loopback."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.core import Context, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, CAT, DRIVE, PERSON, arm, call, state, until
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
from recipient_fixtures import ANN, BOB, recipient, set_up_recipients

from custom_components.homesec.alerts.rules import AlertKind
from custom_components.homesec.alerts.user_texts import MAX_TEXTS
from custom_components.homesec.const import DOMAIN, EVENT_ALERT
from custom_components.homesec.engine.sms.service import SmsService
from custom_components.homesec.event_bus import Duress

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

BOBS = "+491701234568"


async def test_text_has_link_to_clip(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    sent_texts: Any,
) -> None:
    await hass.config.async_update(external_url="https://house.example.org")
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    await until(hass, sent_texts)
    clip_id = alerts[0].data["clip_id"]
    [text] = sent_texts()
    assert text.startswith("Person: Front door. Seen at ")
    assert text.endswith(f" https://house.example.org/homesec/clip/{clip_id}")
    detector.sees = []
    await until(hass, lambda: updates)
    assert len(sent_texts()) == 1


async def test_text_is_stored_before_alert_event(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    monkeypatch: pytest.MonkeyPatch,
    twilio: Any,
) -> None:
    order: list[str] = []
    send_ = SmsService.send

    def store_text(self: SmsService, message: Any) -> None:
        send_(self, message)
        order.append("kept")
        assert message.still.startswith(b"\xff\xd8")
        assert message.expires_at - message.created_at == 1800

    monkeypatch.setattr(SmsService, "send", store_text)

    @callback
    def record_event(_event: Event) -> None:
        order.append("told")

    hass.bus.async_listen(EVENT_ALERT, record_event)
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, lambda: len(order) == 2)
    assert order == ["kept", "told"]


async def test_failed_text_does_not_block_alert_event(
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

    monkeypatch.setattr(SmsService, "send", refuse)
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert "A message could not be stored for sending" in caplog.text
    with pytest.raises(HomeAssistantError) as failed:
        await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    assert failed.value.translation_key == "text_not_kept"


async def test_each_recipient_has_own_rules(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
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
    # In Home Assistant's time zone, which isn't UTC.
    yes["hours_from"] = f"{now - timedelta(hours=1):%H:%M:%S}"
    yes["hours_until"] = f"{now + timedelta(hours=1):%H:%M:%S}"
    await set_up_recipients(hass, entry, recipient(**yes), *others, zones=[DRIVE])
    detector.sees = [PERSON]
    await until(hass, sent_texts)
    assert sent_texts(BOBS) == []


async def test_zone_entered_later_sends_text(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
) -> None:
    await set_up_recipients(
        hass,
        entry,
        recipient(zones=["Drive"]),
        recipient("Bob", recipient_id=BOB, to=BOBS),
        zones=[{**DRIVE, "loiter_s": 1}],
    )
    detector.sees = [PERSON]
    await until(hass, lambda: sent_texts(BOBS))
    await until(hass, sent_texts)
    assert len(alerts) == 1
    assert sent_texts()[0].startswith("Person: Front door. Seen at ")
    assert ", Drive." in sent_texts()[0]


async def test_cooldown_holds_back_second_text(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    sent_texts: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each visit opens a new alert.
    monkeypatch.setattr("custom_components.homesec.alerts.alert_builder.GROUP_S", 0.001)
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, cool_down_min=0)
    await set_up_recipients(hass, entry, recipient(kinds=["seen", "clip"]), bob)
    for visits in (1, 2):
        detector.sees = [PERSON]
        await until(hass, lambda n=visits: len(alerts) == n)
        detector.sees = []
        await until(hass, lambda n=visits: len(updates) == n)
    await until(hass, lambda: len(sent_texts(BOBS)) == 2)
    await until(hass, lambda: len(sent_texts()) == 2)
    # The second visit sends no text, neither at once nor when its clip is ready.
    assert "Seen at" in sent_texts()[0]
    assert "The clip is ready." in sent_texts()[1]


async def test_disarmed_mode_can_send_texts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
) -> None:
    ann = recipient(modes=["disarmed"], labels=["cat"])
    bob = recipient("Bob", recipient_id=BOB, to=BOBS)
    settings = {"labels": ["person", "cat"], "alert_labels": ["person", "cat"]}
    await set_up_recipients(hass, entry, ann, bob, armed=False, disarmed="detect", **settings)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert not alerts
    detector.sees = [PERSON, CAT]
    await until(hass, sent_texts)
    assert sent_texts()[0].startswith("Cat: Front door.")
    assert sent_texts()[0].endswith("homeassistant://navigate/homesec")
    assert sent_texts(BOBS) == []
    assert alerts[0].data["mode"] == "disarmed"


async def test_zone_rule_applies_while_disarmed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
) -> None:
    ann = recipient(modes=["disarmed"], zones=["Drive"])
    zones = [{**DRIVE, "loiter_s": 1}]
    await set_up_recipients(hass, entry, ann, armed=False, disarmed="detect", zones=zones)
    detector.sees = [PERSON]
    await until(hass, sent_texts)
    assert len(alerts) == 1


async def test_alarm_ignores_cooldown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    sent_texts: Any,
) -> None:
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, sent_texts)
    await entry.runtime_data.alarm.async_trigger(by="Ann")
    await until(hass, lambda: len(sent_texts()) == 2)
    assert sent_texts()[1].startswith("ALARM! Triggered by Ann. ")


async def test_duress_texts_only_recipients_who_chose_it(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], sent_texts: Any
) -> None:
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    await set_up_recipients(hass, entry, recipient(), bob)
    entry.runtime_data.bus.async_dispatch(Duress(by="Ann"))
    await until(hass, lambda: sent_texts(BOBS))
    assert sent_texts(BOBS)[0].startswith("HELP! Disarmed under threat. Ann was forced")
    assert sent_texts() == []


# --- tests, and any automation -----------------------------------------------------------------


async def test_test_alert_texts_all_or_chosen_recipients(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], sent_texts: Any
) -> None:
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    await set_up_recipients(hass, entry, recipient(), bob)
    answer = await hass.services.async_call(
        DOMAIN, "test_alert", {"recipient": "notify.bob"}, blocking=True, return_response=True
    )
    await until(hass, lambda: sent_texts(BOBS))
    assert sent_texts(BOBS)[0].startswith("Test alert. Sent at ")
    assert sent_texts() == []
    assert alerts[0].data["alert_id"] == answer["alert_id"]
    assert alerts[0].data["kind"] == AlertKind.TEST
    await hass.services.async_call(DOMAIN, "test_alert", {}, blocking=True)
    await until(hass, sent_texts)
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, "test_alert", {"recipient": "camera.front_door"}, blocking=True
        )
    assert refused.value.translation_key == "recipient_not_found"


async def test_notify_entity_sends_text(
    hass: HomeAssistant, entry: MockConfigEntry, sent_texts: Any
) -> None:
    await set_up_recipients(hass, entry, recipient())
    await call(hass, "notify", "send_message", "notify.ann", message="Water in the cellar")
    await call(hass, "notify", "send_message", "notify.ann", message="Now", title="Cellar")
    await until(hass, lambda: len(sent_texts()) == 2)
    assert sent_texts() == ["Water in the cellar", "Cellar\nNow"]
    assert state(hass, "notify", "recipient", ANN) != "unknown"


@pytest.mark.parametrize("who", ["guest", "admin", "automation"])
async def test_texts_of_a_guest_are_limited(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sent_texts: Any,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    who: str,
) -> None:
    await set_up_recipients(hass, entry, recipient())
    refusals = async_capture_events(hass, "homesec_alarm_refused")
    await arm(hass, entry)
    hass_read_only_user.permissions = PolicyPermissions({"entities": {"all": True}}, None)
    users = {"guest": hass_read_only_user.id, "admin": hass_admin_user.id, "automation": None}
    context, refused = Context(user_id=users[who]), 0
    for _ in range(MAX_TEXTS + 2):
        try:
            await hass.services.async_call(
                "notify",
                "send_message",
                {"entity_id": "notify.ann", "message": "Hello"},
                blocking=True,
                context=context,
            )
        except ServiceValidationError:
            refused += 1
    assert refused == (2 if who == "guest" else 0)
    assert [event.data["action"] for event in refusals] == ["send_message"] * refused
    await until(hass, lambda: len(sent_texts()) == MAX_TEXTS + 2 - refused)
