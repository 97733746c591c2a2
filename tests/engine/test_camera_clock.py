"""A camera's clock held against arrival: which stamps are believed, what replaces the others."""

import itertools

from engine_rig import FakeClock
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.stream_report import ClockQuality

FPS = 10


class Feed:
    """Stamps pictures as a camera delivers them; keeps what became of them."""

    def __init__(self):
        self.clock = FakeClock()
        self.begin = self.clock.ticks
        self.timeline = Timeline(self.clock, Pace.LIVE)
        self.pictures = []  # true seconds, and ``t``

    def send(self, seconds, stamp=lambda t: t, delivery=lambda t: t, *, fps=FPS, begin_s=0.0):
        for n in range(round(seconds * fps)):
            t = begin_s + n / fps
            wait_s = delivery(t) - (self.clock.ticks - self.begin)
            self.clock.advance(max(0.0, wait_s))
            self.pictures.append((t, self.timeline.stamp_video(stamp(t), 1 / fps).t))
        return self

    @property
    def quality(self):
        return self.timeline.clock_quality

    def error_s(self, after_s=0.0):
        """Return the largest difference between true seconds and ``t``, from a moment on."""
        first = next((t, at) for t, at in self.pictures if t >= after_s)
        return max(abs((at - first[1]) - (t - first[0])) for t, at in self.pictures if t >= after_s)

    def largest_step_s(self):
        times = [at for _, at in self.pictures]
        return max(b - a for a, b in itertools.pairwise(times))


LIES = {
    "stands for ever": lambda t: 0.0,
    "stands after 10 s": lambda t: min(t, 10.0),
    "stands for 8 s": lambda t: t if t < 10 else 10.0 if t < 18 else t - 8,
    "stands for 8 s and catches up": lambda t: 10.0 if 10 <= t < 18 else t,
    "milliseconds": lambda t: t / 90,
    "double speed": lambda t: t * 2,
    "eleven times": lambda t: t * 11.25,
    "half speed": lambda t: t / 2,
    "a fifth fast": lambda t: t * 1.2,
    "a fifth slow": lambda t: t / 1.2,
    "steps to and fro": lambda t: t + 3 * (int(t / 5) % 2),
    "small steps to and fro": lambda t: t + 0.8 * (int(t / 2) % 2),
    "starts again every 4 s": lambda t: t % 4,
    "runs backward": lambda t: 5000 - t,
    "whole seconds": lambda t: float(int(t)),
}


@pytest.mark.parametrize("fps", [1, 10, 30])
@pytest.mark.parametrize("name", LIES)
def test_clock_that_lies_is_replaced_by_arrival(name, fps):
    feed = Feed().send(60, LIES[name], fps=fps)
    assert feed.error_s(after_s=15 if "fifth" in name else 8) < max(0.8, 2 / fps)
    assert feed.quality is ClockQuality.UNUSABLE or (name, fps) == ("whole seconds", 1)


@pytest.mark.parametrize("name", LIES)
def test_time_of_clock_that_lies_goes_on_smoothly(name):
    assert Feed().send(60, LIES[name]).largest_step_s() < (4.0 if "eleven" in name else 1.2)


HONEST = {
    "steady": lambda t: t,
    "10 s at once": lambda t: max(0.0, t - 10),
    "10 s at double speed": lambda t: max(t / 2, t - 1),
    "jitter": lambda t: t + 0.2 * (int(t * FPS) % 3),
    "clumps of 1 s": lambda t: float(-(-t // 1)),
    "segments of 6 s": lambda t: float(-(-t // 6)) * 6,
    "pause of 3 s": lambda t: max(t, 33.0) if t >= 30 else t,
    "many pauses": lambda t: max(t, int(t / 10) * 10 + 2.0) if t > 10 else t,
    "4 s late from 30 s on": lambda t: t if t < 30 else max(34.0, t, 34 + (t - 30) / 2),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_clock_is_believed_however_the_network_delivers(name):
    feed = Feed().send(60, delivery=HONEST[name])
    # A relay that sends faster than real time for seconds can't be told from a fast clock.
    assert feed.error_s(after_s=20 if "double" in name else 0) < 0.01
    assert feed.quality is ClockQuality.GOOD


@pytest.mark.parametrize("rate", [0.999, 1.001, 0.985, 1.015])
def test_small_drift_is_believed(rate):
    feed = Feed().send(300, lambda t: t * rate)
    assert feed.quality is ClockQuality.GOOD
    assert feed.pictures[-1][1] == pytest.approx(300 * rate, abs=0.2)


def test_single_jump_is_no_reason_to_call_a_clock_unusable():
    feed = Feed().send(60, lambda t: t if t < 20 else t - 7200)
    assert feed.error_s() < 0.05
    assert feed.quality is not ClockQuality.UNUSABLE


def test_gap_in_pictures_with_right_stamps_is_kept():
    feed = Feed().send(20).send(20, begin_s=29.0)
    assert feed.error_s() < 0.01


def test_changing_frame_rate_is_followed():
    feed = Feed().send(20, fps=25).send(20, fps=5, begin_s=20.0).send(20, fps=25, begin_s=40.0)
    assert feed.error_s() < 0.01
    assert feed.quality is ClockQuality.GOOD


def test_two_fields_with_one_stamp_are_believed():
    feed = Feed()
    for n in range(300):
        feed.clock.advance(0.02)
        feed.pictures.append((n * 0.02, feed.timeline.stamp_video(n // 2 * 0.04, 0.04).t))
    assert feed.error_s() < 0.03
    assert feed.timeline.clock_quality is not ClockQuality.UNUSABLE


def test_unusable_clock_is_not_believed_after_reconnecting():
    feed = Feed().send(30, lambda t: t * 2)
    feed.timeline.reconnect()
    feed.send(30, lambda t: t * 2, begin_s=30.0)
    assert feed.error_s(after_s=30) < 0.2
    assert feed.quality is ClockQuality.UNUSABLE


def test_clock_that_was_right_for_long_is_steady_again():
    feed = Feed().send(30, lambda t: 0.0)
    assert feed.quality is ClockQuality.UNUSABLE
    feed.send(700, begin_s=30.0)
    assert feed.quality is ClockQuality.GOOD


def test_unusable_clock_stretches_what_it_says():
    feed = Feed().send(30, lambda t: t / 90)
    assert feed.timeline.stamp_video(30.0 / 90, 0.1).stretch == pytest.approx(90, rel=0.05)
    assert Feed().send(30, lambda t: 0.0).timeline.stamp_video(0.0, 0.1).stretch == 0.0
    assert Feed().send(30).timeline.stamp_video(30.0, 0.1).stretch == 1.0


@given(
    st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 20), st.floats(0.03, 0.3)), max_size=12)
)
def test_whatever_the_stamps_say_time_follows_arrival(parts):
    """Any sequence of stretches, each with its own origin and rate."""
    feed, now = Feed(), 0.0
    for origin_s, rate, interval_s in parts:
        for n in range(round(12 / interval_s)):
            feed.clock.advance(interval_s)
            now += interval_s
            feed.pictures.append(
                (now, feed.timeline.stamp_video(origin_s + n * interval_s * rate, interval_s).t)
            )
    times = [at for _, at in feed.pictures]
    assert all(b > a for a, b in itertools.pairwise(times))
    if times:
        # Nearly all of what it may be off comes from the first seconds, which may be a relay's.
        assert times[-1] - times[0] == pytest.approx(now, abs=3 * 20 + 0.05 * now)
