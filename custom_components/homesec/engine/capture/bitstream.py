"""Make H.264 and H.265 packets self-contained: Annex B, with parameter sets where a player starts.

MP4 files have lengths instead of start codes, and many cameras send their parameter sets only in
the SDP, or once. Self-contained, each random access point can start a decoder or a clip by itself.
"""

from dataclasses import replace
import logging
from typing import TYPE_CHECKING, NamedTuple

from av.bitstream import BitStreamFilterContext
import av.error

from ..core.errors import VideoDamaged
from ..media.bit_reader import ParameterError
from ..media.nal_units import (
    AccessUnit,
    ParameterSet,
    as_parameter_set,
    read_access_unit,
    recovery_sei,
    sps_of_pps,
)
from ..media.packets import padded_packet
from ..media.parameter_sets import parameters_of_sps, sets_in_box
from .packet_check import PacketCheck, has_lengths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from av.video.stream import VideoStream

    from ..media.packets import AvPacket, MediaFormat
    from ..media.parameter_sets import PictureParameters

_LOGGER = logging.getLogger(__name__)

_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_START_CODE = b"\x00\x00\x00\x01"
_ORDER = ("vps", "sps", "pps")
_MAX_SETS = 32  # that are remembered
_MAX_AHEAD_BYTES = 64 * 1024  # of units that come without a picture
PATIENCE = 400  # pictures without a random access point until others count as such
ASSUMED_RECOVERY = 60  # pictures until those of an unmarked intra refresh are complete
_MIN_REFRESH = 10  # pictures between parameter sets that mark an intra refresh
_ORDINARY_PROFILES = frozenset({66, 77, 88, 100})
"""Profiles of H.264 between which a decoder changes: Baseline, Main, Extended, and High."""


class CheckedPacket(NamedTuple):
    """A packet that may be decoded."""

    format: MediaFormat
    packet: AvPacket
    keyframe: bool
    recovery: int | None = None


class ParameterSets:
    """The newest parameter sets of a stream: a camera may have several, and change them."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._known: dict[tuple[str, int], bytes] = {}

    def update(self, sets: Iterable[ParameterSet]) -> None:
        """Add or replace parameter sets."""
        for kind, identifier, unit in sets:
            self._known.pop((kind, identifier), None)
            self._known[kind, identifier] = unit
        while len(self._known) > _MAX_SETS:
            del self._known[next(iter(self._known))]

    def missing(self, sets: Sequence[ParameterSet]) -> bytes:
        """Return, in Annex B and decoding order, what is known and not among ``sets``."""
        there = {(each.kind, each.identifier) for each in sets}
        units = [(_ORDER.index(key[0]), u) for key, u in self._known.items() if key not in there]
        units.sort(key=lambda each: each[0])
        return b"".join(_START_CODE + unit for _, unit in units)

    def sps(self, pps: int | None) -> bytes | None:
        """Return the SPS of pictures that refer to a PPS; None if it isn't known."""
        if pps is None or (unit := self._known.get(("pps", pps))) is None:
            return None
        identifier = sps_of_pps(unit, self._codec)
        return None if identifier is None else self._known.get(("sps", identifier))


