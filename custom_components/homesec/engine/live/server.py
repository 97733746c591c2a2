"""Serves the live video of a worker's cameras over HTTP, on the loopback only.

Each viewer has a thread, which encodes what has to be encoded, and waits for the viewer.
"""

from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedReader, RawIOBase
import logging
import select
import socket
from socketserver import TCPServer
from threading import BoundedSemaphore, Lock, Thread, current_thread
import time
from typing import TYPE_CHECKING, Any, Protocol, override

from ..core.activity_board import BOARD
from ..core.live_address import is_authorized, requested_camera

if TYPE_CHECKING:
    from .viewer import Viewer

_LOGGER = logging.getLogger(__name__)

MAX_CONNECTIONS = 64
MAKE_ROOM_S = 1.0  # until a stranger that has to go is gone
REQUEST_S = 5.0  # a client that takes longer to send its request is refused
REQUEST_BYTES = 16 * 1024  # of a request that are read; that of FFmpeg has about 200
SEND_S = 10.0  # a viewer that takes longer to receive something is dropped
KERNEL_BYTES = 512 * 1024  # of a viewer, outside of the worker's memory
FIRST_S = 20.0  # how long a viewer waits for the first picture, of a camera that is opened for it
FFMPEG, LEAD_S = "Lavf/", 8.0
"""FFmpeg, and so Home Assistant, gets the last seconds at once. It looks at 20 pictures before it
shows one, and Home Assistant's HLS begins when a segment of 6 s is complete; players start near
its end. Other viewers begin with the newest keyframe, since they'd show all of it."""
CONTENT_TYPE = "video/mp2t"


class LiveCameras(Protocol):
    """Where viewers get their packets from."""

    def open_live(self, camera_id: str, lead_s: float) -> Viewer | None:
        """Return a new viewer of a camera, which is opened if it's off; None if there's none.

        It begins with pictures from ``lead_s`` ago, if the camera is open already.
        """

    def close_live(self, camera_id: str, viewer: Viewer) -> None:
        """Forget a viewer that has gone."""


class LiveServer(TCPServer):
    """Accepts viewers from ``start`` to ``stop``."""

    def __init__(self, listener: socket.socket, secret: bytes, cameras: LiveCameras) -> None:
        """Prepare; ``listener`` is closed in the end, in this process only."""
        super().__init__(listener.getsockname(), _Request, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.secret = secret
        self.cameras = cameras
        self._free = BoundedSemaphore(MAX_CONNECTIONS)
        self._lock = Lock()
        self._viewers: set[Thread] = set()
        self._strangers: dict[socket.socket, float] = {}
        """Connections that have shown no password yet, and since when."""
        self._thread = Thread(target=self.serve_forever, name="homesec-live", daemon=True)

    def start(self) -> None:
        """Begin to accept viewers."""
        self._thread.start()

    def refuse(self) -> None:
        """Accept no more viewers."""
        if self._thread.ident is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()

    def join(self, timeout_s: float) -> None:
        """Wait for the threads of viewers, whose cameras have ended."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            threads = list(self._viewers)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @override
    def service_actions(self) -> None:
        """End connections that take too long to show a password, however slowly they send."""
        began_by = time.monotonic() - REQUEST_S
        with self._lock:
            late = [each for each, began in self._strangers.items() if began < began_by]
        for each in late:
            _cut(each)

    def admit(self, connection: socket.socket) -> None:
        """Let a connection that has shown the password last."""
        with self._lock:
            self._strangers.pop(connection, None)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on a thread of its own, unless there are too many."""
        if not (self._free.acquire(blocking=False) or self._make_room()):
            self.shutdown_request(request)
            return
        thread = Thread(
            target=self._serve,
            args=(request, client_address),
            name="homesec-viewer",
            daemon=True,
        )
        with self._lock:
            self._viewers.add(thread)
            self._strangers[request] = time.monotonic()
        thread.start()

    def _make_room(self) -> bool:
        """End the oldest connection without a password; return whether there's room for another.

        Otherwise, whoever opens many would keep viewers out.
        """
        with self._lock:
            oldest = next(iter(self._strangers), None)
        if oldest is None:
            return False
        _cut(oldest)
        return self._free.acquire(timeout=MAKE_ROOM_S)

    def _serve(self, request: socket.socket, client_address: object) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError as err:
            _LOGGER.debug("A viewer has gone: %s", err)
        except Exception:
            _LOGGER.exception("A viewer could not be served")
        finally:
            self.admit(request)
            self.shutdown_request(request)
            self._free.release()
            with self._lock:
                self._viewers.discard(current_thread())


def _cut(connection: socket.socket) -> None:
    """End a connection under its thread's hands."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _RequestBytes(RawIOBase):
    """The bytes of a request. It ends at ``REQUEST_BYTES``, whatever else a client sends.

    Python alone would keep 6 MiB of each stranger.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = REQUEST_BYTES

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer)[: self._left]
        count = self._connection.recv_into(wanted) if wanted else 0
        self._left -= count
        return count


class _Request(BaseHTTPRequestHandler):
    """One request: ``GET /CAMERA.ts``, with the camera's password."""

    server: LiveServer
    timeout = REQUEST_S

    @override
    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = BufferedReader(_RequestBytes(self.connection))

    def do_GET(self) -> None:
        """Send live video until one of both sides ends."""
        camera_id = requested_camera(self.path)
        header = self.headers.get("Authorization")
        if not is_authorized(header, self.server.secret, camera_id or ""):
            self._refuse(HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", 'Basic realm="HomeSec"'))
            return
        self.server.admit(self.connection)
        cameras = self.server.cameras
        lead_s = LEAD_S if self.headers.get("User-Agent", "").startswith(FFMPEG) else 0.0
        viewer = cameras.open_live(camera_id, lead_s) if camera_id else None
        if viewer is None or camera_id is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        BOARD.bind(camera_id)
        try:
            self._send(viewer)
        finally:
            cameras.close_live(camera_id, viewer)

    def _send(self, viewer: Viewer) -> None:
        if not self._wait(viewer):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.connection.settimeout(SEND_S)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        viewer.send(self.wfile.write, self._is_gone)

    def _wait(self, viewer: Viewer) -> bool:
        """Wait for the first packet; return whether one came."""
        deadline = time.monotonic() + FIRST_S
        while time.monotonic() < deadline and not viewer.closed:
            if viewer.wait(1.0):
                return True
            if self._is_gone():
                return False
        return False

    def _is_gone(self) -> bool:
        """Return whether the client has ended the connection."""
        poll = select.poll()  # unlike ``select``, it takes any number of open files
        poll.register(self.connection, select.POLLIN)
        try:
            return bool(poll.poll(0)) and not self.connection.recv(1024)
        except OSError:
            return True

    def _refuse(self, status: HTTPStatus, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def version_string(self) -> str:
        return "HomeSec"

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a request holds a password."""
