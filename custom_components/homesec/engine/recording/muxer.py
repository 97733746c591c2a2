"""The file of a clip while it's recorded: a fragmented MP4.

Each fragment is complete in itself, so that after a power cut everything up to the last fragment
plays (ISO/IEC 14496-12, movie fragments). H.264 and H.265 are copied, other video is encoded to
H.264; AAC is copied, other audio is encoded to AAC.
"""

from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import islice
import logging
import os
from typing import TYPE_CHECKING, cast

import av
from av.audio.resampler import AudioResampler
import av.error
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from ..core.errors import SourceError
from ..media.jpeg import fit_width
from ..media.packets import TICKS, TIME_BASE, MediaKind, decode_packet
from .clip_start import ReferenceRepair
from .finalize import COMMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.container import OutputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame

    from ..media.packets import AvPacket, MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

FRAGMENT_S = 0.5  # a kill loses at most what isn't in a fragment yet; a finalized clip has none
AUDIO_WAIT_S = 0.5  # if no audio could be written for this long, the clip gets none
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
_OPENING_TICKS = 900  # 10 ms
_AUDIO_BIT_RATE = 64_000
_MAX_ENCODED = 4096
"""Longest side of encoded pictures: larger ones are scaled, since an encoder keeps many of them."""
_ADTS = 0xFF, 0xF0  # 12 bits that no packet without a header begins with (ISO/IEC 14496-3, 1.A.2)
_AUDIO_RATES = av.Codec("aac", "w").audio_rates or [48_000]
_AUDIO_TOLERANCE_S = 0.2  # jitter or clock drift up to which audio is neither cut nor gets a gap


type _WritePacket = Callable[[MediaPacket, int], bool]
"""Puts a packet into the file, given the tick at which the clip's first picture is shown.

Returns whether anything of it was written.
"""


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

    def write(self, packet: MediaPacket, start: int) -> bool:
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
        return True

    def finish(self) -> None:
        self._container.mux(self.stream.encode(None))


class _AudioError(Exception):
    """The audio can't be written; the video isn't affected."""


