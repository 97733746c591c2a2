"""A camera's timeline: starts at 0 and never jumps, whatever the source's time stamps do.

Cameras restart their clocks, files start again, and NTP steps the system's clock. All that follows
the source uses ``t``, which none of it disturbs; ``at`` is the wall clock's time.
"""

from dataclasses import dataclass
from enum import Enum, auto
import math
from typing import TYPE_CHECKING

from ..core.stream_report import ClockQuality
from .camera_clock import DEFAULT_INTERVAL_S, LONGEST_INTERVAL_S, CameraClock

if TYPE_CHECKING:
    from ..core.clock import Clock

BACK_S = 0.5  # a file's time stamp that is further behind the last one is a jump
AHEAD_S = 10.0  # a file's time stamp that is further ahead of the last one is a jump
AUDIO_SPREAD_S = 5.0
"""Audio further from the video belongs to the other side of a jump, and is dropped…"""
AUDIO_PATIENCE_S = 2.0  # …for this long: then its clock is another one, and arrival counts
AUDIO_BACK_S = 0.25  # audio of a live camera that steps back by more has a wrong clock
AUDIO_LAG_S = 1.0  # audio without a usable clock is set to the present if it's off by more
AUDIO_FAULT_S = 60.0  # after which the clock of audio may be right again
WALL_DRIFT_S = 1.0  # ``at`` is set to the wall clock again when it's off by more
LATE_S = 1.0  # a played file that is later goes on from there instead of catching up
_VIDEO_STEP_S = 1e-4  # least difference of two frames, nine ticks: their order survives rounding
_AUDIO_STEP_S = 1e-3
"""Least difference of two audio packets, eight samples at 8 kHz: MP4 counts audio in samples."""


