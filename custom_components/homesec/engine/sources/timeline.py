"""A camera's own time: starts at 0, never jumps, whatever the camera's time stamps do.

Cameras restart their clocks, files begin again, NTP steps the host. Everything behind the source
counts in ``t``, which none of that disturbs; ``at`` says what the wall clock showed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..clock import Clock

BACK_S = 0.5
"""A video time stamp may fall this far behind the last one before it counts as a jump."""
AHEAD_S = 10.0
"""…or run this far ahead: a camera that pauses longer is taken for restarted."""
AUDIO_SPREAD_S = 5.0
"""Audio further than this from the video belongs to the other side of a jump: dropped."""
DEFAULT_INTERVAL_S = 0.04
WALL_DRIFT_S = 1.0
"""When ``at`` is off by more, it follows the wall clock again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a packet lies on the timeline."""

    t: float
    at: float


class Timeline:
    """Places packets of one camera, over all of its connections."""

    def __init__(self, clock: Clock, *, follows_clock: bool) -> None:
        """``follows_clock`` False: the film's own time is the only time there is (files)."""
        self._clock = clock
        self._follows_clock = follows_clock
        self._began = clock.monotonic()
        self._wall_offset = clock.now()
        self._offset: float | None = None
        self._last_video_t: float | None = None
        self._last_audio_t = 0.0
        self._interval_s = DEFAULT_INTERVAL_S

    @property
    def elapsed(self) -> float:
        """Seconds since the timeline began, by the clock."""
        return self._clock.monotonic() - self._began

    @property
    def now(self) -> float:
        """The moment ``t`` that the timeline has reached."""
        last = self._last_video_t or 0.0
        return max(last, self.elapsed) if self._follows_clock else last

    def reconnect(self) -> None:
        """Place the next packet at the present moment: its time stamps are of a new count."""
        self._offset = None

    def place_video(self, dts_s: float | None, interval_s: float | None = None) -> Place:
        """Place a video packet; ``dts_s`` is the source's own count, None where it has none."""
        if interval_s:
            self._interval_s = min(interval_s, 1.0)
        last = self._last_video_t
        expected = 0.0 if last is None else last + self._interval_s
        if dts_s is None:
            t = max(expected, self.elapsed) if self._follows_clock else expected
        else:
            if self._offset is None or not self._continues(dts_s + self._offset):
                # Without a clock to ask, the film goes on where it was.
                fresh = self._offset is None or self._follows_clock
                start = max(expected, self.elapsed) if self._follows_clock and fresh else expected
                self._offset = start - dts_s
            t = dts_s + self._offset
        if last is not None and t <= last:
            t = last + 1e-4
        self._last_video_t = t
        return Place(t, self._at(t))

    def place_audio(self, dts_s: float) -> Place | None:
        """Place an audio packet; None if it belongs to no video that is known."""
        if self._offset is None or self._last_video_t is None:
            return None
        t = dts_s + self._offset
        if abs(t - self._last_video_t) > AUDIO_SPREAD_S or t <= self._last_audio_t:
            return None
        self._last_audio_t = t
        return Place(t, t + self._wall_offset)

    def _continues(self, t: float) -> bool:
        last = self._last_video_t
        return last is None or -BACK_S <= t - last <= AHEAD_S

    def _at(self, t: float) -> float:
        if self._follows_clock:
            now = self._clock.now()
            if abs(now - (t + self._wall_offset)) > WALL_DRIFT_S:
                self._wall_offset = now - t
        return t + self._wall_offset
