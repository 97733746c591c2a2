"""The alerts that may still be updated, and what they wait for.

They are stored, so that a restart or reload sends nothing twice.
"""

from collections import OrderedDict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from ..alarm.machine import AlarmMode
from ..stored_data import parse_optional_text, parse_seconds
from .alert_builder import GROUP_S, AlertGrouper, OpenAlert
from .rules import Alert, AlertKind, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..engine.core.types import Presence

CLIP_WAIT_S: Final = 6 * 3600.0
"""No clip takes that long; then an alert no longer waits for its clip."""
MAX_OPEN: Final = 200
RESUME_S: Final = 120.0
"""A presence that lasted until the end of the last run, and is there again so soon, goes on."""

type PresenceKey = tuple[str, str]  # a camera's id and a label


class OpenAlerts:
    """Finds the alert of a sighting, a presence, or a clip."""

    def __init__(self) -> None:
        self._grouper = AlertGrouper()
        self._alerts: OrderedDict[str, OpenAlert] = OrderedDict()  # by id, oldest first
        self._present: dict[PresenceKey, tuple[OpenAlert, Sighting]] = {}
        """The alert and sighting of each presence that lasts."""
        self._resumable: dict[PresenceKey, tuple[OpenAlert, Sighting]] = {}
        """Of the presences that lasted when the last run ended."""
        self._ended_at = 0.0  # when that was
        self._alarm_tags: list[str] = []  # of the alarms since it was disarmed

    def add(self, sighting: Sighting) -> OpenAlert:
        """Return the alert of a sighting, which holds it now."""
        open_alert = self._grouper.add(sighting)
        if open_alert.alert.id not in self._alerts:
            earlier = self.find(sighting)
            if earlier is not None and sighting.kind is AlertKind.ALARM:
                open_alert.tag = earlier.tag
                earlier.superseded = True
            self._keep(open_alert)
        if sighting.kind is AlertKind.ALARM and open_alert.tag not in self._alarm_tags:
            self._alarm_tags = [*self._alarm_tags, open_alert.tag][-MAX_OPEN:]
        if sighting.kind is AlertKind.SEEN and sighting.camera_id and sighting.label:
            self._present[sighting.camera_id, sighting.label] = open_alert, sighting
        return open_alert

    def take_alarm_tags(self) -> list[str]:
        """Return, once, the tags of all alarms' notifications."""
        tags, self._alarm_tags = self._alarm_tags, []
        return tags

    def _keep(self, open_alert: OpenAlert) -> None:
        alert = open_alert.alert
        for alert_id, old in list(self._alerts.items()):
            if alert.first.at - old.alert.first.at > CLIP_WAIT_S or len(self._alerts) >= MAX_OPEN:
                del self._alerts[alert_id]
        if alert.kind in (AlertKind.SEEN, AlertKind.ALARM):
            self._alerts[alert.id] = open_alert

    def find(self, sighting: Sighting, *, but: OpenAlert | None = None) -> OpenAlert | None:
        """Return the newest alert about the presence of a sighting, except for one."""
        if sighting.seen_at is None:
            return None
        alerts = (x for x in reversed(self._alerts.values()) if x is not but)
        return next((x for x in alerts if any(map(sighting.is_of, x.alert.sightings))), None)

    @property
    def expected_clips(self) -> set[str]:
        """The ids of the clips that alerts wait for."""
        found = {x.shown.clip_id for x in self._alerts.values() if x.clip_expected}
        return {clip_id for clip_id in found if clip_id is not None}

    def present(self, camera_id: str, label: str) -> tuple[OpenAlert, Sighting] | None:
        """Return the alert and the sighting of a presence that lasts."""
        return self._present.get((camera_id, label))

    @property
    def all_present(self) -> Iterable[tuple[OpenAlert, Sighting]]:
        """The alerts and sightings of all presences that last."""
        return list(self._present.values())

    def update(self, camera_id: str, label: str, new: Sighting) -> None:
        """Replace the sighting of a presence by what is known now."""
        open_alert, old = self._present[camera_id, label]
        open_alert.update(old, new)
        self._present[camera_id, label] = open_alert, new

    def resume(self, sighting: Sighting) -> bool:
        """Return whether a sighting goes on from the last run, which sent its alert."""
        key = sighting.camera_id or "", sighting.label or ""
        found = self._resumable.pop(key, None)
        if found is None or not 0 <= sighting.at - self._ended_at < RESUME_S:
            return False
        open_alert, old = found
        if old.mode is not sighting.mode:
            return False
        self._present[key] = open_alert, old
        return True

    def end(self, camera_id: str, label: str) -> bool:
        """End a presence; return whether there was an alert about it."""
        return self._present.pop((camera_id, label), None) is not None

    def add_clip(self, presence: Presence, clip_id: str) -> list[OpenAlert]:
        """Add the clip of a presence where there is none; return the alerts that it's new to."""
        return [each for each in self._alerts.values() if each.add_clip(presence, clip_id)]

    def clip_saved(self, clip_id: str) -> list[OpenAlert]:
        """Note that a clip can be watched; return its alerts."""
        alerts = self._with_clip(clip_id)
        for each in alerts:
            each.failed_clips.discard(clip_id)
            each.ready_clips.add(clip_id)
        return alerts

    def clip_failed(self, clip_id: str) -> list[OpenAlert]:
        """Note that a clip can't be watched; return its alerts. It may be saved later."""
        alerts = [x for x in self._with_clip(clip_id) if clip_id not in x.ready_clips]
        for each in alerts:
            each.failed_clips.add(clip_id)
        return alerts

    def _with_clip(self, clip_id: str) -> list[OpenAlert]:
        return [x for x in self._alerts.values() if clip_id in x.alert.clip_ids]

    def as_dict(self, now: float) -> dict[str, Any]:
        """Return what JSON can hold: the alerts that may still be updated."""
        lasting = {x.alert.id for x, _ in self._present.values()}
        alerts = [
            _dump(x)
            for x in self._alerts.values()
            if x.alert.id in lasting or x.clip_expected or now - x.alert.first.at < GROUP_S
        ]
        present = [
            [*key, open_alert.alert.id, open_alert.alert.sightings.index(sighting)]
            for key, (open_alert, sighting) in self._present.items()
            if sighting in open_alert.alert.sightings
        ]
        return {
            "alerts": alerts,
            "present": present,
            "at": now,
            "alarm_tags": self._alarm_tags,
        }

    def load(self, stored: Mapping[str, Any], now: float) -> None:
        """Read what ``as_dict`` wrote.

        Raises ``AttributeError``, ``KeyError``, ``IndexError``, ``TypeError``, or ``ValueError``.
        """
        alerts = [_load(each) for each in stored["alerts"]]
        by_id = {x.alert.id: x for x in alerts}
        resumable = {
            (str(camera_id), str(label)): (by_id[alert_id], by_id[alert_id].alert.sightings[index])
            for camera_id, label, alert_id, index in stored["present"]
            if alert_id in by_id
        }
        alarm_tags = [str(tag) for tag in stored.get("alarm_tags", ())]
        self._ended_at = parse_seconds(stored["at"])
        self._alarm_tags = alarm_tags[-MAX_OPEN:]
        self._resumable = resumable
        for each in alerts:
            if 0 <= now - each.alert.first.at < CLIP_WAIT_S:
                self._alerts[each.alert.id] = each
                self._grouper.restore(each)


