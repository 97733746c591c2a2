"""Actions on clips: list, delete, protect, and rebuild."""

from __future__ import annotations

from datetime import UTC, datetime
import errno
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from clip_factory import EVENING, ClipFactory, act, ids, refused
from cloud_fixtures import set_up_cloud
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
)
from homesec_fixtures import CAMERA_ID, entity_id, set_up
import probatio
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.const import (
    EVENT_ALARM_REFUSED,
    EVENT_CLIPS_DELETED,
    EVENT_CLIPS_PURGED,
    EVENT_CLIPS_RESTORED,
)
from custom_components.homesec.engine.core.types import ClipState, CloudState, Trigger
from custom_components.homesec.engine.library.retention_policy import RetentionRules

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

GONE_ID = "01K0CAMERA0000000000000009"
HOSTILE = (
    "",
    "x",
    "../../etc/passwd",
    "' OR 1=1 --",
    "\0",
    "0" * 9999,
    "81K0CAMERA0000000000000001",
)

UNKNOWN_ID = "01K0CAMERA0000000000000005"


@pytest.fixture
async def factory(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> ClipFactory:
    """A factory without a cloud."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    return ClipFactory(entry, video)


@pytest.fixture
async def cloud_factory(hass: HomeAssistant, gcs: Any, video: Path) -> ClipFactory:
    """A factory with a cloud."""
    return await set_up_cloud(hass, gcs, video)


# --- list_clips --------------------------------------------------------------------------------


async def test_list_returns_all_fields(hass: HomeAssistant, cloud_factory: ClipFactory) -> None:
    clip = await cloud_factory.cloud_only(EVENING)
    device_id = cloud_factory.runtime.devices.id_of(CAMERA_ID)
    assert await act(hass, "list_clips") == {
        "clips": [
            {
                "clip_id": clip.id,
                "trigger": "presence",
                "label": "person",
                "score": 0.87,
                "started": "2026-11-21T22:29:56.000+00:00",
                "event": "2026-11-21T22:30:00.000+00:00",
                "camera_id": CAMERA_ID,
                "camera": "Front door",
                "device_id": device_id,
                "duration_s": 12.4,
                "bytes": clip.bytes,
                "local": False,
                "cloud": "stored",
                "protected": False,
                "media_content_id": f"media-source://homesec/clip/{clip.id}",
                "thumbnail": f"/api/homesec/clip/{clip.id}.jpg",
            }
        ],
        "cursor": None,
    }


async def test_list_continues_at_cursor(hass: HomeAssistant, factory: ClipFactory) -> None:
    clips = [(await factory.put(EVENING + minute * 60)).id for minute in range(5)]
    await factory.put(EVENING + 3600, state=ClipState.MISSING)
    await factory.put(EVENING + 3601, state=ClipState.REMOVING)
    seen, data = [], {"limit": 2}
    while True:
        answer = await act(hass, "list_clips", **data)
        seen.append(ids(answer))
        if answer["cursor"] is None:
            break
        data["cursor"] = answer["cursor"]
    assert seen == [clips[:2:-1], clips[2:0:-1], clips[:1]]


async def test_list_filters_by_camera_time_and_label(
    hass: HomeAssistant, entry: MockConfigEntry, factory: ClipFactory
) -> None:
    first = await factory.put(EVENING)
    second = await factory.put(EVENING + 600, trigger=Trigger.MANUAL)
    other = await factory.put(EVENING + 1200, camera_id=GONE_ID, name="Old shed")
    device_id = factory.runtime.devices.id_of(CAMERA_ID)
    camera = entity_id(hass, "camera", "camera")
    for data, expected in (
        ({}, [other, second, first]),
        ({"camera": device_id}, [second, first]),
        ({"camera": camera}, [second, first]),
        ({"camera": CAMERA_ID}, [second, first]),
        ({"camera": GONE_ID}, [other]),
        ({"label": "person"}, [other, first]),
        ({"label": "Robert'); DROP TABLE clips;"}, []),
        # The time zone is Home Assistant's.
        ({"from": "2026-11-21 23:35:00"}, [other, second]),
        ({"to": "2026-11-21T22:40:00+00:00"}, [first]),
        ({"from": "2026-11-21 23:30:00", "to": "2026-11-21 23:30:01"}, [first]),
        ({"from": datetime(1, 1, 1, tzinfo=UTC)}, [other, second, first]),
        ({"to": datetime(9999, 12, 31, tzinfo=UTC)}, [other, second, first]),
        ({"camera": device_id, "label": "person", "from": "2026-11-21 23:30"}, [first]),
    ):
        assert ids(await act(hass, "list_clips", **data)) == [c.id for c in expected], data
    assert entry.runtime_data.host.ready


async def test_list_refuses_invalid_filters(hass: HomeAssistant, factory: ClipFactory) -> None:
    same = "2026-11-21 23:35:00"
    assert await refused(hass, "list_clips", **{"from": same, "to": same}) == "bad_times"
    for text in HOSTILE[1:]:
        assert await refused(hass, "list_clips", cursor=text) == "bad_cursor"
        assert await refused(hass, "list_clips", camera=text) == "camera_not_found"
    for limit in (0, 501, "many"):
        with pytest.raises(probatio.Invalid):
            await act(hass, "list_clips", limit=limit)


async def test_list_refuses_foreign_device(
    hass: HomeAssistant, entry: MockConfigEntry, factory: ClipFactory
) -> None:
    house_id = factory.runtime.devices.id_of(None)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    for other in (house_id, panel):
        assert await refused(hass, "list_clips", camera=other) == "camera_not_found"


async def test_list_without_entry_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, factory: ClipFactory
) -> None:
    runtime = entry.runtime_data
    engine, runtime.host._engine = runtime.host._engine, None
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "list_clips")
    assert raised.value.translation_key == "engine_not_running"
    runtime.host._engine = engine
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await act(hass, "list_clips")


# --- delete_clip, protect_clip -----------------------------------------------------------------


async def test_delete_with_nothing_kept_removes_local_and_cloud_copy(
    hass: HomeAssistant, gcs: Any, cloud_factory: ClipFactory
) -> None:
    await keep_nothing(cloud_factory)
    here, there = (
        await cloud_factory.put(EVENING),
        await cloud_factory.cloud_only(EVENING + 1),
    )
    assert gcs.objects()
    await act(hass, "delete_clip", clip_id=[here.id, there.id, there.id])
    assert ids(await act(hass, "list_clips")) == []
    assert not (cloud_factory.runtime.host.clips_dir / here.path).exists()
    await until_empty(cloud_factory, gcs)
    assert await refused(hass, "delete_clip", clip_id=here.id) == "clip_not_found"


async def keep_nothing(factory: ClipFactory) -> None:
    """Turn Recently deleted off."""
    rules = RetentionRules(min_free_bytes=0, deleted_kept_s=0.0)
    await factory.runtime.host.async_run_raw(factory.library.set_rules, rules)


async def until_empty(factory: ClipFactory, gcs: Any) -> None:
    def wait() -> None:
        deadline = datetime.now(UTC).timestamp() + 10
        while gcs.objects():
            assert datetime.now(UTC).timestamp() < deadline, "still in the bucket"

    await factory.runtime.host.async_run_raw(wait)


async def test_delete_with_protected_clip_deletes_none(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    kept, other = await factory.put(EVENING), await factory.put(EVENING + 1)
    await act(hass, "protect_clip", clip_id=kept.id)
    assert [c["protected"] for c in (await act(hass, "list_clips"))["clips"]] == [False, True]
    both = [other.id, kept.id]
    assert await refused(hass, "delete_clip", clip_id=both) == "clip_protected"
    assert ids(await act(hass, "list_clips")) == both
    await act(hass, "protect_clip", clip_id=kept.id, protected=False)
    await act(hass, "delete_clip", clip_id=both)
    assert ids(await act(hass, "list_clips")) == []


async def test_actions_refuse_hostile_ids(hass: HomeAssistant, factory: ClipFactory) -> None:
    clip = await factory.put(EVENING)
    in_progress = await factory.put(EVENING + 1, state=ClipState.RECORDING)
    for clip_id in (*HOSTILE, UNKNOWN_ID):
        for action in ("delete_clip", "protect_clip"):
            assert await refused(hass, action, clip_id=[clip.id, clip_id]) == "clip_not_found"
    assert await refused(hass, "delete_clip", clip_id=in_progress.id) == "clip_not_found"
    (listed,) = (await act(hass, "list_clips"))["clips"]
    assert (listed["clip_id"], listed["protected"]) == (clip.id, False)
    with pytest.raises(probatio.Invalid):
        await act(hass, "delete_clip", clip_id=[])


async def test_delete_on_refusing_disk_reports_it(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    await keep_nothing(factory)
    clip = await factory.put(EVENING)
    with (
        patch("pathlib.Path.unlink", side_effect=PermissionError(errno.EPERM, "no")),
        pytest.raises(HomeAssistantError) as raised,
    ):
        await act(hass, "delete_clip", clip_id=clip.id)
    assert raised.value.translation_key == "clip_removed_later"
    assert ids(await act(hass, "list_clips")) == []


# --- Recently deleted ---------------------------------------------------------------------------


async def test_delete_moves_clips_to_recently_deleted(
    hass: HomeAssistant, factory: ClipFactory, hass_admin_user: MockUser
) -> None:
    announced = async_capture_events(hass, EVENT_CLIPS_DELETED)
    clips = [await factory.put(EVENING + n) for n in range(2)]
    both = [clip.id for clip in clips]
    await act(hass, "delete_clip", user=hass_admin_user.id, clip_id=both)
    assert ids(await act(hass, "list_clips")) == []
    for clip in clips:
        row = factory.library.catalog.get(clip.id)
        assert row is not None
        assert row.deleted_by == hass_admin_user.name
        assert (factory.runtime.host.clips_dir / clip.path).exists()
    assert [event.data for event in announced] == [
        {"clip_ids": both, "count": 2, "by": hass_admin_user.name}
    ]


async def test_restore_brings_clips_back(hass: HomeAssistant, factory: ClipFactory) -> None:
    announced = async_capture_events(hass, EVENT_CLIPS_RESTORED)
    clip = await factory.put(EVENING)
    before = await act(hass, "list_clips")
    await act(hass, "delete_clip", clip_id=clip.id)
    await act(hass, "restore_clip", clip_id=clip.id)
    assert await act(hass, "list_clips") == before
    assert [event.data for event in announced] == [{"clip_ids": [clip.id], "count": 1, "by": None}]


async def test_purge_removes_clips(hass: HomeAssistant, factory: ClipFactory) -> None:
    announced = async_capture_events(hass, EVENT_CLIPS_PURGED)
    clip = await factory.put(EVENING)
    await act(hass, "delete_clip", clip_id=clip.id)
    await act(hass, "purge_clip", clip_id=clip.id)
    assert factory.library.catalog.get(clip.id) is None
    assert not (factory.runtime.host.clips_dir / clip.path).exists()
    assert [event.data["clip_ids"] for event in announced] == [[clip.id]]


@pytest.mark.parametrize("action", ["restore_clip", "purge_clip"])
async def test_restore_and_purge_with_clip_that_is_not_deleted_change_none(
    hass: HomeAssistant, factory: ClipFactory, action: str
) -> None:
    listed, deleted = await factory.put(EVENING), await factory.put(EVENING + 1)
    await act(hass, "delete_clip", clip_id=deleted.id)
    for other in (listed.id, UNKNOWN_ID, *HOSTILE):
        both = [deleted.id, other]
        assert await refused(hass, action, clip_id=both) == "clip_not_found"
    row = factory.library.catalog.get(deleted.id)
    assert row is not None
    assert row.deleted_at is not None
    assert ids(await act(hass, "list_clips")) == [listed.id]


async def test_purge_while_triggered_is_refused_and_leaves_a_trace(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    traces = async_capture_events(hass, EVENT_ALARM_REFUSED)
    clip = await factory.put(EVENING)
    await act(hass, "delete_clip", clip_id=clip.id)
    panel = entity_id(hass, "alarm_control_panel", "alarm", factory.runtime.entry.entry_id)
    await hass.services.async_call(
        "alarm_control_panel", "alarm_trigger", {"entity_id": panel}, blocking=True
    )
    assert await refused(hass, "purge_clip", clip_id=clip.id) == "purge_held"
    assert factory.library.catalog.get(clip.id) is not None
    assert [event.data["action"] for event in traces] == ["clips_deleted"]
    await hass.services.async_call(
        "alarm_control_panel", "alarm_disarm", {"entity_id": panel}, blocking=True
    )
    await act(hass, "purge_clip", clip_id=clip.id)
    assert factory.library.catalog.get(clip.id) is None


async def test_delete_with_nothing_kept_while_triggered_keeps_clip(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    await keep_nothing(factory)
    clip = await factory.put(EVENING)
    panel = entity_id(hass, "alarm_control_panel", "alarm", factory.runtime.entry.entry_id)
    await hass.services.async_call(
        "alarm_control_panel", "alarm_trigger", {"entity_id": panel}, blocking=True
    )
    await act(hass, "delete_clip", clip_id=clip.id)
    assert (factory.runtime.host.clips_dir / clip.path).exists()
    await act(hass, "restore_clip", clip_id=clip.id)
    assert ids(await act(hass, "list_clips")) == [clip.id]


async def test_restore_on_refusing_disk_reports_it(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    await act(hass, "delete_clip", clip_id=clip.id)
    with (
        patch("pathlib.Path.unlink", side_effect=PermissionError(errno.EPERM, "no")),
        pytest.raises(HomeAssistantError) as raised,
    ):
        await act(hass, "restore_clip", clip_id=clip.id)
    assert raised.value.translation_key == "clip_not_restored"
    assert ids(await act(hass, "list_clips")) == []


# --- rebuild_index -----------------------------------------------------------------------------


async def test_rebuild_restores_clips_of_bucket(
    hass: HomeAssistant, gcs: Any, cloud_factory: ClipFactory
) -> None:
    clip = await cloud_factory.cloud_only(EVENING)
    lost = await cloud_factory.cloud_only(EVENING + 60)
    await cloud_factory.runtime.host.async_run(cloud_factory.library.catalog.remove, lost.id)
    answer = await act(hass, "rebuild_index")
    assert answer == {
        "from_cloud": 1,
        "from_folder": 0,
        "completed": 0,
        "unchanged": 1,
        "locked": 0,
        "refused": 0,
        "foreign": 0,
    }
    listed = (await act(hass, "list_clips"))["clips"]
    assert [c["clip_id"] for c in listed] == [lost.id, clip.id]
    assert listed[0] | {"clip_id": 0, "media_content_id": 0, "thumbnail": 0} == listed[1] | {
        "clip_id": 0,
        "media_content_id": 0,
        "thumbnail": 0,
        "started": "2026-11-21T22:30:56.000+00:00",
        "event": "2026-11-21T22:31:00.000+00:00",
    }
    assert (await act(hass, "rebuild_index"))["unchanged"] == 2
    assert listed[0]["cloud"] == CloudState.STORED


async def test_rebuild_with_unreachable_bucket_fails(
    hass: HomeAssistant, gcs: Any, cloud_factory: ClipFactory
) -> None:
    gcs.front.denied = {"storage.objects.list"}
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "rebuild_index")
    assert raised.value.translation_key == "storage_denied"
