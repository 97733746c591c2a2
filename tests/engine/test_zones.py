"""Which zones objects are in, and since when."""

import math

from hypothesis import assume, given, strategies as st
import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box, Track, Zone, ZoneKind
from custom_components.homesec.engine.tracking.zones import (
    EDGE,
    FORGET_S,
    OUTSIDE_S,
    LabelZones,
    Occupancy,
    contains,
    is_in_zone,
    motion_mask,
    rasterize,
)

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
YARD = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.7, 1.0), (0.7, 0.3), (0.3, 0.3), (0.3, 1.0), (0, 1))
"""Around a house: concave, open towards the bottom."""
WALL = 1_800_000_000.0

fractions = st.floats(0, 1, width=32)
points = st.tuples(fractions, fractions)


def person(x, foot=0.5, *, t=0.0, number=1):
    box = Box(x - 0.05, foot - 0.3, x + 0.05, foot)
    return Track(number, "person", 0.8, box, first_t=t, last_t=t, hits=1)


def zone(polygon=SQUARE, *, name="lawn", **settings):
    return Zone(name=name, polygon=polygon, **settings)


def winding(polygon, x, y):
    """Return how often a polygon winds around a point, from the angles between its corners."""
    angles = [math.atan2(b - y, a - x) for a, b in polygon]
    turns = [b - a for a, b in zip(angles, [*angles[1:], angles[0]], strict=True)]
    return round(sum((turn + math.pi) % math.tau - math.pi for turn in turns) / math.tau)


def far_from_border(polygon, x, y):
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length if length else 0
        along = min(1, max(0, along))
        if math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)) < 1e-3:
            return False
    return True


@pytest.mark.parametrize("polygon", [YARD, YARD[::-1]], ids=["one way", "the other"])
def test_contains_concave_polygon(polygon):
    inside = [contains(polygon, x, y) for x, y in [(0.1, 0.9), (0.9, 0.9), (0.5, 0.1), (0.5, 0.6)]]
    assert inside == [True, True, True, False]


@given(st.lists(points, min_size=3, max_size=8), points)
def test_contains_is_true_for_odd_winding_number(polygon, point):
    assume(far_from_border(polygon, *point))
    assert contains(polygon, *point) == bool(winding(polygon, *point) % 2)


@given(st.lists(points, min_size=3, max_size=8), st.integers(1, 12), st.integers(1, 12))
def test_rasterize_equals_contains_for_every_cell(polygon, rows, columns):
    cells = [
        [contains(polygon, (x + 0.5) / columns, (y + 0.5) / rows) for x in range(columns)]
        for y in range(rows)
    ]
    mask = rasterize(polygon, rows, columns)
    assert mask.dtype == np.bool_
    assert mask.tolist() == cells
    steady = [
        far_from_border(polygon, (x + 0.5) / columns, (y + 0.5) / rows)
        for y in range(rows)
        for x in range(columns)
    ]
    other = rasterize(polygon[::-1], rows, columns)
    assert np.array_equal(mask.ravel()[steady], other.ravel()[steady])


def test_rasterize_covers_area_of_polygon():
    assert rasterize(YARD, 90, 160).mean() == pytest.approx(1 - 0.4 * 0.7, abs=0.01)


def test_box_cut_off_by_frame_edge_is_in_zone_at_edge():
    whole = zone(((0, 0), (1, 0), (1, 1), (0, 1)))
    assert is_in_zone(Box(0.4, 0.3, 0.6, 1.0), whole)
    assert is_in_zone(Box(1.0, 0.3, 1.0, 1.0), whole)
    drawn = zone(((0, 0), (1, 0), (1, 1 - EDGE / 2), (0, 1 - EDGE / 2)))
    assert is_in_zone(Box(0.4, 0.3, 0.6, 1.0), drawn)


def test_box_is_in_zone_if_middle_of_lower_edge_is():
    assert not is_in_zone(Box(0.4, 0.3, 0.6, 0.9), zone())
    assert is_in_zone(Box(0.4, 0.0, 0.6, 0.3), zone())


def test_motion_mask_excludes_masks_for_all_labels():
    road = zone(((0, 0), (1, 0), (1, 0.5), (0, 0.5)), name="road", kind=ZoneKind.MASK)
    tree = zone(((0, 0.5), (0.5, 0.5), (0.5, 1), (0, 1)), name="tree", kind=ZoneKind.MASK)
    visible = motion_mask([road, zone(), tree], 4, 4)
    assert visible.tolist() == [[False] * 4] * 2 + [[False, False, True, True]] * 2


def test_motion_mask_ignores_masks_for_some_labels():
    cats = zone(kind=ZoneKind.MASK, labels=("cat",))
    assert motion_mask([cats, zone(kind=ZoneKind.REQUIRED)], 4, 4) is None


def test_label_without_zones_counts_everywhere():
    zones = LabelZones([], "person")
    zones.update(0.0, [person(0.5)])
    assert zones.in_required_zone(person(0.5))
    assert not zones.is_masked(person(0.5))
    assert zones.occupied_since([person(0.5)]) == {}


