"""One list of detections out of several: of parts of a picture, and of several views of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..core.types import Box, Detection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..media.crops import Crop

OVERLAP = 0.6
"""Intersection over union from which on two boxes of one label are the same object."""
SAME = 0.55
"""The same between two views, which draw their boxes a little differently."""
_CUT_PX = 3
"""A box that comes this close to the edge of a part is taken for cut off by it."""


def merge(found: Iterable[Detection]) -> list[Detection]:
    """Drop what several looks of one network found more than once; best first."""
    kept: list[Detection] = []
    for each in sorted(found, key=lambda x: -x.score):
        if all(k.label != each.label or k.box.iou(each.box) <= OVERLAP for k in kept):
            kept.append(each)
    return kept


def placed(found: Iterable[Detection], square: Crop, *, width: int, height: int) -> list[Detection]:
    """Return what was found in a part of a ``width x height`` picture as parts of the picture.

    Leaves out what the part's edge cuts off, unless it is the picture's edge too: the whole picture
    shows it whole.
    """
    part = square.box(width, height)
    near_x, near_y = _CUT_PX / width, _CUT_PX / height
    kept = []
    for each in found:
        box = Box(
            part.x1 + each.box.x1 * part.width,
            part.y1 + each.box.y1 * part.height,
            part.x1 + each.box.x2 * part.width,
            part.y1 + each.box.y2 * part.height,
        )
        cut = (
            part.x1 > 0 and box.x1 < part.x1 + near_x,
            part.y1 > 0 and box.y1 < part.y1 + near_y,
            part.x2 < 1 and box.x2 > part.x2 - near_x,
            part.y2 < 1 and box.y2 > part.y2 - near_y,
        )
        if not any(cut):
            kept.append(replace(each, box=box))
    return kept


def mirrored(found: Iterable[Detection]) -> list[Detection]:
    """Return what was found in a picture's mirror image where it is in the picture."""
    return [
        replace(each, box=Box(1 - each.box.x2, each.box.y1, 1 - each.box.x1, each.box.y2))
        for each in found
    ]


def fuse(views: Sequence[Sequence[Detection]]) -> list[Detection]:
    """Return what several views of one picture come to together, best first.

    Boxes of one label that overlap are one object: its score is the mean over all views, 0 where a
    view did not see it, and its box the mean of theirs, weighted by their scores. That is weighted
    boxes fusion (Solovyev et al. 2021, arXiv 1910.13302) with one box a view at most.
    """
    pool = [(each, index) for index, view in enumerate(views) for each in view]
    groups: list[_Group] = []
    for each, index in sorted(pool, key=lambda x: -x[0].score):
        open_ones = [g for g in groups if g.label == each.label and index not in g.members]
        best = max(open_ones, key=lambda g: g.box.iou(each.box), default=None)
        if best is None or best.box.iou(each.box) <= SAME:
            groups.append(_Group(each.label, each.box, {index: each}))
        else:
            best.add(index, each)
    fused = [
        Detection(g.label, sum(x.score for x in g.members.values()) / len(views), g.box)
        for g in groups
    ]
    return sorted(fused, key=lambda x: -x.score)


@dataclass(slots=True)
class _Group:
    """One object, as the views saw it."""

    label: str
    box: Box
    members: dict[int, Detection]
    """By view."""

    def add(self, index: int, detection: Detection) -> None:
        """Take in another view's box, and lay the common one anew."""
        self.members[index] = detection
        boxes = [(x.score, x.box) for x in self.members.values()]
        total = sum(score for score, _ in boxes)
        self.box = Box(
            sum(score * box.x1 for score, box in boxes) / total,
            sum(score * box.y1 for score, box in boxes) / total,
            sum(score * box.x2 for score, box in boxes) / total,
            sum(score * box.y2 for score, box in boxes) / total,
        )
