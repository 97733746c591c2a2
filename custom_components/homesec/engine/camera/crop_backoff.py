"""Back off from crops in which nothing was found: leaves move all day.

A moving region that was detected in as a crop of its own, and was empty, is left out for a while,
for longer each time. Who steps out of it moves elsewhere, and gets a crop at once.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..core.types import Box, Detection

SAME_REGION_IOU = 0.3
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0)
"""After the first empty crop of a region the next may follow at once, after the fifth in 8 s."""
MEMORY_S = 30.0
LIMIT = 64  # regions remembered at most, newest first


@dataclass(frozen=True, slots=True)
class _EmptyCrop:
    region: Box
    t: float
    times: int

    @property
    def retry_t(self) -> float:
        return self.t + PAUSES_S[min(self.times, len(PAUSES_S)) - 1]


class CropBackoff:
    """The empty crops of one camera."""

    def __init__(self) -> None:
        self._empty: list[_EmptyCrop] = []

    def choose(self, t: float, moving: Iterable[Box]) -> list[Box]:
        """Return the moving regions that may get a crop at ``t``, in the order given."""
        return [box for box in moving if (before := self._find(box)) is None or t >= before.retry_t]

    def update(self, t: float, crops: Sequence[Box], found: Sequence[Detection]) -> None:
        """Remember which regions that got a crop at ``t`` were empty."""
        for box in crops:
            before = self._find(box)
            self._empty = [x for x in self._empty if x is not before and t - x.t <= MEMORY_S]
            if not any(box.iou(x.box) > 0 for x in found):
                times = 1 if before is None else before.times + 1
                self._empty.insert(0, _EmptyCrop(box, t, times))
        del self._empty[LIMIT:]

    def _find(self, box: Box) -> _EmptyCrop | None:
        return next((x for x in self._empty if x.region.iou(box) >= SAME_REGION_IOU), None)
