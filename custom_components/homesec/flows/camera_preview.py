"""The picture and the formats of a camera that is being set up."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID, CONF_URL

from ..cameras.config import source_config, stream_use
from ..cameras.makers import StreamPair
from ..cameras.source_feed import EntityFeed
from ..const import CONF_DETECT_URL, CONF_KIND
from ..engine.core.errors import ConnectionRefused, SourceError, StreamNotFound
from ..engine.core.stream_report import ClockQuality, StreamReport
from ..engine.core.stream_verdict import verdict
from ..engine.core.types import SourceKind
from ..translations import async_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from homeassistant.core import HomeAssistant

    from ..runtime import HomeSecData

PREVIEW_WIDTH = 960
SINGLE_PICTURES = "single_pictures"  # key of ``selector.note``, before any verdict
COPIED_CODECS = ("h264", "hevc")  # recorded as they are; all others are encoded for a clip
MAX_NAME = 40  # characters of a codec's or profile's name
YES_OR_NO = ("b_frames", "decodes_alone", "plays_in_browsers")
CODEC_NAMES = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "aac": "AAC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPreview:
    """One picture of a camera, and what to say about its source."""

    formats: str = ""  # size, codecs, and rates; needs no translation
    low_formats: str = ""  # those of the low-resolution stream, if it was opened, too
    lacks_low: bool = False  # whether it couldn't be opened, although there's meant to be one
    stream: StreamReport = field(default_factory=StreamReport)
    note_key: str = ""  # key of ``selector.note`` in the translations
    jpeg: bytes | None = field(default=None, repr=False)
    tls_fingerprint: str | None = None  # SHA-256 of the camera's certificate
    asks_digest: bool = False  # the camera asked for a login that doesn't show the password

    async def async_formats(self, hass: HomeAssistant) -> str:
        """Return what is known of the source's stream, in Home Assistant's language."""
        stream, texts = self.stream, await async_options(hass, "stream_format")
        facts = []
        if stream.keyframe_interval_s is not None and stream.recorded_as_is:
            facts.append(texts["keyframes"].format(seconds=f"{stream.keyframe_interval_s:.2g}"))
        known = {key: getattr(stream, key) for key in YES_OR_NO}
        facts += [
            texts[f"{key}_{str(value).lower()}"]
            for key, value in known.items()
            if value is not None
        ]
        if stream.clock is not ClockQuality.UNKNOWN:
            facts.append(texts[f"clock_{stream.clock}"])
        if stream.audio_left_out:
            facts.append(texts["audio_left_out"].format(codec=_plain(stream.audio_left_out)))
        low = texts["low"].format(formats=self.low_formats) if self.low_formats else ""
        if self.lacks_low:
            low = texts["low_missing"]
        return "\n\n".join(filter(None, (self.formats, " · ".join(facts), low)))

    async def async_advice(self, hass: HomeAssistant, settings: Mapping[str, Any]) -> str:
        """Return what is odd about the source, and which setting of the camera helps.

        ``settings``: the camera's, by which some of it may not matter.
        """
        use = stream_use(settings, detect_stream_works=not self.lacks_low)
        found = verdict(self.stream, use)
        if self.note_key != SINGLE_PICTURES and found is not None:
            return (await async_options(hass, "stream_verdict"))[found]
        return (await async_options(hass, "note")).get(self.note_key, "")


async def async_preview_source(runtime: HomeSecData, source: Mapping[str, Any]) -> CameraPreview:
    """Open a source for one picture. Raises ``SourceError``."""
    feed = None
    if source[CONF_KIND] == SourceKind.ENTITY:
        feed = EntityFeed(runtime.hass, source[CONF_ENTITY_ID])
    engine = await runtime.host.async_wait_engine()
    found = await runtime.host.async_run_raw(engine.probe, source_config(source), feed)
    stream = replace(
        found.stream,
        width=found.width,
        height=found.height,
        codec=found.video_codec,
        fps=found.fps,
        audio_codec=found.audio_codec,
    )
    note_key = "" if found.records_directly else "encoded"
    if found.single_pictures:
        note_key = SINGLE_PICTURES
    return CameraPreview(
        formats=_formats(stream),
        stream=found.stream,
        note_key=note_key,
        jpeg=found.jpeg,
        tls_fingerprint=found.tls_fingerprint,
        asks_digest=found.asks_digest,
    )


async def async_preview_streams(runtime: HomeSecData, source: Mapping[str, Any]) -> CameraPreview:
    """Open a source, and its detect stream if it has one. Raises ``SourceError`` for the source."""
    preview = await async_preview_source(runtime, source)
    if (low := source.get(CONF_DETECT_URL)) is None:
        return preview
    pair = StreamPair(main=source[CONF_URL], low=low)
    found, preview = await _async_with_low(runtime, source, pair, preview)
    return replace(preview, lacks_low=found.low is None)


async def async_preview_first(
    runtime: HomeSecData, source: Mapping[str, Any], pairs: Sequence[StreamPair]
) -> tuple[StreamPair, CameraPreview]:
    """Find out which of some pairs of streams a camera has, and open both streams of it.

    ``source``: a stream with the login, whose URL doesn't matter. Raises ``SourceError``, at once
    if trying on could lock the login, or could only take long.
    """
    failed: SourceError | None = None
    for pair in pairs:
        try:
            preview = await async_preview_source(runtime, {**source, CONF_URL: pair.main})
        except (StreamNotFound, ConnectionRefused) as err:
            if err.placeholders.get("login") == "wrong":
                raise
            # That a port is closed says less than that another one has no such path.
            if failed is None or isinstance(err, StreamNotFound):
                failed = err
            continue
        return await _async_with_low(runtime, source, pair, preview)
    raise failed or StreamNotFound


async def _async_with_low(
    runtime: HomeSecData, source: Mapping[str, Any], pair: StreamPair, preview: CameraPreview
) -> tuple[StreamPair, CameraPreview]:
    """Open the low-resolution stream of a pair, too; without it, there's only the main one."""
    if pair.low is None:
        return pair, preview
    try:
        low = await async_preview_source(runtime, {**source, CONF_URL: pair.low})
    except SourceError:
        return replace(pair, low=None), preview
    return pair, replace(preview, low_formats=low.formats)


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
    stream = replace(
        stats.stream,
        width=stats.width,
        height=stats.height,
        codec=stats.video_codec,
        fps=stats.fps,
    )
    note_key = "" if stats.video_codec in COPIED_CODECS else "encoded"
    return CameraPreview(
        formats=_formats(stream), stream=stats.stream, note_key=note_key, jpeg=jpeg
    )


def _formats(stream: StreamReport) -> str:
    codec = CODEC_NAMES.get(stream.codec, _plain(stream.codec))
    parts = [f"{stream.width} x {stream.height}", f"{codec} {_plain(stream.profile)}".rstrip()]
    if stream.fps:
        parts.append(f"{stream.fps:.3g} fps")
    if stream.bit_rate:
        parts.append(f"{stream.bit_rate / 1e6:.2g} Mbit/s")
    if stream.audio_codec:
        parts.append(CODEC_NAMES.get(stream.audio_codec, _plain(stream.audio_codec)))
    return " · ".join(parts)


def _plain(name: str) -> str:
    """Return a name from the worker without anything that Markdown could make a link of."""
    return "".join(char for char in name[:MAX_NAME] if char.isalnum() or char in " .:_-")
