"""Mark the packets of a clip to which a player may seek (ISO/IEC 14496-12, sync samples).

FFmpeg marks every recovery point of H.264. Chromium stops playing where a player that has sought
finds leading pictures without the GOP before, and shows nothing until an intra refresh is over.
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
    held: list[AvPacket] = []  # an open GOP's keyframe, and the audio after it
    for packet in packets:
        if packet.stream.type == "video":
            if held:
                held[0].is_keyframe = (packet.pts or 0) > (held[0].pts or 0)
            yield from held
            held = []
            at_s = float((packet.dts or 0) * packet.time_base)
            if marked_s is None:
                packet.is_keyframe, marked_s = True, at_s
            elif packet.is_keyframe and codec == "h264":
                idr, keyframe = _look_into(packet)
                if keyframe and not idr:
                    held = [packet]
                    continue
                packet.is_keyframe = idr or at_s - marked_s >= REFRESH_GAP_S
                marked_s = at_s if packet.is_keyframe else marked_s
        elif held:
            held.append(packet)
            continue
        yield packet
    yield from held


def _look_into(packet: AvPacket) -> tuple[bool, bool]:
    """Return whether an H.264 sample of an MP4 file is an IDR picture, and a keyframe at all."""
    data, at, units = memoryview(packet), 0, list[bytes]()
    while at + 4 < len(data):
        length = int.from_bytes(data[at : at + 4])
        units.append(bytes(data[at + 4 : at + 4 + length]))
        at += 4 + length
    idr = any(unit[0] & 31 == 5 for unit in units if unit)
    return idr, read_access_unit(b"".join(_START_CODE + x for x in units), "h264").keyframe
