"""Verification of candidates, and rejections."""

from engine_rig import camera
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.types import Box, SourceConfig, SourceKind, Track
from custom_components.homesec.engine.tracking.presence import (
    MAX_AGE_S,
    MAX_REJECTIONS,
    REJECTION_PAUSES_S,
    RETRY_S,
    STAY_MINIMUM,
    PresenceTracker,
    Rejections,
    Step,
)

WALL = 1_800_000_000.0
FRAME_S = 0.2
THRESHOLDS = {"person": 0.5, "cat": 0.5}


def tracker(**settings):
    settings = {"grace_s": 3.0, "enter_hits": 2, "enter_window": 5, **settings}
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def person(*, score=0.7, number=1, moved=True, label="person"):
    box = Box(0.1 * number, 0.1, 0.1 * number + 0.1, 0.4)
    return Track(number, label, score, box, first_t=0.0, last_t=0.0, hits=1, moved=moved)


def update(presence, t, *tracks, enter_thresholds=THRESHOLDS, **options):
    return presence.update(t, WALL + t, tracks, enter_thresholds=enter_thresholds, **options)


def candidate_times(presence, begin, end, *tracks):
    """Return the times at which there is a candidate to verify."""
    times = [begin + n * FRAME_S for n in range(round((end - begin) / FRAME_S))]
    return [t for t in times if any(x.step is Step.CANDIDATE for x in update(presence, t, *tracks))]


def reject(presence, t, *tracks):
    """Process frames until there is a candidate, and reject it; return its track id."""
    for n in range(2):
        if candidates := update(presence, t + n * FRAME_S, *tracks):
            break
    (change,) = candidates
    assert presence.handle_verification("person", t + n * FRAME_S, confirmed=False) == []
    return change.presence.track_id


def test_candidate_enters_when_confirmed():
    presence = tracker()
    update(presence, 1.0, person(score=0.9))
    (candidate,) = update(presence, 1.2, person())
    assert (candidate.step, candidate.t) == (Step.CANDIDATE, 1.0)
    assert not candidate.presence.confirmed
    assert not presence.present
    assert update(presence, 1.4, person()) == []
    (entered,) = presence.handle_verification("person", 1.5, confirmed=True)
    assert (entered.step, entered.t) == (Step.ENTERED, 1.0)
    assert entered.presence.confirmed
    assert (entered.presence.score, entered.presence.first_seen_at) == (0.9, WALL + 1.0)
    assert entered.presence.last_seen_at == WALL + 1.4
    assert presence.present == [entered.presence]


def test_candidate_is_best_track_of_newest_frame():
    presence = tracker()
    update(presence, 0.0, person(score=0.9))
    (candidate,) = update(presence, 0.2, person(score=0.6), person(score=0.7, number=2))
    assert (candidate.presence.track_id, candidate.presence.count) == (2, 2)
    update(presence, 0.4, person(score=0.8, number=3))
    (entered,) = presence.handle_verification("person", 0.5, confirmed=True)
    assert (entered.presence.track_id, entered.presence.box) == (3, person(number=3).box)


def test_verification_without_candidate_changes_nothing():
    presence = tracker()
    assert presence.handle_verification("person", 0.0, confirmed=True) == []
    update(presence, 0.2, person())
    update(presence, 0.4, person())
    assert presence.handle_verification("person", 0.4, confirmed=True)
    for confirmed in (True, False):
        assert presence.handle_verification("person", 0.6, confirmed=confirmed) == []
    assert presence.present


def test_verification_is_requested_again_without_answer():
    assert candidate_times(tracker(), 0.0, 5.0, person()) == pytest.approx([0.2, 2.4, 4.6])
    assert RETRY_S == 2.0


def test_candidate_out_of_view_enters_and_leaves_when_confirmed():
    presence = tracker()
    update(presence, 0.0, person())
    update(presence, 0.2, person())
    assert presence.tick(0.2 + MAX_AGE_S) == []
    assert [x.step for x in presence.handle_verification("person", 5.2, confirmed=True)] == [
        Step.ENTERED
    ]
    assert [x.step for x in presence.tick(5.4)] == [Step.LEFT]


def test_candidate_out_of_view_for_long_is_dropped():
    presence = tracker()
    update(presence, 0.0, person())
    update(presence, 0.2, person())
    presence.tick(0.3 + MAX_AGE_S)
    assert presence.handle_verification("person", 6.0, confirmed=True) == []
    assert not candidate_times(presence, 6.0, 6.2, person())
    assert candidate_times(presence, 6.2, 6.4, person())


def test_rejected_track_is_candidate_again_after_growing_pauses():
    presence, t, pauses = tracker(), 0.2, []
    update(presence, 0.0, person())
    for _ in range(8):
        times = (t + n / 10 for n in range(400))
        next_t = next(time for time in times if update(presence, time, person()))
        pauses.append(next_t - t)
        presence.handle_verification("person", next_t, confirmed=False)
        t = next_t
    assert pauses == pytest.approx([0.0, *REJECTION_PAUSES_S, REJECTION_PAUSES_S[-1]], abs=0.11)


def test_rejected_track_is_candidate_again_at_higher_score():
    presence = tracker()
    reject(presence, 0.0, person(score=0.6))
    assert not candidate_times(presence, 0.4, 0.8, person(score=0.69))
    assert candidate_times(presence, 0.8, 1.0, person(score=0.7))


def test_second_rejection_requires_more_than_highest_rejected_score():
    presence = tracker()
    reject(presence, 0.0, person(score=0.8))
    reject(presence, 2.0, person(score=0.6))
    assert not candidate_times(presence, 2.2, 3.0, person(score=0.8))
    assert candidate_times(presence, 3.0, 3.2, person(score=0.9))


