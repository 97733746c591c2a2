"""Which moving parts of the picture are worth a closer look, after others that showed nothing.

Leaves move all day. A part that was looked at closely and held nothing is left alone for a while,
longer each time; whoever steps out of it moves elsewhere, and is looked at at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..core.types import Box, Detection

SAME_PLACE = 0.3
"""Intersection over union from which on a part is one that was looked at before."""
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0)
"""After the first fruitless look the next may follow at once, after the last only in 8 s."""
MEMORY_S = 30.0
LIMIT = 64
"""Places remembered at most, newest first."""


@dataclass(frozen=True, slots=True)
class _EmptyCrop:
    box: Box
    t: float
    times: int

    @property
    def again_t(self) -> float:
        """When another look is due."""
        return self.t + PAUSES_S[min(self.times, len(PAUSES_S)) - 1]


class CropBackoff:
    """What one camera's closer looks came to."""

    def __init__(self) -> None:
        self._fruitless: list[_EmptyCrop] = []

    def choose(self, t: float, moving: Iterable[Box]) -> list[Box]:
        """Return the parts that are worth a look at ``t``, in the order given."""
        return [
            box for box in moving if (before := self._known(box)) is None or t >= before.again_t
        ]

    def learn(self, t: float, looked_at: Sequence[Box], found: Sequence[Detection]) -> None:
        """Take in what was found in the parts that were looked at."""
        for box in looked_at:
            before = self._known(box)
            self._fruitless = [
                x for x in self._fruitless if x is not before and t - x.t <= MEMORY_S
            ]
            if not any(box.iou(x.box) > 0 for x in found):
                times = 1 if before is None else before.times + 1
                self._fruitless.insert(0, _EmptyCrop(box, t, times))
        del self._fruitless[LIMIT:]

    def _known(self, box: Box) -> _EmptyCrop | None:
        return next((x for x in self._fruitless if x.box.iou(box) >= SAME_PLACE), None)
