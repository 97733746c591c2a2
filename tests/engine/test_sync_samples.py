"""To which samples of a clip a player may seek."""

import av
from engine_rig import media_packets, split_video
from odd_films import encode, intra_refresh, open_gop, write_units
from partial_files import record
import pytest
from videos import Recipe

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.recording import sync_samples
from custom_components.homesec.engine.recording.finalize import finalize


@pytest.fixture
def sync(tmp_path):
    """Return a function that records a film, and returns which of its samples are sync samples."""

    def record_film(units, codec="h264"):
        video = split_video(media_packets(write_units(tmp_path / "film.ts", units, codec=codec)))[0]
        start = next(n for n, packet in enumerate(video) if packet.random_access)
        final = tmp_path / "clip.mp4"
        record(partial_path(final), video[start:])
        finalize(final)
        with av.open(str(final), options={"fflags": "noparse+nofillin"}) as clip:
            packets = [packet for packet in clip.demux(clip.streams.video[0]) if packet.size]
        return [n for n, packet in enumerate(packets) if packet.is_keyframe]

    return record_film


CLOSED = "keyint=10:min-keyint=10:scenecut=0:bframes=2"


def test_all_idr_pictures_are_sync_samples(sync):
    assert sync(encode(Recipe(seconds=3, walks=()), CLOSED)) == [0, 10, 20]


def test_all_irap_pictures_of_h265_are_sync_samples(sync):
    film = encode(Recipe(seconds=3, walks=(), codec="libx265"), f"{CLOSED}:open-gop=0")
    assert sync(film, "hevc") == [0, 10, 20]


def test_keyframes_of_open_gops_are_sync_samples_without_b_frames_only(sync):
    assert sync(open_gop(3, (), bframes=0)) == [0, 10, 20]
    assert sync(open_gop(3, (), bframes=2)) == [0]


def test_intra_refresh_has_sync_samples_far_apart(sync, monkeypatch):
    film = intra_refresh(9, (), period=20)[5:]
    assert sync(film) == [0]
    monkeypatch.setattr(sync_samples, "REFRESH_GAP_S", 3.9)
    assert sync(film) == [0, 41]  # after the picture that precedes the first refresh
