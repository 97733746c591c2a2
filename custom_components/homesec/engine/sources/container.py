"""Streams, files and webcams, all through one PyAV container."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error

from ..errors import FileMissing, InvalidSource, NoVideo, SourceStalled, UnsupportedCodec
from ..media import TICKS, TIME_BASE, MediaFormat, MediaKind, MediaPacket
from ..models import SourceKind
from .annexb import AnnexB
from .failures import translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from ..models import SourceConfig
    from .timeline import Place, Timeline

OPEN_TIMEOUT_S = 4.0
"""Of each of the two steps of opening. With the stall limit below, every thread of a camera can be
stopped within five seconds: FFmpeg's calls end only by their own time-out."""
STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
_WEBCAM_OPTIONS: tuple[dict[str, str], ...] = (
    # Compressed pictures first: raw ones are 18 MB a second at 640 x 480 over USB 2.
    {"input_format": "mjpeg", "video_size": "1280x720"},
    {"input_format": "mjpeg"},
    {},
)


def stream_url(config: SourceConfig) -> str:
    """Return the URL with its credentials put in. Raises ``InvalidSource``."""
    try:
        parts = urlsplit(config.location.strip())
        port = parts.port
    except ValueError:
        raise InvalidSource from None
    if parts.scheme.lower() not in STREAM_SCHEMES or not parts.hostname:
        raise InvalidSource
    if config.username is None and config.password is None:
        return urlunsplit(parts)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    login = quote(config.username or "", safe="")
    if config.password is not None:
        login += ":" + quote(config.password, safe="")
    netloc = f"{login}@{host}" + (f":{port}" if port else "")
    return urlunsplit(parts._replace(netloc=netloc))


class ContainerConnection:
    """An open container; ``packets`` places them on the camera's timeline."""

    def __init__(self, config: SourceConfig, timeline: Timeline, stop: Event) -> None:
        """Open the source. Raises ``SourceError``."""
        self._config = config
        self._timeline = timeline
        self._stop = stop
        self._url = stream_url(config) if config.kind is SourceKind.STREAM else config.location
        self._container = self._open()
        try:
            self._stream = self._video_stream()
            self._audio_stream = self._find_audio()
        except BaseException:
            self._container.close()
            raise
        self.video = _video_format(self._stream)
        self.audio = None if self._audio_stream is None else _audio_format(self._audio_stream)
        self._annexb = AnnexB(self._stream, self.video) if self.video.copied else None
        timeline.reconnect()

    def close(self) -> None:
        """Release the source."""
        self._container.close()

    # --- opening ------------------------------------------------------------------------------

    def _open(self) -> InputContainer:
        kind = self._config.kind
        if kind is SourceKind.FILE and not Path(self._url).is_file():
            raise FileMissing
        variants = _WEBCAM_OPTIONS if kind is SourceKind.WEBCAM else (self._options(),)
        failure: Exception | None = None
        for options in variants:
            try:
                return av.open(
                    self._url if kind is not SourceKind.FILE else f"file:{self._url}",
                    format="v4l2" if kind is SourceKind.WEBCAM else None,
                    options=options,
                    timeout=(OPEN_TIMEOUT_S, self._config.stall_s),
                )
            except (av.error.FFmpegError, OSError, ValueError) as err:
                failure = err
        assert failure is not None  # noqa: S101 - there is at least one variant
        raise translate(failure, self._config, self._url) from None

    def _options(self) -> dict[str, str]:
        if self._config.kind is SourceKind.FILE:
            return {"protocol_whitelist": "file"}
        # A playlist or a redirect must not lead to files of this machine.
        options = {
            "protocol_whitelist": "rtp,srtp,udp,tcp,tls,rtsp,rtsps,http,https,httpproxy,crypto"
        }
        scheme = urlsplit(self._url).scheme.lower()
        if scheme.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"
        if scheme.endswith("s"):
            # Cameras come with self-signed certificates.
            options["tls_verify"] = "1" if self._config.verify_tls else "0"
        return options

    def _video_stream(self) -> VideoStream:
        if not self._container.streams.video:
            raise NoVideo
        stream = self._container.streams.video[0]
        if stream.codec_context is None:
            raise UnsupportedCodec
        if not stream.codec_context.width:
            raise NoVideo
        return stream

    def _find_audio(self) -> AudioStream | None:
        streams = self._container.streams.audio
        if not streams or streams[0].codec_context is None or not streams[0].sample_rate:
            return None
        return streams[0]

    # --- reading ------------------------------------------------------------------------------

    def packets(self) -> Iterator[MediaPacket]:
        """Give packets until the source ends. Raises ``SourceError`` when it breaks."""
        yield from self._read()
        while self._config.kind is SourceKind.FILE and self._config.loop:
            if self._stop.is_set() or not self._rewind():
                return
            yield from self._read()

    def _rewind(self) -> bool:
        try:
            self._container.seek(0)
        except (av.error.FFmpegError, OSError):
            return False  # then it is opened anew
        return True

    def _read(self) -> Iterator[MediaPacket]:
        streams = [s for s in (self._stream, self._audio_stream) if s is not None]
        reader = self._container.demux(*streams)
        while not self._stop.is_set():
            try:
                packet = next(reader, None)
            except (av.error.FFmpegError, OSError) as err:
                raise self._broken(err) from None
            if packet is None:
                return
            if packet.size:
                yield from self._placed(packet)

    def _broken(self, error: Exception) -> Exception:
        if isinstance(error, av.error.ExitError):
            return SourceStalled()
        return translate(error, self._config, self._url)

    def _placed(self, packet: av.Packet) -> Iterator[MediaPacket]:
        if packet.stream.type == "audio":
            if self.audio and (placed := self._placed_audio(self.audio, packet)):
                yield placed
            return
        for video, plain in self._annexb.feed(packet) if self._annexb else [(self.video, packet)]:
            self.video = video
            place = self._timeline.place_video(
                _seconds(plain, plain.dts if plain.dts is not None else plain.pts),
                _seconds(plain, plain.duration or None),
            )
            self._pace(place)
            yield _media_packet(video, plain, place)

    def _placed_audio(self, audio: MediaFormat, packet: av.Packet) -> MediaPacket | None:
        dts_s = _seconds(packet, packet.dts if packet.dts is not None else packet.pts)
        place = None if dts_s is None else self._timeline.place_audio(dts_s)
        return None if place is None else _media_packet(audio, packet, place)

    def _pace(self, place: Place) -> None:
        if self._config.kind is SourceKind.FILE and self._config.paced:
            ahead = place.t - self._timeline.elapsed
            if ahead > 0:
                self._stop.wait(ahead)


