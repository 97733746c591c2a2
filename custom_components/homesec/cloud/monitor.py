"""Follows the state of the clips' storage, and reports what the user has to know."""

from contextlib import suppress
import time
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback

from ..const import CONF_RETENTION, CONF_STORAGE, LOGGER, SUBENTRY_CAMERA, UPLOADS_STUCK_AFTER
from ..engine.cloud.errors import StorageError
from ..engine.core.events import (
    CatalogRebuilt,
    ClipsRemoved,
    DiskSpaceChanged,
    FilesSetAside,
    ObjectRefused,
    RemovalReason,
)
from ..exceptions import EngineNotRunningError
from .issues import StorageIssues
from .retention_config import CONF_CAMERAS, retention_rules
from .state import StorageState
from .store import (
    CONF_BUCKET,
    CONF_MISSING_RIGHTS,
    CONF_SEAL_KEY,
    CONF_UPLOAD_REST,
    cloud_store,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..engine.core.events import EngineEvent
    from ..engine_host import EngineHost


class StorageMonitor:
    """One entry's cloud storage, with the issues about it, the disk, and the catalog."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, host: EngineHost) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self.cloud = cloud_store(entry.data)
        missing_rights = entry.data.get(CONF_STORAGE, {}).get(CONF_MISSING_RIGHTS, ())
        self.state = StorageState(
            cloud=self.cloud is not None, missing_rights=tuple(missing_rights)
        )
        self.issues = StorageIssues(hass, entry.entry_id)

    async def async_start(self) -> None:
        """Log in and continue the uploads, once the engine runs."""
        storage = self._entry.data.get(CONF_STORAGE, {})
        self.issues.async_update_old_key(in_use=CONF_SEAL_KEY in storage)
        await self.async_forget_limits()
        if self.cloud is None:
            return
        library = self._host.engine.library
        if self._entry.data[CONF_STORAGE].get(CONF_UPLOAD_REST):
            await self._host.async_run_raw(library.upload_existing)
        await self.async_resume()

    async def async_resume(self) -> None:
        """Log in and try uploads again, since the cause of an error may be gone."""
        if self.cloud is None or not self._host.ready:
            return
        try:
            await self._host.async_run_raw(self.cloud.connect)
        except StorageError as err:
            LOGGER.warning("The cloud storage cannot be used: %s", err.log_text)
            self.state.login_error = err.key
        else:
            self.state.login_error = None
        if self._host.ready:  # it may have been stopped meanwhile
            await self._host.async_run_raw(self._host.engine.library.resume_uploads)
            self.issues.async_update_storage(self.state)

    @callback
    def async_apply_retention(self) -> None:
        """Apply the entry's retention rules."""
        if self._host.ready:
            self._host.engine.library.set_rules(retention_rules(self._entry.data))

    async def async_forget_limits(self) -> None:
        """Forget the limits of removed cameras, once none of their clips is left to be limited.

        Without limits of their own, clips that were to be kept for longer would be removed.
        """
        kept = {x.subentry_id for x in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)}
        with suppress(EngineNotRunningError):
            for camera_id in self._limits().keys() - kept:
                if await self._async_has_clips(camera_id):
                    kept.add(camera_id)
            if left := self._limits().keys() - kept:
                rules = {key: each for key, each in self._limits().items() if key not in left}
                retention = {**self._entry.data[CONF_RETENTION], CONF_CAMERAS: rules}
                self._hass.config_entries.async_update_entry(
                    self._entry, data={**self._entry.data, CONF_RETENTION: retention}
                )

    def _limits(self) -> Mapping[str, Any]:
        limits: Mapping[str, Any] = self._entry.data.get(CONF_RETENTION, {}).get(CONF_CAMERAS, {})
        return limits

    async def _async_has_clips(self, camera_id: str) -> bool:
        """Return whether a camera has clips; as far as is known, in the spare folder."""
        if self._host.spare:
            return True
        newest = self._host.engine.catalog.queries.newest
        return await self._host.async_run_raw(newest, camera_id) is not None

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Update state and issues by an event of the engine."""
        if self._host.stopped:
            return
        self.state.apply(event)
        match event:
            case DiskSpaceChanged():
                self.issues.async_update_disk(low=event.low, free_bytes=event.free_bytes)
            case ClipsRemoved(reason=RemovalReason.SPACE) if event.last_copies:
                self.issues.async_report_removed(event.last_copies)
            case CatalogRebuilt():
                self.issues.async_report_rebuilt(event)
            case ObjectRefused() if self.cloud is not None:  # else it was removed in this moment
                self.issues.async_report_refused(self._entry.data[CONF_STORAGE][CONF_BUCKET])
            case FilesSetAside():
                self.issues.async_report_damaged(len(event.files), str(self._host.clips_dir))
        if self.cloud is not None:
            self.issues.async_update_storage(self.state)

    @callback
    def async_check_backlog(self) -> None:
        """Report uploads that have waited for too long."""
        if self.cloud is not None:
            stuck = self.state.waiting_s(time.time()) >= UPLOADS_STUCK_AFTER.total_seconds()
            self.issues.async_update_stuck(
                self.state.uploads.backlog if stuck else None, self.state
            )
