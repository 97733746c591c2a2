"""Parameter sets, and packets made self-contained with them."""

from types import SimpleNamespace

import av
from engine_rig import media_packets, split_video
import pytest
from videos import number_of

from custom_components.homesec.engine.capture.bitstream import PATIENCE, AnnexB
from custom_components.homesec.engine.media.nal_units import read_access_unit
from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, padded_packet

START, LONG_START = b"\x00\x00\x01", b"\x00\x00\x00\x01"
NO_SETS = SimpleNamespace(codec_context=SimpleNamespace(extradata=None))
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


def find_sets(packet):
    """Return a packet's SPS and PPS."""
    return [each.unit for each in read_access_unit(bytes(packet.data), "h264").sets]


def annexb_with_sets_from_sdp(packet):
    """Return an AnnexB that knows a packet's parameter sets from the SDP only."""
    sets = join_units(*find_sets(packet))
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
        ((media, complete, *_),) = annexb.feed(bare)
        assert unit_types(complete, "h264")[:2] == [7, 8]
        assert media is packets[0].format
        assert (complete.pts, complete.dts) == (bare.pts, bare.dts)
        assert (complete.duration, complete.time_base) == (bare.duration, bare.time_base)
        assert complete.is_keyframe


def test_keyframe_with_sets_is_unchanged(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    ((_, same, *_),) = annexb.feed(packets[0].data)
    assert same is packets[0].data


def test_keyframe_without_known_sets_is_unchanged(packets):
    bare = without_sets(packets[0])
    assert [x.packet for x in AnnexB(NO_SETS, packets[0].format).feed(bare)] == [bare]


def test_new_pps_keeps_format_and_is_used_for_later_keyframes(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    sps, pps = find_sets(packets[0])
    changed = join_units(sps, pps + b"\x01")
    bare = without_sets(packets[0])
    data = padded_packet(changed + bytes(bare))
    data.is_keyframe = True
    ((media, *_),) = annexb.feed(data)
    assert media is packets[0].format
    ((_, complete, *_),) = annexb.feed(bare)
    assert bytes(complete).startswith(changed)


def test_new_sps_with_other_size_changes_format(packets, make_video):
    other = split_video(media_packets(make_video(seconds=1, size=(192, 128))))[0]
    annexb = annexb_with_sets_from_sdp(packets[0])
    before = annexb.format
    ((media, *_),) = annexb.feed(other[0].data)
    assert media is not before
    assert (media.width, media.height) == (192, 128)
    ((same, *_),) = annexb.feed(other[1].data)
    assert same is media


def test_packet_with_unreadable_sps_is_left_out(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    invalid = join_units(b"\x67\x64\x00\x1e\x01", find_sets(packets[0])[1])
    data = padded_packet(invalid + b"\x00\x00\x01\x65" + b"\xff" * 20)
    data.is_keyframe = True
    assert list(annexb.feed(data)) == []
    ((media, *_),) = annexb.feed(packets[10].data)
    assert media is packets[0].format


def test_packet_with_invalid_lengths_is_dropped(make_video):
    with av.open(str(make_video(seconds=2))) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size]
        video = MediaFormat(kind=MediaKind.VIDEO, codec="h264", width=320, height=192)
        annexb = AnnexB(stream, video)
        junk = padded_packet(b"\x7f\xff\xff\xff" + bytes(packets[1])[4:])
        junk.time_base = packets[1].time_base
        assert list(annexb.feed(packets[0]))
        assert list(annexb.feed(junk)) == []
        assert all(list(annexb.feed(packet)) for packet in packets[2:])


def test_packets_of_one_video_share_one_format(packets):
    assert {id(p.format) for p in packets} == {id(packets[0].format)}


# --- units that are odd ---


def units_of(packet, kinds):
    pieces = bytes(packet.data).split(START)[1:]
    return [p for p in pieces if p and p[0] & 0x1F in kinds]


def packet_of(units, like):
    data = padded_packet(join_units(*units))
    data.pts, data.dts, data.time_base = like.data.pts, like.data.dts, like.data.time_base
    data.duration = like.data.duration
    return data


def test_sets_in_a_packet_of_their_own_belong_to_the_next_picture(packets):
    annexb = AnnexB(NO_SETS, packets[0].format)
    assert list(annexb.feed(packet_of(units_of(packets[0], (7, 8)), packets[0]))) == []
    (found,) = annexb.feed(packet_of(units_of(packets[0], (5,)), packets[0]))
    assert unit_types(found.packet, "h264") == [7, 8, 5]
    assert found.keyframe
    assert found.packet.pts == packets[0].data.pts


def test_sets_follow_the_access_unit_delimiter(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    (found,) = annexb.feed(packet_of([b"\x09\xf0", *units_of(packets[0], (5,))], packets[0]))
    assert unit_types(found.packet, "h264") == [9, 7, 8, 5]


def test_several_sets_with_identifiers_of_their_own_are_all_kept(packets):
    first = find_sets(packets[0])
    second = (first[0], b"\x68" + bytes([0b01000000 | first[1][1] >> 2]) + first[1][2:])
    annexb = AnnexB(NO_SETS, packets[0].format)
    list(annexb.feed(packet_of([*first, *units_of(packets[0], (5,))], packets[0])))
    list(annexb.feed(packet_of([second[1], *units_of(packets[1], (1,))], packets[1])))
    (found,) = annexb.feed(packet_of(units_of(packets[10], (5,)), packets[10]))
    assert unit_types(found.packet, "h264") == [7, 8, 8, 5]


def test_unmarked_intra_pictures_count_where_the_camera_marks_none(packets):
    plain = as_plain_intra(packets[0])
    annexb = annexb_with_sets_from_sdp(packets[0])
    (found,) = annexb.feed(packet_of([plain], packets[0]))
    assert found.keyframe
    assert unit_types(found.packet, "h264") == [7, 8, 6, 1]


def test_unmarked_intra_pictures_do_not_count_beside_marked_ones(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    (first,) = annexb.feed(packets[0].data)
    (found,) = annexb.feed(packet_of([as_plain_intra(packets[0])], packets[1]))
    assert (first.keyframe, found.keyframe, found.recovery) == (True, False, None)


def test_pictures_of_a_camera_that_marks_nothing_count_in_the_end(packets):
    annexb = annexb_with_sets_from_sdp(packets[0])
    inter = packet_of(units_of(packets[1], (1,)), packets[1])
    found = [next(annexb.feed(inter)) for _ in range(PATIENCE + 2)]
    assert [n for n, each in enumerate(found) if each.recovery is not None] == [PATIENCE]
    assert unit_types(found[PATIENCE].packet, "h264")[:3] == [7, 8, 6]


def as_plain_intra(packet):
    """Return an IDR slice as one that isn't, as far as its header is read."""
    (idr,) = units_of(packet, (5,))
    return bytes([idr[0] & 0xE0 | 1]) + idr[1:]
