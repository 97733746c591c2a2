"""A decoded picture's pixels: scaled for a network, or a part cut out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from av.error import FFmpegError
from av.video.frame import VideoFrame
import numpy as np

from ..core.errors import FrameBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .crops import Crop

_PLANAR = frozenset({"yuv420p", "yuvj420p"})
"""What nearly every camera's decoder gives; anything else is converted as a whole first."""


def to_bgr(picture: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """Return ``(height, width, 3)`` uint8 in B, G, R order, scaled by area averaging.

    Raises FrameBroken.
    """
    try:
        # More threads scale no faster, and cost a third more.
        pixels = picture.to_ndarray(
            format="bgr24", width=width, height=height, interpolation="AREA", threads=1
        )
    except (FFmpegError, ValueError) as err:
        raise FrameBroken(f"A picture cannot be scaled: {err}") from err
    return cast("NDArray[np.uint8]", pixels)


def crop(picture: VideoFrame, square: Crop) -> VideoFrame:
    """Return a part of a picture as a picture of its own; an odd last row or column is left out.

    Copies the part's samples only: a thousandth of the picture for somebody far away.
    """
    if picture.format.name not in _PLANAR:
        picture = picture.reformat(format="yuv420p", threads=1)
    side = square.side - square.side % 2
    part = VideoFrame(side, side, picture.format.name)
    for index, step in enumerate((1, 2, 2)):
        source, target = _samples(picture, index), _samples(part, index)
        top, left, length = square.top // step, square.left // step, side // step
        target[:length, :length] = source[top : top + length, left : left + length]
    part.color_range, part.colorspace = picture.color_range, picture.colorspace
    return part


def _samples(picture: VideoFrame, index: int) -> NDArray[np.uint8]:
    """Return a plane as ``(rows, line size) uint8``; writes go through to it."""
    plane = picture.planes[index]
    return np.frombuffer(cast("bytes", plane), np.uint8).reshape(-1, plane.line_size)


FLAT_LEVELS = 100
"""A picture is flat when all but its darkest and brightest hundredth lie this close together."""
MOST_GAIN = 4.0
"""Beyond that nothing but noise would be spread."""
_STEP = 8
"""Every eighth pixel of every eighth row tells that well enough."""


def stretch_contrast(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``(h, w, 3)`` uint8 pixels with their levels spread if the picture is flat.

    All colours are treated alike, so that none changes into another.
    """
    low, high = np.percentile(pixels[::_STEP, ::_STEP], (1, 99))
    if not 1 <= high - low < FLAT_LEVELS:
        return pixels
    gain = min(MOST_GAIN, 255 / (high - low))
    levels = (np.arange(256) - (low + high) / 2) * gain + 127.5
    table: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return table[pixels]
