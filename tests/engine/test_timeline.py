"""Where packets lie in time, whatever their time stamps say."""

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
def test_time_only_grows_whatever_the_time_stamps_do(packets, pace):
    clock = FakeClock()
    timeline = Timeline(clock, pace)
    ticks = -1
    for dts_s, interval_s, passed_s, reconnected in packets:
        clock.advance(passed_s)
        if reconnected:
            timeline.reconnect()
        place = timeline.stamp_video(dts_s, interval_s)
        assert round(place.t * 90_000) > ticks
        ticks = round(place.t * 90_000)


@given(steps)
def test_a_live_timeline_never_leaps_further_ahead_than_the_clock_and_a_pause_allow(packets):
    clock = FakeClock()
    timeline = Timeline(clock, LIVE)
    last = 0.0
    for dts_s, interval_s, passed_s, _ in packets:
        clock.advance(passed_s)
        place = timeline.stamp_video(dts_s, interval_s)
        assert place.t - last <= max(passed_s, AHEAD_S) + 1.0
        last = place.t


@pytest.mark.parametrize("pace", Pace)
def test_steady_time_stamps_are_kept_as_they_are(clock, pace):
    timeline = Timeline(clock, pace)
    places = [timeline.stamp_video(777 + n * 0.04, 0.04).t for n in range(100)]
    assert places == pytest.approx([n * 0.04 for n in range(100)])