class AnnexB:
    """Makes the packets of one stream self-contained, and notices changes of its format."""

    def __init__(self, stream: VideoStream, video: MediaFormat) -> None:
        """Read what the container says. Raises ``SourceError`` for parameter sets it refuses."""
        self.format = video
        self._codec = video.codec
        extradata = stream.codec_context.extradata or b""
        self._check = PacketCheck(video.codec, extradata)
        self._parameters = self._check.parameters
        self._sets = ParameterSets(video.codec)
        self._sps: bytes | None = None  # of the newest random access point
        self._ahead = b""  # units that came without a picture, and belong to the next
        self._started = False  # whether there was any random access point
        self._marked = False  # whether the camera has marked one
        self._unmarked = 0  # pictures since then
        self._without_sets = 0  # pictures since the last one that came with parameter sets
        self._filter: BitStreamFilterContext | None = None
        if not has_lengths(extradata):
            self._sets.update(read_access_unit(extradata, video.codec).sets)
            return
        self._sets.update(_sets_in_box(extradata, video.codec))
        try:
            self._filter = BitStreamFilterContext(_FILTERS[video.codec], stream)
        except av.error.FFmpegError as err:
            raise VideoDamaged(f"The parameter sets can't be read: {err.strerror}") from None

    @property
    def reorder(self) -> int | None:
        """How many pictures are decoded before one that is shown earlier, as far as it's known."""
        return self._parameters.reorder if self._parameters else None

    def feed(self, packet: AvPacket) -> Iterator[CheckedPacket]:
        """Yield the packets to pass on. Raises ``SourceError``."""
        for plain in self._with_start_codes(packet):
            whole = self._with_ahead(plain)
            unit = read_access_unit(memoryview(whole), self._codec)
            if not unit.picture:
                self._keep_ahead(whole)
                continue
            whole.is_keyframe = unit.keyframe or unit.recovery is not None
            if self._check.accept(whole):
                yield self._self_contained(whole, unit)

    def _with_start_codes(self, packet: AvPacket) -> Sequence[AvPacket]:
        if self._filter is None:
            return (packet,)
        try:
            return self._filter.filter(packet)
        except av.error.FFmpegError as err:
            _LOGGER.debug("Skipping a broken packet: %s", err.strerror)
            self._filter.flush()
            return ()

    def _with_ahead(self, packet: AvPacket) -> AvPacket:
        """Return a packet with the units that came before it, without a picture of their own."""
        ahead, self._ahead = self._ahead, b""
        return _copied(packet, ahead + bytes(packet)) if ahead else packet

    def _keep_ahead(self, packet: AvPacket) -> None:
        """Keep parameter sets that came alone: as a packet, a player would miss their picture."""
        if packet.size <= _MAX_AHEAD_BYTES:
            self._ahead = bytes(packet)

    def _self_contained(self, packet: AvPacket, unit: AccessUnit) -> CheckedPacket:
        """Return a packet with all parameter sets if a player can start there."""
        self._sets.update(unit.sets)
        assumed = self._assume_access(unit)
        if unit.keyframe or unit.recovery is not None:
            self._started = True
            self._adopt(unit)
            sei = recovery_sei(self._codec, unit.recovery or 0) if assumed else b""
            packet = _with_units(packet, unit, self._sets.missing(unit.sets), sei)
        return CheckedPacket(self.format, packet, unit.keyframe, unit.recovery)

    def _assume_access(self, unit: AccessUnit) -> bool:
        """Let a picture be a random access point that isn't marked as one; return whether it is.

        Some cameras mark none of their intra pictures, and some have neither these nor marks. An
        encoder repeats its parameter sets where a decoder can start, so that is a mark, too.
        """
        without_sets = self._without_sets
        self._without_sets = 0 if unit.sets else without_sets + 1
        if unit.keyframe or unit.recovery is not None:
            self._marked, self._unmarked = True, 0
            return False
        self._unmarked += 1
        patient = self._unmarked <= PATIENCE
        if unit.intra and not (self._marked and patient):
            unit.keyframe = True
        elif not patient and (not self._started or (unit.sets and without_sets >= _MIN_REFRESH)):
            unit.recovery = ASSUMED_RECOVERY
        return unit.keyframe or unit.recovery is not None

    def _adopt(self, unit: AccessUnit) -> None:
        """Change the format if a player couldn't go on with the parameters of a picture."""
        sps = self._sets.sps(unit.pps)
        if sps is not None and sps == self._sps:
            return
        self._sps = sps
        known, self._parameters = self._parameters, self._parameters_of(sps)
        found = self._parameters
        if known and found and _shown(known, self._codec) != _shown(found, self._codec):
            self.format = replace(self.format, width=found.width, height=found.height)

    def _parameters_of(self, sps: bytes | None) -> PictureParameters | None:
        try:
            return self._check.parameters if sps is None else parameters_of_sps(sps, self._codec)
        except ParameterError:
            return self._check.parameters


def _sets_in_box(extradata: bytes, codec: str) -> list[ParameterSet]:
    found = (as_parameter_set(unit, codec) for unit in sets_in_box(extradata, codec))
    return [each for each in found if each is not None]


def _with_units(packet: AvPacket, unit: AccessUnit, sets: bytes, sei: bytes) -> AvPacket:
    """Return a packet with parameter sets, and with an SEI message right before its picture."""
    if not sets and not sei:
        return packet
    data, first, last = bytes(packet), unit.sets_at, unit.picture_at
    sei = _START_CODE + sei if sei else b""
    return _copied(packet, data[:first] + sets + data[first:last] + sei + data[last:])


def _copied(packet: AvPacket, data: bytes) -> AvPacket:
    """Return a packet with other data and the same times."""
    copy = padded_packet(data)
    copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
    copy.duration = packet.duration or 0
    copy.is_keyframe = packet.is_keyframe
    return copy


def _shown(found: PictureParameters, codec: str) -> tuple[object, ...]:
    """Return what a player can't change while it plays a file."""
    profile, *samples = found.layout
    kind = "ordinary" if codec == "h264" and profile in _ORDINARY_PROFILES else profile
    return found.width, found.height, kind, *samples
