"""Time from a person in view of a real Home Assistant to the text at a stand-in for Twilio."""

from __future__ import annotations

from datetime import datetime
import json
from pathlib import Path
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import requests

from homesec_dev import footage
from homesec_dev.bootstrap import paths
from homesec_dev.demo_setup import add_homesec, camera_form, entity_id, save_camera, suggested
from homesec_dev.ha import HomeAssistant

from .machine import machine
from .table import table

if TYPE_CHECKING:
    from homesec_dev.ha_client import HaClient

sys.path.insert(0, str(paths.REPOSITORY / "tests"))

from twilio_messages import (  # type: ignore[import-not-found]
    ACCOUNT_SID,
    AUTH_TOKEN,
    SENDER,
)
from twilio_server import TwilioServer  # type: ignore[import-not-found]

ROUNDS = 10
PHONE = "+15005550123"
LONGEST_S = 60


def run(target: Path | None) -> None:
    """Let people walk in repeatedly, print the table, and write `target` if given."""
    with tempfile.TemporaryDirectory() as folder, TwilioServer() as twilio:
        house = Path(folder)
        with HomeAssistant(house, env={"HOMESEC_TWILIO_API": twilio.url}) as ha:
            _furnish(ha.client, house)
            alerts = [_alert(ha.client, twilio) for _ in range(ROUNDS)]
        bare = [_direct_text_s(twilio) for _ in range(ROUNDS)]
    rows = {
        "first frame with the person to the event": [alert[0] for alert in alerts],
        "event to the text at Twilio's stand-in": [alert[1] for alert in alerts],
        "the same text posted by itself": bare,
    }
    print(f"\nA person is seen and a text sent, {ROUNDS} times\n{machine()}\n")
    print(
        table(
            ("", "median ms", "worst ms"),
            [(name, *map(_ms, (statistics.median(x), max(x)))) for name, x in rows.items()],
        )
    )
    if target is not None:
        target.write_text(json.dumps({"seconds": rows, "machine": machine()}, indent=2) + "\n")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def _furnish(client: HaClient, folder: Path) -> None:
    video = folder / "media" / "street.mp4"
    video.parent.mkdir(exist_ok=True)
    video.write_bytes(footage.demo().read_bytes())
    entry_id = add_homesec(client)
    shown = camera_form(client, entry_id).answer(kind="file", file=str(video))
    # The camera detects while disarmed, too, as in a home that detects all day.
    save_camera(shown, suggested(shown) | {"name": "Front door"})
    form = client.subentry(entry_id, "recipient")
    answers = suggested(form) | {"name": "Ann", "to": PHONE, "sender": SENDER}
    answers["rules"] |= {"cool_down_min": 0}
    form.answer(answers | {"account_sid": ACCOUNT_SID, "secret": AUTH_TOKEN})


def _alert(client: HaClient, twilio: TwilioServer) -> tuple[float, float]:
    """Arm and wait for a person; return seconds from frame to event and from event to text."""
    alarm = entity_id(client, "alarm_control_panel")
    person = entity_id(client, "binary_sensor")
    client.wait_for_state(person, "off", timeout_s=LONGEST_S)
    events = client.subscribe("subscribe_events", event_type="homesec_detection_started")
    sent = len(twilio.asked("POST"))
    client.act("alarm_control_panel.alarm_arm_away", entity_id=alarm)
    event = events.next(timeout_s=LONGEST_S)
    fired = datetime.fromisoformat(event["time_fired"]).timestamp()
    seen = datetime.fromisoformat(event["data"]["first_seen"]).timestamp()
    arrived = _arrival(twilio, sent)
    client.act("alarm_control_panel.alarm_disarm", entity_id=alarm)
    return fired - seen, arrived - fired


def _arrival(twilio: TwilioServer, before: int) -> float:
    """Wait for the next text and return when it arrived."""
    deadline = time.monotonic() + LONGEST_S
    while True:
        posts = [request for request in twilio.requests if request[0] == "POST"]
        if len(posts) > before:
            return float(posts[before][3])
        if time.monotonic() > deadline:
            raise TimeoutError("no text came")
        time.sleep(0.01)


def _direct_text_s(twilio: TwilioServer) -> float:
    """Return how long the stand-in takes to receive a text sent without HomeSec."""
    before = len(twilio.asked("POST"))
    begun = time.time()
    requests.post(
        f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        data={"To": PHONE, "From": SENDER, "Body": "Front door: person"},
        auth=(ACCOUNT_SID, AUTH_TOKEN),
        timeout=10,
    ).raise_for_status()
    return _arrival(twilio, before) - begun
