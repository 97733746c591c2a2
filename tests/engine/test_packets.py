"""Formats and packets."""

import pytest

from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, padded_packet


def video(codec):
    return MediaFormat(kind=MediaKind.VIDEO, codec=codec, width=64, height=48)


@pytest.mark.parametrize(
    ("codec", "copied", "intra_only"),
    [("h264", True, False), ("hevc", True, False), ("mjpeg", False, True),
     ("rawvideo", False, True), ("mpeg4", False, False), ("vp9", False, False)],
)  # fmt: skip
def test_format_knows_how_codec_is_recorded(codec, copied, intra_only):
    assert (video(codec).copied, video(codec).intra_only) == (copied, intra_only)


def test_formats_compare_by_identity():
    assert video("h264") != video("h264")


def test_padded_packet_copies_data():
    data = b"\x00\x00\x01" * 50
    packet = padded_packet(data)
    assert bytes(packet) == data
    assert packet.size == 150


def test_video_decoder_uses_one_thread():
    assert video("h264").video_decoder().thread_count == 1


def test_video_decoder_of_raw_video_uses_size_and_pixel_format():
    raw = MediaFormat(
        kind=MediaKind.VIDEO, codec="rawvideo", width=64, height=48, pix_fmt="yuyv422"
    )
    (frame,) = raw.video_decoder().decode(padded_packet(b"\x80" * (64 * 48 * 2)))
    assert (frame.width, frame.height, frame.format.name) == (64, 48, "yuyv422")


def test_audio_decoder_uses_rate_and_layout():
    telephone = MediaFormat(kind=MediaKind.AUDIO, codec="pcm_alaw", sample_rate=8000, layout="mono")
    (frame,) = telephone.audio_decoder().decode(padded_packet(b"\xd5" * 160))
    assert (frame.samples, frame.sample_rate) == (160, 8000)
