"""Combine detections of several tiles, or of several views of one picture, into one list."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..core.types import Box, Detection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..media.crops import Crop

TILE_IOU = 0.6  # from this IoU on, boxes of one label in several tiles are the same object
VIEW_IOU = 0.55  # the same for several views, whose boxes differ slightly
_EDGE_PX = 3  # a box that comes this close to the edge of a tile counts as cut off


def merge_tiles(found: Iterable[Detection]) -> list[Detection]:
    """Drop what one network found more than once in overlapping tiles; best first."""
    kept: list[Detection] = []
    for each in sorted(found, key=lambda x: -x.score):
        if all(k.label != each.label or k.box.iou(each.box) <= TILE_IOU for k in kept):
            kept.append(each)
    return kept


def from_tile(
    found: Iterable[Detection], tile: Crop, *, width: int, height: int
) -> list[Detection]:
    """Convert boxes from fractions of a tile to fractions of its ``width x height`` frame.

    Drops boxes that the tile's edge cuts off, unless it is the frame's edge too: detection in the
    whole frame has them complete.
    """
    area = tile.box(width, height)
    near_x, near_y = _EDGE_PX / width, _EDGE_PX / height
    kept = []
    for each in found:
        box = Box(
            area.x1 + each.box.x1 * area.width,
            area.y1 + each.box.y1 * area.height,
            area.x1 + each.box.x2 * area.width,
            area.y1 + each.box.y2 * area.height,
        )
        cut_off = (
            (area.x1 > 0 and box.x1 < area.x1 + near_x)
            or (area.y1 > 0 and box.y1 < area.y1 + near_y)
            or (area.x2 < 1 and box.x2 > area.x2 - near_x)
            or (area.y2 < 1 and box.y2 > area.y2 - near_y)
        )
        if not cut_off:
            kept.append(replace(each, box=box))
    return kept


def flip_boxes(found: Iterable[Detection]) -> list[Detection]:
    """Convert boxes of a picture's mirror image to boxes of the picture."""
    return [
        replace(each, box=Box(1 - each.box.x2, each.box.y1, 1 - each.box.x1, each.box.y2))
        for each in found
    ]


def fuse_views(views: Sequence[Sequence[Detection]]) -> list[Detection]:
    """Fuse the detections of several views of one picture, best first.

    Boxes of one label that overlap are one object. Its score is the mean over all views, 0 for a
    view without it; its box is their mean, weighted by their scores. That is weighted boxes fusion
    (Solovyev et al. 2021, arXiv 1910.13302) with at most one box per view.
    """
    pool = [(each, index) for index, view in enumerate(views) for each in view]
    groups: list[_Group] = []
    for each, index in sorted(pool, key=lambda x: -x[0].score):
        candidates = [g for g in groups if g.label == each.label and index not in g.members]
        best = max(candidates, key=lambda g: g.box.iou(each.box), default=None)
        if best is None or best.box.iou(each.box) <= VIEW_IOU:
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
    """One object in several views."""

    label: str
    box: Box
    members: dict[int, Detection]  # by the view's index

    def add(self, index: int, detection: Detection) -> None:
        """Add another view's box and update the mean."""
        self.members[index] = detection
        members = self.members.values()
        corners = [(x.box.x1, x.box.y1, x.box.x2, x.box.y2) for x in members]
        mean = np.average(corners, axis=0, weights=[x.score for x in members])
        self.box = Box(*mean.tolist())
