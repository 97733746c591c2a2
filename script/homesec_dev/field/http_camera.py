"""An HTTP camera whose MJPEG lacks what others send around the pictures."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from itertools import count
import time
from typing import TYPE_CHECKING

from .films import FPS
from .parts import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Sequence

_BOUNDARY = "camera"
_HEAD, _END = b"Content-Type: image/jpeg\r\n\r\n", b"\r\n--camera\r\n"


class HttpCamera:
    """Plays pictures again and again, without a first boundary and without lengths.

    If `bare`, there is nothing but pictures.
    """

    def __init__(self, pictures: Sequence[bytes], *, start_s: float, bare: bool) -> None:
        self.born_t = time.monotonic()
        self._closed = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Log nothing."""

            def do_GET(self) -> None:
                """Send pictures until the client or the camera ends."""
                self.send_response(200)
                kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
                self.send_header("Content-Type", kind)
                self.end_headers()
                first = round((start_s + time.monotonic() - outer.born_t) * FPS)
                for number in count(first):
                    due_t = outer.born_t + number / FPS - start_s
                    time.sleep(max(0.0, due_t - time.monotonic()))
                    if outer._closed:
                        return
                    head, end = (b"", b"") if bare else (_HEAD, _END)
                    self.wfile.write(head + pictures[number % len(pictures)] + end)

        self._server = ThreadedServer(("127.0.0.1", 0), Handler)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/video"

    def close(self) -> None:
        """End all connections."""
        self._closed = True
        self._server.stop()
