"""Check the packets of a video before anything decodes them."""

import logging
from typing import TYPE_CHECKING

from ..core.errors import VideoDamaged
from ..media.bit_reader import ParameterError
from ..media.limits import GOP_BYTES, check_packet, check_parameters
from ..media.parameter_sets import PictureParameters, parameters_in_box, read_parameters

if TYPE_CHECKING:
    from ..media.packets import AvPacket

_LOGGER = logging.getLogger(__name__)

_WITH_EXTRADATA = frozenset({"h264", "hevc", "mpeg4"})
_MAX_UNREADABLE = 50  # packets in a row with parameter sets that can't be read
_AV_CONFIGURATION = b"\x01"  # first byte of avcC and hvcC; Annex B starts with a zero


def has_lengths(extradata: bytes) -> bool:
    """Return whether units have lengths instead of start codes."""
    return extradata.startswith(_AV_CONFIGURATION)


class PacketCheck:
    """Refuses packets that announce pictures too large to decode."""

    def __init__(self, codec: str, extradata: bytes = b"") -> None:
        """Check what the container says. Raises ``SourceError``."""
        self._codec = codec
        self._unreadable = 0
        self._gop_bytes = 0
        self.parameters: PictureParameters | None = None
        """Of the next pictures, if they are known."""
        if codec not in _WITH_EXTRADATA:
            return
        try:
            read = parameters_in_box if has_lengths(extradata) else read_parameters
            found = read(extradata, codec)
        except ParameterError as err:
            raise VideoDamaged(f"The camera describes its video wrongly: {err}") from None
        self._use(found)

    def accept(self, packet: AvPacket) -> bool:
        """Return whether to pass a packet on; one that can't be checked is left out.

        Raises ``SourceError`` for what's too large.
        """
        check_packet(packet.size)
        self._gop_bytes = packet.size + (0 if packet.is_keyframe else self._gop_bytes)
        check_packet(self._gop_bytes, GOP_BYTES)
        try:
            found = read_parameters(memoryview(packet), self._codec)
        except ParameterError as err:
            _LOGGER.debug("Leaving out a packet: %s", err)
            self._unreadable += 1
            if self._unreadable > _MAX_UNREADABLE:
                raise VideoDamaged(f"The camera describes its video wrongly: {err}") from None
            return False
        if found:
            self._unreadable = 0
        self._use(found)
        return True

    def _use(self, found: list[PictureParameters]) -> None:
        for parameters in found:
            check_parameters(parameters, self._codec)
            self.parameters = parameters
