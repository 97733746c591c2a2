"""Paste photos small into a large picture, like distant people in a camera's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from av import VideoFrame
import cv2
import numpy as np

from custom_components.homesec.engine.core.types import Box
from custom_components.homesec.engine.media.decoder import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .photos import Photo

    type Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 1920, 1080
NOISE = 2.5
"""Standard deviation of the sensor's noise in gray levels, as in `footage_video`."""
MIN_PX = 10
"""A smaller person counts neither as found nor as missed."""
GROWN = 0.25
LEAST_GROWTH_PX = 8
"""The motion gate reports a region larger than the person by about a cell of its grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A large picture with a photo pasted somewhere into it."""

    photo: Photo
    """Ground truth of the large picture, as a photo's."""
    pixels: Picture

    @property
    def frame(self) -> Frame:
        """Return the picture as a camera's decoder would."""
        picture = VideoFrame.from_ndarray(self.pixels, format="bgr24")
        return Frame(t=0.0, at=0.0, picture=picture.reformat(format="yuv420p"))

    def moving(self) -> list[Box]:
        """Return the regions in which people move, the largest first."""
        found = []
        for x1, y1, x2, y2 in self.photo.people:
            more_x = max(GROWN * (x2 - x1), LEAST_GROWTH_PX)
            more_y = max(GROWN * (y2 - y1), LEAST_GROWTH_PX)
            found.append(
                Box(
                    max(0.0, (x1 - more_x) / WIDTH),
                    max(0.0, (y1 - more_y) / HEIGHT),
                    min(1.0, (x2 + more_x) / WIDTH),
                    min(1.0, (y2 + more_y) / HEIGHT),
                )
            )
        return sorted(found, key=lambda box: -box.area)


def paste(photo: Photo, quiet: Sequence[Photo], *, high: int, number: int) -> Scene | None:
    """Paste a photo at a random position; half its people are at most ``high`` pixels high.

    The background is one of the ``quiet`` photos without people, enlarged, or gray without any.
    ``number`` seeds all chance. Returns None if the photo would have to be enlarged or does not
    fit.
    """
    scale = high / float(np.median(photo.people[:, 3] - photo.people[:, 1]))
    width, height = round(photo.width * scale), round(photo.height * scale)
    if scale > 1 or width > WIDTH or height > HEIGHT or not (width and height):
        return None
    rng = np.random.default_rng(number)
    pixels = _background(quiet[number % len(quiet)] if quiet else None)
    left, top = rng.integers(0, WIDTH - width + 1), rng.integers(0, HEIGHT - height + 1)
    pixels[top : top + height, left : left + width] = cv2.resize(
        _pixels(photo), (width, height), interpolation=cv2.INTER_AREA
    )
    noisy = pixels + rng.normal(0, NOISE, (HEIGHT, WIDTH, 1)).astype(np.float32)
    offset = np.array([left, top, left, top])
    people, crowds = photo.people * scale + offset, photo.crowds * scale + offset
    tiny = people[:, 3] - people[:, 1] < MIN_PX
    return Scene(
        photo=replace(
            photo,
            width=WIDTH,
            height=HEIGHT,
            people=people[~tiny],
            crowds=np.vstack((crowds, people[tiny])),
        ),
        pixels=np.clip(np.rint(noisy), 0, 255).astype(np.uint8),
    )


def _background(photo: Photo | None) -> Picture:
    """Return the middle of a photo, scaled to the size and shape of the picture."""
    if photo is None:
        return np.full((HEIGHT, WIDTH, 3), 114, np.uint8)
    pixels = _pixels(photo)
    scale = max(WIDTH / pixels.shape[1], HEIGHT / pixels.shape[0])
    large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(large, (max(WIDTH, large.shape[1]), max(HEIGHT, large.shape[0])))
    left, top = (large.shape[1] - WIDTH) // 2, (large.shape[0] - HEIGHT) // 2
    return large[top : top + HEIGHT, left : left + WIDTH].copy()


def _pixels(photo: Photo) -> Picture:
    return photo.frame().picture.to_ndarray(format="bgr24")
