"""Composed footage: a street with a clock drawn over it, a blinking light, a flag, and a person."""

from fractions import Fraction

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FPS = 5
START = 9 * 3600 + 41 * 60 + 30  # the time of day at which footage begins: 09:41:30
_LONGEST_SHIFT = 99  # of the noise, in columns
_SEGMENTS = {  # of seven-segment digits: top, upper left and right, middle, lower left and right…
    "0": "abcefg", "1": "cf", "2": "acdeg", "3": "acdfg", "4": "bcdf",
    "5": "abdfg", "6": "abdefg", "7": "acf", "8": "abcdefg", "9": "abcdfg",
}  # fmt: skip
_PLACES = {
    "a": (0, 0, 4, 1), "b": (0, 0, 1, 4), "c": (3, 0, 4, 4), "d": (0, 3, 4, 4),
    "e": (0, 3, 1, 7), "f": (3, 3, 4, 7), "g": (0, 6, 4, 7),
}  # fmt: skip


class Scene:
    """A noisy picture of a street, and layers that are drawn over it."""

    def __init__(self, *layers, size=(320, 240), noise=2.0, seed=1):
        self.layers, self.size = layers, size
        self._rng = np.random.default_rng(seed)
        noises = self._rng.normal(0, noise, (8, size[1], size[0])).astype(np.float32)
        # As wide again as the longest shift.
        self._noises = np.concatenate((noises[:, :, -_LONGEST_SHIFT:], noises), axis=2)
        y, x = np.mgrid[: size[1], : size[0]]
        street = 90 + 30 * np.sin(x / 17) + 20 * np.cos(y / 11)
        self._street = street.astype(np.float32)

    def at(self, t):
        """Return the ``(H, W) uint8`` luma at a time in seconds."""
        luma = self._street.copy()
        for layer in self.layers:
            layer(luma, t)
        shift = _LONGEST_SHIFT - self._rng.integers(_LONGEST_SHIFT)
        luma += self._noises[self._rng.integers(8), :, shift : shift + self.size[0]]
        return luma.clip(0, 255, out=luma).astype(np.uint8)

    def write(self, path, seconds):
        """Write a video with a keyframe each second."""
        with av.open(str(path), "w") as output:
            options = {"preset": "ultrafast", "crf": "20", "g": str(FPS), "sc_threshold": "0"}
            width, height = self.size
            video = output.add_stream(
                "libx264", rate=FPS, width=width, height=height, options=options
            )
            video.codec_context.time_base = Fraction(1, FPS)
            video.codec_context.thread_count = 1
            for n in range(round(seconds * FPS)):
                gray = av.VideoFrame.from_ndarray(self.at(n / FPS), format="gray")
                frame = gray.reformat(format="yuv420p", threads=1)
                frame.pts, frame.time_base = n, Fraction(1, FPS)
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
        return path


def small(luma, width=160):
    """Return luma as the motion gate gets it."""
    step = max(1, round(luma.shape[1] / (2 * width)))
    fine = luma[::step, ::step]
    fine = fine[: fine.shape[0] // 2 * 2, : fine.shape[1] // 2 * 2].astype(np.uint16)
    return (fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2] >> 2).astype(
        np.uint8
    )


def time_of_day(t, date=""):
    now = int(t) + START
    return f"{date}{now // 3600 % 24:02}:{now // 60 % 60:02}:{now % 60:02}"


def clock(size, at, *, level=255, date=""):
    """Draw the time with Pillow's own font."""
    font = ImageFont.load_default(size)
    cache = {}

    def layer(luma, t):
        text = time_of_day(t, date)
        if text not in cache:
            cache.clear()
            image = Image.new("L", luma.shape[::-1], 0)
            ImageDraw.Draw(image).text(at, text, font=font, fill=255)
            left, top, right, bottom = image.getbbox()
            ink = np.asarray(image, np.float32)[top:bottom, left:right] / 255
            cache[text] = slice(top, bottom), slice(left, right), ink
        rows, columns, ink = cache[text]
        luma[rows, columns] += ink * (level - luma[rows, columns])

    return layer


def seven_segments(unit, at, *, level=255, box=None):
    """Draw the time in seven-segment digits of 4 x 7 units, if ``box`` on a plain bar."""

    def layer(luma, t):
        left, top = at
        if box is not None:
            luma[top - unit : top + 8 * unit, left - unit : left + 41 * unit] = box
        for char in time_of_day(t):
            for segment in _SEGMENTS.get(char, ""):
                x1, y1, x2, y2 = (unit * each for each in _PLACES[segment])
                luma[top + y1 : top + y2, left + x1 : left + x2] = level
            left += unit * (5 if char != ":" else 2)

    return layer


def blinking(at, radius, period_s, *, level=250):
    """Draw a light that is on half of the time."""

    def layer(luma, t):
        if t / period_s % 1 < 0.5:
            y, x = np.ogrid[: luma.shape[0], : luma.shape[1]]
            luma[(x - at[0]) ** 2 + (y - at[1]) ** 2 < radius**2] = level

    return layer


def flag(left, top, width, height, period_s=1.93):
    """Draw stripes that wave."""

    def layer(luma, t):
        phase = np.arange(width) / 9 - t * 2 * np.pi / period_s + np.sin(t * 0.7)
        luma[top : top + height, left : left + width] = 150 + 80 * np.sign(np.sin(phase))

    return layer


def person(begin_s, way, *, seconds=4.0, size=(26, 70), level=25):
    """Draw a dark figure that walks along ``way``: x and y of its start and end."""

    def layer(luma, t):
        share = (t - begin_s) / seconds
        if 0 <= share < 1:
            x, y = (round(a + (b - a) * share) for a, b in zip(way[:2], way[2:], strict=True))
            luma[max(0, y) : y + size[1], max(0, x) : x + size[0]] = level

    return layer
