"""Parameter sets, and packets made self-contained with them."""

from types import SimpleNamespace

import av
from engine_rig import media_packets, split_video
from hypothesis import given, strategies as st
import pytest
from videos import number_of

from custom_components.homesec.engine.capture.bitstream import (
    NO_SETS,
    AnnexB,
    ParameterSets,
    find_parameter_sets,
)
from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, padded_packet

START, LONG_START = b"\x00\x00\x01", b"\x00\x00\x00\x01"
SPS, PPS, IDR, SEI = b"\x67\x42\x00\x1e", b"\x68\xce\x38", b"\x65\x88\x84", b"\x06\x05\x01"
VPS5, SPS5, PPS5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"
SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}


def unit_types(data, codec):
    """Return the types of a packet's units."""
    found = [piece for piece in bytes(data).split(b"\x00\x00\x01")[1:] if piece]
    return [x[0] & 0x1F if codec == "h264" else x[0] >> 1 & 0x3F for x in found]


def join_units(*units, start=LONG_START):
    return b"".join(start + unit for unit in units)


@pytest.fixture(scope="module")
def packets(make_video):
    return split_video(media_packets(make_video(seconds=3, bframes=2)))[0]


def without_sets(packet, codec="h264"):
    """Return a keyframe without its parameter sets."""
    pieces = bytes(packet.data).split(b"\x00\x00\x01")
    kept = [
        p for p in pieces[1:] if p and unit_types(b"\x00\x00\x01" + p, codec)[0] not in SETS[codec]
    ]
    data = padded_packet(b"".join(b"\x00\x00\x01" + p for p in kept))
    data.pts, data.dts, data.is_keyframe = packet.data.pts, packet.data.dts, True
    data.time_base, data.duration = packet.data.time_base, packet.data.duration
    return data


def annexb_with_sets_from_sdp(packet):
    """Return an AnnexB that knows a packet's parameter sets from the SDP only."""
    sets = find_parameter_sets(bytes(packet.data), "h264").annexb("h264")
    stream = SimpleNamespace(codec_context=SimpleNamespace(extradata=sets))
    return AnnexB(stream, packet.format)


def test_packet_with_several_slices_decodes_to_one_frame(make_video):
    packets = split_video(media_packets(make_video(seconds=2, slices=4)))[0]
    assert len(packets) == 20
    assert unit_types(packets[0].data, "h264").count(5) == 4
    decoder = packets[0].format.video_decoder()
    shown = [number_of(f) for p in packets for f in decoder.decode(p.data)]
    assert shown == list(range(20))


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_each_keyframe_decodes_by_itself(make_video, codec, container):
    packets = split_video(media_packets(make_video(seconds=3, codec=codec, container=container)))[0]
    name = packets[0].format.codec
    keys = [p for p in packets if p.keyframe]
    assert len(keys) == 3
    for n, key in enumerate(keys):
        assert set(SETS[name]) <= set(unit_types(key.data, name))
        decoder = key.format.video_decoder()
        (frame,) = [*decoder.decode(key.data), *decoder.decode()]
        assert number_of(frame) == 10 * n


