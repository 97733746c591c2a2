"""Packets of a camera as an MPEG transport stream (ISO/IEC 13818-1).

H.264 and H.265 are copied, other video is encoded to H.264; AAC is copied, other audio is encoded
to AAC. What comes first is a keyframe, after the tables that a player needs. Time stamps are those
of the camera's timeline, as ``live_time.py`` says.
"""

from functools import partial
import logging
from typing import TYPE_CHECKING, cast

import av
import av.error

from ..core.live_time import LIVE_PERIOD_S
from ..media.packets import TICKS, TIME_BASE
from ..recording.encoders import AudioEncoder, AudioError, VideoEncoder, has_adts_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.container import OutputContainer
    from av.stream import Stream

    from ..media.packets import MediaFormat, MediaPacket

    type _Write = Callable[[MediaPacket, int], bool]

_LOGGER = logging.getLogger(__name__)

KEYFRAMES_S = 1.0  # between keyframes of video that is encoded
LONGEST_PX = 1920  # longest side of such video
REPEAT_S = 0.1
"""Pictures that are shown for longer are repeated. FFmpeg waits for 20 pictures before it shows the
first one, which would take 10 s with 2 pictures per second."""
_INTERLEAVE_US = 50_000  # audio that is late or missing holds the video back no longer
_OPTIONS = {
    "flush_packets": "1",
    "max_interleave_delta": str(_INTERLEAVE_US),
    "pes_payload_size": "0",  # audio isn't collected: that would delay it by a third of a second
}


class _Output:
    """Collects what FFmpeg writes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def read(self) -> bytes:
        """Return what was written since the last call."""
        data = bytes(self._data)
        self._data.clear()
        return data


class TsMuxer:
    """Writes packets of one video format, and of one audio format if there is audio.

    All methods may raise ``av.error.FFmpegError`` or ``ValueError`` for video that can't be
    written.
    """

    def __init__(self, first: MediaPacket, audio: MediaFormat | None) -> None:
        """``first`` is the random access point of the video with which it begins."""
        self._output = _Output()
        self._container = av.open(self._output, "w", format="mpegts", options=_OPTIONS)
        self._video = first.format
        self._audio = audio
        self._start = first.data.pts or 0
        period = int(LIVE_PERIOD_S * TICKS)
        self._zero = self._start - self._start % period  # the tick that becomes 0
        self._begun = False  # whether the pictures before the first one in time are over
        self._encoder: VideoEncoder | None = None
        self._write_video = self._add_video(first.format)
        self._write_audio = None if audio is None else self._add_audio(audio)

    @property
    def encodes(self) -> bool:
        """Whether the video is encoded, which costs processing power."""
        return self._encoder is not None

    def continues(self, packet: MediaPacket) -> bool:
        """Return whether a packet has the format with which this began."""
        known = self._video if packet.is_video else self._audio
        return known is None or known is packet.format or _shape(known) == _shape(packet.format)

    def write(self, packet: MediaPacket) -> bytes:
        """Return the bytes that follow with a packet; none for one that can't be shown."""
        if packet.is_video:
            if not self._is_leading(packet):
                self._write_video(packet, self._zero)
        elif self._write_audio is not None and (packet.data.pts or 0) >= self._start:
            self._add_sound(self._write_audio, packet)
        return self._output.read()

    def close(self) -> None:
        """Free what FFmpeg keeps; what it still writes is dropped."""
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError) as err:
            _LOGGER.debug("The end of live video can't be written: %s", err)

    def _is_leading(self, packet: MediaPacket) -> bool:
        """Whether a picture after the first is shown before it, and can't be decoded."""
        return (packet.data.pts or 0) < self._start

    def _add_sound(self, write: _Write, packet: MediaPacket) -> None:
        try:
            write(packet, self._zero)
        except (AudioError, av.error.FFmpegError, ValueError) as err:
            _LOGGER.debug("The rest of the audio is left out of live video: %s", err)
            self._write_audio = None

    def _add_video(self, video: MediaFormat) -> _Write:
        if not video.copied:
            self._encoder = VideoEncoder(
                self._container,
                video,
                keyframes_s=KEYFRAMES_S,
                longest_px=LONGEST_PX,
                repeat_s=REPEAT_S,
            )
            return self._encoder.write
        stream = self._container.add_mux_stream(
            video.codec, width=video.width, height=video.height, time_base=TIME_BASE
        )
        return partial(_copy, self._container, stream)

    def _add_audio(self, audio: MediaFormat) -> _Write | None:
        if audio.template is not None:
            stream = self._container.add_stream_from_template(audio.template)
            return partial(_copy_aac, self._container, stream)
        try:
            return AudioEncoder(self._container, audio).write
        except AudioError as err:
            _LOGGER.debug("Audio that can't be decoded is left out of live video: %s", err)
            return None


def _shape(known: MediaFormat) -> tuple[object, ...]:
    """Return what a muxer or a decoder was opened with."""
    return (
        *(known.codec, known.width, known.height, known.extradata),
        *(known.sample_rate, known.layout, known.bits_per_sample),
    )


def _copy(container: OutputContainer, stream: Stream, packet: MediaPacket, zero: int) -> bool:
    data = packet.data
    copy = av.Packet(cast("bytes", data))  # any buffer
    copy.time_base = TIME_BASE
    copy.dts = (data.dts or 0) - zero
    copy.pts = (data.pts or 0) - zero
    copy.duration = data.duration or 0
    copy.is_keyframe = data.is_keyframe
    copy.stream = stream
    container.mux(copy)
    return True


def _copy_aac(container: OutputContainer, stream: Stream, packet: MediaPacket, zero: int) -> bool:
    if has_adts_header(packet):
        return False
    return _copy(container, stream, packet, zero)