class _AudioEncoder:
    """Encodes to AAC, since browsers don't play G.711 and the like in MP4."""

    def __init__(self, container: OutputContainer, audio: MediaFormat) -> None:
        """Open the decoder. Raises ``_AudioError`` if this audio can't be decoded."""
        self._container = container
        self._decoder = audio.audio_decoder()
        try:
            self._decoder.open(strict=False)
        except (av.error.FFmpegError, ValueError) as err:
            raise _AudioError(err) from None
        self._shape = audio.sample_rate, self._decoder.layout.nb_channels
        layout = "mono" if self._decoder.layout.nb_channels == 1 else "stereo"
        self._rate = min(_AUDIO_RATES, key=lambda rate: abs(rate - audio.sample_rate))
        self._resampler = None
        if self._rate != audio.sample_rate:
            self._resampler = AudioResampler(format="fltp", layout=layout, rate=self._rate)
        self._next = 0  # the sample that the next frame should begin with
        self.stream = container.add_stream(
            "aac",
            rate=self._rate,
            layout=layout,
            bit_rate=_AUDIO_BIT_RATE,
            time_base=Fraction(1, self._rate),
        )

    def write(self, packet: MediaPacket, start: int) -> bool:
        """Encode a packet. Raises ``_AudioError``, and OSError for the disk's errors."""
        written = False
        for frame, pts in _decode(self._decoder.decode, packet, start):
            if (frame.sample_rate, frame.layout.nb_channels) != self._shape:
                continue  # the camera has changed it, which neither encoder nor file can
            packets = self._encode(frame, pts * self._rate // TICKS)
            self._container.mux(packets)
            written = written or bool(packets)
        return written

    def finish(self) -> None:
        """Write what the encoder has kept."""
        self._container.mux(self.stream.encode(None))

    def _encode(self, frame: AudioFrame, begin: int) -> list[AvPacket]:
        """Encode a frame whose first sample has the number ``begin``. Raises ``_AudioError``."""
        tolerance = self._rate * _AUDIO_TOLERANCE_S
        early = self._next - begin
        if early > tolerance:
            return []  # more samples than time has passed
        # Samples follow each other: the encoder fails on time stamps that overlap.
        self._next = self._next if early > -tolerance else begin
        packets: list[AvPacket] = []
        try:
            frame.pts = None
            for each in self._resampler.resample(frame) if self._resampler else [frame]:
                each.pts, each.time_base = self._next, Fraction(1, self._rate)
                self._next += each.samples
                packets += self.stream.encode(each)
        except (av.error.FFmpegError, ValueError) as err:
            raise _AudioError(err) from None
        return packets


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
        """Packets until audio was written, or is left out: FFmpeg writes nothing before each track
        has something."""
        self._start = 0
        self._first: MediaPacket | None = None  # of the first picture that is shown
        self._second: MediaPacket | None = None  # of the next that isn't left out
        self._held_first: MediaPacket | None = None  # of an open GOP, perhaps
        self._has_audio = False

    def write(self, packet: MediaPacket) -> None:
        """Append a packet; the first has to be a random access point of the video."""
        if self._container is not None:
            if self._held:
                self._held.append(packet)
            self._write(packet)
        else:
            self._held.append(packet)
            self._has_audio |= not packet.is_video
            if packet.is_video and self._first is None:
                self._first = first_complete(self._held)
            if self._first is None or not self._has_second(packet):
                return
            if self._audio is None or self._has_audio:
                self._begin()
        if self._held and packet.t - (self._first or packet).t > AUDIO_WAIT_S:
            self._leave_out_audio("none came")

    def _has_second(self, packet: MediaPacket) -> bool:
        """Whether a picture came that is shown after the first, unless the video is encoded."""
        if self._second is None and self._first is not None and packet.is_video:
            start = self._first.data.pts or 0
            self._second = packet if (packet.data.pts or 0) > start else None
        return self._second is not None or not self._video.copied

    def sync(self) -> None:
        """Have the system write the file to the disk now."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Write what is held back, and the end of the file."""
        if self._container is None and self._held:
            self._audio = None
            self._begin()
        if self._container is None:
            return
        try:
            for encoder in self._encoders:
                self._finish(encoder)
        finally:
            self._container.close()

    def _finish(self, encoder: _VideoEncoder | _AudioEncoder) -> None:
        try:
            encoder.finish()
        except (av.error.InvalidDataError, av.error.ArgumentError, ValueError) as err:
            if isinstance(encoder, _VideoEncoder):
                raise
            _LOGGER.debug("The end of the audio is left out of a clip: %s", err)

    def _begin(self) -> None:
        """Begin the file with the packets that are held."""
        container = av.open(str(self._path), "w", format="mp4", options=_OPTIONS)
        self._container = container
        if self._comment is not None:
            container.metadata[COMMENT] = self._comment
        self._add_video(container, self._video)
        if self._audio is not None:
            try:
                self._add_audio(container, self._audio)
            except _AudioError as err:
                _LOGGER.debug("Audio that can't be decoded is left out of a clip: %s", err)
                self._audio = None
        held = self._held
        self._start = (self._first or held[0]).data.pts or 0
        self._earliest = held[0].data.pts or 0
        self._held_first = None if held[0].recovery else held[0]
        if self._audio is None:
            self._held = []
        for packet in list(held):
            self._write(packet)
            if self._container is not container:
                return  # the audio has failed, and the file was begun again

    def _leave_out_audio(self, reason: object) -> None:
        """Go on without audio; begin the file again if nothing of it was written so far."""
        _LOGGER.debug("The rest of the audio is left out of a clip: %s", reason)
        self._writers.pop(MediaKind.AUDIO, None)
        # After a failure, the encoder's resampler must not be used again: not even at the end.
        self._encoders = [x for x in self._encoders if isinstance(x, _VideoEncoder)]
        if not self._held:
            return
        self._audio = None
        container, self._container = self._container, None
        if container is not None:
            container.close()
        self._writers, self._encoders = {}, []
        self._begin()

    def _write(self, packet: MediaPacket) -> None:
        write = self._writers.get(packet.format.kind)
        if write is None:
            return
        if packet.is_video:
            if not self._is_leading(packet):
                write(self._close_gap(packet), self._start)
        elif (packet.data.dts or 0) >= self._start:
            self._write_audio(write, packet)

    def _is_leading(self, packet: MediaPacket) -> bool:
        """Whether a picture can't be decoded, since it's shown before the first one.

        Those after it aren't shown before an intra refresh is over, but decoded.
        """
        return (packet.data.pts or 0) < self._earliest

    def _close_gap(self, packet: MediaPacket) -> MediaPacket:
        """Return a packet; the first decoded later, if pictures after it are left out.

        Players would show it for as long as it takes to decode these.
        """
        if packet is not self._held_first or self._second is None:
            return packet
        step = packet.data.duration or 0
        dts = (self._second.data.dts or 0) - step
        if not step or dts <= (packet.data.dts or 0):
            return packet
        data = av.Packet(cast("bytes", packet.data))
        data.time_base, data.duration = TIME_BASE, step
        data.pts, data.dts = packet.data.pts, min(dts, packet.data.pts or 0)
        data.is_keyframe = packet.data.is_keyframe
        return replace(packet, data=data)

    def _write_audio(self, write: _WritePacket, packet: MediaPacket) -> None:
        """Write audio; leave out the rest of it if it can't be written."""
        try:
            if write(packet, self._start):
                self._held = []  # each track has something now
        except (
            _AudioError, av.error.InvalidDataError, av.error.ArgumentError,
            av.error.PatchWelcomeError, ValueError,
        ) as err:  # fmt: skip
            self._leave_out_audio(err)

    def _add_video(self, container: OutputContainer, video: MediaFormat) -> None:
        if video.copied:
            stream = container.add_mux_stream(
                video.codec, width=video.width, height=video.height, time_base=TIME_BASE
            )
            repair = ReferenceRepair() if video.codec == "h264" else None
            self._writers[MediaKind.VIDEO] = partial(_copy, container, stream, repair=repair)
        else:
            self._add_encoder(MediaKind.VIDEO, _VideoEncoder(container, video))

    def _add_audio(self, container: OutputContainer, audio: MediaFormat) -> None:
        if audio.template is not None:
            stream = container.add_stream_from_template(audio.template)
            self._writers[MediaKind.AUDIO] = partial(_copy_aac, container, stream)
        else:
            self._add_encoder(MediaKind.AUDIO, _AudioEncoder(container, audio))

    def _add_encoder(self, kind: MediaKind, encoder: _VideoEncoder | _AudioEncoder) -> None:
        self._encoders.append(encoder)
        self._writers[kind] = encoder.write


def _copy(
    container: OutputContainer,
    stream: Stream,
    packet: MediaPacket,
    start: int,
    *,
    repair: ReferenceRepair | None = None,
) -> bool:
    """Copy a packet with its time stamps moved."""
    data = packet.data
    content = cast("bytes", data)  # any buffer, which isn't copied
    if repair is not None and not repair.done:
        if packet.recovery and not repair.started:
            _write_opening(container, stream, packet, start, repair)
        content = repair.repair(bytes(data))
    copy = av.Packet(content)
    copy.time_base = TIME_BASE
    copy.dts = (data.dts or 0) - start
    copy.pts = (data.pts or 0) - start
    copy.duration = data.duration or 0
    copy.is_keyframe = data.is_keyframe
    copy.stream = stream
    container.mux(copy)
    return True


def _write_opening(
    container: OutputContainer,
    stream: Stream,
    packet: MediaPacket,
    start: int,
    repair: ReferenceRepair,
) -> None:
    """Write a picture that precedes an intra refresh, and isn't shown either."""
    data = packet.data
    if (picture := repair.opening(bytes(data), packet.recovery or 0)) is None:
        return
    opening = av.Packet(picture)
    opening.time_base, opening.duration = TIME_BASE, _OPENING_TICKS
    opening.pts = (data.pts or 0) - start - _OPENING_TICKS
    opening.dts = (data.dts or 0) - start - _OPENING_TICKS
    opening.is_keyframe = True
    opening.stream = stream
    container.mux(opening)


def _copy_aac(container: OutputContainer, stream: Stream, packet: MediaPacket, start: int) -> bool:
    """Copy a packet of AAC; leave it out if it begins like one with a header (ADTS).

    FFmpeg would report it as an error of whatever is written next.
    """
    head = bytes(memoryview(packet.data)[:2])
    if len(head) < 2 or (head[0] == _ADTS[0] and head[1] & 0xF0 == _ADTS[1]):
        return False
    return _copy(container, stream, packet, start)
