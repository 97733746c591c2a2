"""Choose the crops of a picture that a network gets at full resolution."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

MARGIN = 1.6  # size of a crop relative to its box: networks need some surroundings


@dataclass(frozen=True, slots=True)
class Crop:
    """A square part of a picture, in pixels."""

    left: int
    top: int
    side: int

    def contains(self, box: Box, width: int, height: int) -> bool:
        """Return whether a box of a ``width x height`` picture is inside."""
        return (
            self.left <= box.x1 * width
            and self.top <= box.y1 * height
            and self.left + self.side >= box.x2 * width
            and self.top + self.side >= box.y2 * height
        )

    def box(self, width: int, height: int) -> Box:
        """Return the crop as a box of a ``width x height`` picture."""
        return Box(
            self.left / width,
            self.top / height,
            (self.left + self.side) / width,
            (self.top + self.side) / height,
        )


def select_crops(
    boxes: Iterable[Box], *, width: int, height: int, min_side: int, limit: int
) -> list[Crop]:
    """Return at most ``limit`` crops that contain the boxes, the first boxes first.

    ``width`` and ``height`` are the picture's, ``min_side`` is a crop's, all in pixels. A box that
    is inside an earlier crop gets none, and one too large for any crop gets the largest.
    """
    crops: list[Crop] = []
    for box in boxes:
        if any(crop.contains(box, width, height) for crop in crops):
            continue
        if len(crops) == limit:
            break
        longest = max(box.width * width, box.height * height)
        side = min(width, height, max(min_side, round(MARGIN * longest)))
        x, y = box.center
        left, top = _start(x * width, side, width), _start(y * height, side, height)
        crops.append(Crop(left, top, side))
    return crops


def _start(center: float, side: int, length: int) -> int:
    """Return the even start of a crop around ``center``, moved inside of the picture."""
    start = min(max(0, round(center - side / 2)), length - side)
    return start - start % 2  # YUV 4:2:0 has one chroma sample for two pixels
