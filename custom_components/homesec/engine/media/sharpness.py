"""Measure how sharp a picture's edges are, and whether it has any color.

An edge is sharp if most of its step happens within a few pixels. That hardly depends on light,
contrast, noise, or compression, as the amount of fine detail does.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .convert import luma_samples, plane_samples

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

ROWS, COLUMNS = 9, 16  # of the grid of blocks that edges are measured in
_LINES = 4  # pixel rows that are measured of each row of blocks
_NEAR_WIDTH = 480  # the near distance is one pixel of a picture this wide…
_FAR = 4  # …and the far one is so many times that
_COLOR_STEP = 8
_GRAY = 0.75  # levels by which the colors of a picture without color differ from neutral, at most


@dataclass(frozen=True, eq=False, slots=True)
class EdgeSteps:
    """The highest steps in each of ``ROWS * COLUMNS`` blocks, in levels."""

    near: NDArray[np.float32]  # within a few pixels
    far: NDArray[np.float32]  # within four times as many


def measure_edges(picture: VideoFrame) -> EdgeSteps | None:
    """Return the highest steps along some rows of pixels; None if the picture is too small."""
    near = max(1, round(picture.width / _NEAR_WIDTH))
    width = picture.width // COLUMNS
    if width <= near * _FAR or picture.height < ROWS * _LINES:
        return None
    lines = np.linspace(0, picture.height - 1, ROWS * _LINES).astype(np.intp)
    luma = luma_samples(picture)[lines, : width * COLUMNS].astype(np.int16)
    return EdgeSteps(_steps(luma, near, width), _steps(luma, near * _FAR, width))


def _steps(luma: NDArray[np.int16], distance: int, width: int) -> NDArray[np.float32]:
    steps = np.zeros_like(luma)
    steps[:, :-distance] = np.abs(luma[:, distance:] - luma[:, :-distance])
    blocks = steps.reshape(ROWS, _LINES, COLUMNS, width)
    highest: NDArray[np.float32] = blocks.max(axis=(1, 3)).reshape(-1).astype(np.float32)
    return highest


def has_color(picture: VideoFrame) -> bool | None:
    """Return whether a picture isn't gray, as by infrared light; None if its format can't tell."""
    if not picture.format.name.startswith("yuv") or picture.format.components[0].bits != 8:
        return None
    chroma = (plane_samples(picture, index)[::_COLOR_STEP, ::_COLOR_STEP] for index in (1, 2))
    return any(float(np.abs(x.astype(np.int16) - 128).mean()) > _GRAY for x in chroma)
