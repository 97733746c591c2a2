"""Which tracks have moved: a walking person, but not the mannequin that they pass."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.media.motion import Change, MotionResult
from custom_components.homesec.engine.tracking.track_state import (
    EVIDENCE_NEEDED,
    NEW_TRACK_S,
    STATIONARY_AFTER_S,
)
from custom_components.homesec.engine.tracking.tracker import Tracker

FRAME_S = 0.2
NOTHING = MotionResult(Change.NONE, np.zeros((90, 160), np.bool_))
UNKNOWN = MotionResult(Change.SCENE)
SHOP_WINDOW = Box(0.5, 0.3, 0.6, 0.7)


def person(box=SHOP_WINDOW, *, label="person", score=0.9):
    return Detection(label, score, box)


def at(x, y=0.3, width=0.1, height=0.4):
    return Box(x, y, x + width, y + height)


def moving(*boxes):
    """Return motion inside these boxes."""
    cells = np.zeros((90, 160), np.bool_)
    for box in boxes:
        left, right = round(max(0, box.x1) * 160), round(max(0, box.x2) * 160)
        cells[round(box.y1 * 90) : round(box.y2 * 90), left:right] = True
    return MotionResult(Change.MOTION, cells)


def moved(frames, tracker=None):
    """Return, for each frame, whether each track has moved, by id."""
    tracker = tracker or Tracker()
    return [
        {track.id: track.moved for track in tracker.update(n * FRAME_S, detections, motion)}
        for n, (detections, motion) in enumerate(frames)
    ]


@pytest.mark.parametrize("motion", [None, NOTHING, UNKNOWN], ids=["no gate", "calm", "unknown"])
def test_walking_person_has_moved_within_a_second(motion):
    walk = [([person(at(0.1 + 0.03 * n))], motion) for n in range(6)]
    assert [frame[1] for frame in moved(walk)][-1]


def test_track_that_moved_once_stays_moved():
    walk = [([person(at(0.1 + 0.03 * n))], None) for n in range(6)]
    rest = [([person(at(0.25))], NOTHING)] * 50
    assert all(frame[1] for frame in moved([*walk, *rest])[6:])


def test_approaching_person_has_moved():
    boxes = [Box(0.5 - 0.02 * s, 0.5 - 0.05 * s, 0.5 + 0.02 * s, 0.5 + 0.05 * s) for s in GROWTH]
    frames = moved([([person(box)], None) for box in boxes])
    assert not frames[2][1]
    assert frames[-1][1]


GROWTH = [1.08**n for n in range(10)]


def test_box_with_one_moving_edge_has_not_moved():
    half, whole = Box(0.5, 0.3, 0.6, 0.5), Box(0.5, 0.3, 0.6, 0.7)
    frames = moved([([person(box)], None) for box in [half] * 5 + [whole] * 10 + [half] * 10])
    assert not any(frame[1] for frame in frames)


def test_single_wrong_first_box_does_not_count_as_moved():
    wrong = Box(0.42, 0.2, 0.52, 0.6)
    frames = moved([([person(box)], None) for box in [wrong] + [SHOP_WINDOW] * 20])
    assert not any(frame[1] for frame in frames)


jitter = st.tuples(*[st.floats(-0.15, 0.15)] * 2, *[st.floats(-0.06, 0.06)] * 2)


@given(st.lists(jitter, max_size=40))
def test_jitter_of_boxes_does_not_count_as_moved(steps):
    boxes = [
        Box(0.5 + 0.1 * left, 0.3 + 0.4 * top, 0.6 + 0.1 * right, 0.7 + 0.4 * bottom)
        for left, right, top, bottom in steps
    ]
    assert not any(frame[1] for frame in moved([([person(box)], None) for box in boxes]))


def test_motion_inside_box_counts_as_moved():
    arm = moving(Box(0.5, 0.3, 0.6, 0.36))
    frames = moved([([person()], arm)] * EVIDENCE_NEEDED)
    assert [frame[1] for frame in frames] == [False] * (EVIDENCE_NEEDED - 1) + [True]


def test_occasional_motion_inside_box_does_not_count_as_moved():
    arm = moving(Box(0.5, 0.3, 0.6, 0.36))
    frames = moved([([person()], motion) for motion in [arm, NOTHING, NOTHING] * 20])
    assert not any(frame[1] for frame in frames)


@pytest.mark.parametrize(
    "motion",
    [
        NOTHING,
        UNKNOWN,
        moving(Box(0.53, 0.4, 0.55, 0.42)),
        moving(Box(0.3, 0.1, 0.8, 0.9)),
        moving(Box(0.3, 0.5, 0.8, 0.7)),
    ],
    ids=["nothing", "unknown", "noise", "headlights", "a passing car"],
)
def test_motion_not_of_box_does_not_count_as_moved(motion):
    assert not any(frame[1] for frame in moved([([person()], motion)] * 50))


def test_motion_inside_box_of_whole_frame_counts_as_moved():
    whole = Box(0.0, 0.0, 1.0, 1.0)
    assert moved([([person(whole)], moving(Box(0.2, 0.2, 0.8, 0.8)))] * EVIDENCE_NEEDED)[-1][1]


@given(
    st.floats(0.1, 0.8),
    st.floats(-0.12, 0.12),
    st.sampled_from(["both", "front", "none"]),
    st.integers(0, 30),
    st.booleans(),
)
def test_mannequin_that_people_pass_has_not_moved(speed, nearer, detected, wait, known):
    """``speed`` is in heights per second; the walker may stop in front of it and leave a ghost."""
    tracker, found, ghost = Tracker(), {}, 0
    frames = [min(n, 45) + max(0, n - 45 - wait) for n in range(120 + wait)]
    center = frames[45] * speed * 0.4 * FRAME_S
    for n, step in enumerate(frames):
        walker = at(0.5 - center + step * speed * 0.4 * FRAME_S, 0.3 + nearer)
        detections = [person(walker)] if -0.1 < walker.x1 < 1 else []
        cover = walker.iou(SHOP_WINDOW)
        if cover < 0.4 or detected == "both":
            detections.append(person())
        elif detected == "none":
            detections = []
        motion = moving(walker, *[SHOP_WINDOW] * (0 < n - ghost < 40))
        ghost = n if cover > 0 else ghost or n - 40
        for track in tracker.update(n * FRAME_S, detections, motion if known else None):
            if track.box == SHOP_WINDOW and cover == 0:
                found[track.id] = track.moved
    assert not any(found.values())


def test_ghost_of_walker_on_mannequin_does_not_count_as_moved():
    walk = [at(0.3 + 0.02 * n) for n in range(30)]
    frames = [
        ([person(box), person()], moving(box, *[SHOP_WINDOW] * (box.x2 > 0.5))) for box in walk
    ]
    frames += [([person()], moving(SHOP_WINDOW))] * 40
    assert not any(frame[2] for frame in moved(frames))
    frames += [([person()], NOTHING), *[([person()], moving(SHOP_WINDOW))] * EVIDENCE_NEEDED]
    assert moved(frames)[-1][2]


def test_mannequin_does_not_take_box_of_walker_who_stops_in_front():
    tracker = Tracker()
    walk = [at(0.14 + 0.04 * n, 0.42) for n in range(10)]
    follow = [[person(), person(box)] for box in walk] + [[person(walk[-1])]] * 3
    for n, detections in enumerate(follow):
        tracks = tracker.update(n * FRAME_S, detections)
    assert [track.id for track in tracks] == [2]


def test_mannequin_hidden_for_long_is_new_track_that_has_not_moved():
    tracker, steps = Tracker(), [*range(14), *[14] * 20, *range(15, 30)]
    for n, step in enumerate(steps):
        walker = at(0.15 + 0.025 * step, 0.36)
        hidden = walker.iou(SHOP_WINDOW) > 0.3
        detections = [person(walker)] if hidden else [person(walker), person()]
        tracks = tracker.update(n * FRAME_S, detections)
    assert [(track.id, track.moved) for track in tracks] == [(1, True), (2, False)]


def test_single_wrong_box_does_not_count_as_moved():
    frames = [SHOP_WINDOW] * 20 + [at(0.5, 0.42)] + [SHOP_WINDOW] * 20
    assert not any(frame[1] for frame in moved([([person(box)], None) for box in frames]))


def test_new_track_explains_motion_in_overlapping_box():
    stirring = moving(SHOP_WINDOW)
    frames = [([person(), person(at(0.56))], stirring)] * round(NEW_TRACK_S / FRAME_S)
    assert not any(moved(frames)[-1].values())


def test_cat_in_front_of_mannequin_does_not_count_as_its_motion():
    cats = [at(0.3 + 0.02 * n, 0.6, 0.06, 0.1) for n in range(25)]
    frames = [([person(box, label="cat"), person()], moving(box)) for box in cats]
    assert not any(frame[2] for frame in moved(frames))


def test_stationary_since_is_time_of_arrival():
    tracker, since = Tracker(), []
    boxes = [at(0.1 + 0.03 * min(n, 10)) for n in range(30)] + [
        at(0.4 + 0.04 * n) for n in range(4)
    ]
    for n, box in enumerate(boxes):
        (track,) = tracker.update(n * FRAME_S, [person(box)])
        since.append(track.stationary_since_t)
    arrived = next(t for t in since if t is not None)
    assert arrived == pytest.approx(2.0, abs=0.45)
    assert since.index(arrived) == pytest.approx((arrived + STATIONARY_AFTER_S) / FRAME_S, abs=1)
    assert set(since[since.index(arrived) : 30]) == {arrived}
    assert since[-1] is None
