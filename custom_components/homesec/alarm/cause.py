"""Who or what triggered the alarm, with what shows it, and which events may do so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ..engine.core.events import DetectionStarted, DetectionUpdated, TamperChanged
from ..stored_data import parse_optional_text, parse_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.core.events import EngineEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who or what triggered the alarm, with what shows it: both from the moment it was seen."""

    by: str | None = None  # a camera's name or a user's
    camera_id: str | None = None
    label: str | None = None
    clip_id: str | None = None
    seen_at: float | None = None  # when the presence began, in UTC epoch seconds
    score: float | None = None
    zones: tuple[str, ...] = ()
    sensor: str | None = None  # the name of the sensor whose word it is

    def is_of(self, other: Cause) -> bool:
        """Return whether this is about the same presence as another cause."""
        same = self.camera_id, self.label, self.seen_at
        return same == (other.camera_id, other.label, other.seen_at)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``asdict`` wrote, in this version or another one.

        Raises ``TypeError`` or ``ValueError``.
        """
        stored = dict(stored)
        seen_at, score = stored.get("seen_at"), stored.get("score")
        texts = ("by", "camera_id", "label", "clip_id", "sensor")
        return cls(
            **{key: parse_optional_text(stored.get(key)) for key in texts},
            seen_at=None if seen_at is None else parse_seconds(seen_at),
            score=None if score is None else parse_seconds(score),
            zones=parse_texts(stored.get("zones", ())),
        )


def parse_texts(stored: object) -> tuple[str, ...]:
    """Return strings as a tuple. Raises ``ValueError``."""
    if not isinstance(stored, list | tuple) or not all(isinstance(each, str) for each in stored):
        raise ValueError("not a list of strings")
    return tuple(stored)


def detected(event: EngineEvent) -> tuple[str, str | None] | None:
    """Return the camera and label of an event that may trigger the alarm.

    Without a label, it's the camera itself that was tampered with.
    """
    match event:
        case DetectionStarted():
            return event.presence.camera_id, event.presence.label
        case DetectionUpdated() if event.presence.sensor is not None:
            # It may have begun during the exit delay, which a sensor's word doesn't outlast.
            return event.presence.camera_id, event.presence.label
        case TamperChanged():
            return event.camera_id, None
    return None
