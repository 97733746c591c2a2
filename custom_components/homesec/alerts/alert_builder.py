"""Builds alerts: sightings that follow one another closely become one, and one text."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ulid_transform import ulid_at_time

from .rules import Alert, AlertKind, Sighting

if TYPE_CHECKING:
    from ..alarm.machine import AlarmMode
    from ..engine.core.types import Presence

GROUP_S: Final = 60.0  # an alert takes in further sightings for so long after its first one
SLACK_S: Final = 5.0  # the alarm is triggered a moment after its cause was detected


type Revision = tuple[Alert, int, int, bool]
"""How much of an alert there is."""


@dataclass(eq=False, slots=True, kw_only=True)
class OpenAlert:
    """An alert that may still grow, and which recipients got it."""

    alert: Alert
    dispatched: bool = False  # whether it is being sent; until then a sighting may become an alarm
    announced: dict[str, Any] = field(default_factory=dict)
    """What its last event on Home Assistant's bus was about; empty before the first."""
    dispatching: bool = False  # whether a task sends it now
    has_still: bool = False
    has_boxes: bool = False  # whether the still shows them
    tag: str = ""  # of its notification, which it has in common with earlier alerts
    superseded: bool = False  # whether a later alert has replaced its notification
    ready_clips: set[str] = field(default_factory=set)  # ids of its clips that can be watched
    failed_clips: set[str] = field(default_factory=set)  # ids of those that weren't recorded
    only: frozenset[str] | None = None  # ids of the recipients of a test; None: all
    sent_to: set[str] = field(default_factory=set)  # ids of the recipients who got it
    clip_sent_to: set[str] = field(default_factory=set)
    """Ids of the recipients who got the text about its clip."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Recipients and cameras with a cooldown when it came: it isn't sent later either."""

    def __post_init__(self) -> None:
        """Give a new alert's notification a tag of its own."""
        self.tag = self.tag or f"homesec-{self.alert.id}"

    @property
    def shown(self) -> Alert:
        """The alert without the clips that failed."""
        sightings = tuple(
            replace(x, clip_id=None) if x.clip_id in self.failed_clips else x
            for x in self.alert.sightings
        )
        return replace(self.alert, sightings=sightings)

    @property
    def revision(self) -> Revision:
        """What changes when there is something new of it."""
        return self.alert, len(self.ready_clips), len(self.failed_clips), self.has_boxes

    @property
    def summary(self) -> dict[str, Any]:
        """What an update is announced for, as JSON can hold it."""
        alert = self.shown
        return {
            "kind": alert.kind.value,
            "cameras": list(alert.cameras),
            "zones": list(alert.zones),
            "count": alert.count,
            "clip": alert.clip_id,
            "clip_ready": self.clip_ready,
            "still": self.has_boxes,
        }

    @property
    def clip_ready(self) -> bool:
        """Whether the clip that shows it can be watched."""
        return self.shown.clip_id in self.ready_clips

    @property
    def lacks_boxes(self) -> bool:
        """Whether it went out without a picture that shows them."""
        return bool(self.announced) and not self.has_boxes

    @property
    def clip_expected(self) -> bool:
        """Whether its clip is still being recorded."""
        clip_id = self.shown.clip_id
        return clip_id is not None and clip_id not in self.ready_clips

    def add(self, sighting: Sighting) -> None:
        """Add a sighting."""
        self.alert = replace(self.alert, sightings=(*self.alert.sightings, sighting))

    def update(self, old: Sighting, new: Sighting) -> None:
        """Replace a sighting by what is known now: a higher count, more zones."""
        sightings = tuple(new if x is old else x for x in self.alert.sightings)
        self.alert = replace(self.alert, sightings=sightings)

    def add_clip(self, presence: Presence, clip_id: str) -> bool:
        """Add the clip of a presence to its sightings that have none; return whether any had none.

        A sighting has none if its camera only detected at first, or if the clip failed.
        """
        key = presence.camera_id, presence.label, presence.first_seen_at
        sightings = tuple(
            replace(x, clip_id=clip_id)
            if (x.camera_id, x.label, x.seen_at) == key
            and (x.clip_id is None or x.clip_id in self.failed_clips)
            else x
            for x in self.alert.sightings
        )
        changed = sightings != self.alert.sightings
        self.alert = replace(self.alert, sightings=sightings)
        return changed


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
        self.restore(opened)
        return opened

    def restore(self, latest: OpenAlert) -> None:
        """Let an alert take in further sightings, if its kind does."""
        first = latest.alert.sightings[-1]
        if first.kind in (AlertKind.SEEN, AlertKind.ALARM):
            self._latest[first.label, first.mode] = latest

    def _belongs(self, latest: OpenAlert, sighting: Sighting) -> bool:
        if not -SLACK_S < sighting.at - latest.alert.first.at < GROUP_S:
            return False
        match sighting.kind:
            case AlertKind.SEEN:
                return True
            case AlertKind.ALARM:
                # Together with its cause, unless that was sent already: then it is news. Only the
                # alarm that goes on, as its cause is still in view, isn't.
                again = any(
                    x.kind is AlertKind.ALARM and x.seen_at is not None and x.is_of(sighting)
                    for x in latest.alert.sightings
                )
                return again or not latest.dispatched
        return False
