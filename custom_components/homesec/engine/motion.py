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
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Change(Enum):
    """What a picture shows against the ones before it."""

    NONE = "none"
    MOTION = "motion"
    SCENE = "scene"
    """Most of the picture is new."""


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

    def reset(self) -> None:
        """Forget the background: the camera moved or came back."""
        self._background = None

    def update(self, grey: NDArray[np.uint8]) -> Change:
        """Look at ``(H, W) uint8`` luma; the first picture after a reset is a new scene."""
        smooth = _smooth(grey)
        background = self._background
        if background is None or background.shape != smooth.shape:
            self._background = smooth
            return Change.SCENE
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
            return Change.SCENE
        weight = np.where(
            changed, np.float32(self._settings.adapt_moving), np.float32(self._settings.adapt)
        )
        background += weight * (smooth - background)
        return Change.MOTION if share > self._settings.min_share else Change.NONE


def _smooth(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """3 x 3 box mean: sensor noise falls to a third, a person stays."""
    padded = np.pad(grey, 1, mode="edge").astype(np.float32)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    mean: NDArray[np.float32] = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return mean
