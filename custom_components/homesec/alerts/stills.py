"""The stills of alerts, stored for a day, since a notification may be opened late."""

from contextlib import suppress
import os
from pathlib import Path
import time
from typing import TYPE_CHECKING, Final

from ..const import DOMAIN
from ..engine.core.atomic_file import atomic_write

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

MAX_AGE_S: Final = 24 * 3600.0
MAX_STILLS: Final = 2000  # about 200 MB: more than one alert a minute


class AlertStills:
    """A folder of JPEGs by alert. Calls block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, alert_id: str, jpeg: bytes) -> None:
        """Store a still, and delete old ones. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._delete_old()
        with atomic_write(self._path(alert_id), durable=False) as file:
            file.write(jpeg)

    def get(self, alert_id: str) -> bytes | None:
        """Return a still; None if there is none, or if it is older than a day."""
        path = self._path(alert_id)
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < MAX_AGE_S:
                return path.read_bytes()
        return None

    def _delete_old(self) -> None:
        files: list[tuple[float, str]] = []
        with os.scandir(self._folder) as entries:
            for each in entries:
                with suppress(FileNotFoundError):  # a temporary file that was renamed meanwhile
                    files.append((each.stat().st_mtime, each.path))
        files.sort(reverse=True)
        oldest = time.time() - MAX_AGE_S
        for index, (changed_at, path) in enumerate(files):
            if index >= MAX_STILLS or changed_at < oldest:
                Path(path).unlink(missing_ok=True)

    def _path(self, alert_id: str) -> Path:
        return self._folder / f"{alert_id}.jpg"


def alert_stills(hass: HomeAssistant) -> AlertStills:
    """Return the stills in Home Assistant's cache folder, which backups leave out."""
    return AlertStills(Path(hass.config.cache_path(DOMAIN, "alerts")))
