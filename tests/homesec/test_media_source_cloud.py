"""Clips whose only copy is in the cloud, in the media browser and over HTTP."""

from __future__ import annotations

from http import HTTPStatus
import os
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

from aiohttp import ClientPayloadError
from clip_factory import EVENING, STILL, ClipFactory
from cloud_fixtures import set_up_cloud
from homeassistant.components import media_source
from homeassistant.components.media_player import (
    BrowseError,
    BrowseMedia,
    MediaClass,
    SearchMediaQuery,
)
from homeassistant.components.media_source import Unresolvable
from homeassistant.components.media_source.helper import async_search_media
from homesec_fixtures import CAMERA_ID
import pytest
from yarl import URL

from custom_components.homesec import media_source as homesec_media_source
from custom_components.homesec.clips import cache, media_search
from custom_components.homesec.clips.cache import StillCache
from custom_components.homesec.clips.files import CloudFile
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import (
    EncryptionKeyMissing,
    StorageDenied,
    StorageError,
    StorageUnreachable,
)
from custom_components.homesec.engine.core.types import ClipState, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

pytestmark = pytest.mark.long

KIB = 1024


@pytest.fixture(scope="session")
def video_bytes(video: Path) -> bytes:
    """The content of every clip's video."""
    return video.read_bytes()


@pytest.fixture
async def factory(hass: HomeAssistant, gcs: Any, video: Path) -> ClipFactory:
    """A factory with credentials that can't sign links."""
    return await set_up_cloud(hass, gcs, video)


@pytest.fixture(params=["plain", "sealed"])
async def proxied(
    hass: HomeAssistant, gcs: Any, video: Path, request: pytest.FixtureRequest
) -> ClipFactory:
    """A factory without links: with credentials that can't sign, or with encrypted clips."""
    if request.param == "plain":
        return await set_up_cloud(hass, gcs, video)
    return await set_up_cloud(
        hass, gcs, video, key=service_account(gcs), encryption_key=EncryptionKey.generate()
    )


@pytest.fixture
async def signing_factory(hass: HomeAssistant, gcs: Any, video: Path) -> ClipFactory:
    """A factory with credentials that can sign links."""
    return await set_up_cloud(hass, gcs, video, key=service_account(gcs))


