"""Make the beginning of a clip decodable by strict players, such as Chromium.

An open GOP's keyframe is followed by pictures that refer to the GOP before, which a clip doesn't
have. Those shown before the keyframe are left out. Others only say what happens to such
references, and in H.264 that is an error if there are none.
"""

import logging
from typing import TYPE_CHECKING

from ..media.bit_reader import BitReader, ParameterError
from ..media.h264_slices import (
    MAKE_LONG,
    UNMARK_ALL,
    UNMARK_LONG,
    UNMARK_SHORT,
    Pps,
    Sps,
    gray_picture,
    read_slice,
    rewrite_slice,
    unescape,
)
from ..media.nal_units import find_units, read_access_unit, recovery_sei

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..media.h264_slices import Operation, SliceHeader

_LOGGER = logging.getLogger(__name__)

_START_CODE = b"\x00\x00\x01"
_REFERENCES_READ = 64  # pictures after which no reference to an earlier GOP is left


class ReferenceRepair:
    """Removes operations on references that a clip doesn't have, from its first H.264 pictures.

    Follows which references FFmpeg has: where pictures are missing, it puts others instead. If an
    operation is about one from before the clip, the oldest reference goes, if any has to.
    """

    def __init__(self) -> None:
        self._sps: dict[int, Sps] = {}
        self._pps: dict[int, Pps] = {}
        self._short: list[int] | None = None  # frame numbers of references, oldest first
        self._uncertain = frozenset[int]()  # of these, those that a decoder may lack
        self._newest = 0  # frame number of the newest reference
        self._left = _REFERENCES_READ

    @property
    def started(self) -> bool:
        """Whether a picture was read."""
        return self._short is not None

    @property
    def done(self) -> bool:
        """Whether later pictures need no repair."""
        return self._left <= 0

    def opening(self, data: bytes, recovery: int) -> bytes | None:
        """Return a picture that precedes the first one of an intra refresh, in Annex B.

        The first one refers to another, without which strict decoders refuse it. None if it's not
        known how to write one.
        """
        try:
            return self._opening(data, recovery)
        except ParameterError as err:
            _LOGGER.debug("An intra refresh is recorded from its first picture: %s", err)
            return None

    def _opening(self, data: bytes, recovery: int) -> bytes:
        self._read_sets(data)
        found = read_access_unit(data, "h264")
        slices = (unit for unit in _split(data) if unit[0] & 31 == 1 and unit[0] & 0x60)
        if (unit := next(slices, None)) is None:
            raise ParameterError("it isn't a reference")
        payload = unescape(unit)
        pps = self._pps_of(payload)
        sps = self._sps[pps.sps]
        header = read_slice(payload, sps, pps)
        frame_num = (header.frame_num - 1) % (1 << sps.frame_num_bits)
        order = (header.order - 2) % (1 << sps.order_bits)
        free = next(n for n in range(len(self._pps) + 1) if n not in self._pps)
        picture = gray_picture(sps, free, frame_num=frame_num, order=order)
        self._add(self._fill_gap(frame_num, sps), frame_num, sps.references)
        sets = b"".join(_START_CODE + each.unit for each in found.sets)
        return sets + _START_CODE + recovery_sei("h264", recovery + 1) + picture

    def repair(self, data: bytes) -> bytes:
        """Return an Annex B packet that a strict decoder accepts."""
        try:
            return self._repair(data)
        except ParameterError as err:
            _LOGGER.debug("The start of a clip is recorded as it is: %s", err)
            self._left = 0
            return data

    def _repair(self, data: bytes) -> bytes:
        self._read_sets(data)
        pieces, changed = list[bytes](), False
        operations: tuple[Operation, ...] | None = None
        first = True
        for unit in _split(data):
            kind, reference = unit[0] & 31, unit[0] >> 5 & 3
            piece = unit
            if kind == 5:
                self._left = 0
                return data
            if kind == 1 and reference:
                payload = unescape(unit)
                pps = self._pps_of(payload)
                header = read_slice(payload, self._sps[pps.sps], pps)
                if first:
                    operations, first = self._apply(header, self._sps[pps.sps]), False
                if operations is not None:
                    piece, changed = rewrite_slice(unit, payload, header, operations, pps), True
            pieces.append(piece)
        return b"".join(_START_CODE + piece for piece in pieces) if changed else data

    def _read_sets(self, data: bytes) -> None:
        for each in read_access_unit(data, "h264").sets:
            if each.kind == "sps":
                self._sps[each.identifier] = Sps.read(each.unit)
            else:
                self._pps[each.identifier] = Pps.read(each.unit)

    def _pps_of(self, payload: bytes) -> Pps:
        bits = BitReader(payload[:16], escaped=False)
        bits.skip_numbers(2)
        pps = self._pps.get(bits.number())
        if pps is None or pps.sps not in self._sps:
            raise ParameterError("a parameter set is missing")
        return pps

    def _apply(self, header: SliceHeader, sps: Sps) -> tuple[Operation, ...] | None:
        """Update the references after a picture; return its operations if they have to change."""
        self._left -= 1
        short = self._fill_gap(header.frame_num, sps)
        if header.operations is None:
            self._add(short, header.frame_num, sps.references)
            return None
        kept: list[Operation] = []
        wrap = 1 << sps.frame_num_bits
        for operation in header.operations:
            if operation[0] == UNMARK_ALL:
                self._left = 0
                return None
            if operation[0] in (UNMARK_SHORT, MAKE_LONG):
                target = (header.frame_num - operation[1] - 1) % wrap
                if target not in short:
                    continue
                short.remove(target)
                if target in self._uncertain:
                    continue
            elif operation[0] == UNMARK_LONG:
                continue  # a clip that begins here has none
            kept.append(operation)
        self._add(short, header.frame_num, sps.references)
        return None if tuple(kept) == header.operations else tuple(kept)

    def _fill_gap(self, frame_num: int, sps: Sps) -> list[int]:
        """Add what a decoder puts instead of the references that are missing."""
        wrap = 1 << sps.frame_num_bits
        if self._short is None:
            self._short = list(range(max(0, frame_num - sps.references), frame_num))
            self._newest = (frame_num - 1) % wrap
            self._uncertain = frozenset(self._short)
        missing = min((frame_num - self._newest - 1) % wrap, sps.references)
        for n in range(missing, 0, -1):
            self._add(self._short, (frame_num - n) % wrap, sps.references)
        return self._short

    def _add(self, short: list[int], frame_num: int, limit: int) -> None:
        while len(short) >= limit:
            short.pop(0)
        short.append(frame_num)
        self._newest = frame_num
        self._uncertain -= {frame_num}  # numbers come again


def _split(data: bytes) -> Iterator[bytes]:
    """Yield the units of an Annex B packet."""
    if not (starts := list(find_units(data))):
        return
    for at, following in zip(starts, [*starts[1:], len(data) + 3], strict=True):
        if unit := data[at : following - 3]:
            yield unit.rstrip(b"\x00") or unit[:1]
