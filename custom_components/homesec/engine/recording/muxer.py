"""A clip's file while it grows: a fragmented MP4.

Each fragment is complete in itself, so that after a power cut everything up to the last fragment
plays (ISO/IEC 14496-12, movie fragments). H.264 and H.265 are copied, anything else is encoded to
H.264; AAC is copied, any other sound becomes AAC.
"""

from __future__ import annotations

from fractions import Fraction
import logging
import os
from typing import TYPE_CHECKING, Protocol, cast

import av
import av.error
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from ..media.jpeg import fit_width
from ..media.packets import TICKS, TIME_BASE, MediaKind
from .finalize import COMMENT

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import OutputContainer
    from av.stream import Stream

    from ..media.packets import MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

FRAGMENT_S = 0.5
"""A kill costs at most what has not become a fragment; a finished clip has none."""
SOUND_WAIT_S = 1.0
"""A camera that announced sound and has sent none for so long gets a silent clip."""
_OPTIONS = {
    # delay_moov: the header waits for the first fragment, when it is known where each track begins.
    "movflags": "frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": str(int(FRAGMENT_S * 1_000_000)),
    "flush_packets": "1",
    # Sound that stays away must not hold back the pictures.
    "max_interleave_delta": str(int(FRAGMENT_S * 1_000_000)),
}
_ENCODER = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "threads": "2"}
_GOP_S = 2
_SOUND_BIT_RATE = 64_000
_MONO = frozenset({"mono", "1 channels"})
_SOUND_SLACK_S = 0.2
"""Sound may be off by so much before it is cut or has a gap: jitter and a drifting clock."""


class _Writer(Protocol):
    """Puts one stream's packets into the file."""

    def write(self, packet: MediaPacket, start: int) -> None:
        """Write a packet; ``start`` is the tick at which the clip's first picture is shown."""

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
        copy = av.Packet(cast("bytes", data))  # any buffer will do; it is not copied
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
        self._width, self._height = fit_width(video.width, video.height, None)
        rate = Fraction(round(min(max(video.fps or 10.0, 1.0), 60.0)))
        self._stream = container.add_stream(
            "libx264",
            rate=rate,
            width=self._width,
            height=self._height,
            pix_fmt="yuv420p",
            time_base=TIME_BASE,
            options={**_ENCODER, "g": str(int(rate * _GOP_S))},
        )

    def write(self, packet: MediaPacket, start: int) -> None:
        """Encode a packet's pictures."""
        try:
            frames = self._decoder.decode(packet.data)
        except av.error.FFmpegError:
            _LOGGER.debug("A broken picture is left out of a clip")
            return
        for frame in frames:
            if frame.pts is None or frame.pts < start:
                continue
            even = frame.reformat(
                width=self._width,
                height=self._height,
                format="yuv420p",
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            even.pts = frame.pts - start
            even.time_base = TIME_BASE
            even.pict_type = PictureType.NONE  # the encoder chooses, whatever the camera's was
            self._container.mux(self._stream.encode(even))

    def flush(self) -> None:
        """Write what the encoder holds back."""
        self._container.mux(self._stream.encode(None))


class _SoundEncoder:
    """Decodes and encodes to AAC: G.711 and its like have no place in an MP4 that browsers play."""

    def __init__(self, container: OutputContainer, audio: MediaFormat) -> None:
        self._container = container
        self._decoder = audio.audio_decoder()
        self._rate = audio.sample_rate
        self._next = 0
        """The sample that the next frame should begin with."""
        self._stream = container.add_stream(
            "aac",
            rate=self._rate,
            layout="mono" if audio.layout in _MONO else "stereo",
            bit_rate=_SOUND_BIT_RATE,
            time_base=Fraction(1, self._rate),
        )

    def write(self, packet: MediaPacket, start: int) -> None:
        """Encode a packet's samples."""
        try:
            frames = self._decoder.decode(packet.data)
        except av.error.FFmpegError:
            _LOGGER.debug("Broken sound is left out of a clip")
            return
        for frame in frames:
            if frame.pts is None or frame.pts < start:
                continue
            begins = (frame.pts - start) * self._rate // TICKS
            early = self._next - begins
            if early > self._rate * _SOUND_SLACK_S:
                continue  # more sound came than time has passed
            # Samples follow each other: the encoder fails on time stamps that overlap.
            self._next = self._next if early > -self._rate * _SOUND_SLACK_S else begins
            frame.pts = self._next
            frame.time_base = Fraction(1, self._rate)
            self._next += frame.samples
            self._container.mux(self._stream.encode(frame))

    def flush(self) -> None:
        """Write what the encoder holds back."""
        self._container.mux(self._stream.encode(None))


class FragmentedMp4:
    """Takes packets of one video format, and of one audio format if there is sound.

    ``OSError`` (which FFmpeg's own errors are too where the system caused them) means that the
    disk does not take it; ``av.error.FFmpegError`` that the stream cannot be written.
    """

    def __init__(
        self,
        path: Path,
        video: MediaFormat,
        audio: MediaFormat | None,
        *,
        comment: str | None = None,
    ) -> None:
        path.touch()  # a disk that cannot be written to says so here, by its own name
        self._path = path
        self._video = video
        self._audio = audio
        self._comment = comment
        self._container: OutputContainer | None = None
        self._writers: dict[MediaKind, _Writer] = {}
        self._held: list[MediaPacket] = []
        """FFmpeg writes nothing before each track has something; so whether there is to be a track
        for the sound shows before the file is begun."""

    def write(self, packet: MediaPacket) -> None:
        """Append a packet; the first has to be a video keyframe."""
        if self._container is not None:
            self._write(packet)
            return
        self._held.append(packet)
        silent = packet.t - self._held[0].t > SOUND_WAIT_S
        if self._audio is None or silent or not packet.is_video:
            self._begin(None if silent else self._audio)

    def sync(self) -> None:
        """Have the system write to the disk now what it holds of the file."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Write what is held back, and the file's end."""
        if self._held:
            self._begin(None)
        if self._container is None:
            return
        try:
            for writer in self._writers.values():
                writer.flush()
        finally:
            self._container.close()

    def _begin(self, audio: MediaFormat | None) -> None:
        container = av.open(str(self._path), "w", format="mp4", options=_OPTIONS)
        self._container = container
        if self._comment is not None:
            container.metadata[COMMENT] = self._comment
        self._writers[MediaKind.VIDEO] = _video_writer(container, self._video)
        if audio is not None and (writer := _sound_writer(container, audio)) is not None:
            self._writers[MediaKind.AUDIO] = writer
        held, self._held = self._held, []
        self._start = held[0].data.pts or 0
        for packet in held:
            self._write(packet)

    def _write(self, packet: MediaPacket) -> None:
        writer = self._writers.get(packet.format.kind)
        if writer is not None and (packet.is_video or (packet.data.dts or 0) >= self._start):
            writer.write(packet, self._start)


def _video_writer(container: OutputContainer, video: MediaFormat) -> _Writer:
    if not video.copied:
        return _VideoEncoder(container, video)
    stream = container.add_mux_stream(
        video.codec, width=video.width, height=video.height, time_base=TIME_BASE
    )
    return _Copier(container, stream)


def _sound_writer(container: OutputContainer, audio: MediaFormat) -> _Writer | None:
    if audio.template is not None:
        return _Copier(container, container.add_stream_from_template(audio.template))
    if audio.sample_rate not in (av.Codec("aac", "w").audio_rates or ()):
        _LOGGER.debug("AAC has no sample rate of %s: the clip is silent", audio.sample_rate)
        return None
    return _SoundEncoder(container, audio)
