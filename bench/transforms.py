"""Simulated bad light, weather, and cameras on good photos.

Each takes and returns an ``(h, w, 3) uint8`` BGR picture, at a strength at which a person can still
recognize people with some effort. The photo's number seeds all randomness, so every run sees the
same.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    type Picture = NDArray[np.uint8]
    type Transform = Callable[[Picture, int], Picture]


def as_it_is(picture: Picture, _number: int) -> Picture:
    """Return the picture unchanged."""
    return picture


def infrared(picture: Picture, number: int) -> Picture:
    """Simulate infrared lamps: no color, bright middle, dark edges.

    Red weighs most, as leaves and cloth reflect infrared; gamma 0.8 and a contrast of 1.3 around
    the middle; the corners get 45 % of the light; noise of 4 gray levels.
    """
    grey = picture @ np.array([0.1, 0.3, 0.6], np.float32) / 255
    grey = np.clip((grey**0.8 - 0.5) * 1.3 + 0.5, 0, 1) * _vignette(grey.shape, corner=0.45)
    return _grey(grey * 255 + _noise(grey.shape, 4, number))


def low_contrast(picture: Picture, _number: int) -> Picture:
    """Simulate fog or a dirty dome: a quarter of the contrast on light gray."""
    return _bytes(picture.astype(np.float32) * 0.25 + 120)


def dark(picture: Picture, number: int) -> Picture:
    """Simulate night without lamps: a twentieth of the light, amplified four times with its noise.

    Photon noise grows with the square root of the light, read noise is 1.2 levels, quantized before
    the camera's gain.
    """
    light = picture.astype(np.float32) * 0.05
    rng = np.random.default_rng(number)
    sensor = (
        light
        + rng.normal(0, 1, light.shape) * np.sqrt(0.25 * light)
        + rng.normal(0, 1.2, light.shape)
    )
    return _bytes(np.round(sensor) * 4)


def motion_blur(picture: Picture, number: int) -> Picture:
    """Blur along a line of 2.5 % of the width in a random direction, as a long exposure does."""
    length = max(3, round(picture.shape[1] * 0.025)) | 1
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    angle = float(np.random.default_rng(number).uniform(0, 180))
    turned = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), angle, 1)
    kernel = cv2.warpAffine(kernel, turned, (length, length))
    return _bytes(cv2.filter2D(picture, cv2.CV_32F, kernel / kernel.sum()))


def rain(picture: Picture, number: int) -> Picture:
    """Draw bright slanted streaks, one per 600 pixels, under a gray veil."""
    rng = np.random.default_rng(number)
    height, width = picture.shape[:2]
    streaks = np.zeros((height, width), np.float32)
    slant = rng.uniform(-0.3, 0.3)
    for _ in range(height * width // 600):
        x, y = rng.uniform(0, width), rng.uniform(-0.1 * height, height)
        long = rng.uniform(0.03, 0.08) * height
        ends = (round(x), round(y)), (round(x + slant * long), round(y + long))
        cv2.line(streaks, *ends, rng.uniform(0.25, 0.7), 1, cv2.LINE_AA)
    streaks = cv2.GaussianBlur(streaks, (3, 3), 0)[..., None]
    veiled = picture.astype(np.float32) * 0.75 + 45
    return _bytes(veiled * (1 - streaks) + 225 * streaks)


def compression(picture: Picture, _number: int) -> Picture:
    """Compress as a cheap camera does: JPEG of quality 8 of 100 at 60 % of the size."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 8])
    with av.open(BytesIO(packed.tobytes())) as container:
        coarse = next(container.decode(video=0)).to_ndarray(format="bgr24")
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


TRANSFORMS: dict[str, Transform] = {
    "as it is": as_it_is,
    "infrared": infrared,
    "low contrast": low_contrast,
    "dark": dark,
    "motion blur": motion_blur,
    "rain": rain,
    "compression": compression,
}


def _vignette(shape: tuple[int, ...], *, corner: float) -> NDArray[np.float32]:
    height, width = shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    return 1 - (1 - corner) * (x * x + y * y) / 2


def _noise(shape: tuple[int, ...], deviation: float, number: int) -> NDArray[np.float64]:
    return np.random.default_rng(number).normal(0, deviation, shape)


def _grey(values: NDArray[np.floating]) -> Picture:
    return np.repeat(_bytes(values)[..., None], 3, axis=2)


def _bytes(values: NDArray[np.floating]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
