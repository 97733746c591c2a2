"""What the search for cameras finds, what a camera tells of itself, and how a form goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_forms import SETTINGS, start_search, submit_subentry
from homeassistant.data_entry_flow import FlowResultType

from custom_components.homesec.cameras.discovery import FoundCameras, OtherCamera
from custom_components.homesec.cameras.webcams import Webcam
from custom_components.homesec.engine.core.discovery import (
    DeviceDetails,
    OnvifDevice,
    StreamProfile,
)

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

MAC = "00:1a:2b:3c:4d:5e"
MAIN, LOW = "rtsp://192.0.2.7:554/main", "rtsp://192.0.2.7:554/low"
DEVICE = OnvifDevice(
    id="urn:uuid:1",
    address="http://192.0.2.7/onvif/device_service",
    host="192.0.2.7",
    port=80,
    name="Eye 7",
    maker="Acme",
)
BARE = OnvifDevice(id="urn:uuid:2", address="http://192.0.2.8/", host="192.0.2.8", port=80)
DETAILS = DeviceDetails(
    maker="Acme",
    model="Eye 7",
    firmware="1.2",
    serial="A7",
    mac=MAC,
    profiles=(
        StreamProfile(token="m", name="main", url=MAIN, codec="h264", width=1920, height=1080),
        StreamProfile(token="s", name="sub", url=LOW, codec="h264", width=640, height=360),
    ),
)
FOUND = FoundCameras(
    devices=(DEVICE, BARE),
    entities=(
        OtherCamera(entity_id="camera.drive", name="Drive", integration="demo"),
        OtherCamera(entity_id="camera.shed", name="Shed", integration=""),
    ),
    webcams=(Webcam("/dev/video7", "Desk cam"),),
)
LOGIN = {"username": "guard", "password": "s3cret", "preset": "outdoor"}
BY_MAKER = {"maker": "Reolink", "host": "192.0.2.7", "channel": 1.0, **LOGIN}
REOLINK = ["rtsp://192.0.2.7/Preview_01_main", "rtsp://192.0.2.7/h264Preview_01_main"]
REOLINK_LOW = "rtsp://192.0.2.7/h264Preview_01_sub"


def option(flow: dict[str, Any], label: str) -> str:
    """Return the value of the option with this label."""
    [selector] = flow["data_schema"].schema.values()
    labels = {each["label"]: each["value"] for each in selector.config["options"]}
    assert label in labels, list(labels)
    return labels[label]


async def choose(hass: HomeAssistant, entry: MockConfigEntry, label: str) -> dict[str, Any]:
    """Search, and choose an option."""
    flow = await start_search(hass, entry)
    assert flow["step_id"] == "found"
    return await submit_subentry(hass, flow, {"found": option(flow, label)})


async def save(hass: HomeAssistant, entry: MockConfigEntry, shown: Any) -> ConfigSubentry:
    """Save the settings, and return the camera."""
    assert shown["step_id"] == "settings", shown["errors"]
    done = await submit_subentry(hass, shown, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    return camera
