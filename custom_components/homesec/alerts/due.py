"""What of an alert is to be texted to whom, and when it has been told often enough."""

from dataclasses import replace
from typing import TYPE_CHECKING

from .rules import CLIP, Alert, AlertKind, CoolDowns, Sighting

if TYPE_CHECKING:
    from datetime import time

    from .burst import OpenAlert
    from .rules import Rules


class DeliveryFilter:
    """Keeps the cool-downs; what an alert has been told already is written on it."""

    def __init__(self) -> None:
        self._cool_downs = CoolDowns()

    def news(
        self, recipient_id: str, rules: Rules, running: OpenAlert, *, local: time, now: float
    ) -> Alert | None:
        """Return as much of an alert as a recipient is to be told now.

        Only what they asked for: not all who are told of the drive may know of the bedroom.
        """
        if running.only is not None and recipient_id not in running.only:
            return None
        if recipient_id in running.told:
            return None
        wanted = [x for x in running.alert.sightings if rules.want(x, local)]
        if all(x.kind is AlertKind.SEEN for x in wanted):
            wanted = self._awake(recipient_id, rules, running, wanted, now)
        return _part(running.alert, wanted)

    def clip(
        self, recipient_id: str, rules: Rules, running: OpenAlert, *, local: time, now: float
    ) -> Alert | None:
        """Return as much of an alert as a recipient is to be told that its clip is ready."""
        if recipient_id in running.told_clip:
            return None
        wanted = [x for x in running.alert.sightings if rules.want(x, local, kind=CLIP)]
        if recipient_id not in running.told:  # else it is the rest of what they heard already
            wanted = self._awake(recipient_id, rules, running, wanted, now)
        part = _part(running.alert, wanted)
        return part if part is not None and part.clip_id in running.ready else None

    def note(self, recipient_id: str, told: Alert, now: float) -> None:
        """Begin the cool-downs of the cameras that were told of."""
        if told.kind is AlertKind.OFFLINE:
            return  # who is seen by it when it is back is news
        for camera_id in {x.camera_id for x in told.sightings if x.camera_id is not None}:
            self._cool_downs.note(recipient_id, camera_id, now)

    def _awake(
        self,
        recipient_id: str,
        rules: Rules,
        running: OpenAlert,
        wanted: list[Sighting],
        now: float,
    ) -> list[Sighting]:
        """Return what was not seen within a camera's cool-down; later it is no news either."""
        for camera_id in {x.camera_id for x in wanted if x.camera_id is not None}:
            if self._cool_downs.active(recipient_id, camera_id, rules, now):
                running.refused.add((recipient_id, camera_id))
        return [x for x in wanted if (recipient_id, x.camera_id) not in running.refused]


def _part(alert: Alert, wanted: list[Sighting]) -> Alert | None:
    """Return the alert with these sightings only; their cameras' clip shows them."""
    if not wanted:
        return None
    if not any(x.clip_id for x in wanted):
        cameras = {x.camera_id for x in wanted}
        clips = [x.clip_id for x in alert.sightings if x.clip_id and x.camera_id in cameras]
        wanted = [replace(wanted[0], clip_id=clips[0] if clips else None), *wanted[1:]]
    return replace(alert, sightings=tuple(wanted))
