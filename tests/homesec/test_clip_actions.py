"""The actions on clips: what automations list, export, delete, protect and find again."""

from __future__ import annotations

from datetime import UTC, datetime
import errno
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from clip_shelf import EVENING, Shelf
from cloud_house import move_in
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.core import Context
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homesec_house import CAMERA_ID, entity_id, set_up
import probatio
import pytest

from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.models import ClipState, CloudState, Trigger

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
async def shelf(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> Shelf:
    """A house without a cloud."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    return Shelf(entry, video)


@pytest.fixture
async def cloud_shelf(hass: HomeAssistant, gcs: Any, video: Path) -> Shelf:
    """A house with one."""
    return await move_in(hass, gcs, video)


@pytest.fixture
def evidence(house: Path) -> Path:
    """A folder that Home Assistant may write to."""
    return house / "media" / "evidence"


@pytest.fixture(scope="session")
def film(video: Path) -> bytes:
    """What every clip here consists of."""
    return video.read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    """Return all that is in a folder; nothing if there is none."""
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def link(path: Path, *, to: Path) -> None:
    """Make a symbolic link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


async def act(hass: HomeAssistant, action: str, *, user: str | None = None, **data: Any) -> Any:
    """Call an action; return what it answers, if it does."""
    answers = action in ("list_clips", "export", "rebuild_index")
    return await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=answers,
        context=Context(user_id=user) if user else None,
    )


async def refused(hass: HomeAssistant, action: str, **data: Any) -> str | None:
    """Call an action that the caller got wrong; return what it is told."""
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, action, **data)
    assert str(raised.value), "there is no text for it"
    return raised.value.translation_key


def ids(answer: dict[str, Any]) -> list[str]:
    return [clip["clip_id"] for clip in answer["clips"]]


# --- list_clips --------------------------------------------------------------------------------


async def test_a_clip_is_listed_with_all_that_an_automation_needs(
    hass: HomeAssistant, cloud_shelf: Shelf
) -> None:
    clip = await cloud_shelf.cloud_only(EVENING)
    device_id = cloud_shelf.coordinator.devices.id_of(CAMERA_ID)
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


async def test_a_list_goes_on_behind_its_cursor(hass: HomeAssistant, shelf: Shelf) -> None:
    clips = [(await shelf.put(EVENING + minute * 60)).id for minute in range(5)]
    await shelf.put(EVENING + 3600, state=ClipState.MISSING)
    await shelf.put(EVENING + 3601, state=ClipState.REMOVING)
    seen, data = [], {"limit": 2}
    while True:
        answer = await act(hass, "list_clips", **data)
        seen.append(ids(answer))
        if answer["cursor"] is None:
            break
        data["cursor"] = answer["cursor"]
    assert seen == [clips[:2:-1], clips[2:0:-1], clips[:1]]


async def test_a_list_is_narrowed_by_camera_time_and_label(
    hass: HomeAssistant, entry: MockConfigEntry, shelf: Shelf
) -> None:
    first = await shelf.put(EVENING)
    second = await shelf.put(EVENING + 600, trigger=Trigger.MANUAL)
    other = await shelf.put(EVENING + 1200, camera_id=GONE_ID, name="Old shed")
    device_id = shelf.coordinator.devices.id_of(CAMERA_ID)
    camera = entity_id(hass, "camera", "camera")
    for data, expected in (
        ({}, [other, second, first]),
        ({"camera": device_id}, [second, first]),
        ({"camera": camera}, [second, first]),
        ({"camera": CAMERA_ID}, [second, first]),
        ({"camera": GONE_ID}, [other]),
        ({"label": "person"}, [other, first]),
        ({"label": "Robert'); DROP TABLE clips;"}, []),
        # Without a zone it is Home Assistant's.
        ({"from": "2026-11-21 23:35:00"}, [other, second]),
        ({"to": "2026-11-21T22:40:00+00:00"}, [first]),
        ({"from": "2026-11-21 23:30:00", "to": "2026-11-21 23:30:01"}, [first]),
        ({"from": datetime(1, 1, 1, tzinfo=UTC)}, [other, second, first]),
        ({"to": datetime(9999, 12, 31, tzinfo=UTC)}, [other, second, first]),
        ({"camera": device_id, "label": "person", "from": "2026-11-21 23:30"}, [first]),
    ):
        assert ids(await act(hass, "list_clips", **data)) == [c.id for c in expected], data
    assert entry.runtime_data.ready


