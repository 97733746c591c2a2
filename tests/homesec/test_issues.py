"""Repair issues: raised, and withdrawn when they are solved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, set_up, state
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.homesec import const
from custom_components.homesec.engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    DetectorChanged,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import CameraHealth, Clip, ClipState, Trigger

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

    from custom_components.homesec.engine.core.events import EngineEvent

CAMERA_ISSUE = f"camera_{CAMERA_ID}"
CLIP = Clip(
    id="01K0C0000000000000000000AA",
    camera_id=CAMERA_ID,
    camera_name="Front door",
    state=ClipState.RECORDING,
    trigger=Trigger.PRESENCE,
    started_at=1_790_000_000.0,
    event_at=1_790_000_004.0,
)


async def report(hass: HomeAssistant, entry: MockConfigEntry, *events: EngineEvent) -> None:
    """Report from a thread, as the engine does."""
    for event in events:
        await hass.async_add_executor_job(
            entry.runtime_data.host._forward,
            entry.runtime_data.coordinator.async_handle_event,
            event,
        )
    await hass.async_block_till_done()


def health(health: CameraHealth, error: str | None = None) -> HealthChanged:
    return HealthChanged(camera_id=CAMERA_ID, health=health, error=error)


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: int) -> None:
    freezer.tick(timedelta(**time))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_long_lost_camera_raises_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.RUNNING))
    assert state(hass, "binary_sensor", "person_present") == "off"
    await report(hass, entry, health(CameraHealth.LOST, "no_route"))
    assert state(hass, "binary_sensor", "person_present") == "unavailable"
    await pass_time(hass, freezer, minutes=4)
    # A further report of the loss doesn't restart the timer.
    await report(hass, entry, health(CameraHealth.CONNECTING), health(CameraHealth.LOST, "timeout"))
    assert state(hass, "binary_sensor", "person_present") == "unavailable"
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None
    await pass_time(hass, freezer, minutes=1, seconds=1)
    issue = issue_registry.async_get_issue("homesec", CAMERA_ISSUE)
    assert issue.translation_key == "camera_lost"
    assert issue.translation_placeholders == {"camera": "Front door"}
    assert issue.is_fixable
    await report(hass, entry, health(CameraHealth.RUNNING))
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None
    assert state(hass, "binary_sensor", "person_present") == "off"


async def test_briefly_lost_camera_raises_no_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    await set_up(hass, entry)
    await report(
        hass,
        entry,
        health(CameraHealth.LOST, "stalled"),
        health(CameraHealth.CONNECTING),
        health(CameraHealth.RUNNING),
    )
    await pass_time(hass, freezer, minutes=10)
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("invalid_auth", "camera_login_refused"),
        ("not_decoded", "camera_not_decoded"),
        ("not_watched", "camera_not_watched"),
    ],
)
async def test_error_that_needs_a_user_raises_issue_immediately(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    error: str,
    key: str,
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.LOST, error))
    issue = issue_registry.async_get_issue("homesec", CAMERA_ISSUE)
    assert issue.translation_key == key
    await report(hass, entry, health(CameraHealth.OFF))
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None


async def test_camera_that_ends_its_process_raises_issue_until_it_runs_for_some_time(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.LOST, "source_broken"))
    issue = issue_registry.async_get_issue("homesec", CAMERA_ISSUE)
    assert issue.translation_key == "camera_broken"
    # It runs between two crashes.
    await report(hass, entry, health(CameraHealth.CONNECTING), health(CameraHealth.RUNNING))
    await pass_time(hass, freezer, minutes=4)
    await report(hass, entry, health(CameraHealth.LOST, "unknown"), health(CameraHealth.RUNNING))
    await pass_time(hass, freezer, minutes=4)
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) == issue
    await pass_time(hass, freezer, minutes=2)
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None


async def test_removing_camera_withdraws_issue(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.LOST, "invalid_auth"))
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    # A late event of the engine raises nothing.
    await report(hass, entry, health(CameraHealth.LOST, "invalid_auth"))
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None


async def test_camera_fix_opens_its_settings(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.LOST, "invalid_auth"))
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init("homesec", context={"issue_id": CAMERA_ISSUE})
    assert flow["step_id"] == "confirm"
    assert flow["description_placeholders"] == {"camera": "Front door"}
    done = await flows.async_configure(flow["flow_id"], {})
    assert done["type"] is FlowResultType.ABORT
    kind, flow_id = done["next_flow"]
    assert kind == "config_subentries_flow"
    assert hass.config_entries.subentries.async_get(flow_id)["step_id"] == "reconfigure"
    # The issue is withdrawn when the camera runs, not by the flow.
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE)


async def test_fix_of_removed_camera_aborts(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "repairs", {})
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.LOST, "invalid_auth"))
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init("homesec", context={"issue_id": CAMERA_ISSUE})
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    done = await flows.async_configure(flow["flow_id"], {})
    assert done["reason"] == "camera_gone"


@pytest.mark.parametrize(
    "error",
    ["detector_failed", "detector_missing", "model_unknown", "model_unavailable", "model_broken"],
)
async def test_detector_error_raises_issue_until_ready(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, error: str
) -> None:
    await set_up(hass, entry)
    broken = DetectorChanged(ready=False, detector="ncnn", model="nanodet", error=error)
    await report(hass, entry, broken)
    issue = issue_registry.async_get_issue("homesec", "detector")
    assert issue.translation_key == error
    assert issue.translation_placeholders == {"detector": "ncnn", "model": "nanodet"}
    assert state(hass, "sensor", "detector", entry.entry_id) == "failed"
    await report(hass, entry, replace(broken, ready=True, error=None))
    assert issue_registry.async_get_issue("homesec", "detector") is None
    assert state(hass, "sensor", "detector", entry.entry_id) == "ready"


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("model_unavailable", "second_opinion_unavailable"),
        ("model_broken", "second_opinion_failed"),
        ("detector_failed", "second_opinion_failed"),
    ],
)
async def test_verifier_error_raises_warning_until_ready(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    error: str,
    key: str,
) -> None:
    await set_up(hass, entry)
    files = {"model": "NanoDet", "files": "a.param + a.bin", "folder": "/config/homesec/models"}
    alone = DetectorChanged(
        ready=True, detector="ncnn", model="yolox-nano", verifier_error=error, placeholders=files
    )
    await report(hass, entry, alone)
    issue = issue_registry.async_get_issue("homesec", "second_opinion")
    assert issue.translation_key == key
    assert issue.severity == "warning"
    assert issue.translation_placeholders == {"detector": "ncnn", **files}
    assert issue_registry.async_get_issue("homesec", "detector") is None
    assert state(hass, "sensor", "detector", entry.entry_id) == "alone"
    await report(hass, entry, replace(alone, verifier="nanodet-plus-m", verifier_error=None))
    assert issue_registry.async_get_issue("homesec", "second_opinion") is None
    assert state(hass, "sensor", "detector", entry.entry_id) == "ready"


async def test_unknown_error_raises_generic_issue(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    broken = DetectorChanged(ready=False, detector="ncnn", model="nanodet", error="unknown")
    await report(hass, entry, broken)
    assert issue_registry.async_get_issue("homesec", "detector").translation_key == (
        "detector_failed"
    )


@pytest.mark.parametrize("error", ["disk_full", "disk_read_only", "recording_failed"])
async def test_disk_error_raises_issue_until_clip_is_saved(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, error: str
) -> None:
    failed = async_capture_events(hass, const.EVENT_CLIP_FAILED)
    await set_up(hass, entry)
    await report(hass, entry, ClipStarted(clip=CLIP), ClipFailed(clip=replace(CLIP, error=error)))
    assert issue_registry.async_get_issue("homesec", "recording").translation_key == error
    assert failed[0].data["error"] == error
    assert failed[0].data["clip_id"] == CLIP.id
    # Another error says nothing about the disk.
    await report(hass, entry, ClipFailed(clip=replace(CLIP, error="recording_failed")))
    await report(hass, entry, ClipFailed(clip=CLIP))
    assert issue_registry.async_get_issue("homesec", "recording")
    await report(hass, entry, ClipSaved(clip=CLIP))
    assert issue_registry.async_get_issue("homesec", "recording") is None


async def test_stop_keeps_ignored_issue(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, health(CameraHealth.LOST, "invalid_auth"))
    issue_registry.async_ignore("homesec", CAMERA_ISSUE, ignore=True)
    await entry.runtime_data.coordinator.async_stop()
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE).dismissed_version
    await entry.runtime_data.coordinator.async_stop()


async def test_event_after_stop_is_ignored(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    runtime: Any = entry.runtime_data
    await runtime.coordinator.async_stop()
    await report(hass, entry, health(CameraHealth.LOST, "invalid_auth"))
    assert issue_registry.async_get_issue("homesec", CAMERA_ISSUE) is None
