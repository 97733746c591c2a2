"""Check end to end that a camera that runs is also watched.

Packets alone are no proof: the pictures have to be decoded, compared for motion, and, where frames
were submitted, the detector has to answer.
"""

from typing import TYPE_CHECKING

from ..core.errors import NotDecoded, NotWatched

if TYPE_CHECKING:
    from ..core.clock import Clock
    from ..core.errors import SourceError

LIMIT_S = 30.0
_KEYFRAMES = 3  # a camera of which only keyframes are decoded has this many intervals' time


class Watch:
    """When each step last worked, by the monotonic clock; one thread writes, any may read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._problem: SourceError | None = None
        self._counts = (0, 0, 0)
        self._restart()

    def _restart(self) -> None:
        now = self._clock.monotonic()
        self._handled = self._decoded = self._compared = self._answered = now

    def begin(self) -> None:
        """Begin to count: a connection has sent its first packet.

        A problem isn't over by that: it takes a picture that goes all the way.
        """
        if self._problem is None:
            self._restart()

    def handled(self) -> None:
        """Note that the camera's thread works, with or without a packet."""
        self._handled = self._clock.monotonic()

    def observe(self, *, decoded: int, compared: int, answers: int, is_waiting: bool) -> None:
        """Note, after each picture, how many frames were decoded, compared, and answered so far.

        ``is_waiting``: the detector has frames of this camera.
        """
        now = self._clock.monotonic()
        if decoded != self._counts[0]:
            self._decoded = now
        if compared != self._counts[1]:
            self._compared = now
        if answers != self._counts[2] or not is_waiting:
            self._answered = now
        self._counts = (decoded, compared, answers)

    def problem(self, keyframe_interval_s: float) -> SourceError | None:
        """Return why nobody would be seen; None if all is well, or it's too early to say.

        ``keyframe_interval_s``: of a camera of which nothing else is decoded; otherwise 0.
        """
        now = self._clock.monotonic()
        limit_s = max(LIMIT_S, _KEYFRAMES * keyframe_interval_s)
        self._problem = None
        if now - min(self._handled, self._answered) > LIMIT_S:
            self._problem = NotWatched()
        elif now - self._decoded > limit_s:
            self._problem = NotDecoded()
        elif now - self._compared > limit_s:
            self._problem = NotWatched()
        return self._problem