def test_a_live_film_goes_on_at_the_present_moment_after_a_jump(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(5000.0, 0.04)
    clock.advance(0.5)
    assert timeline.stamp_video(3.0, 0.04).t == pytest.approx(0.5)
    clock.advance(0.1)
    assert timeline.stamp_video(3.1, 0.04).t == pytest.approx(0.6)


@pytest.mark.parametrize("pace", [PLAYED, READ])
def test_a_film_that_begins_again_goes_on_without_a_gap(clock, pace):
    timeline = Timeline(clock, pace)
    for n in range(50):
        timeline.stamp_video(n * 0.1, 0.1)
        clock.advance(0.13)
    timeline.reconnect()
    assert timeline.stamp_video(0.0, 0.1).t == pytest.approx(5.0)


def test_a_film_shorter_than_any_jump_begins_again_without_a_gap(clock):
    timeline = Timeline(clock, READ)
    places = []
    for _ in range(4):
        timeline.reconnect()
        places += [timeline.stamp_video(n * 0.1, 0.1).t for n in range(3)]
    assert places == pytest.approx([n * 0.1 for n in range(12)])


def test_a_pause_of_a_few_seconds_stays_a_pause(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(100.0, 0.04)
    clock.advance(8)
    assert timeline.stamp_video(108.0, 0.04).t == pytest.approx(8.0)


def test_a_live_packet_without_a_time_stamp_lies_where_the_clock_says(clock):
    timeline = Timeline(clock, LIVE)
    places = []
    for _ in range(5):
        places.append(timeline.stamp_video(None, 0.04).t)
        clock.advance(0.1)
    assert places == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_missing_time_stamp_in_mid_stream_moves_nothing_even_if_the_camera_clock_drifts(clock):
    timeline = Timeline(clock, LIVE)
    for n in range(2000):
        timeline.stamp_video(n * 0.1, 0.1)
        clock.advance(0.11)
    assert timeline.stamp_video(None, 0.1).t == pytest.approx(200.0, abs=0.02)
    clock.advance(0.1)
    assert timeline.stamp_video(200.1, 0.1).t == pytest.approx(200.1, abs=0.02)


def test_a_film_without_time_stamps_is_counted_by_its_intervals(clock):
    timeline = Timeline(clock, READ)
    assert [timeline.stamp_video(None, 0.2).t for _ in range(3)] == pytest.approx([0, 0.2, 0.4])


def test_the_present_moment_is_counted_from_the_newest_packet(clock):
    timeline = Timeline(clock, LIVE)
    for n in range(1000):
        timeline.stamp_video(n * 0.1, 0.1)
        clock.advance(0.12)
    clock.advance(3.0)
    assert timeline.now == pytest.approx(99.9 + 3.12, abs=0.01)


def test_the_present_moment_of_a_film_that_is_read_is_its_own(clock):
    timeline = Timeline(clock, READ)
    assert timeline.now == 0.0
    timeline.stamp_video(10.0, 0.1)
    timeline.stamp_video(13.0, 0.1)
    clock.advance(50)
    assert timeline.now == pytest.approx(3.0)


def test_a_reconnected_camera_goes_on_after_the_time_that_was_lost(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(10.0, 0.04)
    clock.advance(30.0)
    timeline.reconnect()
    assert timeline.stamp_video(0.0, 0.04).t == pytest.approx(30.0)


@pytest.mark.parametrize("pace", [LIVE, PLAYED])
def test_the_time_of_day_follows_a_clock_that_is_set(clock, pace):
    timeline = Timeline(clock, pace)
    before = timeline.stamp_video(0.0, 0.1)
    clock.advance(1.0)
    clock.wall += 3600
    after = timeline.stamp_video(1.0, 0.1)
    assert after.t - before.t == pytest.approx(1.0)
    assert after.at == pytest.approx(clock.wall)


def test_the_time_of_day_does_not_shake_with_the_network(clock):
    timeline = Timeline(clock, LIVE)
    places = []
    for n in range(50):
        places.append(timeline.stamp_video(n * 0.1, 0.1))
        clock.advance(0.2 if n % 2 else 0.0)
    steps = [b.at - a.at for a, b in itertools.pairwise(places)]
    assert steps == pytest.approx([0.1] * 49, abs=1e-5)


def test_the_time_of_day_of_a_film_that_is_read_is_the_films(clock):
    timeline = Timeline(clock, READ)
    start = timeline.stamp_video(0.0, 0.1).at
    clock.advance(100)
    assert timeline.stamp_video(5.0, 0.1).at == pytest.approx(start + 5.0)


# --- sound ---


def test_sound_lies_beside_the_pictures(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(50.0, 0.04)
    place = timeline.stamp_audio(50.02)
    assert place.t == pytest.approx(0.02)
    assert place.at == pytest.approx(clock.wall + 0.02)


def test_sound_before_the_first_picture_is_left_out(clock):
    timeline = Timeline(clock, LIVE)
    assert timeline.stamp_audio(1.0) is None


def test_sound_from_the_other_side_of_a_jump_is_left_out(clock):
    timeline = Timeline(clock, LIVE)
    timeline.stamp_video(5000.0, 0.04)
    timeline.stamp_audio(5000.1)
    clock.advance(0.1)
    timeline.stamp_video(3.0, 0.04)
    assert timeline.stamp_audio(5000.2) is None
    assert timeline.stamp_audio(3.1) is not None


@given(st.lists(st.floats(0.0, 3.0), max_size=50))
def test_sound_only_grows_by_at_least_eight_samples_of_a_telephone(stamps):
    timeline = Timeline(FakeClock(), LIVE)
    timeline.stamp_video(0.0, 0.04)
    placed = [place.t for s in stamps if (place := timeline.stamp_audio(s))]
    assert all(b - a >= 0.00099 for a, b in itertools.pairwise(placed))


# --- playing in real time ---


def test_only_a_film_that_is_played_waits(clock):
    assert Timeline(clock, LIVE).due_in_s(99.0) == 0.0
    assert Timeline(clock, READ).due_in_s(99.0) == 0.0
    assert Timeline(clock, PLAYED).due_in_s(99.0) == pytest.approx(99.0)


def test_a_played_film_makes_up_for_small_delays(clock):
    timeline = Timeline(clock, PLAYED)
    clock.advance(2.0 + LATE_S / 2)
    assert timeline.due_in_s(2.0) == 0.0
    assert timeline.due_in_s(3.0) == pytest.approx(0.5)


def test_a_played_film_does_not_hurry_after_a_long_delay(clock):
    timeline = Timeline(clock, PLAYED)
    clock.advance(60.0)
    assert timeline.due_in_s(2.0) == 0.0
    assert timeline.due_in_s(3.0) == pytest.approx(1.0)


def test_an_hour_of_a_looped_film_does_not_drift(clock):
    timeline = Timeline(clock, PLAYED)
    began = clock.ticks
    for n in range(3600 * 10):
        if n % 37 == 0:
            timeline.reconnect()
        place = timeline.stamp_video((n % 37) * 0.1, 0.1)
        clock.advance(timeline.due_in_s(place.t))
        clock.advance(0.003)  # what handling a packet takes
    assert clock.ticks - began == pytest.approx(3600, abs=0.2)
