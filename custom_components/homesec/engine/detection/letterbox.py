"""Lay a picture into a network's input: size, padding, and normalization."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

type Bgr = tuple[float, float, float]

FOLD = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Row and column in 2 x 2 pixels of each group of channels: the order of YOLOX's Focus layer."""
STEP = 32  # networks halve their input five times: its sides are multiples of this


@lru_cache(maxsize=64)
def fit_to_area(width: int, height: int, *, area: int) -> tuple[int, int]:
    """Return the size at which a picture fills an input of about ``area`` pixels best.

    The input of a flexible network takes the shape of the picture, so nothing is spent on padding
    and portrait pictures are scaled like landscape ones. Nothing is enlarged.
    """
    best = 0.0
    for columns in range(STEP, area // STEP + 1, STEP):
        rows = area // columns // STEP * STEP
        best = max(best, min(columns / width, rows / height))
    scale = min(1.0, best)
    return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterbox:
    """A network's input of ``width x height`` pixels, with the picture at its top left."""

    width: int
    height: int
    pad: float = 0.0  # value of the pixels beside the picture, before normalization
    mean: Bgr = (0.0, 0.0, 0.0)
    std: Bgr = (1.0, 1.0, 1.0)
    rgb: bool = False  # the network wants R, G, B; pictures are B, G, R
    stretch: bool = False  # the picture fills the input without keeping its aspect ratio
    fold: bool = False
    """Fold each 2 x 2 pixels into channels, as the network's first layer would; see ``FOLD``."""

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the size to which a ``width x height`` picture is scaled to fit inside."""
        if self.stretch:
            return self.width, self.height
        scale = min(self.width / width, self.height / height)
        return (
            min(self.width, max(1, round(width * scale))),
            min(self.height, max(1, round(height * scale))),
        )

    def blob(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Lay a fitted ``(h, w, 3)`` B, G, R picture into a new float32 input.

        It is ``(3, height, width)``, or folded ``(12, height / 2, width / 2)``. Raises ValueError.
        """
        if picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"A picture is (height, width, 3), not {picture.shape}")
        height, width = picture.shape[:2]
        if height > self.height or width > self.width:
            raise ValueError(f"{width}x{height} does not fit {self.width}x{self.height}")
        step, offsets = (2, FOLD) if self.fold else (1, FOLD[:1])
        shape = (3 * len(offsets), self.height // step, self.width // step)
        planes = np.empty(shape, np.float32)
        for group, (top, left) in enumerate(offsets):
            pixels = picture[top::step, left::step]
            for channel in range(3):
                source = 2 - channel if self.rgb else channel
                self._fill(planes[3 * group + channel], pixels[:, :, source], source)
        return planes

    def _fill(self, plane: NDArray[np.float32], pixels: NDArray[np.uint8], channel: int) -> None:
        """Normalize one channel of B, G, R into the top left of a plane, and pad the rest."""
        height, width = pixels.shape
        mean, std = self.mean[channel], self.std[channel]
        inside = plane[:height, :width]
        inside[...] = pixels
        if mean:
            inside -= mean
        if std != 1.0:
            inside *= 1.0 / std
        padding = (self.pad - mean) / std
        plane[height:] = padding
        plane[:height, width:] = padding
