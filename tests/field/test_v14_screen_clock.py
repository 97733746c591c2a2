"""V14: what repeats in place, as an on-screen clock does, doesn't keep a camera awake."""

from copy import deepcopy

from engine_rig import EngineRig, file_camera
from moving_scenes import (
    FPS,
    Scene,
    blinking,
    clock,
    flag,
    person,
    seven_segments,
    small,
)
import numpy as np
import pytest
from sampler_rig import SamplerRig

from custom_components.homesec.engine.camera.frame_sampler import LINGER_S
from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection.detector import Detector
from custom_components.homesec.engine.media.motion import Change, MotionGate

pytestmark = pytest.mark.long

LEARNED_S = 220.0
SCENES = {
    "small-font": ((320, 240), [clock(20, (6, 6))]),
    "large-font": ((320, 240), [clock(34, (60, 100))]),
    "bottom-right": ((352, 288), [clock(28, (220, 250))]),
    "black": ((320, 240), [clock(30, (6, 200), level=0)]),
    "with-date": ((640, 360), [clock(34, (10, 10), date="2026-11-30 ")]),
    "segments": ((320, 240), [seven_segments(4, (20, 20))]),
    "segments-on-bar": ((320, 240), [seven_segments(5, (60, 180), box=20)]),
    "tiny-stream": ((192, 144), [seven_segments(3, (12, 12))]),
    "led": ((320, 240), [blinking((60, 60), 8, 1.03)]),
    "slow-led": ((320, 240), [blinking((250, 40), 7, 3.1)]),
    "flag": ((320, 240), [flag(200, 40, 60, 40)]),
    "led-and-clock": ((320, 240), [blinking((60, 150), 8, 2.03), clock(26, (150, 10))]),
}
WAYS = {
    "across-the-clock": (0, 10, 290, 10),
    "through-the-middle": (0, 120, 290, 120),
    "away-from-it": (150, 20, 150, 160),
}


def watch(scene, seconds, *, present=lambda _t: False, gate=None, begin_s=0.0):
    """Return the times of samples and of motion, as a camera with a keyframe each second is."""
    gate, sampled, moved = gate or MotionGate(), [], []
    t = awake_until = begin_s
    while t < seconds:
        result = gate.update(small(scene.at(t)), t, learns=not present(t))
        if result.change is not Change.NONE:
            awake_until = t + LINGER_S
            moved.append(t)
        if t <= awake_until:
            sampled.append(t)
        t += 1 / FPS if t <= awake_until else 1.0
    return np.array(sampled), np.array(moved)


@pytest.mark.parametrize("name", SCENES)
def test_what_repeats_is_learned_and_wakes_no_more(name):
    size, layers = SCENES[name]
    sampled, _ = watch(Scene(*layers, size=size), 340)
    before = np.count_nonzero(sampled < 40)
    after = np.count_nonzero(sampled >= LEARNED_S)
    assert before > 0.9 * 40 * FPS  # it keeps the camera awake at first
    # A clock's minutes change, too: their digits are learned one by one.
    assert after < 0.25 * (340 - LEARNED_S) * FPS


REPEATING = clock(30, (20, 10)), flag(200, 150, 50, 40)


@pytest.fixture(scope="module")
def learned():
    """The gate of a camera that has seen a clock and a flag for 130 s."""
    gate = MotionGate()
    watch(Scene(*REPEATING), 130, gate=gate)
    return gate


@pytest.mark.parametrize("level", [25, 60, 235])
@pytest.mark.parametrize("way", WAYS)
def test_person_in_the_area_wakes_the_camera_as_without_it(learned, way, level):
    walk = person(130.5, WAYS[way], level=level)
    _, moved = watch(Scene(*REPEATING, walk), 134, gate=deepcopy(learned), begin_s=130)
    _, plain = watch(Scene(walk), 134, begin_s=120)
    first = plain[plain >= 130][0]
    assert first >= 130.5
    assert moved[0] <= first + 1.0


def test_person_that_passes_often_is_seen_each_time():
    walks = [person(t, WAYS["through-the-middle"]) for t in range(10, 240, 9)]
    _, moved = watch(Scene(*walks, clock(30, (20, 10))), 240)
    for begin_s in range(10, 230, 9):
        assert np.any((moved >= begin_s) & (moved <= begin_s + 1.5)), begin_s


def test_person_who_is_known_to_be_there_is_not_learned():
    waving = flag(100, 60, 60, 110)  # who moves in one place, for minutes
    _, moved = watch(Scene(waving), 150, present=lambda _t: True)
    assert moved[-1] > 145


def test_what_moves_in_most_of_the_picture_is_not_learned():
    _, moved = watch(Scene(flag(0, 0, 320, 130)), 150)
    assert moved[-1] > 145


def test_light_switch_after_learning_is_a_change():
    def dark(luma, t):
        if t >= 130:
            luma *= 0.2

    _, moved = watch(Scene(clock(30, (20, 10)), dark), 140)
    assert np.any((moved >= 130) & (moved <= 132))


def test_gap_in_the_video_does_not_forget_what_repeats():
    scene, gate = Scene(seven_segments(4, (20, 20))), MotionGate()
    for n in range(150 * FPS):
        gate.update(small(scene.at(n / FPS)), n / FPS)
    gate.reset()
    after = [gate.update(small(scene.at(t)), t).change for t in range(150, 175)]
    assert after.count(Change.MOTION) < 8


# --- with a decoder, and the whole engine ---


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Four minutes; a person walks across the clock at 3:20."""
    walk = person(200.0, WAYS["across-the-clock"], seconds=6.0)
    scene = Scene(seven_segments(4, (20, 20)), walk)
    return scene.write(tmp_path_factory.mktemp("clock") / "clock.mp4", 215)


def test_sampler_decodes_and_samples_little_once_it_has_learned(film):
    rig = SamplerRig(film)
    rig.play(until=60)
    awake = rig.sampler.decoded, len(rig.frames)
    rig.play(until=140)
    begin = rig.sampler.decoded, len(rig.frames)
    rig.play(until=200)
    asleep = rig.sampler.decoded - begin[0], len(rig.frames) - begin[1]
    assert awake[0] > 55 * FPS
    assert awake[1] > 55 * FPS
    assert asleep[0] < 0.5 * awake[0]
    assert asleep[1] < 0.3 * awake[1]
    # Now and then, somebody is looked for in what repeats.
    assert asleep[1] >= 3


class DarkFigure(Detector):
    """Detects what is darker than the street."""

    name, model, threshold, labels = "figure", "dark", 0.5, ("person",)
    crop_px = 320

    def __init__(self):
        self.frame_count = 0

    def fit(self, width, height):
        return width, height

    def detect(self, picture):
        self.frame_count += 1
        rows, columns = np.nonzero(picture[:, :, 1] < 34)
        if len(rows) < 400:
            return []
        height, width = picture.shape[:2]
        box = (columns.min() / width, rows.min() / height)
        box += ((columns.max() + 1) / width, (rows.max() + 1) / height)
        return [Detection("person", 0.9, Box(*map(float, box)))]

    def close(self):
        pass


def test_person_in_front_of_the_clock_is_recorded(film, tmp_path):
    detector = DarkFigure()
    with EngineRig(tmp_path, detector=detector) as rig:
        (clip,) = rig.play(file_camera(film))
    assert clip.label == "person"
    assert clip.duration_s > 4
    assert detector.frame_count < 0.7 * 200 * FPS
