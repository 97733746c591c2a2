"""Enhancements of a picture before a network sees it.

Each takes and returns an ``(h, w, 3) uint8`` BGR picture. `script/bench light` measures them on top
of what the product does. `stretch` improved low-contrast pictures and hurt others, so the product
stretches only those (`engine/media/convert.py`); the others improved nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    type Picture = NDArray[np.uint8]
    type Enhancement = Callable[[Picture], Picture]

MIDDLE = 110.0
"""Mean gray level that gamma correction aims at: the mean of COCO's photos."""


def nothing(picture: Picture) -> Picture:
    """Return the picture unchanged."""
    return picture


def stretch(picture: Picture) -> Picture:
    """Stretch the range between the 1st and 99th percentile to all levels, in all colors alike."""
    low, high = np.percentile(picture[::4, ::4], (1, 99))
    if high - low < 1:
        return picture
    levels = (np.arange(256) - low) * (255 / (high - low))
    return cv2.LUT(picture, np.clip(levels, 0, 255).astype(np.uint8))


def gamma(picture: Picture) -> Picture:
    """Move the mean to the middle with a gamma between 0.4 and 1.6."""
    mean = float(np.clip(picture[::4, ::4].mean(), 1, 254)) / 255
    power = float(np.clip(np.log(MIDDLE / 255) / np.log(mean), 0.4, 1.6))
    levels = 255 * (np.arange(256) / 255) ** power
    return cv2.LUT(picture, levels.astype(np.uint8))


def clahe(picture: Picture) -> Picture:
    """Equalize the luma in tiles with a limit (CLAHE, Zuiderveld 1994): limit 2, 8 x 8 tiles."""
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb)
    luma[..., 0] = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(luma[..., 0])
    return cv2.cvtColor(luma, cv2.COLOR_YCrCb2BGR)


ENHANCEMENTS: dict[str, Enhancement] = {
    "nothing": nothing,
    "stretch": stretch,
    "gamma": gamma,
    "CLAHE": clahe,
}
