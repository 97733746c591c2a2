"""Candidates that a network's head gives, and the suppression of duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT = 100
"""Objects kept at most, best first: a picture with more of them is noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What a head found, in any order."""

    boxes: NDArray[np.float32]
    """``(n, 4)``: x1, y1, x2, y2 in pixels of the network's input."""
    scores: NDArray[np.float32]
    """``(n,)``, 0..1."""
    labels: NDArray[np.intp]
    """``(n,)``: the index of each one's best label."""


def overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ``(n,)`` intersections over unions of one ``(4,)`` box with ``(n, 4)`` others."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    both = np.maximum(sides, 0.0).prod(axis=1)
    areas = np.maximum(others[:, 2:] - others[:, :2], 0.0).prod(axis=1)
    union = np.maximum(box[2:] - box[:2], 0.0).prod() + areas - both
    # Boxes without an area overlap nothing, not even themselves.
    iou: NDArray[np.float32] = both / np.where(union > 0, union, 1.0)
    return iou


def suppress(found: Candidates, overlap: float) -> NDArray[np.intp]:
    """Return the indices to keep, best first: greedy non-maximum suppression within each label.

    A candidate goes when a better one of its label overlaps it by more than ``overlap``.
    """
    left = np.argsort(-found.scores, kind="stable")
    keep: list[np.intp] = []
    while len(left) and len(keep) < LIMIT:
        best, left = left[0], left[1:]
        keep.append(best)
        rival = overlaps(found.boxes[best], found.boxes[left]) > overlap
        rival &= found.labels[left] == found.labels[best]
        left = left[~rival]
    return np.array(keep, np.intp)