class Pace(Enum):
    """What determines a source's time."""

    LIVE = auto()  # packets arrive as they happen; that replaces time stamps that are wrong
    PLAYED = auto()  # a file played in real time, without gaps; ``at`` follows the clock
    READ = auto()  # a file read as fast as possible; its own time stamps are the only time


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time on the timeline and on the wall clock."""

    t: float
    at: float
    stretch: float = 1.0
    """By how much differences of the source's time stamps have to be stretched; 0: they're none."""


class Timeline:
    """Gives the packets of one camera their times, over all of its connections."""

    def __init__(self, clock: Clock, pace: Pace) -> None:
        self._clock = clock
        self._pace = pace
        self._start = clock.monotonic()
        self._wall_offset = clock.now()
        self._camera = CameraClock()
        self._offset: float | None = None
        self._last_t: float | None = None
        self._last_elapsed = 0.0
        self._audio_offset: float | None = None
        self._audio_lost_at: float | None = None  # ``elapsed`` when it went away from the video
        self._last_audio_t = 0.0
        self._next_audio_t = -math.inf  # where the last audio packet ends
        self._audio_distrusted_until = 0.0  # ``elapsed``
        self._interval_s = DEFAULT_INTERVAL_S
        self._played_from = 0.0  # PLAYED: ``elapsed`` when ``t`` was, or would have been, 0

    @property
    def elapsed(self) -> float:
        """Seconds since the timeline's start by the clock."""
        return self._clock.monotonic() - self._start

    @property
    def now(self) -> float:
        """The present ``t``.

        Counted from the newest packet, since a camera's clock may run at another speed.
        """
        if self._pace is Pace.READ:
            return self._last_t or 0.0
        return (self._last_t or 0.0) + self.elapsed - self._last_elapsed

    @property
    def clock_quality(self) -> ClockQuality:
        """What the source's time stamps are worth."""
        return self._camera.quality if self._pace is Pace.LIVE else ClockQuality.UNKNOWN

    @property
    def follows_arrival(self) -> bool:
        """Whether the source's time stamps aren't used at present, since they're wrong."""
        return self._pace is Pace.LIVE and not self._camera.trusted

    def reconnect(self) -> None:
        """Map the next packet to the present, since its time stamps count from elsewhere."""
        self._camera.reconnect()
        self._offset = self._audio_offset = self._audio_lost_at = None

    def stamp_video(self, dts_s: float | None, interval_s: float | None = None) -> Timestamp:
        """Return a video packet's time; ``dts_s`` is the source's time stamp, if it has any."""
        if interval_s:
            self._interval_s = min(interval_s, LONGEST_INTERVAL_S)
        if dts_s is None:
            t = self.now if self._pace is Pace.LIVE else self._next_t
        elif self._pace is Pace.LIVE:
            t = self._camera.time_of(dts_s, self.elapsed, max(self._next_t, self.now))
            self._offset = self._camera.offset
        else:
            t = self._file_time(dts_s)
        if self._last_t is not None:
            t = max(t, self._last_t + _VIDEO_STEP_S)
        self._last_t, self._last_elapsed = t, self.elapsed
        self._camera.pass_over(t)
        stretch = self._camera.stretch if self._pace is Pace.LIVE else 1.0
        return Timestamp(t, self._wall_time(t), stretch)

    def _file_time(self, dts_s: float) -> float:
        if self._offset is None or not self._continues(dts_s + self._offset):
            self._offset = self._next_t - dts_s
        return dts_s + self._offset

    def stamp_audio(self, dts_s: float, duration_s: float | None = None) -> Timestamp | None:
        """Return an audio packet's time; None if it belongs to no known video."""
        if self._last_t is None or (t := self._audio_time(dts_s, self._last_t)) is None:
            return None
        if t < self._last_audio_t + _AUDIO_STEP_S:
            self._next_audio_t = -math.inf
            return None
        self._last_audio_t = t
        self._next_audio_t = t + duration_s if duration_s else -math.inf
        return Timestamp(t, t + self._wall_offset)

    def _audio_time(self, dts_s: float, video_t: float) -> float | None:
        live = self._pace is Pace.LIVE
        trusted = self.elapsed >= self._audio_distrusted_until
        if self._offset is not None and trusted:
            t = dts_s + self._offset
            steps_back = live and t < self._last_audio_t - AUDIO_BACK_S
            if abs(t - video_t) <= AUDIO_SPREAD_S and not steps_back:
                self._audio_offset, self._audio_lost_at = self._offset, None
                return t
            if live and not steps_back:
                if self._audio_lost_at is None:
                    self._audio_lost_at = self.elapsed
                if self.elapsed - self._audio_lost_at < AUDIO_PATIENCE_S:
                    return None
        return self._own_audio_time(dts_s, trusted=trusted) if live else None

    def _own_audio_time(self, dts_s: float, *, trusted: bool) -> float:
        """Return the time of audio that doesn't belong to the video's time stamps."""
        # By its own clock, which is often better than the video's, as long as that's possible.
        if self._audio_offset is not None and trusted:
            t = dts_s + self._audio_offset
            if abs(t - self.now) <= AUDIO_LAG_S and t >= self._last_audio_t - AUDIO_BACK_S:
                return t
            self._audio_distrusted_until = self.elapsed + AUDIO_FAULT_S
        # Else one packet after the other, as long as they are: several may arrive at once.
        t = self._next_audio_t if abs(self._next_audio_t - self.now) <= AUDIO_LAG_S else self.now
        self._audio_offset = t - dts_s
        return t

    def due_in_s(self, t: float) -> float:
        """Return how many seconds a packet of a played file has to wait."""
        if self._pace is not Pace.PLAYED:
            return 0.0
        early_s = self._played_from + t - self.elapsed
        if early_s < -LATE_S:
            self._played_from -= early_s
        return max(early_s, 0.0)

    @property
    def _next_t(self) -> float:
        """The time of the next frame if there is no gap."""
        return 0.0 if self._last_t is None else self._last_t + self._interval_s

    def _continues(self, t: float) -> bool:
        return self._last_t is None or -BACK_S <= t - self._last_t <= AHEAD_S

    def _wall_time(self, t: float) -> float:
        if self._pace is not Pace.READ:
            now = self._clock.now()
            if abs(now - (t + self._wall_offset)) > WALL_DRIFT_S:
                self._wall_offset = now - t
        return t + self._wall_offset
