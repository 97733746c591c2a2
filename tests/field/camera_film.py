"""What a misbehaving camera shows: pictures of video files as NAL units and RTP payloads."""

from __future__ import annotations

from dataclasses import dataclass, replace
import re
from typing import TYPE_CHECKING

import av
from av.bitstream import BitStreamFilterContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PAYLOAD_BYTES = 1400
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_SET_KINDS = {"h264": (7, 8), "hevc": (32, 33, 34)}


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture; its times are seconds since the film's start."""

    dts_s: float
    pts_s: float
    keyframe: bool  # as its file says
    nals: tuple[bytes, ...]


class Film:
    """The pictures of one or more video files (H.264 or H.265), in decoding order."""

    def __init__(self, *paths: Path) -> None:
        """Read the files, one after the other; all have to be of the same codec."""
        self.codec = ""
        self.pictures: list[Picture] = []
        self.seconds = 0.0
        for path in paths:
            self._append(path)

    def _append(self, path: Path) -> None:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            self.codec = stream.codec_context.codec.canonical_name
            annexb = BitStreamFilterContext(_FILTERS[self.codec], stream)
            found = [
                Picture(
                    float(packet.dts * packet.time_base),
                    float(packet.pts * packet.time_base),
                    packet.is_keyframe,
                    tuple(nal for part in annexb.filter(packet) for nal in split_nals(bytes(part))),
                )
                for packet in container.demux(stream)
                if packet.size
            ]
        first_s, last_s = found[0].dts_s, found[-1].dts_s
        shift_s = self.seconds - first_s
        self.pictures += [
            replace(each, dts_s=each.dts_s + shift_s, pts_s=each.pts_s + shift_s) for each in found
        ]
        self.seconds += (last_s - first_s) * len(found) / max(1, len(found) - 1)

    def kind(self, nal: bytes) -> int:
        """Return a NAL unit's type."""
        return nal[0] & 31 if self.codec == "h264" else nal[0] >> 1 & 63

    def is_parameter_set(self, nal: bytes) -> bool:
        """Return whether a NAL unit is an SPS, PPS, or VPS."""
        return self.kind(nal) in _SET_KINDS[self.codec]

    @property
    def parameter_sets(self) -> list[bytes]:
        """The first of each kind, in the order of their kinds."""
        found: dict[int, bytes] = {}
        for picture in self.pictures:
            for nal in picture.nals:
                if self.is_parameter_set(nal):
                    found.setdefault(self.kind(nal), nal)
            if len(found) == len(_SET_KINDS[self.codec]):
                break
        return [found[kind] for kind in sorted(found)]

    def from_time(self, start_s: float) -> Iterator[tuple[float, Picture]]:
        """Yield pictures for ever, from one on, each with its round's start in seconds."""
        rounds, rest_s = divmod(start_s, self.seconds)
        index = sum(picture.dts_s < rest_s - 1e-6 for picture in self.pictures)
        while True:
            for picture in self.pictures[index:]:
                yield rounds * self.seconds, picture
            rounds, index = rounds + 1, 0


def split_nals(annexb: bytes) -> list[bytes]:
    """Return the NAL units between start codes."""
    parts = (part.rstrip(b"\x00") for part in re.split(rb"\x00\x00\x01", annexb)[1:])
    return [part for part in parts if part]


def rtp_payloads(codec: str, nal: bytes) -> Sequence[bytes]:
    """Return a NAL unit as RTP payloads: itself, or fragments (RFC 6184 and 7798)."""
    if len(nal) <= PAYLOAD_BYTES:
        return [nal]
    if codec == "h264":
        indicator, kind, body = bytes([nal[0] & 0xE0 | 28]), nal[0] & 31, nal[1:]
    else:
        indicator, kind, body = bytes([nal[0] & 0x81 | 49 << 1, nal[1]]), nal[0] >> 1 & 63, nal[2:]
    pieces = [body[at : at + PAYLOAD_BYTES - 3] for at in range(0, len(body), PAYLOAD_BYTES - 3)]
    last = len(pieces) - 1
    return [
        indicator + bytes([kind | (0x80 if n == 0 else 0) | (0x40 if n == last else 0)]) + piece
        for n, piece in enumerate(pieces)
    ]
