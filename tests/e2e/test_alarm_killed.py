"""Alarm delays and PINs of a real Home Assistant whose process is killed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
import json
import sqlite3
import time

import pytest

from homesec_dev.demo_setup import entity_id
from homesec_dev.ha import HomeAssistant
from homesec_dev.ha_client import HaError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PIN = "730518264019"
WRONG = "730518264000"
DELAYS = {"exit_s": 600, "entry_s": 0, "trigger_s": 900}


@pytest.fixture(scope="module")
def ha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """Shared by the tests, which run in order."""
    with HomeAssistant(tmp_path_factory.mktemp("ha")) as running:
        yield running


def panel(ha: HomeAssistant) -> dict:
    return ha.client.state(entity_id(ha.client, "alarm_control_panel"))


def act(ha: HomeAssistant, action: str, **data: object) -> None:
    ha.client.act(
        f"alarm_control_panel.alarm_{action}",
        entity_id=entity_id(ha.client, "alarm_control_panel"),
        **data,
    )


def left_s(ha: HomeAssistant) -> float:
    ends_at = datetime.fromisoformat(panel(ha)["attributes"]["delay_ends_at"])
    return (ends_at - datetime.now(UTC)).total_seconds()


def test_alarm_settings_accept_delays_and_pin(ha: HomeAssistant) -> None:
    client = ha.client
    done = client.add_entry("homesec").answer(detector="ncnn", advanced={})
    entry_id = done.shown["result"]["entry_id"]
    menu = client.reconfigure_entry("homesec", entry_id)
    modes = dict.fromkeys(("home", "away", "night", "vacation", "custom"), DELAYS)
    saved = menu.answer(next_step_id="alarm").answer(
        code_to_arm=False, **modes, disarmed={"trigger_s": 900}
    )
    assert saved.shown["reason"] == "reconfigure_successful"
    form = client.reconfigure_entry("homesec", entry_id).answer(next_step_id="pins")
    assert form.step == "add_pin"
    saved = form.answer(name="Ann", kind="full", code=PIN, code_again=PIN)
    assert saved.shown["reason"] == "reconfigure_successful"
    attributes = panel(ha)["attributes"]
    assert (attributes["code_format"], attributes["code_arm_required"]) == ("number", False)
    wait_until_stored(ha)


def wait_until_stored(ha: HomeAssistant) -> None:
    """Wait until Home Assistant has written its users and entries, which it does with a delay."""
    deadline = time.monotonic() + 60
    wanted = {"auth": "HomeSec development", "core.config_entries": '"Ann"'}
    files = {ha.folder / ".storage" / name: text for name, text in wanted.items()}
    while not all(file.exists() and text in file.read_text() for file, text in files.items()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_exit_delay_after_kill_continues(ha: HomeAssistant) -> None:
    act(ha, "arm_away")
    before = left_s(ha)
    ha.kill()
    ha.start()
    assert panel(ha)["state"] == "arming"
    assert 0 < left_s(ha) <= before
    assert panel(ha)["attributes"]["mode"] == "away"


def test_alarm_after_kill_ends_only_with_right_pin(ha: HomeAssistant) -> None:
    act(ha, "trigger")
    for _ in range(4):
        with pytest.raises(HaError):
            act(ha, "disarm", code=WRONG)
    ha.kill()
    ha.start()
    assert panel(ha)["state"] == "triggered"
    act(ha, "disarm", code=PIN)
    disarmed = panel(ha)
    assert (disarmed["state"], disarmed["attributes"]["changed_by"]) == ("disarmed", "Ann")


def test_wrong_pins_are_counted_across_kill(ha: HomeAssistant) -> None:
    for _ in range(4):
        with pytest.raises(HaError):
            act(ha, "disarm", code=WRONG)
    ha.kill()
    ha.start()
    for code in (WRONG, PIN):
        with pytest.raises(HaError):
            act(ha, "disarm", code=code)
    tries = json.loads((ha.folder / ".storage" / "homesec.alarm").read_text())["data"]["tries"]
    assert [each["wrong"] for each in tries["principals"].values()] == [5]


def test_pin_is_absent_from_settings_log_and_database(ha: HomeAssistant) -> None:
    assert ha.stop() == 0
    for file in (ha.folder / ".storage").iterdir():
        assert PIN not in file.read_text(), file.name
    assert PIN not in ha.log.read_text()
    with closing(sqlite3.connect(ha.folder / "home-assistant_v2.db")) as database:
        dump = "\n".join(line for line in database.iterdump() if '"service_data"' not in line)
    assert PIN not in dump
    assert "homesec_alarm_refused" in dump
