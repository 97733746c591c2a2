"""Mark the packets of a clip to which a player may seek (ISO/IEC 14496-12, sync samples).

FFmpeg marks every recovery point of H.264. After a seek to one in an open GOP with B-frames,
Chromium stops playing, since pictures refer to the GOP before. At an intra refresh, it shows
nothing until that is over.
"""

from typing import TYPE_CHECKING

from ..media.nal_units import read_access_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..media.packets import AvPacket

REFRESH_GAP_S = 60.0
"""A player may seek to an intra refresh this often: it shows the picture a little later, but
doesn't have to decode the whole clip up to there."""
_START_CODE = b"\x00\x00\x00\x01"


def mark_sync_samples(packets: Iterable[AvPacket], codec: str) -> Iterator[AvPacket]:
    """Yield a clip's packets, of video and audio, with those of its video marked."""
    marked_s: float | None = None
    newest: int | None = None  # presentation time so far
    reordered = False
    for packet in packets:
        if packet.stream.type == "video":
            pts = packet.pts or 0
            reordered = reordered or (newest is not None and pts < newest)
            newest = pts if newest is None else max(newest, pts)
            at_s = float(pts * packet.time_base)
            if marked_s is None:
                packet.is_keyframe = True
            elif packet.is_keyframe and codec == "h264":
                idr, keyframe = _look_into(packet)
                late = at_s - marked_s >= REFRESH_GAP_S
                packet.is_keyframe = idr or (not reordered and (keyframe or late))
            if packet.is_keyframe:
                marked_s = at_s
        yield packet


def _look_into(packet: AvPacket) -> tuple[bool, bool]:
    """Return whether an H.264 sample of an MP4 file is an IDR picture, and a keyframe at all."""
    data, at, units = memoryview(packet), 0, list[bytes]()
    while at + 4 < len(data):
        length = int.from_bytes(data[at : at + 4])
        units.append(bytes(data[at + 4 : at + 4 + length]))
        at += 4 + length
    idr = any(unit[0] & 31 == 5 for unit in units if unit)
    return idr, read_access_unit(b"".join(_START_CODE + x for x in units), "h264").keyframe
