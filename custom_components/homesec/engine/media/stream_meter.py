"""Measure a stream from its packets, without decoding any."""

from collections import deque
from typing import TYPE_CHECKING

from ..core.stream_report import ClockQuality, StreamReport
from .bit_reader import ParameterError
from .parameter_sets import read_parameters
from .rate_meter import RateMeter

if TYPE_CHECKING:
    from .packets import MediaFormat, MediaPacket
    from .parameter_sets import PictureParameters

_INTERVALS = 4  # between random access points: the longest of so many is reported
_ALIKE = 2  # so many random access points in a row tell what all of them are like
_ORDERED_PICTURES = 50  # so many in the order shown mean that there are no B-frames
_HEAD_BYTES = 4096  # parameter sets come before the picture
_PROFILES = {
    "h264": {
        66: "Baseline",
        77: "Main",
        88: "Extended",
        100: "High",
        110: "High 10",
        122: "High 4:2:2",
        244: "High 4:4:4",
    },
    "hevc": {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions"},
}
_PLAYED_PROFILES = frozenset({66, 77, 100})  # of H.264, by all common browsers


class StreamMeter:
    """Measures one camera's stream; written by the camera's thread, read by any."""

    def __init__(self) -> None:
        self._parameters: PictureParameters | None = None
        self._parameters_of: MediaFormat | None = None
        self._video: MediaFormat | None = None
        self._audio: MediaFormat | None = None
        self.restart()

    def restart(self) -> None:
        """Measure anew, since the next packet follows a gap."""
        self._pictures = RateMeter()
        self._bytes = RateMeter()
        self._total_bytes = 0
        self._first_t = self._last_t = 0.0
        self._started = False
        self._access_t: float | None = None  # the newest random access point
        self._first_wait_s = 0.0  # before the first one: a relay begins anywhere
        self._access_pts = 0
        self._recoveries = 0  # recovery points since the last keyframe
        self._closed_gops = 0  # in a row, up to the newest random access point
        self._has_leading = False  # some of the last keyframes have leading pictures
        self._intervals: deque[float] = deque(maxlen=_INTERVALS)
        self._shown = 0  # highest presentation time, in ticks
        self._in_order = 0
        self._b_frames: bool | None = None

    def feed(self, packet: MediaPacket) -> None:
        """Measure the next packet."""
        self._total_bytes += packet.size
        if not packet.is_video:
            self._audio = packet.format
            return
        if not self._started:
            self._started, self._first_t = True, packet.t
        self._last_t = packet.t
        self._video = packet.format
        self._pictures.count(packet.t)
        self._bytes.set_total(packet.t, self._total_bytes)
        self._measure_order(packet)
        if packet.random_access:
            self._measure_access(packet)
        elif (packet.data.pts or 0) < self._access_pts:
            self._has_leading = True
            self._closed_gops = 0

    def _measure_order(self, packet: MediaPacket) -> None:
        shown = packet.data.pts or 0
        if self._in_order and shown < self._shown:
            self._b_frames = True
        self._shown = max(self._shown, shown)
        self._in_order += 1
        if self._b_frames is None and self._in_order > _ORDERED_PICTURES:
            self._b_frames = False

    def _measure_access(self, packet: MediaPacket) -> None:
        """Measure a random access point, and the GOP that ends with it."""
        if self._access_t is not None:
            self._intervals.append(packet.t - self._access_t)
            self._closed_gops += 1
            self._has_leading &= self._closed_gops <= _ALIKE
        else:
            self._first_wait_s = packet.t - self._first_t
        self._access_t, self._access_pts = packet.t, packet.data.pts or 0
        self._recoveries = 0 if packet.keyframe else self._recoveries + 1
        if self._parameters is None or self._parameters_of is not packet.format:
            self._parameters_of = packet.format
            self._parameters = _read_parameters(packet)

    @property
    def keyframes(self) -> int:
        """How many of the last keyframes are known, up to a few."""
        return len(self._intervals) + (self._access_t is not None)

    @property
    def measured_s(self) -> float:
        """Seconds from the first to the newest picture, without a gap."""
        return self._last_t - self._first_t

    def report(
        self, *, clock: ClockQuality = ClockQuality.UNKNOWN, audio_left_out: str | None = None
    ) -> StreamReport:
        """Return the measurements so far."""
        video, parameters = self._video, self._parameters
        if video is None:
            return StreamReport(clock=clock, audio_left_out=audio_left_out)
        intervals = tuple(self._intervals)
        first_wait_s = self._first_wait_s if len(intervals) < _INTERVALS else 0.0
        since_keyframe_s = self._last_t - (
            self._first_t if self._access_t is None else self._access_t
        )
        return StreamReport(
            measured_s=self.measured_s,
            codec=video.codec,
            profile=_profile(video, parameters),
            width=parameters.width if parameters else video.width,
            height=parameters.height if parameters else video.height,
            fps=self._pictures.rate() or None,
            bit_rate=self._bytes.rate() * 8 or None,
            keyframe_interval_s=max(intervals, default=None),
            keyframe_gap_s=max(*intervals, since_keyframe_s, first_wait_s),
            b_frames=self._b_frames,
            clock=clock,
            audio_codec=self._audio.codec if self._audio else None,
            audio_left_out=audio_left_out,
            decodes_alone=self._decodes_alone(),
            starts_player=self._starts_player(),
            recorded_as_is=video.copied,
            plays_in_browsers=_plays_in_browsers(video, parameters),
        )

    def _decodes_alone(self) -> bool | None:
        if self._recoveries >= _ALIKE:
            return False
        return True if self._access_t is not None and not self._recoveries else None

    def _starts_player(self) -> bool | None:
        """Return whether players show all from a keyframe on: it has no leading pictures."""
        if self._has_leading:
            return False
        return True if self._closed_gops >= _ALIKE else None


def _read_parameters(packet: MediaPacket) -> PictureParameters | None:
    codec = packet.format.codec
    if codec not in _PROFILES:
        return None
    try:
        found = read_parameters(bytes(memoryview(packet.data)[:_HEAD_BYTES]), codec)
    except ParameterError:
        return None
    return found[-1] if found else None


def _profile(video: MediaFormat, parameters: PictureParameters | None) -> str:
    if parameters is None or not parameters.layout:
        return ""
    return _PROFILES[video.codec].get(parameters.layout[0], "")


def _plays_in_browsers(video: MediaFormat, parameters: PictureParameters | None) -> bool | None:
    """Return whether all common browsers play clips of this video; None if unknown."""
    if not video.copied:
        return True  # they are encoded as H.264
    if video.codec != "h264":
        return False
    if parameters is None or not parameters.layout:
        return None
    profile, chroma, depth = parameters.layout
    return profile in _PLAYED_PROFILES and chroma <= 1 and depth == 8
