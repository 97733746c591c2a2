"""One viewer of a camera's live video: the packets that wait for it, and how it's sent them."""

from collections import deque
from itertools import chain
import logging
from threading import Condition
from typing import TYPE_CHECKING

import av.error

from ..core.activity_board import BOARD, Work
from .ts_muxer import TsMuxer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..media.packets import MediaPacket

_LOGGER = logging.getLogger(__name__)

LIMIT_BYTES = 24 * 1024 * 1024  # of packets that wait for a viewer, besides the first ones
LIMIT_S = 20.0  # from the oldest to the newest of them, likewise
AUDIO_WAIT_S = 0.6  # of video without audio, from a camera that announces some
BEHIND_S = 2.0  # pictures that are encoded and this late are left out…
LEFT_IN = 4  # …but for one of so many
CHECK_S = 1.0  # between two checks whether a viewer without packets is still there


class Viewer:
    """A queue between the camera's thread and the one that sends.

    A viewer that doesn't keep up is dropped: the camera never waits for it.
    """

    def __init__(self, *, expects_audio: Callable[[], bool]) -> None:
        """``expects_audio``: whether the camera announces audio, from any thread."""
        self._expects_audio = expects_audio
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._packets: deque[MediaPacket] = deque()
        self._bytes = 0
        self._limits = (LIMIT_BYTES, LIMIT_S)
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it gets no more packets."""
        return self._closed

    def begin(self, packets: Sequence[MediaPacket]) -> None:
        """Add the first packets, which may be those of a long GOP."""
        with self._changed:
            if self._closed:
                return
            self._packets.extend(packets)
            self._bytes = sum(packet.size for packet in packets)
            length_s = packets[-1].t - packets[0].t
            self._limits = (LIMIT_BYTES + self._bytes, LIMIT_S + length_s)
            self._changed.notify()

    def put(self, packet: MediaPacket) -> None:
        """Add a packet; never waits."""
        limit_bytes, limit_s = self._limits
        with self._changed:
            if self._closed:
                return
            self._packets.append(packet)
            self._bytes += packet.size
            if self._bytes > limit_bytes or packet.t - self._packets[0].t > limit_s:
                _LOGGER.debug("A viewer that is too slow is dropped")
                self._close()
            self._changed.notify()

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._close()
            self._changed.notify()

    def _close(self) -> None:
        self._closed = True
        self._packets.clear()
        self._bytes = 0

    def wait(self, timeout_s: float) -> bool:
        """Wait for the first packet; return whether there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._packets or self._closed, timeout_s)
            return bool(self._packets)

    def _next(self, timeout_s: float) -> MediaPacket | None:
        with self._changed:
            self._changed.wait_for(lambda: self._packets or self._closed, timeout_s)
            if not self._packets:
                return None
            packet = self._packets.popleft()
            self._bytes -= packet.size
            return packet

    def send(self, write: Callable[[bytes], object], is_gone: Callable[[], bool]) -> None:
        """Send live video until the viewer or the camera is gone, or the format changes.

        ``write`` raises ``OSError`` when nothing can be sent; ``is_gone`` is asked while nothing
        is.
        """
        packets = self._until_gone(is_gone)
        muxer: TsMuxer | None = None
        try:
            if not (held := self._first_packets(packets)):
                return
            audio = next((x.format for x in held if not x.is_video), None)
            with BOARD.working(Work.MUX):
                muxer = TsMuxer(held[0], audio)
            for packet in chain(held, packets):
                if not muxer.continues(packet):
                    return  # a player has to begin again
                with BOARD.working(Work.MUX):
                    data = b"" if self._is_left_out(packet, muxer) else muxer.write(packet)
                if data:
                    write(data)
        except (av.error.FFmpegError, ValueError) as err:
            _LOGGER.debug("Live video can't be sent: %s", err)
        finally:
            self.close()
            if muxer is not None:
                muxer.close()

    def _first_packets(self, packets: Iterator[MediaPacket]) -> list[MediaPacket]:
        """Return packets up to the first of audio, which a stream has from its beginning or never.

        The first of them is a random access point.
        """
        held: list[MediaPacket] = []
        for packet in packets:
            held.append(packet)
            waited_s = packet.t - held[0].t
            if not packet.is_video or waited_s > AUDIO_WAIT_S or not self._expects_audio():
                break
        return held

    def _is_left_out(self, packet: MediaPacket, muxer: TsMuxer) -> bool:
        """Whether a picture isn't encoded, since the system can't encode them all in time."""
        if not (muxer.encodes and packet.is_video and packet.format.intra_only):
            return False
        with self._changed:
            newest = self._packets[-1] if self._packets else packet
            return newest.t - packet.t > BEHIND_S and len(self._packets) % LEFT_IN != 0

    def _until_gone(self, is_gone: Callable[[], bool]) -> Iterator[MediaPacket]:
        while not self._closed:
            if (packet := self._next(CHECK_S)) is not None:
                yield packet
            elif is_gone():
                return
