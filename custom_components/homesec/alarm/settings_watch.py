"""Announces what is changed in settings while the alarm is armed, whichever way it was changed.

Home Assistant lets administrators remove cameras and recipients, and disable devices, without
asking HomeSec. So what counts is what the settings are afterward.
"""

from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, Event, EventOrigin, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_call_later

from ..cameras.config import guards_in
from ..const import SUBENTRY_CAMERA
from ..event_bus import CameraChanged
from .actor import EVENT_HOMEKIT
from .guard import Weakening
from .settings_change import Settings, SettingsChange, find_changes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from homeassistant.config_entries import ConfigEntry

    from ..cameras.registry import CameraRegistry
    from ..event_bus import EventBus
    from .controller import AlarmController
    from .guard import Guard

DISABLED = "disabled_by"
RESTORE_S = 30.0
"""Until entities come back that Home Assistant removed by mistake: cameras start again for it."""


class SettingsWatch:
    """Compares settings with how they were before, and announces what an armed alarm loses."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        alarm: AlarmController,
        guard: Guard,
        bus: EventBus,
        cameras: CameraRegistry,
        send: Callable[[list[SettingsChange]], Awaitable[None]],
    ) -> None:
        """``send`` sends an alert about changes; it returns once that is stored."""
        self._hass = hass
        self._entry = entry
        self._alarm = alarm
        self._guard = guard
        self._bus = bus
        self._cameras = cameras
        self._send = send
        self._settings = Settings.of(entry)
        self._cancel_restoring: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Watch the registries; return what ends that."""
        removes = (
            # Home Assistant notes in a context which event was its first only if someone listens.
            self._hass.bus.async_listen(EVENT_HOMEKIT, callback(lambda _event: None)),
            self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_device),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_entity),
        )

        @callback
        def stop() -> None:
            for remove in removes:
                remove()
            if self._cancel_restoring is not None:
                self._cancel_restoring()

        return stop

    async def async_compare(self) -> None:
        """Announce what changed; call it before changes are applied, so that recipients are told.

        A recipient whose rules were changed is told by the rules from before.
        """
        before, self._settings = self._settings, Settings.of(self._entry)
        if not self._guard.active:
            self._guard.async_settings_compared()
            return
        changes = find_changes(before, self._settings)
        for change in changes:
            self._async_announce(change)
        self._guard.async_settings_compared()
        ended = self._ended(before)
        self._alarm.async_bypass(ended)
        # Of those that don't guard anymore, there's an alert already.
        await self._async_send([each for each in changes if each.camera_id not in ended])

    async def async_stopped(self) -> None:
        """Announce that HomeSec was disabled."""
        if self._guard.active:
            change = SettingsChange(action=Weakening.STOPPED)
            self._async_announce(change)
            await self._async_send([change])

    def _ended(self, before: Settings) -> tuple[str, ...]:
        """Return the cameras that guarded, still exist, and don't guard anymore."""
        mode = self._alarm.mode
        return tuple(
            camera_id
            for camera_id, camera in self._settings.subentries.items()
            if camera.subentry_type == SUBENTRY_CAMERA
            and camera_id in before.subentries
            and guards_in(before.subentries[camera_id].data, mode)
            and not guards_in(camera.data, mode)
        )

    async def _async_send(self, changes: list[SettingsChange]) -> None:
        if changes:
            await self._send(changes)

    @callback
    def _async_announce(self, change: SettingsChange) -> None:
        of_camera = change.camera_id is not None
        self._guard.async_announce_setting(
            change.action,
            camera_id=change.camera_id,
            camera=change.name if of_camera else None,
            recipient=None if of_camera else change.name,
        )

    def _is_forged(self, event: Event[Any]) -> bool:
        """Return whether a user fired this event of a registry, as Home Assistant's app can."""
        if event.origin is EventOrigin.local:
            return False
        trace = self._guard.async_trace_denied(event.context, Weakening.SETTINGS.value)
        self._entry.async_create_task(self._hass, trace, "HomeSec forged event")
        return True

    @callback
    def _async_device(self, event: Event[Any]) -> None:
        """Turn a camera off or on whose device was disabled or enabled."""
        if self._is_forged(event):
            self._async_restore_entities(event)
            return
        if DISABLED not in event.data.get("changes", ()):
            return
        if (camera_id := self._cameras.find_device(event.data["device_id"])) is not None:
            self._async_disabled(camera_id)

    @callback
    def _async_restore_entities(self, event: Event[Any]) -> None:
        """Add entities again: Home Assistant takes a forged removal of a device for a real one."""
        if event.data.get("action") != "remove" or self._cancel_restoring is not None:
            return

        @callback
        def restore(_now: datetime) -> None:
            self._cancel_restoring = None
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)

        self._cancel_restoring = async_call_later(self._hass, RESTORE_S, restore)

    @callback
    def _async_disabled(self, camera_id: str, *, announce: bool = True) -> None:
        """Turn a camera off or on; announce it if an armed alarm loses it."""
        self._bus.async_dispatch(CameraChanged(camera_id=camera_id))
        reconcile = self._alarm.async_reconcile()
        self._entry.async_create_task(self._hass, reconcile, "HomeSec device")
        if not (announce and self._guard.active and self._cameras.is_off(camera_id)):
            return
        name = self._cameras.name(camera_id)
        self._async_announce(
            SettingsChange(action=Weakening.CAMERA_DISABLED, camera_id=camera_id, name=name)
        )
        if guards_in(self._cameras.subentry(camera_id).data, self._alarm.mode):
            self._alarm.async_bypass((camera_id,))

    @callback
    def _async_entity(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Turn off or on the cameras of an entity; announce another one that was disabled.

        A camera follows its source entity and its sensors to another entity id.
        """
        if self._is_forged(event):
            return
        if (old_id := event.data.get("old_entity_id")) is not None:
            self._cameras.async_follow_entity(str(old_id), event.data["entity_id"])
        entity = er.async_get(self._hass).async_get(event.data["entity_id"])
        if entity is None:
            self._async_sensor_gone(event.data["entity_id"])
            return
        if event.data["action"] != "update" or DISABLED not in event.data["changes"]:
            return
        if entity.disabled_by is not None:
            self._async_sensor_gone(entity.entity_id)
        ours = entity.config_entry_id == self._entry.entry_id
        if camera_ids := self._cameras.find_entity(entity.entity_id):
            with_device = entity.disabled_by is er.RegistryEntryDisabler.DEVICE
            for each in camera_ids:
                self._async_disabled(each, announce=not (ours and with_device))
            return
        if not (self._guard.active and ours):
            return
        if entity.disabled_by is not er.RegistryEntryDisabler.USER:
            return
        subentry_id = entity.config_subentry_id
        camera_id = subentry_id if subentry_id in self._cameras else None
        name = None if subentry_id is None else self._entry.subentries[subentry_id].title
        self._async_entity_gone(camera_id, name)

    @callback
    def _async_sensor_gone(self, entity_id: str) -> None:
        """Announce that a sensor of cameras was disabled or removed."""
        if self._guard.active:
            for camera_id in self._cameras.find_sensor(entity_id):
                self._async_entity_gone(camera_id, self._cameras.name(camera_id))

    @callback
    def _async_entity_gone(self, camera_id: str | None, name: str | None) -> None:
        change = SettingsChange(action=Weakening.ENTITY_DISABLED, camera_id=camera_id, name=name)
        self._async_announce(change)
        self._entry.async_create_task(self._hass, self._async_send([change]), "HomeSec entity")
