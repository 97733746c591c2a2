"""The page's commands on clips, and who may use them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_factory import EVENING, ClipFactory
from homesec_fixtures import CAMERA_ID, set_up
from page_client import PageClient
import pytest

from custom_components.homesec.engine.core.types import ClipState, CloudState, Trigger

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

GONE_ID = "01K0CAMERA0000000000000009"
UNKNOWN_ID = "01K0CAMERA0000000000000005"
HOSTILE = ("", "x", "../../etc/passwd", "' OR 1=1 --", "\0", "81K0CAMERA0000000000000001")


def contents(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture
async def factory(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, socket_enabled: None
) -> ClipFactory:
    """A factory for clips of an entry without cloud storage."""
    await set_up(hass, entry)
    return ClipFactory(entry, video)


@pytest.fixture
async def page(
    hass: HomeAssistant, factory: ClipFactory, hass_ws_client: WebSocketGenerator
) -> PageClient:
    """The page of an administrator."""
    return PageClient(await hass_ws_client(hass))


@pytest.fixture
async def reader(
    hass: HomeAssistant,
    factory: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> PageClient:
    """The page of a user with read-only permissions."""
    return PageClient(await hass_ws_client(hass, hass_read_only_access_token))


def ids(answer: dict[str, Any]) -> list[str]:
    return [clip["id"] for clip in answer["clips"]]


# --- list --------------------------------------------------------------------------------------


async def test_list_returns_all_fields_of_clip(page: PageClient, factory: ClipFactory) -> None:
    clip = await factory.put(EVENING, zones=("Drive", "Porch"), width=640, height=272)
    assert await page.call("clips/list") == {
        "clips": [
            {
                "id": clip.id,
                "camera_id": CAMERA_ID,
                "camera": "Front door",
                "state": "saved",
                "trigger": "presence",
                "started": EVENING - 4,
                "event": EVENING,
                "duration": 12.4,
                "label": "person",
                "score": 0.872,
                "sensor": None,
                "zones": ["Drive", "Porch"],
                "protected": False,
                "local": True,
                "cloud": "none",
                "progress": None,
                "bytes": clip.bytes,
                "width": 640,
                "height": 272,
                "error": None,
                "film": f"/api/homesec/clip/{clip.id}.mp4",
                "still": f"/api/homesec/clip/{clip.id}.jpg",
            }
        ],
        "cursor": None,
        "total": 1,
    }


async def test_list_pages_until_end(page: PageClient, factory: ClipFactory) -> None:
    clips = [(await factory.put(EVENING + minute * 60)).id for minute in range(5)]
    first = await page.call("clips/list", limit=2)
    second = await page.call("clips/list", limit=2, cursor=first["cursor"])
    third = await page.call("clips/list", limit=2, cursor=second["cursor"])
    assert ids(first) + ids(second) + ids(third) == clips[::-1]
    assert (first["total"], second["total"], third["cursor"]) == (5, None, None)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "abcd"),
        ({"cameras": [GONE_ID]}, "b"),
        ({"cameras": []}, "abcd"),
        ({"labels": ["cat"]}, "b"),
        ({"labels": ["cat", "person"]}, "abd"),
        ({"zones": ["Porch"]}, "ad"),
        ({"zones": ["Porch", "Road"]}, "abd"),
        ({"protected": True}, "c"),
        ({"protected": False}, "abd"),
        ({"from": EVENING + 60}, "bcd"),
        ({"to": EVENING + 120}, "ab"),
        ({"from": EVENING + 60, "to": EVENING + 120.5}, "bc"),
        ({"text": "FRONT"}, "acd"),
        ({"text": "gard road"}, "b"),
        ({"text": "cat"}, "b"),
        ({"text": "porch person"}, "ad"),
        ({"text": "nothing"}, ""),
        ({"text": "%"}, ""),
        ({"cameras": [CAMERA_ID], "zones": ["Porch"], "text": "front", "from": EVENING + 1}, "d"),
    ],
)
async def test_list_filter_returns_matching_clips(
    page: PageClient, factory: ClipFactory, wanted: dict[str, Any], found: str
) -> None:
    clips = {
        "a": await factory.put(EVENING, zones=("Porch",)),
        "b": await factory.put(
            EVENING + 60, camera_id=GONE_ID, name="Garden", label="cat", zones=("Road",)
        ),
        "c": await factory.put(EVENING + 120, trigger=Trigger.MANUAL, protected=True),
        "d": await factory.put(EVENING + 180, zones=("Drive", "Porch")),
    }
    answer = await page.call("clips/list", **wanted)
    assert ids(answer) == [clips[name].id for name in reversed(found)]
    assert answer["total"] == len(found)


async def test_list_includes_recording_failed_and_missing_clips(
    page: PageClient, factory: ClipFactory
) -> None:
    for n, state in enumerate((ClipState.RECORDING, ClipState.FAILED, ClipState.MISSING)):
        await factory.put(EVENING + n, state=state, still=False)
    await factory.put(EVENING + 9, state=ClipState.REMOVING)
    answer = await page.call("clips/list")
    assert [(c["state"], c["film"] is not None, c["still"]) for c in answer["clips"]] == [
        ("missing", False, None),
        ("failed", False, None),
        ("recording", True, None),
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        *({"cursor": cursor} for cursor in HOSTILE),
        {"from": 2, "to": 2},
        {"from": -1},
        {"to": 1e30},
        {"from": "yesterday"},
        {"limit": 0},
        {"limit": 201},
        {"limit": True, "cursor": "x"},
        {"cameras": "x"},
        {"cameras": [1]},
        {"labels": ["x" * 201]},
        {"zones": ["x"] * 101},
        {"text": "x" * 201},
        {"protected": "yes"},
        {"order": "oldest"},
    ],
)
async def test_list_refuses_invalid_filter(page: PageClient, wanted: dict[str, Any]) -> None:
    error = await page.call_refused("clips/list", **wanted)
    assert error["code"] in ("invalid_format", "service_validation_error")


async def test_list_treats_hostile_names_as_text(page: PageClient, factory: ClipFactory) -> None:
    await factory.put(EVENING)
    for text in HOSTILE[1:]:
        for part in ("cameras", "labels", "zones"):
            assert (await page.call("clips/list", **{part: [text]}))["clips"] == []
        assert (await page.call("clips/list", text=text))["total"] in (0, 1)


# --- get ---------------------------------------------------------------------------------------


async def test_get_returns_clip_with_neighbors_in_filter(
    page: PageClient, factory: ClipFactory
) -> None:
    a, b, c, d = [
        await factory.put(EVENING + n * 60, label=label)
        for n, label in enumerate(("cat", "person", "cat", "cat"))
    ]
    got = await page.call("clips/get", clip_id=c.id)
    assert (got["clip"]["id"], got["previous"], got["next"]) == (c.id, b.id, d.id)
    cats = await page.call("clips/get", clip_id=c.id, labels=["cat"])
    assert (cats["previous"], cats["next"]) == (a.id, d.id)
    newest = await page.call("clips/get", clip_id=d.id)
    assert (newest["previous"], newest["next"]) == (c.id, None)


@pytest.mark.parametrize("clip_id", [*HOSTILE, UNKNOWN_ID])
async def test_get_of_unknown_clip_is_not_found(page: PageClient, clip_id: str) -> None:
    error = await page.call_refused("clips/get", clip_id=clip_id)
    assert (error["code"], error["translation_key"]) == ("not_found", "clip_not_found")


# --- protect and delete ------------------------------------------------------------------------


async def test_protect_sets_and_clears_protection(page: PageClient, factory: ClipFactory) -> None:
    a, b = await factory.put(EVENING), await factory.put(EVENING + 60)
    assert await page.call("clips/protect", ids=[a.id, b.id], protected=True) == {}
    assert (await page.call("clips/list", protected=True))["total"] == 2
    await page.call("clips/protect", ids=[a.id], protected=False)
    assert ids(await page.call("clips/list", protected=True)) == [b.id]


async def test_protect_with_unknown_id_protects_none(
    page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    error = await page.call_refused("clips/protect", ids=[clip.id, UNKNOWN_ID], protected=True)
    assert error["code"] == "not_found"
    assert (await page.call("clips/list", protected=True))["total"] == 0


async def test_delete_returns_reason_for_each_refused_clip(
    page: PageClient, factory: ClipFactory
) -> None:
    a, b = await factory.put(EVENING), await factory.put(EVENING + 60, protected=True)
    answer = await page.call("clips/delete", ids=[a.id, b.id, a.id, UNKNOWN_ID, "../x"])
    assert answer["deleted"] == [a.id]
    assert answer["refused"] == [
        {"id": b.id, "error": "clip_protected"},
        {"id": UNKNOWN_ID, "error": "clip_not_found"},
        {"id": "../x", "error": "clip_not_found"},
    ]
    assert ids(await page.call("clips/list")) == [b.id]
    assert answer["restorable"] is True
    assert (factory.runtime.host.clips_dir / a.path).exists()


async def test_delete_of_undeletable_file_reports_later_removal(
    hass: HomeAssistant, entry: MockConfigEntry, page: PageClient, factory: ClipFactory
) -> None:
    data = {**entry.data, "retention": {"deleted_days": 0, "min_free_gb": 0}}
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.async_block_till_done()
    clip = await factory.put(EVENING)
    video = factory.runtime.host.clips_dir / clip.path
    video.unlink()
    video.mkdir()  # a folder can't be unlinked
    answer = await page.call("clips/delete", ids=[clip.id])
    assert answer == {
        "deleted": [],
        "refused": [{"id": clip.id, "error": "clip_removed_later"}],
        "restorable": False,
    }
    assert (await page.call("clips/list"))["total"] == 0


@pytest.mark.parametrize("clip_ids", [[], ["x"] * 1001, "x", [1], None])
async def test_commands_refuse_invalid_id_lists(page: PageClient, clip_ids: Any) -> None:
    for command, more in (("protect", {"protected": True}), ("delete", {})):
        error = await page.call_refused(f"clips/{command}", ids=clip_ids, **more)
        assert error["code"] == "invalid_format"


# --- permissions -------------------------------------------------------------------------------


async def test_read_only_user_can_list_but_not_change_clips(
    reader: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    assert ids(await reader.call("clips/list")) == [clip.id]
    assert (await reader.call("clips/get", clip_id=clip.id))["clip"]["id"] == clip.id
    for command, more in (("protect", {"protected": True}), ("delete", {})):
        error = await reader.call_refused(f"clips/{command}", ids=[clip.id], **more)
        assert error["code"] == "unauthorized"
    row = factory.library.catalog.get(clip.id)
    assert row is not None
    assert not row.protected


async def test_commands_without_loaded_entry_return_error(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    error = await page.call_refused("clips/list")
    assert error["translation_key"] == "engine_not_running"


async def test_cloud_only_clip_has_video_url(page: PageClient, factory: ClipFactory) -> None:
    await factory.put(EVENING, local=False, cloud=CloudState.STORED)
    (clip,) = (await page.call("clips/list"))["clips"]
    assert (clip["local"], clip["cloud"]) == (False, "stored")
    assert clip["film"] is not None


# --- export ------------------------------------------------------------------------------------


async def test_export_copies_clips_to_named_folder(
    page: PageClient, factory: ClipFactory, config_dir: Path, video: Path
) -> None:
    a, b = await factory.put(EVENING), await factory.put(EVENING + 60)
    missing = await factory.put(EVENING + 120, state=ClipState.MISSING)
    wanted = [a.id, b.id, a.id, missing.id, UNKNOWN_ID, "../x"]
    answer = await page.call("clips/export", ids=wanted, name="Break-in, Nov 21")
    folder = config_dir / "media" / "homesec_exports" / "break_in_nov_21"
    assert answer == {
        "folder": str(folder),
        "exported": 2,
        "refused": [
            {"id": UNKNOWN_ID, "error": "clip_not_found"},
            {"id": "../x", "error": "clip_not_found"},
            {"id": missing.id, "error": "clip_not_found"},
        ],
    }
    assert [contents(path) for path in folder.iterdir()] == [contents(video)] * 2


@pytest.mark.parametrize("name", [None, "", "../../..", "/etc", "\0", "a" * 200, "..", "CON"])
async def test_export_name_cannot_leave_export_folder(
    page: PageClient, factory: ClipFactory, config_dir: Path, name: str | None
) -> None:
    clip = await factory.put(EVENING)
    more = {} if name is None else {"name": name}
    answer = await page.call("clips/export", ids=[clip.id], **more)
    assert answer["exported"] == 1
    assert Path(answer["folder"]).parent == config_dir / "media" / "homesec_exports"


async def test_read_only_user_cannot_export(
    reader: PageClient, factory: ClipFactory, config_dir: Path
) -> None:
    clip = await factory.put(EVENING)
    error = await reader.call_refused("clips/export", ids=[clip.id])
    assert error["code"] == "unauthorized"
    assert not (config_dir / "media" / "homesec_exports").exists()
