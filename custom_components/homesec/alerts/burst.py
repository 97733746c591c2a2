"""Sightings that follow one another closely are one alert: ten people in a minute, one message."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ulid_transform import ulid_at_time

from .rules import Alert, AlertKind, Sighting

if TYPE_CHECKING:
    from ..alarm.machine import AlarmMode

BURST_S: Final = 60.0
"""From its first sighting on, an alert takes in others for so long."""
SLACK_S: Final = 5.0
"""The alarm goes off a moment after what set it off was first seen."""


@dataclass(eq=False, slots=True, kw_only=True)
class OpenAlert:
    """An alert that may still grow."""

    alert: Alert
    settled: bool = False
    """Whether somebody is being told of it; until then it may still become a worse one."""
    announced: bool = False
    """Whether the bus heard of it."""
    telling: bool = False
    still: bool = False
    """Whether it has a picture."""
    ready: set[str] = field(default_factory=set)
    """The clips that can be watched."""
    only: frozenset[str] | None = None
    """The recipients that a test is for; None: all."""
    told: set[str] = field(default_factory=set)
    """The recipients who got it, and those who got its clip."""
    told_clip: set[str] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Recipients and cameras that were in their cool-down when it came: it is no news later."""

    @property
    def clip_ready(self) -> bool:
        """Whether the clip that shows it can be watched."""
        return self.alert.clip_id in self.ready

    def add(self, sighting: Sighting) -> None:
        """Take in another sighting."""
        self.alert = replace(self.alert, sightings=(*self.alert.sightings, sighting))

    def change(self, old: Sighting, new: Sighting) -> None:
        """Know more of a sighting: more of them, other zones."""
        sightings = tuple(new if x is old else x for x in self.alert.sightings)
        self.alert = replace(self.alert, sightings=sightings)


class AlertGrouper:
    """Which alert a sighting belongs to.

    Only the same label in the same mode: a cat must not swallow the person that comes after it.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str | None, AlarmMode], OpenAlert] = {}

    def take(self, sighting: Sighting) -> tuple[OpenAlert, bool]:
        """Return the alert of a sighting, and whether it is a new one."""
        latest = self._latest.get((sighting.label, sighting.mode))
        if latest is not None and self._joins(latest, sighting):
            latest.add(sighting)
            return latest, False
        running = OpenAlert(alert=Alert(id=ulid_at_time(sighting.at), sightings=(sighting,)))
        if sighting.kind in (AlertKind.SEEN, AlertKind.ALARM):
            self._latest[sighting.label, sighting.mode] = running
        return running, True

    def _joins(self, latest: OpenAlert, sighting: Sighting) -> bool:
        if not -SLACK_S < sighting.at - latest.alert.first.at < BURST_S:
            return False
        match sighting.kind:
            case AlertKind.SEEN:
                return True
            case AlertKind.ALARM:
                # What set it off is being told just now: once is enough. Later it is news.
                return not latest.settled
        return False
