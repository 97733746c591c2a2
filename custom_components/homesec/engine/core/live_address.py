"""The addresses of live video on the loopback, with a password that each camera has of its own.

It's a password, and no part of the path, since Home Assistant and go2rtc hide passwords in what
they log, but not paths.
"""

from base64 import b64encode
import hashlib
import hmac
import socket
from urllib.parse import quote, unquote

HOST = "127.0.0.1"
USER = "homesec"
SUFFIX = ".ts"
WAITING = 16  # connections that wait to be accepted


def open_listener() -> socket.socket:
    """Return a socket that listens on a free port of the loopback. Raises ``OSError``."""
    listener = socket.create_server((HOST, 0), backlog=WAITING)
    # Accepting must not wait for a client that has gone away meanwhile.
    listener.setblocking(False)
    return listener


def live_url(port: int, secret: bytes, camera_id: str) -> str:
    """Return the address of a camera's live video. It holds a password: never log it."""
    path = quote(camera_id, safe="")
    return f"http://{USER}:{_password(secret, camera_id)}@{HOST}:{port}/{path}{SUFFIX}"


def requested_camera(path: str) -> str | None:
    """Return the id of the camera whose live video has this path; None if none has."""
    if not path.startswith("/") or not path.endswith(SUFFIX):
        return None
    return unquote(path[1 : -len(SUFFIX)])


def is_authorized(header: str | None, secret: bytes, camera_id: str) -> bool:
    """Return whether the header ``Authorization`` has a camera's password (RFC 7617)."""
    wanted = b64encode(f"{USER}:{_password(secret, camera_id)}".encode()).decode()
    given = (header or "").encode(errors="replace")
    return hmac.compare_digest(given, f"Basic {wanted}".encode())


def _password(secret: bytes, camera_id: str) -> str:
    return hmac.new(secret, camera_id.encode(), hashlib.sha256).hexdigest()
