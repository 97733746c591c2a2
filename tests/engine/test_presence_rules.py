"""Who counts: moved, sure enough, large enough, and in the right place."""

import pytest
from rig import camera

from custom_components.homesec.engine.core.types import (
    Box,
    LabelRule,
    SourceConfig,
    SourceKind,
    Track,
    Zone,
    ZoneKind,
)
from custom_components.homesec.engine.tracking.presence import KEEP_SHARE, PresenceTracker, Step

WALL = 1_800_000_000.0
LOOK_S = 0.2
THRESHOLDS = {"person": 0.5, "cat": 0.5}
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT_HALF = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def watch(**settings):
    settings = {"grace_s": 1.0, "enter_hits": 2, "enter_window": 5, **settings}
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def person(x=0.25, *, score=0.8, number=1, height=0.3, **settings):
    box = Box(x - 0.05, 0.8 - height, x + 0.05, 0.8)
    settings = {"label": "person", "moved": True, **settings}
    return Track(number, score=score, box=box, first_t=0.0, last_t=0.0, hits=1, **settings)


def zone(polygon=LEFT_HALF, name="drive", **settings):
    return Zone(name=name, polygon=polygon, **settings)


def watching(presence, begin, end, *tracks, enter_thresholds=THRESHOLDS):
    """Look for a while with a second opinion that agrees at once; returns the changes."""
    changes = []
    for n in range(round((end - begin) / LOOK_S)):
        t = begin + n * LOOK_S
        seen = [Track(**{k: getattr(x, k) for k in x.__slots__} | {"last_t": t}) for x in tracks]
        for change in presence.update(t, WALL + t, seen, enter_thresholds=enter_thresholds):
            if change.step is Step.CANDIDATE:
                changes += presence.handle_verification(change.presence.label, t, confirmed=True)
            else:
                changes.append(change)
    return changes


def told(presence):
    return [(e.zone, e.label, e.occupied) for e in presence.pop_zone_events()]


def test_what_never_moved_is_nobody():
    presence = watch()
    assert watching(presence, 0.0, 5.0, person(moved=False)) == []


def test_a_mannequin_beside_somebody_does_not_count_and_does_not_keep_them_here():
    presence, mannequin = watch(), person(moved=False, number=2)
    (entered,) = watching(presence, 0.0, 1.0, person(), mannequin)
    assert (entered.presence.count, entered.presence.track_id) == (1, 1)
    assert [x.step for x in watching(presence, 1.0, 3.0, mannequin)] == [Step.LEFT]


def test_somebody_who_moved_once_stays_however_still_they_are():
    presence = watch()
    watching(presence, 0.0, 1.0, person())
    assert watching(presence, 1.0, 60.0, person(stationary_since_t=0.0)) == []
    assert presence.present


def test_whoever_begins_to_move_was_here_since_they_were_first_seen():
    presence = watch()
    watching(presence, 0.0, 0.6, person(moved=False))
    (entered,) = watching(presence, 0.6, 0.8, person())
    assert (entered.t, entered.presence.first_seen_at) == (0.0, WALL)


def test_labels_begin_with_scores_of_their_own():
    presence = watch(labels=("person", "cat"))
    both = person(score=0.6), person(label="cat", number=2, score=0.6)
    watching(presence, 0.0, 1.0, *both, enter_thresholds={"person": 0.6, "cat": 0.61})
    assert [x.label for x in presence.present] == ["person"]


def test_less_than_what_begins_a_presence_keeps_it():
    presence = watch()
    watching(presence, 0.0, 1.0, person())
    assert watching(presence, 1.0, 5.0, person(score=0.5 * KEEP_SHARE)) == []
    assert [x.step for x in watching(presence, 5.0, 7.0, person(score=0.29))] == [Step.LEFT]
    assert watching(presence, 7.0, 9.0, person(score=0.49)) == []


def test_whoever_is_too_small_does_not_count():
    rules = (LabelRule(label="person", min_height=0.2),)
    assert not watching(watch(rules=rules), 0.0, 1.0, person(height=0.19))
    assert watching(watch(rules=rules), 0.0, 1.0, person(height=0.21))


def test_nobody_is_in_a_mask():
    presence = watch(zones=(zone(kind=ZoneKind.MASK),))
    assert watching(presence, 0.0, 1.0, person(0.25)) == []
    (entered,) = watching(presence, 1.0, 2.0, person(0.75), person(0.25, number=2))
    assert (entered.presence.count, entered.presence.zones) == (1, ())
    assert told(presence) == []


def test_a_mask_for_cats_hides_no_person():
    presence = watch(labels=("person", "cat"), zones=(zone(kind=ZoneKind.MASK, labels=("cat",)),))
    watching(presence, 0.0, 1.0, person(), person(label="cat", number=2))
    assert [x.label for x in presence.present] == ["person"]


