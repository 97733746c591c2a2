"""Decoding packets."""

from dataclasses import replace
import os

from engine_rig import media_packets, split_video
import pytest
from videos import number_of

from custom_components.homesec.engine.media.decoder import FrameDecoder
from custom_components.homesec.engine.media.packets import MediaPacket, padded_packet
from custom_components.homesec.engine.worker.memory import rss_bytes, trim_memory


@pytest.fixture(scope="module")
def reordered(make_video):
    """Three seconds with B-frames, decoded in another order than shown."""
    return split_video(media_packets(make_video(seconds=3, bframes=3, fps=20)))[0]


def own_bytes():
    trim_memory()
    return rss_bytes(os.getpid())


def every_frame(packets, is_needed):
    decoder = FrameDecoder()
    return [f for p in packets for f in decoder.decode(p, needed=is_needed(p))]


def broken(packet):
    data = bytearray(bytes(packet.data))
    data[len(data) // 3 :] = bytes(len(data) - len(data) // 3)
    other = padded_packet(bytes(data))
    other.pts, other.dts = packet.data.pts, packet.data.dts
    return MediaPacket(
        format=packet.format, data=other, t=packet.t, at=packet.at, keyframe=packet.keyframe
    )


def test_decode_keyframe_returns_frame_at_once(reordered):
    decoder = FrameDecoder()
    keys = [p for p in reordered if p.keyframe]
    frames = [decoder.decode_keyframe(p) for p in keys]
    assert [number_of(f.picture) for f in frames] == [0, 20, 40]
    assert decoder.decoded == 3


def test_decode_returns_all_frames_in_order_shown(reordered):
    decoder = FrameDecoder()
    numbers = [number_of(f.picture) for p in reordered for f in decoder.decode(p)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 60 - 4  # the decoder holds a few back


def test_decode_without_need_leaves_out_only_what_no_other_refers_to(reordered):
    whole = {f.t: f.picture.to_ndarray() for f in every_frame(reordered, lambda _: True)}
    needed = every_frame(reordered, lambda packet: packet.shown_t < 1.0)
    assert [f.t for f in needed if f.t < 1.0] == [t for t in sorted(whole) if t < 1.0]
    left_out = [t for t in whole if t not in {f.t for f in needed}]
    assert min(left_out) >= 1.0
    assert len(left_out) > len(whole) // 4
    for frame in needed:
        assert (frame.picture.to_ndarray() == whole[frame.t]).all()


def test_decode_gives_frames_their_presentation_time(reordered):
    decoder = FrameDecoder()
    frames = [f for p in reordered for f in decoder.decode(p)]
    start = frames[0]
    for n, frame in enumerate(frames):
        assert frame.t - start.t == pytest.approx(n / 20, abs=1e-4)
        assert frame.at - start.at == pytest.approx(n / 20, abs=1e-4)


def test_decode_starts_at_keyframe(reordered):
    decoder = FrameDecoder()
    assert [f for p in reordered[1:20] for f in decoder.decode(p)] == []
    assert not decoder.running
    decoder.decode(reordered[20])
    assert decoder.running


def test_decode_after_reset_starts_at_keyframe(reordered):
    decoder = FrameDecoder()
    for packet in reordered[:10]:
        decoder.decode(packet)
    decoder.reset()
    assert decoder.decode(reordered[10]) == []


def test_reset_decoder_gives_back_memory_of_its_pictures(make_video):
    packets = split_video(media_packets(make_video(seconds=2, bframes=3, size=(1920, 1080))))
    decoder, before = FrameDecoder(), own_bytes()
    for packet in packets[0]:
        decoder.decode(packet)
    used = own_bytes() - before
    decoder.reset()
    assert own_bytes() - before < used / 3


def test_decode_and_decode_keyframe_alternate(reordered):
    decoder = FrameDecoder()
    for packet in reordered[:15]:
        decoder.decode(packet)
    assert number_of(decoder.decode_keyframe(reordered[20]).picture) == 20
    numbers = [number_of(f.picture) for p in reordered[40:] for f in decoder.decode(p)]
    assert numbers == list(range(40, 40 + len(numbers)))


def test_decode_keyframe_of_broken_packet_returns_none(reordered):
    decoder = FrameDecoder()
    junk = MediaPacket(
        format=reordered[0].format, data=padded_packet(b"\x00\x00\x01\x65" + b"\xff" * 99),
        t=0, at=0, keyframe=True,
    )  # fmt: skip
    assert decoder.decode_keyframe(junk) is None
    assert number_of(decoder.decode_keyframe(reordered[20]).picture) == 20


def test_decode_skips_broken_packets(reordered):
    decoder = FrameDecoder()
    packets = [broken(p) if n % 7 == 3 else p for n, p in enumerate(reordered)]
    frames = [f for p in packets for f in decoder.decode(p)]
    assert number_of(frames[-1].picture) > 50


def test_decode_of_new_format_starts_at_keyframe(reordered, make_video):
    decoder = FrameDecoder()
    for packet in reordered[:10]:
        decoder.decode(packet)
    other = split_video(media_packets(make_video(seconds=2, size=(192, 128))))[0]
    assert decoder.decode(other[1]) == []
    assert decoder.decode(other[0])[0].width == 192


@pytest.mark.parametrize("codec", ["libx265", "mjpeg", "mpeg4"])
def test_decode_supports_other_codecs(make_video, codec):
    container = "avi" if codec == "mjpeg" else None
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    video = make_video(seconds=2, codec=codec, container=container, pix_fmt=pix_fmt)
    packets = split_video(media_packets(video))[0]
    decoder = FrameDecoder()
    assert number_of(decoder.decode_keyframe(packets[0]).picture) == 0
    numbers = [number_of(f.picture) for p in packets for f in decoder.decode(p)]
    assert numbers == list(range(len(numbers)))


def test_frame_without_pts_has_time_of_packet(reordered):
    packet = reordered[0]
    data = padded_packet(bytes(packet.data))
    frame = FrameDecoder().decode_keyframe(replace(packet, data=data, t=7.0, at=17.0))
    assert (frame.t, frame.at) == (7.0, 17.0)
