"""Builds alerts: sightings that follow one another closely become one, and one text."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ulid_transform import ulid_at_time

from .rules import Alert, AlertKind, Sighting

if TYPE_CHECKING:
    from ..alarm.machine import AlarmMode

GROUP_S: Final = 60.0  # an alert takes in further sightings for so long after its first one
SLACK_S: Final = 5.0  # the alarm is triggered a moment after its cause was detected


@dataclass(eq=False, slots=True, kw_only=True)
class OpenAlert:
    """An alert that may still grow, and which recipients got it."""

    alert: Alert
    dispatched: bool = False  # whether it is being sent; until then a sighting may become an alarm
    announced: bool = False  # whether its event was fired on Home Assistant's bus
    dispatching: bool = False  # whether a task sends it now
    has_still: bool = False
    ready_clips: set[str] = field(default_factory=set)  # ids of its clips that can be watched
    only: frozenset[str] | None = None  # ids of the recipients of a test; None: all
    sent_to: set[str] = field(default_factory=set)  # ids of the recipients who got it
    clip_sent_to: set[str] = field(default_factory=set)
    """Ids of the recipients who got the text about its clip."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Recipients and cameras with a cooldown when it came: it isn't sent later either."""

    @property
    def clip_ready(self) -> bool:
        """Whether the clip that shows it can be watched."""
        return self.alert.clip_id in self.ready_clips

    def add(self, sighting: Sighting) -> None:
        """Add a sighting."""
        self.alert = replace(self.alert, sightings=(*self.alert.sightings, sighting))

    def update(self, old: Sighting, new: Sighting) -> None:
        """Replace a sighting by what is known now: a higher count, more zones."""
        sightings = tuple(new if x is old else x for x in self.alert.sightings)
        self.alert = replace(self.alert, sightings=sightings)


class AlertGrouper:
    """Finds the alert that a sighting belongs to, or opens a new one.

    Only sightings of the same label in the same mode are grouped: a cat must not hide the person
    that comes after it.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str | None, AlarmMode], OpenAlert] = {}

    def add(self, sighting: Sighting) -> OpenAlert:
        """Return the alert of a sighting, which holds it now."""
        latest = self._latest.get((sighting.label, sighting.mode))
        if latest is not None and self._belongs(latest, sighting):
            latest.add(sighting)
            return latest
        opened = OpenAlert(alert=Alert(id=ulid_at_time(sighting.at), sightings=(sighting,)))
        if sighting.kind in (AlertKind.SEEN, AlertKind.ALARM):
            self._latest[sighting.label, sighting.mode] = opened
        return opened

    def _belongs(self, latest: OpenAlert, sighting: Sighting) -> bool:
        if not -SLACK_S < sighting.at - latest.alert.first.at < GROUP_S:
            return False
        match sighting.kind:
            case AlertKind.SEEN:
                return True
            case AlertKind.ALARM:
                # Together with its cause, unless that was sent already: then it is news.
                return not latest.dispatched
        return False
