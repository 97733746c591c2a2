"""A clip's file while it grows: a fragmented MP4.

Each fragment is complete in itself, so that after a power cut everything up to the last fragment
plays (ISO/IEC 14496-12, movie fragments). H.264 and H.265 are copied, anything else is encoded to
H.264; AAC is copied, any other sound becomes AAC.
"""

from __future__ import annotations

from fractions import Fraction
import logging
from typing import TYPE_CHECKING, Protocol, cast

import av
import av.error

from .media import TICKS, TIME_BASE, MediaKind

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.frame import Frame as AvFrame
    from av.stream import Stream
    from av.video.stream import VideoStream

    from .media import MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

FRAGMENT_S = 1.0
_OPTIONS = {
    # delay_moov: the header waits for the first fragment, when AAC's parameters are known.
    "movflags": "frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": str(int(FRAGMENT_S * 1_000_000)),
    "flush_packets": "1",
}
_ENCODER = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "threads": "2"}
_GOP_S = 2
_SOUND_BIT_RATE = 64_000
_MUXED_SOUND = frozenset({"aac"})


class _Writer(Protocol):
    """Puts one stream's packets into the file."""

    def write(self, packet: MediaPacket, start: int) -> None:
        """Write a packet; ``start`` is the tick where the clip begins."""

    def flush(self) -> None:
        """Write what is held back."""


class _Copier:
    """Copies packets; only their time stamps are moved."""

    def __init__(self, container: OutputContainer, stream: Stream) -> None:
        self._container = container
        self._stream = stream

    def write(self, packet: MediaPacket, start: int) -> None:
        """Write a packet."""
        data = packet.data
        copy = av.Packet(data)
        copy.time_base = TIME_BASE
        copy.dts = (data.dts or 0) - start
        copy.pts = (data.pts or 0) - start
        copy.duration = data.duration or 0
        copy.is_keyframe = data.is_keyframe
        copy.stream = self._stream
        self._container.mux(copy)

    def flush(self) -> None:
        """Nothing is held back."""


class _VideoEncoder:
    """Decodes and encodes to H.264 that every browser plays: 8 bit, 4:2:0, even sides."""

    def __init__(self, container: OutputContainer, video: MediaFormat) -> None:
        self._container = container
        self._decoder = video.video_decoder()
        self._width, self._height = video.width // 2 * 2, video.height // 2 * 2
        rate = Fraction(round(min(max(video.fps or 10.0, 1.0), 60.0)))
        self._stream = cast(
            "VideoStream",
            container.add_stream(
                "libx264",
                rate=rate,
                width=self._width,
                height=self._height,
                pix_fmt="yuv420p",
                time_base=TIME_BASE,
                options={**_ENCODER, "g": str(int(rate * _GOP_S))},
            ),
        )

    def write(self, packet: MediaPacket, start: int) -> None:
        """Encode a packet's pictures."""
        try:
            frames = self._decoder.decode(packet.data)
        except av.error.InvalidDataError:
            _LOGGER.debug("A broken picture is left out of a clip")
            return
        for frame in frames:
            if frame.pts is None or frame.pts < start:
                continue
            even = frame.reformat(
                width=self._width, height=self._height, format="yuv420p", dst_color_range=1
            )
            even.pts = frame.pts - start
            even.time_base = TIME_BASE
            even.pict_type = 0  # the encoder chooses, whatever the camera's picture was
            self._container.mux(self._stream.encode(even))

    def flush(self) -> None:
        """Write what the encoder holds back."""
        self._container.mux(self._stream.encode(None))


class _SoundEncoder:
    """Decodes and encodes to AAC: G.711 and its like have no place in an MP4 that browsers play."""

    def __init__(self, container: OutputContainer, audio: MediaFormat) -> None:
        self._container = container
        self._decoder = audio.audio_decoder()
        self._stream = cast(
            "AudioStream",
            container.add_stream(
                "aac",
                rate=audio.sample_rate,
                layout="mono" if audio.layout == "mono" else "stereo",
                bit_rate=_SOUND_BIT_RATE,
                time_base=Fraction(1, audio.sample_rate),
            ),
        )
        self._rate = audio.sample_rate

    def write(self, packet: MediaPacket, start: int) -> None:
        """Encode a packet's samples."""
        try:
            frames = self._decoder.decode(packet.data)
        except av.error.InvalidDataError:
            _LOGGER.debug("Broken sound is left out of a clip")
            return
        for frame in frames:
            if frame.pts is None or frame.pts < start:
                continue
            frame.pts = (frame.pts - start) * self._rate // TICKS
            frame.time_base = Fraction(1, self._rate)
            self._encode(frame)

    def flush(self) -> None:
        """Write what the encoder holds back."""
        self._encode(None)

    def _encode(self, frame: AvFrame | None) -> None:
        self._container.mux(self._stream.encode(frame))  # type: ignore[arg-type]


class ClipFile:
    """Takes packets of one video format, and of one audio format if there is sound.

    ``OSError`` (which FFmpeg's own errors are too where the system caused them) means that the
    disk does not take it; ``av.error.FFmpegError`` that the stream cannot be written.
    """

    def __init__(self, path: Path, video: MediaFormat, audio: MediaFormat | None) -> None:
        path.touch()  # a disk that cannot be written to says so here, by its own name
        self._container = av.open(str(path), "w", format="mp4", options=_OPTIONS)
        self._start: int | None = None
        self._writers: dict[MediaKind, _Writer] = {
            MediaKind.VIDEO: self._video_writer(video),
        }
        if audio is not None:
            self._writers[MediaKind.AUDIO] = self._sound_writer(audio)

    def write(self, packet: MediaPacket) -> None:
        """Append a packet; the first has to be a video keyframe."""
        if self._start is None:
            self._start = packet.data.dts or 0
        writer = self._writers.get(packet.format.kind)
        if writer is not None and (packet.data.dts or 0) >= self._start:
            writer.write(packet, self._start)

    def close(self) -> None:
        """Write what is held back, and the file's end."""
        try:
            if self._start is not None:
                for writer in self._writers.values():
                    writer.flush()
        finally:
            self._container.close()

    def _video_writer(self, video: MediaFormat) -> _Writer:
        if not video.copied:
            return _VideoEncoder(self._container, video)
        stream = self._container.add_mux_stream(
            video.codec, width=video.width, height=video.height, time_base=TIME_BASE
        )
        return _Copier(self._container, stream)

    def _sound_writer(self, audio: MediaFormat) -> _Writer:
        if audio.codec not in _MUXED_SOUND or audio.template is None:
            return _SoundEncoder(self._container, audio)
        return _Copier(self._container, self._container.add_stream_from_template(audio.template))
