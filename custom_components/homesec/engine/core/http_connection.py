"""An HTTP connection that fails soon, whatever does not answer."""

from http.client import HTTPConnection
import socket
import ssl
import time
from typing import TYPE_CHECKING, override

from .connect import connect

if TYPE_CHECKING:
    from urllib.parse import SplitResult


class TimedConnection(HTTPConnection):
    """Limits the time for connecting, TLS included, and for each read and write."""

    def __init__(self, address: SplitResult, *, connect_s: float, read_s: float) -> None:
        """``address`` is that of a host, ``http`` or ``https``."""
        self._tls = ssl.create_default_context() if address.scheme == "https" else None
        self.default_port = 443 if self._tls else 80
        super().__init__(address.hostname or "", address.port)
        self._connect_s = connect_s
        self._read_s = read_s

    @override
    def connect(self) -> None:
        """Connect; raises OSError."""
        until_t = time.monotonic() + self._connect_s
        sock = connect(self.host, self.port, self._connect_s)
        try:
            if self._tls is not None:
                sock.settimeout(max(0.1, until_t - time.monotonic()))
                sock = self._tls.wrap_socket(sock, server_hostname=self.host)
        except OSError:
            sock.close()
            raise
        sock.settimeout(self._read_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