def _dump(x: OpenAlert) -> dict[str, Any]:
    return {
        "id": x.alert.id,
        "sightings": [asdict(each) for each in x.alert.sightings],
        "announced": x.announced,
        "has_still": x.has_still,
        "has_boxes": x.has_boxes,
        "tag": x.tag,
        "superseded": x.superseded,
        "ready_clips": sorted(x.ready_clips),
        "failed_clips": sorted(x.failed_clips),
        "sent_to": sorted(x.sent_to),
        "clip_sent_to": sorted(x.clip_sent_to),
        "refused": sorted(map(list, x.refused)),
    }


def _load(stored: Mapping[str, Any]) -> OpenAlert:
    sightings = tuple(map(_load_sighting, stored["sightings"]))
    if not sightings:
        raise ValueError("an alert without sightings")
    return OpenAlert(
        alert=Alert(id=str(stored["id"]), sightings=sightings),
        dispatched=True,
        announced=dict(stored["announced"]),
        has_still=bool(stored["has_still"]),
        has_boxes=bool(stored["has_boxes"]),
        tag=str(stored["tag"]),
        superseded=bool(stored["superseded"]),
        ready_clips=set(map(str, stored["ready_clips"])),
        failed_clips=set(map(str, stored["failed_clips"])),
        sent_to=set(map(str, stored["sent_to"])),
        clip_sent_to=set(map(str, stored["clip_sent_to"])),
        refused={(str(recipient), str(camera)) for recipient, camera in stored["refused"]},
    )


def _load_sighting(stored: Mapping[str, Any]) -> Sighting:
    seen_at, score = stored["seen_at"], stored["score"]
    texts = ("camera_id", "camera", "label", "clip_id", "by", "action", "recipient")
    return Sighting(
        kind=AlertKind(stored["kind"]),
        at=parse_seconds(stored["at"]),
        mode=AlarmMode(stored["mode"]),
        score=None if score is None else parse_seconds(score),
        count=int(parse_seconds(stored["count"])),
        zones=tuple(map(str, stored["zones"])),
        seen_at=None if seen_at is None else parse_seconds(seen_at),
        turned_off=bool(stored["turned_off"]),
        sensor=parse_optional_text(stored.get("sensor")),
        tamper=parse_optional_text(stored.get("tamper")),
        **{key: parse_optional_text(stored[key]) for key in texts},
    )