async def test_a_list_that_makes_no_sense_is_refused(hass: HomeAssistant, shelf: Shelf) -> None:
    same = "2026-11-21 23:35:00"
    assert await refused(hass, "list_clips", **{"from": same, "to": same}) == "bad_times"
    for text in HOSTILE[1:]:
        assert await refused(hass, "list_clips", cursor=text) == "bad_cursor"
        assert await refused(hass, "list_clips", camera=text) == "camera_not_found"
    for limit in (0, 501, "many"):
        with pytest.raises(probatio.Invalid):
            await act(hass, "list_clips", limit=limit)


async def test_a_device_that_is_no_camera_of_ours_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, shelf: Shelf
) -> None:
    house_id = shelf.coordinator.devices.id_of(None)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    for other in (house_id, panel):
        assert await refused(hass, "list_clips", camera=other) == "camera_not_found"


async def test_without_a_house_there_is_nothing_to_list(
    hass: HomeAssistant, entry: MockConfigEntry, shelf: Shelf
) -> None:
    coordinator = entry.runtime_data
    engine, coordinator._engine = coordinator._engine, None
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "list_clips")
    assert raised.value.translation_key == "engine_not_running"
    coordinator._engine = engine
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await act(hass, "list_clips")


# --- export ------------------------------------------------------------------------------------


async def test_clips_are_exported_from_here_and_from_the_cloud(
    hass: HomeAssistant, cloud_shelf: Shelf, evidence: Path, film: bytes
) -> None:
    here = await cloud_shelf.put(EVENING)
    there = await cloud_shelf.cloud_only(EVENING + 1, camera_name="../Böse\0 / Tür")
    answer = await act(hass, "export", clip_id=[here.id, there.id], folder=str(evidence))
    assert answer == {
        "files": [
            {
                "clip_id": here.id,
                "path": str(evidence / f"2026-11-21_23-30-00_front_door_{here.id}.mp4"),
            },
            {
                "clip_id": there.id,
                "path": str(evidence / f"2026-11-21_23-30-01_bose_tur_{there.id}.mp4"),
            },
        ],
        "failed": [],
    }
    assert list(contents(evidence).values()) == [film] * 2
    # Once more is the same.
    assert await act(hass, "export", clip_id=[here.id, there.id], folder=str(evidence)) == answer
    assert list(contents(evidence).values()) == [film] * 2


async def test_a_time_span_is_exported(hass: HomeAssistant, shelf: Shelf, evidence: Path) -> None:
    await shelf.put(EVENING)
    wanted = [await shelf.put(EVENING + 60), await shelf.put(EVENING + 120)]
    await shelf.put(EVENING + 130, camera_id=GONE_ID)
    await shelf.put(EVENING + 180)
    span = {"from": "2026-11-21 23:31:00", "to": "2026-11-21 23:33:00"}
    answer = await act(hass, "export", camera=CAMERA_ID, folder=str(evidence), **span)
    assert {f["clip_id"] for f in answer["files"]} == {c.id for c in wanted}
    assert await refused(hass, "export", folder=str(evidence)) == "nothing_chosen"
    only_from = {"from": span["from"]}
    assert await refused(hass, "export", folder=str(evidence), **only_from) == "nothing_chosen"


async def test_only_allowed_folders_are_written_to(
    hass: HomeAssistant, shelf: Shelf, house: Path, evidence: Path
) -> None:
    clip = await shelf.put(EVENING)
    (house / "secret").mkdir()
    link(house / "media" / "link", to=house / "secret")
    for folder in (
        "/etc",
        str(house),
        str(house / "secret"),
        "media",
        "",
        "\0",
        f"{house}/media/../secret",
        f"{house}/media/link",
        f"{house}/media/link/deeper",
        f"{house}/media/new/../../secret",
        str(shelf.coordinator.clips_dir),
        str(shelf.coordinator.clips_dir / CAMERA_ID),
    ):
        assert await refused(hass, "export", clip_id=clip.id, folder=folder) == "folder_not_allowed"
    assert contents(house / "secret") == {}
    # A link that lies in wait is replaced, not followed.
    name = f"2026-11-21_23-30-00_front_door_{clip.id}.mp4"
    link(evidence / name, to=house / "secret" / "film.mp4")
    await act(hass, "export", clip_id=clip.id, folder=str(evidence))
    assert contents(house / "secret") == {}
    assert not (evidence / name).is_symlink()


