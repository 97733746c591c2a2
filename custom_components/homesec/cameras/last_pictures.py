"""The last picture of each camera, for when it's off or lost.

It's what someone saw of the camera last, the best picture of its last detection, or what it showed
as it was turned off or set up. It's kept in memory, and in a file as soon as the camera stops.
"""

from contextlib import suppress
import hashlib
import os
from pathlib import Path
import shutil
from typing import TYPE_CHECKING, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..engine.core.atomic_file import atomic_write
from ..engine.core.events import HealthChanged, SnapshotTaken
from ..engine.core.types import CameraHealth

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from ..engine.core.events import EngineEvent
    from ..event_bus import EventBus

WIDTH_PX: Final = 960
STORE_EVERY_S: Final = 60.0


class Picture(NamedTuple):
    """A JPEG, and when it was taken (UTC epoch seconds)."""

    jpeg: bytes
    at: float


def pictures_folder(hass: HomeAssistant) -> Path:
    """Return the folder of the files, which backups leave out."""
    return Path(hass.config.cache_path(DOMAIN, "cameras"))


def remove_pictures(hass: HomeAssistant) -> None:
    """Delete all files. Blocks."""
    shutil.rmtree(pictures_folder(hass), ignore_errors=True)


class LastPictures:
    """The pictures by the unique id of the camera's subentry, which changes with its source.

    Their files are read and written in Home Assistant's pool: HomeSec's own one ends while its
    cameras stop.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, *, bus: EventBus) -> None:
        self._hass = hass
        self._entry = entry
        self._folder = pictures_folder(hass)
        self._newest: dict[str, Picture] = {}
        self._stored_at: dict[str, float] = {}  # of cameras that are off
        bus.async_subscribe(self._async_handle, kinds=(HealthChanged, SnapshotTaken))

    @callback
    def async_remember(
        self, camera_id: str, jpeg: bytes, at: float | None = None, *, store: bool = False
    ) -> None:
        """Remember a picture, taken now unless ``at`` says when.

        ``store``: of a camera that is off already, so store it, too, now and then.
        """
        if (key := self._key(camera_id)) is None:
            return
        picture = Picture(jpeg, dt_util.utcnow().timestamp() if at is None else at)
        self._newest[key] = picture
        if store and picture.at - self._stored_at.get(key, 0.0) > STORE_EVERY_S:
            self._stored_at[key] = picture.at
            self._hass.async_add_executor_job(_write, self._path(key), picture)

    async def async_save(self, unique_id: str, jpeg: bytes) -> None:
        """Save the picture of a camera that is being set up."""
        self._newest[unique_id] = picture = Picture(jpeg, dt_util.utcnow().timestamp())
        await self._hass.async_add_executor_job(_write, self._path(unique_id), picture)

    async def async_find(self, camera_id: str) -> Picture | None:
        """Return a camera's last picture, if there is any."""
        if (key := self._key(camera_id)) is None:
            return None
        return self._newest.get(key) or await self._hass.async_add_executor_job(
            _read, self._path(key)
        )

    async def async_forget_others(self) -> None:
        """Delete the pictures of cameras that were removed, or whose source was changed."""
        keys = [self._key(camera_id) for camera_id in self._entry.subentries]
        used = {key for key in keys if key is not None}
        for key in self._newest.keys() - used:
            del self._newest[key]
        names = {self._path(key).name for key in used}
        await self._hass.async_add_executor_job(_remove_others, self._folder, names)

    @callback
    def _async_handle(self, event: EngineEvent) -> None:
        if isinstance(event, SnapshotTaken):
            self.async_remember(event.camera_id, event.jpeg, event.at)
        elif isinstance(event, HealthChanged) and event.health is not CameraHealth.RUNNING:
            key = self._key(event.camera_id)
            if key is not None and key in self._newest:
                self._hass.async_add_executor_job(_write, self._path(key), self._newest[key])

    def _key(self, camera_id: str) -> str | None:
        subentry = self._entry.subentries.get(camera_id)
        return None if subentry is None else subentry.unique_id

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.jpg"


def _write(path: Path, picture: Picture) -> None:
    try:
        with atomic_write(path, durable=False) as file:
            file.write(picture.jpeg)
        os.utime(path, (picture.at, picture.at))
    except OSError as err:
        LOGGER.debug("A camera's last picture can't be stored: %s", err)


def _read(path: Path) -> Picture | None:
    try:
        return Picture(path.read_bytes(), path.stat().st_mtime)
    except OSError:
        return None


def _remove_others(folder: Path, names: set[str]) -> None:
    for path in folder.glob("*.jpg"):
        if path.name not in names:
            with suppress(OSError):
                path.unlink()
