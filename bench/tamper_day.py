"""A day in front of a camera, composed on a photo: light, weather, visitors, and no tampering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    type Levels = NDArray[np.float64]

HEIGHT, WIDTH = 180, 320
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
HOUR = 3600.0
DAY = 24 * HOUR
QUIET_S, BUSY_S = 6.0, 0.5
"""Between two pictures: while nothing happens, and while something does."""
GAPS = (4 * HOUR, 17 * HOUR)  # the camera is lost for a moment


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that's in front of the camera for a while."""

    kind: str
    begin: float
    end: float
    at: float  # 0..1: where


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: ``(HEIGHT, WIDTH)`` levels."""

    t: float
    levels: Levels
    in_color: bool


@dataclass(slots=True)
class Day:
    """A day on one scene; ``indoors``: lamps rather than the sun, and no infrared light."""

    scene: Levels
    seed: int
    indoors: bool
    _rng: np.random.Generator = field(init=False)
    _infrared: Levels = field(init=False)
    _grain: Levels = field(init=False)
    _exposure: float = 1.0

    def __post_init__(self) -> None:
        """Draw what the day has in common."""
        self._rng = np.random.default_rng(self.seed)
        rough = self._rng.uniform(0.5, 1.7, (HEIGHT // 30, WIDTH // 40))
        spot = np.exp(-((X - WIDTH / 2) ** 2 + (Y - HEIGHT * 0.6) ** 2) / (2 * 90**2))
        self._infrared = np.kron(rough, np.ones((30, 40))) * spot
        self._grain = self._rng.normal(0, 1, (HEIGHT * 2, WIDTH * 2))

    def shots(self) -> Iterator[Shot]:
        """Yield the pictures of the day, from midnight to midnight."""
        happenings = sorted(self._happenings(), key=lambda each: each.begin)
        t = 0.0
        while t < DAY:
            now = [x for x in happenings if x.begin <= t < x.end]
            happenings = [x for x in happenings if x.end > t]
            yield self.shot(t, now)
            t += BUSY_S if now else QUIET_S

    def shot(self, t: float, now: list[Happening]) -> Shot:
        """Return the picture at a time of the day."""
        levels, in_color, noise = self._lit(t, now)
        for each in now:
            levels = _DRAW.get(each.kind, _nothing)(levels, each, t, self._rng)
        if 13 * HOUR < t < 14.5 * HOUR and not self.indoors:
            levels = self._rainy(levels)
        if 15 * HOUR < t < 16 * HOUR and not self.indoors:
            levels = np.roll(levels, self._rng.integers(-2, 3, 2), (0, 1))  # wind
        return Shot(t=t, levels=levels + self.noise(noise), in_color=in_color)

    def noise(self, deviation: float) -> Levels:
        """Return the noise of another picture."""
        y, x = self._rng.integers(0, HEIGHT), self._rng.integers(0, WIDTH)
        return deviation * self._grain[y : y + HEIGHT, x : x + WIDTH]

    def _lit(self, t: float, now: list[Happening]) -> tuple[Levels, bool, float]:
        """Return the scene in its light, whether it has color, and how noisy it is."""
        sun = _sun(t)
        if self.indoors:
            lamp = 0.0 if any(x.kind == "dark" for x in now) or 1 * HOUR < t < 6 * HOUR else 1.0
            left = np.exp(-(((X - 90) / 140) ** 2))
            light = lamp * (0.35 + 0.8 * left) + sun * (0.9 - 0.7 * left)
            return 16 + (self.scene - 16) * np.clip(light, 0, 1.4), True, 2.0 + 2 * (sun < 0.1)
        if sun < 0.06:
            return 20 + self.scene * self._infrared * 0.9, False, 5.0
        clouds = np.sin(t / 700 + self.seed) + np.sin(t / 130) > 0.3
        edge = (X + Y * 0.7 - (t / DAY) * 700 + 150) > 0
        light = sun * (1.0 if clouds else 0.55 + 0.75 * edge)
        fog = 0.75 * np.clip(1 - abs(t - 7.5 * HOUR) / HOUR, 0, 1)
        levels = (16 + (self.scene - 16) * light) * (1 - fog) + 130 * fog
        wanted = float(np.clip(105 / max(levels.mean(), 5), 0.4, 5))
        self._exposure += 0.2 * (wanted - self._exposure)
        return levels * self._exposure, True, 2.0 + 4 * (sun < 0.25)

    def _rainy(self, levels: Levels) -> Levels:
        levels = levels.copy()
        for _ in range(70):
            x, y = self._rng.integers(0, WIDTH), self._rng.integers(0, HEIGHT - 24)
            levels[y : y + 22, x] += 40
        return levels

    def _happenings(self) -> Iterator[Happening]:
        """Draw lots for everything that happens, apart from the light and the weather."""
        rng = self._rng
        often = {"visitor": (120, 8, 60), "close": (8, 15, 90), "truck": (4, 10, 45)}
        if self.indoors:
            often = {"visitor": (120, 8, 60), "close": (8, 15, 90), "dark": (6, 120, 1500)}
        for kind, (count, least_s, most_s) in often.items():
            for _ in range(count):
                begin = rng.uniform(6.5 * HOUR, DAY - HOUR)
                if kind == "dark":  # when it's dark outside, too
                    begin = rng.uniform(21.5 * HOUR, DAY - HOUR)
                yield Happening(kind, begin, begin + rng.uniform(least_s, most_s), rng.uniform())
        if not self.indoors:
            for _ in range(60):
                begin = rng.choice([0, 21.2 * HOUR]) + rng.uniform(0, 2.7 * HOUR)
                yield Happening("headlights", begin, begin + rng.uniform(4, 9), rng.uniform())
            for begin in (22.4 * HOUR, 23.2 * HOUR):
                yield Happening("parked", begin, begin + 150, rng.uniform())


def _sun(t: float) -> float:
    rise = np.clip((t - 6 * HOUR) / (1.5 * HOUR), 0, 1)
    fall = np.clip((21 * HOUR - t) / (1.5 * HOUR), 0, 1)
    return float(min(rise, fall))


def _nothing(levels: Levels, _each: Happening, _t: float, _rng: np.random.Generator) -> Levels:
    return levels


def _visitor(levels: Levels, each: Happening, t: float, rng: np.random.Generator) -> Levels:
    part = (t - each.begin) / (each.end - each.begin)
    height = int(30 + 110 * each.at)
    left, top = int(part * (WIDTH - 20)), min(HEIGHT - height, int(40 + 60 * each.at))
    levels = levels.copy()
    body = levels[top : top + height, left : left + height // 3]
    body[:] = 40 + 150 * each.at + rng.normal(0, 12, body.shape)
    return levels


def _close(levels: Levels, each: Happening, _t: float, rng: np.random.Generator) -> Levels:
    left = rng.uniform(-15, 15) + WIDTH * 0.08
    inside = (left < X) & (left + WIDTH * 0.84 > X)
    folds = 25 * np.sin((X + rng.uniform(0, 40)) / 15) + 15 * np.sin(Y / 8 + rng.uniform(0, 6))
    return np.where(inside, 40 + 80 * each.at + folds, levels)


def _truck(levels: Levels, each: Happening, t: float, _rng: np.random.Generator) -> Levels:
    edge = WIDTH * min(1.0, (t - each.begin) / 2, (each.end - t) / 2)
    side = 90 + 50 * ((X // 37 + Y // 45) % 2) + 40 * each.at
    return np.where(edge > X, side, levels)


def _headlights(levels: Levels, each: Happening, t: float, _rng: np.random.Generator) -> Levels:
    middle = WIDTH * (t - each.begin) / 8 if each.kind == "headlights" else WIDTH * each.at
    for x in (middle - 18, middle + 18):
        near = (X - x) ** 2 + (Y - 110) ** 2
        levels = levels + 260 * np.exp(-near / (2 * 16**2)) + 60 * np.exp(-near / (2 * 60**2))
    return levels


_DRAW = {
    "visitor": _visitor,
    "close": _close,
    "truck": _truck,
    "headlights": _headlights,
    "parked": _headlights,
}
