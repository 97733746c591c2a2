"""The second opinion: who is asked about, and who was doubted."""

from hypothesis import given, strategies as st
import pytest
from rig import camera

from custom_components.homesec.engine.core.types import Box, SourceConfig, SourceKind, Track
from custom_components.homesec.engine.tracking.presence import (
    ASK_AGAIN_S,
    KEEP_LEAST,
    LOOK_AGE_S,
    PresenceTracker,
    Step,
)
from custom_components.homesec.engine.tracking.rejections import KEPT, PAUSES_S, Rejections

WALL = 1_800_000_000.0
LOOK_S = 0.2
THRESHOLDS = {"person": 0.5, "cat": 0.5}


def watch(**settings):
    settings = {"grace_s": 3.0, "enter_hits": 2, "enter_window": 5, **settings}
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def person(*, score=0.7, number=1, moved=True, label="person"):
    box = Box(0.1 * number, 0.1, 0.1 * number + 0.1, 0.4)
    return Track(number, label, score, box, first_t=0.0, last_t=0.0, hits=1, moved=moved)


def look(presence, t, *tracks, enter_thresholds=THRESHOLDS, **options):
    return presence.update(t, WALL + t, tracks, enter_thresholds=enter_thresholds, **options)


def asks(presence, begin, end, *tracks):
    """Return the times at which somebody is asked about."""
    times = [begin + n * LOOK_S for n in range(round((end - begin) / LOOK_S))]
    return [t for t in times if any(x.step is Step.CANDIDATE for x in look(presence, t, *tracks))]


def doubt(presence, t, *tracks):
    """Look until somebody is asked about, and disagree; returns who it was."""
    for n in range(2):
        if asked := look(presence, t + n * LOOK_S, *tracks):
            break
    (ask,) = asked
    assert presence.handle_verification("person", t + n * LOOK_S, confirmed=False) == []
    return ask.presence.track_id


def test_it_asks_once_and_enters_when_the_answer_is_yes():
    presence = watch()
    look(presence, 1.0, person(score=0.9))
    (asked,) = look(presence, 1.2, person())
    assert (asked.step, asked.t) == (Step.CANDIDATE, 1.0)
    assert not asked.presence.confirmed
    assert not presence.present
    assert look(presence, 1.4, person()) == []
    (entered,) = presence.handle_verification("person", 1.5, confirmed=True)
    assert (entered.step, entered.t) == (Step.ENTERED, 1.0)
    assert entered.presence.confirmed
    assert (entered.presence.score, entered.presence.first_seen_at) == (0.9, WALL + 1.0)
    assert entered.presence.last_seen_at == WALL + 1.4
    assert presence.present == [entered.presence]


def test_the_candidate_is_the_best_of_the_newest_look():
    presence = watch()
    look(presence, 0.0, person(score=0.9))
    (asked,) = look(presence, 0.2, person(score=0.6), person(score=0.7, number=2))
    assert (asked.presence.track_id, asked.presence.count) == (2, 2)
    look(presence, 0.4, person(score=0.8, number=3))
    (entered,) = presence.handle_verification("person", 0.5, confirmed=True)
    assert (entered.presence.track_id, entered.presence.box) == (3, person(number=3).box)


def test_an_answer_that_nobody_waits_for_is_nothing():
    presence = watch()
    assert presence.handle_verification("person", 0.0, confirmed=True) == []
    look(presence, 0.2, person())
    look(presence, 0.4, person())
    assert presence.handle_verification("person", 0.4, confirmed=True)
    for confirmed in (True, False):
        assert presence.handle_verification("person", 0.6, confirmed=confirmed) == []
    assert presence.present


def test_it_asks_again_when_no_answer_comes():
    assert asks(watch(), 0.0, 5.0, person()) == pytest.approx([0.2, 2.4, 4.6])
    assert ASK_AGAIN_S == 2.0


