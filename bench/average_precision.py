"""COCO's average precision of one class at one overlap, in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    type Array = NDArray[np.float64]

MAX_PICTURES = 100
"""Detections counted per picture, best first (COCO's maxDets)."""
RECALLS = np.linspace(0.0, 1.0, 101)
"""Recalls at which COCO samples the precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Ground truth and detections of one picture; boxes are x1, y1, x2, y2 in pixels."""

    found: Array
    """``(n, 4)``."""
    scores: Array
    """``(n,)``."""
    truth: Array
    """``(m, 4)``."""
    crowds: Array
    """``(k, 4)``: crowd regions, in which detections count as neither right nor wrong."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision over recall as the score threshold falls."""

    recall: Array
    precision: Array

    @property
    def average_precision(self) -> float:
        """Return the mean best precision at COCO's 101 recalls; 0 beyond the end of the curve."""
        best = np.maximum.accumulate(self.precision[::-1])[::-1]
        at = np.searchsorted(self.recall, RECALLS, side="left")
        return float(np.append(best, 0.0)[at].mean())

    def recall_at(self, precision: float) -> float:
        """Return the highest recall with at least this precision, or 0."""
        return float(self.recall[self.precision >= precision].max(initial=0.0))


def curve(pictures: Iterable[Picture], overlap: float = 0.5) -> Curve | None:
    """Return the curve of all pictures together, or None if they contain nothing to find.

    Follows pycocotools' COCOeval (area "all", 100 detections), ties included: between equal scores
    the order of pictures, then of detections, decides.
    """
    scores, right, wrong, total = [np.empty(0)], [np.empty(0, bool)], [np.empty(0, bool)], 0
    for picture in pictures:
        order = np.argsort(-picture.scores, kind="stable")[:MAX_PICTURES]
        hit, ignored = _match(picture, order, overlap)
        scores.append(picture.scores[order])
        right.append(hit)
        wrong.append(~hit & ~ignored)
        total += len(picture.truth)
    if total == 0:
        return None
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hits = np.cumsum(np.concatenate(right)[order])
    misses = np.cumsum(np.concatenate(wrong)[order])
    # Ignored detections move neither; before the first that counts, COCO's precision is 0.
    return Curve(hits / total, hits / np.maximum(hits + misses, 1))


def _match(
    picture: Picture, order: NDArray[np.intp], overlap: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say for each detection, best first, whether it is a hit and whether it lies in a crowd."""
    found = picture.found[order]
    people = overlaps(found, picture.truth)
    inside = _within(found, picture.crowds).max(axis=1, initial=0.0)
    hit = np.zeros(len(found), bool)
    for index, row in enumerate(people):
        if not row.size:
            break
        # On equal overlaps the last one wins, as in COCOeval.
        best = row.size - 1 - int(row[::-1].argmax())
        if row[best] >= overlap:
            hit[index] = True
            people[:, best] = -1.0  # already matched
    return hit, ~hit & (inside >= overlap)


def overlaps(found: Array, truth: Array) -> Array:
    """Return the ``(n, m)`` intersections over union."""
    both = _intersections(found, truth)
    union = np.add.outer(_areas(found), _areas(truth)) - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


def _within(found: Array, crowds: Array) -> Array:
    """Return ``(n, k)``: the share of each detection that lies in each crowd region."""
    both = _intersections(found, crowds)
    areas = np.broadcast_to(_areas(found)[:, None], both.shape)
    return np.divide(both, areas, out=np.zeros_like(both), where=areas > 0)


def _intersections(a: Array, b: Array) -> Array:
    wide = np.minimum.outer(a[:, 2], b[:, 2]) - np.maximum.outer(a[:, 0], b[:, 0])
    high = np.minimum.outer(a[:, 3], b[:, 3]) - np.maximum.outer(a[:, 1], b[:, 1])
    return np.maximum(wide, 0.0) * np.maximum(high, 0.0)


def _areas(boxes: Array) -> Array:
    areas: Array = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
