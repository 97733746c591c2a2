"""Which tracks count: moved, confident enough, large enough, and in the right zone."""

from engine_rig import camera
import pytest

from custom_components.homesec.engine.core.types import (
    Box,
    LabelRule,
    SourceConfig,
    SourceKind,
    Track,
    Zone,
    ZoneKind,
)
from custom_components.homesec.engine.tracking.presence import STAY_SHARE, PresenceTracker, Step

WALL = 1_800_000_000.0
FRAME_S = 0.2
THRESHOLDS = {"person": 0.5, "cat": 0.5}
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT_HALF = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def tracker(**settings):
    settings = {"grace_s": 1.0, "enter_hits": 2, "enter_window": 5, **settings}
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def person(x=0.25, *, score=0.8, number=1, height=0.3, **settings):
    box = Box(x - 0.05, 0.8 - height, x + 0.05, 0.8)
    settings = {"label": "person", "moved": True, **settings}
    return Track(number, score=score, box=box, first_t=0.0, last_t=0.0, hits=1, **settings)


def zone(polygon=LEFT_HALF, name="drive", **settings):
    return Zone(name=name, polygon=polygon, **settings)


def run(presence, begin, end, *tracks, enter_thresholds=THRESHOLDS):
    """Process frames for a while, confirming candidates at once; return the changes."""
    changes = []
    for n in range(round((end - begin) / FRAME_S)):
        t = begin + n * FRAME_S
        at_t = [Track(**{k: getattr(x, k) for k in x.__slots__} | {"last_t": t}) for x in tracks]
        for change in presence.update(t, WALL + t, at_t, enter_thresholds=enter_thresholds):
            if change.step is Step.CANDIDATE:
                changes += presence.handle_verification(change.presence.label, t, confirmed=True)
            else:
                changes.append(change)
    return changes


def zone_changes(presence):
    return [(e.zone, e.label, e.occupied) for e in presence.pop_zone_events()]


def test_stationary_person_never_begins_presence():
    presence = tracker()
    assert run(presence, 0.0, 5.0, person(moved=False)) == []


def test_mannequin_neither_counts_nor_keeps_presence():
    presence, mannequin = tracker(), person(moved=False, number=2)
    (entered,) = run(presence, 0.0, 1.0, person(), mannequin)
    assert (entered.presence.count, entered.presence.track_id) == (1, 1)
    assert [x.step for x in run(presence, 1.0, 3.0, mannequin)] == [Step.LEFT]


def test_stationary_person_who_moved_once_keeps_presence():
    presence = tracker()
    run(presence, 0.0, 1.0, person())
    assert run(presence, 1.0, 60.0, person(stationary_since_t=0.0)) == []
    assert presence.present


def test_presence_of_person_who_begins_to_move_began_at_first_sighting():
    presence = tracker()
    run(presence, 0.0, 0.6, person(moved=False))
    (entered,) = run(presence, 0.6, 0.8, person())
    assert (entered.t, entered.presence.first_seen_at) == (0.0, WALL)


def test_labels_have_enter_thresholds_of_their_own():
    presence = tracker(labels=("person", "cat"))
    both = person(score=0.6), person(label="cat", number=2, score=0.6)
    run(presence, 0.0, 1.0, *both, enter_thresholds={"person": 0.6, "cat": 0.61})
    assert [x.label for x in presence.present] == ["person"]


def test_presence_is_kept_below_enter_threshold():
    presence = tracker()
    run(presence, 0.0, 1.0, person())
    assert run(presence, 1.0, 5.0, person(score=0.5 * STAY_SHARE)) == []
    assert [x.step for x in run(presence, 5.0, 7.0, person(score=0.29))] == [Step.LEFT]
    assert run(presence, 7.0, 9.0, person(score=0.49)) == []


def test_track_below_minimum_height_does_not_count():
    rules = (LabelRule(label="person", min_height=0.2),)
    assert not run(tracker(rules=rules), 0.0, 1.0, person(height=0.19))
    assert run(tracker(rules=rules), 0.0, 1.0, person(height=0.21))


def test_track_in_mask_does_not_count():
    presence = tracker(zones=(zone(kind=ZoneKind.MASK),))
    assert run(presence, 0.0, 1.0, person(0.25)) == []
    (entered,) = run(presence, 1.0, 2.0, person(0.75), person(0.25, number=2))
    assert (entered.presence.count, entered.presence.zones) == (1, ())
    assert zone_changes(presence) == []


