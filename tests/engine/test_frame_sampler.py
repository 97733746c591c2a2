"""Decode modes, and which frames are sampled."""

import itertools

import pytest
from sampler_rig import SamplerRig
from videos import number_of

from custom_components.homesec.engine.camera.frame_sampler import LINGER_S, DecodeMode
from custom_components.homesec.engine.core.types import DecodePolicy

QUIET = {"seconds": 30, "walks": ()}
BETWEEN = {"seconds": 20, "walks": ((11.3, 14.0),), "gop_s": 2.0}


@pytest.fixture
def scene(make_video):
    def make(recipe, **settings):
        return SamplerRig(make_video(**recipe), **settings)

    return make


def test_first_frame_is_sampled(scene):
    quiet = scene(QUIET).play(until=0.05)
    assert quiet.numbers() == [0]


def test_quiet_scene_decodes_keyframes_only(scene):
    quiet = scene(QUIET).play(until=10)
    before = quiet.sampler.decoded
    quiet.play()
    assert quiet.sampler.decoded - before == 20  # 20 s with a keyframe per second
    assert quiet.numbers(since=5) == []


def test_quiet_scene_keeps_newest_keyframe_as_latest(scene):
    quiet = scene(QUIET).play()
    assert number_of(quiet.sampler.latest.picture) == 290


def test_motion_between_keyframes_is_sampled_from_its_first_frames(scene):
    found = scene(BETWEEN).play().numbers(since=10)
    assert found[:2] == [112, 114] or found[0] <= 113
    assert min(n for n in found if n >= 113) <= 114


def test_frames_from_the_buffer_are_marked_as_replayed(scene):
    video = scene(BETWEEN).play()
    assert {x.replayed for x in video.frames if 10 < x.frame.t < 12} == {True}
    assert {x.replayed for x in video.frames if x.frame.t > 12.1} == {False}


def test_no_frame_is_sampled_twice_and_times_only_grow(scene):
    video = scene({"seconds": 40, "walks": ((8.3, 9.1), (14.2, 15.0), (20.1, 21.0))}).play()
    times = [x.frame.t for x in video.frames]
    assert times == sorted(set(times))


def test_sampling_rate_is_a_few_frames_per_second(scene):
    walk = {"seconds": 20, "walks": ((5.0, 18.0),), "fps": 20}
    found = scene(walk, detect_fps=4.0).play().numbers(since=8)
    assert {b - a for a, b in itertools.pairwise(found)} == {5}


def test_mode_after_last_motion_returns_to_keyframes(scene):
    video = scene(BETWEEN).play()
    assert not video.decodes_keyframes_at(14.0)
    assert not video.decodes_keyframes_at(14.0 + LINGER_S - 0.5)
    assert video.decodes_keyframes_at(14.0 + LINGER_S + 1.5)


def test_wake_does_not_decode_checked_packets_again(scene):
    video = scene({"seconds": 24, "walks": ((6.0, 9.0), (14.6, 16.0)), "gop_s": 2.0})
    video.play(until=14.55)
    before = video.sampler.decoded
    video.play(until=16.05)
    assert video.sampler.decoded - before <= 22  # one GOP, not the whole buffer


def test_rare_keyframes_with_auto_decode_all(scene):
    video = scene({"seconds": 30, "walks": (), "gop_s": 4.0}).play()
    assert not video.decodes_keyframes_at(10.0)
    assert video.sampler.keyframe_interval_s == pytest.approx(4.0)
    assert video.numbers(since=8) == []  # decoded and compared, not sampled


def test_rare_keyframes_with_economy_decode_keyframes_only(scene):
    video = scene(
        {"seconds": 30, "walks": (), "gop_s": 4.0}, decode_policy=DecodePolicy.ECONOMY
    ).play()
    assert video.decodes_keyframes_at(20.0)


