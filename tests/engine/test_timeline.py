"""Times of packets on a camera's timeline."""

import itertools

from engine_rig import FakeClock
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.capture.timeline import AHEAD_S, LATE_S, Pace, Timeline

LIVE, PLAYED, READ = Pace.LIVE, Pace.PLAYED, Pace.READ
steps = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(-1e6, 1e6)),
        st.one_of(st.none(), st.floats(0, 10)),
        st.floats(0, 5),
        st.booleans(),
    ),
    max_size=60,
)


@given(steps, st.sampled_from(Pace))
def test_stamp_video_never_decreases(packets, pace):
    clock = FakeClock()
    timeline = Timeline(clock, pace)
    ticks = -1
    for dts_s, interval_s, passed_s, reconnected in packets:
        clock.advance(passed_s)
        if reconnected:
            timeline.reconnect()
        stamp = timeline.stamp_video(dts_s, interval_s)
        assert round(stamp.t * 90_000) > ticks
        ticks = round(stamp.t * 90_000)


@given(steps)
def test_live_stamp_video_jumps_ahead_at_most_by_pause_or_to_present(packets):
    clock = FakeClock()
    timeline = Timeline(clock, LIVE)
    last = 0.0
    for dts_s, interval_s, passed_s, _ in packets:
        clock.advance(passed_s)
        stamp = timeline.stamp_video(dts_s, interval_s)
        # Stamps that stood still left the timeline behind: it may catch up with the clock.
        behind_s = timeline.elapsed - last
        assert stamp.t - last <= max(passed_s, AHEAD_S, behind_s) + 1.0
        last = stamp.t


@pytest.mark.parametrize("pace", Pace)
def test_steady_time_stamps_keep_their_distance(clock, pace):
    timeline = Timeline(clock, pace)
    stamps = [timeline.stamp_video(777 + n * 0.04, 0.04).t for n in range(100)]
    assert stamps == pytest.approx([n * 0.04 for n in range(100)])


def test_live_time_stamp_jump_continues_at_present(clock):
    timeline = Timeline(clock, LIVE)
    stamps = []
    for n in range(100):
        stamps.append(timeline.stamp_video(n * 0.1 + (5000 if n < 50 else 3), 0.1).t)
        clock.advance(0.1)
    assert stamps == pytest.approx([n * 0.1 for n in range(100)], abs=0.02)


@pytest.mark.parametrize("pace", [PLAYED, READ])
def test_reconnect_to_file_continues_without_gap(clock, pace):
    timeline = Timeline(clock, pace)
    for n in range(50):
        timeline.stamp_video(n * 0.1, 0.1)
        clock.advance(0.13)
    timeline.reconnect()
    assert timeline.stamp_video(0.0, 0.1).t == pytest.approx(5.0)


def test_reconnect_to_short_file_continues_without_gap(clock):
    timeline = Timeline(clock, READ)
    stamps = []
    for _ in range(4):
        timeline.reconnect()
        stamps += [timeline.stamp_video(n * 0.1, 0.1).t for n in range(3)]
    assert stamps == pytest.approx([n * 0.1 for n in range(12)])


