"""Repair issues about the cloud, the disk, and the catalog, and their fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from google_key import service_account
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from homesec_fixtures import set_up, state, until
import pytest
from storage_fixtures import add_storage, patch_storage, storage, submit
from test_issues import CLIP, pass_time, report

from custom_components.homesec.cloud.state import NEEDS_USER
from custom_components.homesec.engine.core.events import (
    Backlog,
    CatalogRebuilt,
    ClipsRemoved,
    ClipUploaded,
    DiskSpaceChanged,
    ObjectRefused,
    OutboxChanged,
    RemovalReason,
)
from custom_components.homesec.engine.db.job_queue import JobKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_gcs import FakeGcs
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

GIB = 1024**3


@pytest.fixture(autouse=True)
def google(gcs: FakeGcs) -> Iterator[None]:
    with patch_storage(gcs):
        yield


@pytest.fixture
async def repairs(hass: HomeAssistant) -> Any:
    assert await async_setup_component(hass, "repairs", {})
    return repairs_flow_manager(hass)


def paused(error: str | None) -> OutboxChanged:
    return OutboxChanged(backlog=Backlog(jobs=3, bytes=99), error=error, paused=error is not None)


def issue_key(issue_registry: ir.IssueRegistry, issue_id: str) -> str | None:
    issue = issue_registry.async_get_issue("homesec", issue_id)
    return None if issue is None else issue.translation_key


async def fix(hass: HomeAssistant, repairs: Any, issue_id: str = "storage") -> dict[str, Any]:
    """Open an issue's fix flow and submit it."""
    flow = await repairs.async_init("homesec", context={"issue_id": issue_id})
    assert flow["step_id"] == "confirm"
    done = await repairs.async_configure(flow["flow_id"], {})
    await hass.async_block_till_done()
    return dict(done)


def next_flow(hass: HomeAssistant, done: dict[str, Any]) -> dict[str, Any]:
    assert done["reason"] == "opens_storage"
    kind, flow_id = done["next_flow"]
    assert kind == "config_flow"
    return dict(hass.config_entries.flow.async_get(flow_id))


# --- the cloud ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", sorted(NEEDS_USER))
async def test_error_that_needs_user_creates_issue_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: ir.IssueRegistry,
    error: str,
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    await report(hass, entry, paused(error))
    issue = issue_registry.async_get_issue("homesec", "storage")
    assert issue.translation_key == error
    assert issue.is_fixable
    assert issue.severity == "error"
    assert state(hass, "sensor", "uploads_waiting", entry.entry_id) == "3"
    await report(hass, entry, paused(None))
    assert issue_key(issue_registry, "storage") is None


@pytest.mark.parametrize("error", ["storage_unreachable", "storage_busy", "storage_quota", None])
async def test_temporary_error_creates_no_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: ir.IssueRegistry,
    error: str | None,
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    await report(hass, entry, OutboxChanged(backlog=Backlog(jobs=3, bytes=9), error=error))
    assert issue_key(issue_registry, "storage") is None
    assert issue_key(issue_registry, "uploads_stuck") is None


async def test_issue_of_refused_login_is_fixed_by_other_key(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: ir.IssueRegistry,
    repairs: Any,
) -> None:
    add_storage(entry, storage(gcs, key=service_account(gcs)))
    gcs.front.token_answer = (400, {"error": "invalid_grant"})
    await set_up(hass, entry)
    runtime = entry.runtime_data
    jobs = runtime.host.engine.catalog.jobs
    await runtime.host.async_run(jobs.add, JobKind.DELETE, "x", {"names": ["x.mp4"]})
    await until(hass, lambda: issue_key(issue_registry, "storage") == "storage_key_revoked")
    flow = next_flow(hass, await fix(hass, repairs))
    assert flow["step_id"] == "reauth_confirm"
    # Opened again, it leads to the same flow.
    assert next_flow(hass, await fix(hass, repairs))["flow_id"] == flow["flow_id"]
    gcs.front.token_answer = None
    done = await submit(hass, flow, {"login": "key"})
    assert done["reason"] == "reauth_successful"
    await until(hass, lambda: issue_key(issue_registry, "storage") is None)
    await until(hass, lambda: runtime.storage.state.uploads.backlog.jobs == 0)


