"""Cameras that send broken or changing video: named, slowed down, and never a flood."""

from fractions import Fraction
import itertools
import struct

import av
import av.error
from engine_rig import file_camera, media_packets, split_video
from hostile_video import mp4, table
from partial_files import G711, record, with_audio
import pytest
from videos import number_of

from custom_components.homesec.engine.camera import defects
from custom_components.homesec.engine.camera.session import CameraSession
from custom_components.homesec.engine.capture.decoding_order import DecodingOrder
from custom_components.homesec.engine.core.events import ClipStarted, HealthChanged
from custom_components.homesec.engine.core.types import Activity, CameraHealth
from custom_components.homesec.engine.media import limits, packets as media
from custom_components.homesec.engine.media.decoder import FrameDecoder
from custom_components.homesec.engine.media.limits import accepts_audio
from custom_components.homesec.engine.media.parameter_sets import find_sps
from custom_components.homesec.engine.recording import muxer

LOST, RUNNING = CameraHealth.LOST, CameraHealth.RUNNING


@pytest.mark.parametrize("config", [b"\x01" * 6 + b"\xff" * 30, b"\x01", b"\x01" + bytes(40)])
def test_broken_parameter_sets_are_named_without_traceback(rig, tmp_path, caplog, config):
    ordinary = mp4(*(table(name, 0) for name in (b"stts", b"stsc", b"stsz", b"stco")))
    start = ordinary.index(b"avcC") + 4
    length = struct.unpack(">I", ordinary[start - 8 : start - 4])[0] - 8
    broken = ordinary[:start] + config[:length].ljust(length, b"\0") + ordinary[start + length :]
    path = tmp_path / "camera.mp4"
    path.write_bytes(broken)
    rig.engine.set_camera(file_camera(path, paced=True, loop=True), Activity.DETECT)
    lost = rig.wait_health(LOST)
    assert lost.error in ("video_damaged", "no_video")
    assert "Traceback" not in caplog.text


def test_defect_is_logged_once_in_full(rig, make_video, monkeypatch, caplog):
    monkeypatch.setattr(defects, "RESTART_S", (0.01, 0.02))

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(CameraSession, "_handle_packet", fail)
    camera = file_camera(make_video(seconds=2), paced=True, loop=True)
    rig.engine.set_camera(camera, Activity.DETECT)
    rig.wait_health(RUNNING, count=4)
    rig.engine.remove_camera(camera.id)
    assert len([x for x in caplog.records if x.levelname == "ERROR" and x.exc_info]) == 1


def write_packets(path, streams):
    """Write packets of several videos in turns; return the path."""
    with av.open(str(path), "w", format="mpegts") as out:
        stream = out.add_mux_stream("h264", width=320, height=192, time_base=Fraction(1, 90_000))
        mixed = itertools.chain.from_iterable(zip(*streams, strict=False))
        for index, source in enumerate(mixed):
            packet = av.Packet(bytes(source.data))
            packet.pts = packet.dts = index * 9000
            packet.time_base, packet.stream, packet.is_keyframe = stream.time_base, stream, True
            out.mux(packet)
    return path


@pytest.fixture
def alternating(make_video, tmp_path):
    """Twenty seconds of video whose size changes with each picture, all of them keyframes."""
    recipe = {"seconds": 10, "gop_s": 0.1, "walks": ((0.0, 10.0),)}
    streams = [
        split_video(media_packets(make_video(size=size, **recipe)))[0]
        for size in ((320, 192), (192, 128))
    ]
    return write_packets(tmp_path / "alternating.ts", streams)


def test_size_that_changes_with_each_picture_starts_few_clips(rig, alternating):
    rig.engine.set_camera(file_camera(alternating, paced=True, loop=True), Activity.RECORD)
    lost = rig.wait_health(LOST)
    assert lost.error == "format_unstable"
    assert lost.placeholders.keys() == {"changes", "seconds"}
    rig.stop()
    assert len(rig.of(ClipStarted)) <= 3


def test_new_sps_of_the_same_picture_goes_on_in_one_clip(rig, make_video, tmp_path):
    recipe = {"seconds": 5, "gop_s": 0.5, "walks": ((0.0, 5.0),)}
    videos = [make_video(**recipe, options={"level": level}) for level in ("30", "40")]
    streams = [split_video(media_packets(video))[0][:1] * 30 for video in videos]
    found = [list(find_sps(bytes(each[0].data), "h264")) for each in streams]
    assert found[0] != found[1]
    path = write_packets(tmp_path / "levels.ts", streams)
    assert len({id(p.format) for p in media_packets(path)}) == 1
    rig.play(file_camera(path))
    assert LOST not in [e.health for e in rig.of(HealthChanged)]


@pytest.mark.parametrize(
    ("codec", "rate", "channels", "accepted"),
    [
        ("aac", 48_000, 2, True),
        ("pcm_alaw", 8000, 1, True),
        ("pcm_s16be", 48_000, 8, True),
        ("pcm_s16be", 48_000, 65, False),
        ("pcm_s16be", 48_000, 255, False),
        ("pcm_s16be", 0, 1, False),
        ("pcm_s16be", 10_000_000, 1, False),
        ("opus", 48_000, 0, False),
        ("adpcm_ima_wav", 8000, 1, False),
    ],
)
def test_sound_is_recorded_only_if_cameras_send_it(codec, rate, channels, accepted):
    assert accepts_audio(codec, rate, channels) is accepted


