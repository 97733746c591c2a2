"""Whom the second opinion did not believe, and for how long that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.types import Track

GAIN = 0.1
"""Whoever was doubted is asked about again when the score has risen by this much…"""
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""…or after this long; longer each time."""
KEPT = 100
"""So many doubts are remembered: ids are never given twice."""


@dataclass(frozen=True, slots=True)
class _Rejection:
    score: float
    until_t: float
    times: int


class Rejections:
    """The tracks of one label that were doubted."""

    def __init__(self) -> None:
        self._doubts: dict[int, _Rejection] = {}

    def add(self, track_id: int, t: float, score: float) -> None:
        """Doubt what a track looked like with this score."""
        old = self._doubts.pop(track_id, _Rejection(score, t, 0))
        pause_s = PAUSES_S[min(old.times, len(PAUSES_S) - 1)]
        self._doubts[track_id] = _Rejection(max(score, old.score), t + pause_s, old.times + 1)
        if len(self._doubts) > KEPT:
            del self._doubts[next(iter(self._doubts))]

    def drop(self, track_id: int) -> None:
        """Believe a track after all."""
        self._doubts.pop(track_id, None)

    def hold(self, track: Track, t: float, *, heal: bool) -> bool:
        """Return whether a track is doubted; ``heal``: no longer when the pause is over."""
        doubt = self._doubts.get(track.id)
        if doubt is None or track.score >= doubt.score + GAIN:
            return False
        return t < doubt.until_t or not heal
