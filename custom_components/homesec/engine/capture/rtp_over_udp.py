"""Receive RTP over UDP from a camera that refuses TCP, for a reader that expects TCP."""

from contextlib import suppress
from dataclasses import dataclass, field
import socket
import time
from typing import TYPE_CHECKING

from ..core.errors import SourceError
from .rtp_order import PacketOrder
from .rtsp_message import MAGIC, SHORTEST_PACKET

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTEMPTS = 20
_LONGEST_DATAGRAM = 65535
_MOST_AT_ONCE = 256
_RECEIVE_BUFFER = 1 << 20  # a keyframe of a large picture comes in one burst
_PUNCH_RTP = b"\x80" + b"\x00" * 11
_PUNCH_RTCP = b"\x80\xc9\x00\x01\x00\x00\x00\x00"  # a receiver report without a sender


@dataclass(slots=True)
class UdpTrack:
    """The two ports of one track: RTP, and RTCP at the port after it."""

    sockets: tuple[socket.socket, socket.socket]
    channel: int  # of the interleaved packets that take the datagrams' place
    camera: str
    camera_ports: tuple[int, int] | None = None
    order: PacketOrder = field(default_factory=PacketOrder)

    @classmethod
    def open(cls, local: str, camera: str, channel: int) -> UdpTrack:
        """Bind two ports at the address that reaches the camera. Raises ``SourceError``."""
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        for _ in range(_ATTEMPTS):
            rtp = socket.socket(family, socket.SOCK_DGRAM)
            rtcp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                rtp.bind((local, 0))
                port = rtp.getsockname()[1]
                if port % 2 == 0:
                    rtcp.bind((local, port + 1))
                    for sock in (rtp, rtcp):
                        sock.setblocking(False)
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
                    return cls((rtp, rtcp), channel, camera)
            except OSError:
                pass  # the port after it is taken
            rtp.close()
            rtcp.close()
        raise SourceError

    @property
    def transport(self) -> str:
        """The ``Transport`` header that asks the camera for it."""
        port = self.sockets[0].getsockname()[1]
        return f"RTP/AVP;unicast;client_port={port}-{port + 1}"

    def connect(self, ports: tuple[int, int]) -> None:
        """Remember the camera's ports, and open the way for its packets through a firewall."""
        self.camera_ports = ports
        self._send(0, _PUNCH_RTP)
        self._send(1, _PUNCH_RTCP)

    def send_report(self, data: bytes) -> None:
        """Send an RTCP packet to the camera, whatever address it named."""
        self._send(1, data)

    def _send(self, which: int, data: bytes) -> None:
        if self.camera_ports is not None:
            with suppress(OSError):  # the next report may arrive
                self.sockets[which].sendto(data, (self.camera, self.camera_ports[which]))

    def packets(self) -> Iterator[bytes]:
        """Yield what has arrived from the camera itself, in order, as interleaved packets."""
        now_s = time.monotonic()
        for data in self._received(0):
            for packet in self.order.add(data, now_s):
                yield self._interleaved(0, packet)
        for packet in self.order.overdue(now_s):
            yield self._interleaved(0, packet)
        for data in self._received(1):
            yield self._interleaved(1, data)

    def _received(self, which: int) -> Iterator[bytes]:
        for _ in range(_MOST_AT_ONCE):
            try:
                data, sender = self.sockets[which].recvfrom(_LONGEST_DATAGRAM)
            except OSError:
                return
            if sender[0] == self.camera and len(data) >= SHORTEST_PACKET:
                yield data

    def _interleaved(self, which: int, data: bytes) -> bytes:
        return bytes((MAGIC, self.channel + which)) + len(data).to_bytes(2) + data

    def close(self) -> None:
        """Close both ports."""
        for sock in self.sockets:
            sock.close()
