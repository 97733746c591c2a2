"""Look into H.264 and H.265 packets: their parameter sets, and whether a player can start there.

Containers and FFmpeg's parsers call too much a keyframe: the pictures of an intra refresh aren't
complete before some more have come. Only the units themselves tell (types: ITU-T H.264, table 7-1,
and H.265, table 7-1; recovery points: annex D of both).
"""

from dataclasses import dataclass
from itertools import islice
import re
from typing import TYPE_CHECKING, NamedTuple

from .bit_reader import MAX_UNIT_BYTES, BitReader, ParameterError
from .parameter_sets import parameters_of_sps

if TYPE_CHECKING:
    from collections.abc import Iterator

    type Data = bytes | memoryview

MAX_RECOVERY = 300  # pictures; a camera whose refresh takes longer says something wrong
_MAX_UNITS = 1024  # of one packet that are read: more than pictures have slices
_START_CODE = re.compile(rb"\x00\x00\x01")
_UNIT_END = re.compile(rb"\x00\x00[\x00\x01]")
_SLICE_HEADER_BYTES = 16  # more than what is read of it
_RECOVERY_POINT = 6  # type of an SEI message
_INTRA_SLICES = frozenset({2, 4})  # I and SI (H.264, table 7-6, modulo 5)
_HEVC_INTRA_SLICE = 2
_H264_RECOVERY_SEI = b"\x06\x06"  # unit type, and type of the message
_HEVC_RECOVERY_SEI = b"\x4e\x01\x06"


class ParameterSet(NamedTuple):
    """A VPS, SPS, or PPS; one with the same kind and id replaces it."""

    kind: str
    identifier: int
    unit: bytes


@dataclass(slots=True, kw_only=True)
class AccessUnit:
    """What the units of one packet say."""

    sets: list[ParameterSet]
    picture: bool = False  # whether it holds a picture, or what belongs to one
    keyframe: bool = False
    """The picture needs no other, and those after it need none before."""
    intra: bool = False
    """The picture needs no other, but those after it might need some before."""
    recovery: int | None = None
    """At a recovery point: after how many pictures they are complete."""
    pps: int | None = None  # the identifier of the picture's PPS
    sets_at: int = 0  # where parameter sets that are missing belong
    picture_at: int = 0  # the position of the picture's start code


def find_units(data: Data) -> Iterator[int]:
    """Yield the position of each unit in an Annex B packet, after its start code."""
    found = (match.end() for match in _START_CODE.finditer(data))
    return islice((at for at in found if at < len(data)), _MAX_UNITS)


def unit_at(data: Data, start: int) -> bytes:
    """Return the unit at a position, up to ``MAX_UNIT_BYTES``."""
    end = _UNIT_END.search(data, start, start + MAX_UNIT_BYTES)
    return bytes(data[start : end.start() if end else start + MAX_UNIT_BYTES])


def read_access_unit(data: Data, codec: str) -> AccessUnit:
    """Read an Annex B packet of ``h264`` or ``hevc``, up to its first picture that isn't intra."""
    return _read_h264(data) if codec == "h264" else _read_hevc(data)


def recovery_sei(codec: str, pictures: int) -> bytes:
    """Return a recovery point SEI message as a unit, for pictures that lack one."""
    # As Exp-Golomb code: H.265 has a signed number. Two flags follow, one bit ends the payload.
    number = pictures + 1 if codec == "h264" else max(1, 2 * pictures)
    length = number.bit_length()
    flags = 4 if codec == "h264" else 2  # exact match, broken link, two bits of slice groups
    bits = "0" * (length - 1) + f"{number:b}" + "0" * flags
    if len(bits) % 8:
        bits += "1" + "0" * (-(len(bits) + 1) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8)
    head = _H264_RECOVERY_SEI if codec == "h264" else _HEVC_RECOVERY_SEI
    return head + bytes([len(payload)]) + payload + b"\x80"


def _read_h264(data: Data) -> AccessUnit:
    found = AccessUnit(sets=[])
    for at in find_units(data):
        kind = data[at] & 31
        match kind:
            case 1 | 2 | 5:
                if not _add_h264_slice(found, data, at, idr=kind == 5):
                    break
            case 6:
                found.recovery = _recovery(unit_at(data, at)[1:], "h264", found.recovery)
            case 7 | 8:
                _add_set(found, unit_at(data, at), "h264")
            case 9:
                found.sets_at = at + len(unit_at(data, at))
    _conclude(found)
    return found


