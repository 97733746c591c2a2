"""Fills in the forms of the camera flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.data_entry_flow import FlowResultType

from custom_components.homesec.engine.core.camera_reports import Probe

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

URL = "rtsp://192.0.2.7:554/stream1"
STREAM = {"kind": "stream", "url": URL}
SETTINGS = {
    "name": "Garden",
    "labels": ["person", "cat"],
    "armed_modes": ["away", "night"],
    "response": {
        "disarmed": "off",
        "alarm_at_once": True,
        "record_labels": ["person"],
        "alarm_labels": ["person", "cat"],
        "alert_labels": ["cat"],
        "pre_roll_s": 5.0,
        "post_roll_s": 6.0,
    },
    "sensors": {
        "wake_sensors": ["binary_sensor.hall"],
        "trusted_sensors": ["event.doorbell"],
    },
    "zones": {
        "zones": [
            {
                "name": "Drive",
                "kind": "Required",
                "corners": "10,20 60.5,20 60.5,90 10,90",
                "labels": ["person"],
                "loiter_s": 2.5,
            }
        ]
    },
    "advanced": {
        "threshold": 60,
        "rules": [{"label": "cat", "threshold": 35, "min_height": 5}],
        "grace_s": 2.5,
        "detect_fps": 4.0,
        "max_clip_s": 90.0,
        "watch": "prompt",
        "tamper": "alarm",
    },
}
PROBED = Probe(
    width=1920,
    height=1080,
    video_codec="h264",
    audio_codec="aac",
    fps=25.0,
    records_directly=True,
    jpeg=b"\xff\xd8 a picture",
)


PROGRESS = ("check", "preview", "read", "search", "walk")


async def start_search(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Start adding a camera, and return the form with what was found."""
    flow = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "camera"), context={"source": SOURCE_USER}
    )
    if flow["type"] is not FlowResultType.SHOW_PROGRESS:
        return flow
    assert flow["step_id"] == flow["progress_action"] == "search"
    await hass.async_block_till_done()
    return await hass.config_entries.subentries.async_configure(flow["flow_id"])


async def start_adding(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Start adding a camera by its address, and return the form for it."""
    flow = await start_search(hass, entry)
    if flow["type"] is not FlowResultType.FORM:
        return flow
    return await submit_subentry(hass, flow, {"found": "address"})


async def start_reconfiguring(
    hass: HomeAssistant, entry: MockConfigEntry, camera_id: str
) -> dict[str, Any]:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "camera"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": camera_id},
    )


async def submit_subentry(
    hass: HomeAssistant, flow: dict[str, Any], given: dict[str, Any], *, saves: bool = True
) -> Any:
    """Submit a form, and wait for what takes time if that comes next.

    ``saves``: at the end, save the camera without a test.
    """
    result = await hass.config_entries.subentries.async_configure(flow["flow_id"], given)
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["step_id"] == result["progress_action"] in PROGRESS
        await hass.async_block_till_done()
        result = await hass.config_entries.subentries.async_configure(flow["flow_id"])
    if saves and result.get("step_id") == "ready":
        return await submit_subentry(hass, result, {"next_step_id": "save"})
    return result


def suggested_values(flow: dict[str, Any]) -> dict[str, Any]:
    """Return the suggested values of a form's fields."""
    shown = {}
    for key, value in flow["data_schema"].schema.items():
        if hasattr(value, "schema"):
            fields = value.schema.schema
            shown[str(key)] = {
                str(field): (field.description or {}).get("suggested_value") for field in fields
            }
        elif key.description is not None:
            shown[str(key)] = key.description["suggested_value"]
    return shown
