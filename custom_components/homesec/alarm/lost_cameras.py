"""Bypasses cameras that are lost while the alarm is armed, and so tells of them.

A burglar may cut a cable or the power, and a guest may turn off what a camera depends on.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..cameras.config import guards_in
from ..engine.core.events import HealthChanged
from ..engine.core.types import CameraHealth
from ..event_bus import AlarmChanged

if TYPE_CHECKING:
    from datetime import datetime

    from ..cameras.registry import CameraRegistry
    from ..engine.core.events import EngineEvent
    from ..event_bus import EventBus
    from .controller import AlarmController

LOST_S: Final = 60.0
"""A camera may be away for less: it restarts, or its network does."""
ANNOUNCE_AGAIN_S: Final = 3600.0
"""A camera with a bad connection is reported no more often."""


class LostCameras:
    """Waits for cameras that are lost to come back."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        bus: EventBus,
        alarm: AlarmController,
        cameras: CameraRegistry,
    ) -> None:
        self._hass = hass
        self._bus = bus
        self._alarm = alarm
        self._cameras = cameras
        self._waiting: dict[str, CALLBACK_TYPE] = {}  # timers by camera
        self._announced_at: dict[str, float] = {}  # by camera, of the event loop's clock

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen; return what ends that."""
        end = self._bus.async_subscribe(self._async_handle, kinds=(HealthChanged, AlarmChanged))

        @callback
        def stop() -> None:
            end()
            self._async_forget_all()

        return stop

    @callback
    def _async_handle(self, event: EngineEvent) -> None:
        if not self._alarm.armed:
            self._async_forget_all()
        elif isinstance(event, HealthChanged):
            if event.health is CameraHealth.LOST:
                self._async_wait(event.camera_id)
            elif event.health is not CameraHealth.CONNECTING:
                self._async_forget(event.camera_id)

    @callback
    def _async_wait(self, camera_id: str) -> None:
        if camera_id in self._waiting:
            return

        @callback
        def is_over(_now: datetime) -> None:
            del self._waiting[camera_id]
            self._async_bypass(camera_id)

        job = HassJob(is_over, "HomeSec lost camera", cancel_on_shutdown=True)
        self._waiting[camera_id] = async_call_later(self._hass, LOST_S, job)

    @callback
    def _async_bypass(self, camera_id: str) -> None:
        if not (self._alarm.guarding and self._cameras.exists(camera_id)):
            return
        guards = guards_in(self._cameras.subentry(camera_id).data, self._alarm.mode)
        if not guards or self._cameras.is_off(camera_id):
            return
        now = self._hass.loop.time()
        announce = now - self._announced_at.get(camera_id, -ANNOUNCE_AGAIN_S) >= ANNOUNCE_AGAIN_S
        if announce:
            self._announced_at[camera_id] = now
        self._alarm.async_bypass((camera_id,), announce=announce)

    @callback
    def _async_forget(self, camera_id: str) -> None:
        if (cancel := self._waiting.pop(camera_id, None)) is not None:
            cancel()

    @callback
    def _async_forget_all(self) -> None:
        for camera_id in list(self._waiting):
            self._async_forget(camera_id)
