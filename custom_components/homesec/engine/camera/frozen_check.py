"""Notice that a camera sends the same picture again and again.

No sensor sees the same twice: it has noise, which differs at least between keyframes. Only a flat
picture, such as a black one, may be the same for hours.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT_S = 30.0  # after so long…
KEYFRAMES = 3  # …and so many keyframes, the same picture is a frozen one
SLOW_LIMIT_S = 300.0
"""Without keyframes, which copy nothing from the picture before; and for MJPEG, which may be one
snapshot that is asked for more often than the camera takes it."""
MIN_DEVIATION = 6.0  # levels; a picture with less is flat


class FrozenCheck:
    """Compares each small luma picture of a camera with the one before."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._since_t = 0.0
        self._first_keyframe = 0
        self.frozen = False

    def restart(self) -> None:
        """Start over after a gap in the video."""
        self._last, self.frozen = None, False

    def update(self, small: NDArray[np.uint8], t: float, keyframes: int | None) -> None:
        """Compare a picture; ``keyframes``: how many came so far; None if they mean nothing."""
        if self._last is None or not np.array_equal(small, self._last):
            self._last, self._since_t = small, t
            self._first_keyframe = keyframes or 0
            self.frozen = False
            return
        lasts_s = t - self._since_t
        repeated = keyframes is not None and keyframes - self._first_keyframe >= KEYFRAMES
        limit_s = LIMIT_S if repeated else SLOW_LIMIT_S
        if lasts_s >= limit_s and float(small.std()) >= MIN_DEVIATION:
            self.frozen = True
