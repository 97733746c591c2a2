"""Choose the audio of a source that is recorded.

What a camera announces isn't always what it sends: the codec may have no decoder, its parameters
may be missing, or no packet ever comes. So the first packets of each audio stream are decoded, and
the first stream that yields samples is recorded. Nothing that is wrong with audio is raised from
here, since it must not cost a picture.
"""

from dataclasses import replace
from io import BytesIO
import logging
from typing import TYPE_CHECKING

import av
import av.error

from ..core.types import AudioProblem, AudioStatus
from ..media.limits import accepts_audio
from ..media.packets import COPIED_AUDIO, MediaFormat, MediaKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

    from ..media.packets import AvPacket

_LOGGER = logging.getLogger(__name__)

PATIENCE_S = 2.0
"""A later stream is chosen when no earlier one has yielded samples for this long."""
SILENT_S = 10.0  # audio of which nothing has come for this long is said to be silent
BROKEN_PACKETS = 50  # without any samples; audio is said to be broken then, but tried further
_GUESSED_FRAMES = 4  # in a row that prove guessed parameters: some garbage decodes by chance
_AAC_RATES = (
    *(96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350),
)
_AAC_LC = 2  # object type of nearly all cameras (ISO/IEC 14496-3, table 1.17)
_G726_BITS = range(2, 6)


class _Trial:
    """One audio stream, and whether its packets can be decoded."""

    def __init__(self, stream: AudioStream, *, guesses: bool) -> None:
        """``guesses``: AAC without parameters is tried as AAC-LC."""
        context = stream.codec_context
        self.stream = stream
        self.index = stream.index
        self.packets = 0  # tried so far
        self.codec = context.codec.canonical_name
        self._decoder: AudioCodecContext | None = None
        self._frames = 0
        extradata = context.extradata
        rate, channels = context.sample_rate or 0, context.layout.nb_channels
        self._guessed = guesses and self.codec == "aac" and not extradata
        if self._guessed:
            extradata = aac_parameters(rate, channels)
        self._format = MediaFormat(
            kind=MediaKind.AUDIO,
            codec=self.codec,
            extradata=extradata,
            sample_rate=rate,
            layout=context.layout.name if channels else "",
            bits_per_sample=_bits_per_sample(self.codec, context.bit_rate, rate),
        )
        # What isn't known yet is checked when the first packet was decoded.
        self.refused = not accepts_audio(self.codec, rate or 8000, channels or 1)
        if not self.refused:
            self._open()

    def _open(self) -> None:
        try:
            self._decoder = self._format.audio_decoder()
            self._decoder.open(strict=False)
        except (av.error.FFmpegError, ValueError) as err:
            _LOGGER.debug("Audio can't be opened: %s, %s", self.codec, err)
            self.refused = True

    def feed(self, packet: AvPacket) -> MediaFormat | None:
        """Try a packet; return the format if the audio can be recorded from it on."""
        if self._decoder is None or self.refused:
            return None
        self.packets += 1
        if packet.has_sidedata("new_extradata"):
            # FLV and MP4 send the parameters late, or change them.
            parameters = bytes(packet.get_sidedata("new_extradata"))
            self._format = replace(self._format, extradata=parameters)
            self._guessed = False
            self._open()
        try:
            frames = self._decoder.decode(packet)
        except (av.error.FFmpegError, ValueError) as err:
            _LOGGER.debug("An audio packet can't be decoded: %s, %s", self.codec, err)
            self._frames = 0
            return None
        if not frames:
            return None
        self._frames += 1
        if self._guessed and self._frames < _GUESSED_FRAMES:
            return None
        return self._proven(frames[0])

    def _proven(self, frame: AudioFrame) -> MediaFormat | None:
        """Return the format with what the decoder has found out."""
        rate, layout = frame.sample_rate, frame.layout
        if not accepts_audio(self.codec, rate, layout.nb_channels):
            self.refused = True
            return None
        self._decoder = None
        own = self.stream.codec_context.extradata
        # AAC in transport streams has its parameters in each packet, which MP4 doesn't allow.
        copied = self.codec in COPIED_AUDIO and own and own == self._format.extradata
        return replace(
            self._format,
            sample_rate=rate,
            layout=layout.name,
            template=_detach(self.stream) if copied else None,
        )


