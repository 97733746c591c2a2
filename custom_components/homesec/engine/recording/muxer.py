"""The file of a clip while it's recorded: a fragmented MP4.

Each fragment is complete in itself, so that after a power cut everything up to the last fragment
plays (ISO/IEC 14496-12, movie fragments). H.264 and H.265 are copied, other video is encoded to
H.264; AAC is copied, other audio is encoded to AAC.
"""

from fractions import Fraction
from functools import partial
from itertools import islice
import logging
import os
from typing import TYPE_CHECKING, cast

import av
import av.error
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from ..core.errors import SourceError
from ..media.jpeg import fit_width
from ..media.packets import TICKS, TIME_BASE, MediaKind, decode_packet
from .finalize import COMMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.container import OutputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame

    from ..media.packets import AvPacket, MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

FRAGMENT_S = 0.5  # a kill loses at most what isn't in a fragment yet; a finalized clip has none
AUDIO_WAIT_S = 1.0  # if a camera announced audio and sent none for this long, the clip gets none
_OPTIONS = {
    # delay_moov: the header waits for the first fragment, when it's known where each track begins.
    "movflags": "frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": str(int(FRAGMENT_S * 1_000_000)),
    "flush_packets": "1",
    # Missing audio must not hold back the video.
    "max_interleave_delta": str(int(FRAGMENT_S * 1_000_000)),
}
_ENCODER = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "threads": "2"}
_GOP_S = 2
_AUDIO_BIT_RATE = 64_000
_MAX_ENCODED = 4096
"""Longest side of encoded pictures: larger ones are scaled, since an encoder keeps many of them."""
_MONO = frozenset({"mono", "1 channels"})
_AUDIO_TOLERANCE_S = 0.2  # jitter or clock drift up to which audio is neither cut nor gets a gap


type _WritePacket = Callable[[MediaPacket, int], None]
"""Puts a packet into the file, given the tick at which the clip's first picture is shown."""


