"""A person walks in on an armed house, and a phone hears of it: a real HA, Twilio's stand-in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
import json
import re
import time

import pytest
import pytest_socket
from twilio_messages import ACCOUNT_SID, AUTH_TOKEN, SENDER
from twilio_server import Fault, Kind, TwilioServer

from homesec_dev import footage, models
from homesec_dev.demo_house import add_house, entity_id, suggested
from homesec_dev.ha import HomeAssistant

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.usefixtures("socket_enabled")]

PHONE = "+15005550123"
EXIT_S, ENTRY_S = 3, 3
MODES = ("home", "away", "night", "vacation", "custom")


@dataclass
class House:
    """What the tests share: they tell one story, in their order."""

    ha: HomeAssistant
    twilio: TwilioServer
    placed: models.Placed
    entry_id: str = ""
    told: dict[str, dict] = field(default_factory=dict)

    @property
    def alarm(self) -> str:
        return entity_id(self.ha.client, "alarm_control_panel")

    def texts(self, clip_id: str) -> list[str]:
        """Return what the phone was sent about a clip."""
        return [body for body in self.twilio.bodies(PHONE) if clip_id in body]

    def wait_for_texts(self, clip_id: str, count: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.texts(clip_id)) < count:
            assert time.monotonic() < deadline, self.twilio.bodies()
            time.sleep(0.05)

    def arm_and_listen(self, *, until: str) -> dict[str, dict]:
        """Arm, and return the first event of each kind with the order in which they came."""
        client = self.ha.client
        events = client.subscribe("subscribe_events")
        client.act("alarm_control_panel.alarm_arm_away", entity_id=self.alarm)
        told: dict[str, dict] = {}
        deadline = time.monotonic() + 60
        while until not in told:
            assert time.monotonic() < deadline, list(told)
            event = events.next(timeout_s=30)
            kind, facts = event["event_type"], event["data"]
            if kind == "state_changed" and facts["entity_id"] == self.alarm:
                kind = facts["new_state"]["state"]
            told.setdefault(kind, facts)
        return told


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    pytest_socket.enable_socket()  # the plugin's fixture is per test; this one lives longer
    folder = tmp_path_factory.mktemp("ha")
    film = folder / "media" / "street.mp4"
    film.parent.mkdir()
    film.write_bytes(footage.demo().read_bytes())
    placed = models.place(folder / "homesec" / "models", "opencv", download=False)
    with (
        TwilioServer() as twilio,
        HomeAssistant(folder, env={"HOMESEC_TWILIO_API": twilio.url}) as ha,
    ):
        yield House(ha, twilio, placed)


def test_a_house_with_delays_a_camera_and_somebody_to_tell(house: House) -> None:
    client = house.ha.client
    house.entry_id = add_house(client, house.placed)
    menu = client.reconfigure_entry("homesec", house.entry_id).answer(next_step_id="alarm")
    delays = {"exit_s": EXIT_S, "entry_s": ENTRY_S, "trigger_s": 600}
    saved = menu.answer(
        code_to_arm=False, **dict.fromkeys(MODES, delays), disarmed={"trigger_s": 60}
    )
    assert saved.shown["reason"] == "reconfigure_successful"

    film = str(house.ha.folder / "media" / "street.mp4")
    shown = client.subentry(house.entry_id, "camera").answer(kind="file", file=film)
    assert shown.step == "settings", shown.errors
    saved = shown.answer(suggested(shown) | {"name": "Front door"})
    assert saved.type == "create_entry", saved.shown

    form = client.subentry(house.entry_id, "recipient")
    wanted = suggested(form)
    wanted["rules"] |= {"cool_down_min": 0}
    answers = wanted | {"name": "Ann", "account_sid": ACCOUNT_SID, "sender": SENDER}
    wrong = form.answer(answers | {"to": PHONE, "secret": "0" * 32})
    assert wrong.errors == {"secret": "text_denied"}
    done = wrong.answer(answers | {"to": PHONE, "secret": AUTH_TOKEN})
    assert done.type == "create_entry", done.shown
    assert len(house.twilio.bodies(PHONE)) == 1


def test_somebody_walks_in_and_the_phone_knows_before_the_alarm_wails(house: House) -> None:
    told = house.arm_and_listen(until="triggered")
    order = [
        *("arming", "armed_away", "homesec_detection_started"),
        *("pending", "triggered"),
    ]
    assert [kind for kind in told if kind in order] == order
    alert = told["homesec_alert"]
    assert alert["clip_id"] == told["homesec_detection_started"]["clip_id"]
    assert list(told).index("homesec_alert") < list(told).index("triggered")
    house.wait_for_texts(alert["clip_id"], 1)
    first = house.texts(alert["clip_id"])[0]
    assert "Front door" in first
    assert "erson" in first
    assert re.search(r"\d\d:\d\d", first)
    assert f"/homesec/clip/{alert['clip_id']}" in first


def test_a_power_cut_between_event_and_text_neither_loses_nor_doubles_it(house: House) -> None:
    client = house.ha.client
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.alarm)
    house.twilio.add(Fault(kind=Kind.HANG, times=1000))
    told = house.arm_and_listen(until="homesec_alert")
    clip_id = told["homesec_alert"]["clip_id"]
    house.ha.kill()
    assert house.texts(clip_id) == []
    house.twilio.clear()
    house.twilio.released.set()
    house.ha.start()
    house.wait_for_texts(clip_id, 1)
    client = house.ha.client
    client.act("alarm_control_panel.alarm_disarm", entity_id=house.alarm)
    time.sleep(3)
    assert len(house.texts(clip_id)) == 1


def test_it_stops_with_a_clean_log_that_holds_neither_login_nor_number(house: House) -> None:
    assert house.ha.stop() == 0
    assert house.ha.log_findings().ours == []
    log = house.ha.log.read_text()
    assert AUTH_TOKEN not in log
    assert PHONE not in log
    stored = json.loads((house.ha.folder / ".storage" / "core.config_entries").read_text())
    assert AUTH_TOKEN in json.dumps(stored)
    assert house.twilio.complaints == []
