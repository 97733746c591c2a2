"""The picture and the formats of a camera that is being set up."""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID

from ..cameras.config import source_config
from ..cameras.source_feed import EntityFeed
from ..const import CONF_KIND
from ..engine.core.types import SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..runtime import HomeSecData

PREVIEW_WIDTH = 960
COPIED_CODECS = ("h264", "hevc")  # recorded as they are; all others are encoded for a clip
CODEC_NAMES = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "aac": "AAC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPreview:
    """One picture of a camera, and what to say about its source."""

    formats: str = ""  # size, codecs and frame rate; needs no translation
    note_key: str = ""  # key of ``selector.note`` in the translations
    jpeg: bytes | None = field(default=None, repr=False)
    tls_fingerprint: str | None = None  # SHA-256 of the camera's certificate
    asks_digest: bool = False  # the camera asked for a login that doesn't show the password


async def async_preview_source(runtime: HomeSecData, source: Mapping[str, Any]) -> CameraPreview:
    """Open a source for one picture. Raises ``SourceError``."""
    feed = None
    if source[CONF_KIND] == SourceKind.ENTITY:
        feed = EntityFeed(runtime.hass, source[CONF_ENTITY_ID])
    engine = await runtime.host.async_wait_engine()
    found = await runtime.host.async_run_raw(engine.probe, source_config(source), feed)
    formats = _formats(found.width, found.height, found.video_codec, found.fps, found.audio_codec)
    note_key = "" if found.records_directly else "encoded"
    return CameraPreview(
        formats=formats,
        note_key=note_key,
        jpeg=found.jpeg,
        tls_fingerprint=found.tls_fingerprint,
        asks_digest=found.asks_digest,
    )


async def async_preview_running(runtime: HomeSecData, camera_id: str) -> CameraPreview | None:
    """Return a preview of a running camera; many cameras, and all webcams, open only once."""
    state = runtime.cameras.get(camera_id)
    if state is None or not state.watching:
        return None
    jpeg = await runtime.host.async_run(
        partial(runtime.host.engine.jpeg, camera_id, width=PREVIEW_WIDTH)
    )
    if jpeg is None:
        return None
    stats = runtime.host.engine.stats(camera_id)
    formats = _formats(stats.width, stats.height, stats.video_codec, stats.fps, None)
    note_key = "" if stats.video_codec in COPIED_CODECS else "encoded"
    return CameraPreview(formats=formats, note_key=note_key, jpeg=jpeg)


def _formats(width: int, height: int, video: str, fps: float | None, audio: str | None) -> str:
    parts = [f"{width} x {height}", CODEC_NAMES.get(video, video)]
    if fps:
        parts.append(f"{fps:.3g} fps")
    if audio:
        parts.append(CODEC_NAMES.get(audio, audio))
    return " · ".join(parts)
