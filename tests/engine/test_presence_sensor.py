"""Presences that begin with the word of a trusted sensor."""

from hypothesis import given, strategies as st
from test_presence import THRESHOLDS, WALL, steps, track, tracker, update

from custom_components.homesec.engine.tracking.presence import Step

HOLD_S, GRACE_S = 10.0, 3.0


def trust(presence, t, sensor="Doorbell", label="person"):
    return presence.trust(label, sensor, t, WALL + t, until_t=t + HOLD_S)


def test_word_of_a_sensor_is_a_presence_at_once():
    presence = tracker()
    (entered,) = trust(presence, 5.0)
    assert (entered.step, entered.t) == (Step.ENTERED, 5.0)
    found = entered.presence
    assert (found.sensor, found.confirmed) == ("Doorbell", True)
    assert (found.is_seen, found.seen_score) == (False, None)
    assert (found.first_seen_at, found.last_seen_at) == (WALL + 5.0, WALL + 5.0)
    assert presence.present == [found]


def test_presence_nobody_is_seen_in_lasts_for_the_hold():
    presence = tracker()
    trust(presence, 5.0)
    assert presence.tick(5.0 + HOLD_S) == []
    assert steps(presence.tick(5.1 + HOLD_S)) == [Step.LEFT]


def test_presence_somebody_is_seen_in_lasts_for_the_grace_period():
    presence = tracker(grace_s=GRACE_S)
    trust(presence, 5.0)
    (updated,) = update(presence, 14.0, "person")
    assert (updated.step, updated.presence.sensor) == (Step.UPDATED, "Doorbell")
    assert (updated.presence.is_seen, updated.presence.seen_score) == (True, 0.8)
    assert presence.tick(14.0 + GRACE_S) == []
    assert steps(presence.tick(14.1 + GRACE_S)) == [Step.LEFT]


def test_each_further_word_updates_and_prolongs_the_presence():
    presence = tracker()
    trust(presence, 5.0)
    (updated,) = trust(presence, 14.0, "Hall motion")
    assert (updated.step, updated.presence.sensor) == (Step.UPDATED, "Doorbell")
    assert updated.presence.last_seen_at == WALL + 14.0
    assert presence.tick(14.0 + HOLD_S) == []


def test_word_of_a_sensor_prolongs_a_presence_that_the_networks_found():
    presence = tracker(enter_hits=1, grace_s=GRACE_S)
    update(presence, 5.0, "person")
    assert trust(presence, 6.0) == []
    assert presence.present[0].sensor is None
    assert presence.tick(6.0 + HOLD_S) == []
    assert steps(presence.tick(6.1 + HOLD_S)) == [Step.LEFT]


def test_word_of_a_sensor_confirms_a_candidate():
    presence = tracker(enter_hits=1)
    (candidate,) = presence.update(5.0, WALL + 5.0, [track(5.0)], enter_thresholds=THRESHOLDS)
    (entered,) = trust(presence, 5.1)
    assert entered.t == 5.0
    assert entered.presence.first_seen_at == WALL + 5.0
    assert entered.presence.box == candidate.presence.box
    assert entered.presence.is_seen
    assert presence.handle_verification("person", 5.2, confirmed=False) == []
    assert presence.present == [entered.presence]


def test_label_that_is_not_detected_has_no_presence():
    assert trust(tracker(), 5.0, label="cat") == []


def test_end_forgets_the_hold():
    presence = tracker(enter_hits=1, grace_s=GRACE_S)
    trust(presence, 5.0)
    assert steps(presence.end()) == [Step.LEFT]
    update(presence, 6.0, "person")
    assert steps(presence.tick(6.1 + GRACE_S)) == [Step.LEFT]


@given(
    st.lists(
        st.tuples(st.floats(0.05, 8.0), st.sampled_from(["trust", "seen", "unseen", "tick"])),
        max_size=60,
    )
)
def test_presence_is_held_and_ends_whatever_happens(events):
    presence = tracker(grace_s=GRACE_S)
    t, held_t, seen_t, is_present = 0.0, -1.0, -1.0, False
    for wait_s, event in events:
        t += wait_s
        match event:
            case "trust":
                changes = trust(presence, t)
                held_t = t + HOLD_S
                assert presence.present
            case "seen":
                changes = update(presence, t, "person")
                seen_t = t
            case "unseen":
                changes = update(presence, t)
            case _:
                changes = presence.tick(t)
        for change in changes:
            if change.step in (Step.ENTERED, Step.LEFT):
                assert is_present is (change.step is Step.LEFT)
                is_present = not is_present
            if change.step is Step.LEFT:
                assert t > held_t
                assert t - seen_t > GRACE_S
        assert bool(presence.present) is is_present
    presence.tick(max(held_t, seen_t + GRACE_S, t + GRACE_S) + 0.1)
    assert presence.present == []
