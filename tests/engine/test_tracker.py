"""Matching detections to tracks."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.tracking.track_state import KEEP_S, KEEP_STATIONARY_S
from custom_components.homesec.engine.tracking.tracker import Tracker

FRAME_S = 0.2
THRESHOLDS = {"person": 0.5}


def person(x, y=0.3, *, width=0.1, height=0.4, label="person", score=0.9):
    return Detection(label, score, Box(x, y, x + width, y + height))


def follow(tracker, frames):
    """Return the track ids of each frame's detections."""
    return [
        [track.id for track in tracker.update(n * FRAME_S, seen)] for n, seen in enumerate(frames)
    ]


def test_track_of_walking_person_keeps_id():
    assert follow(Tracker(), [[person(0.02 * n)] for n in range(40)]) == [[1]] * 40


def test_track_of_running_person_keeps_id_without_overlap():
    assert follow(Tracker(), [[person(0.12 * n)] for n in range(7)]) == [[1]] * 7


def test_tracks_of_people_passing_each_other_keep_ids():
    frames = [[person(0.02 * n), person(0.8 - 0.02 * n, 0.35)] for n in range(40)]
    assert follow(Tracker(), frames) == [[1, 2]] * 40


def test_tracks_do_not_depend_on_order_of_detections():
    frames = [[person(0.1), person(0.6)], [person(0.6), person(0.1)]]
    assert follow(Tracker(), frames) == [[1, 2], [2, 1]]


def test_track_is_not_continued_by_other_label():
    frames = [[person(0.3)], [person(0.3, label="cat")]]
    assert follow(Tracker(), frames) == [[1], [2]]


def test_track_survives_short_gap():
    frames = [[person(0.3)], *[[]] * 5, [person(0.31)]]
    assert follow(Tracker(), frames)[-1] == [1]


def test_track_expires_after_long_gap():
    tracker = Tracker()
    tracker.update(0.0, [person(0.3)])
    assert tracker.update(KEEP_S + 0.1, [person(0.3)])[0].id == 2


def test_track_of_walking_person_is_continued_at_predicted_position():
    walk = [[person(0.02 * n)] for n in range(30)]
    walk[10:15] = [[]] * 5
    assert follow(Tracker(), walk)[15:] == [[1]] * 15


def test_stationary_track_survives_longer_gap_at_same_position():
    tracker = Tracker()
    follow(tracker, [[person(0.3)]] * 10)
    assert tracker.update(1.8 + KEEP_STATIONARY_S - 0.1, [person(0.31)])[0].id == 1


def test_stationary_track_is_not_continued_beside_its_position_after_gap():
    tracker = Tracker()
    follow(tracker, [[person(0.3)]] * 10)
    assert tracker.update(1.8 + KEEP_S + 1, [person(0.42)])[0].id == 2


def test_stationary_track_expires_eventually():
    tracker = Tracker()
    follow(tracker, [[person(0.3)]] * 10)
    assert tracker.update(1.9 + KEEP_STATIONARY_S, [person(0.3)])[0].id == 2


def test_detection_below_threshold_continues_track():
    tracker = Tracker()
    for n, score in enumerate([0.8, 0.2, 0.1]):
        tracks = tracker.update(
            n * FRAME_S, [person(0.3, score=score)], enter_thresholds=THRESHOLDS
        )
        assert [(x.id, x.score) for x in tracks] == [(1, score)]


def test_detection_below_threshold_begins_no_track():
    tracker = Tracker()
    assert tracker.update(0.0, [person(0.3, score=0.49)], enter_thresholds=THRESHOLDS) == []
    (track,) = tracker.update(0.2, [person(0.3, score=0.5)], enter_thresholds=THRESHOLDS)
    assert (track.first_t, track.hits) == (0.2, 1)


def test_detection_below_threshold_must_overlap_track():
    tracker = Tracker()
    tracker.update(0.0, [person(0.3)], enter_thresholds=THRESHOLDS)
    assert tracker.update(0.2, [person(0.37, score=0.3)], enter_thresholds=THRESHOLDS) == []
    assert tracker.update(0.4, [person(0.37)], enter_thresholds=THRESHOLDS)[0].id == 1


