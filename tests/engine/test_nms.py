"""Non-maximum suppression: hand-computed examples and invariants."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box
from custom_components.homesec.engine.detection.nms import (
    LIMIT,
    RawDetections,
    pairwise_iou,
    suppress,
)


def f32(values):
    return np.array(values, np.float32)


def raw_detections(boxes, scores, labels):
    return RawDetections(
        boxes=f32(boxes).reshape(-1, 4), scores=f32(scores), labels=np.array(labels, np.intp)
    )


def test_suppress_keeps_best_of_overlapping_boxes():
    # shared 8 x 10 of a union of 12 x 10: 2/3
    boxes = [[0, 0, 10, 10], [2, 0, 12, 10], [50, 50, 60, 60]]
    found = raw_detections(boxes, [0.5, 0.9, 0.7], [0, 0, 0])
    assert pairwise_iou(found.boxes)[0].tolist() == pytest.approx([1, 2 / 3, 0])
    assert suppress(found, 0.6).tolist() == [1, 2]
    assert suppress(found, 0.7).tolist() == [1, 2, 0]


def test_suppress_keeps_overlapping_boxes_of_different_labels():
    found = raw_detections([[0, 0, 10, 10]] * 2, [0.5, 0.9], [0, 1])
    assert suppress(found, 0.6).tolist() == [1, 0]


def test_suppress_ignores_dropped_boxes():
    # Each overlaps the next by 2/3, the first and the third by 3/7.
    boxes = [[0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10]]
    assert suppress(raw_detections(boxes, [0.9, 0.8, 0.7], [0] * 3), 0.6).tolist() == [0, 2]


def test_suppress_compares_only_best_boxes_up_to_limit():
    boxes = [[i * 10, 0, i * 10 + 5, 5] for i in range(LIMIT + 50)]
    found = raw_detections(boxes, np.linspace(0.1, 0.9, len(boxes)), [0] * len(boxes))
    assert suppress(found, 0.6).tolist() == list(range(len(boxes) - 1, 49, -1))


numbers = st.integers(0, 40)
boxes_st = st.lists(
    st.tuples(numbers, numbers, numbers, numbers, st.integers(0, 100), st.integers(0, 2)),
    max_size=40,
)


@given(boxes_st, st.sampled_from([0.3, 0.6, 0.9]))
def test_suppress_keeps_exactly_boxes_that_no_better_box_overlaps(rows, overlap):
    boxes = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d, _, _ in rows]
    found = raw_detections(boxes, [row[4] / 100 for row in rows], [row[5] for row in rows])
    keep = suppress(found, overlap).tolist()
    scores = [row[4] for row in rows]

    def rivals(one, other):
        share = Box(*boxes[one]).iou(Box(*boxes[other]))
        return rows[one][5] == rows[other][5] and share > overlap + 1e-6

    assert len(set(keep)) == len(keep)
    assert [scores[i] for i in keep] == sorted((scores[i] for i in keep), reverse=True)
    assert not any(rivals(a, b) for a in keep for b in keep if a != b)
    for dropped in set(range(len(rows))) - set(keep):
        assert any(
            pairwise_iou(found.boxes[[kept, dropped]])[0, 1] > overlap
            and rows[kept][5] == rows[dropped][5]
            and scores[kept] >= scores[dropped]
            for kept in keep
        )