async def test_issue_of_missing_bucket_is_fixed_by_other_bucket(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: ir.IssueRegistry,
    repairs: Any,
) -> None:
    add_storage(entry, storage(gcs, bucket="no-such-bucket"))
    await set_up(hass, entry)
    await report(hass, entry, paused("storage_bucket_missing"))
    flow = await repairs.async_init("homesec", context={"issue_id": "storage"})
    assert flow["description_placeholders"] == {"bucket": "no-such-bucket"}
    assert next_flow(hass, await fix(hass, repairs))["step_id"] == "bucket"


async def test_fix_of_turned_off_cloud_aborts(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, repairs: Any
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    await report(hass, entry, paused("storage_denied"))
    flow = await repairs.async_init("homesec", context={"issue_id": "storage"})
    hass.config_entries.async_update_entry(entry, data={"detector": "ncnn"})
    done = await repairs.async_configure(flow["flow_id"], {})
    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "storage_gone"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_uploaded_clip_clears_login_error(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, issue_registry: ir.IssueRegistry
) -> None:
    add_storage(entry, storage(gcs, key={"type": "nonsense"}))
    await set_up(hass, entry)
    assert issue_key(issue_registry, "storage") == "storage_key_invalid"
    await report(hass, entry, paused(None))
    assert issue_key(issue_registry, "storage") == "storage_key_invalid"
    await report(hass, entry, ClipUploaded(clip=CLIP))
    assert issue_key(issue_registry, "storage") is None


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (None, "uploads_stuck"),
        ("storage_unreachable", "uploads_stuck"),
        ("storage_quota", "uploads_stuck_quota"),
        ("storage_clock_skew", "uploads_stuck_clock"),
    ],
)
async def test_uploads_stuck_for_a_day_create_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: ir.IssueRegistry,
    freezer: FrozenDateTimeFactory,
    error: str | None,
    key: str,
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    runtime = entry.runtime_data
    outbox = runtime.host.engine.library._outbox
    outbox.halt()
    await runtime.host.async_run(outbox.join)
    since = freezer.time_to_freeze.timestamp()
    await report(hass, entry, OutboxChanged(backlog=Backlog(jobs=1, oldest_at=since), error=error))
    await pass_time(hass, freezer, hours=23, minutes=55)
    assert issue_key(issue_registry, "uploads_stuck") is None
    assert state(hass, "sensor", "uploads_age", entry.entry_id) == "1435.0"
    await pass_time(hass, freezer, minutes=10)
    issue = issue_registry.async_get_issue("homesec", "uploads_stuck")
    assert issue.translation_key == key
    assert issue.translation_placeholders == {"clips": "1"}
    # An error that needs the user has an issue of its own.
    await report(
        hass,
        entry,
        OutboxChanged(
            backlog=Backlog(jobs=2, oldest_at=since), error="storage_denied", paused=True
        ),
    )
    await pass_time(hass, freezer, minutes=1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue_key(issue_registry, "uploads_stuck") is None
    await report(hass, entry, OutboxChanged(backlog=Backlog()))
    await pass_time(hass, freezer, minutes=1)
    assert issue_key(issue_registry, "uploads_stuck") is None
    assert state(hass, "sensor", "uploads_age", entry.entry_id) == "0.0"


# --- disk and catalog ---------------------------------------------------------------------------


async def test_nearly_full_disk_creates_issue_until_freed(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, DiskSpaceChanged(low=True, free_bytes=GIB // 2))
    issue = issue_registry.async_get_issue("homesec", "disk_space")
    assert issue.translation_key == "disk_nearly_full"
    assert issue.translation_placeholders == {"free": "0.5"}
    await report(hass, entry, DiskSpaceChanged(low=False, free_bytes=2 * GIB))
    assert issue_key(issue_registry, "disk_space") is None


async def test_lost_clips_are_counted_until_confirmed(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, repairs: Any
) -> None:
    await set_up(hass, entry)
    dropped = {"count": 9, "bytes": 9, "last_copies": 4}
    await report(hass, entry, ClipsRemoved(reason=RemovalReason.AGE, **dropped))
    await report(
        hass, entry, ClipsRemoved(reason=RemovalReason.SPACE, **dropped | {"last_copies": 0})
    )
    assert issue_key(issue_registry, "clips_dropped") is None
    await report(hass, entry, ClipsRemoved(reason=RemovalReason.SPACE, **dropped))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await report(hass, entry, ClipsRemoved(reason=RemovalReason.SPACE, **dropped))
    issue = issue_registry.async_get_issue("homesec", "clips_dropped")
    assert issue.translation_placeholders == {"clips": "8"}
    assert (await fix(hass, repairs, "clips_dropped"))["type"] is FlowResultType.CREATE_ENTRY
    assert issue_key(issue_registry, "clips_dropped") is None


async def test_rebuilt_catalog_creates_issue_unless_it_was_missing(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, repairs: Any
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, CatalogRebuilt(clips=3, set_aside=None))
    assert issue_key(issue_registry, "catalog_rebuilt") is None
    await report(hass, entry, CatalogRebuilt(clips=3, set_aside="clips.db.broken"))
    issue = issue_registry.async_get_issue("homesec", "catalog_rebuilt")
    assert issue.translation_placeholders == {"clips": "3", "file": "clips.db.broken"}
    assert issue.severity == "warning"
    # It survives a restart, but not the removal of the entry.
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issue_key(issue_registry, "catalog_rebuilt")
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue_key(issue_registry, "catalog_rebuilt") is None


async def test_damaged_files_are_counted_until_confirmed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    repairs: Any,
    config_dir: Any,
) -> None:
    day = config_dir / "media" / "homesec" / "door" / "2026-01-01"
    day.mkdir(parents=True)
    for number in range(3):
        (day / f"01K0C0000000000000000000{number:02}.part.mp4").write_bytes(b"no film at all" * 99)
    await set_up(hass, entry)
    assert entry.runtime_data.host.ready
    await until(hass, lambda: issue_key(issue_registry, "files_damaged"))
    issue = issue_registry.async_get_issue("homesec", "files_damaged")
    folder = str(config_dir / "media" / "homesec")
    assert issue.translation_placeholders == {"files": "3", "folder": folder}
    (day / "01K0C000000000000000000009.part.mp4").write_bytes(b"no film at all" * 99)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(
        hass,
        lambda: (
            issue_registry.async_get_issue("homesec", "files_damaged").translation_placeholders
            == {"files": "4", "folder": folder}
        ),
    )
    assert (await fix(hass, repairs, "files_damaged"))["type"] is FlowResultType.CREATE_ENTRY
    assert issue_key(issue_registry, "files_damaged") is None


async def test_damaged_catalog_creates_issue_at_start(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, config_dir: Any
) -> None:
    (config_dir / "homesec").mkdir()
    (config_dir / "homesec" / "clips.db").write_bytes(b"no database" * 1000)
    await set_up(hass, entry)
    await until(hass, lambda: issue_key(issue_registry, "catalog_rebuilt"))
    assert entry.runtime_data.host.ready


async def test_event_while_stopping_creates_no_issue(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    with patch.object(entry.runtime_data.storage.issues, "async_update_disk") as updated:
        await entry.runtime_data.coordinator.async_stop()
        await report(hass, entry, DiskSpaceChanged(low=True, free_bytes=0))
        entry.runtime_data.storage.async_apply_retention()
    updated.assert_not_called()


async def test_object_refused_as_the_bucket_is_removed_is_no_issue(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, ObjectRefused(name="house/cam/clip.mp4"))
    assert issue_registry.issues == {}
