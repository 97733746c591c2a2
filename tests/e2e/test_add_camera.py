"""A new user's first camera: found in the network by a real Home Assistant, added by its login."""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
import re
import subprocess
from typing import TYPE_CHECKING

from onvif_device import GROUP, PORT, OnvifDevice
import pytest
import pytest_socket

from homesec_dev import footage
from homesec_dev.demo_setup import add_homesec, suggested
from homesec_dev.ha import HomeAssistant

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400), pytest.mark.usefixtures("socket_enabled")]

RTSP_SERVER = Path(__file__).parents[1] / "rtsp_server.py"
USER, PASSWORD = "guard", "canary-pass-9157"


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[OnvifDevice]:
    """A camera that answers searches, and asks for its login everywhere."""
    pytest_socket.enable_socket()
    launch = (
        f"( filesrc location={footage.demo()} ! qtdemux ! h264parse"
        " ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    command = ["/usr/bin/python3", str(RTSP_SERVER), "--login", f"{USER}:{PASSWORD}"]
    command += [f"/main={launch}", f"/low={launch}"]
    with ExitStack() as stack:
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(server.kill)
        rtsp = f"rtsp://127.0.0.1:{int(server.stdout.readline())}"
        yield stack.enter_context(
            OnvifDevice(
                group=(GROUP, PORT),
                username=USER,
                password=PASSWORD,
                main_url=f"{rtsp}/main",
                sub_url=f"{rtsp}/low",
            )
        )


def test_camera_is_found_and_added_by_its_login(camera: OnvifDevice, tmp_path: Path) -> None:
    with HomeAssistant(tmp_path) as ha:
        entry_id = add_homesec(ha.client)
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
        done = shown.answer(suggested(shown) | {"name": "Front door"})
        assert done.type == "create_entry", done.errors
        state = ha.client.wait_for_state("camera.front_door", "streaming")
        assert state["attributes"]["friendly_name"] == "Front door"
        devices = ha.client.command("config/device_registry/list")
        [device] = [each for each in devices if each["name"] == "Front door"]
        assert (device["manufacturer"], device["model"]) == ("Acme", "Dome 4")
        assert device["connections"] == [["mac", "00:1a:2b:3c:4d:5e"]]
        assert PASSWORD not in (tmp_path / "home-assistant.log").read_text()