def test_only_who_is_in_a_required_zone_counts_and_leaves_with_it():
    presence = watch(zones=(zone(kind=ZoneKind.REQUIRED),))
    assert watching(presence, 0.0, 1.0, person(0.75)) == []
    assert [x.step for x in watching(presence, 1.0, 2.0, person(0.25))] == [Step.ENTERED]
    assert [x.step for x in watching(presence, 2.0, 4.0, person(0.75))] == [Step.LEFT]


def test_one_of_several_required_zones_is_enough():
    required = {"kind": ZoneKind.REQUIRED}
    presence = watch(zones=(zone(**required), zone(RIGHT_HALF, "lawn", **required)))
    (entered,) = watching(presence, 0.0, 1.0, person(0.75))
    assert entered.presence.zones == ("lawn",)


def test_whoever_passes_through_a_required_zone_does_not_count_before_they_linger():
    presence = watch(zones=(zone(kind=ZoneKind.REQUIRED, loiter_s=2.0),))
    assert watching(presence, 0.0, 1.8, person(0.25)) == []
    assert watching(presence, 1.8, 4.0, person(0.75)) == []
    (entered,) = watching(presence, 4.0, 7.0, person(0.25))
    assert entered.t == pytest.approx(6.0)


def test_presence_tells_which_zones_are_occupied_now():
    zones = (zone(), zone(RIGHT_HALF, "lawn"), zone(RIGHT_HALF, "cats", labels=("cat",)))
    presence = watch(zones=zones)
    (entered,) = watching(presence, 0.0, 1.0, person(0.25))
    assert entered.presence.zones == ("drive",)
    (both,) = watching(presence, 1.0, 2.0, person(0.75), person(0.25, number=2))
    assert (both.step, both.presence.zones) == (Step.UPDATED, ("drive", "lawn"))
    (one,) = watching(presence, 2.0, 2.2, person(0.75), person(0.76, number=2))
    assert (one.step, one.presence.zones) == (Step.UPDATED, ("lawn",))


def test_zones_change_while_somebody_is_confirmed_to_be_here():
    presence = watch(zones=(zone(), zone(RIGHT_HALF, "lawn")))
    presence.update(0.0, WALL, [person(0.25)], enter_thresholds=THRESHOLDS)
    presence.update(0.2, WALL + 0.2, [person(0.25)], enter_thresholds=THRESHOLDS)
    assert presence.pop_zone_events() == []
    presence.handle_verification("person", 0.2, confirmed=True)
    (event,) = presence.pop_zone_events()
    assert (event.camera_id, event.zone, event.label) == ("cam", "drive", "person")
    assert (event.occupied, event.at) == (True, WALL)
    assert presence.pop_zone_events() == []
    watching(presence, 0.4, 2.4, person(0.75))
    assert told(presence) == [("lawn", "person", True), ("drive", "person", False)]


@pytest.mark.parametrize("how", ["leaving", "time", "end"])
def test_zones_are_empty_when_nobody_is_here_any_more(how):
    presence = watch(zones=(zone(),))
    watching(presence, 0.0, 1.0, person(0.25))
    presence.pop_zone_events()
    match how:
        case "leaving":
            watching(presence, 1.0, 3.0)
        case "time":
            presence.tick(3.0)
        case "end":
            presence.end()
    assert told(presence) == [("drive", "person", False)]


def test_a_zone_empties_while_somebody_is_elsewhere_and_no_look_comes():
    presence = watch(zones=(zone(),))
    watching(presence, 0.0, 1.0, person(0.25))
    watching(presence, 1.0, 1.6, person(0.75))
    presence.pop_zone_events()
    presence.tick(1.9)
    assert told(presence) == [("drive", "person", False)]
    assert presence.present


def test_a_noted_zone_tells_of_whoever_is_in_it_while_another_counts():
    required = zone(kind=ZoneKind.REQUIRED)
    presence = watch(zones=(required, zone(RIGHT_HALF, "street")))
    watching(presence, 0.0, 1.0, person(0.25), person(0.75, number=2))
    assert presence.present[0].zones == ("drive",)
    assert presence.present[0].count == 1
    assert told(presence) == [("drive", "person", True), ("street", "person", True)]


def test_a_zone_is_occupied_after_the_loitering_time():
    presence = watch(zones=(zone(loiter_s=2.0),))
    watching(presence, 0.0, 2.0, person(0.25))
    assert presence.present
    assert told(presence) == []
    watching(presence, 2.0, 2.2, person(0.25))
    assert told(presence) == [("drive", "person", True)]
