"""Who in this look is who in the last one."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.models import Box, Detection
from custom_components.homesec.engine.tracker import KEEP_S, Tracker

LOOK_S = 0.2


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


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, min(1.0, x + w), min(1.0, y + h)),
    *(st.floats(0, 1) for _ in range(4)),
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