def test_whoever_went_before_the_answer_came_was_here_all_the_same():
    presence = watch()
    look(presence, 0.0, person())
    look(presence, 0.2, person())
    assert presence.tick(0.2 + LOOK_AGE_S) == []
    assert [x.step for x in presence.handle_verification("person", 5.2, confirmed=True)] == [
        Step.ENTERED
    ]
    assert [x.step for x in presence.tick(5.4)] == [Step.LEFT]


def test_nobody_is_asked_about_who_went_long_ago():
    presence = watch()
    look(presence, 0.0, person())
    look(presence, 0.2, person())
    presence.tick(0.3 + LOOK_AGE_S)
    assert presence.handle_verification("person", 6.0, confirmed=True) == []
    assert not asks(presence, 6.0, 6.2, person())
    assert asks(presence, 6.2, 6.4, person())


def test_whoever_was_doubted_is_asked_about_again_after_longer_and_longer_pauses():
    presence, t, pauses = watch(), 0.2, []
    look(presence, 0.0, person())
    for _ in range(8):
        asked_t = next(
            asked for asked in (t + n / 10 for n in range(400)) if look(presence, asked, person())
        )
        pauses.append(asked_t - t)
        presence.handle_verification("person", asked_t, confirmed=False)
        t = asked_t
    assert pauses == pytest.approx([0.0, *PAUSES_S, PAUSES_S[-1]], abs=0.11)


def test_whoever_was_doubted_is_asked_about_at_once_when_they_come_closer():
    presence = watch()
    doubt(presence, 0.0, person(score=0.6))
    assert not asks(presence, 0.4, 0.8, person(score=0.69))
    assert asks(presence, 0.8, 1.0, person(score=0.7))


def test_a_second_doubt_asks_for_more_than_the_highest_score_that_was_doubted():
    presence = watch()
    doubt(presence, 0.0, person(score=0.8))
    doubt(presence, 2.0, person(score=0.6))
    assert not asks(presence, 2.2, 3.0, person(score=0.8))
    assert asks(presence, 3.0, 3.2, person(score=0.9))


def test_somebody_else_is_asked_about_although_one_was_doubted():
    presence = watch()
    both = person(score=0.7), person(score=0.6, number=2)
    assert doubt(presence, 0.0, *both) == 1
    assert doubt(presence, 0.4, *both) == 2
    assert not asks(presence, 0.6, 1.0, *both)


def test_whoever_was_doubted_does_not_keep_a_presence_unless_surer_now():
    presence = watch()
    coat, walker = person(score=0.7), person(score=0.9, number=2)
    doubt(presence, 0.0, coat)
    look(presence, 0.4, coat, walker)
    assert look(presence, 0.6, coat, walker)[0].presence.track_id == 2
    presence.handle_verification("person", 0.6, confirmed=True)
    assert (presence.present[0].count, presence.present[0].track_ids) == (1, (2,))
    changes = [x for n in range(20) for x in look(presence, 0.8 + n * LOOK_S, coat)]
    assert [x.step for x in changes] == [Step.LEFT, Step.CANDIDATE]
    assert changes[0].t == 0.6


def test_whoever_was_doubted_and_then_confirmed_is_no_longer_doubted():
    presence = watch()
    doubt(presence, 0.0, person(score=0.6))
    look(presence, 0.4, person(score=0.9))
    presence.handle_verification("person", 0.4, confirmed=True)
    look(presence, 3.0, person(score=0.6))
    assert presence.tick(3.6) == []


def test_a_coat_that_was_doubted_keeps_nobody_here_however_long_somebody_stays():
    presence = watch()
    coat, walker = person(score=0.7), person(score=0.9, number=2)
    doubt(presence, 0.0, coat)
    for n in range(200):
        look(presence, 1.0 + n, coat, walker)
        presence.handle_verification("person", 1.0 + n, confirmed=True)
    assert presence.present[0].count == 1


