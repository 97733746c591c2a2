"""How often moving regions get a crop."""

from hypothesis import given, strategies as st

from custom_components.homesec.engine.camera.crop_backoff import LIMIT, MEMORY_S, CropBackoff
from custom_components.homesec.engine.core.types import Box, Detection

TREE = Box(0.7, 0.1, 0.8, 0.3)
STREET = Box(0.1, 0.6, 0.15, 0.7)
INTERVAL_S = 0.2


def chosen_times(backoff, seconds, moving, *, found=()):
    """Choose five times a second; return when the regions were chosen."""
    times = []
    for n in range(round(seconds / INTERVAL_S)):
        t = n * INTERVAL_S
        if chosen := backoff.choose(t, moving):
            times.append(round(t, 1))
        backoff.update(t, chosen, found)
    return times


def test_empty_region_is_chosen_less_and_less_often():
    assert chosen_times(CropBackoff(), 24, [TREE]) == [0.0, 0.2, 1.2, 3.2, 7.2, 15.2, 23.2]


def test_region_with_detection_is_chosen_every_time():
    walker = Detection("person", 0.4, STREET)
    assert len(chosen_times(CropBackoff(), 4, [STREET], found=[walker])) == 20


def test_new_region_is_chosen_at_once():
    backoff = CropBackoff()
    chosen_times(backoff, 20, [TREE])
    assert backoff.choose(20.0, [TREE, STREET]) == [STREET]


def test_detection_clears_backoff_of_its_region():
    backoff = CropBackoff()
    chosen_times(backoff, 20, [TREE])
    backoff.update(20.0, [TREE], [Detection("person", 0.4, TREE)])
    assert backoff.choose(20.2, [TREE]) == [TREE]


def test_backoff_is_forgotten_after_memory_time():
    backoff = CropBackoff()
    chosen_times(backoff, 20, [TREE])
    backoff.update(20.0 + MEMORY_S, [STREET], [])
    assert backoff.choose(20.2 + MEMORY_S, [TREE]) == [TREE]


BOXES = st.builds(lambda x, y: Box(x, y, x + 0.05, y + 0.1), *[st.floats(0, 0.9)] * 2)


@given(st.lists(st.lists(BOXES, max_size=8), max_size=40))
def test_remembered_regions_are_limited(frames):
    backoff = CropBackoff()
    for n, moving in enumerate(frames):
        chosen = backoff.choose(n * INTERVAL_S, moving)
        assert all(box in moving for box in chosen)
        backoff.update(n * INTERVAL_S, chosen, [])
        assert len(backoff._empty) <= LIMIT