async def test_unknown_clips_export_nothing(
    hass: HomeAssistant, shelf: Shelf, evidence: Path
) -> None:
    clip = await shelf.put(EVENING)
    for clip_id in (*HOSTILE, UNKNOWN_ID):
        ids_ = [clip.id, clip_id]
        assert await refused(hass, "export", clip_id=ids_, folder=str(evidence)) == "clip_not_found"
    assert contents(evidence) == {}


async def test_a_clip_without_a_copy_is_told_and_the_others_are_exported(
    hass: HomeAssistant, shelf: Shelf, evidence: Path
) -> None:
    gone, clip = await shelf.put(EVENING), await shelf.put(EVENING + 1)
    (shelf.coordinator.clips_dir / gone.path).unlink()
    data = {"clip_id": [gone.id, clip.id], "folder": str(evidence)}
    answer = await act(hass, "export", **data)
    assert [each["clip_id"] for each in answer["failed"]] == [gone.id]
    assert answer["failed"][0]["error"] == "This clip does not exist any more"
    assert [each["clip_id"] for each in answer["files"]] == [clip.id]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "export", data, blocking=True)
    assert raised.value.translation_key == "not_all_exported"


async def test_a_full_disk_ends_an_export(
    hass: HomeAssistant, shelf: Shelf, evidence: Path
) -> None:
    clip = await shelf.put(EVENING)
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        patch.object(type(shelf.keeper), "fetch", side_effect=full),
        pytest.raises(HomeAssistantError, match="No space left") as raised,
    ):
        await act(hass, "export", clip_id=clip.id, folder=str(evidence))
    assert raised.value.translation_key == "export_failed"
    assert contents(evidence) == {}


# --- delete_clip, protect_clip -----------------------------------------------------------------


async def test_a_clip_is_deleted_here_and_in_the_cloud(
    hass: HomeAssistant, gcs: Any, cloud_shelf: Shelf
) -> None:
    here, there = await cloud_shelf.put(EVENING), await cloud_shelf.cloud_only(EVENING + 1)
    assert gcs.objects()
    await act(hass, "delete_clip", clip_id=[here.id, there.id, there.id])
    assert ids(await act(hass, "list_clips")) == []
    assert not (cloud_shelf.coordinator.clips_dir / here.path).exists()
    await until_empty(cloud_shelf, gcs)
    assert await refused(hass, "delete_clip", clip_id=here.id) == "clip_not_found"


async def until_empty(shelf: Shelf, gcs: Any) -> None:
    def wait() -> None:
        deadline = datetime.now(UTC).timestamp() + 10
        while gcs.objects():
            assert datetime.now(UTC).timestamp() < deadline, "still in the bucket"

    await shelf.coordinator.async_run_raw(wait)


async def test_a_protected_clip_is_not_deleted_nor_are_those_beside_it(
    hass: HomeAssistant, shelf: Shelf
) -> None:
    kept, other = await shelf.put(EVENING), await shelf.put(EVENING + 1)
    await act(hass, "protect_clip", clip_id=kept.id)
    assert [c["protected"] for c in (await act(hass, "list_clips"))["clips"]] == [False, True]
    both = [other.id, kept.id]
    assert await refused(hass, "delete_clip", clip_id=both) == "clip_protected"
    assert ids(await act(hass, "list_clips")) == both
    await act(hass, "protect_clip", clip_id=kept.id, protected=False)
    await act(hass, "delete_clip", clip_id=both)
    assert ids(await act(hass, "list_clips")) == []


