"""Decides what is an alert, from what the engine and the alarm report."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util
from ulid_transform import ulid_at_time

from ..alarm.machine import AlarmMode
from ..cameras.config import alerts_of, is_live
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
from .burst import AlertGrouper, OpenAlert
from .recipients import Recipients
from .rules import Alert, AlertKind, Sighting
from .snooze import Snooze
from .teller import AlertDispatcher

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..alarm.control import AlarmController
    from ..cameras.registry import CameraRegistry
    from ..devices import Devices
    from ..engine.core.events import EngineEvent
    from ..engine.core.types import Presence
    from ..engine_host import EngineHost
    from ..event_bus import EventBus

CLIP_WAIT_S: Final = 6 * 3600.0
"""No clip takes that long; an alert whose clip never came is forgotten then."""


class AlertController:
    """One house's alerts, as they happen."""

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
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._bus = bus
        self._alarm = alarm
        self._cameras = cameras
        self.snooze = Snooze(hass, clock=_now, on_change=self._async_snoozed)
        self.recipients = Recipients(hass, entry, host=host, devices=devices)
        self.teller = AlertDispatcher(
            hass,
            host=host,
            alarm=alarm,
            cameras=cameras,
            devices=devices,
            recipients=self.recipients,
        )
        self._bursts = AlertGrouper()
        self._present: dict[tuple[str, str], tuple[OpenAlert, Sighting]] = {}
        """By camera and label, what lasts."""
        self._clips: dict[str, list[OpenAlert]] = {}
        """By clip, the alerts that shall hear of it."""
        self._stop_listening: CALLBACK_TYPE | None = None

    async def async_load(self) -> None:
        """Take up what the last run was told."""
        await self.snooze.async_load()
        self._stop_listening = self._bus.async_subscribe(
            self._async_hear,
            kinds=(AlarmChanged, AlarmTriggered, CamerasMissing, Duress),
        )

    @callback
    def async_stop(self) -> None:
        """Cancel what runs."""
        if self._stop_listening is not None:
            self._stop_listening()
        self.snooze.async_stop()

    @callback
    def async_sync(self) -> None:
        """Take over changed settings; forget what was said of cameras that are gone."""
        self.recipients.async_sync()
        self._entry.async_create_task(
            self._hass,
            self.snooze.async_forget(
                {x.subentry_id for x in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)}
            ),
            "HomeSec snooze",
        )

    def snoozed_until(self, camera_id: str) -> float | None:
        """Return until when nobody is told of what this camera sees; None: everybody is."""
        return self.snooze.until(camera_id)

    @callback
    def _async_snoozed(self, camera_id: str) -> None:
        self._bus.async_dispatch(CameraChanged(camera_id=camera_id))

    # --- what happens -------------------------------------------------------------------------

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Take in what the engine reports."""
        self.recipients.async_handle(event)
        match event:
            case DetectionStarted():
                presence = event.presence
                self._async_seen(presence, presence.first_seen_at, event.clip_id)
            case DetectionUpdated():
                self._async_seen_again(event.presence)
            case DetectionEnded():
                self._present.pop((event.presence.camera_id, event.presence.label), None)
            case SnapshotTaken():
                self.teller.snapshot(event)
            case ClipSaved():
                self._async_clip_saved(event.clip.id)
            case ClipFailed():
                self._clips.pop(event.clip.id, None)

    @callback
    def _async_hear(self, event: EngineEvent) -> None:
        """Take in what the alarm tells."""
        match event:
            case AlarmChanged():
                self._async_look_around()
            case AlarmTriggered():
                self._async_take(self._alarm_sighting(event))
            case CamerasMissing():
                self._async_missing(event.camera_ids)
            case Duress():
                self._async_take(
                    Sighting(
                        kind=AlertKind.DURESS,
                        at=_now(),
                        mode=self._alarm.mode,
                        by=event.by,
                    )
                )

    def _async_missing(self, camera_ids: tuple[str, ...]) -> None:
        """Tell of all cameras that the house is armed without, in one alert."""
        at = _now()
        sightings = tuple(
            Sighting(
                kind=AlertKind.OFFLINE,
                at=at,
                mode=self._alarm.mode,
                camera_id=camera_id,
                camera=self._cameras.name(camera_id),
            )
            for camera_id in camera_ids
        )
        self._async_tell(OpenAlert(alert=Alert(id=ulid_at_time(at), sightings=sightings)))

    def _alarm_sighting(self, event: AlarmTriggered) -> Sighting:
        """Describe what set the alarm off; the clip that grows shows it."""
        alarm, camera_id = self._alarm, event.camera_id
        state = None if camera_id is None else self._cameras.get(camera_id)
        if camera_id is None or state is None:
            by = alarm.facts.cause.by if alarm.facts.cause else None
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
            clip_id=self._clip_of(camera_id),
        )

    def _async_look_around(self) -> None:
        """Whoever is still here when a camera begins to guard is seen by it from then on."""
        for camera_id, state in self._cameras.items():
            if not self._cameras.exists(camera_id):
                continue  # it is just being removed
            guards = self._mode(camera_id) is not AlarmMode.DISARMED
            for label, presence in state.presences.items() if guards and state.watching else ():
                known = self._present.get((camera_id, label))
                if known is None or known[1].mode is AlarmMode.DISARMED:
                    self._async_seen(presence, _now(), self._clip_of(camera_id))

    def _async_seen(self, presence: Presence, at: float, clip_id: str | None) -> None:
        camera_id = presence.camera_id
        subentry = self._cameras.subentry(camera_id)
        if presence.label not in alerts_of(subentry.data) or self.snoozed_until(camera_id):
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
        if sighting.mode is not AlarmMode.DISARMED or self.recipients.wanted(sighting):
            self._async_take(sighting)

    def _async_seen_again(self, presence: Presence) -> None:
        """Keep count of those who are here; who enters a zone may be news to somebody."""
        key = presence.camera_id, presence.label
        if (known := self._present.get(key)) is None:
            if presence.zones:
                self._async_seen(presence, _now(), self._clip_of(presence.camera_id))
            return
        running, old = known
        zones = tuple(dict.fromkeys((*old.zones, *presence.zones)))
        new = replace(
            old,
            count=max(old.count, presence.count),
            score=max(old.score or 0.0, presence.score),
            zones=zones,
        )
        running.change(old, new)
        self._present[key] = running, new
        if zones != old.zones:
            self._async_tell(running)

    def _async_take(self, sighting: Sighting) -> None:
        running, _new = self._bursts.take(sighting)
        if sighting.kind is AlertKind.SEEN and sighting.camera_id and sighting.label:
            self._present[sighting.camera_id, sighting.label] = running, sighting
        if sighting.clip_id is not None:
            self._forget_clips(sighting.at)
            waiting = self._clips.setdefault(sighting.clip_id, [])
            if running not in waiting:
                waiting.append(running)
        self._async_tell(running)

    def _async_clip_saved(self, clip_id: str) -> None:
        for running in self._clips.pop(clip_id, ()):
            running.ready.add(clip_id)
            self._async_tell(running)

    def _clip_of(self, camera_id: str) -> str | None:
        """Return the clip that grows."""
        return next(iter(self._cameras[camera_id].recordings), None)

    def _forget_clips(self, now: float) -> None:
        self._clips = {
            clip_id: waiting
            for clip_id, waiting in self._clips.items()
            if now - waiting[-1].alert.first.at < CLIP_WAIT_S
        }

    def _mode(self, camera_id: str) -> AlarmMode:
        """Return the mode, as this camera sees it: left out of it is as good as disarmed."""
        alarm = self._alarm
        data = self._cameras.subentry(camera_id).data
        guards = alarm.guarding and is_live(data, alarm.mode)
        return alarm.mode if guards else AlarmMode.DISARMED

    @callback
    def async_test(self, recipient_ids: frozenset[str] | None) -> str:
        """Tell a test to these recipients, None: to all; return the alert's id."""
        sighting = Sighting(kind=AlertKind.TEST, at=_now(), mode=self._alarm.mode)
        running, _new = self._bursts.take(sighting)
        running.only = recipient_ids
        self._async_tell(running)
        return running.alert.id

    # --- telling ------------------------------------------------------------------------------

    @callback
    def _async_tell(self, running: OpenAlert) -> None:
        """Tell what is new of an alert; one after the other, so that nothing is told twice."""
        if running.telling or self._host.stopped:
            return
        running.telling = True
        # Not eagerly: what happens in the same moment, as that the alarm goes off, is part of it.
        self._entry.async_create_task(
            self._hass,
            self._async_tell_all(running),
            "HomeSec alert",
            eager_start=False,
        )

    async def _async_tell_all(self, running: OpenAlert) -> None:
        try:
            while True:
                ready = len(running.ready)
                told = await self.teller.async_tell(running)
                if told == running.alert and ready == len(running.ready):
                    return
        finally:
            running.telling = False


def _now() -> float:
    return dt_util.utcnow().timestamp()
