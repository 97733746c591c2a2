"""A look through a camera that is being set up: a picture, and what it is made of."""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID

from ..cameras.config import source_config
from ..cameras.source_feed import EntityFeed
from ..const import CONF_KIND
from ..engine.capture import probe
from ..engine.core.types import SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..coordinator import HomeSecCoordinator

PREVIEW_WIDTH = 960
RECORDED_AS_THEY_ARE = ("h264", "hevc")
NAMES = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "aac": "AAC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPreview:
    """What a look through the camera brought."""

    facts: str = ""
    """Size and formats in the field's own terms, which need no translation."""
    note: str = ""
    """A key of ``selector.note``."""
    jpeg: bytes | None = field(default=None, repr=False)


async def async_look(coordinator: HomeSecCoordinator, source: Mapping[str, Any]) -> CameraPreview:
    """Open the source for a moment. Raises ``SourceError``."""
    feed = None
    if source[CONF_KIND] == SourceKind.ENTITY:
        feed = EntityFeed(coordinator.hass, source[CONF_ENTITY_ID])
    found = await coordinator.async_run_raw(probe, source_config(source), feed)
    return CameraPreview(
        facts=_facts(found.width, found.height, found.video_codec, found.fps, found.audio_codec),
        note="" if found.records_directly else "encoded",
        jpeg=found.jpeg,
    )


async def async_seen_by_engine(
    coordinator: HomeSecCoordinator, camera_id: str
) -> CameraPreview | None:
    """Ask the running session: many cameras, and every webcam, cannot be opened twice."""
    state = coordinator.cameras.get(camera_id)
    if state is None or not state.watching:
        return None
    jpeg = await coordinator.async_run(
        partial(coordinator.engine.jpeg, camera_id, width=PREVIEW_WIDTH)
    )
    if jpeg is None:
        return None
    stats = coordinator.engine.stats(camera_id)
    return CameraPreview(
        facts=_facts(stats.width, stats.height, stats.video_codec, stats.fps, None),
        note="" if stats.video_codec in RECORDED_AS_THEY_ARE else "encoded",
        jpeg=jpeg,
    )


def _facts(width: int, height: int, video: str, fps: float | None, audio: str | None) -> str:
    parts = [f"{width} x {height}", NAMES.get(video, video)]
    if fps:
        parts.append(f"{fps:.3g} fps")
    if audio:
        parts.append(NAMES.get(audio, audio))
    return " · ".join(parts)
