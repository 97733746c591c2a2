"""The cache of videos in the cloud."""

from __future__ import annotations

from collections import namedtuple
from datetime import timedelta
import os
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from clip_factory import EVENING, ClipFactory
from cloud_fixtures import set_up_cloud
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.homesec.clips import video_cache
from custom_components.homesec.clips.cache import TRIM_EVERY, get_caches
from custom_components.homesec.clips.files import CloudFile
from custom_components.homesec.clips.video_cache import PIECE_BYTES, VideoCache, VideoInfo
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import ObjectMissing, StorageUnreachable
from custom_components.homesec.engine.cloud.object_store import StoredObject
from custom_components.homesec.engine.core.clip_id import new_clip_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

KIB = 1024
CLIP_ID = new_clip_id(EVENING)
Usage = namedtuple("Usage", "total used free")


class Bucket:
    """A bucket with one video, which counts the bytes that are read."""

    def __init__(self, size: int) -> None:
        self.video_bytes = os.urandom(size)
        self.fetched: list[tuple[int, int]] = []
        self.asked = 0
        self.breaks_at = size
        self.file = CloudFile(store=self, name=f"house/cam/2026/11/21/{CLIP_ID}.mp4")  # type: ignore[arg-type]

    def find(self, name: str) -> StoredObject | None:
        self.asked += 1
        return (
            StoredObject(name=name, bytes=len(self.video_bytes), generation=7)
            if self.video_bytes
            else None
        )

    def read(self, _name: str, start: int, end: int) -> Iterator[bytes]:
        for begin in range(start, end, 100 * KIB):
            until = min(begin + 100 * KIB, end)
            if until > self.breaks_at:
                raise StorageUnreachable
            self.fetched.append((begin, until))
            yield self.video_bytes[begin:until]

    @property
    def fetched_bytes(self) -> int:
        return sum(end - begin for begin, end in self.fetched)


@pytest.fixture(scope="session")
def video_bytes(video: Path) -> bytes:
    return video.read_bytes()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(5 * PIECE_BYTES + 1000)


@pytest.fixture
def cache(tmp_path: Path) -> VideoCache:
    return VideoCache(tmp_path / "films")


def play(cache: VideoCache, bucket: Bucket, start: int = 0, end: int | None = None) -> bytes:
    video_bytes = cache.info(bucket.file)
    return b"".join(
        cache.read(bucket.file, video_bytes, start, video_bytes.bytes if end is None else end)
    )


def test_video_is_downloaded_once_despite_seeking(cache: VideoCache, bucket: Bucket) -> None:
    size = len(bucket.video_bytes)
    for start, end in ((0, 2), (size - 5, size), (0, size), (PIECE_BYTES - 1, PIECE_BYTES + 1)):
        assert play(cache, bucket, start, end) == bucket.video_bytes[start:end]
    assert play(cache, bucket) == bucket.video_bytes
    assert bucket.fetched_bytes <= size + 2 * 100 * KIB
    assert bucket.asked == 1
    fetched = len(bucket.fetched)
    assert play(cache, bucket, 1000, size - 1000) == bucket.video_bytes[1000:-1000]
    assert len(bucket.fetched) == fetched


def test_interrupted_download_caches_whole_pieces(cache: VideoCache, bucket: Bucket) -> None:
    bucket.breaks_at = PIECE_BYTES + 150 * KIB
    video_bytes = cache.info(bucket.file)
    pieces = cache.read(bucket.file, video_bytes, 0, video_bytes.bytes)
    given = next(pieces) + next(pieces)
    with pytest.raises(StorageUnreachable):
        next(pieces)
    assert bucket.video_bytes.startswith(given)
    assert len(given) > PIECE_BYTES
    bucket.breaks_at = len(bucket.video_bytes)
    assert play(cache, bucket) == bucket.video_bytes


@pytest.mark.parametrize("left", [0, 1000])
def test_truncated_piece_is_downloaded_again(cache: VideoCache, bucket: Bucket, left: int) -> None:
    play(cache, bucket)
    cut = cache._path(bucket.file, cache.info(bucket.file), 2)
    cut.write_bytes(cut.read_bytes()[:left])
    assert play(cache, bucket) == bucket.video_bytes
    assert cut.stat().st_size == PIECE_BYTES


def test_info_of_missing_object_raises(cache: VideoCache) -> None:
    with pytest.raises(ObjectMissing):
        cache.info(Bucket(0).file)