def _seconds(packet: av.Packet, ticks: int | None) -> float | None:
    if ticks is None or (base := packet.time_base) is None:
        return None
    # Not ticks * base: fractions in lowest terms cost more than all the rest of a packet's way.
    return ticks * base.numerator / base.denominator


def _media_packet(media: MediaFormat, packet: av.Packet, place: Place) -> MediaPacket:
    """Return a packet that shares the data and has its time stamps on the timeline."""
    offset_s = 0.0
    if packet.pts is not None and packet.dts is not None:
        # B-frames: a second at most; more is a broken time stamp.
        offset_s = min(max(_seconds(packet, packet.pts - packet.dts) or 0.0, 0.0), 1.0)
    data = av.Packet(packet)
    data.time_base = TIME_BASE
    data.dts = round(place.t * TICKS)
    data.pts = round((place.t + offset_s) * TICKS)
    data.duration = round((_seconds(packet, packet.duration or None) or 0.0) * TICKS)
    data.is_keyframe = packet.is_keyframe
    return MediaPacket(
        format=media, data=data, t=place.t, at=place.at, keyframe=packet.is_keyframe
    )


def _video_format(stream: VideoStream) -> MediaFormat:
    context = stream.codec_context
    rate = stream.average_rate or stream.guessed_rate
    codec = context.codec.canonical_name
    return MediaFormat(
        kind=MediaKind.VIDEO,
        codec=codec,
        extradata=None if codec in ("h264", "hevc") else context.extradata,
        width=context.width,
        height=context.height,
        pix_fmt=context.pix_fmt,
        fps=float(rate) if rate else None,
    )


def _audio_format(stream: AudioStream) -> MediaFormat:
    context = stream.codec_context
    return MediaFormat(
        kind=MediaKind.AUDIO,
        codec=cast("str", context.codec.canonical_name),
        extradata=context.extradata,
        sample_rate=context.sample_rate,
        layout=context.layout.name,
        template=_keep(stream),
    )


def _keep(stream: AudioStream) -> AudioStream | None:
    """Return a copy of the stream's parameters that does not need the connection.

    It belongs to an output that is never written; clips are made from it by other threads, when
    the connection may be gone.
    """
    try:
        return av.open(BytesIO(), "w", format="mp4").add_stream_from_template(stream)
    except (av.error.FFmpegError, ValueError):
        return None  # MP4 cannot hold this codec: it is going to be encoded as AAC
