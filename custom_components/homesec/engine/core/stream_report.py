"""What a source's stream is like, as measured from its packets."""

from dataclasses import dataclass
from enum import StrEnum


class ClockQuality(StrEnum):
    """Whether the time stamps of a camera can be used."""

    UNKNOWN = "unknown"
    GOOD = "good"
    UNUSABLE = "unusable"  # they stand still, jump, or run at another rate: arrival time is used


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """Measurements of one stream; None is what isn't known yet."""

    measured_s: float = 0.0  # seconds of video
    codec: str = ""  # FFmpeg's name; empty before the first picture
    profile: str = ""  # of H.264 and H.265, as their standards name it; empty if unknown
    width: int = 0
    height: int = 0
    fps: float | None = None
    bit_rate: float | None = None  # bits per second, of video and sound
    keyframe_interval_s: float | None = None  # the longest of the last few; recovery points count
    keyframe_gap_s: float = 0.0
    """The same, but also of the one that is still going on: it's at least this long."""
    b_frames: bool | None = None  # pictures are decoded in another order than shown
    clock: ClockQuality = ClockQuality.UNKNOWN
    audio_codec: str | None = None  # of the sound that is recorded
    audio_left_out: str | None = (
        None  # codec of sound that isn't, and why there's no ``audio_codec``
    )
    decodes_alone: bool | None = None  # keyframes can be decoded without any other picture
    starts_player: bool | None = None  # a player can start at keyframes
    recorded_as_is: bool | None = None  # false: clips are encoded again
    plays_in_browsers: bool | None = None  # clips do, in all common browsers
