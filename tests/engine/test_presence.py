"""Entering, updating, and leaving of presences that are confirmed at once."""

from engine_rig import camera
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.types import Box, SourceConfig, SourceKind, Track
from custom_components.homesec.engine.tracking.presence import MAX_AGE_S, PresenceTracker, Step

WALL = 1_800_000_000.0
FRAME_S = 0.2
THRESHOLDS = {"person": 0.5, "cat": 0.5}


def tracker(**settings):
    settings = {"grace_s": 3.0, "enter_hits": 2, "enter_window": 5, **settings}
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def track(t, label="person", score=0.8, number=1):
    return Track(
        id=number,
        label=label,
        score=score,
        box=Box(0.1, 0.1, 0.2, 0.4),
        first_t=t,
        last_t=t,
        hits=1,
    )


def update(presence, t, *labels, score=0.8):
    """Process one frame and confirm candidates at once."""
    tracks = [track(t, label, score, n) for n, label in enumerate(labels, 1)]
    return confirm(presence, t, presence.update(t, WALL + t, tracks, enter_thresholds=THRESHOLDS))


def confirm(presence, t, changes):
    candidates = [change for change in changes if change.step is Step.CANDIDATE]
    answers = [
        presence.handle_verification(x.presence.label, t, confirmed=True) for x in candidates
    ]
    return [x for x in changes if x not in candidates] + [x for answer in answers for x in answer]


def steps(changes):
    return [change.step for change in changes]


@pytest.mark.parametrize(
    ("frames", "enters_at"),
    [
        ("11", 1),
        ("101", 2),
        ("10001", 4),
        ("100001", None),  # the first has left the window of five
        ("1000011", 6),
        ("01", None),
    ],
)
def test_presence_begins_after_hits_in_two_of_five_frames(frames, enters_at):
    presence = tracker()
    entered = [
        n for n, hit in enumerate(frames) if update(presence, n * FRAME_S, *["person"] * int(hit))
    ]
    assert entered == ([] if enters_at is None else [enters_at])


def test_presence_began_when_label_was_first_seen():
    presence = tracker()
    update(presence, 10.0, "person", score=0.9)
    (entered,) = update(presence, 10.4, "person")
    assert entered.t == 10.0
    assert entered.presence.first_seen_at == WALL + 10.0
    assert entered.presence.last_seen_at == WALL + 10.4
    assert entered.presence.score == 0.9


def test_old_frames_do_not_count_for_entering():
    presence = tracker()
    update(presence, 0.0, "person")
    assert not update(presence, MAX_AGE_S + 0.1, "person")


def test_presence_within_grace_period_continues_silently():
    presence = tracker()
    update(presence, 0.0, "person")
    update(presence, 0.2, "person")
    changes = [c for n in range(14) for c in update(presence, 0.4 + n * FRAME_S)]
    changes += update(presence, 3.1, "person")
    assert changes == []
    assert presence.present


@pytest.mark.parametrize("passing", ["frames", "ticks"])
def test_presence_ends_after_grace_period(passing):
    presence = tracker()
    update(presence, 0.0, "person")
    update(presence, 0.2, "person")
    pass_time = (lambda t: update(presence, t)) if passing == "frames" else presence.tick
    assert not pass_time(3.2)
    (left,) = pass_time(3.3)
    assert (left.step, left.t) == (Step.LEFT, 0.2)
    assert not presence.present
    assert not pass_time(9.0)


def test_presence_is_updated_only_if_score_or_count_changes():
    presence = tracker()
    update(presence, 0.0, "person")
    update(presence, 0.2, "person")
    assert update(presence, 0.4, "person") == []
    (better,) = update(presence, 0.6, "person", score=0.95)
    assert (better.step, better.presence.score) == (Step.UPDATED, 0.95)
    assert update(presence, 0.8, "person", score=0.5) == []
    (more,) = update(presence, 1.0, "person", "person")
    assert (more.presence.count, more.presence.score) == (2, 0.95)


def test_labels_have_presences_of_their_own():
    presence = tracker(labels=("person", "cat"), grace_s=1.0)
    update(presence, 0.0, "cat")
    assert steps(update(presence, 0.2, "cat")) == [Step.ENTERED]
    update(presence, 1.0, "person", "cat")
    changes = update(presence, 1.2, "person")
    assert [(c.step, c.presence.label) for c in changes] == [(Step.ENTERED, "person")]
    assert [p.label for p in presence.present] == ["person", "cat"]
    (left,) = update(presence, 2.1, "person")
    assert (left.step, left.presence.label) == (Step.LEFT, "cat")


def test_presence_keeps_its_first_track_id():
    presence = tracker()
    update(presence, 0.0, "person")
    update(presence, 0.2, "person")
    tracks = [track(0.4, score=0.95, number=7)]
    (better,) = presence.update(0.4, WALL, tracks, enter_thresholds=THRESHOLDS)
    assert better.presence.track_id == 1


def test_other_labels_never_begin_presence():
    presence = tracker()
    assert not [c for n in range(5) for c in update(presence, n * FRAME_S, "dog")]


def test_end_ends_all_presences_at_once():
    presence = tracker(labels=("person", "cat"))
    for t in (0.0, 0.2):
        update(presence, t, "person", "cat")
    assert steps(presence.end()) == [Step.LEFT, Step.LEFT]
    assert presence.end() == []


def test_presence_after_leaving_needs_new_hits():
    presence = tracker()
    for t in (0.0, 0.2):
        update(presence, t, "person")
    presence.tick(4.0)
    assert not update(presence, 4.2, "person")
    assert update(presence, 4.4, "person")


@given(
    st.lists(st.tuples(st.floats(0.01, 4), st.integers(0, 3)), max_size=60),
    st.integers(1, 4),
    st.integers(1, 6),
    st.floats(0.1, 5),
)
def test_entering_and_leaving_alternate_and_respect_grace_period(frames, hits, window, grace_s):
    presence = tracker(enter_hits=hits, enter_window=window, grace_s=grace_s)
    here, t, last_seen = False, 0.0, 0.0
    for step, count in frames:
        t += step
        changes = update(presence, t, *["person"] * count) if count < 3 else presence.tick(t)
        if count in (1, 2):
            last_seen = t
        for change in changes:
            match change.step:
                case Step.ENTERED:
                    assert not here
                    here = True
                case Step.UPDATED:
                    assert here
                case Step.LEFT:
                    assert here
                    assert t - last_seen > grace_s
                    here = False
        assert bool(presence.present) == here
