"""Wait for the first parameter sets of a stream whose description has none.

A relay that is joined in the middle of a GOP sends no picture that can be decoded for up to ten
seconds, and FFmpeg gives up before.
"""

import time
from typing import TYPE_CHECKING

from ..core.errors import NoKeyframe, NoVideo
from .packet_check import PacketCheck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from ..media.packets import AvPacket
    from ..media.parameter_sets import PictureParameters


def wait_for_parameters(
    packets: Iterator[AvPacket], codec: str, stop: Event, *, limit_s: float, total_s: float
) -> tuple[AvPacket, PictureParameters]:
    """Return the first packet that has parameter sets, and what they say; drop those before.

    Raises ``NoKeyframe`` if none comes within ``limit_s``, which names ``total_s``, the time since
    the first packet. Raises ``NoVideo`` if the stream ends.
    """
    check = PacketCheck(codec)
    until_t = time.monotonic() + limit_s
    for packet in packets:
        if packet.size and check.accept(packet) and check.parameters is not None:
            return packet, check.parameters
        if stop.is_set():
            break
        if time.monotonic() > until_t:
            raise NoKeyframe(seconds=f"{total_s:.0f}")
    raise NoVideo