def _add_h264_slice(found: AccessUnit, data: Data, at: int, *, idr: bool) -> bool:
    """Read a slice header (7.3.3); return whether later slices matter."""
    bits = BitReader(bytes(data[at + 1 : at + _SLICE_HEADER_BYTES]))
    if first := not found.picture:
        found.picture, found.picture_at = True, at - 3
    try:
        bits.number()
        intra = bits.number() % 5 in _INTRA_SLICES
        found.pps = bits.number() if first else found.pps
    except ParameterError:
        intra = False
    found.keyframe |= idr
    found.intra = intra and (first or found.intra)
    return found.intra and not idr


def _read_hevc(data: Data) -> AccessUnit:
    found = AccessUnit(sets=[])
    for at in find_units(data):
        kind = data[at] >> 1 & 63
        if at + 1 >= len(data) or (data[at] & 1 or data[at + 1] >> 3):
            continue  # another layer, which isn't decoded
        if kind < 32:
            if found.picture:
                # Where later slices begin depends on the size, so they count as not intra.
                found.intra = False
                break
            _add_hevc_slice(found, data, at, kind)
            if not found.intra or found.keyframe:
                break
        elif kind == 35:
            found.sets_at = at + len(unit_at(data, at))
        elif kind == 39:
            found.recovery = _recovery(unit_at(data, at)[2:], "hevc", found.recovery)
        elif kind <= 34:
            _add_set(found, unit_at(data, at), "hevc")
    _conclude(found)
    return found


def _add_hevc_slice(found: AccessUnit, data: Data, at: int, kind: int) -> None:
    """Read the first slice's header (7.3.6.1), without extra bits, which no camera has."""
    bits = BitReader(bytes(data[at + 2 : at + _SLICE_HEADER_BYTES]))
    found.picture, found.picture_at = True, at - 3
    found.keyframe = 16 <= kind <= 23  # IRAP
    try:
        first = bits.read(1)
        if found.keyframe:
            bits.read(1)
        found.pps = bits.number()
        found.intra = bool(first) and bits.number() == _HEVC_INTRA_SLICE
    except ParameterError:
        found.intra = False


def _conclude(found: AccessUnit) -> None:
    """Tell an open GOP's keyframe, with a recovery point, from an intra refresh."""
    found.keyframe |= found.intra and found.recovery is not None
    if found.keyframe or not found.picture:
        found.recovery = None


def _add_set(found: AccessUnit, unit: bytes, codec: str) -> None:
    if (parameters := as_parameter_set(unit, codec)) is not None:
        found.sets.append(parameters)


def as_parameter_set(unit: bytes, codec: str) -> ParameterSet | None:
    """Return a unit as a parameter set; None if it's none, or can't be read."""
    unit = unit.rstrip(b"\x00")
    try:
        match (unit[0] & 31) if codec == "h264" else 100 + (unit[0] >> 1 & 63):
            case 7 | 133:
                identifier = parameters_of_sps(unit, codec).identifier
                return ParameterSet("sps", identifier, unit)
            case 8:
                return ParameterSet("pps", BitReader(unit[1:]).number(), unit)
            case 134:
                return ParameterSet("pps", BitReader(unit[2:]).number(), unit)
            case 132:
                return ParameterSet("vps", BitReader(unit[2:]).read(4), unit)
    except IndexError, ParameterError:
        return None
    return None


def sps_of_pps(unit: bytes, codec: str) -> int | None:
    """Return the identifier of the SPS that a PPS refers to; None if it can't be read."""
    bits = BitReader(unit[1 if codec == "h264" else 2 :])
    try:
        bits.number()
        return bits.number()
    except ParameterError:
        return None


def _recovery(sei: bytes, codec: str, known: int | None) -> int | None:
    """Return the pictures up to the recovery of a recovery point; ``known`` for other messages."""
    data, at = sei.replace(b"\x00\x00\x03", b"\x00\x00"), 0
    try:
        while at + 2 < len(data):
            kind, at = _sei_number(data, at)
            size, at = _sei_number(data, at)
            if kind == _RECOVERY_POINT:
                bits = BitReader(data[at : at + size], escaped=False)
                count = bits.number() if codec == "h264" else max(0, bits.signed())
                return min(count, MAX_RECOVERY)
            at += size
    except IndexError, ParameterError:
        pass  # a message that is cut off says nothing
    return known


def _sei_number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number (7.3.2.3.1) and the position after it."""
    number = 0
    while data[at] == 255:
        number, at = number + 255, at + 1
    return number + data[at], at + 1
