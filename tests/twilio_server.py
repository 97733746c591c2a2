"""A stand-in for Twilio's API on the loopback that checks requests and fails on command.

In a test: ``with TwilioServer() as twilio``. Alone: ``python -m twilio_server`` prints its port;
``GET /_messages`` returns the accepted texts, ``GET /_seen`` the number of requests and complaints,
``POST /_faults`` accepts the JSON of a ``Fault``.
"""

from base64 import b64decode
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
import json
import socket
import struct
import sys
import threading
import time
from urllib.parse import parse_qsl, urlsplit

from threaded_server import ThreadedServer
from twilio_messages import RESOURCE, Messages, RefusedError

FIELDS = {"To", "From", "MessagingServiceSid", "Body", "MediaUrl"}


class Kind(StrEnum):
    """What happens to a request."""

    REFUSE = "refuse"
    """Answered with ``status`` and ``code``, without effect."""
    HANG = "hang"
    """Never answered."""
    RESET = "reset"
    """The connection is reset."""
    ACCEPT_HANG = "accept_hang"
    """Accepted, and never answered."""
    ACCEPT_RESET = "accept_reset"
    ACCEPT_REFUSE = "accept_refuse"
    """Accepted, and answered as if refused."""
    ACCEPT_GARBAGE = "accept_garbage"
    """Accepted, and answered with invalid JSON."""
    LATE = "late"
    """Accepted ``after_s`` seconds after the connection was reset."""


@dataclass(kw_only=True)
class Fault:
    """A fault of the next ``times`` matching requests."""

    kind: Kind = Kind.REFUSE
    status: int = 400
    code: int | None = None
    headers: dict = field(default_factory=dict)
    method: str = "POST"
    to: str = ""
    times: int = 1
    after_s: float = 0.0

    def matches(self, method, fields):
        return self.times > 0 and method == self.method and self.to in ("", fields.get("To"))


class TwilioServer(ThreadedServer):
    """Stores accepted texts in ``messages`` in the API's format, oldest first."""

    def __init__(self, port=0, *, tls=None):
        super().__init__(("127.0.0.1", port), _Handler)
        self._scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.account = Messages()
        self.requests = []
        """(method, address, fields, time) of every request."""
        self.complaints = []
        """Requests that Twilio may accept but doesn't document."""
        self.released = threading.Event()
        self.timers = []
        """Delayed effects of requests that have ended."""
        self._faults = []
        self._lock = self.account.lock

    @property
    def messages(self):
        return self.account.all

    @property
    def url(self):
        return f"{self._scheme}://127.0.0.1:{self.server_port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.stop()
        for timer in self.timers:
            timer.cancel()
            timer.join()

    def pick(self, method, fields):
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, fields):
                    fault.times -= 1
                    return fault
        return None

    # --- what tests ask -----------------------------------------------------------------------

    def add(self, *faults):
        with self._lock:
            self._faults += faults

    def refuse(self, code, *, status=400, **options):
        """Answer the next text with an error code."""
        self.add(Fault(status=status, code=code, **options))

    def clear(self):
        with self._lock:
            self._faults.clear()

    def bodies(self, to=None):
        with self._lock:
            return [m["body"] for m in self.messages if to in (None, m["to"])]

    def asked(self, method):
        """Return the fields of all matching requests."""
        with self._lock:
            return [fields for m, _, fields, _ in self.requests if m == method]

    def wait_for(self, count, timeout_s=60.0):
        """Wait until it has accepted this many texts."""
        with self._lock:
            met = self.account.arrived.wait_for(lambda: len(self.messages) >= count, timeout_s)
        assert met, self.messages


class _CutError(Exception):
    """The connection has to be reset."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TwilioServer

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def _serve(self, method):
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if parts.path.startswith("/_"):
            self._control(parts.path, body)
            return
        pairs = parse_qsl(body if method == "POST" else parts.query, keep_blank_values=True)
        fields = {name: value for name, value in pairs if name != "MediaUrl"}
        media = [value for name, value in pairs if name == "MediaUrl"]
        with self.server._lock:
            self.server.requests.append((method, parts.path, dict(pairs), time.time()))
        try:
            self._answer(*self._result(method, parts.path, fields, media))
        except RefusedError as err:
            self._answer(err.status, err.body, err.headers)
        except _CutError:
            self.close_connection = True
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _result(self, method, path, fields, media):
        matched = RESOURCE.fullmatch(path)
        if not matched:
            raise RefusedError(404, 20404, f"The requested resource {path} was not found")
        account, sid = matched.groups()
        fault = self.server.pick(method, fields)
        if fault is not None and fault.kind in (Kind.HANG, Kind.RESET, Kind.REFUSE, Kind.LATE):
            self._fail(fault, fields, media)
        self.server.account.login(account, *self._login())
        if method == "GET":
            found = (
                self.server.account.fetch(sid) if sid else self.server.account.page(account, fields)
            )
            return 200, found, {}
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            raise RefusedError(415, 20415, "Unsupported media type")
        if odd := fields.keys() - FIELDS:
            self.server.complaints.append(f"unknown fields {odd}")
        message = self.server.account.create(fields, media)
        if fault is None:
            return 201, message, {}
        if fault.kind is Kind.ACCEPT_GARBAGE:
            return 201, b"<html>a proxy</html>", {}
        return self._fail(fault, fields, media)

    def _fail(self, fault, fields, media):
        match fault.kind:
            case Kind.REFUSE | Kind.ACCEPT_REFUSE:
                raise RefusedError(fault.status, fault.code, headers=fault.headers)
            case Kind.HANG | Kind.ACCEPT_HANG:
                self.server.released.wait(60)
            case Kind.LATE:
                late = threading.Timer(fault.after_s, self.server.account.create, (fields, media))
                self.server.timers.append(late)
                late.start()
        raise _CutError

    def _login(self):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            raise RefusedError(401, 20003, "Authenticate")
        user, _, secret = b64decode(value).decode().partition(":")
        return user, secret

    def _control(self, path, body):
        if path == "/_messages":
            self._answer(200, self.server.messages, {})
        elif path == "/_seen":
            seen = {"requests": len(self.server.requests), "complaints": self.server.complaints}
            self._answer(200, seen, {})
        elif path == "/_faults":
            order = json.loads(body)
            order["kind"] = Kind(order.get("kind", Kind.REFUSE))
            self.server.add(Fault(**order))
            self._answer(200, asdict(Fault(**order)), {})
        else:
            self._answer(404, {"code": 20404}, {})

    def _answer(self, status, body, headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    """Run until standard input ends."""
    with TwilioServer() as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
