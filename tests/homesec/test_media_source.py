"""Clips in the media browser and over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clip_factory import EVENING, STILL, ClipFactory
from homeassistant.components import media_source
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import Unresolvable
from homesec_fixtures import CAMERA_ID, set_up
import pytest
from ulid_transform import ulid_at_time

from custom_components.homesec import media_source as homesec_media_source
from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.types import ClipState, Trigger

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

GONE_ID = "01K0CAMERA0000000000000009"


@pytest.fixture(scope="session")
def video_bytes(video: Path) -> bytes:
    """The content of every clip's video."""
    return video.read_bytes()


def contents(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture
async def factory(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> ClipFactory:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    return ClipFactory(entry, video)


async def browse(hass: HomeAssistant, path: str = "") -> media_source.BrowseMediaSource:
    return await media_source.async_browse_media(hass, f"media-source://homesec{path}")


# --- browsing ----------------------------------------------------------------------------------


async def test_browse_lists_cameras_days_and_clips(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    late = await factory.put(EVENING)
    manual = await factory.put(EVENING + 60, trigger=Trigger.MANUAL, still=False)
    await factory.put(EVENING + 3600)
    await factory.put(EVENING, camera_id=GONE_ID, name="Old shed")
    await factory.put(EVENING + 90, state=ClipState.RECORDING)

    root = await browse(hass)
    assert root.title == "HomeSec"
    assert [child.title for child in root.children] == ["Front door", "Old shed"]
    assert [child.media_content_id for child in root.children] == [
        f"media-source://homesec/camera/{CAMERA_ID}",
        f"media-source://homesec/camera/{GONE_ID}",
    ]
    camera = await browse(hass, f"/camera/{CAMERA_ID}")
    assert camera.title == "Front door"
    assert [child.title for child in camera.children] == ["2026-11-22 (1)", "2026-11-21 (2)"]
    day = await browse(hass, f"/camera/{CAMERA_ID}/2026-11-21")
    assert [child.title for child in day.children] == [
        "23:31:00 Manual, 12 s",
        "23:30:00 Person, 12 s",
    ]
    assert day.not_shown == 0
    assert day.children_media_class == "video"
    first, second = day.children
    assert first.media_content_id == f"media-source://homesec/clip/{manual.id}"
    assert first.thumbnail is None
    assert second.thumbnail == f"/api/homesec/clip/{late.id}.jpg?width=480"
    assert second.can_play
    assert not second.can_expand
    assert second.media_content_type == "video/mp4"


async def test_browse_shows_new_name_of_camera(
    hass: HomeAssistant, entry: MockConfigEntry, factory: ClipFactory
) -> None:
    await factory.put(EVENING, name="What it was called then")
    assert [child.title for child in (await browse(hass)).children] == ["Front door"]


@pytest.mark.parametrize(
    "path",
    [
        "/nonsense",
        "/camera",
        f"/camera/{CAMERA_ID}/yesterday",
        f"/camera/{CAMERA_ID}/2026-11-21/more",
        f"/camera/{CAMERA_ID}/2026-11-21/24",
        f"/camera/{CAMERA_ID}/2026-11-21/14/page",
        f"/camera/{CAMERA_ID}/2026-11-21/14/{CAMERA_ID}/more",
        "/clip/01K0CAMERA0000000000000001",
    ],
)
async def test_browse_of_unknown_folder_fails(
    hass: HomeAssistant, factory: ClipFactory, path: str
) -> None:
    with pytest.raises(BrowseError) as raised:
        await browse(hass, path)
    assert raised.value.translation_key == "folder_not_found"


async def test_browse_of_unloaded_entry_fails(
    hass: HomeAssistant, entry: MockConfigEntry, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(BrowseError) as raised:
        await browse(hass)
    assert raised.value.translation_key == "engine_not_running"
    with pytest.raises(Unresolvable) as unresolvable:
        await media_source.async_resolve_media(hass, f"media-source://homesec/clip/{clip.id}", None)
    assert unresolvable.value.translation_key == "engine_not_running"


async def test_resolved_url_plays(
    hass: HomeAssistant,
    factory: ClipFactory,
    video_bytes: bytes,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    clip = await factory.put(EVENING)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "media_source/resolve_media",
            "media_content_id": f"media-source://homesec/clip/{clip.id}",
        }
    )
    answer = await client.receive_json()
    assert answer["result"]["mime_type"] == "video/mp4"
    stranger = await hass_client_no_auth()
    played = await stranger.get(answer["result"]["url"])
    assert played.status == 200
    assert await played.read() == video_bytes


@pytest.mark.parametrize(
    "identifier", ["clip/", "clip/..%2f..", "clip/01K0CAMERA0000000000000001", "camera/x", "x"]
)
async def test_resolve_of_unknown_clip_fails(
    hass: HomeAssistant, factory: ClipFactory, identifier: str
) -> None:
    with pytest.raises(Unresolvable) as raised:
        await media_source.async_resolve_media(hass, f"media-source://homesec/{identifier}", None)
    assert raised.value.translation_key == "clip_not_found"


async def test_media_image_is_still(hass: HomeAssistant, factory: ClipFactory) -> None:
    source = await homesec_media_source.async_get_media_source(hass)
    for still, expected in ((True, STILL), (False, None)):
        clip = await factory.put(EVENING + still, still=still)
        item = media_source.MediaSourceItem(hass, "homesec", f"clip/{clip.id}", None)
        image = await source.async_get_media_image(item)
        assert (image and image.content) == expected


# --- over HTTP ---------------------------------------------------------------------------------


async def test_clip_view_serves_ranges(
    factory: ClipFactory, video_bytes: bytes, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.put(EVENING)
    client = await hass_client()
    url = f"/api/homesec/clip/{clip.id}.mp4"
    part = await client.get(url, headers={"Range": "bytes=1000-1999"})
    assert part.status == 206
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(video_bytes)}"
    assert await part.read() == video_bytes[1000:2000]
    beyond = await client.get(url, headers={"Range": "bytes=99999999-"})
    assert beyond.status == 416
    head = await client.head(url)
    assert head.status == 200
    assert head.headers["Content-Type"] == "video/mp4"
    assert int(head.headers["Content-Length"]) == len(video_bytes)
    assert head.headers["Cache-Control"] == "private, max-age=86400"


async def test_still_view_serves_still(
    factory: ClipFactory, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.put(EVENING)
    without = await factory.put(EVENING + 1, still=False)
    client = await hass_client()
    answer = await client.get(f"/api/homesec/clip/{clip.id}.jpg")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert await answer.read() == STILL
    assert (await client.head(f"/api/homesec/clip/{clip.id}.jpg")).status == 200
    assert (await client.get(f"/api/homesec/clip/{without.id}.jpg")).status == 404


async def test_clip_in_progress_is_served_uncached(
    factory: ClipFactory, hass_client: ClientSessionGenerator, video: Path
) -> None:
    clip = await factory.put(EVENING, state=ClipState.RECORDING, still=False)
    client = await hass_client()
    answer = await client.get(f"/api/homesec/clip/{clip.id}.mp4", headers={"Range": "bytes=0-"})
    assert (answer.status, answer.headers["Cache-Control"]) == (206, "no-store")
    assert await answer.read() == contents(video)
    assert (await client.get(f"/api/homesec/clip/{clip.id}.jpg")).status == 404


async def test_empty_clip_in_progress_is_not_found(
    factory: ClipFactory, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.put(EVENING, state=ClipState.RECORDING, still=False)
    partial_path(factory.runtime.host.clips_dir / clip.path).write_bytes(b"")
    client = await hass_client()
    assert (await client.get(f"/api/homesec/clip/{clip.id}.mp4")).status == 404


async def test_download_has_ascii_and_readable_name(
    hass: HomeAssistant, factory: ClipFactory, hass_client: ClientSessionGenerator
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    clip = await factory.put(EVENING, name='Façade/../"x\r\nSet-Cookie: a=b %2f\u202e')
    client = await hass_client()
    answer = await client.get(f"/api/homesec/clip/{clip.id}.mp4?download=1")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="2026-11-21_23-30-00_facade_x_set_cookie_a_b_2f_{clip.id}.mp4";'
        " filename*=UTF-8''Fa%C3%A7ade%20..%20x%20Set-Cookie%20a%3Db%202f"
        "%202026-11-21%2023.30.00.mp4"
    )
    plain = await client.get(f"/api/homesec/clip/{clip.id}.mp4")
    assert "Content-Disposition" not in plain.headers


@pytest.mark.parametrize("kind", ["mp4", "jpg"])
async def test_views_require_login(
    factory: ClipFactory, hass_client_no_auth: ClientSessionGenerator, kind: str
) -> None:
    clip = await factory.put(EVENING)
    client = await hass_client_no_auth()
    for clip_id in (clip.id, ulid_at_time(EVENING), "x"):
        assert (await client.get(f"/api/homesec/clip/{clip_id}.{kind}")).status == 401
        assert (await client.head(f"/api/homesec/clip/{clip_id}.{kind}")).status == 401
    assert (await client.get("/api/homesec/flow/x.jpg")).status == 401


@pytest.mark.parametrize(
    "clip_id",
    [
        "01K0CAMERA0000000000000001",
        "..%2F..%2Fhomesec%2Fclips",
        "%2Fetc%2Fpasswd",
        "x' OR '1'='1",
        "81K0CAMERA0000000000000001",
        "01k0camera0000000000000001",
        "%00",
        "0" * 10_000,
    ],
)
async def test_hostile_ids_are_not_found(
    factory: ClipFactory, hass_client: ClientSessionGenerator, clip_id: str
) -> None:
    await factory.put(EVENING)
    client = await hass_client()
    answer = await client.get(f"/api/homesec/clip/{clip_id}.mp4")
    assert answer.status in (400, 404)


async def test_row_with_path_outside_is_not_found(
    entry: MockConfigEntry,
    factory: ClipFactory,
    config_dir: Path,
    hass_client: ClientSessionGenerator,
) -> None:
    (config_dir / "secret.mp4").write_text("secret")
    clip = await factory.put(EVENING)
    catalog = entry.runtime_data.host.engine.catalog
    client = await hass_client()
    link = entry.runtime_data.host.clips_dir / "link.mp4"
    link.symlink_to(config_dir / "secret.mp4")
    for path in ("../../secret.mp4", str(config_dir / "secret.mp4"), "link.mp4", "missing.mp4", ""):
        object.__setattr__(clip, "path", path)
        catalog.put(clip)
        assert (await client.get(f"/api/homesec/clip/{clip.id}.mp4")).status == 404


async def test_views_without_engine_answer_503(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    factory: ClipFactory,
    hass_client: ClientSessionGenerator,
) -> None:
    clip = await factory.put(EVENING)
    client = await hass_client()
    runtime = entry.runtime_data
    engine, runtime.host._engine = runtime.host._engine, None
    assert (await client.get(f"/api/homesec/clip/{clip.id}.mp4")).status == 503
    runtime.host._engine = engine
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await client.get(f"/api/homesec/clip/{clip.id}.mp4")).status == 503
    assert (await client.get("/api/homesec/flow/x.jpg")).status == 503
