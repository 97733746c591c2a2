"""Sends alerts: stores their still and their texts, then fires an event on Home Assistant's bus."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import EVENT_ALERT, EVENT_ALERT_UPDATED, LOGGER
from ..private_events import async_fire_private
from .event_data import alert_data
from .rules import CLIP, Alert, AlertKind, Cooldowns, Sighting
from .stills import alert_stills
from .texts import AlertTexts, absolute_link, link_path

if TYPE_CHECKING:
    from datetime import time

    from ..alarm.controller import AlarmController
    from ..cameras.registry import CameraRegistry
    from ..devices import Devices
    from ..engine.core.events import SnapshotTaken
    from ..engine_host import EngineHost
    from .alert_builder import OpenAlert
    from .recipients import Recipients
    from .rules import Rules

STILL_TIMEOUT_S: Final = 0.4
"""The engine takes the picture with the boxes right after a detection; an alert goes without one
rather than late."""


WITHOUT_STILL: Final = (AlertKind.TEST, AlertKind.OFFLINE, AlertKind.SETTINGS)


class AlertDispatcher:
    """Sends alerts, and what is new of them."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        host: EngineHost,
        alarm: AlarmController,
        cameras: CameraRegistry,
        devices: Devices,
        recipients: Recipients,
    ) -> None:
        self._hass = hass
        self._host = host
        self._alarm = alarm
        self._cameras = cameras
        self._devices = devices
        self._recipients = recipients
        self._filter = DeliveryFilter()
        self.stills = alert_stills(hass)
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def async_dispatch(self, open_alert: OpenAlert) -> Alert:
        """Send an alert, or what is new of it; return as much of it as was sent."""
        if not open_alert.announced:
            open_alert.has_still = await self._async_store_still(open_alert.alert)
        open_alert.dispatched = True
        alert, clip_ready = open_alert.alert, open_alert.clip_ready
        texts = await AlertTexts.async_load(self._hass)
        await self._async_send_texts(open_alert, texts, await self._async_read_still(open_alert))
        data = alert_data(
            self._hass,
            alert,
            texts,
            alarm=self._alarm,
            devices=self._devices,
            has_still=open_alert.has_still,
        )
        if open_alert.announced:
            self._async_announce(EVENT_ALERT_UPDATED, data | {"clip_ready": clip_ready})
        else:
            self._async_announce(EVENT_ALERT, data)
        open_alert.announced = True
        return alert

    def _async_announce(self, event_type: str, data: dict[str, Any]) -> None:
        """Fire an event once Home Assistant has started: no automation would get it before."""

        @callback
        def fire(hass: HomeAssistant) -> None:
            if data["kind"] == AlertKind.DURESS:
                async_fire_private(hass, event_type, data)
            else:
                hass.bus.async_fire(event_type, data)

        async_at_started(self._hass, fire)

    async def _async_send_texts(
        self, open_alert: OpenAlert, texts: AlertTexts, still: bytes | None
    ) -> None:
        """Queue a text for each recipient who wants the alert, or its clip, and hasn't got it."""
        recipients = self._recipients
        for recipient_id, rules in list(recipients.rules.items()):
            local, now = dt_util.now().time(), dt_util.utcnow().timestamp()
            part = self._filter.new_part(recipient_id, rules, open_alert, local=local, now=now)
            if part is not None:
                body = texts.sms(part, absolute_link(self._hass, link_path(part)))
                shown = still if part.first.camera_id == open_alert.alert.first.camera_id else None
                if await recipients.async_send(recipient_id, open_alert.alert.id, body, shown):
                    open_alert.sent_to.add(recipient_id)
                    self._filter.start_cooldowns(recipient_id, part, now)
            part = self._filter.clip_part(recipient_id, rules, open_alert, local=local, now=now)
            if part is not None:
                body = texts.sms(part, absolute_link(self._hass, link_path(part)), clip=True)
                # By the clip's id: of two alerts with the same clip, the second sends no text.
                if await recipients.async_send(recipient_id, f"{part.clip_id}.{CLIP}", body):
                    open_alert.clip_sent_to.add(recipient_id)
                    self._filter.start_cooldowns(recipient_id, part, now)

    def handle_snapshot(self, event: SnapshotTaken) -> None:
        """Wake the alerts that wait for this camera's picture."""
        for waiting in self._waiting.get(event.camera_id, ()):
            waiting.set()

    async def _async_store_still(self, alert: Alert) -> bool:
        """Store the still of an alert; return whether there is one."""
        camera_id = alert.first.camera_id
        if camera_id is None or alert.kind in WITHOUT_STILL:
            return False
        try:
            if (jpeg := await self._async_picture(alert, camera_id)) is None:
                return False
            await self._host.async_run(self.stills.put, alert.id, jpeg)
        except (HomeAssistantError, OSError, RuntimeError) as err:  # RuntimeError: HA stops
            LOGGER.warning("An alert has no picture: %s", err)
            return False
        return True

    async def _async_read_still(self, open_alert: OpenAlert) -> bytes | None:
        if not open_alert.has_still or not self._recipients.rules:
            return None
        try:
            return await self._host.async_run(self.stills.get, open_alert.alert.id)
        except RuntimeError:  # Home Assistant stops
            return None

    async def _async_picture(self, alert: Alert, camera_id: str) -> bytes | None:
        """Return the picture with the boxes, else what the camera shows now."""
        waiting = asyncio.Event()
        self._waiting.setdefault(camera_id, set()).add(waiting)
        try:
            async with asyncio.timeout(STILL_TIMEOUT_S):
                while (jpeg := self._snapshot(alert, camera_id)) is None:
                    waiting.clear()
                    await waiting.wait()
                return jpeg
        except TimeoutError:
            return await self._host.async_run(self._host.engine.jpeg, camera_id)
        finally:
            self._waiting[camera_id].discard(waiting)

    def _snapshot(self, alert: Alert, camera_id: str) -> bytes | None:
        """Return the camera's last snapshot, if it isn't from before this presence."""
        if (camera := self._cameras.get(camera_id)) is None:
            return None
        presence = camera.presences.get(alert.label or "")
        since = min(alert.first.at, alert.first.at if presence is None else presence.first_seen_at)
        snapshot = camera.snapshot
        return snapshot.jpeg if snapshot is not None and snapshot.at >= since else None


