"""Rules that tell from measurements what is odd about a stream, and which setting helps.

The texts of the verdicts, with the setting, are in the translations (``selector.stream_verdict``).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .stream_report import ClockQuality

if TYPE_CHECKING:
    from collections.abc import Callable

    from .stream_report import StreamReport

LONG_KEYFRAME_GAP_S = 2.5
"""A little more than the frame sampler bears before it decodes every picture."""
NO_KEYFRAMES_S = 20.0
LOW_FPS = 4.5  # detection checks up to five frames per second
HIGH_BIT_RATE = 16e6  # more than 4K needs; a day of it takes 170 GB
SETTLED_S = 2.0  # rates of less video are no measurements


class StreamVerdict(StrEnum):
    """The most important thing to know about a stream."""

    GOOD = "good"
    CLOCK_UNUSABLE = "clock_unusable"
    NO_KEYFRAMES = "no_keyframes"
    INTRA_REFRESH = "intra_refresh"
    KEYFRAMES_FAR_APART = "keyframes_far_apart"
    OPEN_GOP = "open_gop"
    UNCOMMON_PROFILE = "uncommon_profile"
    LOW_FRAME_RATE = "low_frame_rate"
    HIGH_BIT_RATE = "high_bit_rate"
    ENCODED_AGAIN = "encoded_again"
    H265 = "h265"
    SOUND_LEFT_OUT = "sound_left_out"
    B_FRAMES = "b_frames"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamUse:
    """What a main stream needn't be good for, since the camera has something else for that."""

    detects: bool = True  # it's looked at; false: the detect stream is
    finds_between_keyframes: bool = True
    """People between two keyframes are found in it; false: a wake sensor reports them."""


MAIN_USE = StreamUse()
"""Of a camera that has nothing but its main stream."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a verdict applies."""

    verdict: StreamVerdict
    applies: Callable[[StreamReport], bool]


def _rate_below(report: StreamReport, fps: float) -> bool:
    return report.measured_s >= SETTLED_S and report.fps is not None and report.fps < fps


RULES = (
    # What costs people or video comes first, then what costs resources, then the rest.
    Rule(StreamVerdict.CLOCK_UNUSABLE, lambda it: it.clock is ClockQuality.UNUSABLE),
    Rule(StreamVerdict.NO_KEYFRAMES, lambda it: it.keyframe_gap_s > NO_KEYFRAMES_S),
    Rule(StreamVerdict.INTRA_REFRESH, lambda it: it.decodes_alone is False),
    Rule(StreamVerdict.KEYFRAMES_FAR_APART, lambda it: it.keyframe_gap_s > LONG_KEYFRAME_GAP_S),
    Rule(StreamVerdict.OPEN_GOP, lambda it: it.starts_player is False),
    Rule(
        StreamVerdict.UNCOMMON_PROFILE,
        lambda it: it.codec != "hevc" and it.plays_in_browsers is False,
    ),
    Rule(StreamVerdict.LOW_FRAME_RATE, lambda it: _rate_below(it, LOW_FPS)),
    Rule(
        StreamVerdict.HIGH_BIT_RATE,
        lambda it: it.measured_s >= SETTLED_S and (it.bit_rate or 0.0) > HIGH_BIT_RATE,
    ),
    Rule(StreamVerdict.ENCODED_AGAIN, lambda it: it.recorded_as_is is False),
    Rule(StreamVerdict.H265, lambda it: it.codec == "hevc"),
    Rule(StreamVerdict.SOUND_LEFT_OUT, lambda it: it.audio_left_out is not None),
    Rule(StreamVerdict.B_FRAMES, lambda it: it.b_frames is True),
)
"""In the order of importance: the first that applies is the verdict."""


ABOUT_DETECTION = frozenset(
    {
        StreamVerdict.INTRA_REFRESH,
        StreamVerdict.KEYFRAMES_FAR_APART,
        StreamVerdict.LOW_FRAME_RATE,
    }
)
"""What only matters where people are looked for."""


def findings(report: StreamReport, use: StreamUse = MAIN_USE) -> tuple[StreamVerdict, ...]:
    """Return all that is odd about a main stream and matters, the most important first."""
    found = [rule.verdict for rule in RULES if rule.applies(report)]
    needless = frozenset[StreamVerdict]()
    if not use.detects:
        needless = ABOUT_DETECTION
    elif not use.finds_between_keyframes:
        needless = frozenset({StreamVerdict.KEYFRAMES_FAR_APART})
    return tuple(each for each in found if each not in needless)


def verdict(report: StreamReport, use: StreamUse = MAIN_USE) -> StreamVerdict | None:
    """Return what to know about a main stream; None while it isn't measured."""
    if found := findings(report, use):
        return found[0]
    return StreamVerdict.GOOD if report.measured_s >= SETTLED_S else None
