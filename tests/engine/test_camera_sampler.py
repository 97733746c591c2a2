"""What is decoded of a main stream whose detect stream is looked at, and times of both."""

from contextlib import closing
from dataclasses import replace
import random
import threading

from engine_rig import camera, media_packets, split_video
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest
from sampler_rig import SamplerRig
from videos import number_of

from custom_components.homesec.engine.camera import camera_sampler
from custom_components.homesec.engine.camera.camera_sampler import (
    MOST_PICTURES,
    CameraSampler,
    picture_at,
)
from custom_components.homesec.engine.camera.detect_stream import (
    JUMP_S,
    REPORT_S,
    STEADY_S,
    DetectStream,
    LossReport,
    MainTime,
)
from custom_components.homesec.engine.camera.frame_sampler import LINGER_S, DecodeMode
from custom_components.homesec.engine.capture.source_reader import SourceReader
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.errors import SourceStalled
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.engine.media.decoder import Frame
from custom_components.homesec.engine.media.packet_buffer import PreRollBuffer

LOST = SourceStalled()


class ShownRig(SamplerRig):
    """Feeds a video to a sampler whose camera has a detect stream that works."""

    def show(self, *, until, watched=False):
        while self.packets and self.packets[0].t < until:
            packet = self.packets.pop(0)
            self.buffer.push(packet)
            self.sampler.show(packet, watched=watched)


@pytest.fixture
def shown(make_video):
    return ShownRig(make_video(seconds=40, walks=((23.4, 25.0),), gop_s=2.0))


def test_unwatched_main_stream_is_decoded_now_and_then(shown):
    shown.show(until=40)
    assert shown.sampler.decoded == 4
    assert shown.sampler.compared == 0
    assert number_of(shown.sampler.latest.picture) == 300


def test_watched_main_stream_is_decoded_from_the_last_keyframe_on(shown):
    shown.show(until=11.5)
    before = shown.sampler.decoded
    shown.show(until=13.05, watched=True)
    assert shown.sampler.decoded - before == 31  # from 10.0 s on
    assert number_of(shown.sampler.latest.picture) == 130
    assert shown.sampler.compared == 0
    shown.show(until=19.5)
    assert shown.sampler.mode is DecodeMode.KEYFRAMES


def test_main_stream_that_takes_over_looks_at_what_came_since(shown):
    shown.show(until=24.3)
    shown.sampler.take_over(23.0)
    shown.play(until=26.3)
    numbers = [n for n in shown.numbers() if 234 <= n < 250]
    assert numbers[0] <= 236
    assert len(numbers) >= 7


@pytest.mark.parametrize("bframes", [0, 2])
def test_picture_at_is_the_one_that_was_shown(make_video, bframes):
    buffer = PreRollBuffer(8.0)
    packets = split_video(media_packets(make_video(seconds=6, bframes=bframes)))[0]
    for packet in packets:
        buffer.push(packet)
    first_t = min(packet.shown_t for packet in packets)
    frames = [picture_at(buffer, first_t + t) for t in (0.8, 1.0, 2.3, 4.96)]
    assert [number_of(frame.picture) for frame in frames] == [8, 10, 23, 49]


def test_picture_that_is_too_far_from_a_keyframe_is_not_decoded(make_video):
    buffer = PreRollBuffer(8.0)
    for packet in media_packets(make_video(seconds=14, gop_s=14.0)):
        buffer.push(packet)
    limit_t = (MOST_PICTURES - 1) / 10
    assert picture_at(buffer, limit_t) is not None
    assert picture_at(buffer, limit_t + 0.1) is None
    assert picture_at(PreRollBuffer(8.0), 1.0) is None


def test_picture_of_a_time_that_never_came_is_none(make_video):
    buffer = PreRollBuffer(8.0)
    for packet in media_packets(make_video(seconds=4)):
        buffer.push(packet)
    assert number_of(picture_at(buffer, 4.5).picture) == 39
    assert picture_at(buffer, 6.0) is None


@pytest.fixture(scope="module")
def film(make_video):
    """A main stream, its detect stream, and when somebody walks by between main's keyframes."""
    walks = tuple((t, t + 1.0) for t in (4.4, 10.5, 16.3, 22.6, 28.4))
    recipe = {"seconds": 32, "walks": walks}
    return make_video(**recipe, gop_s=2.0), make_video(**recipe, size=(160, 96)), walks


class UnsteadyStream(DetectStream):
    """A detect stream that is lost whenever a test wants."""

    lost = ()
    now = 0.0

    @property
    def works(self):
        return super().works and not any(a <= self.now < b for a, b in self.lost)

    def frames(self, main_t, *, present):
        self.now = main_t
        for sampled in super().frames(main_t, present=present):
            if self.works:
                yield sampled


def make_sampler(config, buffer):
    clock = SystemClock()
    return CameraSampler(
        config,
        buffer,
        reader=SourceReader("cam", is_file=True),
        timeline=Timeline(clock, Pace.READ),
        on_event=lambda _: None,
        clock=clock,
        rng=random.Random(1),
        stop=threading.Event(),
    )


