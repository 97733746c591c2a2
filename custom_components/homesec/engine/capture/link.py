"""Connect to the host of a camera, and to no other."""

from dataclasses import replace
from io import RawIOBase
import socket
import ssl
import time
from typing import TYPE_CHECKING, override

from ..core.connect import connect
from ..core.errors import ConnectionRefused, HostNotFound, NoRoute, SourceTimeout
from .tls import certificate_fingerprint, start_tls

if TYPE_CHECKING:
    from collections.abc import Buffer
    from threading import Event

    from ..core.source_url import SourceUrl
    from ..core.types import SourceConfig

STOP_CHECK_S = 0.2
"""How often a connection that waits looks whether it has to stop."""
CONNECT_S = 8.0
"""For a connection, encryption included: what doesn't answer by then isn't there."""
_SEND_S = 2.0


class PinnedHost:
    """The host of a source. Its name is looked up once, for the first connection.

    So whoever answers for the name can't direct a later connection elsewhere.
    """

    def __init__(
        self, url: SourceUrl, config: SourceConfig, *, pins_certificate: bool = True
    ) -> None:
        """``pins_certificate``: it's the camera itself, whose certificate may be a trusted one."""
        if not pins_certificate:
            config = replace(config, tls_fingerprint=None)
        self._host, self._port, self._tls = url.host, url.port, url.tls
        self._config = config
        self._address: str | None = None
        self.fingerprint: str | None = None  # of the certificate; None without TLS

    def connect(self, timeout_s: float, stop: Event) -> Link:
        """Return a connection, encrypted if the URL says so. Raises ``SourceError``."""
        timeout_s = min(timeout_s, CONNECT_S)
        until_t = time.monotonic() + timeout_s
        sock: socket.socket | ssl.SSLSocket
        try:
            sock = connect(self._address or self._host, self._port, timeout_s)
        except socket.gaierror, UnicodeError:
            raise HostNotFound(host=self._host) from None
        except ConnectionRefusedError:
            raise ConnectionRefused(host=self._host) from None
        except OSError:
            raise NoRoute(host=self._host) from None
        self._address = sock.getpeername()[0]
        if self._tls:
            sock.settimeout(max(0.1, until_t - time.monotonic()))
            sock = start_tls(sock, self._host, self._config)
            self.fingerprint = certificate_fingerprint(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Link(sock, stop)


class Link(RawIOBase):
    """A connection whose reads end at a time limit, or soon after ``stop`` is set."""

    def __init__(self, sock: socket.socket, stop: Event) -> None:
        super().__init__()
        self.sock = sock
        self._stop = stop
        self.until_t = 0.0
        """Monotonic time at which a read gives up, whatever has arrived until then."""

    def send(self, data: bytes) -> None:
        """Send all of ``data``. Raises OSError."""
        self.sock.settimeout(_SEND_S)
        self.sock.sendall(data)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Return the number of bytes read; 0 at the end. Raises ``SourceTimeout``, OSError."""
        while (left_s := self.until_t - time.monotonic()) > 0 and not self._stop.is_set():
            self.sock.settimeout(min(STOP_CHECK_S, left_s))
            try:
                return self.sock.recv_into(buffer)
            except TimeoutError, ssl.SSLWantReadError:
                continue
            except ssl.SSLEOFError:
                return 0  # many cameras close without the goodbye of TLS
        raise SourceTimeout

    @override
    def close(self) -> None:
        """Close the connection."""
        self.sock.close()
        super().close()
