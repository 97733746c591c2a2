"""A new user's first camera: found in the network by a real Home Assistant, added by its login.

The tests share Home Assistant and the camera, and run in order.
"""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from onvif_device import GROUP, PORT, OnvifDevice
import pytest

from homesec_dev import footage
from homesec_dev.browser import Browser
from homesec_dev.demo_setup import add_homesec, suggested
from homesec_dev.ha import HomeAssistant

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

RTSP_SERVER = Path(__file__).parents[1] / "rtsp_server.py"
ANNOUNCER = RTSP_SERVER.with_name("mdns_announcer.py")
USER, PASSWORD = "guard", "canary-pass-9157"


@pytest.fixture(scope="module")
def ha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """Start Home Assistant with HomeSec; it listens to what devices announce."""
    with HomeAssistant(tmp_path_factory.mktemp("ha"), extra_yaml="zeroconf:\n") as ha:
        add_homesec(ha.client)
        yield ha


@pytest.fixture(scope="module")
def camera() -> Iterator[OnvifDevice]:
    """A camera that answers searches, and asks for its login everywhere."""
    launch = (
        f"( filesrc location={footage.sample('bikes')} ! qtdemux ! h264parse"
        " ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    command = ["/usr/bin/python3", str(RTSP_SERVER), "--login", f"{USER}:{PASSWORD}"]
    command += [f"/main={launch}", f"/low={launch}"]
    with ExitStack() as stack:
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(server.kill)
        rtsp = f"rtsp://127.0.0.1:{int(server.stdout.readline())}"
        command = [sys.executable, ANNOUNCER, "Acme Dome", "_psia._tcp.local."]
        announcer = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        stack.callback(announcer.kill)
        assert announcer.stdout.readline()
        yield stack.enter_context(
            OnvifDevice(
                group=(GROUP, PORT),
                username=USER,
                password=PASSWORD,
                main_url=f"{rtsp}/main",
                sub_url=f"{rtsp}/low",
                ptz=True,
            )
        )


def count_cards(ha: HomeAssistant) -> int:
    """Return how many devices Home Assistant offers to add."""
    return len(ha.client.command("config_entries/flow/progress"))


def wait_for_cards(ha: HomeAssistant, count: int) -> None:
    """Wait until there are this many."""
    deadline = time.monotonic() + 60
    while count_cards(ha) != count:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_camera_that_announces_itself_is_offered_as_a_card(
    ha: HomeAssistant, camera: OnvifDevice
) -> None:
    wait_for_cards(ha, 1)
    with Browser() as page:
        page.log_in(ha.url, ha.client.token)
        page.open("/config/integrations/dashboard")
        page.wait_for_text(re.escape("Camera at 127.0.0.1 (Acme Dome)"))
        page.click("Add")
        page.wait_for_text("Add camera to HomeSec")
        page.click("Submit")
        # The card leads to the form of a camera, which is another kind of form.
        page.wait_for_text("Add camera by its maker")
        page.click_on('ha-icon-button[data-dialog="close"]')
        wait_for_cards(ha, 1)
        assert not page.errors


def test_camera_is_found_and_added_by_its_login(ha: HomeAssistant, camera: OnvifDevice) -> None:
    entry_id = ha.client.entries("homesec")[0]["entry_id"]
    form = ha.client.subentry(entry_id, "camera")
    [field] = form.shown["data_schema"]
    options = field["selector"]["select"]["options"]
    value = next(each["value"] for each in options if camera.id in each["value"])
    login = form.answer(found=value)
    assert login.step == "login"
    shown = login.answer(username=USER, password=PASSWORD, preset="indoor")
    assert shown.step == "settings", shown.errors
    placeholders = shown.shown["description_placeholders"]
    assert "Detection stream" in placeholders["formats"]
    picture = ha.client.fetch(re.search(r"\((.*)\)", placeholders["picture"])[1])
    assert picture.status == HTTPStatus.OK
    ready = shown.answer(suggested(shown) | {"name": "Front door"})
    assert (ready.type, ready.step) == ("menu", "ready"), ready.errors
    seen = ready.answer(next_step_id="walk")
    placeholders = seen.shown["description_placeholders"]
    assert "Person seen after" in placeholders["result"]
    picture = ha.client.fetch(re.search(r"\((.*)\)", placeholders["picture"])[1])
    assert picture.body.startswith(b"\xff\xd8\xff")
    assert ha.client.command("config_entries/subentries/list", entry_id=entry_id) == []
    done = seen.answer(next_step_id="save")
    assert done.type == "create_entry", done.errors
    state = ha.client.wait_for_state("camera.front_door", "streaming")
    assert state["attributes"]["friendly_name"] == "Front door"
    devices = ha.client.command("config/device_registry/list")
    [device] = [each for each in devices if each["name"] == "Front door"]
    assert (device["manufacturer"], device["model"]) == ("Acme", "Dome 4")
    assert device["connections"] == [["mac", "00:1a:2b:3c:4d:5e"]]
    wait_for_cards(ha, 0)  # it has been added
    assert PASSWORD not in (ha.folder / "home-assistant.log").read_text()


def test_camera_is_moved_by_its_login(ha: HomeAssistant, camera: OnvifDevice) -> None:
    entry_id = ha.client.entries("homesec")[0]["entry_id"]
    [added] = ha.client.command("config_entries/subentries/list", entry_id=entry_id)
    camera_id = added["subentry_id"]
    found = ha.client.command("homesec/cameras/directions", camera_id=camera_id)
    assert found["directions"] == ["left", "right", "up", "down", "zoom_in", "zoom_out"]
    held = ha.client.subscribe("homesec/cameras/move", camera_id=camera_id, direction="left")
    assert camera.is_moving
    ha.client.command("unsubscribe_events", subscription=held.number)
    deadline = time.monotonic() + 60
    while camera.is_moving:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    ha.client.act("homesec.move_camera", entity_id="camera.front_door", position="gate")
    assert camera.moves == [("move", "-0.5", "0.0", "0.0"), ("stop",), ("preset", "2")]
    assert PASSWORD not in (ha.folder / "home-assistant.log").read_text()