def service_account(gcs: Any) -> dict[str, str]:
    """Return a key with the token server of the test."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "tweety",
        "private_key": pem.decode(),
        "client_email": "homesec@project.iam.gserviceaccount.com",
        "token_uri": f"{gcs.url}/token",
    }


def video_url(clip_id: str) -> str:
    return f"/api/homesec/clip/{clip_id}.mp4"


# --- the tree ----------------------------------------------------------------------------------


async def test_cloud_clip_is_browsable_and_resolves_to_view(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    clip = await factory.cloud_only(EVENING)
    await factory.put(EVENING + 60, state=ClipState.MISSING)
    day = await media_source.async_browse_media(
        hass, f"media-source://homesec/camera/{CAMERA_ID}/2026-11-21"
    )
    assert [child.title for child in day.children] == ["23:30:00 Person, 12 s"]
    assert day.children[0].can_play
    assert day.children[0].thumbnail == f"/api/homesec/clip/{clip.id}.jpg?width=480"
    played = await media_source.async_resolve_media(
        hass, f"media-source://homesec/clip/{clip.id}", None
    )
    assert (played.url, played.mime_type, played.path) == (video_url(clip.id), "video/mp4", None)


@pytest.mark.parametrize("state", [ClipState.REMOVING, ClipState.FAILED, ClipState.RECORDING])
async def test_unfinished_clip_does_not_play(
    hass: HomeAssistant, factory: ClipFactory, state: ClipState
) -> None:
    clip = await factory.put(EVENING, state=state)
    with pytest.raises(Unresolvable):
        await media_source.async_resolve_media(hass, f"media-source://homesec/clip/{clip.id}", None)


async def test_cloud_clip_without_cloud_is_shown_but_does_not_play(
    hass: HomeAssistant, factory: ClipFactory, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.cloud_only(EVENING)
    factory.library._jobs = None
    day = await media_source.async_browse_media(
        hass, f"media-source://homesec/camera/{CAMERA_ID}/2026-11-21"
    )
    assert [child.can_play for child in day.children] == [False]
    assert (await (await hass_client()).get(video_url(clip.id))).status == HTTPStatus.NOT_FOUND


# --- playing -----------------------------------------------------------------------------------


async def test_video_is_served_in_ranges(
    proxied: ClipFactory, video_bytes: bytes, hass_client: ClientSessionGenerator
) -> None:
    clip = await proxied.cloud_only(EVENING)
    client, url, size = await hass_client(), video_url(clip.id), len(video_bytes)

    whole = await client.get(url, allow_redirects=False)
    assert whole.status == HTTPStatus.OK
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "private, max-age=86400"
    assert await whole.read() == video_bytes
    for asked, start, end in (
        (f"bytes=0-{KIB - 1}", 0, KIB),
        (f"bytes={100 * KIB}-{300 * KIB}", 100 * KIB, 300 * KIB + 1),
        (f"bytes={size - 10}-", size - 10, size),
        ("bytes=-7", size - 7, size),
        (f"bytes={size - 5}-{size + 500}", size - 5, size),
        ("bytes=0-0", 0, 1),
    ):
        part = await client.get(url, headers={"Range": asked})
        assert part.status == HTTPStatus.PARTIAL_CONTENT, asked
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert await part.read() == video_bytes[start:end], asked
    for beyond in (f"bytes={size}-", "bytes=9-3", "bytes=x", "bytes=" + "9" * 6000 + "-"):
        answer = await client.get(url, headers={"Range": beyond})
        assert answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, beyond[:20]
        assert answer.headers["Content-Range"] == f"bytes */{size}"
    etag = whole.headers["ETag"]
    for if_range, status in ((etag, HTTPStatus.PARTIAL_CONTENT), ('"other"', HTTPStatus.OK)):
        part = await client.get(url, headers={"Range": "bytes=0-1", "If-Range": if_range})
        assert part.status == status
    head = await client.head(url)
    assert head.status == HTTPStatus.OK
    assert int(head.headers["Content-Length"]) == size


async def test_player_is_redirected_to_signed_url(
    signing_factory: ClipFactory, video_bytes: bytes, hass_client: ClientSessionGenerator
) -> None:
    clip = await signing_factory.cloud_only(EVENING)
    client, url = await hass_client(), video_url(clip.id)
    answer = await client.get(url, allow_redirects=False)
    assert answer.status == HTTPStatus.FOUND
    assert answer.headers["Cache-Control"] == "no-store"
    link = URL(answer.headers["Location"])
    assert link.path.endswith(f"/house/{CAMERA_ID}/2026/11/21/{clip.id}.mp4")
    assert link.query["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256"
    assert int(link.query["X-Goog-Expires"]) == 900
    # A link is signed for GET only, so HEAD is answered without one.
    head = await client.head(url, allow_redirects=False)
    assert head.status == HTTPStatus.OK
    assert int(head.headers["Content-Length"]) == len(video_bytes)


async def test_unauthenticated_request_gets_nothing(
    signing_factory: ClipFactory, hass_client_no_auth: ClientSessionGenerator
) -> None:
    clip = await signing_factory.cloud_only(EVENING)
    client = await hass_client_no_auth()
    for kind in ("mp4", "jpg"):
        answer = await client.get(f"/api/homesec/clip/{clip.id}.{kind}", allow_redirects=False)
        assert answer.status == HTTPStatus.UNAUTHORIZED
        assert "Location" not in answer.headers


async def test_video_with_deleted_file_is_served_from_cloud(
    factory: ClipFactory, video_bytes: bytes, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.cloud_only(EVENING)
    factory.library.copies.mark_file_found(clip.id)
    answer = await (await hass_client()).get(video_url(clip.id))
    assert await answer.read() == video_bytes


async def test_video_deleted_in_bucket_is_not_found(
    factory: ClipFactory, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.cloud_only(EVENING)
    store = factory.library.cloud
    assert store is not None
    for name in await factory.runtime.host.async_run(lambda: [o.name for o in store.list()]):
        await factory.runtime.host.async_run(store.delete, name)
    client = await hass_client()
    for kind in ("mp4", "jpg"):
        answer = await client.get(f"/api/homesec/clip/{clip.id}.{kind}")
        assert answer.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageUnreachable(), HTTPStatus.GATEWAY_TIMEOUT),
        (StorageDenied("secret-token"), HTTPStatus.BAD_GATEWAY),
        (EncryptionKeyMissing(), HTTPStatus.BAD_GATEWAY),
    ],
)
async def test_cloud_error_becomes_status_without_message(
    factory: ClipFactory,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    error: StorageError,
    status: HTTPStatus,
) -> None:
    clip = await factory.cloud_only(EVENING)
    client = await hass_client()
    for method in ("signed_url", "find", "read"):
        with patch.object(factory.library.cloud, method, side_effect=error):
            answer = await client.get(video_url(clip.id))
        assert answer.status == status, method
        assert "secret" not in await answer.text()
    assert "secret" not in caplog.text


async def test_interrupted_video_is_cut_short(
    factory: ClipFactory, video_bytes: bytes, hass_client: ClientSessionGenerator
) -> None:
    clip = await factory.cloud_only(EVENING)

    def breaking(*_: object) -> Iterator[bytes]:
        yield video_bytes[:KIB]
        raise StorageUnreachable

    with patch.object(factory.library.cloud, "read", breaking):
        answer = await (await hass_client()).get(video_url(clip.id))
        assert answer.status == HTTPStatus.OK
        with pytest.raises(ClientPayloadError):
            await answer.read()


# --- stills ------------------------------------------------------------------------------------


async def test_still_is_fetched_once_without_redirect(
    hass: HomeAssistant, signing_factory: ClipFactory, hass_client: ClientSessionGenerator
) -> None:
    clip = await signing_factory.cloud_only(EVENING)
    client = await hass_client()
    store = signing_factory.library.cloud
    with patch.object(store, "read", wraps=store.read) as read:
        for _ in range(2):
            answer = await client.get(f"/api/homesec/clip/{clip.id}.jpg", allow_redirects=False)
            assert answer.status == HTTPStatus.OK
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert await answer.read() == STILL
        assert (await client.head(f"/api/homesec/clip/{clip.id}.jpg")).status == HTTPStatus.OK
        source = await homesec_media_source.async_get_media_source(hass)
        item = media_source.MediaSourceItem(hass, "homesec", f"clip/{clip.id}", None)
        image = await source.async_get_media_image(item)
        assert image is not None
        assert image.content == STILL
    assert read.call_count == 1


def test_cache_keeps_last_used_stills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_STILLS", 3)
    stills = StillCache(tmp_path / "stills")
    for number in range(5):
        assert stills.get(f"{number}", in_cloud(b"%d" % number)) == b"%d" % number
        os.utime(tmp_path / f"stills/{number}.jpg", (number, number))
        if number == 2:
            stills.get("0", in_cloud(b"unused"))
            os.utime(tmp_path / "stills/0.jpg", (99, 99))
    assert sorted(p.name for p in (tmp_path / "stills").iterdir()) == ["0.jpg", "3.jpg", "4.jpg"]
    stills.remove("4")
    stills.remove("4")
    assert not (tmp_path / "stills/4.jpg").exists()


def test_oversized_still_is_not_cached(tmp_path: Path) -> None:
    stills = StillCache(tmp_path / "stills")
    with pytest.raises(StorageError):
        stills.get("x", in_cloud(bytes(cache.MAX_STILL_BYTES + 1)))
    assert not (tmp_path / "stills").exists()


def test_unwritable_cache_still_serves(tmp_path: Path) -> None:
    (tmp_path / "stills").write_text("no folder")
    assert StillCache(tmp_path / "stills").get("x", in_cloud(b"jpeg")) == b"jpeg"


def in_cloud(content: bytes) -> CloudFile:
    store: Any = Mock()
    store.read = lambda _name, start, end: iter([content[start:end]])
    return CloudFile(store=store, name="x.jpg")


# --- search ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folder", "found"),
    [
        ("front", "", [3, 1, 0]),
        ("SHED", "", [2]),
        ("person", "", [2, 1, 0]),
        ("front person", "", [1, 0]),
        ("manual", "", [3]),
        ("2026-11-21", "", [0]),
        ("2026-11-22 person", "", [2, 1]),
        ("2026-11", "", [3, 2, 1, 0]),
        ("person shed front", "", []),
        ("person", "/camera/01K0CAMERA0000000000000009", [2]),
        ("person", f"/camera/{CAMERA_ID}/2026-11-22", [1]),
        ("nobody", "", []),
        ("  ", "", []),
        ("%", "", []),
        ("2026-13-99", "", []),
        ("9999-12-31", "", []),
        ("\0' OR 1=1", "", []),
    ],
)
async def test_search_finds_clips_by_camera_reason_and_day(
    hass: HomeAssistant, factory: ClipFactory, text: str, folder: str, found: list[int]
) -> None:
    clips = [
        await factory.cloud_only(EVENING),
        await factory.put(EVENING + 3600),
        await factory.put(EVENING + 3660, camera_id="01K0CAMERA0000000000000009", name="Old shed"),
        await factory.put(EVENING + 3720, trigger=Trigger.MANUAL),
    ]
    result = await search(hass, text, folder)
    assert [each.media_content_id for each in result] == [
        f"media-source://homesec/clip/{clips[i].id}" for i in found
    ]


async def test_search_result_names_camera_and_time(
    hass: HomeAssistant, factory: ClipFactory
) -> None:
    await factory.put(EVENING)
    (found,) = await search(hass, "person")
    assert found.title == "Front door, 2026-11-21 23:30:00 Person, 12 s"
    assert await search(hass, "person", filters=[MediaClass.MUSIC]) == []
    root = await media_source.async_browse_media(hass, "media-source://homesec")
    assert root.can_search


async def test_search_stops_at_limit(
    hass: HomeAssistant, factory: ClipFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_search, "MAX_FOUND", 3)
    monkeypatch.setattr(media_search, "PAGE", 2)
    for minute in range(5):
        await factory.put(EVENING + 60 * minute)
    assert len(await search(hass, "person")) == 3


async def test_search_outside_folders_fails(hass: HomeAssistant, factory: ClipFactory) -> None:
    with pytest.raises(BrowseError):
        await search(hass, "person", "/nonsense")


async def search(
    hass: HomeAssistant, text: str, folder: str = "", filters: list[MediaClass] | None = None
) -> list[BrowseMedia]:
    query = SearchMediaQuery(search_query=text, media_filter_classes=filters)
    uri = f"media-source://homesec{folder}"
    return list((await async_search_media(hass, uri, query)).result)
