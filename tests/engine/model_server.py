"""A local HTTP server for model files that breaks off, lies, and hangs as a test asks it to."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Event
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from threaded_server import ThreadedServer


class ModelServer(ThreadedServer):
    """Serves ``/host/name``; tests set its faults."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.ranges = []
        self.cut_at = []  # bytes after which the next responses break off
        self.status = {}
        self.ignore_range = False
        self.content_range = None
        self.hold = None  # waited for after half of a body
        self.reached_half = Event()

    def fetch(self, request, timeout_s):
        """Open https://HOST.test/NAME, which is /HOST/NAME here."""
        parts = urlsplit(request.full_url)
        host = parts.hostname.removesuffix(".test")
        url = f"http://127.0.0.1:{self.server_port}/{host}{parts.path}"
        return urlopen(Request(url, headers=dict(request.header_items())), timeout=timeout_s)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        requested = self.headers.get("Range")
        server.ranges.append((self.path, requested))
        content = server.files.get(self.path)
        if content is None or self.path in server.status:
            self.send_error(server.status.get(self.path, 404))
            return
        first = 0
        if requested and not server.ignore_range:
            first = int(requested.removeprefix("bytes=").removesuffix("-"))
            if first >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if first else 200)
        if first:
            span = f"bytes {first}-{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", server.content_range or span)
        body = content[first:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.cut_at:
            self.wfile.write(body[: server.cut_at.pop(0)])
            self.close_connection = True
        elif server.hold:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            server.reached_half.set()
            server.hold.wait(10)
        else:
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def model_server():
    server = ModelServer()
    server.start()
    yield server
    if server.hold:
        server.hold.set()
    server.stop()
