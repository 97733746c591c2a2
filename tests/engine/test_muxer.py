"""The file of a clip while it's recorded."""

from dataclasses import replace
import errno
import itertools
import os
from pathlib import Path

import av
from engine_rig import media_packets, split_video
import numpy as np
from partial_files import G711, record, with_audio
import pytest
from videos import atoms, content, tone

from custom_components.homesec.engine.media.packets import (
    TICKS,
    TIME_BASE,
    MediaPacket,
)
from custom_components.homesec.engine.recording.muxer import FragmentedMp4


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clip.part.mp4"


@pytest.fixture(scope="module")
def video(make_video):
    return media_packets(make_video(seconds=4, bframes=3, fps=20))


# --- video ---


def test_h264_packets_are_copied(path, video):
    clip = record(path, video)
    assert clip.numbers == list(range(80))
    assert clip.codec == "h264"
    with av.open(str(path)) as copy:
        # Only parameter sets may be elsewhere: MP4 has them in its header, too.
        sizes = [p.size for p in copy.demux(video=0) if p.size]
    assert len(sizes) == 80


def test_file_begins_at_zero_wherever_source_is_cut(path, video):
    start = next(n for n, p in enumerate(video) if p.keyframe and p.t > 1.5)
    clip = record(path, video[start:])
    assert clip.numbers == list(range(40, 80))
    assert clip.times[0] == 0.0
    steps = [b - a for a, b in itertools.pairwise(clip.times)]
    assert steps == pytest.approx([0.05] * 39)


def test_each_half_second_is_a_fragment(path, video):
    record(path, video)
    names = atoms(path)
    assert names[:2] == ["ftyp", "moov"]
    assert 8 <= names.count("moof") <= 9


def test_rare_keyframes_do_not_lengthen_fragments(path, make_video):
    record(path, media_packets(make_video(seconds=8, gop_s=8)))
    assert atoms(path).count("moof") >= 16


def test_h265_packets_are_copied(path, make_video):
    clip = record(path, media_packets(make_video(seconds=3, codec="libx265")))
    assert (clip.codec, clip.numbers) == ("hevc", list(range(30)))


