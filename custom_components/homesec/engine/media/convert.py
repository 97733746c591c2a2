"""Scale, cut, and stretch the pixels of decoded pictures."""

from typing import TYPE_CHECKING, cast

from av.error import FFmpegError
from av.video.frame import VideoFrame
import numpy as np

from ..core.errors import FrameBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .crops import Crop
    from .decoder import Frame

LUMA_WIDTH = 160
FLAT_LEVELS = 100  # a picture is flat if the levels of all but its extreme hundredths span less
MAX_GAIN = 4.0  # more would only stretch noise
_STEP = 8  # only every eighth pixel of every eighth row is measured
_LUMA_FIRST = ("yuv", "nv", "gray")  # prefixes of pixel formats whose first plane can be 8-bit luma
_PLANAR = frozenset({"yuv420p", "yuvj420p"})
"""Formats that can be cut without converting the whole picture first."""


def to_bgr(picture: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """Return ``(height, width, 3)`` uint8 in B, G, R order, scaled by area averaging.

    Raises FrameBroken.
    """
    try:
        # More threads aren't faster, and cost a third more.
        pixels = picture.to_ndarray(
            format="bgr24", width=width, height=height, interpolation="AREA", threads=1
        )
    except (FFmpegError, ValueError) as err:
        raise FrameBroken(f"A frame can't be scaled: {err}") from err
    return cast("NDArray[np.uint8]", pixels)


def crop(picture: VideoFrame, area: Crop) -> VideoFrame:
    """Return part of a picture as a new picture, without an odd last row or column.

    Copies only that part's samples.
    """
    if picture.format.name not in _PLANAR:
        picture = picture.reformat(format="yuv420p", threads=1)
    side = area.side - area.side % 2
    part = VideoFrame(side, side, picture.format.name)
    for index, step in enumerate((1, 2, 2)):
        source, target = _samples(picture, index), _samples(part, index)
        top, left, length = area.top // step, area.left // step, side // step
        target[:length, :length] = source[top : top + length, left : left + length]
    part.color_range, part.colorspace = picture.color_range, picture.colorspace
    return part


def _samples(picture: VideoFrame, index: int) -> NDArray[np.uint8]:
    """Return a plane as a writable ``(rows, line size) uint8`` view."""
    plane = picture.planes[index]
    return np.frombuffer(cast("bytes", plane), np.uint8).reshape(-1, plane.line_size)


def small_luma(frame: Frame, width: int = LUMA_WIDTH) -> NDArray[np.uint8]:
    """Return a small ``(H, W) uint8`` luma picture, about ``width`` wide.

    Subsamples the luma plane, then averages 2 x 2: a thousandth of the cost of scaling.
    """
    step = max(1, round(frame.width / (2 * width)))
    fine = luma_samples(frame.picture)[::step, ::step]
    fine = fine[: fine.shape[0] // 2 * 2, : fine.shape[1] // 2 * 2].astype(np.uint16)
    means = fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]
    return (means >> 2).astype(np.uint8)


def smooth_levels(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the 3 x 3 box mean of a small luma picture, which cuts sensor noise to a third."""
    rows = luma.astype(np.uint16)
    rows[1:] += luma[:-1]
    rows[:-1] += luma[1:]
    rows[0] += luma[0]  # beyond its edges, a picture goes on as there
    rows[-1] += luma[-1]
    sums = rows.copy()
    sums[:, 1:] += rows[:, :-1]
    sums[:, :-1] += rows[:, 1:]
    sums[:, 0] += rows[:, 0]
    sums[:, -1] += rows[:, -1]
    return sums * np.float32(1 / 9)


def luma_samples(picture: VideoFrame) -> NDArray[np.uint8]:
    """Return the ``(H, W) uint8`` luma of a picture: a view of its plane where it has one."""
    if not picture.format.name.startswith(_LUMA_FIRST) or picture.format.components[0].bits != 8:
        picture = picture.reformat(format="gray", threads=1)
    return plane_samples(picture, 0)


def plane_samples(picture: VideoFrame, index: int) -> NDArray[np.uint8]:
    """Return one plane of a planar 8-bit picture as a ``(rows, columns) uint8`` view."""
    plane = picture.planes[index]
    return _samples(picture, index)[: plane.height, : plane.width]


def stretch_contrast(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``(H, W, 3) uint8`` pixels, with their levels stretched if the picture is flat.

    All channels alike, so that hues don't change.
    """
    low, high = np.percentile(pixels[::_STEP, ::_STEP], (1, 99))
    if not 1 <= high - low < FLAT_LEVELS:
        return pixels
    gain = min(MAX_GAIN, 255 / (high - low))
    levels = (np.arange(256) - (low + high) / 2) * gain + 127.5
    table: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return table.take(pixels, mode="clip")  # three times as fast as an index