def test_short_pause_is_kept(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(100.0, 0.04)
    clock.advance(8)
    assert timeline.stamp_video(108.0, 0.04).t == pytest.approx(8.0)


def test_live_packet_without_time_stamp_gets_present(clock):
    timeline = Timeline(clock, LIVE)
    stamps = []
    for _ in range(5):
        stamps.append(timeline.stamp_video(None, 0.04).t)
        clock.advance(0.1)
    assert stamps == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_missing_time_stamp_keeps_offset_of_drifting_camera(clock):
    timeline = Timeline(clock, LIVE)
    for n in range(2000):
        timeline.stamp_video(n * 0.1, 0.1)
        clock.advance(0.101)
    assert timeline.stamp_video(None, 0.1).t == pytest.approx(200.0, abs=0.02)
    clock.advance(0.1)
    assert timeline.stamp_video(200.1, 0.1).t == pytest.approx(200.1, abs=0.02)


def test_read_file_without_time_stamps_uses_intervals(clock):
    timeline = Timeline(clock, READ)
    assert [timeline.stamp_video(None, 0.2).t for _ in range(3)] == pytest.approx([0, 0.2, 0.4])


def test_now_counts_from_newest_packet(clock):
    timeline = Timeline(clock, LIVE)
    for n in range(1000):
        timeline.stamp_video(n * 0.1, 0.1)
        clock.advance(0.101)
    clock.advance(3.0)
    assert timeline.now == pytest.approx(99.9 + 3.101, abs=0.01)


def test_now_of_read_file_is_its_last_time_stamp(clock):
    timeline = Timeline(clock, READ)
    assert timeline.now == 0.0
    timeline.stamp_video(10.0, 0.1)
    timeline.stamp_video(13.0, 0.1)
    clock.advance(50)
    assert timeline.now == pytest.approx(3.0)


def test_live_reconnect_continues_after_lost_time(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(10.0, 0.04)
    clock.advance(30.0)
    timeline.reconnect()
    assert timeline.stamp_video(0.0, 0.04).t == pytest.approx(30.0)


@pytest.mark.parametrize("pace", [LIVE, PLAYED])
def test_at_follows_stepped_wall_clock(clock, pace):
    timeline = Timeline(clock, pace)
    before = timeline.stamp_video(0.0, 0.1)
    clock.advance(1.0)
    clock.wall += 3600
    after = timeline.stamp_video(1.0, 0.1)
    assert after.t - before.t == pytest.approx(1.0)
    assert after.at == pytest.approx(clock.wall)


def test_at_ignores_network_jitter(clock):
    timeline = Timeline(clock, LIVE)
    stamps = []
    for n in range(50):
        stamps.append(timeline.stamp_video(n * 0.1, 0.1))
        clock.advance(0.2 if n % 2 else 0.0)
    steps = [b.at - a.at for a, b in itertools.pairwise(stamps)]
    assert steps == pytest.approx([0.1] * 49, abs=1e-5)


def test_at_of_read_file_follows_its_time_stamps(clock):
    timeline = Timeline(clock, READ)
    start = timeline.stamp_video(0.0, 0.1).at
    clock.advance(100)
    assert timeline.stamp_video(5.0, 0.1).at == pytest.approx(start + 5.0)


# --- audio ---


def test_stamp_audio_uses_offset_of_video(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(50.0, 0.04)
    stamp = timeline.stamp_audio(50.02)
    assert stamp.t == pytest.approx(0.02)
    assert stamp.at == pytest.approx(clock.wall + 0.02)


def test_audio_before_first_video_is_dropped(clock):
    timeline = Timeline(clock, LIVE)
    assert timeline.stamp_audio(1.0) is None


def test_audio_continues_over_jump(clock):
    timeline = Timeline(clock, LIVE)
    stamps = []
    for n in range(60):
        source_s = n * 0.1 + (5000 if n < 30 else 3)
        timeline.stamp_video(source_s, 0.1)
        stamps.append(timeline.stamp_audio(source_s + 0.01).t)
        clock.advance(0.1)
    assert stamps == pytest.approx([n * 0.1 + 0.01 for n in range(60)], abs=0.02)


def test_audio_on_another_clock_than_steady_video_follows_arrival(clock):
    timeline = Timeline(clock, LIVE)
    stamps = []
    for n in range(100):
        timeline.stamp_video(n * 0.1, 0.1)
        stamps.append(timeline.stamp_audio(9000 + n * 0.1))
        clock.advance(0.1)
    heard = [(n, stamp.t) for n, stamp in enumerate(stamps) if stamp is not None]
    assert len(heard) > 70
    assert [t for _, t in heard] == pytest.approx([n * 0.1 for n, _ in heard], abs=0.2)


LYING = {
    "stands": lambda _t: 0.0,
    "double": lambda t: 2 * t,
    "half": lambda t: t / 2,
    "another-rate": lambda t: 11.25 * t,  # 90 kHz for 8 kHz
    "milliseconds": lambda t: 1000 * t,
    "backward": lambda t: -t,
    "to-and-fro": lambda t: t + (1.5 if t % 4 > 2 else 0),
}


@pytest.mark.parametrize("lie", LYING)
def test_audio_with_a_clock_that_lies_follows_arrival_without_gaps(clock, lie):
    timeline = Timeline(clock, LIVE)
    heard = []
    for n in range(400):  # five packets of 20 ms arrive with each picture
        timeline.stamp_video(n * 0.1, 0.1)
        stamps = [timeline.stamp_audio(LYING[lie](n * 0.1 + k * 0.02), 0.02) for k in range(5)]
        heard += [(n, stamp.t) for stamp in stamps if stamp is not None]
        clock.advance(0.1)
    settled = [(n, t) for n, t in heard if n >= 150]
    assert len(settled) == 250 * 5
    assert [t for _, t in settled] == pytest.approx([n * 0.1 for n, _ in settled], abs=1.0)
    steps = [b - a for (_, a), (_, b) in itertools.pairwise(settled)]
    assert steps == pytest.approx([0.02] * len(steps), abs=0.001)


def test_audio_from_before_jump_of_file_is_dropped(clock):
    timeline = Timeline(clock, READ)
    timeline.stamp_video(5000.0, 0.04)
    timeline.stamp_audio(5000.1)
    timeline.stamp_video(3.0, 0.04)
    assert timeline.stamp_audio(5000.2) is None
    assert timeline.stamp_audio(3.1) is not None


@given(st.lists(st.floats(0.0, 3.0), max_size=50))
def test_stamp_audio_grows_by_at_least_eight_samples(stamps):
    timeline = Timeline(FakeClock(), LIVE)
    timeline.stamp_video(0.0, 0.04)
    stamped = [stamp.t for s in stamps if (stamp := timeline.stamp_audio(s))]
    assert all(b - a >= 0.00099 for a, b in itertools.pairwise(stamped))


# --- playing in real time ---


def test_due_in_is_positive_only_for_played_file(clock):
    assert Timeline(clock, LIVE).due_in_s(99.0) == 0.0
    assert Timeline(clock, READ).due_in_s(99.0) == 0.0
    assert Timeline(clock, PLAYED).due_in_s(99.0) == pytest.approx(99.0)


def test_played_file_catches_up_after_small_delay(clock):
    timeline = Timeline(clock, PLAYED)
    clock.advance(2.0 + LATE_S / 2)
    assert timeline.due_in_s(2.0) == 0.0
    assert timeline.due_in_s(3.0) == pytest.approx(0.5)


def test_played_file_does_not_catch_up_after_long_delay(clock):
    timeline = Timeline(clock, PLAYED)
    clock.advance(60.0)
    assert timeline.due_in_s(2.0) == 0.0
    assert timeline.due_in_s(3.0) == pytest.approx(1.0)


def test_looped_file_does_not_drift_in_an_hour(clock):
    timeline = Timeline(clock, PLAYED)
    start = clock.ticks
    for n in range(3600 * 10):
        if n % 37 == 0:
            timeline.reconnect()
        stamp = timeline.stamp_video((n % 37) * 0.1, 0.1)
        clock.advance(timeline.due_in_s(stamp.t))
        clock.advance(0.003)  # time of handling a packet
    assert clock.ticks - start == pytest.approx(3600, abs=0.2)