class AudioChoice:
    """The audio streams of one connection."""

    def __init__(
        self, streams: Sequence[AudioStream], *, guesses: bool, refused: Sequence[str] = ()
    ) -> None:
        """Look at the streams; none is read yet.

        ``guesses``: try AAC without parameters as AAC-LC. ``refused``: codecs that were announced
        and left out before.
        """
        self._trials = [_Trial(x, guesses=guesses) for x in streams if x.codec_context is not None]
        self._nameless = len(self._trials) < len(streams)
        self._refused = refused
        self._chosen: _Trial | None = None
        self.format: MediaFormat | None = None  # None until packets of a stream were decoded
        self.status = self._status(0.0)

    @property
    def streams(self) -> list[AudioStream]:
        """The streams that may be recorded."""
        return [trial.stream for trial in self._trials if not trial.refused]

    def feed(self, packet: AvPacket, elapsed_s: float) -> MediaFormat | None:
        """Return the packet's format if it's recorded; ``elapsed_s``: since the opening."""
        trial = next((x for x in self._trials if x.index == packet.stream_index), None)
        if trial is None or (self._chosen is not None and trial is not self._chosen):
            return None
        if self._chosen is None:
            self._try(trial, packet, elapsed_s)
        return self.format if trial is self._chosen else None

    def _try(self, trial: _Trial, packet: AvPacket, elapsed_s: float) -> None:
        earlier = self._trials[: self._trials.index(trial)]
        if elapsed_s < PATIENCE_S and not all(x.refused for x in earlier):
            return
        self.format = trial.feed(packet)
        if self.format is not None:
            self._chosen = trial
            self.check(elapsed_s)

    def check(self, elapsed_s: float) -> None:
        """Update the status; ``elapsed_s``: since the opening."""
        status = self._status(elapsed_s)
        if status != self.status:
            self.status = status

    def _status(self, elapsed_s: float) -> AudioStatus:
        if self._chosen is not None:
            return AudioStatus(codec=self._chosen.codec)
        usable = [x for x in self._trials if not x.refused]
        if not usable:
            codecs = [*(x.codec for x in self._trials), *self._refused]
            if not codecs and not self._nameless:
                return AudioStatus()
            return AudioStatus(codec=", ".join(codecs) or "?", problem=AudioProblem.UNSUPPORTED)
        codec = usable[0].codec
        if any(x.packets >= BROKEN_PACKETS for x in usable):
            return AudioStatus(codec=codec, problem=AudioProblem.BROKEN)
        if elapsed_s > SILENT_S:
            silent = all(x.packets == 0 for x in usable)
            problem = AudioProblem.SILENT if silent else AudioProblem.BROKEN
            return AudioStatus(codec=codec, problem=problem)
        return AudioStatus(codec=codec)


def aac_parameters(sample_rate: int, channels: int) -> bytes | None:
    """Return the AudioSpecificConfig of AAC-LC (ISO/IEC 14496-3, 1.6.2.1); None if there is none.

    Some cameras leave it out of their SDP, and all of them have this one.
    """
    if sample_rate not in _AAC_RATES or not 1 <= channels <= 2:
        return None
    return (_AAC_LC << 11 | _AAC_RATES.index(sample_rate) << 7 | channels << 3).to_bytes(2)


def _bits_per_sample(codec: str, bit_rate: int | None, sample_rate: int) -> int:
    """Return the bits of a sample of G.726, whose decoder has to know them; 0 for other codecs."""
    if not codec.startswith("adpcm_g726"):
        return 0
    bits = round((bit_rate or 0) / (sample_rate or 8000))
    return bits if bits in _G726_BITS else 4


def _detach(stream: AudioStream) -> AudioStream:
    """Return a copy of the stream's parameters that other threads can use after the connection.

    It belongs to an output that is never written.
    """
    return av.open(BytesIO(), "w", format="mp4").add_stream_from_template(stream)
