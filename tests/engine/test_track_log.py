"""The tracks of a clip."""

import zlib

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.track_log import (
    MAX_BOXES,
    MAX_TRACKS,
    TrackBox,
    TrackLog,
    unpack,
)
from custom_components.homesec.engine.core.types import Box, Track, Zone


def track(track_id=1, x=0.1, *, label="person", score=0.8):
    return Track(
        id=track_id,
        label=label,
        score=score,
        box=Box(x, 0.2, x + 0.2, 0.9),
        first_t=0,
        last_t=0,
        hits=1,
    )


def filled_log(*frames, start_t=100.0):
    """Return a log with the tracks of these frames, all included."""
    log = TrackLog(start_t)
    for t, tracks in frames:
        log.add(t, tracks)
        log.include(each.id for each in tracks)
    return log


def test_unpack_returns_boxes_in_seconds_of_video():
    log = filled_log((100.0, [track(x=0.1)]), (100.5, [track(x=0.2), track(7, label="cat")]))
    first, cat = unpack(log.pack())
    assert (first.id, first.label, cat.id, cat.label) == (1, "person", 7, "cat")
    assert first.boxes == (
        TrackBox(0.0, 0.1, 0.2, 0.3, 0.9, 0.8),
        TrackBox(0.5, 0.2, 0.2, 0.4, 0.9, 0.8),
    )


def test_tracks_before_clip_start_are_excluded():
    log = filled_log((99.9, [track()]), (100.4, [track()]))
    (path,) = unpack(log.pack())
    assert [box.t for box in path.boxes] == [0.4]


def test_track_keeps_at_most_five_boxes_per_second():
    log = filled_log(*((100 + n / 25, [track(), track(2)]) for n in range(251)))
    for path in unpack(log.pack()):
        assert 40 <= len(path.boxes) <= 51
        assert min(b.t - a.t for a, b in zip(path.boxes, path.boxes[1:], strict=False)) > 0.15


def test_only_included_tracks_are_packed_completely():
    log = TrackLog(100)
    for t in (100, 101):
        log.add(t, [track(1), track(2)])
    log.include([2, 7])
    log.add(102, [track(1), track(2)])
    (path,) = unpack(log.pack())
    assert (path.id, len(path.boxes)) == (2, 3)


def test_pack_without_included_tracks_returns_none():
    log = TrackLog()
    log.add(100, [track()])
    assert log.pack() is None
    assert TrackLog().pack() is None


def test_many_tracks_for_an_hour_are_downsampled():
    log = TrackLog()
    log.include(range(20))
    for n in range(3600 * 2):
        log.add(n / 2, [track(i, x=(n + i) % 80 / 100) for i in range(20)])
    packed = log.pack()
    paths = unpack(packed)
    assert len(paths) == 20
    assert sum(len(path.boxes) for path in paths) <= MAX_BOXES
    assert len(packed) < 200_000
    assert paths[0].boxes[-1].t > 3500, "the end is as well kept as the beginning"


def test_number_of_tracks_is_limited():
    log = filled_log((100, [track(n) for n in range(MAX_TRACKS + 50)]))
    assert len(unpack(log.pack())) == MAX_TRACKS


def test_new_track_replaces_ended_one():
    crowd = [track(n) for n in range(MAX_TRACKS)]
    twice = crowd[: MAX_TRACKS // 2]
    log = filled_log((100, crowd), (101, twice), (110, [track(1000)]), (111, [track(1001)]))
    ids = {path.id for path in unpack(log.pack())}
    assert {1000, 1001} | {x.id for x in twice} <= ids
    assert len(ids) == MAX_TRACKS


def test_included_track_is_not_replaced_first():
    log = TrackLog(0)
    log.add(1, [track(1)])
    log.include([1])
    for t in range(2, 4 + MAX_TRACKS * 2, 2):
        log.add(t, [track(t)])
        log.add(t + 0.5, [track(t)])
    log.add(1000, [track(1001)])
    log.include([1001])
    assert [path.id for path in unpack(log.pack())] == [1, 1001]


def test_zones_are_in_order_of_camera():
    zones = [Zone(name=name, polygon=()) for name in ("Porch", "Drive", "Road")]
    log = TrackLog(0, zones)
    assert log.zones == ()
    log.add_zones(["Road"])
    log.add_zones(("Porch",))
    assert log.zones == ("Porch", "Road")


@given(
    st.lists(
        st.tuples(st.floats(0, 7000), st.floats(-1, 2), st.floats(0, 1)), min_size=1, max_size=30
    )
)
def test_unpacked_boxes_are_inside_picture(frames):
    log = filled_log(*((t, [track(x=x, score=score)]) for t, x, score in sorted(frames)), start_t=0)
    (path,) = unpack(log.pack())
    assert len(path.boxes) <= len(frames)
    for box in path.boxes:
        assert all(0 <= share <= 1 for share in box[1:])


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"x",
        zlib.compress(b"x"),
        zlib.compress(b"[]"),
        zlib.compress(b'{"tracks": 1}'),
        zlib.compress(b'{"tracks": [[1]]}'),
        zlib.compress(b'{"tracks": [[1, "x", ["a", 1, 1, 1, 1, 1]]]}'),
        zlib.compress(b'{"tracks": [[1, "x", [1%s, 1, 1, 1, 1, 1]]]}' % (b"0" * 400)),
        zlib.compress(b'{"tracks": [[Infinity, "x", []]]}'),
        zlib.compress(b'{"tracks": [[1, "x", [1, Infinity, 1, 1, 1, 1]]]}'),
        zlib.compress(b'{"tracks": [[1, "x", [1, NaN, 1, 1, 1, 1]]]}'),
        zlib.compress(b"[" * 100_000),
        zlib.compress(b" " * 5_000_000),
    ],
)
def test_unpack_corrupt_tracks_returns_empty(packed):
    assert unpack(packed) == []


@given(st.binary())
def test_unpack_any_bytes_raises_nothing(data):
    assert unpack(data) == []
    assert isinstance(unpack(zlib.compress(data)), list)
