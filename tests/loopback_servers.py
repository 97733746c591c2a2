"""Outside services on the loopback: a push service, a mail server, and a web site."""

from __future__ import annotations

from email import message_from_bytes, policy
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler
import json
import queue
import socketserver
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


class _ThreadServer:
    """Serves requests one after the other while the ``with`` block runs."""

    def __enter__(self):
        serve = partial(self.serve_forever, poll_interval=0.02)
        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class PushService(_ThreadServer, HTTPServer):
    """Receives the notifications that the app's push service would forward to phones."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Push)
        self.taken: queue.Queue[dict] = queue.Queue()

    def next(self, *, timeout_s: float = 10) -> dict:
        """Return the next notification without the fields for the push service."""
        notification = self.taken.get(timeout=timeout_s)
        del notification["push_token"], notification["registration_info"]
        return notification


class _Push(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"target": "phone"}'
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.server.taken.put(json.loads(body))

    def log_message(self, *_):
        pass


class Folder(_ThreadServer, HTTPServer):
    """A web site that serves a folder's files."""

    def __init__(self, folder: Path):
        super().__init__(("127.0.0.1", 0), partial(_Files, directory=str(folder)))


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class MailServer(_ThreadServer, socketserver.TCPServer):
    """Receives e-mail by SMTP without a login (a minimum of RFC 5321)."""

    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.taken: queue.Queue[EmailMessage] = queue.Queue()

    def next(self, *, timeout_s: float = 10) -> EmailMessage:
        """Return the next mail."""
        return self.taken.get(timeout=timeout_s)


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self):
        self._send("220 stand-in")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"QUIT":
                self._send("221 bye")
                return
            if verb == b"DATA":
                self._send("354 go on")
                self._read_mail()
            self._send("250 fine")

    def _read_mail(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.taken.put(message_from_bytes(b"".join(lines), policy=policy.default))

    def _send(self, answer):
        self.wfile.write(answer.encode() + b"\r\n")
