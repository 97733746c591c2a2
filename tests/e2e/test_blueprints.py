"""Import every blueprint into a real Home Assistant and run it there.

Push service, mail server, and Twilio are stand-ins on the loopback; mobile app, SMTP, Twilio,
lights, and the others are Home Assistant's own integrations, which check the data they get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
import json
import queue
import re
import time
from urllib.request import urlopen

from blueprint_fixtures import ALERT, BLUEPRINTS, MAILBOX, PIN, House, house_in
import pytest

from homesec_dev import demo_setup

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(200)]

NAMES = sorted(path.stem for path in BLUEPRINTS.glob("*.yaml"))
CONCERNED = re.compile(
    r"components\.(automation|blueprint|mobile_app|notify|scene|script|smtp|template|trace|tts|twilio)"
    r"|helpers\.(condition|script|service|template|trigger)"
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("ha")) as house:
        yield house


@pytest.fixture
def automation(house: House) -> Iterator[Callable[..., str]]:
    """Create automations from blueprints; they are removed after the test."""
    client = house.ha.client
    house.actions = client.subscribe("subscribe_events", event_type="call_service")
    made: list[str] = []

    def make(name: str, **inputs: object) -> str:
        use = {"path": f"homesec/{name}.yaml", "input": inputs}
        config = {"alias": f"Test {name}", "use_blueprint": use}
        client.post(f"/api/config/automation/config/{name}", config)
        made.append(name)
        client.wait_for_state(f"automation.test_{name}", "on")
        return f"automation.test_{name}"

    yield make
    for name in made:
        client.delete(f"/api/config/automation/config/{name}")
    with pytest.raises(queue.Empty):  # no further notification
        house.push.taken.get_nowait()


@pytest.mark.parametrize("name", NAMES)
def test_blueprint_is_imported_by_url(house: House, name: str) -> None:
    client = house.ha.client
    told = client.command("blueprint/import", url=f"{house.site.url}/{name}.yaml")
    assert told["validation_errors"] is None
    metadata = told["blueprint"]["metadata"]
    assert metadata["domain"] == "automation"
    saved = client.command(
        "blueprint/save",
        domain="automation",
        path=f"homesec/{name}.yaml",
        yaml=told["raw_data"],
        source_url=metadata["source_url"],
    )
    assert saved == {"overrides_existing": False}


def test_phone_blueprint_sends_still_and_buttons(
    house: House, automation: Callable[..., str]
) -> None:
    automation("phone_alert", phone=house.phone)
    house.alert()
    told = house.push.next()
    assert (told["title"], told["message"]) == (ALERT["title"], ALERT["message"])
    data = told["data"]
    assert data["image"] == ALERT["still"]
    assert data["url"] == data["clickAction"] == ALERT["link"]
    assert data["tag"] == f"homesec-{ALERT['alert_id']}"
    assert data["push"] == {"interruption-level": "time-sensitive"}
    assert (data["channel"], data["priority"], data["ttl"]) == ("HomeSec", "high", 0)
    assert [button["action"] for button in data["actions"]] == [
        "URI",
        "HOMESEC_SIREN",
        f"HOMESEC_SNOOZE_{house.camera['device_id']}",
        "URI",
    ]
    # The page asks for the PIN: a reply would be an event, which the recorder stores.
    assert data["actions"][0] == {"action": "URI", "title": "Disarm", "uri": "/homesec#disarm"}
    assert "textInput" not in str(data)
    assert data["actions"][3]["uri"] == ALERT["link"]

    house.alert("homesec_alert_updated", clip_ready=True)
    data = house.push.next()["data"]
    assert data["tag"] == f"homesec-{ALERT['alert_id']}"  # replaces the first one silently
    assert data["push"] == {"sound": "none", "interruption-level": "passive"}
    assert data["alert_once"] is True
    assert data["image"] == ALERT["still"]


def test_phone_blueprint_alarm_is_critical(house: House, automation: Callable[..., str]) -> None:
    target = {"device_id": house.camera["device_id"]}
    automation("phone_alert", phone=house.phone, cameras=target, kinds=["alarm"], clip_inside=True)
    house.alert()
    house.alert(kind="alarm", device_id="0" * 32, camera="Another")
    house.alert(kind="alarm", still=None, mode="disarmed")
    data = house.push.next()["data"]
    assert "image" not in data
    assert data["push"]["interruption-level"] == "critical"
    assert data["push"]["sound"] == {"name": "default", "critical": 1, "volume": 1.0}
    assert data["channel"] == "alarm_stream"
    # The alarm is disarmed already.
    assert data["actions"][0]["action"] == "HOMESEC_SIREN"
    house.alert("homesec_alert_updated", kind="alarm", clip_ready=True)
    data = house.push.next()["data"]
    assert data["video"] == ALERT["clip"]
    assert "image" not in data


def test_phone_blueprint_clears_an_alarm_that_is_disarmed(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    automation("phone_alert", phone=house.phone)
    client.act("alarm_control_panel.alarm_trigger", entity_id=house.panel)
    told = house.push.next()
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)
    cleared = house.push.next()
    assert cleared["message"] == "clear_notification"
    assert cleared["data"]["tag"] == told["data"]["tag"]
    # Its clip, which is ready only now, doesn't bring it back.
    ready = {"kind": "alarm", "alarm_state": "disarmed", "clip_ready": True}
    house.alert("homesec_alert_updated", **ready)
    house.alert(kind="test")
    assert house.push.next()["title"] == ALERT["title"]


@pytest.mark.parametrize("inputs", [{"clear": False}, {"kinds": ["alarm", "duress"]}])
def test_phone_blueprint_keeps_what_is_not_to_be_cleared(
    house: House, automation: Callable[..., str], inputs: dict[str, object]
) -> None:
    automation("phone_alert", phone=house.phone, **inputs)
    house.fire("homesec_alarm_disarmed", tags=["homesec-1"])
    ready = {"kind": "alarm", "alarm_state": "disarmed", "clip_ready": True}
    house.alert("homesec_alert_updated", **ready)
    assert house.push.next()["title"] == ALERT["title"]


def test_phone_blueprint_by_default_skips_duress(
    house: House, automation: Callable[..., str]
) -> None:
    """The phone may lie in view of the intruder."""
    automation("phone_alert", phone=house.phone)
    house.alert(kind="duress", title="Help")
    house.alert(kind="test", title="Test")
    assert house.push.next()["title"] == "Test"


def test_phone_blueprint_duress_has_no_snooze_button(
    house: House, automation: Callable[..., str]
) -> None:
    options = {"kinds": ["duress"], "critical": "never", "buttons": ["snooze", "open"]}
    automation("phone_alert", phone=house.phone, **options)
    nothing = {"camera_id": None, "camera": None, "device_id": None, "label": None, "still": None}
    house.alert(kind="duress", **nothing)
    data = house.push.next()["data"]
    assert [button["action"] for button in data["actions"]] == ["URI"]
    assert data["channel"] == "HomeSec"


def snoozed(house: House) -> str:
    """Return the sensor that shows until when the camera is snoozed."""
    entities = house.ha.client.command("config/entity_registry/list")
    return next(
        entity["entity_id"]
        for entity in entities
        if entity["platform"] == "homesec" and entity["translation_key"] == "snoozed_until"
    )


def press(house: House, action: str, **more: str) -> None:
    """Press a button as the app does: its webhook fires the event."""
    data = {"event_type": "mobile_app_notification_action", "event_data": {"action": action} | more}
    house.ha.client.post(house.webhook, {"type": "fire_event", "data": data})


def test_phone_buttons_call_their_actions(house: House, automation: Callable[..., str]) -> None:
    client = house.ha.client
    automation("phone_buttons", sirens=["siren.horn"], siren_for={"milliseconds": 200})
    press(house, f"HOMESEC_SNOOZE_{house.camera['device_id']}")
    assert house.called("homesec.snooze")["duration"] == {"minutes": 30}
    client.wait_for_state(snoozed(house), lambda state: state["state"] != "unknown")
    press(house, "SOMETHING_ELSE")
    press(house, "HOMESEC_SIREN")
    assert house.called("homeassistant.turn_on") == {"entity_id": ["siren.horn"]}
    assert house.called("homeassistant.turn_off") == {"entity_id": ["siren.horn"]}
    client.wait_for_state("siren.horn", "off")
    # Traces are shown in the browser and stored on disk.
    assert client.command("trace/list", domain="automation", item_id="phone_buttons") == []


def test_wake_blueprint_repeats_until_disarmed(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    inputs = {"phone": house.phone, "panel": house.panel, "every": {"milliseconds": 300}}
    automation("critical_alarm", **inputs, times=30)
    client.act("alarm_control_panel.alarm_trigger", entity_id=house.panel)
    client.wait_for_state(house.panel, "triggered")
    for _ in range(2):
        told = house.push.next()
        assert (told["title"], told["message"]) == ("Alarm!", "Triggered by Demo")
        assert told["data"]["push"]["interruption-level"] == "critical"
        assert told["data"]["channel"] == "alarm_stream"
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)
    while (told := house.push.next())["message"] != "clear_notification":
        assert told["title"] == "Alarm!"
    assert told["data"]["tag"] == "homesec-alarm"


def test_wake_blueprint_clears_what_outlasted_its_last_alert(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    inputs = {"phone": house.phone, "panel": house.panel, "every": {"milliseconds": 300}}
    automation("critical_alarm", **inputs, times=1)
    client.act("alarm_control_panel.alarm_trigger", entity_id=house.panel)
    assert house.push.next()["title"] == "Alarm!"
    deadline = time.monotonic() + 60
    while client.state("automation.test_critical_alarm")["attributes"]["current"]:
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.1)
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)
    told = house.push.next()
    assert (told["message"], told["data"]["tag"]) == ("clear_notification", "homesec-alarm")


def test_email_blueprint_attaches_still(house: House, automation: Callable[..., str]) -> None:
    automation("email_alert", recipients=[MAILBOX], address="https://ha.example.org/")
    house.alert()
    mail = house.mail.next()
    assert mail["Subject"] == ALERT["title"]
    assert mail["To"] == "Anna <anna@example.org>"
    assert mail["X-Priority"] == "3 (Normal)"
    plain = mail.get_body(("plain",)).get_content()
    assert plain.splitlines() == [ALERT["message"], "", "https://ha.example.org" + ALERT["link"]]
    html = mail.get_body(("html",)).get_content()
    assert "Seen at 18:00 &lt;b&gt;&amp; after" in html
    assert '<img src="cid:still"' in html
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert picture["Content-ID"] == "<still>"
    assert picture.get_content().startswith(b"\xff\xd8\xff")

    house.alert(kind="alarm", still=None)
    mail = house.mail.next()
    assert mail["X-Priority"] == "1 (Highest)"
    assert not [part for part in mail.walk() if part.get_content_maintype() == "image"]


def test_alarm_blueprint_turns_on_lights_siren_and_voice(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    lights = ["light.lamp", "light.dimmer", "light.strip"]
    client.act("light.turn_on", entity_id="light.dimmer", brightness=26)
    automation(
        "alarm_response",
        panel=house.panel,
        lights=lights,
        sirens=["siren.horn"],
        speakers=["media_player.speaker"],
        voice=["tts.voice"],
        message="Go away",
    )
    client.act("alarm_control_panel.alarm_trigger", entity_id=house.panel)
    client.wait_for_state(house.panel, "triggered")
    client.wait_for_state("siren.horn", "on")
    client.wait_for_state("light.lamp", "on")
    client.wait_for_state("light.dimmer", lambda s: s["attributes"]["brightness"] == 255)
    client.wait_for_state("light.strip", lambda s: s["attributes"].get("rgb_color") == [255, 0, 0])
    client.wait_for_state("media_player.speaker", "playing")
    spoken = house.called("tts.speak")
    assert spoken["message"] == "Go away"
    assert spoken["media_player_entity_id"] == ["media_player.speaker"]

    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)
    client.wait_for_state("siren.horn", "off")
    client.wait_for_state("light.lamp", "off")
    client.wait_for_state("light.strip", "off")
    client.wait_for_state("light.dimmer", lambda s: s["attributes"]["brightness"] == 26)


def test_siren_stops_after_its_time_while_alarm_continues(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    sirens = {"sirens": ["siren.horn"], "siren_for": {"milliseconds": 200}}
    automation("alarm_response", panel=house.panel, **sirens)
    client.act("alarm_control_panel.alarm_trigger", entity_id=house.panel)
    client.wait_for_state(house.panel, "triggered")
    assert house.called("homeassistant.turn_on") == {"entity_id": ["siren.horn"]}
    assert house.called("homeassistant.turn_off") == {"entity_id": ["siren.horn"]}
    client.wait_for_state("siren.horn", "off")
    assert client.state(house.panel)["state"] == "triggered"
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)


def test_sms_blueprint_uses_twilio_of_home_assistant(
    house: House, automation: Callable[..., str]
) -> None:
    automation(
        "twilio_sms", numbers=["+31612345678", "+31687654321"], address="https://ha.example.org"
    )
    house.alert(kind="test")
    house.alert(kind="alarm")
    deadline = time.monotonic() + 60
    while len(taken := json.load(urlopen(f"{house.twilio}/_messages"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    text = f"{ALERT['title']}: {ALERT['message']} https://ha.example.org{ALERT['link']}"
    assert [m["to"] for m in taken] == ["+31612345678", "+31687654321"]
    assert [m["body"] for m in taken] == [text, text]


def set_state(house: House, entity_id: str, state: str) -> None:
    house.ha.client.post(f"/api/states/{entity_id}", {"state": state})


def test_presence_blueprint_arms_when_everyone_left(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    people = ["device_tracker.anna", "device_tracker.ben"]
    for who in people:
        set_state(house, who, "home")
    told = client.subscribe("subscribe_events", event_type="test_attention")
    attention = [{"event": "test_attention", "event_data": {"armed": "{{ armed }}"}}]
    name = automation(
        "arm_when_everybody_left",
        people=people,
        panel=house.panel,
        after={"milliseconds": 100},
        pin=PIN,
        attention=attention,
    )
    set_state(house, people[0], "not_home")
    set_state(house, people[1], "unavailable")
    set_state(house, people[1], "home")
    assert client.state(name)["attributes"]["last_triggered"] is None
    set_state(house, people[1], "Work")
    client.wait_for_state(house.panel, "armed_away")
    assert house.called("homesec.arm") == {
        "entity_id": [house.panel],
        "mode": "away",
        "force": True,
        "code": PIN,
    }
    with pytest.raises(TimeoutError):  # all is well
        told.next(timeout_s=0.2)
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)
    client.wait_for_state(house.panel, "disarmed")


def test_presence_blueprint_reports_failed_arming(
    house: House, automation: Callable[..., str]
) -> None:
    told = house.ha.client.subscribe("subscribe_events", event_type="test_attention")
    attention = [{"event": "test_attention", "event_data": {"armed": "{{ armed }}"}}]
    inputs = {"people": ["device_tracker.anna"], "after": {"milliseconds": 50}}
    set_state(house, "device_tracker.anna", "home")
    automation("arm_when_everybody_left", **inputs, panel=house.panel, attention=attention)
    set_state(house, "device_tracker.anna", "not_home")  # there is no PIN
    assert told.next(timeout_s=60)["data"] == {"armed": False}


def test_presence_blueprint_disarms_when_someone_returns(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    set_state(house, "device_tracker.anna", "not_home")
    people = ["device_tracker.anna"]
    automation("disarm_when_home", people=people, panel=house.panel, modes=["away"], pin=PIN)
    client.act("alarm_control_panel.alarm_arm_away", entity_id=house.panel, code=PIN)
    client.wait_for_state(house.panel, lambda s: s["state"] != "disarmed")
    set_state(house, "device_tracker.anna", "unknown")
    set_state(house, "device_tracker.anna", "home")  # also after a restart
    set_state(house, "device_tracker.anna", "not_home")
    assert client.state(house.panel)["state"] != "disarmed"
    set_state(house, "device_tracker.anna", "home")
    assert house.called("alarm_control_panel.alarm_disarm")["code"] == PIN
    client.wait_for_state(house.panel, "disarmed")


def test_cat_blueprint_logs_visits(house: House, automation: Callable[..., str]) -> None:
    told = house.ha.client.subscribe("subscribe_events", event_type="test_visit")
    facts = "{{ {'who': label, 'where': camera, 's': seconds, 'text': visit} }}"
    automation("cat_visit", then=[{"event": "test_visit", "event_data": {"visit": facts}}])
    for label, seconds in (("person", 60.0), ("cat", 2.0), ("cat", 75.4)):
        house.fire("homesec_detection_ended", label=label, duration_s=seconds, **house.camera)
    visit = told.next(timeout_s=60)["data"]["visit"]
    text = "was there for 1 min 15 s"
    assert visit == {"who": "cat", "where": "Front door", "s": 75, "text": text}
    assert house.called("logbook.log") == {
        "name": "Cat at Front door",
        "message": text,
        "entity_id": house.camera["camera_entity_id"],
    }


def test_editor_lists_triggers_of_blueprints(house: House) -> None:
    client = house.ha.client
    for kind, some in (("trigger", "homesec.alert"), ("condition", "homesec.is_armed")):
        platforms = client.subscribe(f"{kind}_platforms/subscribe")
        offered = platforms.next(timeout_s=60)
        while some not in offered:
            offered |= platforms.next(timeout_s=60)
        assert "fields" in offered[some]


def test_person_detection_reaches_phone_and_mailbox(
    house: House, automation: Callable[..., str]
) -> None:
    client = house.ha.client
    [entry] = client.entries("homesec")
    camera_id = house.camera["camera_id"]
    shown = client.subentry(entry["entry_id"], "camera", subentry_id=camera_id)
    shown = shown.answer(kind="file", file=house.film)
    settings = demo_setup.suggested(shown) | {"armed_modes": ["away"]}
    assert shown.answer(settings).type == "abort"
    door = {"device_id": house.camera["device_id"]}
    automation("phone_alert", phone=house.phone, cameras=door, kinds=["alarm"], buttons=[])
    automation("email_alert", recipients=[MAILBOX], cameras=door, kinds=["alarm"])
    client.act("alarm_control_panel.alarm_arm_away", entity_id=house.panel, code=PIN)
    told = house.push.next(timeout_s=60)
    assert "Front door" in told["title"] + told["message"]
    still = client.fetch(told["data"]["image"])
    assert still.status == HTTPStatus.OK
    assert still.body.startswith(b"\xff\xd8\xff")
    [picture] = [
        part for part in house.mail.next().walk() if part.get_content_type() == "image/jpeg"
    ]
    assert picture.get_content().startswith(b"\xff\xd8\xff")
    client.act("automation.turn_off", entity_id="automation.test_phone_alert")
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.panel, code=PIN)
    with suppress(queue.Empty):  # more people, or the clip
        while house.push.next(timeout_s=0.3):
            pass


def test_log_has_no_findings_after_blueprints(house: House) -> None:
    found = house.ha.log_findings()
    # On a slow machine, other integrations log warnings, too.
    others = [each for each in found.others if CONCERNED.search(each.logger)]
    told = [*map(str, found.ours), *map(str, others)]
    expected = ("This PIN is wrong", "Enter a PIN")  # fired by the tests
    assert not [text for text in told if not any(each in text for each in expected)]
    log = house.ha.log.read_text()
    assert PIN not in log
