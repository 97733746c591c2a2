"""Objects that appear with a new scene, and static objects."""

import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.media.motion import Change, MotionResult
from custom_components.homesec.engine.tracking.static_objects import (
    LIMIT,
    NEW_SCENE_S,
    NEW_SCENE_SHARE,
    STATIC_AFTER_S,
)
from custom_components.homesec.engine.tracking.track_state import ASSUMED_MOVING_S
from custom_components.homesec.engine.tracking.tracker import Tracker

FRAME_S = 0.2
CALM = MotionResult(Change.NONE, np.zeros((90, 160), np.bool_))
NEW_SCENE = MotionResult(Change.SCENE)
DOOR, SHOP_WINDOW = Box(0.2, 0.3, 0.3, 0.8), Box(0.5, 0.3, 0.6, 0.7)


def detection(box=DOOR, label="person"):
    return Detection(label, 0.9, box)


def motion_in_share(share):
    """Return motion in the upper part of the frame."""
    cells = np.zeros((100, 160), np.bool_)
    cells[: round(share * 100)] = True
    return MotionResult(Change.MOTION, cells)


class Simulation:
    """Feeds a tracker with a frame every fifth of a second."""

    def __init__(self):
        self.tracker = Tracker()
        self.t = 0.0

    def run(self, *detections, motion=CALM, seconds=FRAME_S):
        """Repeat the detections for some time; return by box whether each track has moved."""
        for _ in range(round(seconds / FRAME_S)):
            tracks = self.tracker.update(self.t, detections, motion)
            self.t += FRAME_S
        return {track.box: track.moved for track in tracks}


@pytest.fixture
def simulation():
    return Simulation()


@pytest.mark.parametrize(
    "motion", [NEW_SCENE, motion_in_share(NEW_SCENE_SHARE)], ids=["light", "most of it"]
)
def test_object_first_seen_in_new_scene_has_moved(simulation, motion):
    simulation.run(seconds=5)
    assert simulation.run(detection(), motion=motion) == {DOOR: True}


def test_object_first_seen_just_after_new_scene_has_moved(simulation):
    simulation.run(seconds=5)
    simulation.run(motion=NEW_SCENE)
    simulation.run(seconds=NEW_SCENE_S - 2 * FRAME_S)
    assert simulation.run(detection()) == {DOOR: True}


@pytest.mark.parametrize(
    "motion", [CALM, motion_in_share(NEW_SCENE_SHARE / 2)], ids=["calm", "some"]
)
def test_object_first_seen_in_same_scene_has_not_moved(simulation, motion):
    simulation.run(seconds=5)
    assert simulation.run(detection(), motion=motion) == {DOOR: False}


def test_object_first_seen_long_after_new_scene_has_not_moved(simulation):
    simulation.run(seconds=5)
    simulation.run(motion=NEW_SCENE)
    simulation.run(seconds=NEW_SCENE_S)
    assert simulation.run(detection()) == {DOOR: False}


def test_object_in_first_scene_has_not_moved(simulation):
    assert simulation.run(detection(), motion=NEW_SCENE) == {DOOR: False}


def test_static_object_has_not_moved_in_new_scene(simulation):
    simulation.run(detection(SHOP_WINDOW), seconds=STATIC_AFTER_S + 1)
    simulation.run(seconds=3600)
    assert simulation.run(detection(SHOP_WINDOW), detection(DOOR), motion=NEW_SCENE) == {
        SHOP_WINDOW: False,
        DOOR: True,
    }


def test_static_object_of_other_label_does_not_hide_object(simulation):
    simulation.run(detection(label="dog"), seconds=STATIC_AFTER_S + 1)
    simulation.run(seconds=60)
    assert simulation.run(detection(), motion=NEW_SCENE) == {DOOR: True}


def test_object_of_new_scene_that_never_moves_becomes_static(simulation):
    simulation.run(seconds=5)
    simulation.run(detection(), motion=NEW_SCENE)
    assert simulation.run(detection(), seconds=ASSUMED_MOVING_S - 1) == {DOOR: True}
    assert simulation.run(detection(), seconds=3) == {DOOR: False}
    simulation.run(seconds=STATIC_AFTER_S + 60)
    assert simulation.run(detection(), motion=NEW_SCENE) == {DOOR: False}


def test_object_of_new_scene_with_motion_stays_moved(simulation):
    cells = np.zeros((90, 160), np.bool_)
    cells[30:60, 32:48] = True
    in_box = MotionResult(Change.MOTION, cells)
    simulation.run(seconds=5)
    simulation.run(detection(), motion=NEW_SCENE)
    simulation.run(detection(), motion=in_box, seconds=2)
    assert simulation.run(detection(), seconds=2 * ASSUMED_MOVING_S) == {DOOR: True}


def test_object_without_motion_gate_has_not_moved(simulation):
    simulation.run(motion=None, seconds=5)
    assert simulation.run(detection(), motion=None) == {DOOR: False}


def test_static_objects_are_limited(simulation):
    simulation.run(
        *(detection(Box(0.02 * n, 0, 0.02 * n + 0.01, 0.1)) for n in range(LIMIT + 5)), seconds=3
    )
    assert len(simulation.tracker._static_objects._objects) == LIMIT
