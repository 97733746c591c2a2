"""Repair issues of cameras that run, but not as they should."""

from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .engine.core.events import (
    ClipsLimited,
    DetectionPaused,
    DetectStreamChanged,
    KeyframesMissing,
    TamperChanged,
)
from .issues import async_raise_issue, camera_issue_id

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

CLIPS, DETECT_STREAM, DETECTION, KEYFRAMES = "clips", "detect_stream", "detection", "keyframes"
TAMPER = "tamper"
ENDS = (CLIPS, DETECT_STREAM, DETECTION, KEYFRAMES, TAMPER)
"""Of the issues' ids."""

type CameraIssueEvent = (
    ClipsLimited | DetectionPaused | DetectStreamChanged | KeyframesMissing | TamperChanged
)


@callback
def async_camera_event(
    hass: HomeAssistant, entry_id: str, name: str, event: CameraIssueEvent
) -> None:
    """Raise an issue for what an event says of a camera, or withdraw it when that is over."""
    match event:
        case ClipsLimited():
            end, key, wrong = CLIPS, "camera_many_clips", event.clips > 0
            placeholders = {"camera": name, "clips": str(event.clips)}
        case DetectionPaused():
            end, key, wrong = DETECTION, "camera_detection_paused", event.paused
            placeholders = {"camera": name}
        case DetectStreamChanged():
            end, key, wrong = DETECT_STREAM, "camera_detect_stream_lost", event.error is not None
            placeholders = {"camera": name}
        case KeyframesMissing():
            end, key, wrong = KEYFRAMES, "camera_rare_keyframes", event.seconds > 0
            placeholders = {"camera": name, "seconds": f"{event.seconds:.0f}"}
        case TamperChanged():
            end, key, wrong = TAMPER, f"camera_tamper_{event.kind}", event.kind is not None
            placeholders = {"camera": name}
    issue_id = _issue_id(event.camera_id, end)
    if not wrong:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    async_raise_issue(
        hass,
        entry_id,
        issue_id,
        key,
        placeholders,
        severity=ir.IssueSeverity.WARNING,
        fixable=not isinstance(event, TamperChanged),
        camera_id=event.camera_id,
    )


@callback
def async_forget_camera_events(hass: HomeAssistant, camera_id: str) -> None:
    """Withdraw a camera's issues: it was switched off or removed."""
    for end in ENDS:
        ir.async_delete_issue(hass, DOMAIN, _issue_id(camera_id, end))


def _issue_id(camera_id: str, end: str) -> str:
    return f"{camera_issue_id(camera_id)}_{end}"
