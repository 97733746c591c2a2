"""What an alert is, and which alerts a recipient wants: rules without clock, texts or network."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ..alarm.machine import ARMED_MODES, AlarmMode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time


class AlertKind(StrEnum):
    """Why somebody is told."""

    SEEN = "seen"
    """A camera sees somebody it is to report."""
    ALARM = "alarm"
    """The alarm went off: by a camera, or by hand."""
    DURESS = "duress"
    """Somebody was forced to disarm; nobody near them must hear of this."""
    OFFLINE = "offline"
    """The house is armed, and cameras that were to guard it cannot be reached."""
    TEST = "test"


CLIP: Final = "clip"
"""A further thing to be told of: an alert's clip can be watched."""
CHOICES: Final = (
    *(AlertKind.ALARM.value, AlertKind.SEEN.value, CLIP),
    *(AlertKind.OFFLINE.value, AlertKind.DURESS.value),
)
"""What a recipient can ask for; a test is sent to whom it is for, whatever they ask for."""

DEFAULT_CHOICES: Final = (AlertKind.ALARM.value, AlertKind.SEEN.value, AlertKind.OFFLINE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One reason for an alert; ``camera_id`` None: no camera had to do with it."""

    kind: AlertKind
    at: float
    """UTC epoch seconds."""
    mode: AlarmMode
    """Of the alarm, as far as this camera is concerned: disarmed if it does not guard in it."""
    camera_id: str | None = None
    camera: str | None = None
    label: str | None = None
    score: float | None = None
    count: int = 1
    zones: tuple[str, ...] = ()
    clip_id: str | None = None
    by: str | None = None
    """Who set the alarm off or was forced, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What people are told once, however many sightings it grows by."""

    id: str
    sightings: tuple[Sighting, ...]
    """Oldest first; at least one."""

    @property
    def first(self) -> Sighting:
        """Where it began."""
        return self.sightings[0]

    @property
    def kind(self) -> AlertKind:
        """The worst of what it tells."""
        kinds = {sighting.kind for sighting in self.sightings}
        return AlertKind.ALARM if AlertKind.ALARM in kinds else self.first.kind

    @property
    def count(self) -> int:
        """How many were seen, all sightings together."""
        seen = [x.count for x in self.sightings if x.kind is AlertKind.SEEN]
        return sum(seen) if seen else 1

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras' names, in the order in which they saw something."""
        names = (sighting.camera for sighting in self.sightings)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def zones(self) -> tuple[str, ...]:
        """Where they were seen."""
        return tuple(dict.fromkeys(zone for x in self.sightings for zone in x.zones))

    @property
    def score(self) -> float | None:
        """The best."""
        return max((x.score for x in self.sightings if x.score is not None), default=None)

    @property
    def label(self) -> str | None:
        """What was seen."""
        return next((x.label for x in self.sightings if x.label is not None), None)

    @property
    def clip_id(self) -> str | None:
        """The first clip that shows it, if any does."""
        return next((x.clip_id for x in self.sightings if x.clip_id is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a recipient wants to be told of; what names nothing leaves nothing out."""

    kinds: frozenset[str] = frozenset(DEFAULT_CHOICES)
    cameras: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    modes: frozenset[AlarmMode] = frozenset(ARMED_MODES)
    hours: tuple[time, time] | None = None
    """From, until: over midnight if the second is earlier; all day if both are the same."""
    cool_down_s: float = 300.0
    """No second sighting by the same camera within this."""
    max_age_s: float = 1800.0
    """Older news is not sent any more."""

    def want(self, sighting: Sighting, local: time, *, kind: str | None = None) -> bool:
        """Tell whether a sighting is worth a message, apart from the cool-down.

        ``local``: the time of day where the house is. ``kind``: of the message, where it is not the
        sighting's.
        """
        kind = kind or sighting.kind
        if kind == AlertKind.TEST:
            return True
        if kind not in self.kinds:
            return False
        if kind == AlertKind.DURESS:
            return True  # somebody is in danger, whatever the hour
        if not is_within(self.hours, local):
            return False
        # The alarm by hand has no camera, and comes while disarmed, too.
        return sighting.camera_id is None or self._concerns(sighting)

    def _concerns(self, sighting: Sighting) -> bool:
        if sighting.mode not in self.modes or not _allows(self.cameras, [sighting.camera_id]):
            return False
        if sighting.kind is AlertKind.OFFLINE:
            return True  # nothing is seen: just that they have to know
        labels = [] if sighting.label is None else [sighting.label]
        return _allows(self.labels, labels) and _allows(self.zones, sighting.zones)


def _allows(chosen: frozenset[str], found: Iterable[str | None]) -> bool:
    return not chosen or any(each in chosen for each in found)


def is_within(hours: tuple[time, time] | None, local: time) -> bool:
    """Tell whether a time of day lies in these hours."""
    if hours is None:
        return True
    begin, end = hours
    if begin == end:
        return True
    if begin < end:
        return begin <= local < end
    return local >= begin or local < end


@dataclass(slots=True)
class CoolDowns:
    """When which recipient was last told of which camera."""

    _told_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def active(self, recipient_id: str, camera_id: str, rules: Rules, now: float) -> bool:
        """Tell whether this camera is to be left alone; never after the clock was set back."""
        told_at = self._told_at.get((recipient_id, camera_id))
        return told_at is not None and 0 <= now - told_at < rules.cool_down_s

    def note(self, recipient_id: str, camera_id: str, now: float) -> None:
        """Begin to count."""
        self._told_at[recipient_id, camera_id] = now