def test_economy_replays_from_previous_keyframe_however_old(scene):
    recipe = {"seconds": 20, "walks": ((9.0, 11.9),), "gop_s": 4.0}
    video = scene(recipe, decode_policy=DecodePolicy.ECONOMY)
    video.play()
    assert video.numbers(since=8.5) == []  # the whole walk is between two keyframes
    recipe = {"seconds": 20, "walks": ((9.0, 13.0),), "gop_s": 4.0}
    found = scene(recipe, decode_policy=DecodePolicy.ECONOMY).play().numbers(since=8.05)
    assert min(n for n in found if n >= 90) <= 92


def test_prompt_always_decodes_all(scene):
    video = scene(QUIET, decode_policy=DecodePolicy.PROMPT).play()
    assert {mode for _, mode in video.modes} == {DecodeMode.ALL}
    assert video.sampler.decoded == 300


def test_prompt_samples_only_during_motion(scene):
    video = scene(
        {"seconds": 20, "walks": ((11.3, 12.0),)}, decode_policy=DecodePolicy.PROMPT
    ).play()
    assert video.numbers(since=5)[0] in (113, 114)


def test_watching_live_picture_decodes_all_until_it_ends(scene):
    video = scene(QUIET).play(watched=lambda t: 10.5 < t < 12)
    assert video.decodes_keyframes_at(10.2)
    assert not video.decodes_keyframes_at(10.7)
    assert video.decodes_keyframes_at(12.5)
    assert video.numbers(since=9) == []


def test_stationary_presence_is_sampled_now_and_then(scene):
    video = scene(QUIET, grace_s=3.0).play(present=lambda t: t >= 10)
    found = video.numbers(since=12)
    assert {b - a for a, b in itertools.pairwise(found)} == {10}


def test_short_grace_period_is_sampled_twice(scene):
    video = scene(QUIET, grace_s=1.0, detect_fps=10).play(present=lambda t: t >= 10)
    found = video.numbers(since=12)
    assert {b - a for a, b in itertools.pairwise(found)} == {5}


def test_reset_after_gap_starts_over(scene):
    video = scene(QUIET).play(until=10)
    video.sampler.reset()
    video.buffer.clear()
    assert video.sampler.latest is None
    video.play()
    assert video.numbers(since=10)[0] == 100
    assert video.sampler.keyframe_interval_s == pytest.approx(1.0)


MJPEG = {"codec": "mjpeg", "container": "avi", "pix_fmt": "yuvj420p", "fps": 25}


def test_quiet_mjpeg_is_decoded_twice_per_second(scene):
    video = scene({"seconds": 20, "walks": (), **MJPEG}).play(until=10)
    before = video.sampler.decoded
    video.play()
    assert 19 <= video.sampler.decoded - before <= 22


def test_active_mjpeg_is_decoded_only_as_often_as_sampled(scene):
    video = scene({"seconds": 16, "walks": ((2.0, 16.0),), **MJPEG}).play(until=6)
    before = video.sampler.decoded
    video.play()
    assert video.sampler.decoded - before <= 10 * 5 + 2


def test_watched_mjpeg_is_decoded_at_full_rate(scene):
    video = scene({"seconds": 12, "walks": (), **MJPEG}).play(until=8)
    before = video.sampler.decoded
    video.play(watched=lambda t: True)
    assert video.sampler.decoded - before >= 100


def test_empty_buffer_does_not_stop_sampling(scene):
    video = scene(QUIET).play(until=10)
    video.buffer.clear()
    video.play(until=10.5, present=lambda t: True)
    video.buffer.clear()
    video.play(present=lambda t: True)
    assert video.numbers(since=12)


def test_undecodable_keyframe_is_skipped(scene):
    video = scene(QUIET).play(until=10)
    video.packets[0].data.update(bytes(video.packets[0].size))
    video.play()
    assert video.numbers(since=5) == []
    assert number_of(video.sampler.latest.picture) == 290
