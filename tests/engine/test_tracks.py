"""Who was where in a clip."""

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


def noted(*looks, start_t=100.0):
    """Note the looks; everybody counts in them."""
    sights = TrackLog(start_t)
    for t, tracks in looks:
        sights.add(t, tracks)
        sights.include(each.id for each in tracks)
    return sights


def test_boxes_come_back_in_seconds_of_the_film():
    sights = noted((100.0, [track(x=0.1)]), (100.5, [track(x=0.2), track(7, label="cat")]))
    first, cat = unpack(sights.pack())
    assert (first.id, first.label, cat.id, cat.label) == (1, "person", 7, "cat")
    assert first.boxes == (
        TrackBox(0.0, 0.1, 0.2, 0.3, 0.9, 0.8),
        TrackBox(0.5, 0.2, 0.2, 0.4, 0.9, 0.8),
    )


def test_what_was_before_the_film_is_not_in_it():
    sights = noted((99.9, [track()]), (100.4, [track()]))
    (way,) = unpack(sights.pack())
    assert [box.t for box in way.boxes] == [0.4]


def test_no_more_than_five_boxes_a_second_are_kept_of_each():
    sights = noted(*((100 + n / 25, [track(), track(2)]) for n in range(251)))
    for way in unpack(sights.pack()):
        assert 40 <= len(way.boxes) <= 51
        assert min(b.t - a.t for a, b in zip(way.boxes, way.boxes[1:], strict=False)) > 0.15


def test_who_never_counts_is_left_out_and_who_does_once_is_whole():
    sights = TrackLog(100)
    for t in (100, 101):
        sights.add(t, [track(1), track(2)])
    sights.include([2, 7])
    sights.add(102, [track(1), track(2)])
    (way,) = unpack(sights.pack())
    assert (way.id, len(way.boxes)) == (2, 3)


def test_a_clip_in_which_nobody_counts_has_no_tracks():
    sights = TrackLog()
    sights.add(100, [track()])
    assert sights.pack() is None
    assert TrackLog().pack() is None


def test_a_crowd_for_an_hour_stays_small():
    sights = TrackLog()
    sights.include(range(20))
    for n in range(3600 * 2):
        sights.add(n / 2, [track(i, x=(n + i) % 80 / 100) for i in range(20)])
    packed = sights.pack()
    ways = unpack(packed)
    assert len(ways) == 20
    assert sum(len(way.boxes) for way in ways) <= MAX_BOXES
    assert len(packed) < 200_000
    assert ways[0].boxes[-1].t > 3500, "the end is as well kept as the beginning"


def test_a_flood_of_tracks_is_cut_off():
    sights = noted((100, [track(n) for n in range(MAX_TRACKS + 50)]))
    assert len(unpack(sights.pack())) == MAX_TRACKS


def test_who_comes_after_many_others_takes_the_place_of_one_that_is_gone():
    crowd = [track(n) for n in range(MAX_TRACKS)]
    twice = crowd[: MAX_TRACKS // 2]
    sights = noted((100, crowd), (101, twice), (110, [track(1000)]), (111, [track(1001)]))
    ids = {way.id for way in unpack(sights.pack())}
    assert {1000, 1001} | {x.id for x in twice} <= ids
    assert len(ids) == MAX_TRACKS


def test_of_those_who_are_gone_nobody_who_counts_is_forgotten_first():
    sights = TrackLog(0)
    sights.add(1, [track(1)])
    sights.include([1])
    for t in range(2, 4 + MAX_TRACKS * 2, 2):
        sights.add(t, [track(t)])
        sights.add(t + 0.5, [track(t)])
    sights.add(1000, [track(1001)])
    sights.include([1001])
    assert [way.id for way in unpack(sights.pack())] == [1, 1001]


def test_zones_are_told_in_the_order_of_the_camera():
    zones = [Zone(name=name, polygon=()) for name in ("Porch", "Drive", "Road")]
    sights = TrackLog(0, zones)
    assert sights.zones == ()
    sights.add_zones(["Road"])
    sights.add_zones(("Porch",))
    assert sights.zones == ("Porch", "Road")


@given(
    st.lists(
        st.tuples(st.floats(0, 7000), st.floats(-1, 2), st.floats(0, 1)), min_size=1, max_size=30
    )
)
def test_whatever_was_noted_comes_back_within_the_picture(looks):
    sights = noted(*((t, [track(x=x, score=score)]) for t, x, score in sorted(looks)), start_t=0)
    (way,) = unpack(sights.pack())
    assert len(way.boxes) <= len(looks)
    for box in way.boxes:
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
def test_damage_is_no_tracks(packed):
    assert unpack(packed) == []


@given(st.binary())
def test_anything_at_all_is_read_without_an_error(data):
    assert unpack(data) == []
    assert isinstance(unpack(zlib.compress(data)), list)
