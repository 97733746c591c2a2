"""Keeps the engine's cameras in step with the entry and the alarm."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError

from ..const import LOGGER, SUBENTRY_CAMERA
from ..engine.core.types import Activity, CameraConfig, SourceKind
from .config import camera_config
from .last_pictures import WIDTH_PX
from .source_feed import EntityFeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.config_entries import ConfigEntry, ConfigSubentry
    from homeassistant.core import HomeAssistant

    from ..engine_host import EngineHost
    from .last_pictures import LastPictures


class CameraReconciler:
    """Adds, changes, and removes the engine's cameras, but touches only those that differ."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, host: EngineHost, pictures: LastPictures
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._pictures = pictures
        self._lock = asyncio.Lock()
        self._starts = 0
        self.running: dict[str, tuple[CameraConfig, Activity]] = {}
        """By camera id, what the engine was last given."""

    async def async_reconcile(self, activity: Callable[[ConfigSubentry], Activity]) -> None:
        """Apply the settings, and the activity that follows from each camera's settings now."""
        async with self._lock:
            if not self._host.ready:
                return
            if self._host.starts != self._starts:  # another engine, which has no cameras yet
                self._starts = self._host.starts
                self.running.clear()
            wanted = {
                s.subentry_id: (camera_config(s), activity(s))
                for s in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)
            }
            await asyncio.gather(
                *(
                    self._async_reconcile(camera_id, wanted.get(camera_id))
                    for camera_id in wanted.keys() | self.running.keys()
                    if wanted.get(camera_id) != self.running.get(camera_id)
                )
            )

    async def _async_reconcile(
        self, camera_id: str, wanted: tuple[CameraConfig, Activity] | None
    ) -> None:
        host, running = self._host, self.running.pop(camera_id, None)
        try:
            if wanted is None:
                await host.async_run(host.engine.remove_camera, camera_id)
                return
            config, activity = wanted
            is_off = activity is Activity.OFF
            if is_off and running is not None and running[1] is not Activity.OFF:
                jpeg = partial(host.engine.jpeg, camera_id, width=WIDTH_PX)
                if (picture := await host.async_run(jpeg)) is not None:
                    self._pictures.async_remember(camera_id, picture)
            if running is not None and running[0] == config:
                await host.async_run(host.engine.set_activity, camera_id, activity)
            else:
                is_entity = config.source.kind is SourceKind.ENTITY
                feed = EntityFeed(self._hass, config.source.location) if is_entity else None
                await host.async_run(host.engine.set_camera, config, activity, feed)
            self.running[camera_id] = wanted
        except HomeAssistantError as err:
            LOGGER.error("Camera %s could not be set up: %s", camera_id, err)
