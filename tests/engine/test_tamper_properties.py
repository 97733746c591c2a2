"""What holds of the check of tampering whatever a camera shows."""

import warnings

import av
from hypothesis import given, settings, strategies as st
import numpy as np
from tamper_stage import CONFIG, HEIGHT, WIDTH, Light, Stage, covering, shows, street

from custom_components.homesec.engine.camera.frozen_check import FrozenCheck
from custom_components.homesec.engine.camera.tamper_check import TamperCheck
from custom_components.homesec.engine.core.types import TamperKind
from custom_components.homesec.engine.media.convert import small_luma
from custom_components.homesec.engine.media.decoder import Frame

SLOW = settings(max_examples=8, deadline=None, database=None)
LIGHTS = st.builds(Light, gain=st.floats(0.005, 1.15), noise=st.floats(0.5, 6), color=st.booleans())


@SLOW
@given(
    st.integers(0, 1000),
    st.lists(st.tuples(LIGHTS, st.integers(20, 300)), min_size=1, max_size=5),
)
def test_light_alone_is_dark_at_most(seed, lights):
    stage = Stage(street(seed)).learned()
    for light, seconds in lights:
        stage.play(seconds, light=light, fps=0.3)
    assert set(stage.kinds) <= {None, TamperKind.DARK}


@SLOW
@given(
    st.integers(0, 1000),
    st.floats(60, 200) | st.just(17.0),
    st.floats(0.9, 5),
    st.booleans(),
)
def test_cover_that_is_seen_to_come_is_found(seed, levels, seconds, in_color):
    stage = Stage(street(seed)).learned()
    stage.play(seconds, covering(seconds, levels), fps=5)
    stage.play(75, shows(levels), light=Light(color=in_color), fps=0.5)
    assert stage.kinds == [TamperKind.COVERED]
    stage.play(40, light=Light(), fps=0.5)
    assert stage.kinds == [TamperKind.COVERED, None]


@SLOW
@given(st.integers(0, 1000), st.integers(1001, 2000))
def test_other_scene_is_moved_until_the_first_one_is_back(seed, other):
    stage = Stage(street(seed)).learned()
    stage.play(130, shows(street(other)), fps=0.5)
    assert stage.kinds == [TamperKind.MOVED]
    stage.play(40, fps=0.5)
    assert stage.kinds == [TamperKind.MOVED, None]


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0.1, 20)), max_size=60),
    st.floats(0.5, 12),
)
@settings(max_examples=60, deadline=None, database=None)
def test_frozen_means_same_picture_for_thirty_seconds_and_three_keyframes(steps, gop_s):
    check, t, same_since, value = FrozenCheck(), 0.0, 0.0, 0
    picture = np.arange(60 * 40, dtype=np.uint8).reshape(40, 60)
    since_keyframes = 0
    for index, (differs, pause_s) in enumerate(steps):
        t += pause_s
        keyframes = int(t / gop_s)
        if differs or index == 0:
            value, same_since, since_keyframes = value + 1, t, keyframes
        shown = picture.copy()
        shown[0, 0] = value
        check.update(shown, t, keyframes)
        lasts_s = t - same_since
        expected = lasts_s >= 30 and keyframes - since_keyframes >= 3
        assert check.frozen is (expected or lasts_s >= 300)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["yuv420p", "yuvj422p", "yuv444p", "gray", "nv12", "rgb24", "yuv420p10le"]
            ),
            st.integers(8, 330).map(lambda n: n * 2),
            st.integers(8, 130).map(lambda n: n * 2),
            st.integers(0, 255),
            st.floats(-100, 100),
        ),
        max_size=20,
    )
)
@settings(max_examples=40, deadline=None, database=None)
def test_no_picture_and_no_time_is_too_odd(pictures):
    check, t = TamperCheck(CONFIG), 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pixels, width, height, level, step_s in pictures:
            gray = np.full((height, width), level, np.uint8)
            gray[:: 1 + level % 7] //= 2
            picture = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format=pixels)
            t += step_s
            frame = Frame(t=t, at=t, picture=picture)
            check.observe(frame, small_luma(frame), None)


def test_size_that_changes_is_learned_anew():
    stage = Stage().learned()
    for factor in (2, 1):
        grown = np.kron(street(), np.ones((factor, factor)))
        for _ in range(90):
            planes = np.full((grown.shape[0] * 3 // 2, grown.shape[1]), 128, np.uint8)
            planes[: grown.shape[0], : WIDTH * factor] = grown + stage.rng.normal(0, 2, grown.shape)
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame = Frame(t=stage.t, at=stage.t, picture=picture)
            change = stage.check.observe(frame, small_luma(frame), int(stage.t))
            assert change is None or change.kind is None
            stage.t += 1
    assert grown.shape == (HEIGHT, WIDTH)