def test_interval_of_keyframes_is_that_of_the_stream_that_is_looked_at(make_video):
    main = make_video(seconds=20, gop_s=1.0)
    low = make_video(seconds=20, gop_s=4.0, size=(160, 96))
    source = SourceConfig(kind=SourceKind.FILE, location=str(low), paced=False, loop=False)
    config = camera(SourceConfig(kind=SourceKind.FILE))
    both = replace(config, detect_source=source)
    for each, expected in ((config, 1.0), (both, 4.0)):
        buffer, longest = PreRollBuffer(12.0), 0.0
        with closing(make_sampler(each, buffer)) as sampler:
            for packet in media_packets(main):
                list(sampler.feed_detect_stream(packet.t, present=False, main_works=True))
                buffer.push(packet)
                list(sampler.feed(packet, present=False, watched=False))
                longest = max(longest, sampler.looked_at_interval_s or 0.0)
        assert longest == pytest.approx(expected, abs=0.15)


def sampled_times(config, main):
    """Return the times of the frames that are detected in."""
    buffer = PreRollBuffer(12.0)
    sampler = make_sampler(config, buffer)
    times = []
    with closing(sampler):
        for packet in media_packets(main):
            found = sampler.feed_detect_stream(packet.t, present=False, main_works=True)
            times += [sampled.frame.t for sampled in found]
            buffer.push(packet)
            times += [x.frame.t for x in sampler.feed(packet, present=False, watched=False)]
    return times


@given(
    st.lists(st.tuples(st.floats(0, 4), st.floats(0, LINGER_S - 0.1)), min_size=4, max_size=4).map(
        lambda spans: [(8 * n + a, 8 * n + a + length) for n, (a, length) in enumerate(spans)]
    )
)
@example(lost=[(4.2, 5.5)])  # while somebody walks by, and over before main's next keyframe
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_who_walks_by_is_missed_whenever_the_detect_stream_is_lost(film, lost):
    main, low, walks = film
    source = SourceConfig(kind=SourceKind.FILE, location=str(low), paced=False, loop=False)
    config = camera(SourceConfig(kind=SourceKind.FILE), detect_source=source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camera_sampler, "DetectStream", UnsteadyStream)
        patch.setattr(UnsteadyStream, "lost", lost)
        times = sampled_times(config, main)
    assert times == sorted(times)
    for start, end in walks:
        assert len([t for t in times if start <= t < end]) >= 2


# --- times ---


@given(
    st.lists(
        st.tuples(
            st.floats(0.001, 3.0),  # from one frame to the next
            st.floats(-0.2, 0.2),  # how late main's packets are
            st.booleans(),  # whether main's timeline jumps, as after a reconnection
        ),
        min_size=1,
        max_size=200,
    )
)
def test_frames_are_in_order_and_close_to_mains_time(steps):
    time, t, jumped_s, last_t = MainTime(), 0.0, 0.0, -1.0
    for step_s, late_s, jumps in steps:
        t += step_s
        jumped_s += 5.0 if jumps else 0.0
        time.follow(t + jumped_s + late_s, t)
        frame = time.shift_next(Frame(t=t, at=t, picture=None))
        assert frame.t > last_t
        assert frame.of_detect_stream
        assert abs(frame.t - t - jumped_s) <= JUMP_S + 0.2 or frame.t - last_t < 0.01
        last_t = frame.t


@given(st.lists(st.tuples(st.floats(0.1, 15.0), st.booleans(), st.booleans()), max_size=60))
def test_losses_and_returns_are_reported_in_turn_and_only_if_they_last(steps):
    report, now, since, before = LossReport("cam", 0.0), 0.0, 0.0, False
    errors = []
    for step_s, works, main_works in steps:
        now += step_s
        if works is not before or not (works or main_works):
            before, since = works, now
        event = report.update(now, error=None if works else LOST, main_works=main_works)
        if event is not None:
            assert now - since >= (STEADY_S if works else REPORT_S)
            assert works or main_works
            errors.append(event.error)
    assert errors == [LOST.key, None] * (len(errors) // 2) + [LOST.key] * (len(errors) % 2)


def test_stream_that_never_works_is_reported_once():
    report = LossReport("cam", 0.0)
    found = [report.update(t, error=LOST, main_works=True) for t in range(100)]
    assert [event.error for event in found if event] == [LOST.key]
    assert found.index(next(filter(None, found))) == REPORT_S


def test_frame_that_was_passed_over_keeps_its_time_when_it_is_looked_at():
    time = MainTime()
    for t in (1.0, 2.0, 3.0):
        time.pass_over(t)
    assert [time.shift_next(Frame(t=t, at=t, picture=None)).t for t in (1.5, 2.5)] == [1.5, 2.5]
    assert time.newest_t == 3.0


def test_loss_is_reported_again_after_a_new_start():
    report = LossReport("cam", 0.0)
    assert report.update(REPORT_S, error=LOST, main_works=True).error == LOST.key
    report.restart(100.0)
    assert report.update(101.0, error=LOST, main_works=True) is None
    assert report.update(100.0 + REPORT_S, error=LOST, main_works=True).error == LOST.key


def test_end_of_a_reported_loss_is_reported_after_a_new_start():
    report = LossReport("cam", 0.0)
    assert report.update(REPORT_S, error=LOST, main_works=True)
    report.restart(100.0)
    assert report.update(101.0, error=None, main_works=True) is None
    assert report.update(101.0 + STEADY_S, error=None, main_works=True).error is None
    report.restart(200.0)
    report.update(201.0, error=None, main_works=True)
    assert report.update(299.0, error=None, main_works=True) is None


def test_frame_keeps_its_picture_and_arrival():
    frame = Frame(t=1.0, at=5.0, picture=None, keyframe=True)
    time = MainTime()
    time.follow(11.0, 1.0)
    assert time.shift(frame) == replace(frame, t=11.0, of_detect_stream=True)
