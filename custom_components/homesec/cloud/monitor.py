"""Keeps an eye on the clips' storage: brings the cloud up, and raises what needs somebody."""

import time
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..const import CONF_STORAGE, LOGGER, UPLOADS_STUCK_AFTER
from ..engine.cloud.errors import StorageError
from ..engine.core.events import (
    CatalogRebuilt,
    ClipsRemoved,
    DiskSpaceChanged,
    FilesSetAside,
    RemovalReason,
)
from .issues import StorageIssues
from .retention_config import retention_rules
from .state import StorageState
from .store import CONF_UPLOAD_REST, cloud_store

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..engine.core.events import EngineEvent
    from ..engine_host import EngineHost


class StorageMonitor:
    """One entry's cloud, disk and catalogue, as far as somebody has to hear of them."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, host: EngineHost) -> None:
        self._entry = entry
        self._host = host
        self.cloud = cloud_store(entry.data)
        self.state = StorageState(cloud=self.cloud is not None)
        self.issues = StorageIssues(hass, entry.entry_id)

    async def async_bring_up(self) -> None:
        """With the engine running: see that the cloud can be used, and go on with what waits."""
        if self.cloud is None:
            return
        library = self._host.engine.library
        if self._entry.data[CONF_STORAGE].get(CONF_UPLOAD_REST):
            await self._host.async_run_raw(library.upload_existing)
        await self.async_resume()

    async def async_resume(self) -> None:
        """Try again what somebody may have cured."""
        if self.cloud is None or not self._host.ready:
            return
        try:
            await self._host.async_run_raw(self.cloud.connect)
        except StorageError as err:
            LOGGER.warning("The cloud storage cannot be used: %s", err.key)
            self.state.login_error = err.key
        else:
            self.state.login_error = None
        if self._host.ready:  # it may have been stopped meanwhile
            await self._host.async_run_raw(self._host.engine.library.resume_uploads)
            self.issues.async_storage(self.state)

    @callback
    def async_apply_retention(self) -> None:
        """Keep clips as the entry says from now on."""
        if self._host.ready:
            library = self._host.engine.library
            library.set_rules(retention_rules(self._entry.data))

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Take in what happened."""
        if self._host.stopped:
            return
        self.state.apply(event)
        match event:
            case DiskSpaceChanged():
                self.issues.async_disk(low=event.low, free_bytes=event.free_bytes)
            case ClipsRemoved(reason=RemovalReason.SPACE) if event.last_copies:
                self.issues.async_clips_dropped(event.last_copies)
            case CatalogRebuilt():
                self.issues.async_rebuilt(event)
            case FilesSetAside():
                folder = str(self._host.clips_dir)
                self.issues.async_damaged(len(event.files), folder)
        if self.cloud is not None:
            self.issues.async_storage(self.state)

    @callback
    def async_look(self) -> None:
        """See whether uploads have waited for too long."""
        if self.cloud is not None:
            stuck = self.state.waiting_s(time.time()) >= UPLOADS_STUCK_AFTER.total_seconds()
            self.issues.async_stuck(self.state.uploads.backlog if stuck else None, self.state)
