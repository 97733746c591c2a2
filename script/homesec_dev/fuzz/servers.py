"""Cameras on the loopback that send a case's bytes: over HTTP, and as RTP over RTSP."""

from __future__ import annotations

from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import random
import socketserver
from threading import Thread
import time
from typing import TYPE_CHECKING

from .cases import flipped, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type Content = Callable[[str], bytes]
    """Returns what is sent for a path."""

_TYPES = {
    "ts": "video/mp2t",
    "avi": "video/x-msvideo",
    "mp4": "video/mp4",
    "multipart": "multipart/x-mixed-replace; boundary=camera",
}
RTP_BYTES = 1200
FPS = 10
CLOCK = 90_000


class HttpCamera:
    """Serves damaged files."""

    def __init__(self, content: Content) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = content(self.path.strip("/"))
                kind = _TYPES.get(self.path.rpartition(".")[2], "application/octet-stream")
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", kind)
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        """Return a path's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class RtspCamera:
    """Serves one H.264 stream as RTP over TCP; the path's number is the seed of the damage."""

    def __init__(self, stream: bytes) -> None:
        found = units(stream)

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError, ValueError):
                    _Session(self.rfile.readline, self.wfile.write, found).run()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, seed: int) -> str:
        """Return the address of a damaged stream."""
        return f"rtsp://127.0.0.1:{self._server.server_address[1]}/{seed}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Session:
    def __init__(
        self, readline: Callable[[], bytes], send: Callable[[bytes], object], found: list[bytes]
    ) -> None:
        self._readline = readline
        self._send = send
        self._units = found
        self._rng = random.Random(0)

    def run(self) -> None:
        while line := self._readline():
            method, address, _ = line.decode(errors="replace").split(" ", 2)
            headers = dict(self._headers())
            seed = address.rstrip("/").split("/")[3]
            self._rng = random.Random(f"rtp {seed}")
            extra, body = "", b""
            match method:
                case "OPTIONS":
                    extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                case "DESCRIBE":
                    body = self._description()
                    extra = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
                case "SETUP":
                    extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
                case "PLAY":
                    extra = "Session: 1\r\n"
                case "TEARDOWN":
                    return
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers.get('cseq', '1')}\r\n{extra}\r\n"
            self._send(answer.encode() + body)
            if method == "PLAY":
                self._play()
                return

    def _headers(self) -> Iterator[tuple[str, str]]:
        while line := self._readline().strip():
            name, _, value = line.decode(errors="replace").partition(":")
            yield name.lower(), value.strip()

    def _description(self) -> bytes:
        lines = (
            *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "t=0 0"),
            *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"),
            *("a=fmtp:96 packetization-mode=1", "a=control:track1", ""),
        )
        text = "\r\n".join(lines).encode()
        return flipped(text, self._rng, 3) if self._rng.random() < 0.2 else text

    def _play(self) -> None:
        sequence = 0
        began = time.monotonic()
        for number, unit in enumerate(self._units):
            for payload, marker in _payloads(unit):
                header = bytes((0x80, 96 | marker << 7))
                header += (sequence & 0xFFFF).to_bytes(2)
                header += (number * CLOCK // FPS & 0xFFFFFFFF).to_bytes(4) + b"case"
                packet = self._damaged(header, payload)
                sequence += self._rng.choice((1, 1, 1, 1, 1, 1, 2, 0, 500))
                self._send(b"$\0" + len(packet).to_bytes(2) + packet)
            time.sleep(max(0.0, began + number * 0.02 - time.monotonic()))

    def _damaged(self, header: bytes, payload: bytes) -> bytes:
        if self._rng.random() > 0.15:
            return header + payload
        match self._rng.randrange(3):
            case 0:
                return flipped(header, self._rng, 3) + payload
            case 1:
                return header + flipped(payload[:60], self._rng, 8) + payload[60:]
            case _:
                return header + self._rng.randbytes(self._rng.randrange(100))


def _payloads(unit: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the RTP payloads of a unit (RFC 6184), each with its marker bit."""
    if len(unit) <= RTP_BYTES:
        yield unit, 1
        return
    indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F
    pieces = [unit[at : at + RTP_BYTES] for at in range(1, len(unit), RTP_BYTES)]
    for n, piece in enumerate(pieces):
        first, last = n == 0, n == len(pieces) - 1
        yield bytes((indicator, first << 7 | last << 6 | kind)) + piece, int(last)
