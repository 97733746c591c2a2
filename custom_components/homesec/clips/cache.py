"""Local copies of what is played and shown of clips in the cloud."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
import os
from pathlib import Path
import shutil
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from PIL import Image

from ..const import DOMAIN
from ..engine.cloud.errors import StorageError
from ..engine.core.atomic_file import atomic_write
from .video_cache import VideoCache

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.core import CALLBACK_TYPE

    from ..engine_host import EngineHost
    from .files import CloudFile

TRIM_EVERY: Final = timedelta(hours=1)
MAX_STILLS = 1000
MAX_STILL_BYTES = 8 * 2**20  # a still has some 100 KB, but the bucket may contain anything
STILL_WIDTHS: Final = (320, 480, 640)
"""Few, so that browsers find in their own cache what they have loaded before."""
_JPEG_QUALITY = 80
_MAX_STILL_PIXELS = 50_000_000


class StillCache:
    """A folder of stills that can be emptied at any time. Calls block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, clip_id: str, still: CloudFile) -> bytes:
        """Return a still, downloaded if it isn't here. Raises ``StorageError``."""
        path = self._path(clip_id)
        with suppress(OSError):
            jpeg = path.read_bytes()
            os.utime(path)  # `_store` removes what was used least recently
            return jpeg
        jpeg = _download(still)
        with suppress(OSError):  # with a full disk it's downloaded again the next time
            self._store(path, jpeg)
        return jpeg

    def remove(self, clip_id: str) -> None:
        """Remove a clip's still."""
        with suppress(OSError):
            self._path(clip_id).unlink()

    def _path(self, clip_id: str) -> Path:
        return self._folder / f"{clip_id}.jpg"

    def _store(self, path: Path, jpeg: bytes) -> None:
        with atomic_write(path, durable=False) as file:
            file.write(jpeg)
        cached = sorted((each.stat().st_mtime, each) for each in self._folder.iterdir())
        for _, oldest in cached[: max(0, len(cached) - MAX_STILLS)]:
            oldest.unlink()


def _download(still: CloudFile) -> bytes:
    jpeg = bytearray()
    for block in still.store.read(still.name, 0, MAX_STILL_BYTES + 1):
        jpeg += block
    if len(jpeg) > MAX_STILL_BYTES:
        raise StorageError("the still is too large")
    return bytes(jpeg)


def scale_still(jpeg: bytes, width: int) -> bytes:
    """Return a JPEG at most so wide; unchanged if it's no wider or can't be read. Blocks.

    Pillow decodes no more of a JPEG than the smaller size needs, in a quarter of FFmpeg's time:
    too little to be worth a cache.
    """
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as picture:
            columns, rows = picture.size
            if columns <= width or columns * rows > _MAX_STILL_PIXELS:
                return jpeg
            size = (width, max(1, round(rows * width / columns)))
            picture.draft(None, size)
            smaller = BytesIO()
            picture.resize(size, reducing_gap=2.0).save(smaller, "JPEG", quality=_JPEG_QUALITY)
    except OSError, ValueError, SyntaxError, Image.DecompressionBombError:
        return jpeg
    return smaller.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """Both caches. Calls block."""

    folder: Path
    stills: StillCache
    videos: VideoCache

    def remove(self, clip_id: str) -> None:
        """Remove what is cached of a clip."""
        self.stills.remove(clip_id)
        self.videos.remove(clip_id)

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def get_caches(hass: HomeAssistant) -> Caches:
    """Return the caches; they hold nothing but paths."""
    folder = Path(hass.config.cache_path(DOMAIN))
    return Caches(
        folder=folder, stills=StillCache(folder / "stills"), videos=VideoCache(folder / "films")
    )


@callback
def async_trim_caches(hass: HomeAssistant, host: EngineHost) -> CALLBACK_TYPE:
    """Remove old videos every hour, until the returned function is called."""

    async def trim(_now: datetime) -> None:
        await host.async_run_raw(get_caches(hass).videos.trim)

    return async_track_time_interval(
        hass, trim, TRIM_EVERY, name="HomeSec caches", cancel_on_shutdown=True
    )
