"""Makes alerts of what the engine and the alarm report."""

import asyncio
from contextlib import suppress
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
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    SnapshotTaken,
    TamperChanged,
)
from ..engine.core.types import ClipState
from ..event_bus import AlarmChanged, AlarmTriggered, CameraChanged, CamerasMissing, Duress
from ..exceptions import EngineNotRunningError
from .dispatch import AlertDispatcher
from .evidence import EvidenceLog
from .notices import missing_alert, settings_alert, tamper_alert, test_alert
from .open_alerts import OpenAlerts
from .recipients import Recipients
from .rules import AlertKind, Cooldowns, Sighting
from .sightings import alarm_sighting, presence_sighting
from .snooze import Snooze
from .store import StoredAlerts
from .undelivered import Undelivered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import CALLBACK_TYPE, HomeAssistant

    from ..alarm.controller import AlarmController
    from ..alarm.settings_change import SettingsChange
    from ..cameras.registry import CameraRegistry
    from ..devices import Devices
    from ..engine.core.events import EngineEvent
    from ..engine.core.types import Clip, Presence
    from ..engine_host import EngineHost
    from ..event_bus import EventBus
    from ..issues import Issues
    from .alert_builder import OpenAlert

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
        self._open, self._evidence, cooldowns = OpenAlerts(), EvidenceLog(), Cooldowns()
        self._stored = StoredAlerts(hass, entry, alerts=self._open, cooldowns=cooldowns)
        self.undelivered = Undelivered(
            hass, entry.entry_id, bus=bus, save=self._stored.async_save_soon
        )
        self.recipients = Recipients(
            entry, host=host, devices=devices, issues=issues, undelivered=self.undelivered
        )
        self.dispatcher = AlertDispatcher(
            hass,
            host=host,
            alarm=alarm,
            devices=devices,
            recipients=self.recipients,
            cooldowns=cooldowns,
            evidence=self._evidence,
            earlier=lambda each: self._open.find(each.alert.cause, but=each),
        )

    async def async_load(self) -> None:
        """Go on with what the last run stored, and subscribe to the alarm."""
        await self.snooze.async_load()
        await self._stored.async_load(self.undelivered)
        self.undelivered.async_show()
        kinds = (AlarmChanged, AlarmTriggered, CamerasMissing, Duress, TamperChanged)
        self._bus.async_subscribe(self._async_handle_alarm, kinds=kinds)
        self._alarm.announcer.take_tags = self._take_alarm_tags

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Watch the automations that alerts start; return what ends that."""
        return self.undelivered.async_start()

    async def async_stop(self) -> None:
        """Cancel timers, and save; nothing is sent once the engine has stopped."""
        self.snooze.async_stop()
        self.undelivered.async_stop()
        await self._stored.async_stop()

    async def async_engine_started(self) -> None:
        """Give the engine the recipients, and look up the clips that were saved unnoticed."""
        await self.recipients.async_apply()
        for clip_id in self._open.expected_clips:
            with suppress(EngineNotRunningError):
                clip = await self._host.async_run(self._host.engine.catalog.get, clip_id)
                if clip is None or clip.state is ClipState.FAILED:
                    self._async_dispatch_each(self._open.clip_failed(clip_id))
                elif clip.state is not ClipState.RECORDING:  # else recovery reports it
                    self._async_dispatch_each(self._open.clip_saved(clip_id))

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
        self._evidence.async_handle(event)
        match event:
            case DetectionStarted(presence=presence):
                self._async_add_presence(presence, presence.first_seen_at, event.clip_id)
            case DetectionUpdated():
                self._async_update_presence(event.presence)
            case DetectionEnded():
                if self._open.end(event.presence.camera_id, event.presence.label):
                    self._stored.async_save_soon()
            case SnapshotTaken():
                self._async_add_boxes(event.camera_id)
            case ClipStarted():
                self._async_add_clip(event.clip)
            case ClipSaved():
                self._async_dispatch_each(self._open.clip_saved(event.clip.id))
            case ClipFailed():
                self._async_dispatch_each(self._open.clip_failed(event.clip.id))

    @callback
    def _async_handle_alarm(self, event: EngineEvent) -> None:
        mode = self._alarm.mode
        match event:
            case TamperChanged(kind=kind, camera_id=camera_id) if kind is not None:
                alert = tamper_alert(event, self._cameras, mode=self._mode(camera_id), at=_now())
                if not self.snoozed_until(camera_id) and self._is_wanted(alert.alert.first):
                    self._async_dispatch(alert)
            case AlarmChanged():
                self._async_add_present()
            case AlarmTriggered():
                cause = self._alarm.snapshot.cause
                seen = alarm_sighting(event, self._cameras, at=_now(), mode=mode, cause=cause)
                self._async_add(seen)
            case CamerasMissing(camera_ids=missing):
                self._async_dispatch(missing_alert(self._cameras, missing, mode=mode, at=_now()))
            case Duress():
                self._async_add(Sighting(kind=AlertKind.DURESS, at=_now(), mode=mode, by=event.by))

    def _take_alarm_tags(self) -> list[str]:
        if tags := self._open.take_alarm_tags():
            self._stored.async_save_soon()
        return tags

    async def async_send_changes(self, changes: Iterable[SettingsChange]) -> None:
        """Send an alert about changed settings; wait for its texts to be stored, but not long."""
        open_alert = settings_alert(changes, mode=self._alarm.mode, at=_now())
        if (sending := self._async_dispatch(open_alert)) is not None:
            await asyncio.wait({sending}, timeout=SETTINGS_TIMEOUT_S)

    def _async_add_present(self) -> None:
        """Alert about who is in view as a camera begins to guard."""
        for camera_id, state in self._cameras.items():
            if not self._cameras.exists(camera_id):
                continue  # it is being removed
            guards = self._mode(camera_id) is not AlarmMode.DISARMED
            for label, presence in state.presences.items() if guards and state.watching else ():
                known = self._open.present(camera_id, label)
                if presence.is_seen and (known is None or known[1].mode is AlarmMode.DISARMED):
                    self._async_add_presence(presence, _now(), state.clips.get(label))

    def _async_add_presence(self, presence: Presence, at: float, clip_id: str | None) -> None:
        camera_id = presence.camera_id
        subentry = self._cameras.subentry(camera_id)
        if presence.label not in alert_labels(subentry.data) or self.snoozed_until(camera_id):
            return
        mode = self._mode(camera_id)
        sighting = presence_sighting(
            presence, at=at, mode=mode, camera=subentry.title, clip_id=clip_id
        )
        if self._open.resume(sighting):
            return
        if self._is_wanted(sighting):
            self._async_add(sighting)

    def _is_wanted(self, sighting: Sighting) -> bool:
        return sighting.mode is not AlarmMode.DISARMED or self.recipients.want(sighting)

    def _async_update_presence(self, presence: Presence) -> None:
        """Update an alert's count and zones; a new zone may be what a recipient waits for."""
        camera_id, label = presence.camera_id, presence.label
        if (known := self._open.present(camera_id, label)) is None:
            if presence.zones or presence.sensor is not None:
                clip_id = self._cameras[camera_id].clips.get(label)
                self._async_add_presence(presence, _now(), clip_id)
            return
        open_alert, old = known
        zones = tuple(dict.fromkeys((*old.zones, *presence.zones)))
        new = replace(
            old,
            count=max(old.count, presence.count),
            score=max(old.score or 0.0, presence.score) or None,
            zones=zones,
        )
        self._open.update(camera_id, label, new)
        if zones != old.zones:
            self._async_dispatch(open_alert)

    def _async_add(self, sighting: Sighting) -> None:
        self._async_dispatch(self._open.add(sighting))

    def _async_add_boxes(self, camera_id: str) -> None:
        """Give alerts that went out without a picture with boxes the one that came now."""
        for open_alert, sighting in self._open.all_present:
            if sighting.camera_id == camera_id and open_alert.lacks_boxes:
                self._async_dispatch(open_alert)

    def _async_add_clip(self, clip: Clip) -> None:
        """Add a clip that has just begun to the alerts about who is in view, if they have none."""
        camera = self._cameras.get(clip.camera_id)  # it may have been removed meanwhile
        for presence in () if camera is None else camera.presences.values():
            self._async_dispatch_each(self._open.add_clip(presence, clip.id))

    def _async_dispatch_each(self, open_alerts: Iterable[OpenAlert]) -> None:
        for each in open_alerts:
            self._async_dispatch(each)

    def _mode(self, camera_id: str) -> AlarmMode:
        """Return the alarm's mode; disarmed if the camera doesn't guard now."""
        mode, data = self._alarm.mode, self._cameras.subentry(camera_id).data
        return mode if self._alarm.guarding and guards_in(data, mode) else AlarmMode.DISARMED

    @callback
    def async_test(self, recipient_ids: frozenset[str] | None) -> str:
        """Send a test to these recipients, None: to all; return the alert's id."""
        open_alert = test_alert(mode=self._alarm.mode, at=_now(), only=recipient_ids)
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
            while await self.dispatcher.async_dispatch(open_alert) != open_alert.revision:
                pass  # more of it came meanwhile
        finally:
            open_alert.dispatching = False
            self._stored.async_save_soon()


def _now() -> float:
    return dt_util.utcnow().timestamp()
