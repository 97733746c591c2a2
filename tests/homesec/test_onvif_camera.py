"""A simulated ONVIF camera with real RTSP streams, added with nothing but its login."""

from __future__ import annotations

from pathlib import Path
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import SETTINGS, start_search, submit_subentry, suggested_values
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homesec_fixtures import set_up
import onvif_device
import pytest

from custom_components.homesec.cameras.config import detect_source_config, source_config
from custom_components.homesec.cameras.discovery import FoundCameras
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.discovery import OnvifDevice

sys.path.append(str(Path(__file__).parents[1] / "engine"))

from camera_servers import launch_line, rtsp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

USER, PASSWORD = "guard", "s3cret canary"


@pytest.fixture
def camera(socket_enabled: None, video: Path) -> Iterator[onvif_device.OnvifDevice]:
    """An ONVIF device whose two streams ask for its login, too."""
    mounts = {"/main": launch_line(video), "/low": launch_line(video)}
    installed = "custom_components.homesec.cameras.discovery.async_process_requirements"
    with (
        patch(installed),
        rtsp(mounts, login=f"{USER}:{PASSWORD}") as server,
        onvif_device.OnvifDevice(
            username=USER,
            password=PASSWORD,
            main_url=server.url("/main"),
            sub_url=server.url("/low"),
            ptz=True,
        ) as device,
    ):
        yield device


def found(device: onvif_device.OnvifDevice) -> OnvifDevice:
    """Return what a search tells of a device."""
    return OnvifDevice(
        id=device.id, address=device.address, host="127.0.0.1", port=device.port, name="Dome"
    )


async def login(
    hass: HomeAssistant, form: dict[str, Any], *, password: str = PASSWORD
) -> dict[str, Any]:
    """Fill in the login, and wait for the camera."""
    given = {"username": USER, "password": password, "preset": "indoor"}
    return await submit_subentry(hass, form, given)


async def test_camera_is_added_with_its_login_and_told_from_a_wrong_one(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    nothing_found: Any,
    camera: onvif_device.OnvifDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    nothing_found.found = FoundCameras(devices=(found(camera),))
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    form = await submit_subentry(hass, flow, {"found": flow["data_schema"]({})["found"]})
    assert form["step_id"] == "login"
    again = await login(hass, form, password="wrong")
    assert (again["step_id"], again["errors"]) == ("login", {"password": "invalid_auth"})

    shown = await login(hass, again)
    assert shown["step_id"] == "settings", shown["errors"]
    placeholders = shown["description_placeholders"]
    assert placeholders["formats"].startswith("640 x 272 · H.264")
    assert "Detection stream: 640 x 272" in placeholders["formats"]
    assert "Detected by the camera itself: people, motion, vehicles," in placeholders["formats"]
    assert placeholders["picture"]
    assert suggested_values(shown)["name"] == "Dome"
    done = await submit_subentry(hass, shown, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()

    [added] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    main, low = source_config(added.data), detect_source_config(added.data)
    assert (main.location, main.username, main.password) == (
        camera.settings.main_url,
        USER,
        PASSWORD,
    )
    assert added.data["movement"] == {
        "address": camera.address,
        "profile": "main",
        "pans": True,
        "zooms": True,
    }
    assert low is not None
    assert (low.location, low.password) == (camera.settings.sub_url, PASSWORD)
    identifiers = {(DOMAIN, added.subentry_id)}
    [device] = dr.async_get(hass).async_get_devices(identifiers=identifiers)
    assert (device.manufacturer, device.model) == ("Acme", "Dome 4")
    assert device.connections == {(dr.CONNECTION_NETWORK_MAC, "00:1a:2b:3c:4d:5e")}
    assert PASSWORD not in caplog.text
    assert PASSWORD not in str(placeholders)


async def test_camera_that_search_does_not_reach_is_added_by_its_address(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    nothing_found: Any,
    camera: onvif_device.OnvifDevice,
) -> None:
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    form = await submit_subentry(hass, flow, {"found": "maker"})
    given = {"maker": "ONVIF", "channel": 1, "username": USER, "preset": "indoor"}
    for host, password, wrong in (
        ("127.0.0.1:1", PASSWORD, {"host": "connection_refused"}),
        ("a b", PASSWORD, {"host": "invalid_address"}),
        (f"127.0.0.1:{camera.port}", "wrong", {"password": "invalid_auth"}),
    ):
        form = await submit_subentry(hass, form, {**given, "host": host, "password": password})
        assert (form["step_id"], form["errors"]) == ("maker", wrong)
    given["host"] = f"127.0.0.1:{camera.port}"
    shown = await submit_subentry(hass, form, {**given, "password": PASSWORD})
    assert shown["step_id"] == "settings", shown["errors"]
    assert shown["description_placeholders"]["formats"].startswith("640 x 272 · H.264")
