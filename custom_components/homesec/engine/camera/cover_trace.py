"""Recognize how a lens was covered: parts were hidden, and the others as bright as before.

Light that is switched off or dimmed takes the brightness of all parts before they're lost.
"""

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..media.block_structure import BlockStructure
from ..media.convert import smooth_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_S = 15.0  # from the first hidden part to the last; spraying takes seconds
AFTER_S = 5.0  # pictures are averaged, so that the loss is seen late
MIN_HIDDEN, MAX_HIDDEN = 0.2, 0.95  # fraction of the scene's blocks
MOST_HIDDEN = 0.65  # at least, in one of the pictures; people hide less
MIN_STEP, MIN_STEPS = 0.06, 2  # by which it grows; lamps go out one by one, but not so many
_GONE, _KEPT = 0.3, 0.7  # correlation of a block that is hidden, and of one that isn't
_FADED = 0.3  # of the contrast before: what is behind paint
_MIN_KEPT = 3  # blocks
_DIMMED = 0.8  # of the brightness before
_INTERVAL_S = 0.19
_PICTURES = 100  # 1.4 MB


class CoverTrace:
    """The small luma pictures of the last seconds, which are looked at if the scene is lost."""

    def __init__(self) -> None:
        self._pictures: deque[tuple[float, NDArray[np.uint8]]] = deque(maxlen=_PICTURES)
        """With their times, in the order in which they came: late ones are among newer ones."""

    def add(self, small: NDArray[np.uint8], t: float) -> None:
        """Keep a picture, unless one of nearly the same time is kept."""
        if not self._pictures or abs(t - self._pictures[-1][0]) >= _INTERVAL_S:
            self._pictures.append((t, small))

    def shows_cover(self, scene: BlockStructure, lost_t: float) -> bool:
        """Return whether something came over the lens before the scene was lost."""
        hidden = [
            share
            for t, small in sorted(self._pictures, key=lambda each: each[0])
            if lost_t - WINDOW_S <= t <= lost_t + AFTER_S
            and (share := _hidden_share(scene, small)) is not None
        ]
        steps = sum(after - before >= MIN_STEP for before, after in pairwise(hidden))
        return steps >= MIN_STEPS and max(hidden) >= MOST_HIDDEN


def _hidden_share(scene: BlockStructure, small: NDArray[np.uint8]) -> float | None:
    """Return the fraction of the scene that is hidden; None if the rest isn't as it was."""
    shown = BlockStructure(smooth_levels(small))
    if shown.levels.shape != scene.levels.shape or not scene.structured.any():
        return None
    found = scene.correlate(shown)[scene.structured]
    contrast = (shown.contrast / scene.contrast)[scene.structured]
    hidden = float(np.mean((found < _GONE) | (contrast < _FADED)))
    kept = np.flatnonzero(scene.structured)[(found >= _KEPT) & (contrast >= _FADED)]
    if not MIN_HIDDEN <= hidden <= MAX_HIDDEN or kept.size < _MIN_KEPT:
        return None
    brightness = shown.means[kept] / np.maximum(scene.means[kept], 1)
    return hidden if float(np.median(brightness)) >= _DIMMED else None
