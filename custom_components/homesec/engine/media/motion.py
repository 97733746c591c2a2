"""Detect motion in small luma pictures, so that the detector only gets frames worth its time.

Each picture is compared with a running background, an exponential average. Changes of the whole
picture (auto-exposure, clouds, infrared gain) are subtracted first. A change of most of the picture
(a light switch, day to night) counts once and becomes the new background.
"""

from dataclasses import dataclass
from enum import Enum
import math
from typing import TYPE_CHECKING

import numpy as np

from ..core.types import Box
from .convert import smooth_levels
from .repeated_change import RepeatedChange

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Change(Enum):
    """How a picture differs from the background."""

    NONE = "none"
    MOTION = "motion"
    SCENE = "scene"  # most of the picture is new


@dataclass(frozen=True, slots=True, eq=False)
class MotionResult:
    """How and where a picture differs from the background."""

    change: Change
    cells: NDArray[np.bool_] | None = None
    """``(H, W)``, True where there is motion; None if unknown, after a change of scene."""
    repeated: bool = False
    """Whether there would be motion, if it weren't the same again and again in one place."""

    def share(self, box: Box) -> float | None:
        """Return the fraction of a box with motion, 0..1; None if unknown."""
        if self.cells is None:
            return None
        rows, columns = self.cells.shape
        left, top = math.floor(box.x1 * columns), math.floor(box.y1 * rows)
        right, bottom = math.ceil(box.x2 * columns), math.ceil(box.y2 * rows)
        inside = self.cells[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        return float(np.count_nonzero(inside) / inside.size) if inside.size else 0.0

    def boxes(self, *, min_cells: int = 3) -> list[Box]:
        """Return a box around each patch of at least ``min_cells`` cells, largest first.

        A patch may have small gaps, since only parts of a person differ from the background. No
        boxes if a large part of the picture moves.
        """
        if (
            self.cells is None
            or not 0 < np.count_nonzero(self.cells) < self.cells.size * _MAX_MOVING
        ):
            return []
        rows, columns = self.cells.shape
        boxes = [
            Box(x1 / columns, y1 / rows, x2 / columns, y2 / rows)
            for x1, y1, x2, y2, count in _patches(self.cells)
            if count >= min_cells
        ]
        return sorted(boxes, key=lambda box: -box.area)


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSettings:
    """How sensitive the gate is; the defaults prefer false positives."""

    step: float = 14.0  # levels (0..255) by which a smoothed pixel has to differ
    min_share: float = 0.0012
    """Fraction of the unmasked picture that has to differ: 17 of 14,400 pixels."""
    scene_share: float = 0.6  # fraction above which the scene has changed
    adapt: float = 0.12  # weight of the newest picture in the background
    adapt_moving: float = 0.02
    """The same where there is motion, so that an object doesn't become background at once."""


class MotionGate:
    """Compares each picture with a running background.

    ``update`` costs a few array operations on about 15,000 pixels.
    """

    def __init__(
        self, settings: MotionSettings | None = None, *, mask: NDArray[np.bool_] | None = None
    ) -> None:
        """``mask``: True where motion counts; ignored unless it has the pictures' size."""
        self._settings = settings or MotionSettings()
        self._mask = mask
        self._background: NDArray[np.float32] | None = None
        self._repeated: RepeatedChange | None = None

    def set_mask(self, mask: NDArray[np.bool_] | None) -> None:
        """Replace the mask; the background is known outside of it, too."""
        self._mask = mask

    def reset(self) -> None:
        """Forget the background, since the camera has moved or reconnected."""
        self._background = None

    def update(
        self, grey: NDArray[np.uint8], t: float | None = None, *, learns: bool = True
    ) -> MotionResult:
        """Compare ``(H, W) uint8`` luma; the first picture after a reset is a new scene.

        With its time ``t``, what repeats in place is learned: only if ``learns``, which is false
        while somebody is in the picture.
        """
        smooth = smooth_levels(grey)
        background = self._background
        if background is None or background.shape != smooth.shape:
            self._background = smooth
            if self._repeated is None or self._repeated.shape != smooth.shape:
                self._repeated = RepeatedChange(smooth)
            return MotionResult(Change.SCENE)
        difference = smooth - background
        difference -= _middle(difference[::2, ::2])
        changed = np.abs(difference) > self._settings.step
        counted = changed.size
        if self._mask is not None and self._mask.shape == changed.shape:
            changed &= self._mask
            counted = max(1, np.count_nonzero(self._mask))
        share = np.count_nonzero(changed) / counted
        if share > self._settings.scene_share:
            self._background = smooth
            return MotionResult(Change.SCENE)
        weight = np.where(
            changed, np.float32(self._settings.adapt_moving), np.float32(self._settings.adapt)
        )
        background += weight * (smooth - background)
        if share <= self._settings.min_share:
            self._learn(smooth, changed, t if learns else None)
            return MotionResult(Change.NONE, changed)
        known = self._repeated.explains(smooth, self._settings.step) if self._repeated else None
        left = changed if known is None else changed & ~known
        self._learn(smooth, changed, t if learns else None)
        if np.count_nonzero(left) / counted > self._settings.min_share:
            return MotionResult(Change.MOTION, left)
        return MotionResult(Change.NONE, left, repeated=True)

    def _learn(
        self, smooth: NDArray[np.float32], changed: NDArray[np.bool_], t: float | None
    ) -> None:
        if self._repeated is not None and t is not None:
            self._repeated.learn(smooth, changed, t)


def _middle(values: NDArray[np.float32]) -> np.float32:
    """Return the (upper) median, a third of the cost of NumPy's, which looks for NaN, too."""
    half = values.size // 2
    middle: np.float32 = np.partition(values, half, axis=None)[half]
    return middle


_MAX_MOVING = 0.25  # fraction of the picture above which patches mean nothing
_JOIN = 4  # cells in a row of the blocks that patches are joined by


def _patches(cells: NDArray[np.bool_]) -> list[tuple[int, int, int, int, int]]:
    """Return x1, y1, x2, y2, and the number of cells of each patch: a flood fill over blocks."""
    blocks = _blocks(cells)
    found = []
    while blocks:
        start, (x1, y1, x2, y2, count) = blocks.popitem()
        border = [start]
        while border:
            row, column = border.pop()
            for near in ((row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
                if (more := blocks.pop(near, None)) is None:
                    continue
                x1, y1 = min(x1, more[0]), min(y1, more[1])
                x2, y2 = max(x2, more[2]), max(y2, more[3])
                count += more[4]
                border.append(near)
        found.append((x1, y1, x2, y2, count))
    return found


def _blocks(cells: NDArray[np.bool_]) -> dict[tuple[int, int], tuple[int, int, int, int, int]]:
    """Return the same by row and column of each block of ``_JOIN`` x ``_JOIN`` with any cells."""
    ys, xs = np.nonzero(cells)
    width = cells.shape[1] // _JOIN + 1
    ids = ys // _JOIN * width + xs // _JOIN
    order = np.argsort(ids, kind="stable")
    ids, ys, xs = ids[order], ys[order], xs[order]
    first = np.flatnonzero(np.diff(ids, prepend=-1))
    extents = (
        np.minimum.reduceat(xs, first),
        np.minimum.reduceat(ys, first),
        np.maximum.reduceat(xs, first) + 1,
        np.maximum.reduceat(ys, first) + 1,
        np.diff(first, append=len(ids)),
    )
    keys = (divmod(key, width) for key in ids[first].tolist())
    return dict(zip(keys, zip(*(x.tolist() for x in extents), strict=True), strict=True))