def test_zones_of_other_labels_do_not_apply():
    others = [
        zone(name="a", kind=ZoneKind.MASK, labels=("cat",)),
        zone(name="b", kind=ZoneKind.REQUIRED, labels=("cat", "dog")),
    ]
    people, cats = LabelZones(others, "person"), LabelZones(others, "cat")
    assert people.in_required_zone(person(0.1))
    assert not people.is_masked(person(0.5))
    assert not cats.in_required_zone(person(0.1))
    assert cats.is_masked(person(0.5))


def test_occupied_since_is_time_of_first_track_in_each_zone():
    zones = LabelZones([zone(), zone(name="bed", kind=ZoneKind.REQUIRED)], "person")
    zones.update(1.0, [person(0.5, t=1.0)])
    both = [person(0.4, t=2.0), person(0.6, t=2.0, number=2)]
    zones.update(2.0, both)
    assert zones.occupied_since(both) == {"lawn": 1.0, "bed": 1.0}
    assert zones.occupied_since(both[1:]) == {"lawn": 2.0, "bed": 2.0}


def test_track_is_in_zone_after_loitering_time():
    zones = LabelZones([zone(kind=ZoneKind.REQUIRED, loiter_s=1.0)], "person")
    inside = []
    for n in range(8):
        track = person(0.5, t=n / 4)
        zones.update(n / 4, [track])
        inside.append(zones.in_required_zone(track))
    assert inside == [False] * 4 + [True] * 4


def test_brief_step_outside_does_not_restart_loitering_time():
    zones = LabelZones([zone(loiter_s=2.0)], "person")
    for t, x in [(0.0, 0.5), (1.0, 0.1), (2.0, 0.5)]:
        zones.update(t, [person(x, t=t)])
    assert zones.occupied_since([person(0.5, t=2.0)]) == {"lawn": 0.0}


def test_track_outside_for_longer_has_left_zone():
    zones = LabelZones([zone()], "person")
    zones.update(0.0, [person(0.5)])
    for t in (0.5, 0.5 + OUTSIDE_S):
        zones.update(t, [person(0.1, t=t)])
        assert zones.occupied_since([person(0.1, t=t)]) == {}
    zones.update(2.0, [person(0.5, t=2.0)])
    assert zones.occupied_since([person(0.5, t=2.0)]) == {"lawn": 2.0}


def test_track_unseen_for_a_while_has_not_left_zone():
    zones = LabelZones([zone()], "person")
    for t in (0.0, 5.0):
        zones.update(t, [person(0.5, t=t)])
    assert zones.occupied_since([person(0.5, t=5.0)]) == {"lawn": 0.0}


@pytest.mark.parametrize("how", ["unseen", "forgotten"])
def test_tracks_are_forgotten_after_long_time_or_reset(how):
    zones = LabelZones([zone()], "person")
    zones.update(0.0, [person(0.5)])
    if how == "forgotten":
        zones.reset()
    else:
        zones.update(FORGET_S + 1, [])
    late = person(0.5, t=FORGET_S + 2)
    zones.update(late.last_t, [late])
    assert zones.occupied_since([late]) == {"lawn": late.last_t}


@pytest.fixture
def changes():
    return []


@pytest.fixture
def occupancy(changes):
    return Occupancy(camera_id="cam", label="person", grace_s=2.0, on_change=changes.append)


def test_occupancy_lasts_from_first_to_last_sighting(occupancy, changes):
    occupancy.update(1.0, WALL + 1, {"lawn": 0.5})
    occupancy.update(2.0, WALL + 2, {"lawn": 0.5})
    occupancy.update(4.0, WALL + 4, {})
    assert [(e.camera_id, e.zone, e.label, e.occupied, e.at) for e in changes] == [
        ("cam", "lawn", "person", True, WALL + 0.5)
    ]
    occupancy.tick(4.1)
    occupancy.tick(9.0)
    assert [(e.occupied, e.at) for e in changes[1:]] == [(False, WALL + 2)]


def test_occupancy_end_empties_all_zones(occupancy, changes):
    occupancy.update(1.0, WALL + 1, {"lawn": 1.0, "bed": 1.0})
    occupancy.end()
    assert [(e.zone, e.occupied) for e in changes[2:]] == [("lawn", False), ("bed", False)]


@given(st.lists(st.tuples(st.floats(0.01, 3), st.sets(st.sampled_from("abc"))), max_size=40))
def test_occupancy_alternates_between_occupied_and_empty(steps):
    changes, t = [], 0.0
    occupancy = Occupancy(camera_id="cam", label="person", grace_s=2.0, on_change=changes.append)
    for step, names in steps:
        t += step
        occupancy.update(t, WALL + t, dict.fromkeys(names, t))
    occupancy.end()
    for name in "abc":
        turns = [event.occupied for event in changes if event.zone == name]
        assert turns == [n % 2 == 0 for n in range(len(turns))]
        assert len(turns) % 2 == 0