def test_the_oldest_doubt_is_forgotten_when_there_are_many():
    doubts = Rejections()
    for number in range(1, KEPT + 2):
        doubts.add(number, 0.0, 0.7)
    held = [doubts.hold(person(number=n), 0.5, heal=True) for n in (1, 2, KEPT + 1)]
    assert held == [False, True, True]


def test_switching_off_forgets_what_was_asked_and_doubted():
    presence = watch()
    doubt(presence, 0.0, person())
    assert presence.end() == []
    assert asks(presence, 0.4, 0.8, person()) == pytest.approx([0.6])
    presence.end()
    assert presence.handle_verification("person", 0.8, confirmed=True) == []


def test_each_label_is_asked_about_by_itself():
    presence = watch(labels=("person", "cat"))
    both = person(), person(label="cat", number=2)
    look(presence, 0.0, *both)
    assert [x.presence.label for x in look(presence, 0.2, *both)] == ["person", "cat"]
    presence.handle_verification("person", 0.2, confirmed=False)
    presence.handle_verification("cat", 0.2, confirmed=True)
    assert [x.label for x in presence.present] == ["cat"]


people = st.lists(
    st.builds(person, score=st.floats(0.1, 1), number=st.integers(1, 3), moved=st.booleans()),
    max_size=3,
    unique_by=lambda track: track.id,
)


@given(st.lists(st.tuples(st.floats(0.01, 3), people, st.sampled_from([True, False, None]))))
def test_nobody_enters_who_was_not_asked_about_and_confirmed(steps):
    presence, t, asking, here = watch(), 0.0, False, False
    for step, tracks, answer in steps:
        t += step
        changes = look(presence, t, *tracks)
        for change in changes:
            assert change.step is not Step.ENTERED
            assert here == (change.step is not Step.CANDIDATE)
            here &= change.step is not Step.LEFT
            asking |= change.step is Step.CANDIDATE
        if any(x.step is Step.CANDIDATE for x in changes):
            assert any(x.moved and x.score >= 0.5 for x in tracks)
        if answer is not None:
            entered = presence.handle_verification("person", t, confirmed=answer)
            if entered:
                assert asking
                assert answer
                here = True
            asking = False
        assert bool(presence.present) == here


def test_one_look_is_enough_to_ask_when_it_is_sure():
    presence = watch()
    (asked,) = presence.update(
        1.0, WALL + 1, [person(score=0.8)], enter_thresholds=THRESHOLDS, instant_threshold=0.7
    )
    assert (asked.step, asked.t) == (Step.CANDIDATE, 1.0)
    (entered,) = presence.handle_verification("person", 1.1, confirmed=True)
    assert entered.step is Step.ENTERED


def test_one_look_is_not_enough_below_that_nor_below_what_was_asked_for():
    presence = watch()
    assert (
        presence.update(
            1.0,
            WALL,
            [person(score=0.69)],
            enter_thresholds=THRESHOLDS,
            instant_threshold=0.7,
        )
        == []
    )
    strict = watch()
    high = {"person": 0.9, "cat": 0.9}
    assert look(strict, 1.0, person(score=0.8), enter_thresholds=high, instant_threshold=0.7) == []


def test_what_keeps_a_presence_is_never_too_little():
    low = {"person": 0.25, "cat": 0.25}
    presence = watch(grace_s=1.0)
    for t in (1.0, 1.2):
        presence.update(t, WALL + t, [person(score=0.3)], enter_thresholds=low)
    presence.handle_verification("person", 1.2, confirmed=True)
    presence.update(2.0, WALL + 2, [person(score=KEEP_LEAST)], enter_thresholds=low)
    assert presence.update(2.9, WALL + 3, [person(score=0.19)], enter_thresholds=low) == []
    (left,) = presence.update(3.1, WALL + 3, [person(score=0.19)], enter_thresholds=low)
    assert (left.step, left.t) == (Step.LEFT, 2.0)
