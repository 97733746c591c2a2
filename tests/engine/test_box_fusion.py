"""Merging tiles and fusing views of one picture."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection.box_fusion import (
    flip_boxes,
    from_tile,
    fuse_views,
    merge_tiles,
)
from custom_components.homesec.engine.media.crops import Crop

HERE, THERE = Box(0.1, 0.1, 0.3, 0.5), Box(0.6, 0.1, 0.8, 0.5)


def detection(score, box=HERE, label="person"):
    return Detection(label, score, box)


def test_merge_tiles_keeps_best_of_overlapping_boxes():
    better = detection(0.9)
    worse = detection(0.4, Box(0.11, 0.1, 0.31, 0.5))
    cat = detection(0.3, label="cat")
    assert merge_tiles([worse, better, cat]) == [better, cat]


def test_from_tile_converts_box_to_frame():
    # The right lower quarter of a picture of 200 x 100, 50 pixels a side.
    (found,) = from_tile(
        [detection(0.9, Box(0.2, 0.4, 0.6, 0.8))], Crop(100, 50, 50), width=200, height=100
    )
    assert found.box.x1 == pytest.approx(0.55)
    assert found.box.y1 == pytest.approx(0.7)
    assert found.box.x2 == pytest.approx(0.65)
    assert found.box.y2 == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("tile", "kept"),
    [
        (Crop(300, 200, 400), [False, False, False, False]),
        (Crop(0, 200, 400), [True, False, False, False]),
        (Crop(300, 0, 400), [False, True, False, False]),
        (Crop(600, 200, 400), [False, False, True, False]),
        (Crop(300, 600, 400), [False, False, False, True]),
    ],
)
def test_from_tile_drops_boxes_cut_off_by_tile_edge(tile, kept):
    # Boxes at the left, upper, right, and lower edge of the tile.
    boxes = [
        Box(0, 0.4, 0.2, 0.6), Box(0.4, 0, 0.6, 0.2), Box(0.8, 0.4, 1, 0.6), Box(0.4, 0.8, 0.6, 1),
    ]  # fmt: skip
    found = from_tile(
        [detection(0.1 * n, box) for n, box in enumerate(boxes, 1)], tile, width=1000, height=1000
    )
    assert [any(x.score == 0.1 * n for x in found) for n in (1, 2, 3, 4)] == kept


def test_flip_boxes_mirrors_horizontally():
    (found,) = flip_boxes([detection(0.9, Box(0.1, 0.2, 0.3, 0.4))])
    assert found.box == Box(0.7, 0.2, 0.9, 0.4)
    assert flip_boxes(flip_boxes([detection(0.9)]))[0].box.x1 == pytest.approx(HERE.x1)


def test_fuse_views_score_is_mean_over_all_views_including_empty_ones():
    shifted = Box(0.12, 0.1, 0.32, 0.5)
    (both,) = fuse_views([[detection(0.9)], [detection(0.6, shifted)], []])
    assert both.score == pytest.approx(0.5)
    # 0.9 and 0.6 pull the edge towards themselves.
    assert both.box.x1 == pytest.approx((0.9 * 0.1 + 0.6 * 0.12) / 1.5)
    assert both.box.y2 == pytest.approx(0.5)


def test_fuse_views_keeps_labels_and_distant_boxes_apart():
    fused = fuse_views([[detection(0.8), detection(0.6, THERE)], [detection(0.7, label="cat")]])
    assert [(x.label, x.box, x.score) for x in fused] == [
        ("person", HERE, 0.4), ("cat", HERE, 0.35), ("person", THERE, 0.3),
    ]  # fmt: skip


def test_fuse_views_takes_at_most_one_box_per_view_for_an_object():
    near = Box(0.11, 0.1, 0.31, 0.5)
    fused = fuse_views([[detection(0.8), detection(0.5, near)], [detection(0.6)]])
    assert [round(x.score, 2) for x in fused] == [0.7, 0.25]


BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    *[st.floats(0, 0.7)] * 2, *[st.floats(0.02, 0.3)] * 2,
)  # fmt: skip
VIEW = st.lists(
    st.builds(Detection, st.sampled_from(("person", "cat")), st.floats(0.1, 1), BOXES), max_size=6
)


@given(st.lists(VIEW, min_size=1, max_size=4))
def test_fuse_views_preserves_total_score_and_labels(views):
    fused = fuse_views(views)
    everything = [x for view in views for x in view]
    assert sum(x.score for x in fused) * len(views) == pytest.approx(
        sum(x.score for x in everything)
    )
    assert [x.score for x in fused] == sorted((x.score for x in fused), reverse=True)
    assert {x.label for x in fused} == {x.label for x in everything}
    for one in fused:
        assert 0 < one.score <= 1
        assert 0 <= one.box.x1 < one.box.x2 <= 1
