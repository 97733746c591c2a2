"""How a misbehaving camera's clock, sender reports, and network go wrong.

A *clock* maps the true seconds of a picture to those that its RTP time stamp says. *Reports* map
them to a sender report's NTP and RTP seconds (RFC 3550, 6.4.1). A *delivery* maps them to the
seconds after PLAY at which the picture is sent. Combine them with ``then``, or write your own.
"""

from __future__ import annotations

from collections.abc import Callable
import math

type Clock = Callable[[float], float]
type Reports = Callable[[float], tuple[float, float] | None]

START_NTP_S = 1_800_000_000.0


def steady(t: float) -> float:
    """Tell the truth."""
    return t


def standing(from_s: float = 0.0, for_s: float = math.inf, *, catches_up: bool = False) -> Clock:
    """Stand still for some seconds, then go on from there, or with the right time."""

    def clock(t: float) -> float:
        if t < from_s:
            return t
        if t < from_s + for_s:
            return from_s
        return t if catches_up else t - for_s

    return clock


def scaled(rate: float) -> Clock:
    """Run at another rate: 2 is double speed."""
    return lambda t: t * rate


in_milliseconds = scaled(1000 / 90_000)
"""Count milliseconds where the RTP clock has 90,000 ticks per second."""


def jumping(at_s: float, by_s: float) -> Clock:
    """Jump once; back if ``by_s`` is negative."""
    return lambda t: t if t < at_s else t + by_s


def stepping(every_s: float, by_s: float) -> Clock:
    """Step again and again, to and fro."""
    return lambda t: t + by_s * (int(t / every_s) % 2)


def sawtooth(every_s: float) -> Clock:
    """Start again at 0 every few seconds."""
    return lambda t: t % every_s


def coarse(step_s: float) -> Clock:
    """Count in large steps: several pictures have the same time stamp."""
    return lambda t: math.floor(t / step_s) * step_s


def then(*clocks: Clock) -> Clock:
    """Combine clocks: each gets the time of the one before."""

    def clock(t: float) -> float:
        for each in clocks:
            t = each(t)
        return t

    return clock


def true_reports(t: float) -> tuple[float, float]:
    """Report the truth."""
    return START_NTP_S + t, t


def stepping_reports(every_s: float, by_s: float) -> Reports:
    """Report an NTP time that steps to and fro."""
    return lambda t: (START_NTP_S + t + by_s * (int(t / every_s) % 2), t)


def burst(seconds: float) -> Clock:
    """Deliver the first seconds at once, as a relay does."""
    return lambda t: max(0.0, t - seconds)


def clumps(seconds: float) -> Clock:
    """Deliver in clumps, as a poor wireless network does: each picture late, and none early."""
    return lambda t: math.ceil(t / seconds - 1e-9) * seconds


def hiccup(at_s: float, for_s: float) -> Clock:
    """Deliver nothing for some seconds, then everything that was held up."""
    return lambda t: max(t, at_s + for_s) if t >= at_s else t
