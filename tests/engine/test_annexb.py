"""Packets made self-contained."""

from types import SimpleNamespace

import av
from films import number_of
import pytest
from rig import media_packets, split_video

from custom_components.homesec.engine.capture.bitstream import AnnexB
from custom_components.homesec.engine.capture.parameter_sets import find_parameter_sets
from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, padded_packet

SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}


def units(data, codec):
    """Return the types of a packet's units."""
    found = [piece for piece in bytes(data).split(b"\x00\x00\x01")[1:] if piece]
    return [x[0] & 0x1F if codec == "h264" else x[0] >> 1 & 0x3F for x in found]


@pytest.fixture(scope="module")
def film(films):
    return split_video(media_packets(films(seconds=3, bframes=2)))[0]


def bare(packet, codec="h264"):
    """Return a keyframe without its parameter sets."""
    pieces = bytes(packet.data).split(b"\x00\x00\x01")
    kept = [p for p in pieces[1:] if p and units(b"\x00\x00\x01" + p, codec)[0] not in SETS[codec]]
    data = padded_packet(b"".join(b"\x00\x00\x01" + p for p in kept))
    data.pts, data.dts, data.is_keyframe = packet.data.pts, packet.data.dts, True
    data.time_base, data.duration = packet.data.time_base, packet.data.duration
    return data


def known_from_the_sdp(packet):
    """Return what knows the parameter sets of this packet from the stream's head only."""
    sets = find_parameter_sets(bytes(packet.data), "h264").annexb("h264")
    stream = SimpleNamespace(codec_context=SimpleNamespace(extradata=sets))
    return AnnexB(stream, packet.format)


def test_a_picture_of_several_slices_is_one_packet(films):
    packets = split_video(media_packets(films(seconds=2, slices=4)))[0]
    assert len(packets) == 20
    assert units(packets[0].data, "h264").count(5) == 4
    decoder = packets[0].format.video_decoder()
    shown = [number_of(f) for p in packets for f in decoder.decode(p.data)]
    assert shown == list(range(20))


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_every_keyframe_can_be_decoded_by_itself(films, codec, container):
    packets = split_video(media_packets(films(seconds=3, codec=codec, container=container)))[0]
    name = packets[0].format.codec
    keys = [p for p in packets if p.keyframe]
    assert len(keys) == 3
    for n, key in enumerate(keys):
        assert set(SETS[name]) <= set(units(key.data, name))
        decoder = key.format.video_decoder()
        (frame,) = [*decoder.decode(key.data), *decoder.decode()]
        assert number_of(frame) == 10 * n


def test_sets_that_only_the_sdp_knows_are_put_before_each_keyframe(film):
    annexb = known_from_the_sdp(film[0])
    for key in (p for p in film if p.keyframe):
        lean = bare(key)
        ((media, whole),) = annexb.feed(lean)
        assert units(whole, "h264")[:2] == [7, 8]
        assert media is film[0].format
        assert (whole.pts, whole.dts) == (lean.pts, lean.dts)
        assert (whole.duration, whole.time_base) == (lean.duration, lean.time_base)
        assert whole.is_keyframe


def test_a_keyframe_that_brings_its_own_sets_stays_as_it_is(film):
    annexb = known_from_the_sdp(film[0])
    ((_, same),) = annexb.feed(film[0].data)
    assert same is film[0].data


def test_a_keyframe_without_any_known_sets_is_passed_on(film):
    stream = SimpleNamespace(codec_context=SimpleNamespace(extradata=None))
    lean = bare(film[0])
    assert [p for _, p in AnnexB(stream, film[0].format).feed(lean)] == [lean]


def test_new_picture_sets_alone_are_no_new_format_but_are_remembered(film):
    annexb = known_from_the_sdp(film[0])
    sets = find_parameter_sets(bytes(film[0].data), "h264")
    changed = sets._replace(others=(sets.others[0] + b"\x01",))
    lean = bare(film[0])
    data = padded_packet(changed.annexb("h264") + bytes(lean))
    data.is_keyframe = True
    ((media, _),) = annexb.feed(data)
    assert media is film[0].format
    ((_, whole),) = annexb.feed(lean)
    assert bytes(whole).startswith(changed.annexb("h264"))


def test_another_size_is_another_format(film, films):
    other = split_video(media_packets(films(seconds=1, size=(192, 128))))[0]
    annexb = known_from_the_sdp(film[0])
    before = annexb.format
    ((media, _),) = annexb.feed(other[0].data)
    assert media is not before
    assert (media.width, media.height) == (192, 128)
    ((same, _),) = annexb.feed(other[1].data)
    assert same is media


def test_a_new_format_that_does_not_decode_keeps_the_size(film):
    annexb = known_from_the_sdp(film[0])
    sets = find_parameter_sets(bytes(film[0].data), "h264")
    data = padded_packet(replace_sps(sets).annexb("h264") + b"\x00\x00\x01\x65" + b"\xff" * 20)
    data.is_keyframe = True
    ((media, _),) = annexb.feed(data)
    assert media is not film[0].format
    assert (media.width, media.height) == (320, 192)


def replace_sps(sets):
    return sets._replace(sps=(b"\x67" + b"\xff" * 12,))


def test_a_packet_with_broken_lengths_is_left_out_and_the_next_one_passes(films):
    with av.open(str(films(seconds=2))) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size]
        video = MediaFormat(kind=MediaKind.VIDEO, codec="h264", width=320, height=192)
        annexb = AnnexB(stream, video)
        junk = padded_packet(b"\x7f\xff\xff\xff" + bytes(packets[1])[4:])
        junk.time_base = packets[1].time_base
        assert [p for _, p in annexb.feed(packets[0])]
        assert [p for _, p in annexb.feed(junk)] == []
        assert all([p for _, p in annexb.feed(packet)] for packet in packets[2:])


def test_a_format_is_kept_over_a_whole_film(film):
    assert {id(p.format) for p in film} == {id(film[0].format)}
