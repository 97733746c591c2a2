"""A camera's own time: starts at 0, never jumps, whatever the camera's time stamps do.

Cameras restart their clocks, files begin again, NTP steps the host. Everything behind the source
counts in ``t``, which none of that disturbs; ``at`` says what the wall clock showed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.clock import Clock

BACK_S = 0.5
"""A video time stamp may fall this far behind the last one before it counts as a jump."""
AHEAD_S = 10.0
"""…or run this far ahead: a camera that pauses longer is taken for restarted."""
AUDIO_SPREAD_S = 5.0
"""Audio further than this from the video belongs to the other side of a jump: dropped."""
DEFAULT_INTERVAL_S = 0.04
LONGEST_INTERVAL_S = 1.0
WALL_DRIFT_S = 1.0
"""When ``at`` is off by more, it follows the wall clock again."""
LATE_S = 1.0
"""A played film that is behind by more goes on from there, instead of hurrying to catch up."""
_VIDEO_STEP_S = 1e-4
"""Nine ticks: what is least between two pictures, so that their order survives rounding."""
_AUDIO_STEP_S = 1e-3
"""Eight samples of 8 kHz: an MP4 counts audio in samples, and wants them to grow."""


class Pace(Enum):
    """What drives a source's time."""

    LIVE = auto()
    """Packets come when they happen: where time stamps fail, the clock tells."""
    PLAYED = auto()
    """A film played in real time: it goes on without a gap, and ``at`` follows the clock."""
    READ = auto()
    """A film read as fast as it can be: its own time is the only one there is."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Where a packet lies on the timeline."""

    t: float
    at: float


class Timeline:
    """Places packets of one camera, over all of its connections."""

    def __init__(self, clock: Clock, pace: Pace) -> None:
        self._clock = clock
        self._pace = pace
        self._began = clock.monotonic()
        self._wall_offset = clock.now()
        self._offset: float | None = None
        self._last_t: float | None = None
        self._last_elapsed = 0.0
        self._last_audio_t = 0.0
        self._interval_s = DEFAULT_INTERVAL_S
        self._played_from = 0.0
        """PLAYED: ``elapsed`` when ``t`` was, or would have been, 0."""

    @property
    def elapsed(self) -> float:
        """Seconds since the timeline began, by the clock."""
        return self._clock.monotonic() - self._began

    @property
    def now(self) -> float:
        """The moment ``t`` that the timeline has reached.

        Counted from the newest packet, since a camera's clock may run slower or faster than ours.
        """
        if self._pace is Pace.READ:
            return self._last_t or 0.0
        return (self._last_t or 0.0) + self.elapsed - self._last_elapsed

    def reconnect(self) -> None:
        """Place the next packet at the present moment: its time stamps are of a new count."""
        self._offset = None

    def stamp_video(self, dts_s: float | None, interval_s: float | None = None) -> Timestamp:
        """Place a video packet; ``dts_s`` is the source's own count, None where it has none."""
        if interval_s:
            self._interval_s = min(interval_s, LONGEST_INTERVAL_S)
        if dts_s is None:
            t = self.now if self._pace is Pace.LIVE else self._next_t
        else:
            if self._offset is None or not self._continues(dts_s + self._offset):
                live = self._pace is Pace.LIVE
                self._offset = (max(self._next_t, self.now) if live else self._next_t) - dts_s
            t = dts_s + self._offset
        if self._last_t is not None:
            t = max(t, self._last_t + _VIDEO_STEP_S)
        self._last_t, self._last_elapsed = t, self.elapsed
        return Timestamp(t, self._at(t))

    def stamp_audio(self, dts_s: float) -> Timestamp | None:
        """Place an audio packet; None if it belongs to no video that is known."""
        if self._offset is None or self._last_t is None:
            return None
        t = dts_s + self._offset
        if abs(t - self._last_t) > AUDIO_SPREAD_S or t < self._last_audio_t + _AUDIO_STEP_S:
            return None
        self._last_audio_t = t
        return Timestamp(t, t + self._wall_offset)

    def due_in_s(self, t: float) -> float:
        """Return how long a packet of this ``t`` is to wait until it is due."""
        if self._pace is not Pace.PLAYED:
            return 0.0
        early = self._played_from + t - self.elapsed
        if early < -LATE_S:
            self._played_from -= early
        return max(early, 0.0)

    @property
    def _next_t(self) -> float:
        """Where the film goes on without a gap."""
        return 0.0 if self._last_t is None else self._last_t + self._interval_s

    def _continues(self, t: float) -> bool:
        return self._last_t is None or -BACK_S <= t - self._last_t <= AHEAD_S

    def _at(self, t: float) -> float:
        if self._pace is not Pace.READ:
            now = self._clock.now()
            if abs(now - (t + self._wall_offset)) > WALL_DRIFT_S:
                self._wall_offset = now - t
        return t + self._wall_offset
