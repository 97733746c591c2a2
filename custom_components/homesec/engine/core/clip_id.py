"""Clip ids: ULIDs, whose alphabetical order is that of the clips' times."""

import re

from ulid_transform import bytes_to_ulid, ulid_at_time, ulid_to_timestamp

MAX_TIMESTAMP = 253_402_300_800.0  # the year 10000, which ``datetime`` can't represent
_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_clip_id(event_at: float) -> str:
    """Return a new id for a clip of this time (UTC epoch seconds)."""
    return ulid_at_time(max(event_at, 0.0))


def is_clip_id(text: str) -> bool:
    """Return whether a text has the form of a clip id."""
    return _ULID.fullmatch(text) is not None


def clip_time(clip_id: str) -> float | None:
    """Return the time in a clip id (UTC epoch seconds); None if it isn't a clip id."""
    if not is_clip_id(clip_id):
        return None
    at = ulid_to_timestamp(clip_id) / 1000
    return at if at < MAX_TIMESTAMP else None


def first_clip_id(at: float) -> str:
    """Return the lowest id that a clip of this time can have."""
    return bytes_to_ulid(int(max(at, 0.0) * 1000).to_bytes(6) + bytes(10))