@pytest.mark.parametrize(
    "recipe",
    [
        {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj422p"},
        {"codec": "mpeg4"},
        {"codec": "rawvideo", "container": "avi", "pix_fmt": "yuyv422"},
        {"codec": "rawvideo", "container": "avi", "pix_fmt": "bgr24"},
    ],
    ids=["mjpeg", "mpeg4", "yuyv", "rgb"],
)
def test_other_codecs_are_encoded_to_h264(path, make_video, recipe):
    clip = record(path, media_packets(make_video(seconds=3, **recipe)))
    assert (clip.codec, clip.numbers) == ("h264", list(range(30)))
    with av.open(str(path)) as video:
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_encoded_odd_sides_become_even(path, make_video):
    recipe = {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj444p"}
    clip = record(path, media_packets(make_video(seconds=1, size=(321, 193), **recipe)))
    assert clip.size == (320, 192)
    assert clip.numbers == list(range(10))


def test_encoded_frames_keep_their_times(path, make_video):
    recipe = {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj420p"}
    packets = media_packets(make_video(seconds=3, **recipe))
    del packets[10:15]
    clip = record(path, packets)
    assert clip.times[10] - clip.times[9] == pytest.approx(0.6)


def test_encoded_clip_begins_at_its_first_packet(path, make_video):
    recipe = {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj420p"}
    clip = record(path, media_packets(make_video(seconds=3, **recipe))[12:])
    assert (clip.times[0], clip.numbers[0]) == (0.0, 12)


def test_broken_frames_are_left_out(path, make_video):
    recipe = {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj420p"}
    packets = media_packets(make_video(seconds=2, **recipe))
    packets[5].data.update(bytes(packets[5].size))
    assert record(path, packets).numbers == [n for n in range(20) if n != 5]


def test_odd_frame_rate_is_encoded(path, make_video):
    recipe = {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj420p"}
    packets = media_packets(make_video(seconds=1, **recipe))
    for fps in (None, 0.1, 90_000.0):
        media = replace(packets[0].format, fps=fps)
        clip = record(path, [replace(p, format=media) for p in packets])
        assert clip.numbers == list(range(10))


# --- audio ---


def test_aac_packets_are_copied(path, make_video):
    packets = media_packets(make_video(seconds=4, audio="aac"))
    audio_packets = split_video(packets)[1]
    clip = record(path, packets, audio=audio_packets[0].format)
    assert clip.audio == "aac"
    assert clip.audio_s == pytest.approx(4.0, abs=0.1)


def test_aac_of_transport_stream_is_encoded_again(path, make_video):
    packets = media_packets(make_video(seconds=4, audio="aac", container="mpegts"))
    audio_packets = split_video(packets)[1]
    assert audio_packets[0].format.template is None
    clip = record(path, packets, audio=audio_packets[0].format)
    assert clip.audio == "aac"
    assert clip.audio_s == pytest.approx(4.0, abs=0.2)


def test_g711_audio_is_encoded_to_aac(path, video):
    times = [n * 0.02 for n in range(200)]
    clip = record(path, with_audio(video, times), audio=G711)
    assert clip.audio == "aac"
    assert clip.audio_s == pytest.approx(4.0, abs=0.2)
    assert len(clip.numbers) == 80


def test_audio_of_unnamed_layout_is_mono(path, video):
    audio = replace(G711, layout="1 channels")
    packets = with_audio(video, [n * 0.02 for n in range(200)], audio)
    assert record(path, packets, audio=audio).audio_s == pytest.approx(4.0, abs=0.2)


def test_audio_in_bursts_is_joined(path, video):
    times = [0.08 * (n // 4) + 0.001 * (n % 4) for n in range(200)]
    clip = record(path, with_audio(video, times), audio=G711)
    assert clip.audio_s == pytest.approx(4.0, abs=0.2)


def test_audio_after_gap_keeps_its_time(path, video):
    times = [n * 0.02 for n in range(200) if not 50 <= n < 125]
    record(path, with_audio(video, times), audio=G711)
    with av.open(str(path)) as clip:
        ends = [float((p.pts + p.duration) * p.time_base) for p in clip.demux(audio=0) if p.size]
    assert ends[-1] == pytest.approx(4.0, abs=0.2)


def test_excess_audio_is_cut(path, video):
    times = [n * 0.01 for n in range(400)]  # twice as much
    clip = record(path, with_audio(video, times), audio=G711)
    assert clip.audio_s == pytest.approx(4.2, abs=0.3)


def test_broken_audio_is_left_out(path, make_video):
    packets = media_packets(make_video(seconds=3, audio="aac"))
    audio_packets = [p for p in packets if not p.is_video]
    media = replace(audio_packets[0].format, template=None)  # forces decoding
    for packet in audio_packets[40:60]:
        packet.data.update(b"\xff" * packet.size)
    packets = [p if p.is_video else replace(p, format=media) for p in packets]
    clip = record(path, packets, audio=media)
    assert len(clip.numbers) == 30
    assert 2.0 < clip.audio_s < 3.5


def test_missing_audio_does_not_hold_back_video(path, video):
    file = FragmentedMp4(path, video[0].format, G711)
    for packet in video:
        file.write(packet)
    assert atoms(path).count("moof") >= 1  # on the disk although no audio has come
    file.close()
    assert content(path).numbers == list(range(80))


def test_audio_with_unsupported_rate_is_left_out(path, video):
    audio = replace(G711, sample_rate=9000)
    clip = record(path, with_audio(video, [0.0, 0.02], audio), audio=audio)
    assert clip.audio is None
    assert len(clip.numbers) == 80


def test_audio_before_clip_start_is_left_out(path, make_video):
    packets = media_packets(make_video(seconds=4, audio="aac"))
    start = next(n for n, p in enumerate(packets) if p.is_video and p.keyframe and p.t > 1)
    late = [packets[start], *[p for p in packets[:start] if not p.is_video], *packets[start + 1 :]]
    audio_packets = [p for p in packets if not p.is_video]
    clip = record(path, late, audio=audio_packets[0].format)
    assert clip.audio_s == pytest.approx(2.0, abs=0.2)


def test_audio_packets_without_audio_format_are_left_out(path, video):
    clip = record(path, with_audio(video, [0.0, 0.02]))
    assert clip.audio is None


def test_encoded_tone_keeps_its_frequency(path, video):
    encoder = av.CodecContext.create("pcm_alaw", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 8000, "mono", "s16"
    packets = []
    for n in range(200):
        (data,) = encoder.encode(tone(n * 160, 8000, 160))
        data.time_base = TIME_BASE
        data.pts = data.dts = round(n * 0.02 * TICKS)
        packets.append(MediaPacket(format=G711, data=data, t=n * 0.02, at=0, keyframe=True))
    mixed = sorted([*video, *packets], key=lambda p: p.t)
    record(path, mixed, audio=G711)
    with av.open(str(path)) as clip:
        samples = [f.to_ndarray()[0] for f in clip.decode(audio=0)]
    middle = np.concatenate(samples)[8000:16000]
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)


# --- the disk ---


def test_missing_folder_raises_its_error(tmp_path, video):
    with pytest.raises(FileNotFoundError) as caught:
        FragmentedMp4(tmp_path / "missing" / "clip.mp4", video[0].format, None)
    assert caught.value.errno == errno.ENOENT


def test_sync_writes_file_to_disk(path, video, monkeypatch):
    synced = []
    monkeypatch.setattr(
        os, "fdatasync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").readlink())
    )
    file = FragmentedMp4(path, video[0].format, None)
    file.write(video[0])
    file.sync()
    file.close()
    assert synced == [path]


def test_clip_shorter_than_audio_wait_is_written(path, video):
    clip = record(path, video[:10], audio=G711)
    assert clip.numbers[:8] == list(range(8))
    assert clip.audio is None


def test_empty_file_can_be_closed(path, video):
    FragmentedMp4(path, video[0].format, None).close()
    assert path.exists()
