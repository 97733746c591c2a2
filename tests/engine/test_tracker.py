"""Who in this look is who in the last one."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.tracking.track_state import KEEP_S, KEEP_STILL_S
from custom_components.homesec.engine.tracking.tracker import Tracker

LOOK_S = 0.2
SURE = {"person": 0.5}


def person(x, y=0.3, *, width=0.1, height=0.4, label="person", score=0.9):
    return Detection(label, score, Box(x, y, x + width, y + height))


def follow(tracker, looks):
    """Return the ids of each look's detections."""
    return [
        [track.id for track in tracker.update(n * LOOK_S, seen)] for n, seen in enumerate(looks)
    ]


def test_somebody_who_walks_keeps_their_id():
    assert follow(Tracker(), [[person(0.02 * n)] for n in range(40)]) == [[1]] * 40


def test_somebody_who_runs_keeps_their_id_though_the_boxes_do_not_overlap():
    assert follow(Tracker(), [[person(0.12 * n)] for n in range(7)]) == [[1]] * 7


def test_two_who_pass_each_other_keep_their_ids():
    looks = [[person(0.02 * n), person(0.8 - 0.02 * n, 0.35)] for n in range(40)]
    assert follow(Tracker(), looks) == [[1, 2]] * 40


def test_the_order_of_the_detections_does_not_matter():
    looks = [[person(0.1), person(0.6)], [person(0.6), person(0.1)]]
    assert follow(Tracker(), looks) == [[1, 2], [2, 1]]


def test_a_cat_does_not_continue_a_person():
    looks = [[person(0.3)], [person(0.3, label="cat")]]
    assert follow(Tracker(), looks) == [[1], [2]]


def test_a_short_gap_in_seeing_changes_nobody():
    looks = [[person(0.3)], *[[]] * 5, [person(0.31)]]
    assert follow(Tracker(), looks)[-1] == [1]


def test_whoever_was_not_seen_for_long_is_somebody_new():
    tracker = Tracker()
    tracker.update(0.0, [person(0.3)])
    assert tracker.update(KEEP_S + 0.1, [person(0.3)])[0].id == 2


def test_somebody_who_walks_is_found_again_where_they_should_be_by_now():
    walk = [[person(0.02 * n)] for n in range(30)]
    walk[10:15] = [[]] * 5
    assert follow(Tracker(), walk)[15:] == [[1]] * 15


def test_somebody_who_stands_still_is_found_again_at_the_same_spot_after_longer():
    tracker = Tracker()
    follow(tracker, [[person(0.3)]] * 10)
    assert tracker.update(1.8 + KEEP_STILL_S - 0.1, [person(0.31)])[0].id == 1


def test_whoever_appears_beside_somebody_who_was_not_seen_for_a_while_is_somebody_else():
    tracker = Tracker()
    follow(tracker, [[person(0.3)]] * 10)
    assert tracker.update(1.8 + KEEP_S + 1, [person(0.42)])[0].id == 2


def test_somebody_who_stood_still_for_long_is_not_looked_for_for_ever():
    tracker = Tracker()
    follow(tracker, [[person(0.3)]] * 10)
    assert tracker.update(1.9 + KEEP_STILL_S, [person(0.3)])[0].id == 2


def test_what_the_detector_is_not_sure_of_continues_a_track():
    tracker = Tracker()
    for n, score in enumerate([0.8, 0.2, 0.1]):
        tracks = tracker.update(n * LOOK_S, [person(0.3, score=score)], enter_thresholds=SURE)
        assert [(x.id, x.score) for x in tracks] == [(1, score)]


def test_what_the_detector_is_not_sure_of_begins_nothing():
    tracker = Tracker()
    assert tracker.update(0.0, [person(0.3, score=0.49)], enter_thresholds=SURE) == []
    (track,) = tracker.update(0.2, [person(0.3, score=0.5)], enter_thresholds=SURE)
    assert (track.first_t, track.hits) == (0.2, 1)


def test_what_the_detector_is_not_sure_of_has_to_be_at_the_very_place():
    tracker = Tracker()
    tracker.update(0.0, [person(0.3)], enter_thresholds=SURE)
    assert tracker.update(0.2, [person(0.37, score=0.3)], enter_thresholds=SURE) == []
    assert tracker.update(0.4, [person(0.37)], enter_thresholds=SURE)[0].id == 1


def test_what_the_detector_is_sure_of_goes_first():
    tracker = Tracker()
    tracker.update(0.0, [person(0.3)], enter_thresholds=SURE)
    both = [person(0.3, score=0.4), person(0.33)]
    assert [(x.id, x.score) for x in tracker.update(0.2, both, enter_thresholds=SURE)] == [(1, 0.9)]


def test_each_label_begins_with_a_score_of_its_own():
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
def test_ids_are_stable_through_a_crossing_in_which_one_hides_the_other(left, right, apart, jitter):
    """Speeds in box heights a second; whoever is behind is not seen while half covered."""
    looks = []
    for n, (a, b) in enumerate(jitter):
        near = person(0.1 + left * 0.4 * LOOK_S * n + a * 0.1, 0.3)
        far = person(0.9 - right * 0.4 * LOOK_S * n + b * 0.1, 0.3 - apart * 0.4, height=0.36)
        looks.append([near] if near.box.iou(far.box) > 0.4 else [near, far])
    seen = [ids for ids in follow(Tracker(), looks) if len(ids) == 2]
    assert seen == [[1, 2]] * len(seen)


def test_somebody_far_away_is_somebody_else():
    assert follow(Tracker(), [[person(0.0)], [person(0.8)]]) == [[1], [2]]


def test_something_of_another_size_nearby_is_something_else():
    near = person(0.42, 0.3, width=0.05, height=0.1)
    assert follow(Tracker(), [[person(0.3)], [near]]) == [[1], [2]]


def test_a_track_tells_its_history():
    tracker = Tracker()
    for n in range(5):
        (track,) = tracker.update(10 + n * LOOK_S, [person(0.3, score=0.5 + n / 10)])
    assert (track.first_t, track.hits) == (10, 5)
    assert track.last_t == pytest.approx(10.8)
    assert track.score == pytest.approx(0.9)


def test_boxes_without_any_height_are_nobody_twice():
    flat = Detection("person", 0.9, Box(0.1, 0.1, 0.2, 0.1))
    assert follow(Tracker(), [[flat], [flat]]) == [[1], [2]]


def test_two_looks_at_the_same_moment_harm_nothing():
    tracker = Tracker()
    for _ in range(3):
        (track,) = tracker.update(0.0, [person(0.3)])
    assert (track.id, track.hits) == (1, 3)


corners = st.floats(0, 1, width=32)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, min(1.0, x + w), min(1.0, y + h)),
    *[corners] * 4,
)
looks = st.lists(
    st.tuples(
        st.floats(0, 4),
        st.lists(st.builds(Detection, st.sampled_from(["person", "cat"]), st.floats(0, 1), boxes)),
    ),
    max_size=15,
)


@given(looks)
def test_each_detection_is_one_track_and_ids_are_never_given_twice(steps):
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
