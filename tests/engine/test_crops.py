"""Choosing crops."""

from hypothesis import given, strategies as st

from custom_components.homesec.engine.core.types import Box
from custom_components.homesec.engine.media.crops import MARGIN, Crop, select_crops

HD = {"width": 1920, "height": 1080}
PART = st.tuples(*[st.floats(0, 1)] * 4)


def box(left, top, width, height):
    """A box given in pixels of a 1920 x 1080 picture."""
    return Box(left / 1920, top / 1080, (left + width) / 1920, (top + height) / 1080)


def test_small_box_is_centered_in_smallest_crop():
    (found,) = select_crops([box(1000, 500, 20, 60)], **HD, min_side=320, limit=2)
    assert found == Crop(left=850, top=370, side=320)


def test_crop_at_edge_is_moved_inside():
    found = select_crops([box(0, 0, 20, 60), box(1900, 1020, 20, 60)], **HD, min_side=320, limit=2)
    assert found == [Crop(0, 0, 320), Crop(1600, 760, 320)]


def test_crop_has_margin_around_box():
    (found,) = select_crops([box(800, 300, 100, 400)], **HD, min_side=320, limit=2)
    assert found.side == 400 * MARGIN


def test_large_box_gets_largest_crop():
    (found,) = select_crops([box(100, 0, 1000, 1080)], **HD, min_side=320, limit=2)
    assert found.side == 1080


def test_close_boxes_share_crop():
    near = [box(1000, 500, 20, 60), box(1040, 510, 20, 60)]
    assert len(select_crops(near, **HD, min_side=320, limit=2)) == 1


def test_number_of_crops_is_limited():
    spread = [box(x, 500, 20, 60) for x in (100, 600, 1100, 1600)]
    assert len(select_crops(spread, **HD, min_side=320, limit=2)) == 2
    assert select_crops([], **HD, min_side=320, limit=2) == []


def test_crop_box_is_fraction_of_picture():
    assert Crop(960, 270, 540).box(1920, 1080) == Box(0.5, 0.25, 0.78125, 0.75)


@given(
    st.lists(PART, max_size=6),
    st.integers(64, 4000),
    st.integers(64, 4000),
    st.integers(32, 640),
)
def test_crops_are_inside_picture_and_aligned_to_chroma(parts, width, height, least):
    boxes = [Box(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in parts]
    for found in select_crops(boxes, width=width, height=height, min_side=least, limit=3):
        assert 0 <= found.left <= width - found.side
        assert 0 <= found.top <= height - found.side
        assert found.side >= min(least, width, height)
        assert found.left % 2 == found.top % 2 == 0