def test_detection_above_threshold_is_matched_first():
    tracker = Tracker()
    tracker.update(0.0, [person(0.3)], enter_thresholds=THRESHOLDS)
    both = [person(0.3, score=0.4), person(0.33)]
    assert [(x.id, x.score) for x in tracker.update(0.2, both, enter_thresholds=THRESHOLDS)] == [
        (1, 0.9)
    ]


def test_each_label_has_its_own_enter_threshold():
    all_three = [
        person(0.3 * n, label=x, score=0.6) for n, x in enumerate(["person", "cat", "dog"])
    ]
    tracks = Tracker().update(0.0, all_three, enter_thresholds={"person": 0.5, "cat": 0.7})
    assert [x.label for x in tracks] == ["person", "dog"]


@given(
    st.floats(0.1, 0.6),
    st.floats(0.1, 0.6),
    st.floats(0.1, 0.3),
    st.lists(st.tuples(*[st.floats(-0.03, 0.03)] * 2), min_size=60, max_size=60),
)
def test_tracks_keep_ids_when_one_person_hides_the_other(left, right, apart, jitter):
    """Speeds are in box heights per second; the person behind is not detected if half hidden."""
    frames = []
    for n, (a, b) in enumerate(jitter):
        near = person(0.1 + left * 0.4 * FRAME_S * n + a * 0.1, 0.3)
        far = person(0.9 - right * 0.4 * FRAME_S * n + b * 0.1, 0.3 - apart * 0.4, height=0.36)
        frames.append([near] if near.box.iou(far.box) > 0.4 else [near, far])
    seen = [ids for ids in follow(Tracker(), frames) if len(ids) == 2]
    assert seen == [[1, 2]] * len(seen)


def test_distant_detection_begins_new_track():
    assert follow(Tracker(), [[person(0.0)], [person(0.8)]]) == [[1], [2]]


def test_near_detection_of_other_size_begins_new_track():
    near = person(0.42, 0.3, width=0.05, height=0.1)
    assert follow(Tracker(), [[person(0.3)], [near]]) == [[1], [2]]


def test_track_has_first_and_last_time_and_hits():
    tracker = Tracker()
    for n in range(5):
        (track,) = tracker.update(10 + n * FRAME_S, [person(0.3, score=0.5 + n / 10)])
    assert (track.first_t, track.hits) == (10, 5)
    assert track.last_t == pytest.approx(10.8)
    assert track.score == pytest.approx(0.9)


def test_boxes_without_height_match_nothing():
    flat = Detection("person", 0.9, Box(0.1, 0.1, 0.2, 0.1))
    assert follow(Tracker(), [[flat], [flat]]) == [[1], [2]]


def test_frames_at_same_time_continue_track():
    tracker = Tracker()
    for _ in range(3):
        (track,) = tracker.update(0.0, [person(0.3)])
    assert (track.id, track.hits) == (1, 3)


corners = st.floats(0, 1, width=32)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, min(1.0, x + w), min(1.0, y + h)),
    *[corners] * 4,
)
frames = st.lists(
    st.tuples(
        st.floats(0, 4),
        st.lists(st.builds(Detection, st.sampled_from(["person", "cat"]), st.floats(0, 1), boxes)),
    ),
    max_size=15,
)


@given(frames)
def test_every_detection_has_one_track_and_ids_are_unique(steps):
    tracker, t, known = Tracker(), 0.0, {}
    for step, seen in steps:
        t += step
        tracks = tracker.update(t, seen)
        assert [(x.label, x.score, x.box) for x in tracks] == [
            (x.label, x.score, x.box) for x in seen
        ]
        assert len({x.id for x in tracks}) == len(tracks)
        for track in tracks:
            assert known.setdefault(track.id, (track.label, track.first_t)) == (
                track.label,
                track.first_t,
            )
            assert track.last_t == t