def test_mask_for_other_label_does_not_apply():
    presence = tracker(labels=("person", "cat"), zones=(zone(kind=ZoneKind.MASK, labels=("cat",)),))
    run(presence, 0.0, 1.0, person(), person(label="cat", number=2))
    assert [x.label for x in presence.present] == ["person"]


def test_only_track_in_required_zone_counts():
    presence = tracker(zones=(zone(kind=ZoneKind.REQUIRED),))
    assert run(presence, 0.0, 1.0, person(0.75)) == []
    assert [x.step for x in run(presence, 1.0, 2.0, person(0.25))] == [Step.ENTERED]
    assert [x.step for x in run(presence, 2.0, 4.0, person(0.75))] == [Step.LEFT]


def test_track_in_one_of_several_required_zones_counts():
    required = {"kind": ZoneKind.REQUIRED}
    presence = tracker(zones=(zone(**required), zone(RIGHT_HALF, "lawn", **required)))
    (entered,) = run(presence, 0.0, 1.0, person(0.75))
    assert entered.presence.zones == ("lawn",)


def test_track_in_required_zone_counts_after_loitering_time():
    presence = tracker(zones=(zone(kind=ZoneKind.REQUIRED, loiter_s=2.0),))
    assert run(presence, 0.0, 1.8, person(0.25)) == []
    assert run(presence, 1.8, 4.0, person(0.75)) == []
    (entered,) = run(presence, 4.0, 7.0, person(0.25))
    assert entered.t == pytest.approx(6.0)


def test_presence_lists_zones_of_its_tracks():
    zones = (zone(), zone(RIGHT_HALF, "lawn"), zone(RIGHT_HALF, "cats", labels=("cat",)))
    presence = tracker(zones=zones)
    (entered,) = run(presence, 0.0, 1.0, person(0.25))
    assert entered.presence.zones == ("drive",)
    (both,) = run(presence, 1.0, 2.0, person(0.75), person(0.25, number=2))
    assert (both.step, both.presence.zones) == (Step.UPDATED, ("drive", "lawn"))
    (one,) = run(presence, 2.0, 2.2, person(0.75), person(0.76, number=2))
    assert (one.step, one.presence.zones) == (Step.UPDATED, ("lawn",))


def test_zone_changes_are_reported_for_confirmed_presence_only():
    presence = tracker(zones=(zone(), zone(RIGHT_HALF, "lawn")))
    presence.update(0.0, WALL, [person(0.25)], enter_thresholds=THRESHOLDS)
    presence.update(0.2, WALL + 0.2, [person(0.25)], enter_thresholds=THRESHOLDS)
    assert presence.pop_zone_events() == []
    presence.handle_verification("person", 0.2, confirmed=True)
    (event,) = presence.pop_zone_events()
    assert (event.camera_id, event.zone, event.label) == ("cam", "drive", "person")
    assert (event.occupied, event.at) == (True, WALL)
    assert presence.pop_zone_events() == []
    run(presence, 0.4, 2.4, person(0.75))
    assert zone_changes(presence) == [("lawn", "person", True), ("drive", "person", False)]


@pytest.mark.parametrize("how", ["leaving", "time", "end"])
def test_zones_become_empty_when_presence_ends(how):
    presence = tracker(zones=(zone(),))
    run(presence, 0.0, 1.0, person(0.25))
    presence.pop_zone_events()
    match how:
        case "leaving":
            run(presence, 1.0, 3.0)
        case "time":
            presence.tick(3.0)
        case "end":
            presence.end()
    assert zone_changes(presence) == [("drive", "person", False)]


def test_zone_becomes_empty_without_new_frames():
    presence = tracker(zones=(zone(),))
    run(presence, 0.0, 1.0, person(0.25))
    run(presence, 1.0, 1.6, person(0.75))
    presence.pop_zone_events()
    presence.tick(1.9)
    assert zone_changes(presence) == [("drive", "person", False)]
    assert presence.present


def test_noted_zone_is_occupied_by_track_that_does_not_count():
    required = zone(kind=ZoneKind.REQUIRED)
    presence = tracker(zones=(required, zone(RIGHT_HALF, "street")))
    run(presence, 0.0, 1.0, person(0.25), person(0.75, number=2))
    assert presence.present[0].zones == ("drive",)
    assert presence.present[0].count == 1
    assert zone_changes(presence) == [("drive", "person", True), ("street", "person", True)]


def test_zone_is_occupied_after_loitering_time():
    presence = tracker(zones=(zone(loiter_s=2.0),))
    run(presence, 0.0, 2.0, person(0.25))
    assert presence.present
    assert zone_changes(presence) == []
    run(presence, 2.0, 2.2, person(0.25))
    assert zone_changes(presence) == [("drive", "person", True)]