def test_keyframe_without_sets_gets_those_from_sdp(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    for key in (p for p in packets if p.keyframe):
        bare = without_sets(key)
        ((media, complete),) = annexb.feed(bare)
        assert unit_types(complete, "h264")[:2] == [7, 8]
        assert media is packets[0].format
        assert (complete.pts, complete.dts) == (bare.pts, bare.dts)
        assert (complete.duration, complete.time_base) == (bare.duration, bare.time_base)
        assert complete.is_keyframe


def test_keyframe_with_sets_is_unchanged(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    ((_, same),) = annexb.feed(packets[0].data)
    assert same is packets[0].data


def test_keyframe_without_known_sets_is_unchanged(packets):
    stream = SimpleNamespace(codec_context=SimpleNamespace(extradata=None))
    bare = without_sets(packets[0])
    assert [p for _, p in AnnexB(stream, packets[0].format).feed(bare)] == [bare]


def test_new_pps_keeps_format_and_is_used_for_later_keyframes(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    sets = find_parameter_sets(bytes(packets[0].data), "h264")
    changed = sets._replace(others=(sets.others[0] + b"\x01",))
    bare = without_sets(packets[0])
    data = padded_packet(changed.annexb("h264") + bytes(bare))
    data.is_keyframe = True
    ((media, _),) = annexb.feed(data)
    assert media is packets[0].format
    ((_, complete),) = annexb.feed(bare)
    assert bytes(complete).startswith(changed.annexb("h264"))


def test_new_sps_with_other_size_changes_format(packets, make_video):
    other = split_video(media_packets(make_video(seconds=1, size=(192, 128))))[0]
    annexb = annexb_with_sets_from_sdp(packets[0])
    before = annexb.format
    ((media, _),) = annexb.feed(other[0].data)
    assert media is not before
    assert (media.width, media.height) == (192, 128)
    ((same, _),) = annexb.feed(other[1].data)
    assert same is media


def test_packet_with_unreadable_sps_is_left_out(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    sets = find_parameter_sets(bytes(packets[0].data), "h264")
    invalid = sets._replace(sps=(b"\x67\x64\x00\x1e\x01",))
    data = padded_packet(invalid.annexb("h264") + b"\x00\x00\x01\x65" + b"\xff" * 20)
    data.is_keyframe = True
    assert list(annexb.feed(data)) == []
    ((media, _),) = annexb.feed(packets[10].data)
    assert media is packets[0].format


def test_packet_with_invalid_lengths_is_dropped(make_video):
    with av.open(str(make_video(seconds=2))) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size]
        video = MediaFormat(kind=MediaKind.VIDEO, codec="h264", width=320, height=192)
        annexb = AnnexB(stream, video)
        junk = padded_packet(b"\x7f\xff\xff\xff" + bytes(packets[1])[4:])
        junk.time_base = packets[1].time_base
        assert [p for _, p in annexb.feed(packets[0])]
        assert [p for _, p in annexb.feed(junk)] == []
        assert all([p for _, p in annexb.feed(packet)] for packet in packets[2:])


def test_packets_of_one_video_share_one_format(packets):
    assert {id(p.format) for p in packets} == {id(packets[0].format)}


# --- finding parameter sets ---


@pytest.mark.parametrize("start", [START, LONG_START])
def test_find_parameter_sets_of_h264_between_other_units(start):
    found = find_parameter_sets(join_units(SEI, SPS, PPS, IDR, start=start), "h264")
    assert found == ParameterSets((SPS,), (PPS,))


def test_find_parameter_sets_of_h265():
    found = find_parameter_sets(join_units(VPS5, SPS5, PPS5, b"\x26\x01\xaf"), "hevc")
    assert found == ParameterSets((SPS5,), (VPS5, PPS5))


def test_incomplete_parameter_sets_are_false():
    assert not find_parameter_sets(join_units(SPS, IDR), "h264")
    assert not find_parameter_sets(join_units(PPS, IDR), "h264")
    assert not NO_SETS


def test_find_parameter_sets_skips_unit_beyond_search_limit():
    data = join_units(SPS, b"\x06" + b"\xaa" * 4078, PPS + b"\x55" * 100)
    assert find_parameter_sets(data, "h264").others == ()


def test_find_parameter_sets_does_not_search_whole_picture():
    data = join_units(SPS, PPS, IDR + b"\xaa" * 100_000, b"\x68late")
    assert find_parameter_sets(memoryview(data), "h264") == ParameterSets((SPS,), (PPS,))


def test_annexb_of_h265_writes_vps_sps_pps():
    assert ParameterSets((SPS5,), (PPS5, VPS5)).annexb("hevc") == join_units(VPS5, SPS5, PPS5)


def test_annexb_of_h264_writes_sps_pps():
    assert ParameterSets((SPS,), (PPS,)).annexb("h264") == join_units(SPS, PPS)


@given(st.binary(max_size=300), st.sampled_from(["h264", "hevc"]))
def test_find_parameter_sets_accepts_any_bytes(data, codec):
    found = find_parameter_sets(data, codec)
    assert all(unit in data for unit in (*found.sps, *found.others))


UNITS = st.binary(min_size=1, max_size=20).filter(lambda x: b"\x00\x00" not in x and x[-1] and x[0])


@given(UNITS, UNITS)
def test_find_parameter_sets_finds_what_annexb_writes(a, b):
    sets = ParameterSets((b"\x67" + a,), (b"\x68" + b,))
    assert find_parameter_sets(sets.annexb("h264"), "h264") == sets