async def test_hostile_ids_change_nothing(hass: HomeAssistant, shelf: Shelf) -> None:
    clip = await shelf.put(EVENING)
    growing = await shelf.put(EVENING + 1, state=ClipState.RECORDING)
    for clip_id in (*HOSTILE, UNKNOWN_ID):
        for action in ("delete_clip", "protect_clip"):
            assert await refused(hass, action, clip_id=[clip.id, clip_id]) == "clip_not_found"
    assert await refused(hass, "delete_clip", clip_id=growing.id) == "clip_not_found"
    (listed,) = (await act(hass, "list_clips"))["clips"]
    assert (listed["clip_id"], listed["protected"]) == (clip.id, False)
    with pytest.raises(probatio.Invalid):
        await act(hass, "delete_clip", clip_id=[])


async def test_a_disk_that_does_not_let_go_is_told(hass: HomeAssistant, shelf: Shelf) -> None:
    clip = await shelf.put(EVENING)
    with (
        patch("pathlib.Path.unlink", side_effect=PermissionError(errno.EPERM, "no")),
        pytest.raises(HomeAssistantError) as raised,
    ):
        await act(hass, "delete_clip", clip_id=clip.id)
    assert raised.value.translation_key == "clip_removed_later"
    assert ids(await act(hass, "list_clips")) == []


# --- rebuild_index -----------------------------------------------------------------------------


async def test_the_index_is_rebuilt_from_the_bucket(
    hass: HomeAssistant, gcs: Any, cloud_shelf: Shelf
) -> None:
    clip = await cloud_shelf.cloud_only(EVENING)
    lost = await cloud_shelf.cloud_only(EVENING + 60)
    await cloud_shelf.coordinator.async_run(cloud_shelf.keeper.catalog.remove, lost.id)
    answer = await act(hass, "rebuild_index")
    assert answer == {
        "from_cloud": 1,
        "from_folder": 0,
        "completed": 0,
        "unchanged": 1,
        "locked": 0,
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


async def test_a_bucket_that_cannot_be_reached_is_told(
    hass: HomeAssistant, gcs: Any, cloud_shelf: Shelf
) -> None:
    gcs.front.denied = {"storage.objects.list"}
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "rebuild_index")
    assert raised.value.translation_key == "storage_denied"


# --- who may -----------------------------------------------------------------------------------


async def test_who_may_only_look_may_list(
    hass: HomeAssistant, shelf: Shelf, hass_read_only_user: MockUser, evidence: Path
) -> None:
    clip = await shelf.put(EVENING)
    user = hass_read_only_user.id
    assert ids(await act(hass, "list_clips", user=user)) == [clip.id]
    for action, data in (
        ("export", {"clip_id": clip.id, "folder": str(evidence)}),
        ("delete_clip", {"clip_id": clip.id}),
        ("protect_clip", {"clip_id": clip.id}),
        ("rebuild_index", {}),
    ):
        with pytest.raises(Unauthorized):
            await act(hass, action, user=user, **data)
    assert contents(evidence) == {}


async def test_who_may_disarm_may_delete_and_protect(
    hass: HomeAssistant, shelf: Shelf, hass_owner_user: MockUser, evidence: Path
) -> None:
    clip = await shelf.put(EVENING)
    ann = await hass.auth.async_create_user("Ann", group_ids=["system-users"])
    assert not ann.is_admin
    user = ann.id
    await act(hass, "protect_clip", user=user, clip_id=clip.id)
    await act(hass, "protect_clip", user=user, clip_id=clip.id, protected=False)
    await act(hass, "delete_clip", user=user, clip_id=clip.id)
    assert await act(hass, "list_clips", user=user) == {"clips": [], "cursor": None}
    for action, data in (
        ("export", {"clip_id": clip.id, "folder": str(evidence)}),
        ("rebuild_index", {}),
    ):
        with pytest.raises(Unauthorized):
            await act(hass, action, user=user, **data)


async def test_who_may_not_see_the_alarm_panel_may_nothing(
    hass: HomeAssistant, shelf: Shelf, hass_read_only_user: MockUser
) -> None:
    await shelf.put(EVENING)
    hass_read_only_user.permissions = PolicyPermissions({}, None)
    with pytest.raises(Unauthorized):
        await act(hass, "list_clips", user=hass_read_only_user.id)
    with pytest.raises(UnknownUser):
        await act(hass, "list_clips", user="nobody")
