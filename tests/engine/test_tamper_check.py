"""What is tampering with a camera, in drawn pictures."""

from copy import deepcopy

import numpy as np
import pytest
from tamper_stage import (
    BLACK,
    PAPER,
    Light,
    Stage,
    X,
    blurred,
    by_infrared,
    covering,
    dusk,
    fenced,
    night,
    shows,
    street,
    with_headlights,
    with_rain,
)

from custom_components.homesec.engine.core.types import TamperKind

pytestmark = pytest.mark.long

COVERED, MOVED, BLURRED, FROZEN, DARK = TamperKind


@pytest.fixture(scope="module")
def learned():
    return Stage().learned()


@pytest.fixture
def stage(learned):
    """A camera that knows its scene."""
    return deepcopy(learned)


def test_scene_is_known_after_a_minute():
    stage = Stage().play(50)
    assert stage.events == []
    stage.play(30)
    assert [event.kind for event in stage.events] == [None]


@pytest.mark.parametrize("levels", [BLACK, PAPER, 90.0], ids=["black bag", "paper", "cloth"])
def test_covered_camera_is_reported_until_uncovered(stage, levels):
    stage.play(1.2, covering(1.2, levels), fps=5).play(60, shows(levels))
    assert stage.kinds == [COVERED]
    stage.play(30)
    assert stage.kinds == [COVERED, None]


def test_covered_camera_at_night_is_reported(stage):
    stage.scene = by_infrared(stage.scene)
    stage.light = night
    stage.play(200, fps=0.5).play(1.2, covering(1.2, 200.0), fps=5).play(60, shows(200.0))
    assert stage.kinds == [COVERED]


def test_sprayed_camera_is_reported(stage):
    stage.play(4, covering(4, PAPER, soft=True), fps=5).play(60, shows(PAPER))
    assert stage.kinds == [COVERED]


def test_cover_that_makes_the_camera_switch_to_infrared_is_reported(stage):
    stage.play(1.2, covering(1.2), fps=5).play(60, shows(210.0), light=night)
    assert stage.kinds == [COVERED]


@pytest.mark.parametrize("shift", [60, 300], ids=["a little", "away"])
def test_turned_camera_is_reported(stage, shift):
    other = np.hstack([stage.scene, street(9)])[:, shift : shift + 320]
    stage.play(150, shows(other))
    assert stage.kinds == [MOVED]
    stage.play(20)
    assert stage.kinds == [MOVED, None]


def test_camera_that_is_moved_on_purpose_learns_its_scene_anew(stage):
    stage.check.learn_scene()
    stage.scene = street(9)
    stage.play(150)
    assert stage.kinds == []
    stage.play(150, shows(street(11)))
    assert stage.kinds == [MOVED]


def test_report_of_turned_camera_ends_when_it_is_moved_on_purpose(stage):
    stage.play(150, shows(street(9)))
    stage.check.learn_scene()
    stage.play(3)
    assert stage.kinds == [MOVED, None]


def test_camera_turned_while_disconnected_is_reported(stage):
    stage.check.restart()
    stage.t = 5000.0
    stage.play(150, shows(street(9)))
    assert stage.kinds == [MOVED]


def test_picture_out_of_focus_is_reported(stage):
    stage.play(60)
    stage.play(150, shows(blurred(stage.scene, 4)))
    assert stage.kinds == [BLURRED]
    stage.play(60)
    assert stage.kinds == [BLURRED, None]


def test_frozen_picture_is_reported(stage):
    stage.play(40, light=Light(noise=0))
    assert stage.kinds == [FROZEN]
    stage.play(1, light=Light())
    assert stage.kinds == [FROZEN, None]


def test_lights_off_are_dark_and_nothing_else(stage):
    for _ in range(2):
        stage.play(400, light=Light(gain=0.01, noise=1), fps=0.3).play(100, light=Light())
    assert set(stage.kinds) == {DARK, None}


def test_lamps_that_go_off_one_by_one_are_no_cover(stage):
    stage.play(3, lambda scene, t: covering(1)(scene, 0.35 if t < 1.5 else 0.7), fps=5)
    stage.play(100, light=Light(gain=0.01, noise=1))
    assert stage.kinds == [DARK]


def test_lamp_that_is_dimmed_is_no_cover(stage):
    stage.play(3, light=lambda t: Light(gain=max(0.01, 1 - t / 2.5)), fps=5)
    stage.play(100, light=Light(gain=0.01, noise=1))
    assert stage.kinds == [DARK]


def test_evening_infrared_and_morning_are_no_tampering(stage):
    for _ in range(2):
        stage.play(600, light=dusk(600, to=0.15), fps=0.3)
        stage.play(600, shows(by_infrared(stage.scene)), light=night, fps=0.3)
        stage.play(600, light=lambda t: dusk(600, to=0.15)(600 - t), fps=0.3)
    assert stage.kinds == []


def test_rain_is_no_tampering(stage):
    stage.play(300, lambda scene, _: with_rain(scene.copy(), stage.rng), fps=0.5)
    assert stage.kinds == []


def test_headlights_are_no_tampering(stage):
    stage.scene = by_infrared(stage.scene)
    stage.light = night
    stage.play(200, fps=0.5)
    stage.play(12, lambda scene, t: with_headlights(scene, 30 * t), fps=5)
    stage.play(60)
    stage.play(120, shows(with_headlights(stage.scene, 160)))
    stage.play(60, fps=0.5)
    assert stage.kinds == []


def test_person_close_to_the_lens_is_no_tampering(stage):
    stage.play(120, lambda scene, _: fenced(scene, stage.rng), fps=2)
    stage.play(60, fps=0.5)
    assert stage.kinds == []


def test_truck_that_fills_the_picture_for_seconds_is_no_tampering(stage):
    stage.play(2, covering(2, street(5)), fps=5).play(40, shows(street(5)))
    stage.play(60, fps=0.5)
    assert stage.kinds == []


def test_other_light_is_no_tampering(stage):
    for _ in range(2):
        for x in (60, 260):
            lit = stage.scene * (0.3 + 0.9 * np.exp(-(((X - x) / 90) ** 2)))
            stage.play(150, shows(lit), fps=0.5)
        stage.play(100)
    assert stage.kinds == []


def test_fog_is_no_tampering(stage):
    stage.play(1200, lambda scene, t: scene + (140 - scene) * min(1, t / 900), fps=0.25)
    stage.play(600, lambda scene, _: scene * 0 + 140, fps=0.5)
    stage.play(1200, lambda scene, t: scene + (140 - scene) * max(0, 1 - t / 900), fps=0.25)
    assert stage.kinds == []


def test_blur_outlasts_the_evening(stage):
    stage.play(60)
    soft = shows(blurred(stage.scene, 4))
    stage.play(100, soft, fps=0.5).play(300, soft, light=dusk(300, to=0.4), fps=0.5)
    assert stage.kinds == [BLURRED]
    stage.play(60, light=Light(), fps=0.5)
    assert stage.kinds == [BLURRED, None]
