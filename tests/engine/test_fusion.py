"""Several looks at one picture, and what they come to together."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection.box_fusion import fuse, merge, mirrored, placed
from custom_components.homesec.engine.media.crops import Crop

HERE, THERE = Box(0.1, 0.1, 0.3, 0.5), Box(0.6, 0.1, 0.8, 0.5)


def seen(score, box=HERE, label="person"):
    return Detection(label, score, box)


def test_what_was_found_twice_is_kept_once():
    better = seen(0.9)
    worse = seen(0.4, Box(0.11, 0.1, 0.31, 0.5))
    cat = seen(0.3, label="cat")
    assert merge([worse, better, cat]) == [better, cat]


def test_a_part_is_placed_in_its_picture():
    # The right lower quarter of a picture of 200 x 100, 50 pixels a side.
    (found,) = placed(
        [seen(0.9, Box(0.2, 0.4, 0.6, 0.8))], Crop(100, 50, 50), width=200, height=100
    )
    assert found.box.x1 == pytest.approx(0.55)
    assert found.box.y1 == pytest.approx(0.7)
    assert found.box.x2 == pytest.approx(0.65)
    assert found.box.y2 == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("square", "kept"),
    [
        (Crop(300, 200, 400), [False, False, False, False]),
        (Crop(0, 200, 400), [True, False, False, False]),
        (Crop(300, 0, 400), [False, True, False, False]),
        (Crop(600, 200, 400), [False, False, True, False]),
        (Crop(300, 600, 400), [False, False, False, True]),
    ],
)
def test_what_a_parts_edge_cuts_off_is_left_to_the_whole_picture(square, kept):
    # Boxes at the left, upper, right and lower edge of the part.
    boxes = [
        Box(0, 0.4, 0.2, 0.6), Box(0.4, 0, 0.6, 0.2), Box(0.8, 0.4, 1, 0.6), Box(0.4, 0.8, 0.6, 1),
    ]  # fmt: skip
    found = placed(
        [seen(0.1 * n, box) for n, box in enumerate(boxes, 1)], square, width=1000, height=1000
    )
    assert [any(x.score == 0.1 * n for x in found) for n in (1, 2, 3, 4)] == kept


def test_a_mirror_image_is_turned_back():
    (found,) = mirrored([seen(0.9, Box(0.1, 0.2, 0.3, 0.4))])
    assert found.box == Box(0.7, 0.2, 0.9, 0.4)
    assert mirrored(mirrored([seen(0.9)]))[0].box.x1 == pytest.approx(HERE.x1)


def test_the_score_is_the_mean_over_all_views_also_those_that_saw_nothing():
    shifted = Box(0.12, 0.1, 0.32, 0.5)
    (both,) = fuse([[seen(0.9)], [seen(0.6, shifted)], []])
    assert both.score == pytest.approx(0.5)
    # 0.9 and 0.6 pull the edge towards themselves.
    assert both.box.x1 == pytest.approx((0.9 * 0.1 + 0.6 * 0.12) / 1.5)
    assert both.box.y2 == pytest.approx(0.5)


def test_labels_and_places_stay_apart():
    fused = fuse([[seen(0.8), seen(0.6, THERE)], [seen(0.7, label="cat")]])
    assert [(x.label, x.box, x.score) for x in fused] == [
        ("person", HERE, 0.4), ("cat", HERE, 0.35), ("person", THERE, 0.3),
    ]  # fmt: skip


def test_one_view_adds_no_more_than_one_box_to_an_object():
    near = Box(0.11, 0.1, 0.31, 0.5)
    fused = fuse([[seen(0.8), seen(0.5, near)], [seen(0.6)]])
    assert [round(x.score, 2) for x in fused] == [0.7, 0.25]


BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    *[st.floats(0, 0.7)] * 2, *[st.floats(0.02, 0.3)] * 2,
)  # fmt: skip
VIEW = st.lists(
    st.builds(Detection, st.sampled_from(("person", "cat")), st.floats(0.1, 1), BOXES), max_size=6
)


@given(st.lists(VIEW, min_size=1, max_size=4))
def test_fusing_neither_invents_nor_loses_anything(views):
    fused = fuse(views)
    everything = [x for view in views for x in view]
    assert sum(x.score for x in fused) * len(views) == pytest.approx(
        sum(x.score for x in everything)
    )
    assert [x.score for x in fused] == sorted((x.score for x in fused), reverse=True)
    assert {x.label for x in fused} == {x.label for x in everything}
    for one in fused:
        assert 0 < one.score <= 1
        assert 0 <= one.box.x1 < one.box.x2 <= 1
