"""What the units of H.264 and H.265 say of where a player can start."""

from hypothesis import given, settings, strategies as st
from odd_films import encode, intra_refresh, open_gop
import pytest
from videos import Recipe

from custom_components.homesec.engine.media.nal_units import (
    MAX_RECOVERY,
    read_access_unit,
    recovery_sei,
)
from custom_components.homesec.engine.recording.clip_start import ReferenceRepair

START = b"\x00\x00\x01"
P_SLICE = b"\x41\x9a\x21\x6c"
SHORT = Recipe(seconds=3, walks=())


def read(units, codec="h264"):
    return [read_access_unit(unit.data, codec) for unit in units]


def keyframes(found):
    return [n for n, unit in enumerate(found) if unit.keyframe]


@pytest.mark.parametrize("slices", [1, 4])
def test_idr_pictures_are_keyframes(slices):
    film = encode(SHORT, f"keyint=10:min-keyint=10:scenecut=0:bframes=0:slices={slices}")
    assert keyframes(read(film)) == [0, 10, 20]


def test_intra_pictures_of_open_gops_are_keyframes():
    found = read(open_gop(3, ()))
    assert len(keyframes(found)) == 3
    assert all(unit.recovery is None for unit in found)


def test_pictures_of_an_intra_refresh_are_recovery_points():
    found = read(intra_refresh(5, (), period=20))
    assert keyframes(found) == [0]
    assert [(n, unit.recovery) for n, unit in enumerate(found) if unit.recovery is not None] == [
        (20, 18),
        (40, 18),
    ]


def test_scene_cut_is_intra_but_no_keyframe():
    film = encode(SHORT, "keyint=300:min-keyint=300:scenecut=0:bframes=0:sliced-threads=0")
    idr = film[0].data
    sets, picture = idr[: idr.rindex(START + b"\x65")], idr[idr.rindex(START + b"\x65") :]
    found = read_access_unit(sets + START + b"\x61" + picture[4:], "h264")
    assert (found.keyframe, found.intra) == (False, True)


@pytest.mark.parametrize("open_", [0, 1])
def test_irap_pictures_of_h265_are_keyframes(open_):
    film = encode(
        Recipe(seconds=3, walks=(), codec="libx265"),
        f"keyint=10:min-keyint=10:scenecut=0:bframes=2:open-gop={open_}",
    )
    found = read(film, "hevc")
    assert len(keyframes(found)) == 3
    assert {each.kind for each in found[0].sets} == {"vps", "sps", "pps"}


@given(st.integers(0, MAX_RECOVERY), st.sampled_from(["h264", "hevc"]))
def test_recovery_point_that_is_written_is_read(pictures, codec):
    slice_ = P_SLICE if codec == "h264" else b"\x02\x01\xd0\x21"
    data = START + recovery_sei(codec, pictures) + START + slice_
    assert read_access_unit(data, codec).recovery == pictures


def test_recovery_after_more_pictures_than_any_camera_needs_is_limited():
    data = START + recovery_sei("h264", 5000) + START + P_SLICE
    assert read_access_unit(data, "h264").recovery == MAX_RECOVERY


def test_packet_without_a_picture_says_so():
    found = read_access_unit(START + recovery_sei("h264", 3), "h264")
    assert (found.picture, found.recovery) == (False, None)


UNITS = st.lists(st.binary(max_size=30), max_size=8).map(lambda units: START + START.join(units))


@given(st.one_of(UNITS, st.binary(max_size=200)), st.sampled_from(["h264", "hevc"]))
def test_any_bytes_are_read(data, codec):
    found = read_access_unit(data, codec)
    assert not (found.keyframe and found.recovery is not None)


@given(st.data())
@settings(max_examples=40)
def test_any_damage_leaves_the_start_of_a_clip_to_be_recorded(data):
    film = data.draw(st.sampled_from(FILMS))
    repair = ReferenceRepair()
    for unit in film[12:20]:
        damaged = bytearray(unit.data)
        for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=4)):
            damaged[at] = data.draw(st.integers(0, 255))
        assert repair.opening(bytes(damaged), 7) != b""
        assert repair.repair(bytes(damaged))


FILMS = [open_gop(3, (), bframes=3), open_gop(3, (), cabac=0, slices=2), intra_refresh(3, ())]


def test_damage_in_any_units_raises_nothing():
    repair = ReferenceRepair()
    for data in (b"", START, START * 4, START + b"\x67", START + b"\x68\x80" + START + b"\x41"):
        assert repair.repair(data) == data
        assert ReferenceRepair().opening(data, 3) is None