class DeliveryFilter:
    """Decides which part of an alert is still to be sent to a recipient; holds the cooldowns."""

    def __init__(self) -> None:
        self._cooldowns = Cooldowns()

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
        wanted = [x for x in open_alert.alert.sightings if rules.allow(x, local)]
        if all(x.kind is AlertKind.SEEN for x in wanted):
            wanted = self._after_cooldowns(recipient_id, rules, open_alert, wanted, now)
        return _part(open_alert.alert, wanted)

    def clip_part(
        self, recipient_id: str, rules: Rules, open_alert: OpenAlert, *, local: time, now: float
    ) -> Alert | None:
        """Return the part of an alert whose clip is ready and wanted; None if there is none."""
        if recipient_id in open_alert.clip_sent_to:
            return None
        wanted = [x for x in open_alert.alert.sightings if rules.allow(x, local, kind=CLIP)]
        if recipient_id not in open_alert.sent_to:  # else it belongs to what they got already
            wanted = self._after_cooldowns(recipient_id, rules, open_alert, wanted, now)
        part = _part(open_alert.alert, wanted)
        return part if part is not None and part.clip_id in open_alert.ready_clips else None

    def start_cooldowns(self, recipient_id: str, sent: Alert, now: float) -> None:
        """Start the cooldowns of the cameras that an alert was about."""
        if sent.kind in (AlertKind.OFFLINE, AlertKind.SETTINGS):
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
    """Return an alert with these sightings only, and with their cameras' clip."""
    if not wanted:
        return None
    if not any(x.clip_id for x in wanted):
        cameras = {x.camera_id for x in wanted}
        clips = [x.clip_id for x in alert.sightings if x.clip_id and x.camera_id in cameras]
        wanted = [replace(wanted[0], clip_id=clips[0] if clips else None), *wanted[1:]]
    return replace(alert, sightings=tuple(wanted))
