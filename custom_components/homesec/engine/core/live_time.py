"""The time that live video has in its time stamps, by which a player knows what it shows."""

LIVE_PERIOD_S = 1000.0
"""Time stamps of live video are the seconds of the camera's timeline, less a multiple of this.

A player is never so late that it couldn't tell which one. A stream that goes on for longer doesn't
start over: only its first time stamp is this small, so that it's a day until 33 bits are full.
"""


def live_time(t: float) -> float:
    """Return when a picture of the timeline is in live video, in seconds below the period."""
    return t % LIVE_PERIOD_S
