"""A cheap gate before the detector: whether anything has changed in a small grey picture.

A running background (exponential average) is compared with the new picture. What the whole picture
has in common (auto-exposure, a cloud, infrared gain) is taken out first; what is left over in a
coherent patch is motion. A change of most of the picture (a light switch, day to night) counts as
motion once and becomes the new background, so that it neither hides somebody who came in with the
light nor rings on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
import math
from typing import TYPE_CHECKING

import numpy as np

from ..core.types import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Change(Enum):
    """What a picture shows against the ones before it."""

    NONE = "none"
    MOTION = "motion"
    SCENE = "scene"
    """Most of the picture is new."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionResult:
    """What a picture shows against the ones before it, and where."""

    change: Change
    cells: NDArray[np.bool_] | None = None
    """``(H, W)``: True where it moves; None when that is not known, as after a change of scene."""

    def share(self, box: Box) -> float | None:
        """Return which share of a box moves, 0..1; None when that is not known."""
        if self.cells is None:
            return None
        rows, columns = self.cells.shape
        left, top = math.floor(box.x1 * columns), math.floor(box.y1 * rows)
        right, bottom = math.ceil(box.x2 * columns), math.ceil(box.y2 * rows)
        inside = self.cells[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        return float(np.count_nonzero(inside) / inside.size) if inside.size else 0.0

    def boxes(self, *, least: int = 3) -> list[Box]:
        """Return where it moves: a box around each patch of ``least`` cells or more, largest first.

        Cells belong to one patch when no more than a gap of a few cells lies between them, since
        what walks shows as legs here and a head there. Where a large part of the picture moves,
        nothing in it can be told apart: none is returned.
        """
        if self.cells is None or not 0 < np.count_nonzero(self.cells) < self.cells.size * _APART:
            return []
        rows, columns = self.cells.shape
        boxes = [
            Box(x1 / columns, y1 / rows, x2 / columns, y2 / rows)
            for x1, y1, x2, y2, count in _patches(self.cells)
            if count >= least
        ]
        return sorted(boxes, key=lambda box: -box.area)


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSettings:
    """How sensitive the gate is; the defaults favour waking once too often."""

    step: float = 14.0
    """Grey levels (0..255) by which a smoothed pixel must differ."""
    min_share: float = 0.0012
    """Share of the (unmasked) picture that must differ: 17 of 14,400 pixels."""
    scene_share: float = 0.6
    """Above this share it is the scene that changed."""
    adapt: float = 0.12
    """Weight of the newest picture in the background."""
    adapt_moving: float = 0.02
    """The same where something moves: it shall not melt into the background at once."""


class MotionGate:
    """Compares each picture with a running background.

    ``update`` costs a few array operations on about 15,000 pixels.
    """

    def __init__(
        self, settings: MotionSettings | None = None, *, mask: NDArray[np.bool_] | None = None
    ) -> None:
        """``mask``: True where it is to look; ignored if it is not of the pictures' size."""
        self._settings = settings or MotionSettings()
        self._mask = mask
        self._background: NDArray[np.float32] | None = None

    def set_mask(self, mask: NDArray[np.bool_] | None) -> None:
        """Look elsewhere from now on; the background is known there too."""
        self._mask = mask

    def reset(self) -> None:
        """Forget the background: the camera moved or came back."""
        self._background = None

    def update(self, grey: NDArray[np.uint8]) -> MotionResult:
        """Look at ``(H, W) uint8`` luma; the first picture after a reset is a new scene."""
        smooth = _smooth(grey)
        background = self._background
        if background is None or background.shape != smooth.shape:
            self._background = smooth
            return MotionResult(Change.SCENE)
        difference = smooth - background
        difference -= np.float32(np.median(difference[::2, ::2]))
        changed = np.abs(difference) > self._settings.step
        watched = changed.size
        if self._mask is not None and self._mask.shape == changed.shape:
            changed &= self._mask
            watched = max(1, np.count_nonzero(self._mask))
        share = np.count_nonzero(changed) / watched
        if share > self._settings.scene_share:
            self._background = smooth
            return MotionResult(Change.SCENE)
        weight = np.where(
            changed, np.float32(self._settings.adapt_moving), np.float32(self._settings.adapt)
        )
        background += weight * (smooth - background)
        change = Change.MOTION if share > self._settings.min_share else Change.NONE
        return MotionResult(change, changed)


_APART = 0.25
"""Share of the picture up to which patches mean something."""
_JOIN = 4
"""Cells of 160 across: patches this close belong together."""


def _patches(cells: NDArray[np.bool_]) -> list[tuple[int, int, int, int, int]]:
    """Return x1, y1, x2, y2 and the number of cells of each patch.

    Works on blocks of ``_JOIN`` cells, which are joined when they touch: union by flooding.
    """
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
    """Return, by row and column of each block with cells in it, what ``_patches`` returns of it."""
    ys, xs = np.nonzero(cells)
    width = cells.shape[1] // _JOIN + 1
    ids = ys // _JOIN * width + xs // _JOIN
    order = np.argsort(ids, kind="stable")
    ids, ys, xs = ids[order], ys[order], xs[order]
    first = np.flatnonzero(np.diff(ids, prepend=-1))
    figures = (
        np.minimum.reduceat(xs, first),
        np.minimum.reduceat(ys, first),
        np.maximum.reduceat(xs, first) + 1,
        np.maximum.reduceat(ys, first) + 1,
        np.diff(first, append=len(ids)),
    )
    keys = (divmod(key, width) for key in ids[first].tolist())
    return dict(zip(keys, zip(*(x.tolist() for x in figures), strict=True), strict=True))


def _smooth(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """3 x 3 box mean: sensor noise falls to a third, a person stays."""
    padded = np.pad(grey, 1, mode="edge").astype(np.float32)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    mean: NDArray[np.float32] = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return mean
