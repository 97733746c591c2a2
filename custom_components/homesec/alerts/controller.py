"""Makes alerts of what the engine and the alarm report."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..alarm.machine import AlarmMode
from ..cameras.config import alert_labels, guards_in
from ..const import SUBENTRY_CAMERA
from ..engine.core.events import (
    ClipFailed,
    ClipSaved,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    SnapshotTaken,
)
from ..event_bus import AlarmChanged, AlarmTriggered, CameraChanged, CamerasMissing, Duress
from .alert_builder import AlertGrouper, OpenAlert
from .dispatch import AlertDispatcher
from .notices import missing_alert, settings_alert
from .recipients import Recipients
from .rules import AlertKind, Sighting
from .snooze import Snooze

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..alarm.controller import AlarmController
    from ..alarm.settings_change import SettingsChange
    from ..cameras.registry import CameraRegistry
    from ..devices import Devices
    from ..engine.core.events import EngineEvent
    from ..engine.core.types import Presence
    from ..engine_host import EngineHost
    from ..event_bus import EventBus
    from ..issues import Issues

CLIP_WAIT_S: Final = 6 * 3600.0
"""No clip takes that long; then an alert no longer waits for its clip."""
SETTINGS_TIMEOUT_S: Final = 2.0


class AlertController:
    """Turns detections and alarms into sightings, and sends the alerts that they belong to."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        bus: EventBus,
        alarm: AlarmController,
        cameras: CameraRegistry,
        devices: Devices,
        issues: Issues,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._bus = bus
        self._alarm = alarm
        self._cameras = cameras
        self.snooze = Snooze(hass, clock=_now, on_change=self._async_snoozed)
        self.recipients = Recipients(entry, host=host, devices=devices, issues=issues)
        self.dispatcher = AlertDispatcher(
            hass,
            host=host,
            alarm=alarm,
            cameras=cameras,
            devices=devices,
            recipients=self.recipients,
        )
        self._grouper = AlertGrouper()
        self._present: dict[tuple[str, str], tuple[OpenAlert, Sighting]] = {}
        """By camera and label, the alert and sighting of a presence that lasts."""
        self._clips: dict[str, list[OpenAlert]] = {}  # by clip, the alerts that wait for it

    async def async_load(self) -> None:
        """Read the snoozes, and subscribe to the alarm."""
        await self.snooze.async_load()
        kinds = (AlarmChanged, AlarmTriggered, CamerasMissing, Duress)
        self._bus.async_subscribe(self._async_handle_alarm, kinds=kinds)

    @callback
    def async_stop(self) -> None:
        """Cancel timers; nothing is sent once the engine has stopped."""
        self.snooze.async_stop()

    @callback
    def async_sync(self) -> None:
        """Take over changed recipients, and forget the snoozes of removed cameras."""
        self.recipients.async_sync()
        cameras = {x.subentry_id for x in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)}
        forget = self.snooze.async_forget_all_but(cameras)
        self._entry.async_create_task(self._hass, forget, "HomeSec snooze")

    def snoozed_until(self, camera_id: str) -> float | None:
        """Return when a camera's snooze ends, in UTC epoch seconds; None: it isn't snoozed."""
        return self.snooze.until(camera_id)

    @callback
    def _async_snoozed(self, camera_id: str) -> None:
        self._bus.async_dispatch(CameraChanged(camera_id=camera_id))

    @callback
    def async_handle_event(self, event: EngineEvent) -> None:
        """Handle detections, clips, and the state of texts."""
        self.recipients.async_handle_event(event)
        match event:
            case DetectionStarted():
                presence = event.presence
                self._async_add_presence(presence, presence.first_seen_at, event.clip_id)
            case DetectionUpdated():
                self._async_update_presence(event.presence)
            case DetectionEnded():
                self._present.pop((event.presence.camera_id, event.presence.label), None)
            case SnapshotTaken():
                self.dispatcher.handle_snapshot(event)
            case ClipSaved():
                self._async_clip_saved(event.clip.id)
            case ClipFailed():
                self._clips.pop(event.clip.id, None)

    @callback
    def _async_handle_alarm(self, event: EngineEvent) -> None:
        match event:
            case AlarmChanged():
                self._async_add_present()
            case AlarmTriggered():
                self._async_add(self._alarm_sighting(event))
            case CamerasMissing():
                self._async_send_missing(event.camera_ids)
            case Duress():
                mode = self._alarm.mode
                self._async_add(Sighting(kind=AlertKind.DURESS, at=_now(), mode=mode, by=event.by))

    def _async_send_missing(self, camera_ids: tuple[str, ...]) -> None:
        mode = self._alarm.mode
        self._async_dispatch(missing_alert(self._cameras, camera_ids, mode=mode, at=_now()))

    async def async_send_changes(self, changes: Iterable[SettingsChange]) -> None:
        """Send an alert about changed settings; return once its texts are stored.

        It doesn't wait for long: the changes are applied whatever becomes of the alert.
        """
        open_alert = settings_alert(changes, mode=self._alarm.mode, at=_now())
        if (sending := self._async_dispatch(open_alert)) is not None:
            await asyncio.wait({sending}, timeout=SETTINGS_TIMEOUT_S)

    def _alarm_sighting(self, event: AlarmTriggered) -> Sighting:
        """Return a sighting of what triggered the alarm, with the clip that is being recorded."""
        alarm, camera_id = self._alarm, event.camera_id
        state = None if camera_id is None else self._cameras.get(camera_id)
        if camera_id is None or state is None:
            by = alarm.snapshot.cause.by if alarm.snapshot.cause else None
            return Sighting(kind=AlertKind.ALARM, at=_now(), mode=alarm.mode, by=by)
        presence = state.presences.get(event.label or "")
        return Sighting(
            kind=AlertKind.ALARM,
            at=_now(),
            mode=alarm.mode,
            camera_id=camera_id,
            camera=self._cameras.subentry(camera_id).title,
            label=event.label,
            score=None if presence is None else presence.score,
            zones=() if presence is None else presence.zones,
            clip_id=self._current_clip(camera_id),
        )

    def _async_add_present(self) -> None:
        """Alert about who is in view as a camera begins to guard."""
        for camera_id, state in self._cameras.items():
            if not self._cameras.exists(camera_id):
                continue  # it is being removed
            guards = self._mode(camera_id) is not AlarmMode.DISARMED
            for label, presence in state.presences.items() if guards and state.watching else ():
                known = self._present.get((camera_id, label))
                if known is None or known[1].mode is AlarmMode.DISARMED:
                    self._async_add_presence(presence, _now(), self._current_clip(camera_id))

    def _async_add_presence(self, presence: Presence, at: float, clip_id: str | None) -> None:
        camera_id = presence.camera_id
        subentry = self._cameras.subentry(camera_id)
        if presence.label not in alert_labels(subentry.data) or self.snoozed_until(camera_id):
            return
        sighting = Sighting(
            kind=AlertKind.SEEN,
            at=at,
            mode=self._mode(camera_id),
            camera_id=camera_id,
            camera=subentry.title,
            label=presence.label,
            score=presence.score,
            count=presence.count,
            zones=presence.zones,
            clip_id=clip_id,
        )
        if sighting.mode is not AlarmMode.DISARMED or self.recipients.want(sighting):
            self._async_add(sighting)

    def _async_update_presence(self, presence: Presence) -> None:
        """Update an alert's count and zones; a new zone may be what a recipient waits for."""
        key = presence.camera_id, presence.label
        if (known := self._present.get(key)) is None:
            if presence.zones:
                self._async_add_presence(presence, _now(), self._current_clip(presence.camera_id))
            return
        open_alert, old = known
        zones = tuple(dict.fromkeys((*old.zones, *presence.zones)))
        new = replace(
            old,
            count=max(old.count, presence.count),
            score=max(old.score or 0.0, presence.score),
            zones=zones,
        )
        open_alert.update(old, new)
        self._present[key] = open_alert, new
        if zones != old.zones:
            self._async_dispatch(open_alert)

    def _async_add(self, sighting: Sighting) -> None:
        open_alert = self._grouper.add(sighting)
        if sighting.kind is AlertKind.SEEN and sighting.camera_id and sighting.label:
            self._present[sighting.camera_id, sighting.label] = open_alert, sighting
        if sighting.clip_id is not None:
            self._forget_clips(sighting.at)
            waiting = self._clips.setdefault(sighting.clip_id, [])
            if open_alert not in waiting:
                waiting.append(open_alert)
        self._async_dispatch(open_alert)

    def _async_clip_saved(self, clip_id: str) -> None:
        for open_alert in self._clips.pop(clip_id, ()):
            open_alert.ready_clips.add(clip_id)
            self._async_dispatch(open_alert)

    def _current_clip(self, camera_id: str) -> str | None:
        """Return the id of the clip that is being recorded."""
        return next(iter(self._cameras[camera_id].recordings), None)

    def _forget_clips(self, now: float) -> None:
        self._clips = {
            clip_id: waiting
            for clip_id, waiting in self._clips.items()
            if now - waiting[-1].alert.first.at < CLIP_WAIT_S
        }

    def _mode(self, camera_id: str) -> AlarmMode:
        """Return the alarm's mode; disarmed if the camera doesn't guard now."""
        mode, data = self._alarm.mode, self._cameras.subentry(camera_id).data
        return mode if self._alarm.guarding and guards_in(data, mode) else AlarmMode.DISARMED

    @callback
    def async_test(self, recipient_ids: frozenset[str] | None) -> str:
        """Send a test to these recipients, None: to all; return the alert's id."""
        sighting = Sighting(kind=AlertKind.TEST, at=_now(), mode=self._alarm.mode)
        open_alert = self._grouper.add(sighting)
        open_alert.only = recipient_ids
        self._async_dispatch(open_alert)
        return open_alert.alert.id

    @callback
    def _async_dispatch(self, open_alert: OpenAlert) -> asyncio.Task[None] | None:
        """Send what is new of an alert, by one task at a time so that nothing is sent twice."""
        if open_alert.dispatching or self._host.stopped:
            return None
        open_alert.dispatching = True
        # Not eagerly: what happens at the same moment, such as the alarm, is part of it.
        return self._entry.async_create_task(
            self._hass, self._async_dispatch_all(open_alert), "HomeSec alert", eager_start=False
        )

    async def _async_dispatch_all(self, open_alert: OpenAlert) -> None:
        try:
            while True:
                ready = len(open_alert.ready_clips)
                sent = await self.dispatcher.async_dispatch(open_alert)
                if sent == open_alert.alert and ready == len(open_alert.ready_clips):
                    return
        finally:
            open_alert.dispatching = False


def _now() -> float:
    return dt_util.utcnow().timestamp()