@pytest.mark.parametrize("error", [av.error.InvalidDataError, av.error.ArgumentError])
def test_sound_that_fails_while_it_is_written_costs_no_picture(
    tmp_path, make_video, monkeypatch, error
):
    def fail(*_):
        raise error(22, "Invalid argument")

    monkeypatch.setattr(muxer.AudioEncoder, "write", fail)
    video = split_video(media_packets(make_video(seconds=4)))[0]
    sound = with_audio(video, [n / 50 for n in range(200)])
    clip = record(tmp_path / "clip.part.mp4", sound, audio=G711)
    assert clip.numbers == list(range(40))


def test_decoding_that_takes_long_loses_the_camera(rig, make_video, monkeypatch):
    monkeypatch.setattr(limits, "FRAME_S", -1.0)
    rig.engine.set_camera(
        file_camera(make_video(seconds=2), paced=True, loop=True), Activity.DETECT
    )
    assert rig.wait_health(LOST).error == "decoding_too_slow"


def test_pixel_format_of_no_camera_loses_the_camera(rig, make_video, monkeypatch):
    monkeypatch.setattr(limits, "PIXEL_FORMATS", frozenset({"gray"}))
    rig.engine.set_camera(
        file_camera(make_video(seconds=2), paced=True, loop=True), Activity.DETECT
    )
    assert rig.wait_health(LOST).error == "unsupported_codec"


def test_packet_larger_than_any_picture_loses_the_camera(rig, make_video, monkeypatch):
    monkeypatch.setattr(limits, "PACKET_BYTES", 100)
    monkeypatch.setattr(limits.check_packet, "__defaults__", (100,))
    rig.engine.set_camera(
        file_camera(make_video(seconds=2), paced=True, loop=True), Activity.DETECT
    )
    assert rig.wait_health(LOST).error == "packet_too_large"


def test_decoder_refuses_more_pixels_than_the_budget(make_video, monkeypatch):
    monkeypatch.setattr(media, "max_pixels", lambda _codec: 320 * 192 - 1)
    video = split_video(media_packets(make_video(seconds=1)))[0]
    assert FrameDecoder().decode_keyframe(video[0]) is None


# --- decoding order ---


def decoding_times(shown, depth):
    order = DecodingOrder(depth, jump=900_000)
    return [order.decoding_time(pts) for pts in shown]


def reordered(count, group):
    """Return presentation times in decoding order: the last of each group comes first."""
    times = [0]  # a keyframe
    for start in range(1, count, group):
        times += [start + group - 1, *range(start, start + group - 1)]
    return [3600 * t for t in times]


@pytest.mark.parametrize(("group", "depth"), [(1, 0), (2, 1), (4, 1)])
def test_decoding_times_of_known_depth_increase_and_precede_showing(group, depth):
    shown = reordered(40, group)
    times = decoding_times(shown, depth)
    assert all(a < b for a, b in itertools.pairwise(times))
    assert all(decoded <= pts for decoded, pts in zip(times, shown, strict=True))


def test_decoding_times_of_unknown_depth_are_right_after_a_few_pictures():
    shown = reordered(200, 4)
    times = decoding_times(shown, 0)
    assert all(a < b for a, b in itertools.pairwise(times))
    assert all(decoded <= pts for decoded, pts in zip(times[8:], shown[8:], strict=True))


def test_equal_stamps_and_steps_back_are_not_taken_for_reordering():
    order = DecodingOrder(0, jump=900_000, back=22_500)
    equal = [order.decoding_time(5000) for _ in range(100)]
    assert all(a < b for a, b in itertools.pairwise(equal))
    forward = [n * 9000 for n in range(50, 60)]
    assert [order.decoding_time(pts) for pts in forward] == forward
    back = [n * 9000 for n in range(20, 30)]
    assert [order.decoding_time(pts) for pts in back] == back


def test_decoding_times_of_new_parameter_sets_have_their_depth_at_once():
    order = DecodingOrder(0, jump=900_000)
    before = [order.decoding_time(pts) for pts in range(0, 36_000, 3600)]
    order.expect(2)
    shown = [36_000 + pts for pts in reordered(40, 4)]
    times = [order.decoding_time(pts) for pts in shown]
    assert all(a < b for a, b in itertools.pairwise([*before, *times]))
    assert all(decoded <= pts for decoded, pts in zip(times, shown, strict=True))


def test_decoding_times_follow_a_jump():
    shown = [*reordered(40, 4), *(t + 10**9 for t in reordered(40, 4)), *reordered(40, 4)]
    times = decoding_times(shown, 1)
    assert all(decoded <= pts for decoded, pts in zip(times, shown, strict=True))


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_matroska_with_b_frames_keeps_order(make_video, codec):
    video = make_video(seconds=4, bframes=3, codec=codec, container="matroska")
    packets = media_packets(video)
    decoder = FrameDecoder()
    numbers = [number_of(f.picture) for p in packets for f in decoder.decode(p)]
    assert numbers[:30] == list(range(30))
    shown = sorted(p.data.pts for p in packets)[4:]
    assert all(abs(b - a - 9000) < 200 for a, b in itertools.pairwise(shown))
