"""Tells an alert: picture first, then whoever has to know it durably, then Home Assistant's bus."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.start import async_at_started

from ..const import EVENT_ALERT, EVENT_ALERT_UPDATED, LOGGER
from .events import alert_facts
from .rules import Alert, AlertKind
from .stills import alert_stills
from .texts import Words

if TYPE_CHECKING:
    from ..alarm.control import AlarmController
    from ..cameras.registry import CameraRegistry
    from ..devices import Devices
    from ..engine.core.events import SnapshotTaken
    from ..engine_host import EngineHost
    from .burst import OpenAlert
    from .recipients import Recipients

HOLD_S: Final = 0.4
"""The picture with the boxes follows a sighting at once; without it the alert goes all the same."""


class AlertDispatcher:
    """Writes down, sends and announces; what is told to whom is decided elsewhere."""

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
        self.stills = alert_stills(hass)
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def async_tell(self, running: OpenAlert) -> Alert:
        """Announce an alert, or what is new of it; return as much of it as was told."""
        if not running.announced:
            running.still = await self._async_keep_still(running.alert)
        running.settled = True
        alert, clip_ready = running.alert, running.clip_ready
        words = await Words.async_load(self._hass)
        still = await self._async_still(running)
        await self._recipients.async_tell(running, words, still)
        facts = alert_facts(
            self._hass,
            alert,
            words,
            alarm=self._alarm,
            devices=self._devices,
            still=running.still,
        )
        if running.announced:
            self._async_announce(EVENT_ALERT_UPDATED, facts | {"clip_ready": clip_ready})
        else:
            self._async_announce(EVENT_ALERT, facts)
        running.announced = True
        return alert

    def _async_announce(self, event_type: str, facts: dict[str, Any]) -> None:
        """Tell Home Assistant; while that starts, no automation would hear it yet."""

        @callback
        def fire(hass: HomeAssistant) -> None:
            hass.bus.async_fire(event_type, facts)

        async_at_started(self._hass, fire)

    # --- the picture --------------------------------------------------------------------------

    def snapshot(self, event: SnapshotTaken) -> None:
        """Wake those who wait for this camera's picture."""
        for waiting in self._waiting.get(event.camera_id, ()):
            waiting.set()

    async def _async_keep_still(self, alert: Alert) -> bool:
        """Store the picture of an alert; False if there is none."""
        camera_id = alert.first.camera_id
        if camera_id is None or alert.kind in (AlertKind.TEST, AlertKind.OFFLINE):
            return False
        try:
            if (jpeg := await self._async_picture(alert, camera_id)) is None:
                return False
            await self._host.async_run(self.stills.keep, alert.id, jpeg)
        except (HomeAssistantError, OSError, RuntimeError) as err:  # RuntimeError: all is ending
            LOGGER.warning("An alert has no picture: %s", err)
            return False
        return True

    async def _async_still(self, running: OpenAlert) -> bytes | None:
        """Return the picture of an alert again, for those who hear of it now."""
        if not running.still or not self._recipients.rules:
            return None
        try:
            return await self._host.async_run(self.stills.get, running.alert.id)
        except RuntimeError:  # all is ending
            return None

    async def _async_picture(self, alert: Alert, camera_id: str) -> bytes | None:
        """Return the picture with the boxes, or else what the camera shows just now."""
        waiting = asyncio.Event()
        self._waiting.setdefault(camera_id, set()).add(waiting)
        try:
            async with asyncio.timeout(HOLD_S):
                while (jpeg := self._fresh(alert, camera_id)) is None:
                    waiting.clear()
                    await waiting.wait()
                return jpeg
        except TimeoutError:
            engine = self._host.engine
            return await self._host.async_run(engine.jpeg, camera_id)
        finally:
            self._waiting[camera_id].discard(waiting)

    def _fresh(self, alert: Alert, camera_id: str) -> bytes | None:
        """Return the last snapshot, if it shows this presence and not one before."""
        if (camera := self._cameras.get(camera_id)) is None:
            return None
        presence = camera.presences.get(alert.label or "")
        since = min(alert.first.at, alert.first.at if presence is None else presence.first_seen_at)
        snapshot = camera.snapshot
        return snapshot.jpeg if snapshot is not None and snapshot.at >= since else None