class _VideoEncoder:
    """Encodes to H.264 that every browser plays: 8 bit, 4:2:0, even sides."""

    def __init__(self, container: OutputContainer, video: MediaFormat) -> None:
        self._container = container
        self._decoder = video.video_decoder()
        limit = min(_MAX_ENCODED, video.width * _MAX_ENCODED // max(video.height, 1))
        self._width, self._height = fit_width(video.width, video.height, limit)
        rate = Fraction(round(min(max(video.fps or 10.0, 1.0), 60.0)))
        self.stream = container.add_stream(
            "libx264",
            rate=rate,
            width=self._width,
            height=self._height,
            pix_fmt="yuv420p",
            time_base=TIME_BASE,
            options={**_ENCODER, "g": str(int(rate * _GOP_S))},
        )

    def write(self, packet: MediaPacket, start: int) -> None:
        decode = partial(decode_packet, self._decoder)
        for frame, pts in _decode(decode, packet, start):
            even = frame.reformat(
                width=self._width,
                height=self._height,
                format="yuv420p",
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            even.pts = pts
            even.time_base = TIME_BASE
            even.pict_type = PictureType.NONE  # lets the encoder choose
            self._container.mux(self.stream.encode(even))


class _AudioEncoder:
    """Encodes to AAC, since browsers don't play G.711 and the like in MP4."""

    def __init__(
        self, container: OutputContainer, audio: MediaFormat, decoder: AudioCodecContext
    ) -> None:
        self._container = container
        self._decoder = decoder
        self._channels = decoder.layout.nb_channels
        self._rate = audio.sample_rate
        self._next = 0  # the sample that the next frame should begin with
        self.stream = container.add_stream(
            "aac",
            rate=self._rate,
            layout="mono" if audio.layout in _MONO else "stereo",
            bit_rate=_AUDIO_BIT_RATE,
            time_base=Fraction(1, self._rate),
        )

    def write(self, packet: MediaPacket, start: int) -> None:
        tolerance = self._rate * _AUDIO_TOLERANCE_S
        for frame, pts in _decode(self._decoder.decode, packet, start):
            if (frame.sample_rate, frame.layout.nb_channels) != (self._rate, self._channels):
                continue  # the camera has changed it, which neither encoder nor file can
            begin = pts * self._rate // TICKS
            early = self._next - begin
            if early > tolerance:
                continue  # more samples than time has passed
            # Samples follow each other: the encoder fails on time stamps that overlap.
            self._next = self._next if early > -tolerance else begin
            frame.pts = self._next
            frame.time_base = Fraction(1, self._rate)
            self._next += frame.samples
            self._container.mux(self.stream.encode(frame))


def _decode[F: (VideoFrame, AudioFrame)](
    decode: Callable[[AvPacket], list[F]], packet: MediaPacket, start: int
) -> Iterator[tuple[F, int]]:
    """Yield a packet's frames from ``start`` on, with their ticks after it."""
    try:
        frames = decode(packet.data)
    except av.error.FFmpegError, ValueError, SourceError:
        _LOGGER.debug("A broken packet is left out of a clip")
        return
    for frame in frames:
        if frame.pts is not None and frame.pts >= start:
            yield frame, frame.pts - start


def _open_audio(audio: MediaFormat) -> AudioCodecContext | None:
    """Return an open decoder; None if this audio can't be decoded: the clip has none then."""
    try:
        decoder = audio.audio_decoder()
        decoder.open(strict=False)
    except (av.error.FFmpegError, ValueError) as err:
        _LOGGER.debug("Audio that can't be decoded is left out of a clip: %s", err)
        return None
    return decoder


def first_complete(packets: Sequence[MediaPacket]) -> MediaPacket | None:
    """Return the packet of the first complete picture, if the first packet starts a decoder.

    None if an intra refresh isn't over yet.
    """
    left = (packets[0].recovery or 0) if packets else 0
    return next(islice((packet for packet in packets if packet.is_video), left, None), None)


class FragmentedMp4:
    """A file for packets of one video format, and of one audio format if there is audio.

    All methods raise ``OSError`` (which FFmpeg's errors are, too, where the system caused them)
    when the disk refuses the file, and ``av.error.FFmpegError`` when the stream can't be written.
    """

    def __init__(
        self,
        path: Path,
        video: MediaFormat,
        audio: MediaFormat | None,
        *,
        comment: str | None = None,
    ) -> None:
        path.touch()  # raises OSError with the path where it can't be written
        self._path = path
        self._video = video
        self._audio = audio
        self._comment = comment
        self._container: OutputContainer | None = None
        self._writers: dict[MediaKind, _WritePacket] = {}
        self._encoders: list[_VideoEncoder | _AudioEncoder] = []
        self._held: list[MediaPacket] = []
        """Packets until it's known whether audio comes: FFmpeg writes nothing before each track has
        something."""
        self._first: MediaPacket | None = None  # of the first picture that is shown
        self._has_audio = False

    def write(self, packet: MediaPacket) -> None:
        """Append a packet; the first has to be a random access point of the video."""
        if self._container is not None:
            self._write(packet)
            return
        self._held.append(packet)
        self._has_audio |= not packet.is_video
        if packet.is_video and self._first is None:
            self._first = first_complete(self._held)
        if self._first is None:
            return
        silent = packet.t - self._held[0].t > AUDIO_WAIT_S
        if self._audio is None or silent or self._has_audio:
            self._begin(self._audio if self._has_audio else None)

    def sync(self) -> None:
        """Have the system write the file to the disk now."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Write what is held back, and the end of the file."""
        if self._held:
            self._begin(None)
        if self._container is None:
            return
        try:
            for encoder in self._encoders:
                self._container.mux(encoder.stream.encode(None))
        finally:
            self._container.close()

    def _begin(self, audio: MediaFormat | None) -> None:
        container = av.open(str(self._path), "w", format="mp4", options=_OPTIONS)
        self._container = container
        if self._comment is not None:
            container.metadata[COMMENT] = self._comment
        self._add_video(container, self._video)
        if audio is not None:
            self._add_audio(container, audio)
        held, self._held = self._held, []
        self._start = (self._first or held[0]).data.pts or 0
        self._refreshed = bool(held[0].recovery)
        for packet in held:
            self._write(packet)

    def _write(self, packet: MediaPacket) -> None:
        write = self._writers.get(packet.format.kind)
        if write is None:
            return
        if packet.is_video:
            if not self._is_leading(packet):
                write(packet, self._start)
        elif (packet.data.dts or 0) >= self._start:
            self._write_audio(write, packet)

    def _is_leading(self, packet: MediaPacket) -> bool:
        """Whether a picture is shown before the first and can't be decoded: an open GOP's.

        Those before an intra refresh is complete aren't shown, but decoded.
        """
        return not self._refreshed and (packet.data.pts or 0) < self._start

    def _write_audio(self, write: _WritePacket, packet: MediaPacket) -> None:
        """Write audio; leave out the rest of it if it can't be written."""
        try:
            write(packet, self._start)
        except (av.error.InvalidDataError, av.error.ArgumentError, ValueError) as err:
            _LOGGER.debug("The rest of the audio is left out of a clip: %s", err)
            self._writers.pop(MediaKind.AUDIO, None)
            # After a failure, the encoder's resampler must not be used again: not even at the end.
            self._encoders = [x for x in self._encoders if isinstance(x, _VideoEncoder)]

    def _add_video(self, container: OutputContainer, video: MediaFormat) -> None:
        if video.copied:
            stream = container.add_mux_stream(
                video.codec, width=video.width, height=video.height, time_base=TIME_BASE
            )
            self._writers[MediaKind.VIDEO] = partial(_copy, container, stream)
        else:
            self._add_encoder(MediaKind.VIDEO, _VideoEncoder(container, video))

    def _add_audio(self, container: OutputContainer, audio: MediaFormat) -> None:
        if audio.template is not None:
            stream = container.add_stream_from_template(audio.template)
            self._writers[MediaKind.AUDIO] = partial(_copy, container, stream)
        elif audio.sample_rate not in (av.Codec("aac", "w").audio_rates or ()):
            _LOGGER.debug("AAC has no sample rate of %s: the clip has no audio", audio.sample_rate)
        elif (decoder := _open_audio(audio)) is not None:
            self._add_encoder(MediaKind.AUDIO, _AudioEncoder(container, audio, decoder))

    def _add_encoder(self, kind: MediaKind, encoder: _VideoEncoder | _AudioEncoder) -> None:
        self._encoders.append(encoder)
        self._writers[kind] = encoder.write


def _copy(container: OutputContainer, stream: Stream, packet: MediaPacket, start: int) -> None:
    """Copy a packet with its time stamps moved."""
    data = packet.data
    copy = av.Packet(cast("bytes", data))  # takes any buffer, without copying it
    copy.time_base = TIME_BASE
    copy.dts = (data.dts or 0) - start
    copy.pts = (data.pts or 0) - start
    copy.duration = data.duration or 0
    copy.is_keyframe = data.is_keyframe
    copy.stream = stream
    container.mux(copy)
