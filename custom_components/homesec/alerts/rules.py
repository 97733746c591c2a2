"""What an alert is, and which alerts a recipient wants; no clock, texts, or network in here."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ..alarm.machine import ARMED_MODES, AlarmMode
from ..stored_data import parse_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time


class AlertKind(StrEnum):
    """What an alert is about."""

    SEEN = "seen"  # a camera detected a label that it alerts about
    ALARM = "alarm"  # the alarm was triggered, by a camera or manually
    DURESS = "duress"  # a duress PIN was used; nothing near that person may show it
    OFFLINE = "offline"  # the alarm is armed without cameras that can't be reached or are off
    SETTINGS = "settings"  # settings were changed while the alarm is armed
    TAMPER = "tamper"  # a camera was covered, turned away, or otherwise made to see nothing
    TEST = "test"


CLIP: Final = "clip"  # a further kind of text: an alert's clip can be watched
CHOICES: Final = (
    *(AlertKind.ALARM.value, AlertKind.SEEN.value, CLIP),
    *(AlertKind.OFFLINE.value, AlertKind.TAMPER.value),
    *(AlertKind.SETTINGS.value, AlertKind.DURESS.value),
)
"""What recipients choose from; a test is sent whatever they chose."""

DEFAULT_CHOICES: Final = (
    *(AlertKind.ALARM.value, AlertKind.SEEN.value),
    *(AlertKind.OFFLINE.value, AlertKind.TAMPER.value, AlertKind.SETTINGS.value),
)

WITHOUT_OBJECT: Final = (AlertKind.OFFLINE, AlertKind.TAMPER, AlertKind.SETTINGS)
"""Alerts about a camera that have neither a label nor a zone, and start no cooldown."""

MAX_COOLDOWN_S: Final = 24 * 3600.0  # the form allows less


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One reason for an alert; without a camera, ``camera_id`` is None."""

    kind: AlertKind
    at: float  # UTC epoch seconds
    mode: AlarmMode  # the alarm's mode; disarmed if the camera doesn't guard in it
    camera_id: str | None = None
    camera: str | None = None
    label: str | None = None
    score: float | None = None
    count: int = 1
    zones: tuple[str, ...] = ()
    clip_id: str | None = None
    seen_at: float | None = None
    """When the presence began, in UTC epoch seconds; None without one."""
    sensor: str | None = None  # the name of the sensor whose word it is
    by: str | None = None  # who triggered the alarm, or disarmed under duress, if known
    turned_off: bool = False  # a camera that isn't offline, but turned off
    action: str | None = None  # which setting was changed
    tamper: str | None = None  # how the camera was tampered with
    recipient: str | None = None  # whose settings were changed

    def is_of(self, other: Sighting) -> bool:
        """Return whether this is about the same presence as another one."""
        same = self.camera_id, self.label, self.seen_at
        return same == (other.camera_id, other.label, other.seen_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One notification, however many sightings are added to it."""

    id: str
    sightings: tuple[Sighting, ...]  # oldest first; at least one

    @property
    def first(self) -> Sighting:
        """The sighting that it began with."""
        return self.sightings[0]

    @property
    def cause(self) -> Sighting:
        """The sighting that it's about: what triggered the alarm, else the first one."""
        alarms = (x for x in self.sightings if x.kind is AlertKind.ALARM and x.camera_id)
        return next(alarms, self.first)

    @property
    def kind(self) -> AlertKind:
        """An alarm if any sighting is one."""
        kinds = {sighting.kind for sighting in self.sightings}
        return AlertKind.ALARM if AlertKind.ALARM in kinds else self.first.kind

    @property
    def sensor(self) -> str | None:
        """The name of the sensor that reported its cause."""
        return self.cause.sensor

    @property
    def count(self) -> int:
        """How many objects were detected, over all sightings."""
        seen = [x.count for x in self.sightings if x.kind is AlertKind.SEEN]
        return sum(seen) if seen else 1

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras' names, in the order of the sightings."""
        names = (sighting.camera for sighting in self.sightings)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of all zones."""
        return tuple(dict.fromkeys(zone for x in self.sightings for zone in x.zones))

    @property
    def score(self) -> float | None:
        """The highest confidence."""
        return max((x.score for x in self.sightings if x.score is not None), default=None)

    @property
    def label(self) -> str | None:
        """The first label."""
        return next((x.label for x in self.sightings if x.label is not None), None)

    @property
    def clip_id(self) -> str | None:
        """The id of the clip that shows its cause; of an alert without alarm, the first clip."""
        cause = self.cause
        if cause.kind is not AlertKind.ALARM or cause.camera_id is None:
            return next((x.clip_id for x in self.sightings if x.clip_id is not None), None)
        clips = (
            x.clip_id
            for x in (cause, *self.sightings)
            if (x.camera_id, x.label) == (cause.camera_id, cause.label)
            and cause.seen_at in (None, x.seen_at)
        )
        return next((clip_id for clip_id in clips if clip_id is not None), None)

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """The ids of all clips, in the order of the sightings."""
        return tuple(dict.fromkeys(x.clip_id for x in self.sightings if x.clip_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which alerts a recipient wants; an empty set allows everything."""

    kinds: frozenset[str] = frozenset(DEFAULT_CHOICES)
    cameras: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    """Ids of zones, or names that an earlier version stored."""
    camera_zones: frozenset[tuple[str, str]] = frozenset()
    """The same zones as they are now: the ids of their cameras, and their names."""
    modes: frozenset[AlarmMode] = frozenset(ARMED_MODES)
    hours: tuple[time, time] | None = None
    """From, until: over midnight if the second is earlier, all day if both are the same."""
    cooldown_s: float = 300.0  # how long the same camera sends no further alert
    max_age_s: float = 1800.0  # how long a text that waits is still sent

    def allow(self, sighting: Sighting, local: time, *, kind: str | None = None) -> bool:
        """Return whether a sighting is to be sent, cooldowns apart.

        ``local`` is the time of day in Home Assistant's time zone; ``kind`` that of the text, where
        it isn't the sighting's.
        """
        kind = kind or sighting.kind
        if kind == AlertKind.TEST:
            return True
        if kind not in self.kinds:
            return False
        if kind == AlertKind.DURESS:
            return True  # at any hour
        if not is_within(self.hours, local):
            return False
        # A manual alarm has no camera, and may be triggered while disarmed.
        return sighting.camera_id is None or self._allow_camera(sighting)

    def _allow_camera(self, sighting: Sighting) -> bool:
        if sighting.mode not in self.modes or not _allows(self.cameras, [sighting.camera_id]):
            return False
        if sighting.kind in WITHOUT_OBJECT:
            return True  # nothing was detected
        labels = [] if sighting.label is None else [sighting.label]
        if not _allows(self.labels, labels):
            return False
        zones = ((sighting.camera_id, zone) for zone in sighting.zones)
        return not self.zones or any(zone in self.camera_zones for zone in zones)


def _allows(chosen: frozenset[str], found: Iterable[str | None]) -> bool:
    return not chosen or any(each in chosen for each in found)


def is_within(hours: tuple[time, time] | None, local: time) -> bool:
    """Return whether a time of day is in these hours."""
    if hours is None:
        return True
    begin, end = hours
    if begin == end:
        return True
    if begin < end:
        return begin <= local < end
    return local >= begin or local < end


@dataclass(slots=True)
class Cooldowns:
    """When each recipient last got an alert of each camera."""

    _sent_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def active(self, recipient_id: str, camera_id: str, rules: Rules, now: float) -> bool:
        """Return whether a cooldown lasts; never after the clock was set back."""
        sent_at = self._sent_at.get((recipient_id, camera_id))
        return sent_at is not None and 0 <= now - sent_at < rules.cooldown_s

    def start(self, recipient_id: str, camera_id: str, now: float) -> None:
        """Start a cooldown."""
        self._sent_at[recipient_id, camera_id] = now

    def as_list(self, now: float) -> list[list[Any]]:
        """Return all that may still last as JSON can hold it."""
        return [[*key, at] for key, at in self._sent_at.items() if 0 <= now - at < MAX_COOLDOWN_S]

    def load(self, stored: Iterable[Any]) -> None:
        """Read what ``as_list`` wrote. Raises ``TypeError`` or ``ValueError``."""
        self._sent_at = {
            (str(recipient_id), str(camera_id)): parse_seconds(at)
            for recipient_id, camera_id, at in stored
        }
