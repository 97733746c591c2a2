"""The pictures that alerts carry, kept for a day: a message may be opened long after it came."""

from contextlib import suppress
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
import time
from typing import TYPE_CHECKING, Final

from ..const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

KEPT_S: Final = 24 * 3600.0
MAX_STILLS: Final = 2000
"""Some 200 MB: a camera that sees somebody each minute of a day."""


class AlertStills:
    """A folder of JPEGs by alert. Calls block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, alert_id: str, jpeg: bytes) -> None:
        """Store a picture, and drop those whose day is over. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._drop_old()
        with NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(jpeg)
        Path(file.name).replace(self._path(alert_id))

    def get(self, alert_id: str) -> bytes | None:
        """Return a picture, if there is one and its day is not over."""
        path = self._path(alert_id)
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < KEPT_S:
                return path.read_bytes()
        return None

    def _drop_old(self) -> None:
        files: list[tuple[float, str]] = []
        with os.scandir(self._folder) as entries:
            for each in entries:
                with suppress(FileNotFoundError):  # another alert's, which got its name meanwhile
                    files.append((each.stat().st_mtime, each.path))
        files.sort(reverse=True)
        oldest = time.time() - KEPT_S
        for index, (changed_at, path) in enumerate(files):
            if index >= MAX_STILLS or changed_at < oldest:
                Path(path).unlink(missing_ok=True)

    def _path(self, alert_id: str) -> Path:
        return self._folder / f"{alert_id}.jpg"


def alert_stills(hass: HomeAssistant) -> AlertStills:
    """Return the house's; it holds nothing but a path that no backup includes."""
    return AlertStills(Path(hass.config.cache_path(DOMAIN, "alerts")))
