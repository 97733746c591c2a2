"""Which parts of a picture deserve a closer look than the whole picture gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

MARGIN = 1.6
"""A box is looked at with so much around it: half a person is hard to recognise."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture in pixels, as wide as high; it lies within the picture."""

    left: int
    top: int
    side: int

    def contains(self, box: Box, width: int, height: int) -> bool:
        """Return whether a part of a ``width x height`` picture lies in it."""
        return (
            self.left <= box.x1 * width
            and self.top <= box.y1 * height
            and self.left + self.side >= box.x2 * width
            and self.top + self.side >= box.y2 * height
        )

    def box(self, width: int, height: int) -> Box:
        """Return it as a part of a ``width x height`` picture."""
        return Box(
            self.left / width,
            self.top / height,
            (self.left + self.side) / width,
            (self.top + self.side) / height,
        )


def select_crops(
    boxes: Iterable[Box], *, width: int, height: int, least: int, limit: int
) -> list[Crop]:
    """Return at most ``limit`` squares in which the boxes lie, those that come first first.

    ``width`` and ``height`` are the picture's, ``least`` is the shortest side, all in pixels. A box
    that lies in a square already needs none of its own, and one too large for any gets the largest
    there is.
    """
    found: list[Crop] = []
    for box in boxes:
        if any(square.contains(box, width, height) for square in found):
            continue
        if len(found) == limit:
            break
        wanted = MARGIN * max(box.width * width, box.height * height)
        side = min(width, height, max(least, round(wanted)))
        x, y = box.center
        found.append(
            Crop(
                left=_place(x * width, side, width),
                top=_place(y * height, side, height),
                side=side,
            )
        )
    return found


def _place(centre: float, side: int, length: int) -> int:
    """Return where a piece of ``side`` around ``centre`` begins, moved to lie inside; even."""
    start = min(max(0, round(centre - side / 2)), length - side)
    return start - start % 2  # where pictures keep a colour for two pixels
