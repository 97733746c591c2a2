"""Make H.264 and H.265 packets self-contained: Annex B, with parameter sets at each keyframe.

MP4 files have lengths instead of start codes, and many cameras send their parameter sets only in
the SDP. Self-contained, each keyframe can be decoded or start a clip by itself, and a change of
resolution shows as a new SPS. Unit types: ITU-T H.264, table 7-1, and H.265, table 7-1.
"""

from dataclasses import replace
import logging
import re
from typing import TYPE_CHECKING, NamedTuple

from av.bitstream import BitStreamFilterContext
import av.error

from ..core.errors import VideoDamaged
from ..media.packets import padded_packet
from .packet_check import PacketCheck, has_lengths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.video.stream import VideoStream

    from ..media.packets import AvPacket, MediaFormat
    from ..media.parameter_sets import PictureParameters

_LOGGER = logging.getLogger(__name__)

_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_START_CODE = re.compile(b"\x00\x00\x01")
_SEARCH_BYTES = 4096  # parameter sets come before the picture
_H264_SPS, _H264_PPS = 7, 8
_HEVC_VPS, _HEVC_SPS, _HEVC_PPS = 32, 33, 34


class ParameterSets(NamedTuple):
    """The parameter sets of a packet."""

    sps: tuple[bytes, ...]
    others: tuple[bytes, ...]  # PPS, and VPS for H.265

    def __bool__(self) -> bool:
        """Whether a picture can be decoded with them."""
        return bool(self.sps and self.others)

    def annexb(self, codec: str) -> bytes:
        """Return them with start codes, in decoding order."""
        first = [x for x in self.others if codec == "hevc" and _unit_type(x, codec) == _HEVC_VPS]
        rest = [x for x in self.others if x not in first]
        return b"".join(b"\x00\x00\x00\x01" + unit for unit in (*first, *self.sps, *rest))


NO_SETS = ParameterSets((), ())


def find_parameter_sets(data: bytes | memoryview, codec: str) -> ParameterSets:
    """Return the parameter sets at the start of an Annex B packet or extradata."""
    sps_type = _H264_SPS if codec == "h264" else _HEVC_SPS
    other_types = (_H264_PPS,) if codec == "h264" else (_HEVC_VPS, _HEVC_PPS)
    units = [(_unit_type(unit, codec), unit) for unit in _split_units(data)]
    return ParameterSets(
        tuple(unit for kind, unit in units if kind == sps_type),
        tuple(unit for kind, unit in units if kind in other_types),
    )


def _unit_type(unit: bytes, codec: str) -> int:
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def _split_units(data: bytes | memoryview) -> list[bytes]:
    """Return the units that end within the first ``_SEARCH_BYTES``."""
    head = bytes(data[:_SEARCH_BYTES])
    starts = [match.end() for match in _START_CODE.finditer(head)]
    ends = [start - 3 for start in starts[1:]]
    if len(data) <= _SEARCH_BYTES:
        ends.append(len(head))
    # A four-byte start code leaves its first zero at the end of the previous unit.
    units = [head[a:b].rstrip(b"\x00") for a, b in zip(starts, ends, strict=False)]
    return [unit for unit in units if unit]


class AnnexB:
    """Makes the packets of one stream self-contained, and notices changes of its format."""

    def __init__(self, stream: VideoStream, video: MediaFormat) -> None:
        """Read what the container says. Raises ``SourceError`` for parameter sets it refuses."""
        self.format = video
        extradata = stream.codec_context.extradata or b""
        self._check = PacketCheck(video.codec, extradata)
        self._parameters = self._check.parameters
        self._filter: BitStreamFilterContext | None = None
        self._sets = NO_SETS
        if not has_lengths(extradata):
            self._sets = find_parameter_sets(extradata, video.codec)
            return
        try:
            self._filter = BitStreamFilterContext(_FILTERS[video.codec], stream)
        except av.error.FFmpegError as err:
            raise VideoDamaged(f"The parameter sets can't be read: {err.strerror}") from None

    @property
    def reorder(self) -> int:
        """How many pictures are decoded before one that is shown earlier, as far as it's known."""
        return (self._parameters.reorder or 0) if self._parameters else 0

    def feed(self, packet: AvPacket) -> Iterator[tuple[MediaFormat, AvPacket]]:
        """Yield the packets to pass on, each with its format. Raises ``SourceError``."""
        for plain in self._with_start_codes(packet):
            if self._check.accept(plain):
                complete = self._self_contained(plain) if plain.is_keyframe else plain
                yield self.format, complete

    def _with_start_codes(self, packet: AvPacket) -> Sequence[AvPacket]:
        if self._filter is None:
            return (packet,)
        try:
            return self._filter.filter(packet)
        except av.error.FFmpegError as err:
            _LOGGER.debug("Skipping a broken packet: %s", err.strerror)
            self._filter.flush()
            return ()

    def _self_contained(self, keyframe: AvPacket) -> AvPacket:
        """Return a keyframe with parameter sets; remember those that it has."""
        found = find_parameter_sets(memoryview(keyframe), self.format.codec)
        if not found:
            return self._with_sets(keyframe) if self._sets else keyframe
        if found.sps != self._sets.sps:
            self._adopt(self._check.parameters)
        self._sets = found
        return keyframe

    def _adopt(self, parameters: PictureParameters | None) -> None:
        """Change the format if a player couldn't go on with the new parameters."""
        known, self._parameters = self._parameters, parameters
        if known and parameters and _shown(known) != _shown(parameters):
            self.format = replace(self.format, width=parameters.width, height=parameters.height)

    def _with_sets(self, keyframe: AvPacket) -> AvPacket:
        """Return a copy of a keyframe that starts with the known parameter sets."""
        packet = padded_packet(self._sets.annexb(self.format.codec) + bytes(keyframe))
        packet.pts, packet.dts = keyframe.pts, keyframe.dts
        packet.time_base = keyframe.time_base
        packet.duration = keyframe.duration or 0
        packet.is_keyframe = True
        return packet


def _shown(parameters: PictureParameters) -> tuple[object, ...]:
    return parameters.width, parameters.height, parameters.layout
