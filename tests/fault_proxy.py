"""An HTTP proxy in front of a server that causes faults of networks and services.

``proxy.add(Fault(...))`` makes the next matching requests fail; ``proxy.down()`` refuses all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
import json
import socket
import ssl
import struct
import threading

from threaded_server import ThreadedServer

PIECE_BYTES = 16 * 2**10
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding"}


class Kind(StrEnum):
    """What happens to a request."""

    HANG = "hang"
    """The request is read and never answered."""
    RESET = "reset"
    """The connection is reset after ``after_bytes`` of the request's body were forwarded."""
    LOSE = "lose"
    """The request is forwarded, but the connection is reset in place of the answer."""
    STATUS = "status"
    """It is answered with ``status`` without being forwarded."""
    CORRUPT_REQUEST = "corrupt_request"
    """A bit of the request's body is flipped."""
    CORRUPT_ANSWER = "corrupt_answer"
    """A bit of the answer's body is flipped."""
    CORRUPT_CHECKSUM = "corrupt_checksum"
    """The MD5 in a JSON answer is changed."""
    CUT_ANSWER = "cut_answer"
    """The connection is reset after half of the answer's body."""


@dataclass(kw_only=True)
class Fault:
    """A fault of the next ``times`` matching requests."""

    kind: Kind
    method: str = ""
    path: str = ""
    """A substring of the path and query."""
    times: int = 1
    skip: int = 0
    """Number of matching requests that pass first."""
    after_bytes: int = 0
    status: int = 503
    body: dict | bytes = b""
    headers: dict = field(default_factory=dict)

    def matches(self, method, path):
        return self.times > 0 and self.method in ("", method) and self.path in path


def google_error(status, message, reason=""):
    """Return an error body as Google's JSON API gives it."""
    entry = {"message": message, "domain": "global", "reason": reason}
    return {"error": {"code": status, "message": message, "errors": [entry]}}


class FaultProxy:
    """A proxy with faults; a context manager."""

    def __init__(self, host: str, port: int, *, at_port: int = 0) -> None:
        self.upstream = (host, port)
        self.seen: list[tuple[str, str, int]] = []
        """(method, path and query, number of forwarded bytes of the body)."""
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._server: _Server | None = None
        self._port = at_port

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.down()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def up(self):
        """Listen on the same port as before."""
        self.released.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_port
        self._server.start()

    def down(self):
        """Close every connection and refuse new ones."""
        self.released.set()
        if self._server is not None:
            self._server.stop()
            self._server = None

    def add(self, *faults):
        with self._lock:
            self._faults += faults

    def clear(self):
        with self._lock:
            self._faults.clear()

    def pick(self, method, path) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, path):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    def count(self, method="", path=""):
        """Return the number of matching requests."""
        return sum(method in ("", m) and path in p for m, p, _ in self.seen)


class _Server(ThreadedServer):
    allow_reuse_address = True

    def __init__(self, address, proxy):
        self.proxy = proxy
        super().__init__(address, _Handler)

    def cut(self, sock):
        with_reset(sock)


def with_reset(sock):
    """Close a connection so that the other side sees a reset."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
        sock.close()
    except OSError:
        pass


class _CutError(Exception):
    """The client's connection has to be reset."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_):
        pass

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def _any(self):
        proxy = self.server.proxy
        fault = proxy.pick(self.command, self.path)
        self._left = int(self.headers.get("Content-Length", 0))
        self._passed = 0
        self._noted = False
        upstream = HTTPConnection(*proxy.upstream, timeout=30)
        try:
            self._serve(fault, upstream)
        except _CutError, HTTPException, OSError:
            self._record()
            self.close_connection = True
            self.wfile.close = lambda: None
            self.rfile.close()
            with_reset(self.connection)
        finally:
            upstream.close()

    def _record(self):
        """Record the request before the client can see an answer."""
        if not self._noted:
            self._noted = True
            self.server.proxy.seen.append((self.command, self.path, self._passed))

    def _serve(self, fault, upstream):
        kind = fault.kind if fault else None
        match kind:
            case Kind.HANG:
                self.server.proxy.released.wait()
                raise _CutError
            case Kind.STATUS:
                self._drain()
                body = fault.body
                if isinstance(body, dict):
                    body = json.dumps(body).encode()
                self._answer(fault.status, fault.headers, body)
                return
        reset_at = fault.after_bytes if kind is Kind.RESET else None
        status, headers, body = self._forward(
            upstream, reset_at=reset_at, flip=kind is Kind.CORRUPT_REQUEST
        )
        if kind is Kind.LOSE:
            raise _CutError
        if kind is Kind.CORRUPT_ANSWER and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        if kind is Kind.CORRUPT_CHECKSUM:
            resource = json.loads(body)
            resource["md5Hash"] = "AAAAAAAAAAAAAAAAAAAAAA=="
            body = json.dumps(resource).encode()
        self._answer(status, headers, body, cut=kind is Kind.CUT_ANSWER)

    def _forward(self, upstream, *, reset_at, flip):
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP:
                upstream.putheader(name, value)
        upstream.endheaders()
        while self._left:
            wanted = PIECE_BYTES
            if reset_at is not None:
                wanted = min(wanted, reset_at - self._passed)
                if wanted <= 0:
                    raise _CutError
            piece = self._read(wanted)
            if flip:
                piece, flip = bytes([piece[0] ^ 1]) + piece[1:], False
            upstream.send(piece)
            self._passed += len(piece)
        if reset_at is not None:
            raise _CutError
        response = upstream.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    def _read(self, most):
        piece = self.rfile.read(min(most, self._left))
        if not piece:
            raise _CutError
        self._left -= len(piece)
        return piece

    def _drain(self):
        while self._left:
            self._read(PIECE_BYTES)

    def _answer(self, status, headers, body, *, cut=False):
        self._record()
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        # An answer to HEAD has the length of a body that it doesn't contain.
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
        if cut:
            raise _CutError


def serve(
    handler: Callable[[BaseHTTPRequestHandler], None], tls: ssl.SSLContext | None = None
) -> ThreadedServer:
    """Run a small HTTP server on a free port of the loopback; end it with ``stop``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def __getattr__(self, name):
            if name.startswith("do_"):
                return lambda: handler(self)
            raise AttributeError(name)

    server = ThreadedServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.start()
    return server
