"""Finding what a decoder has to know first."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.capture.parameter_sets import (
    NO_SETS,
    ParameterSets,
    find_parameter_sets,
)

START, LONG_START = b"\x00\x00\x01", b"\x00\x00\x00\x01"
SPS, PPS, IDR, SEI = b"\x67\x42\x00\x1e", b"\x68\xce\x38", b"\x65\x88\x84", b"\x06\x05\x01"
VPS5, SPS5, PPS5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"


def stream(*units, start=LONG_START):
    return b"".join(start + unit for unit in units)


@pytest.mark.parametrize("start", [START, LONG_START])
def test_the_sets_of_h264_are_found_between_other_units(start):
    found = find_parameter_sets(stream(SEI, SPS, PPS, IDR, start=start), "h264")
    assert found == ParameterSets((SPS,), (PPS,))


def test_the_sets_of_h265_are_found():
    found = find_parameter_sets(stream(VPS5, SPS5, PPS5, b"\x26\x01\xaf"), "hevc")
    assert found == ParameterSets((SPS5,), (VPS5, PPS5))


def test_sets_that_lack_a_part_do_not_count():
    assert not find_parameter_sets(stream(SPS, IDR), "h264")
    assert not find_parameter_sets(stream(PPS, IDR), "h264")
    assert not NO_SETS


def test_a_unit_that_is_cut_off_where_the_search_ends_is_not_taken_for_whole():
    data = stream(SPS, b"\x06" + b"\xaa" * 4078, PPS + b"\x55" * 100)
    assert find_parameter_sets(data, "h264").others == ()


def test_a_big_picture_is_not_looked_through():
    data = stream(SPS, PPS, IDR + b"\xaa" * 100_000, b"\x68late")
    assert find_parameter_sets(memoryview(data), "h264") == ParameterSets((SPS,), (PPS,))


def test_h265_sets_are_written_in_the_order_that_decoders_need():
    assert ParameterSets((SPS5,), (PPS5, VPS5)).annexb("hevc") == stream(VPS5, SPS5, PPS5)


def test_h264_sets_are_written_before_each_other_in_order():
    assert ParameterSets((SPS,), (PPS,)).annexb("h264") == stream(SPS, PPS)


@given(st.binary(max_size=300), st.sampled_from(["h264", "hevc"]))
def test_no_bytes_are_too_strange(data, codec):
    found = find_parameter_sets(data, codec)
    assert all(unit in data for unit in (*found.sps, *found.others))


units = st.binary(min_size=1, max_size=20).filter(lambda x: b"\x00\x00" not in x and x[-1] and x[0])


@given(units, units)
def test_what_was_written_is_found_again(a, b):
    sets = ParameterSets((b"\x67" + a,), (b"\x68" + b,))
    assert find_parameter_sets(sets.annexb("h264"), "h264") == sets
