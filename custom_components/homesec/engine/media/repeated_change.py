"""Learn changes that repeat in place: an on-screen clock, a blinking light, a flag in the wind.

They would keep a camera awake all day. Each cell has the range of levels that it had lately, and
how much of the time it differed from the background. Where cells differ most of the time, levels
within their range are explained by what was there before. A person has other levels, or is larger
than what repeats: only cells that are explained are left out, and never because of their place.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Cells = NDArray[np.bool_]
    type Levels = NDArray[np.float32]

MEMORY_S = 60.0  # time constant of the share of time in which a cell differs
CORE_SHARE = 0.6  # what repeats has cells that differ for more of the time: learned in a minute…
KEEP_SHARE = 0.15  # …and forgotten when they differ for less…
EDGE_SHARE = 0.03  # …and, beside them, others that differ sometimes: a clock's minutes
MAX_AREA = 0.15  # fraction of the picture; what moves in more of it isn't in one place
_WIDEN_S = 4.0  # time constant with which a range includes a new level…
_NARROW_S = 1800.0  # …and with which it forgets one: digits come again after minutes
_BAND = 2  # rows above and below the core that belong to it: text grows sideways only
_LEAST_REACH, _MOST_REACH = 3, 16
"""Cells between two parts of what repeats: up to half the height of digits, as at a colon."""
_REFRESH_S = 5.0  # between two computations of the area
_LONGEST_STEP_S = 2.0  # of time that one picture stands for
_MOST_STEPS = 60  # of the area's growth; at three cells each, more than any picture needs


class RepeatedChange:
    """What repeats in one camera's small luma pictures."""

    def __init__(self, first: Levels) -> None:
        """Begin with the ``(H, W)`` levels of a picture."""
        self._low, self._high = first.copy(), first.copy()
        self._share = np.zeros(first.shape, np.float32)
        self._core: Cells | None = None
        self._area: Cells | None = None  # None: nothing repeats
        self._last_t: float | None = None
        self._refreshed_t = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self._low.shape

    @property
    def area(self) -> Cells | None:
        """``(H, W)``, True where something repeats; None if nothing does."""
        return self._area

    def explains(self, levels: Levels, tolerance: float) -> Cells | None:
        """Return where levels are within what repeats there; None if nothing repeats."""
        if self._area is None:
            return None
        known: Cells = (levels > self._low - tolerance) & (levels < self._high + tolerance)
        return known & self._area

    def learn(self, levels: Levels, changed: Cells, t: float) -> None:
        """Learn from a picture in which nobody is; ``changed``: where it's not the background.

        ``t`` in seconds; a picture that is older than the last one is ignored.
        """
        if self._last_t is None:
            self._last_t = self._refreshed_t = t
        step_s = min(t - self._last_t, _LONGEST_STEP_S)
        if step_s <= 0:
            return
        self._last_t = t
        remember = np.float32(1 - np.exp(-step_s / MEMORY_S))
        self._share *= 1 - remember
        self._share += changed * remember
        widen = np.float32(1 - np.exp(-step_s / _WIDEN_S))
        narrow = np.float32(1 - np.exp(-step_s / _NARROW_S))
        # By the narrow weight everywhere, and by the rest of the wide one where levels are beyond.
        above, below = levels - self._high, levels - self._low
        self._high += narrow * above
        self._low += narrow * below
        self._high += (widen - narrow) * np.maximum(above, 0)
        self._low += (widen - narrow) * np.minimum(below, 0)
        if t - self._refreshed_t >= _REFRESH_S:
            self._refreshed_t = t
            self._area = self._find_area()

    def _find_area(self) -> Cells | None:
        """Return the cells that mostly differ, and those beside them that sometimes do."""
        core: Cells = self._share > CORE_SHARE
        if self._core is not None:
            core |= self._core & (self._share > KEEP_SHARE)
        self._core = core
        if not core.any():
            return None
        allowed = self._share > EDGE_SHARE
        band: NDArray[np.bool_] = np.any(core, axis=1)
        allowed &= _widened(band[:, None], _BAND, 0)
        reach = min(max(_longest_run(band) // 2, _LEAST_REACH), _MOST_REACH)
        area = core
        for _ in range(_MOST_STEPS):
            grown = _widened(area, _BAND, reach) & allowed
            grown |= core
            if np.array_equal(grown, area):
                break
            area = grown
        area = _widened(area, 1, 1)
        return area if np.count_nonzero(area) <= MAX_AREA * area.size else None


def _widened(cells: Cells, rows: int, columns: int) -> Cells:
    """Return cells and their neighbors up to this many rows and columns away."""
    for _ in range(rows):
        wider = cells.copy()
        wider[1:] |= cells[:-1]
        wider[:-1] |= cells[1:]
        cells = wider
    for _ in range(columns):
        wider = cells.copy()
        wider[:, 1:] |= cells[:, :-1]
        wider[:, :-1] |= cells[:, 1:]
        cells = wider
    return cells


def _longest_run(flags: NDArray[np.bool_]) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