def test_other_track_is_candidate_despite_rejection():
    presence = tracker()
    both = person(score=0.7), person(score=0.6, number=2)
    assert reject(presence, 0.0, *both) == 1
    assert reject(presence, 0.4, *both) == 2
    assert not candidate_times(presence, 0.6, 1.0, *both)


def test_rejected_track_does_not_keep_presence():
    presence = tracker()
    coat, walker = person(score=0.7), person(score=0.9, number=2)
    reject(presence, 0.0, coat)
    update(presence, 0.4, coat, walker)
    assert update(presence, 0.6, coat, walker)[0].presence.track_id == 2
    presence.handle_verification("person", 0.6, confirmed=True)
    assert (presence.present[0].count, presence.present[0].track_ids) == (1, (2,))
    changes = [x for n in range(20) for x in update(presence, 0.8 + n * FRAME_S, coat)]
    assert [x.step for x in changes] == [Step.LEFT, Step.CANDIDATE]
    assert changes[0].t == 0.6


def test_confirmation_ends_rejection():
    presence = tracker()
    reject(presence, 0.0, person(score=0.6))
    update(presence, 0.4, person(score=0.9))
    presence.handle_verification("person", 0.4, confirmed=True)
    update(presence, 3.0, person(score=0.6))
    assert presence.tick(3.6) == []


def test_rejected_coat_never_counts_during_presence():
    presence = tracker()
    coat, walker = person(score=0.7), person(score=0.9, number=2)
    reject(presence, 0.0, coat)
    for n in range(200):
        update(presence, 1.0 + n, coat, walker)
        presence.handle_verification("person", 1.0 + n, confirmed=True)
    assert presence.present[0].count == 1


def test_oldest_rejection_is_forgotten_beyond_limit():
    rejections = Rejections()
    for number in range(1, MAX_REJECTIONS + 2):
        rejections.add(number, 0.0, 0.7)
    held = [
        rejections.is_rejected(person(number=n), 0.5, expire=True)
        for n in (1, 2, MAX_REJECTIONS + 1)
    ]
    assert held == [False, True, True]


def test_end_forgets_candidates_and_rejections():
    presence = tracker()
    reject(presence, 0.0, person())
    assert presence.end() == []
    assert candidate_times(presence, 0.4, 0.8, person()) == pytest.approx([0.6])
    presence.end()
    assert presence.handle_verification("person", 0.8, confirmed=True) == []


def test_labels_have_candidates_of_their_own():
    presence = tracker(labels=("person", "cat"))
    both = person(), person(label="cat", number=2)
    update(presence, 0.0, *both)
    assert [x.presence.label for x in update(presence, 0.2, *both)] == ["person", "cat"]
    presence.handle_verification("person", 0.2, confirmed=False)
    presence.handle_verification("cat", 0.2, confirmed=True)
    assert [x.label for x in presence.present] == ["cat"]


people = st.lists(
    st.builds(person, score=st.floats(0.1, 1), number=st.integers(1, 3), moved=st.booleans()),
    max_size=3,
    unique_by=lambda track: track.id,
)


@given(st.lists(st.tuples(st.floats(0.01, 3), people, st.sampled_from([True, False, None]))))
def test_no_presence_enters_without_confirmed_candidate(steps):
    presence, t, waiting, here = tracker(), 0.0, False, False
    for step, tracks, answer in steps:
        t += step
        changes = update(presence, t, *tracks)
        for change in changes:
            assert change.step is not Step.ENTERED
            assert here == (change.step is not Step.CANDIDATE)
            here &= change.step is not Step.LEFT
            waiting |= change.step is Step.CANDIDATE
        if any(x.step is Step.CANDIDATE for x in changes):
            assert any(x.moved and x.score >= 0.5 for x in tracks)
        if answer is not None:
            entered = presence.handle_verification("person", t, confirmed=answer)
            if entered:
                assert waiting
                assert answer
                here = True
            waiting = False
        assert bool(presence.present) == here


def test_one_frame_at_instant_threshold_makes_candidate():
    presence = tracker()
    (candidate,) = update(presence, 1.0, person(score=0.8), instant_threshold=0.7)
    assert (candidate.step, candidate.t) == (Step.CANDIDATE, 1.0)
    (entered,) = presence.handle_verification("person", 1.1, confirmed=True)
    assert entered.step is Step.ENTERED


def test_one_frame_below_instant_or_enter_threshold_makes_no_candidate():
    assert update(tracker(), 1.0, person(score=0.69), instant_threshold=0.7) == []
    options = {"enter_thresholds": {"person": 0.9, "cat": 0.9}, "instant_threshold": 0.7}
    assert update(tracker(), 1.0, person(score=0.8), **options) == []


def test_presence_is_never_kept_below_minimum_score():
    low = {"person": 0.25, "cat": 0.25}
    presence = tracker(grace_s=1.0)
    for t in (1.0, 1.2):
        presence.update(t, WALL + t, [person(score=0.3)], enter_thresholds=low)
    presence.handle_verification("person", 1.2, confirmed=True)
    presence.update(2.0, WALL + 2, [person(score=STAY_MINIMUM)], enter_thresholds=low)
    assert presence.update(2.9, WALL + 3, [person(score=0.19)], enter_thresholds=low) == []
    (left,) = presence.update(3.1, WALL + 3, [person(score=0.19)], enter_thresholds=low)
    assert (left.step, left.t) == (Step.LEFT, 2.0)
