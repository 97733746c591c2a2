"""Non-maximum suppression of what a network's head returns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT = 256  # boxes compared at most, best first: beyond them is only noise


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDetections:
    """What a head found, in any order."""

    boxes: NDArray[np.float32]  # ``(n, 4)``: x1, y1, x2, y2 in pixels of the network's input
    scores: NDArray[np.float32]  # ``(n,)``: confidence, 0..1
    labels: NDArray[np.intp]  # ``(n,)``: index of each box's best label


def pairwise_iou(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ``(n, n)`` intersections over unions of ``(n, 4)`` boxes."""
    x1, y1, x2, y2 = boxes.T
    wide = np.minimum.outer(x2, x2) - np.maximum.outer(x1, x1)
    high = np.minimum.outer(y2, y2) - np.maximum.outer(y1, y1)
    both = np.maximum(wide, 0.0) * np.maximum(high, 0.0)
    areas = (x2 - x1) * (y2 - y1)
    union = np.add.outer(areas, areas) - both
    # Boxes without an area overlap nothing, not even themselves.
    iou: NDArray[np.float32] = both / np.where(union > 0, union, 1.0)
    return iou


def suppress(found: RawDetections, max_overlap: float) -> NDArray[np.intp]:
    """Return the indices to keep, best first: greedy NMS within each label above an IoU."""
    order = np.argsort(-found.scores, kind="stable")[:LIMIT]
    labels = found.labels[order]
    compatible = pairwise_iou(found.boxes[order]) <= max_overlap
    compatible |= labels[:, None] != labels
    kept = np.ones(len(order), np.bool_)
    for index in range(len(order)):
        if kept[index]:
            kept[index + 1 :] &= compatible[index, index + 1 :]
    return order[kept]
