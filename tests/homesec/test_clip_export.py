"""Export of clips to a folder."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from clip_factory import EVENING, ClipFactory, act, contents, refused
from cloud_fixtures import set_up_cloud
from homeassistant.components.http import StaticPathConfig
from homeassistant.exceptions import HomeAssistantError
from homesec_fixtures import CAMERA_ID, set_up
import pytest

from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

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


@pytest.fixture
def evidence(config_dir: Path) -> Path:
    """A folder that Home Assistant is allowed to write to."""
    return config_dir / "media" / "evidence"


@pytest.fixture(scope="session")
def video_bytes(video: Path) -> bytes:
    """The content of every clip's video."""
    return video.read_bytes()


def link(path: Path, *, to: Path) -> None:
    """Make a symbolic link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


async def test_export_writes_local_and_cloud_clips(
    hass: HomeAssistant, cloud_factory: ClipFactory, evidence: Path, video_bytes: bytes
) -> None:
    here = await cloud_factory.put(EVENING)
    there = await cloud_factory.cloud_only(EVENING + 1, camera_name="../Böse\0 / Tür")
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
    assert list(contents(evidence).values()) == [video_bytes] * 2
    # A second export succeeds, too.
    assert await act(hass, "export", clip_id=[here.id, there.id], folder=str(evidence)) == answer
    assert list(contents(evidence).values()) == [video_bytes] * 2


async def test_export_selects_by_time(
    hass: HomeAssistant, factory: ClipFactory, evidence: Path
) -> None:
    await factory.put(EVENING)
    wanted = [await factory.put(EVENING + 60), await factory.put(EVENING + 120)]
    await factory.put(EVENING + 130, camera_id=GONE_ID)
    await factory.put(EVENING + 180)
    span = {"from": "2026-11-21 23:31:00", "to": "2026-11-21 23:33:00"}
    answer = await act(hass, "export", camera=CAMERA_ID, folder=str(evidence), **span)
    assert {f["clip_id"] for f in answer["files"]} == {c.id for c in wanted}
    assert await refused(hass, "export", folder=str(evidence)) == "nothing_chosen"
    only_from = {"from": span["from"]}
    assert await refused(hass, "export", folder=str(evidence), **only_from) == "nothing_chosen"


async def test_export_refuses_other_folders(
    hass: HomeAssistant, factory: ClipFactory, config_dir: Path, evidence: Path
) -> None:
    clip = await factory.put(EVENING)
    (config_dir / "secret").mkdir()
    link(config_dir / "media" / "link", to=config_dir / "secret")
    for folder in (
        "/etc",
        str(config_dir),
        str(config_dir / "secret"),
        "media",
        "",
        "\0",
        f"{config_dir}/media/../secret",
        f"{config_dir}/media/link",
        f"{config_dir}/media/link/deeper",
        f"{config_dir}/media/new/../../secret",
        str(factory.runtime.host.clips_dir),
        str(factory.runtime.host.clips_dir / CAMERA_ID),
    ):
        assert await refused(hass, "export", clip_id=clip.id, folder=folder) == "folder_not_allowed"
    assert contents(config_dir / "secret") == {}
    # A link is replaced, not followed.
    name = f"2026-11-21_23-30-00_front_door_{clip.id}.mp4"
    link(evidence / name, to=config_dir / "secret" / "film.mp4")
    await act(hass, "export", clip_id=clip.id, folder=str(evidence))
    assert contents(config_dir / "secret") == {}
    assert not (evidence / name).is_symlink()


async def test_export_of_unknown_clip_fails(
    hass: HomeAssistant, factory: ClipFactory, evidence: Path
) -> None:
    clip = await factory.put(EVENING)
    for clip_id in (*HOSTILE, UNKNOWN_ID):
        ids_ = [clip.id, clip_id]
        assert await refused(hass, "export", clip_id=ids_, folder=str(evidence)) == "clip_not_found"
    assert contents(evidence) == {}


async def test_export_reports_clip_without_copy_and_continues(
    hass: HomeAssistant, factory: ClipFactory, evidence: Path
) -> None:
    gone, clip = await factory.put(EVENING), await factory.put(EVENING + 1)
    (factory.runtime.host.clips_dir / gone.path).unlink()
    data = {"clip_id": [gone.id, clip.id], "folder": str(evidence)}
    answer = await act(hass, "export", **data)
    assert [each["clip_id"] for each in answer["failed"]] == [gone.id]
    assert answer["failed"][0]["error"] == "This clip no longer exists"
    assert [each["clip_id"] for each in answer["files"]] == [clip.id]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "export", data, blocking=True)
    assert raised.value.translation_key == "not_all_exported"


async def test_export_to_full_disk_fails(
    hass: HomeAssistant, factory: ClipFactory, evidence: Path
) -> None:
    clip = await factory.put(EVENING)
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        patch.object(type(factory.library), "download", side_effect=full),
        pytest.raises(HomeAssistantError, match="No space left") as raised,
    ):
        await act(hass, "export", clip_id=clip.id, folder=str(evidence))
    assert raised.value.translation_key == "export_failed"
    assert contents(evidence) == {}


@pytest.fixture
async def served(hass: HomeAssistant, factory: ClipFactory, config_dir: Path) -> Path:
    """A folder that Home Assistant serves to anyone, as integrations' pages are."""
    assert factory
    folder = config_dir / "media" / "cards"
    folder.mkdir(parents=True)
    config = StaticPathConfig("/cards", str(folder), cache_headers=False)
    await hass.http.async_register_static_paths([config])
    return folder


@pytest.mark.parametrize(
    "folder", ["www", "www/new/deep", "media/../www", "media/link", "media/cards", "media/cards/x"]
)
@pytest.mark.usefixtures("served")
async def test_export_to_folder_served_without_login_is_refused(
    hass: HomeAssistant, factory: ClipFactory, config_dir: Path, folder: str
) -> None:
    hass.config.allowlist_external_dirs = {str(config_dir)}
    link(config_dir / "media" / "link", to=config_dir / "www")
    clip = await factory.put(EVENING)
    target = f"{config_dir}/{folder}"
    assert await refused(hass, "export", clip_id=[clip.id], folder=target) == "folder_served"
    for served in ("www", "media/cards"):
        assert list((config_dir / served).rglob("*.mp4")) == []
