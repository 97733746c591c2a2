"""Notice that a camera's picture has become blurred: out of focus, or through a smeared lens.

The sharpness of each block's edges is compared with what it was before. Rain on a dome, or somebody
close to the lens, blurs only some of them.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..media.sharpness import EdgeSteps

HOLD_S = 60.0  # how long a picture has to be blurred
BACK_S = 10.0  # how long it has to be sharp until that is over
BLURRED, SHARP = 0.6, 0.8  # of the sharpness before: below the one, and above the other
MIN_BLOCKS = 10  # with an edge; fewer say nothing
_MIN_STEP = 24.0  # levels; lower steps may be noise
_FAINT_STEP = 10.0  # the same for an edge that was a high one before
_SOFTEST = 0.35  # a block that was never sharper shows no edge worth comparing
_NEW_S, _KNOWN_S = 15.0, 600.0  # time constants with which sharpness is learned
_FLATTEST = 10  # percentile of the blocks
_LEAST_TO_NOISE = 2.0  # of a step that isn't just noise
_SMOOTHING_S = 5.0
_SAME_LIGHT = 0.3  # the light hasn't changed by more than this fraction


class FocusCheck:
    """Compares the sharpness of a camera's pictures with what it learned."""

    def __init__(self) -> None:
        self.blurred = False
        self._known: NDArray[np.float32] | None = None
        self._now: NDArray[np.float32] | None = None
        self._learned_s = 0.0
        self._level = 0.0
        self._lasts_s = 0.0

    def update(self, edges: EdgeSteps, level: float, step_s: float) -> None:
        """Compare a picture that came ``step_s`` after the last; ``level``: its brightness."""
        known = self._known
        if known is None or self._now is None:
            self._known, self._level = _sharpness(edges, _MIN_STEP), level
            self._now = self._known
            return
        self._now = _blend(self._now, _sharpness(edges, _FAINT_STEP), step_s / _SMOOTHING_S)
        relative = _compare(self._now, known)
        if abs(level - self._level) > _SAME_LIGHT * max(self._level, 16.0):
            relative = None  # other light, other shadows and other noise
            self._level += (1 - math.exp(-step_s / _NEW_S)) * (level - self._level)
            self._learned_s = 0.0
        fits = True
        if relative is not None and (self.blurred or self._learned_s >= HOLD_S):
            self._judge(relative, step_s)
            fits = relative >= BLURRED
        if fits and not self.blurred:
            self._learn(known, edges, level, step_s)

    def _judge(self, sharpness: float, step_s: float) -> None:
        wrong = sharpness < SHARP if self.blurred else sharpness < BLURRED
        if wrong is self.blurred:
            self._lasts_s = 0.0
            return
        self._lasts_s += step_s
        if self._lasts_s >= (BACK_S if self.blurred else HOLD_S):
            self.blurred, self._lasts_s = wrong, 0.0

    def _learn(
        self, known: NDArray[np.float32], edges: EdgeSteps, level: float, step_s: float
    ) -> None:
        time_s = _NEW_S if self._learned_s < HOLD_S else _KNOWN_S
        self._known = _blend(known, _sharpness(edges, _MIN_STEP), step_s / time_s)
        self._level += (1 - math.exp(-step_s / time_s)) * (level - self._level)
        self._learned_s += step_s


def _sharpness(edges: EdgeSteps, least: float) -> NDArray[np.float32]:
    """Return how much of its highest step each block makes at once; NaN for those below least.

    What the flattest blocks show is noise.
    """
    noise = np.percentile(edges.near, _FLATTEST)
    near, far = np.maximum(edges.near - noise, 0), edges.far - noise
    least = max(least, _LEAST_TO_NOISE * float(noise))
    return np.where(far >= least, near / np.maximum(far, 1), np.float32(np.nan)).astype(np.float32)


def _compare(now: NDArray[np.float32], known: NDArray[np.float32]) -> float | None:
    """Return how sharp the edges are, 1: as before; None if there are too few."""
    with np.errstate(invalid="ignore"):
        compared = (known >= _SOFTEST) & np.isfinite(now)
    if np.count_nonzero(compared) < MIN_BLOCKS:
        return None
    return float(np.median(now[compared] / known[compared]))


def _blend(old: NDArray[np.float32], new: NDArray[np.float32], steps: float) -> NDArray[np.float32]:
    """Return values moved toward new ones; a value that is NaN doesn't count."""
    weight = np.float32(1 - math.exp(-steps))
    moved = old + weight * (new - old)
    return np.where(np.isnan(new), old, np.where(np.isnan(old), new, moved)).astype(np.float32)
