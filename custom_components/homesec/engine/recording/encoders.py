"""Encode a camera's video to H.264 and its audio to AAC, for players that know little else."""

from fractions import Fraction
from functools import partial
from itertools import islice
import logging
from typing import TYPE_CHECKING

import av
from av.audio.resampler import AudioResampler
import av.error
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from ..core.errors import SourceError
from ..media.jpeg import fit_width
from ..media.packets import TICKS, TIME_BASE, decode_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.audio.frame import AudioFrame
    from av.container import OutputContainer
    from av.video.frame import VideoFrame

    from ..media.packets import AvPacket, MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

CLIP_KEYFRAMES_S = 2.0
_ENCODER = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "threads": "2"}
_AUDIO_BIT_RATE = 64_000
MAX_ENCODED = 4096
"""Longest side of encoded pictures: larger ones are scaled, since an encoder keeps many of them."""
_ADTS = 0xFF, 0xF0  # 12 bits that no packet without a header begins with (ISO/IEC 14496-3, 1.A.2)
MAX_REPEATS = 40  # of one picture: nothing is made up for minutes without one
_AUDIO_RATES = av.Codec("aac", "w").audio_rates or [48_000]
_AUDIO_TOLERANCE_S = 0.2  # jitter or clock drift up to which audio is neither cut nor gets a gap


class VideoEncoder:
    """Encodes to H.264 that every browser plays: 8 bit, 4:2:0, even sides."""

    def __init__(
        self,
        container: OutputContainer,
        video: MediaFormat,
        *,
        keyframes_s: float = CLIP_KEYFRAMES_S,
        longest_px: int = MAX_ENCODED,
        repeat_s: float | None = None,
    ) -> None:
        """``keyframes_s`` between two keyframes at most; ``longest_px`` is the longest side.

        ``repeat_s``: a picture that is shown for longer is encoded again, which costs little.
        """
        self._container = container
        self._decoder = video.video_decoder()
        self._keyframe_ticks = round(keyframes_s * TICKS)
        self._next_keyframe = 0
        self._repeat_ticks = None if repeat_s is None else round(repeat_s * TICKS)
        self._last: VideoFrame | None = None
        limit = min(longest_px, video.width * longest_px // max(video.height, 1))
        self._width, self._height = fit_width(video.width, video.height, limit)
        rate = Fraction(round(min(max(video.fps or 10.0, 1.0), 60.0)))
        pictures_per_s = float(rate) if repeat_s is None else max(float(rate), 1 / repeat_s)
        self.stream = container.add_stream(
            "libx264",
            rate=rate,
            width=self._width,
            height=self._height,
            pix_fmt="yuv420p",
            time_base=TIME_BASE,
            options={**_ENCODER, "g": str(max(1, int(pictures_per_s * keyframes_s)))},
        )

    def write(self, packet: MediaPacket, start: int) -> bool:
        """Encode a packet's pictures from the tick ``start`` on, which becomes 0."""
        decode = partial(decode_packet, self._decoder)
        for frame, pts in _decode(decode, packet, start):
            even = frame.reformat(
                width=self._width,
                height=self._height,
                format="yuv420p",
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            self._repeat_last(pts)
            self._encode(even, pts)
        return True

    def _repeat_last(self, until: int) -> None:
        """Encode the last picture again and again up to the tick ``until``."""
        last, step = self._last, self._repeat_ticks
        if last is None or last.pts is None or step is None:
            return
        for pts in islice(range(last.pts + step, until - step // 2, step), MAX_REPEATS):
            self._encode(last, pts)

    def _encode(self, picture: VideoFrame, pts: int) -> None:
        picture.pts = pts
        picture.time_base = TIME_BASE
        picture.pict_type = self._picture_type(pts)
        self._container.mux(self.stream.encode(picture))
        self._last = picture

    def _picture_type(self, pts: int) -> PictureType:
        """Return that of a keyframe when one is due: pictures may come slower than announced."""
        if pts < self._next_keyframe:
            return PictureType.NONE  # lets the encoder choose
        self._next_keyframe = pts + self._keyframe_ticks
        return PictureType.I

    def finish(self) -> None:
        """Write what the encoder has kept."""
        self._container.mux(self.stream.encode(None))


class AudioError(Exception):
    """The audio can't be written; the video isn't affected."""


class AudioEncoder:
    """Encodes to AAC, since browsers don't play G.711 and the like in MP4."""

    def __init__(self, container: OutputContainer, audio: MediaFormat) -> None:
        """Open the decoder. Raises ``AudioError`` if this audio can't be decoded."""
        self._container = container
        self._decoder = audio.audio_decoder()
        try:
            self._decoder.open(strict=False)
        except (av.error.FFmpegError, ValueError) as err:
            raise AudioError(err) from None
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
        """Encode a packet. Raises ``AudioError``, and OSError for the disk's errors."""
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
        """Encode a frame whose first sample has the number ``begin``. Raises ``AudioError``."""
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
            raise AudioError(err) from None
        return packets


def _decode[F: (VideoFrame, AudioFrame)](
    decode: Callable[[AvPacket], list[F]], packet: MediaPacket, start: int
) -> Iterator[tuple[F, int]]:
    """Yield a packet's frames from ``start`` on, with their ticks after it."""
    try:
        frames = decode(packet.data)
    except av.error.FFmpegError, ValueError, SourceError:
        _LOGGER.debug("A broken packet is left out")
        return
    for frame in frames:
        if frame.pts is not None and frame.pts >= start:
            yield frame, frame.pts - start


def has_adts_header(packet: MediaPacket) -> bool:
    """Return whether a packet of AAC is cut off, or begins like one with a header of its own."""
    head = bytes(memoryview(packet.data)[:2])
    return len(head) < 2 or (head[0] == _ADTS[0] and head[1] & 0xF0 == _ADTS[1])
