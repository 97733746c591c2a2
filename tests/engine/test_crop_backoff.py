"""Which moving parts are looked at closely, and how often."""

from hypothesis import given, strategies as st

from custom_components.homesec.engine.camera.crop_backoff import LIMIT, MEMORY_S, CropBackoff
from custom_components.homesec.engine.core.types import Box, Detection

TREE = Box(0.7, 0.1, 0.8, 0.3)
STREET = Box(0.1, 0.6, 0.15, 0.7)
LOOK_S = 0.2


def watch(closer, seconds, moving, *, found=()):
    """Look five times a second; return when the parts were looked at closely."""
    times = []
    for n in range(round(seconds / LOOK_S)):
        t = n * LOOK_S
        if chosen := closer.choose(t, moving):
            times.append(round(t, 1))
        closer.update(t, chosen, found)
    return times


def test_empty_region_is_chosen_less_and_less_often():
    assert watch(CropBackoff(), 24, [TREE]) == [0.0, 0.2, 1.2, 3.2, 7.2, 15.2, 23.2]


def test_region_with_detection_is_chosen_every_time():
    walker = Detection("person", 0.4, STREET)
    assert len(watch(CropBackoff(), 4, [STREET], found=[walker])) == 20


def test_new_region_is_chosen_at_once():
    closer = CropBackoff()
    watch(closer, 20, [TREE])
    assert closer.choose(20.0, [TREE, STREET]) == [STREET]


def test_detection_clears_backoff_of_its_region():
    closer = CropBackoff()
    watch(closer, 20, [TREE])
    closer.update(20.0, [TREE], [Detection("person", 0.4, TREE)])
    assert closer.choose(20.2, [TREE]) == [TREE]


def test_backoff_is_forgotten_after_memory_time():
    closer = CropBackoff()
    watch(closer, 20, [TREE])
    closer.update(20.0 + MEMORY_S, [STREET], [])
    assert closer.choose(20.2 + MEMORY_S, [TREE]) == [TREE]


BOXES = st.builds(lambda x, y: Box(x, y, x + 0.05, y + 0.1), *[st.floats(0, 0.9)] * 2)


@given(st.lists(st.lists(BOXES, max_size=8), max_size=40))
def test_remembered_regions_are_limited(looks):
    closer = CropBackoff()
    for n, moving in enumerate(looks):
        chosen = closer.choose(n * LOOK_S, moving)
        assert all(box in moving for box in chosen)
        closer.update(n * LOOK_S, chosen, [])
        assert len(closer._empty) <= LIMIT
