"""Which part of an alert is still to be sent to a recipient."""

from dataclasses import replace
from typing import TYPE_CHECKING

from .rules import CLIP, WITHOUT_OBJECT, Alert, AlertKind, Cooldowns, Sighting

if TYPE_CHECKING:
    from datetime import time

    from .alert_builder import OpenAlert
    from .rules import Rules


class DeliveryFilter:
    """Decides which part of an alert is still to be sent to a recipient; holds the cooldowns."""

    def __init__(self, cooldowns: Cooldowns | None = None) -> None:
        self._cooldowns = cooldowns or Cooldowns()

    def new_part(
        self, recipient_id: str, rules: Rules, open_alert: OpenAlert, *, local: time, now: float
    ) -> Alert | None:
        """Return what a recipient wants of an alert; None if nothing, or if they got it.

        Only the sightings that their rules allow: not everybody who may know about the drive may
        know about the bedroom.
        """
        if open_alert.only is not None and recipient_id not in open_alert.only:
            return None
        if recipient_id in open_alert.sent_to:
            return None
        alert = open_alert.shown
        wanted = [x for x in alert.sightings if rules.allow(x, local)]
        if all(x.kind is AlertKind.SEEN for x in wanted):
            wanted = self._after_cooldowns(recipient_id, rules, open_alert, wanted, now)
        return _part(alert, wanted)

    def clip_part(
        self, recipient_id: str, rules: Rules, open_alert: OpenAlert, *, local: time, now: float
    ) -> Alert | None:
        """Return the part of an alert whose clip is ready and wanted; None if there is none."""
        if recipient_id in open_alert.clip_sent_to:
            return None
        alert = open_alert.shown
        wanted = [x for x in alert.sightings if rules.allow(x, local, kind=CLIP)]
        if recipient_id not in open_alert.sent_to:  # else it belongs to what they got already
            wanted = self._after_cooldowns(recipient_id, rules, open_alert, wanted, now)
        part = _part(alert, wanted)
        return part if part is not None and part.clip_id in open_alert.ready_clips else None

    def start_cooldowns(self, recipient_id: str, sent: Alert, now: float) -> None:
        """Start the cooldowns of the cameras that an alert was about."""
        if sent.kind in WITHOUT_OBJECT:
            return  # what a camera detects then is news
        for camera_id in {x.camera_id for x in sent.sightings if x.camera_id is not None}:
            self._cooldowns.start(recipient_id, camera_id, now)

    def _after_cooldowns(
        self,
        recipient_id: str,
        rules: Rules,
        open_alert: OpenAlert,
        wanted: list[Sighting],
        now: float,
    ) -> list[Sighting]:
        """Return the sightings of cameras without a cooldown; a refused one stays refused."""
        for camera_id in {x.camera_id for x in wanted if x.camera_id is not None}:
            if self._cooldowns.active(recipient_id, camera_id, rules, now):
                open_alert.refused.add((recipient_id, camera_id))
        return [x for x in wanted if (recipient_id, x.camera_id) not in open_alert.refused]


def _part(alert: Alert, wanted: list[Sighting]) -> Alert | None:
    """Return an alert with these sightings only, and with their clip."""
    if not wanted:
        return None
    if not any(x.clip_id for x in wanted):
        # An alarm's clip may be that of its sighting, but never that of another visitor.
        clips = [x.clip_id for x in alert.sightings if x.clip_id and any(map(x.is_of, wanted))]
        wanted = [replace(wanted[0], clip_id=clips[0] if clips else None), *wanted[1:]]
    return replace(alert, sightings=tuple(wanted))
