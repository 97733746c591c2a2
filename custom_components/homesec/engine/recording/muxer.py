"""The file of a clip while it's recorded: a fragmented MP4.

Each fragment is complete in itself, so that after a power cut everything up to the last fragment
plays (ISO/IEC 14496-12, movie fragments). H.264 and H.265 are copied, other video is encoded to
H.264; AAC is copied, other audio is encoded to AAC.
"""

from dataclasses import replace
from functools import partial
from itertools import islice
import logging
import os
from typing import TYPE_CHECKING, cast

import av
import av.error

from ..media.packets import TIME_BASE, MediaKind
from .clip_start import ReferenceRepair
from .encoders import AudioEncoder, AudioError, VideoEncoder, has_adts_header
from .finalize import COMMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from av.container import OutputContainer
    from av.stream import Stream

    from ..media.packets import MediaFormat, MediaPacket

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
_OPENING_TICKS = 900  # 10 ms


type _WritePacket = Callable[[MediaPacket, int], bool]
"""Puts a packet into the file, given the tick at which the clip's first picture is shown.

Returns whether anything of it was written.
"""


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
        self._encoders: list[VideoEncoder | AudioEncoder] = []
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

    def _finish(self, encoder: VideoEncoder | AudioEncoder) -> None:
        try:
            encoder.finish()
        except (av.error.InvalidDataError, av.error.ArgumentError, ValueError) as err:
            if isinstance(encoder, VideoEncoder):
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
            except AudioError as err:
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
        self._encoders = [x for x in self._encoders if isinstance(x, VideoEncoder)]
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
            AudioError, av.error.InvalidDataError, av.error.ArgumentError,
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
            self._add_encoder(MediaKind.VIDEO, VideoEncoder(container, video))

    def _add_audio(self, container: OutputContainer, audio: MediaFormat) -> None:
        if audio.template is not None:
            stream = container.add_stream_from_template(audio.template)
            self._writers[MediaKind.AUDIO] = partial(_copy_aac, container, stream)
        else:
            self._add_encoder(MediaKind.AUDIO, AudioEncoder(container, audio))

    def _add_encoder(self, kind: MediaKind, encoder: VideoEncoder | AudioEncoder) -> None:
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
    if has_adts_header(packet):
        return False
    return _copy(container, stream, packet, start)