def test_new_generation_is_cached_separately(cache: VideoCache, bucket: Bucket) -> None:
    play(cache, bucket)
    other = Bucket(PIECE_BYTES)
    video_bytes = VideoInfo(bytes=PIECE_BYTES, generation=8)
    assert b"".join(cache.read(other.file, video_bytes, 0, PIECE_BYTES)) == other.video_bytes


def test_shorter_object_ends_early(cache: VideoCache) -> None:
    bucket = Bucket(1000)
    video_bytes = VideoInfo(bytes=5 * PIECE_BYTES, generation=7)
    with patch.object(bucket, "read", lambda *_: iter([bucket.video_bytes])):
        assert (
            b"".join(cache.read(bucket.file, video_bytes, 0, video_bytes.bytes))
            == bucket.video_bytes
        )


def test_trim_keeps_most_recently_used_pieces(
    cache: VideoCache, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(cache, bucket)
    folder = tmp_path / "films" / CLIP_ID
    for number in range(5):
        os.utime(folder / f"7-{number}", (time.time() - 100 + number,) * 2)
    play(cache, bucket, 0, 10)
    monkeypatch.setattr(video_cache, "MAX_BYTES", 3 * PIECE_BYTES)
    cache.trim()
    assert sorted(p.name for p in folder.iterdir()) == ["7-0", "7-4", "7-5", "film.json"]


def test_trim_removes_unused_pieces_and_empty_folders(
    cache: VideoCache, bucket: Bucket, tmp_path: Path
) -> None:
    cache.trim()
    play(cache, bucket)
    for path in (tmp_path / "films").glob("*/*"):
        os.utime(path, (time.time() - 90_000,) * 2)
    assert cache.info(bucket.file).generation == 7
    assert bucket.asked == 2
    for path in (tmp_path / "films").glob("*/*"):
        os.utime(path, (time.time() - 90_000,) * 2)
    cache.trim()
    assert list((tmp_path / "films").iterdir()) == []


def test_full_or_refusing_disk_caches_nothing(
    cache: VideoCache, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with patch.object(video_cache.shutil, "disk_usage", lambda _: Usage(1, 1, 1000)):
        assert play(cache, bucket) == bucket.video_bytes
    assert list((tmp_path / "films").glob("*/*")) == []
    with patch.object(video_cache, "atomic_write", side_effect=OSError):
        assert play(cache, bucket) == bucket.video_bytes
    with patch("pathlib.Path.replace", side_effect=OSError):
        assert play(cache, bucket) == bucket.video_bytes
    assert list((tmp_path / "films").glob("*/*")) == []


@pytest.mark.parametrize("encrypted", [False, True])
async def test_cached_video_needs_no_request_until_deleted(
    hass: HomeAssistant,
    gcs: Any,
    video: Path,
    video_bytes: bytes,
    hass_client: ClientSessionGenerator,
    encrypted: bool,
) -> None:
    factory = await set_up_cloud(
        hass, gcs, video, encryption_key=EncryptionKey.generate() if encrypted else None
    )
    clip = await factory.cloud_only(EVENING)
    client, url = await hass_client(), f"/api/homesec/clip/{clip.id}.mp4"
    assert await (await client.get(url)).read() == video_bytes
    asked = len(gcs.faults.seen)
    part = await client.get(url, headers={"Range": "bytes=1000-2000"})
    assert await part.read() == video_bytes[1000:2001]
    assert len(gcs.faults.seen) == asked
    await hass.services.async_call("homesec", "delete_clip", {"clip_id": clip.id}, blocking=True)
    assert not (get_caches(hass).folder / "films" / clip.id).exists()


async def test_old_pieces_are_trimmed_periodically(
    hass: HomeAssistant, gcs: Any, video: Path
) -> None:
    factory: ClipFactory = await set_up_cloud(hass, gcs, video)
    piece = get_caches(hass).folder / "films" / CLIP_ID / "7-0"
    piece.parent.mkdir(parents=True)
    piece.touch()
    os.utime(piece, (time.time() - 90_000,) * 2)
    async_fire_time_changed(hass, dt_util.utcnow() + TRIM_EVERY + timedelta(seconds=1))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not piece.exists()
    kept = get_caches(hass).folder
    await hass.config_entries.async_remove(factory.runtime.entry.entry_id)
    assert not kept.exists()
