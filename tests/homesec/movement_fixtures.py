"""A simulated ONVIF camera that can be moved, and who moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, PINS, with_alarm
from homesec_fixtures import CAMERA_ID, set_up, until
from onvif_device import OnvifDevice
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.engine.discovery.mover import Movers
from custom_components.homesec.engine.worker import media_tools
from custom_components.homesec.engine.worker.camera_host import CameraHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

FULL = CODES[PinKind.FULL]
PASSWORD = "s3cret-CANARY"
LEFT = ("move", "-0.5", "0.0", "0.0")
STOP = ("stop",)


@pytest.fixture
def device(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnvifDevice]:
    """A camera that can be moved, and what moves it in this process."""
    installed = "custom_components.homesec.cameras.discovery.async_process_requirements"
    movers = Movers()
    for order in ("move", "go_to", "read_positions"):
        monkeypatch.setattr(media_tools, order, getattr(movers, order))
    with patch(installed), OnvifDevice(ptz=True, password=PASSWORD) as simulated:
        yield simulated
        movers.close()


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cameras that learned their scene anew, as often as they did."""
    found: list[str] = []
    monkeypatch.setattr(CameraHost, "learn_scene", lambda _, camera_id: found.append(camera_id))
    return found


@pytest.fixture
async def runtime(
    hass: HomeAssistant, entry: MockConfigEntry, device: OnvifDevice, learned: list[str]
) -> Any:
    """The loaded entry, whose camera is the one that can be moved; its stream is gone."""
    change(entry, **movable(device))
    await set_up(hass, with_alarm(entry, pins=PINS))
    return entry.runtime_data


@pytest.fixture
async def page(hass: HomeAssistant, runtime: Any, hass_ws_client: WebSocketGenerator) -> PageClient:
    """The page of an administrator."""
    return PageClient(await hass_ws_client(hass))


@pytest.fixture
async def reader(
    hass: HomeAssistant,
    runtime: Any,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> PageClient:
    """The page of a user with read-only permissions."""
    return PageClient(await hass_ws_client(hass, hass_read_only_access_token))


@pytest.fixture
def weakened(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_weakened")


@pytest.fixture
def refusals(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_refused")


def movable(device: OnvifDevice) -> dict[str, Any]:
    """Return the settings of a camera that the search found."""
    return {
        "armed_modes": [],  # so that the alarm is armed without its pictures
        "kind": "stream",
        "url": "rtsp://127.0.0.1:1/main",
        "username": "admin",
        "password": PASSWORD,
        "movement": {"address": device.address, "profile": "main", "pans": True, "zooms": False},
    }


def change(entry: MockConfigEntry, **data: Any) -> None:
    """Change the camera's settings before the entry is set up."""
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **data})


async def stopped(hass: HomeAssistant, device: OnvifDevice) -> None:
    """Wait until the camera stops."""
    await until(hass, lambda: device.moves[-1:] == [STOP], "the stop")


async def hold(page: PageClient, direction: str = "left") -> int:
    """Press a button, which must be allowed, and return what releases it."""
    await page.client.send_json_auto_id(
        {"type": "homesec/cameras/move", "camera_id": CAMERA_ID, "direction": direction}
    )
    answer = await page.client.receive_json()
    assert answer["success"], answer
    held: int = answer["id"]
    return held
