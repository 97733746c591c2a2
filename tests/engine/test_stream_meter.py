"""Streams are measured from their packets."""

from dataclasses import replace

from engine_rig import media_packets
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.media.packets import padded_packet
from custom_components.homesec.engine.media.stream_meter import StreamMeter


def measured(packets):
    meter = StreamMeter()
    for packet in packets:
        meter.feed(packet)
    return meter.report()


def test_meter_without_packets_knows_nothing():
    report = StreamMeter().report()
    assert (report.codec, report.fps, report.measured_s) == ("", None, 0.0)


def test_meter_measures_plain_h264(make_video):
    video = make_video(seconds=12, gop_s=2, audio="aac")
    report = measured(media_packets(video))
    assert (report.codec, report.audio_codec) == ("h264", "aac")
    assert (report.width, report.height) == (320, 192)
    assert report.fps == pytest.approx(10, rel=0.1)
    assert report.keyframe_interval_s == pytest.approx(2.0, abs=0.01)
    assert report.keyframe_gap_s == pytest.approx(2.0, abs=0.01)
    assert report.bit_rate == pytest.approx(video.stat().st_size * 8 / 12, rel=0.5)
    assert report.b_frames is False
    assert report.decodes_alone
    assert report.recorded_as_is
    assert report.plays_in_browsers


@pytest.mark.parametrize(
    ("profile", "pix_fmt", "shown", "plays"),
    [
        ("baseline", "yuv420p", "Baseline", True),
        ("main", "yuv420p", "Main", True),
        ("high", "yuv420p", "High", True),
        ("high10", "yuv420p10le", "High 10", False),
        ("high422", "yuv422p", "High 4:2:2", False),
        ("high444", "yuv444p", "High 4:4:4", False),
    ],
)
def test_meter_reads_profile(make_video, profile, pix_fmt, shown, plays):
    options = {"profile": profile, "preset": "veryfast"}
    report = measured(media_packets(make_video(seconds=1, pix_fmt=pix_fmt, options=options)))
    assert (report.profile, report.plays_in_browsers) == (shown, plays)


def test_meter_reads_profile_of_h265(make_video):
    report = measured(media_packets(make_video(seconds=1, codec="libx265")))
    assert (report.codec, report.profile, report.plays_in_browsers) == ("hevc", "Main", False)


def test_meter_of_mjpeg_expects_encoding(make_video):
    video = make_video(seconds=2, codec="mjpeg", container="avi", pix_fmt="yuvj420p")
    report = measured(media_packets(video))
    assert (report.recorded_as_is, report.plays_in_browsers) == (False, True)
    assert report.keyframe_gap_s == pytest.approx(0.1, abs=0.01)


def test_meter_goes_on_without_parameters_that_it_can_read(packets):
    data = padded_packet(b"\0\0\0\1\x67\x64")
    data.pts = data.dts = 0
    first = next(packet for packet in packets if packet.is_video)
    report = measured([replace(first, data=data)])
    assert (report.codec, report.profile, report.plays_in_browsers) == ("h264", "", None)
    assert measured([replace(first, data=data), *packets]).profile == "Baseline"


def test_meter_finds_b_frames(make_video):
    assert measured(media_packets(make_video(seconds=3, bframes=2))).b_frames


@pytest.mark.parametrize(("open_gop", "starts"), [(0, True), (1, False)])
def test_meter_tells_open_gops_from_closed_ones(make_video, open_gop, starts):
    parameters = f"keyint=12:min-keyint=2:scenecut=0:bframes=2:b-adapt=0:open-gop={open_gop}"
    options = {"preset": "veryfast", "x264-params": parameters}
    report = measured(media_packets(make_video(seconds=5, options=options)))
    assert (report.b_frames, report.starts_player) == (True, starts)


def test_meter_tells_recovery_points_from_keyframes(packets):
    refreshed = [
        replace(p, keyframe=n == 0, recovery=9 if n and p.keyframe else None)
        for n, p in enumerate(packets)
    ]
    report = measured(refreshed)
    assert report.decodes_alone is False
    assert report.keyframe_gap_s == pytest.approx(1.0, abs=0.01)
    assert measured(refreshed[:15]).decodes_alone is None
    assert measured([*refreshed, *packets]).decodes_alone is True


def test_meter_counts_gap_that_goes_on(make_video):
    report = measured(media_packets(make_video(seconds=8, gop_s=60)))
    assert report.keyframe_interval_s is None
    assert report.keyframe_gap_s == pytest.approx(7.9, abs=0.05)


def test_meter_counts_wait_for_first_keyframe_until_it_knows_more(packets):
    joined = packets[1:]
    late = [replace(p, t=p.t + (0 if n < 3 else 5)) for n, p in enumerate(joined)]
    assert measured(late[:20]).keyframe_gap_s == pytest.approx(5.9, abs=0.01)
    follow = [replace(p, t=p.t + 10.0) for p in packets]
    assert measured([*late, *follow]).keyframe_gap_s == pytest.approx(1.0, abs=0.01)


def test_meter_forgets_at_a_gap(make_video):
    packets = media_packets(make_video(seconds=5))
    meter = StreamMeter()
    for packet in packets:
        meter.feed(packet)
    meter.restart()
    for packet in packets:
        meter.feed(replace(packet, t=packet.t + 1000))
    report = meter.report()
    assert report.measured_s == pytest.approx(4.9, abs=0.05)
    assert report.keyframe_gap_s < 5
    assert report.fps == pytest.approx(10, rel=0.1)


@given(
    steps=st.lists(st.tuples(st.floats(0.001, 3), st.booleans()), min_size=1, max_size=80),
)
def test_meter_gap_is_never_shorter_than_interval(packets, steps):
    first = next(packet for packet in packets if packet.is_video)
    meter, t = StreamMeter(), 0.0
    for step, keyframe in steps:
        t += step
        meter.feed(replace(first, t=t, keyframe=keyframe))
    report = meter.report()
    assert report.keyframe_gap_s >= (report.keyframe_interval_s or 0.0)
    assert report.keyframe_gap_s <= report.measured_s + 1e-9
    assert report.fps is None or report.fps > 0
