"""Who was ever seen to move: a walker, not the mannequin that they walk past."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.media.motion import Change, MotionResult
from custom_components.homesec.engine.tracking.track_state import STILL_S, STIRS, YOUNG_S
from custom_components.homesec.engine.tracking.tracker import Tracker

LOOK_S = 0.2
NOTHING = MotionResult(Change.NONE, np.zeros((90, 160), np.bool_))
UNKNOWN = MotionResult(Change.SCENE)
SHOP_WINDOW = Box(0.5, 0.3, 0.6, 0.7)


def person(box=SHOP_WINDOW, *, label="person", score=0.9):
    return Detection(label, score, box)


def at(x, y=0.3, width=0.1, height=0.4):
    return Box(x, y, x + width, y + height)


def moving(*boxes):
    """What the gate sees when it moves in these boxes."""
    cells = np.zeros((90, 160), np.bool_)
    for box in boxes:
        left, right = round(max(0, box.x1) * 160), round(max(0, box.x2) * 160)
        cells[round(box.y1 * 90) : round(box.y2 * 90), left:right] = True
    return MotionResult(Change.MOTION, cells)


def moved(looks, tracker=None):
    """Return, of each look, the id and whether it moved of everybody who was seen."""
    tracker = tracker or Tracker()
    return [
        {track.id: track.moved for track in tracker.update(n * LOOK_S, seen, movement)}
        for n, (seen, movement) in enumerate(looks)
    ]


@pytest.mark.parametrize("movement", [None, NOTHING, UNKNOWN], ids=["no gate", "calm", "unknown"])
def test_whoever_walks_is_seen_to_move_within_a_second(movement):
    walk = [([person(at(0.1 + 0.03 * n))], movement) for n in range(6)]
    assert [look[1] for look in moved(walk)][-1]


def test_whoever_moved_once_has_moved_for_good():
    walk = [([person(at(0.1 + 0.03 * n))], None) for n in range(6)]
    rest = [([person(at(0.25))], NOTHING)] * 50
    assert all(look[1] for look in moved([*walk, *rest])[6:])


def test_whoever_comes_closer_moves_though_they_stay_in_the_same_direction():
    boxes = [Box(0.5 - 0.02 * s, 0.5 - 0.05 * s, 0.5 + 0.02 * s, 0.5 + 0.05 * s) for s in GROWTH]
    looks = moved([([person(box)], None) for box in boxes])
    assert not looks[2][1]
    assert looks[-1][1]


GROWTH = [1.08**n for n in range(10)]


def test_a_body_that_comes_out_from_behind_a_table_has_not_moved():
    half, whole = Box(0.5, 0.3, 0.6, 0.5), Box(0.5, 0.3, 0.6, 0.7)
    looks = moved([([person(box)], None) for box in [half] * 5 + [whole] * 10 + [half] * 10])
    assert not any(look[1] for look in looks)


def test_one_wrong_box_at_the_beginning_makes_nothing_move():
    wrong = Box(0.42, 0.2, 0.52, 0.6)
    looks = moved([([person(box)], None) for box in [wrong] + [SHOP_WINDOW] * 20])
    assert not any(look[1] for look in looks)


jitter = st.tuples(*[st.floats(-0.15, 0.15)] * 2, *[st.floats(-0.06, 0.06)] * 2)


@given(st.lists(jitter, max_size=40))
def test_the_jitter_of_boxes_makes_nothing_move(steps):
    boxes = [
        Box(0.5 + 0.1 * left, 0.3 + 0.4 * top, 0.6 + 0.1 * right, 0.7 + 0.4 * bottom)
        for left, right, top, bottom in steps
    ]
    assert not any(look[1] for look in moved([([person(box)], None) for box in boxes]))


def test_whoever_waves_moves_though_they_stay_where_they_are():
    arm = moving(Box(0.5, 0.3, 0.6, 0.36))
    looks = moved([([person()], arm)] * STIRS)
    assert [look[1] for look in looks] == [False] * (STIRS - 1) + [True]


def test_one_who_stirs_now_and_then_is_not_yet_alive():
    arm = moving(Box(0.5, 0.3, 0.6, 0.36))
    looks = moved([([person()], movement) for movement in [arm, NOTHING, NOTHING] * 20])
    assert not any(look[1] for look in looks)


@pytest.mark.parametrize(
    "movement",
    [
        NOTHING,
        UNKNOWN,
        moving(Box(0.53, 0.4, 0.55, 0.42)),
        moving(Box(0.3, 0.1, 0.8, 0.9)),
        moving(Box(0.3, 0.5, 0.8, 0.7)),
    ],
    ids=["nothing", "unknown", "noise", "headlights", "a passing car"],
)
def test_what_else_changes_makes_no_picture_alive(movement):
    assert not any(look[1] for look in moved([([person()], movement)] * 50))


def test_somebody_who_fills_the_picture_can_stir():
    whole = Box(0.0, 0.0, 1.0, 1.0)
    assert moved([([person(whole)], moving(Box(0.2, 0.2, 0.8, 0.8)))] * STIRS)[-1][1]


@given(
    st.floats(0.1, 0.8),
    st.floats(-0.12, 0.12),
    st.sampled_from(["both are seen", "who covers is seen", "nobody is seen"]),
    st.integers(0, 30),
    st.booleans(),
)
def test_a_mannequin_that_people_walk_past_stays_one(speed, nearer, seen, wait, known):
    """``speed`` in heights a second; the walker may stop in front of it, and leave a ghost."""
    tracker, found, ghost = Tracker(), {}, 0
    looks = [min(n, 45) + max(0, n - 45 - wait) for n in range(120 + wait)]
    centre = looks[45] * speed * 0.4 * LOOK_S
    for n, way in enumerate(looks):
        walker = at(0.5 - centre + way * speed * 0.4 * LOOK_S, 0.3 + nearer)
        detections = [person(walker)] if -0.1 < walker.x1 < 1 else []
        cover = walker.iou(SHOP_WINDOW)
        if cover < 0.4 or seen == "both are seen":
            detections.append(person())
        elif seen == "nobody is seen":
            detections = []
        movement = moving(walker, *[SHOP_WINDOW] * (0 < n - ghost < 40))
        ghost = n if cover > 0 else ghost or n - 40
        for track in tracker.update(n * LOOK_S, detections, movement if known else None):
            if track.box == SHOP_WINDOW and cover == 0:
                found[track.id] = track.moved
    assert not any(found.values())


def test_the_ghost_that_a_walker_leaves_on_a_mannequin_is_not_its_own():
    walk = [at(0.3 + 0.02 * n) for n in range(30)]
    looks = [
        ([person(box), person()], moving(box, *[SHOP_WINDOW] * (box.x2 > 0.5))) for box in walk
    ]
    looks += [([person()], moving(SHOP_WINDOW))] * 40
    assert not any(look[2] for look in moved(looks))
    looks += [([person()], NOTHING), *[([person()], moving(SHOP_WINDOW))] * STIRS]
    assert moved(looks)[-1][2]


def test_a_mannequin_does_not_take_the_box_of_a_walker_who_stops_before_it():
    tracker = Tracker()
    walk = [at(0.14 + 0.04 * n, 0.42) for n in range(10)]
    follow = [[person(), person(box)] for box in walk] + [[person(walk[-1])]] * 3
    for n, seen in enumerate(follow):
        tracks = tracker.update(n * LOOK_S, seen)
    assert [track.id for track in tracks] == [2]


def test_a_mannequin_is_itself_again_when_whoever_hid_it_for_long_goes_on():
    tracker, way = Tracker(), [*range(14), *[14] * 20, *range(15, 30)]
    for n, step in enumerate(way):
        walker = at(0.15 + 0.025 * step, 0.36)
        hidden = walker.iou(SHOP_WINDOW) > 0.3
        seen = [person(walker)] if hidden else [person(walker), person()]
        tracks = tracker.update(n * LOOK_S, seen)
    assert [(track.id, track.moved) for track in tracks] == [(1, True), (2, False)]


def test_one_wrong_box_later_makes_nothing_move():
    looks = [SHOP_WINDOW] * 20 + [at(0.5, 0.42)] + [SHOP_WINDOW] * 20
    assert not any(look[1] for look in moved([([person(box)], None) for box in looks]))


def test_who_has_just_appeared_explains_what_moves_as_well():
    stirring = moving(SHOP_WINDOW)
    looks = [([person(), person(at(0.56))], stirring)] * round(YOUNG_S / LOOK_S)
    assert not any(moved(looks)[-1].values())


def test_a_cat_before_the_mannequin_makes_it_no_person():
    cats = [at(0.3 + 0.02 * n, 0.6, 0.06, 0.1) for n in range(25)]
    looks = [([person(box, label="cat"), person()], moving(box)) for box in cats]
    assert not any(look[2] for look in moved(looks))


def test_it_is_still_since_it_came_to_its_place():
    tracker, told = Tracker(), []
    boxes = [at(0.1 + 0.03 * min(n, 10)) for n in range(30)] + [
        at(0.4 + 0.04 * n) for n in range(4)
    ]
    for n, box in enumerate(boxes):
        (track,) = tracker.update(n * LOOK_S, [person(box)])
        told.append(track.stationary_since_t)
    arrived = next(t for t in told if t is not None)
    assert arrived == pytest.approx(2.0, abs=0.45)
    assert told.index(arrived) == pytest.approx((arrived + STILL_S) / LOOK_S, abs=1)
    assert set(told[told.index(arrived) : 30]) == {arrived}
    assert told[-1] is None
