"""H.264/H.265 parameter sets (SPS, PPS, VPS) in a byte stream with start codes (Annex B).

ITU-T H.264 table 7-1 and H.265 table 7-1 give the unit types.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_START = re.compile(b"\x00\x00\x01")
_SEARCH_BYTES = 4096
"""Parameter sets stand before the picture; there is no need to look through megabytes."""


class ParameterSets(NamedTuple):
    """The sets a packet carries, each list in order."""

    sps: tuple[bytes, ...]
    others: tuple[bytes, ...]
    """PPS, and VPS for H.265."""

    def __bool__(self) -> bool:
        """Whether the picture can be decoded with these alone."""
        return bool(self.sps and self.others)

    def annexb(self, codec: str) -> bytes:
        """Return them with start codes, in decoding order."""
        first = [x for x in self.others if codec == "hevc" and _hevc_type(x) == 32]
        rest = [x for x in self.others if x not in first]
        return b"".join(b"\x00\x00\x00\x01" + unit for unit in (*first, *self.sps, *rest))


NO_SETS = ParameterSets((), ())


def find_parameter_sets(data: bytes | memoryview, codec: str) -> ParameterSets:
    """Return the parameter sets at the head of an Annex B packet or extradata."""
    sps: list[bytes] = []
    others: list[bytes] = []
    for unit in _units(data):
        if codec == "h264":
            kind = unit[0] & 0x1F
            if kind == 7:
                sps.append(unit)
            elif kind == 8:
                others.append(unit)
        else:
            kind = _hevc_type(unit)
            if kind == 33:
                sps.append(unit)
            elif kind in (32, 34):
                others.append(unit)
    return ParameterSets(tuple(sps), tuple(others))


def _hevc_type(unit: bytes) -> int:
    return (unit[0] >> 1) & 0x3F


def _units(data: bytes | memoryview) -> list[bytes]:
    """Return the units that end within the first few kilobytes."""
    head = bytes(data[:_SEARCH_BYTES])
    starts = [match.end() for match in _START.finditer(head)]
    ends = [start - 3 for start in starts[1:]]
    if len(data) <= _SEARCH_BYTES:
        ends.append(len(head))
    # A four-byte start code leaves its first zero at the end of the unit before.
    units = [head[a:b].rstrip(b"\x00") for a, b in zip(starts, ends, strict=False)]
    return [unit for unit in units if unit]
