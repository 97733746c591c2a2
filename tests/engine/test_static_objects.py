"""Who has come with a new scene, and what has always been in it."""

import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.media.motion import Change, MotionResult
from custom_components.homesec.engine.tracking.static_objects import (
    FIXTURE_S,
    LIMIT,
    NEW_S,
    UPHEAVAL_SHARE,
)
from custom_components.homesec.engine.tracking.track_state import CREDIT_S
from custom_components.homesec.engine.tracking.tracker import Tracker

LOOK_S = 0.2
CALM = MotionResult(Change.NONE, np.zeros((90, 160), np.bool_))
CUT = MotionResult(Change.SCENE)
DOOR, SHOP_WINDOW = Box(0.2, 0.3, 0.3, 0.8), Box(0.5, 0.3, 0.6, 0.7)


def seen(box=DOOR, label="person"):
    return Detection(label, 0.9, box)


def part_moves(share):
    """A picture of which the upper part moves."""
    cells = np.zeros((100, 160), np.bool_)
    cells[: round(share * 100)] = True
    return MotionResult(Change.MOTION, cells)


class Film:
    """Looks at a tracker, a fifth of a second apart."""

    def __init__(self):
        self.tracker = Tracker()
        self.t = 0.0

    def look(self, *found, movement=CALM, seconds=LOOK_S):
        """Look for so long; return of the last look who has moved, by place."""
        for _ in range(round(seconds / LOOK_S)):
            tracks = self.tracker.update(self.t, found, movement)
            self.t += LOOK_S
        return {track.box: track.moved for track in tracks}


@pytest.fixture
def film():
    return Film()


@pytest.mark.parametrize("movement", [CUT, part_moves(UPHEAVAL_SHARE)], ids=["light", "most of it"])
def test_who_stands_there_when_the_light_goes_on_has_come(film, movement):
    film.look(seconds=5)
    assert film.look(seen(), movement=movement) == {DOOR: True}


def test_also_who_is_recognised_only_a_moment_later(film):
    film.look(seconds=5)
    film.look(movement=CUT)
    film.look(seconds=NEW_S - 2 * LOOK_S)
    assert film.look(seen()) == {DOOR: True}


@pytest.mark.parametrize("movement", [CALM, part_moves(UPHEAVAL_SHARE / 2)], ids=["calm", "some"])
def test_who_appears_in_the_same_scene_has_to_move(film, movement):
    film.look(seconds=5)
    assert film.look(seen(), movement=movement) == {DOOR: False}


def test_who_appears_long_after_has_to_move(film):
    film.look(seconds=5)
    film.look(movement=CUT)
    film.look(seconds=NEW_S)
    assert film.look(seen()) == {DOOR: False}


def test_of_the_very_first_scene_nobody_can_say_who_has_come(film):
    assert film.look(seen(), movement=CUT) == {DOOR: False}


def test_a_statue_is_a_statue_in_the_evening_too(film):
    film.look(seen(SHOP_WINDOW), seconds=FIXTURE_S + 1)
    film.look(seconds=3600)
    assert film.look(seen(SHOP_WINDOW), seen(DOOR), movement=CUT) == {
        SHOP_WINDOW: False,
        DOOR: True,
    }


def test_a_fixture_of_another_kind_hides_nobody(film):
    film.look(seen(label="dog"), seconds=FIXTURE_S + 1)
    film.look(seconds=60)
    assert film.look(seen(), movement=CUT) == {DOOR: True}


def test_who_came_with_the_light_and_never_moves_is_a_thing_after_a_while(film):
    film.look(seconds=5)
    film.look(seen(), movement=CUT)
    assert film.look(seen(), seconds=CREDIT_S - 1) == {DOOR: True}
    assert film.look(seen(), seconds=3) == {DOOR: False}
    film.look(seconds=FIXTURE_S + 60)
    assert film.look(seen(), movement=CUT) == {DOOR: False}


def test_who_came_with_the_light_and_stirs_stays_somebody(film):
    cells = np.zeros((90, 160), np.bool_)
    cells[30:60, 32:48] = True
    stirs = MotionResult(Change.MOTION, cells)
    film.look(seconds=5)
    film.look(seen(), movement=CUT)
    film.look(seen(), movement=stirs, seconds=2)
    assert film.look(seen(), seconds=2 * CREDIT_S) == {DOOR: True}


def test_a_camera_without_a_gate_has_no_scenes(film):
    film.look(movement=None, seconds=5)
    assert film.look(seen(), movement=None) == {DOOR: False}


def test_only_so_many_fixtures_are_remembered(film):
    film.look(*(seen(Box(0.02 * n, 0, 0.02 * n + 0.01, 0.1)) for n in range(LIMIT + 5)), seconds=3)
    assert len(film.tracker._scenery._fixtures) == LIMIT
