"""Repair issues of cameras that run, but not as they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homesec_fixtures import CAMERA_ID, set_up
import pytest

from custom_components.homesec import const
from custom_components.homesec.engine.core.events import (
    ClipsLimited,
    DetectionPaused,
    DetectStreamChanged,
    HealthChanged,
    KeyframesMissing,
    TamperChanged,
)
from custom_components.homesec.engine.core.types import CameraHealth, TamperKind

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

    from custom_components.homesec.camera_issues import CameraIssueEvent
    from custom_components.homesec.engine.core.events import EngineEvent

PAUSED = DetectionPaused(camera_id=CAMERA_ID, paused=True)
LIMITED = ClipsLimited(camera_id=CAMERA_ID, clips=42)
WITHOUT_DETECT_STREAM = DetectStreamChanged(camera_id=CAMERA_ID, error="timeout")
RARE = KeyframesMissing(camera_id=CAMERA_ID, seconds=25.4)
FROZEN = TamperChanged(camera_id=CAMERA_ID, kind=TamperKind.FROZEN, at=1.0)
ISSUES = {
    PAUSED: (f"camera_{CAMERA_ID}_detection", "camera_detection_paused", {"camera": "Front door"}),
    LIMITED: (
        f"camera_{CAMERA_ID}_clips",
        "camera_many_clips",
        {"camera": "Front door", "clips": "42"},
    ),
    WITHOUT_DETECT_STREAM: (
        f"camera_{CAMERA_ID}_detect_stream",
        "camera_detect_stream_lost",
        {"camera": "Front door"},
    ),
    RARE: (
        f"camera_{CAMERA_ID}_keyframes",
        "camera_rare_keyframes",
        {"camera": "Front door", "seconds": "25"},
    ),
    FROZEN: (f"camera_{CAMERA_ID}_tamper", "camera_tamper_frozen", {"camera": "Front door"}),
}
OVER = {
    PAUSED: DetectionPaused(camera_id=CAMERA_ID, paused=False),
    LIMITED: ClipsLimited(camera_id=CAMERA_ID, clips=0),
    WITHOUT_DETECT_STREAM: DetectStreamChanged(camera_id=CAMERA_ID),
    RARE: KeyframesMissing(camera_id=CAMERA_ID, seconds=0.0),
    FROZEN: TamperChanged(camera_id=CAMERA_ID, kind=None, at=2.0),
}


async def report(hass: HomeAssistant, entry: MockConfigEntry, event: EngineEvent) -> None:
    """Report from a thread, as the engine does."""
    await hass.async_add_executor_job(
        entry.runtime_data.host._forward, entry.runtime_data.coordinator.async_handle_event, event
    )
    await hass.async_block_till_done()


@pytest.mark.parametrize("event", ISSUES, ids=lambda event: ISSUES[event][1])
async def test_camera_event_raises_issue_until_it_is_over(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    event: CameraIssueEvent,
) -> None:
    issue_id, key, placeholders = ISSUES[event]
    await set_up(hass, entry)
    await report(hass, entry, event)
    issue = issue_registry.async_get_issue(const.DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_key == key
    assert issue.translation_placeholders is not None
    assert placeholders.items() <= issue.translation_placeholders.items()
    await report(hass, entry, OVER[event])
    assert issue_registry.async_get_issue(const.DOMAIN, issue_id) is None


@pytest.mark.parametrize("event", ISSUES, ids=lambda event: ISSUES[event][1])
async def test_camera_that_is_off_has_no_issue_of_an_event(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    event: CameraIssueEvent,
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, event)
    await report(hass, entry, HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.OFF))
    assert issue_registry.async_get_issue(const.DOMAIN, ISSUES[event][0]) is None
