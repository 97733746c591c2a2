"""From single looks to "a person is here"."""

from hypothesis import given, strategies as st
import pytest
from rig import camera

from custom_components.homesec.engine.core.types import Box, SourceConfig, SourceKind, Track
from custom_components.homesec.engine.tracking.presence import LOOK_AGE_S, PresenceTracker, Step

WALL = 1_800_000_000.0
LOOK_S = 0.2
THRESHOLDS = {"person": 0.5, "cat": 0.5}


def watch(**settings):
    settings = {"grace_s": 3.0, "enter_hits": 2, "enter_window": 5, **settings}
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def seen(t, label="person", score=0.8, number=1):
    return Track(
        id=number,
        label=label,
        score=score,
        box=Box(0.1, 0.1, 0.2, 0.4),
        first_t=t,
        last_t=t,
        hits=1,
    )


def look(presence, t, *labels, score=0.8):
    """Look once, with a second opinion that agrees at once."""
    tracks = [seen(t, label, score, n) for n, label in enumerate(labels, 1)]
    return agreed(presence, t, presence.update(t, WALL + t, tracks, enter_thresholds=THRESHOLDS))


def agreed(presence, t, changes):
    asked = [change for change in changes if change.step is Step.CANDIDATE]
    answers = [presence.handle_verification(x.presence.label, t, confirmed=True) for x in asked]
    return [x for x in changes if x not in asked] + [x for answer in answers for x in answer]


def steps(changes):
    return [change.step for change in changes]


@pytest.mark.parametrize(
    ("looks", "enters_at"),
    [
        ("11", 1),
        ("101", 2),
        ("10001", 4),
        ("100001", None),  # the first has left the window of five
        ("1000011", 6),
        ("01", None),
    ],
)
def test_it_enters_on_two_of_the_last_five_looks(looks, enters_at):
    presence = watch()
    entered = [
        n for n, hit in enumerate(looks) if look(presence, n * LOOK_S, *["person"] * int(hit))
    ]
    assert entered == ([] if enters_at is None else [enters_at])


def test_it_began_when_it_was_first_seen():
    presence = watch()
    look(presence, 10.0, "person", score=0.9)
    (entered,) = look(presence, 10.4, "person")
    assert entered.t == 10.0
    assert entered.presence.first_seen_at == WALL + 10.0
    assert entered.presence.last_seen_at == WALL + 10.4
    assert entered.presence.score == 0.9


def test_looks_of_long_ago_do_not_count():
    presence = watch()
    look(presence, 0.0, "person")
    assert not look(presence, LOOK_AGE_S + 0.1, "person")


def test_stepping_out_and_in_within_the_grace_period_is_no_news():
    presence = watch()
    look(presence, 0.0, "person")
    look(presence, 0.2, "person")
    changes = [c for n in range(14) for c in look(presence, 0.4 + n * LOOK_S)]
    changes += look(presence, 3.1, "person")
    assert changes == []
    assert presence.present


@pytest.mark.parametrize("passing", ["looks", "ticks"])
def test_it_leaves_after_the_grace_period(passing):
    presence = watch()
    look(presence, 0.0, "person")
    look(presence, 0.2, "person")
    pass_time = (lambda t: look(presence, t)) if passing == "looks" else presence.tick
    assert not pass_time(3.2)
    (left,) = pass_time(3.3)
    assert (left.step, left.t) == (Step.LEFT, 0.2)
    assert not presence.present
    assert not pass_time(9.0)


def test_it_is_updated_only_when_there_is_something_to_tell():
    presence = watch()
    look(presence, 0.0, "person")
    look(presence, 0.2, "person")
    assert look(presence, 0.4, "person") == []
    (better,) = look(presence, 0.6, "person", score=0.95)
    assert (better.step, better.presence.score) == (Step.UPDATED, 0.95)
    assert look(presence, 0.8, "person", score=0.5) == []
    (more,) = look(presence, 1.0, "person", "person")
    assert (more.presence.count, more.presence.score) == (2, 0.95)


def test_labels_come_and_go_by_themselves():
    presence = watch(labels=("person", "cat"), grace_s=1.0)
    look(presence, 0.0, "cat")
    assert steps(look(presence, 0.2, "cat")) == [Step.ENTERED]
    look(presence, 1.0, "person", "cat")
    changes = look(presence, 1.2, "person")
    assert [(c.step, c.presence.label) for c in changes] == [(Step.ENTERED, "person")]
    assert [p.label for p in presence.present] == ["person", "cat"]
    (left,) = look(presence, 2.1, "person")
    assert (left.step, left.presence.label) == (Step.LEFT, "cat")


def test_the_one_it_began_with_stays_its_track():
    presence = watch()
    look(presence, 0.0, "person")
    look(presence, 0.2, "person")
    tracks = [seen(0.4, score=0.95, number=7)]
    (better,) = presence.update(0.4, WALL, tracks, enter_thresholds=THRESHOLDS)
    assert better.presence.track_id == 1


def test_labels_that_were_not_chosen_are_nothing():
    presence = watch()
    assert not [c for n in range(5) for c in look(presence, n * LOOK_S, "dog")]


def test_it_ends_at_once_when_the_camera_is_switched_off():
    presence = watch(labels=("person", "cat"))
    for t in (0.0, 0.2):
        look(presence, t, "person", "cat")
    assert steps(presence.end()) == [Step.LEFT, Step.LEFT]
    assert presence.end() == []


def test_after_it_has_left_the_count_begins_anew():
    presence = watch()
    for t in (0.0, 0.2):
        look(presence, t, "person")
    presence.tick(4.0)
    assert not look(presence, 4.2, "person")
    assert look(presence, 4.4, "person")


@given(
    st.lists(st.tuples(st.floats(0.01, 4), st.integers(0, 3)), max_size=60),
    st.integers(1, 4),
    st.integers(1, 6),
    st.floats(0.1, 5),
)
def test_entering_and_leaving_take_turns_and_nobody_leaves_within_the_grace(
    looks, hits, window, grace_s
):
    presence = watch(enter_hits=hits, enter_window=window, grace_s=grace_s)
    here, t, last_seen = False, 0.0, 0.0
    for step, count in looks:
        t += step
        changes = look(presence, t, *["person"] * count) if count < 3 else presence.tick(t)
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
