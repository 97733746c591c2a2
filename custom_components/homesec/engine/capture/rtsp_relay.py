"""Stand between FFmpeg and an RTSP camera, so that every byte goes to the camera and nowhere else.

FFmpeg opens an address of the loopback interface. The relay connects to the camera, encrypts,
answers its request for a login, and passes on requests, responses, and packets. FFmpeg would follow
redirects, send a password readably, and trust any certificate; here it sees none of them.
"""

from contextlib import suppress
import re
import secrets
import selectors
import socket
import ssl
from threading import Event, Thread
import time
from typing import TYPE_CHECKING

from ..core.errors import (
    CameraBusy,
    InvalidSource,
    LoginRefused,
    OtherHostRefused,
    SourceError,
    StreamNotFound,
    TransportRefused,
)
from ..media.limits import UNREAD_BYTES, check_packet
from .link import STOP_CHECK_S, Link, PinnedHost
from .login import Login
from .rtp_over_udp import UdpTrack
from .rtsp_description import Description, read_description
from .rtsp_message import Message, MessageReader
from .rtsp_requests import PendingRequest, RtspRequests

if TYPE_CHECKING:
    from ..core.source_url import SourceUrl
    from ..core.types import SourceConfig

_COALESCE_S = 0.01
"""Between two reads of packets, so that a stream wakes two threads 100 times per second at most."""
_READ_BYTES = 1 << 18
_SEND_S = 2.0
_GOODBYE_S = 1.0
_TRANSPORT_REFUSED = 461
_FINAL_REFUSALS = frozenset({401, 403, 404, 453, 454, 503})
"""Refusals of a SETUP that have nothing to do with its transport."""
_REASONS: dict[int, type[SourceError]] = {
    403: LoginRefused,
    404: StreamNotFound,
    453: CameraBusy,
    _TRANSPORT_REFUSED: TransportRefused,
    503: CameraBusy,
}
_needs_udp: set[tuple[str, int]] = set()
"""Host and port of cameras that refused TCP: some end the connection when they do."""
_SCHEMES = ("rtsp", "rtsps")
_PASSED_HEADERS = frozenset(
    {
        *("content-base", "content-type", "public", "range", "rtp-info", "session"),
    }
)
"""What FFmpeg needs to know. By ``Server``, for instance, it changes to dialects of old servers."""


class RtspRelay:
    """One connection to a camera."""

    def __init__(
        self, config: SourceConfig, url: SourceUrl, login: Login, stop: Event, *, open_s: float
    ) -> None:
        """Connect to the camera. Raises ``SourceError``."""
        self._config = config
        self._camera = url  # what the login and the certificate belong to
        self._target = url
        self.login = login
        self._requests = RtspRequests(login, self._send_camera)
        self._stop = stop
        self._open_s = open_s
        self._closing = Event()
        self.error: SourceError | None = None
        self.playing_t: float | None = None  # monotonic time of the answer to PLAY
        self.unread_bytes = 0  # since FFmpeg returned a packet
        pinned = PinnedHost(url, config)
        self._link = pinned.connect(open_s, stop)
        self.fingerprint = pinned.fingerprint
        self._token = "/" + secrets.token_hex(16)  # other programs on this system don't know it
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self._base = f"rtsp://127.0.0.1:{port}{self._token}"
        self._local: socket.socket | None = None
        self._from_camera, self._from_ffmpeg = MessageReader(), MessageReader()
        self._uses_udp = (url.host, url.port) in _needs_udp
        self._began_with_udp = self._uses_udp
        self._has_tcp_track = False
        self._description = Description(b"")
        self._tracks: dict[int, UdpTrack] = {}  # by channel
        self._selector = selectors.DefaultSelector()
        self._thread = Thread(target=self._run, name="homesec-rtsp", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What FFmpeg has to open."""
        return self._base

    @property
    def may_be_repeated(self) -> bool:
        """Whether the camera ended the connection when it refused TCP, and wants UDP."""
        wants_udp = (self._camera.host, self._camera.port) in _needs_udp
        return wants_udp and not self._began_with_udp and self.error is None

    @property
    def left_out_audio(self) -> tuple[str, ...]:
        """Names of the codecs of announced audio that FFmpeg wasn't told of."""
        return self._description.left_out

    def close(self) -> None:
        """Close the connection, after FFmpeg has closed its own."""
        if self._local is not None:
            self._thread.join(_GOODBYE_S)  # until it has passed on FFmpeg's last request
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._local = self._accept()
            if self._local is not None:
                self._relay(self._local)
        except SourceError as err:
            self.error = self.error or err
        except OSError:
            pass  # FFmpeg sees the end of its connection, and the source is opened again
        finally:
            self._listener.close()
            self._selector.close()
            for track in self._tracks.values():
                track.close()
            self._link.close()
            if self._local is not None:
                self._local.close()

    def _ends(self) -> bool:
        return self._stop.is_set() or self._closing.is_set()

    def _accept(self) -> socket.socket | None:
        """Return FFmpeg's connection, which is the first that knows the token."""
        self._listener.settimeout(STOP_CHECK_S)
        until_t = time.monotonic() + self._open_s
        while time.monotonic() < until_t and not self._ends():
            with suppress(TimeoutError):
                local, _ = self._listener.accept()
                local.settimeout(STOP_CHECK_S)
                if self._knows_token(local):
                    self._listener.close()
                    return local
                local.close()
        return None

    def _knows_token(self, local: socket.socket) -> bool:
        until_t = time.monotonic() + 1.0
        head = b""
        while b"\r\n" not in head and len(head) < 4096 and time.monotonic() < until_t:
            try:
                data = local.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return False
            if not data:
                return False
            head += data
        if self._token.encode() not in head.partition(b"\r\n")[0]:
            return False
        self._from_ffmpeg.feed(head)
        return True

    def _relay(self, local: socket.socket) -> None:
        local.setblocking(False)
        self._selector.register(local, selectors.EVENT_READ)
        self._watch_camera()
        self._handle_ffmpeg()
        buffer = bytearray(_READ_BYTES)
        while not self._ends():
            ready = {key.fileobj for key, _ in self._selector.select(STOP_CHECK_S)}
            if local in ready:
                data = local.recv(_READ_BYTES)
                if not data:
                    return
                self._from_ffmpeg.feed(data)
                self._handle_ffmpeg()
            has_packets = False
            if self._link.sock in ready:
                has_packets = self._read_camera(local, buffer)
            for track in self._tracks.values():
                for packet in track.packets():
                    self._send_local(local, packet)
                    has_packets = True
            if has_packets:
                self._stop.wait(_COALESCE_S)

    def _watch_camera(self) -> None:
        self._link.sock.setblocking(False)
        self._selector.register(self._link.sock, selectors.EVENT_READ)

    # --- from FFmpeg to the camera

    def _handle_ffmpeg(self) -> None:
        while (item := self._from_ffmpeg.next()) is not None:
            if isinstance(item, bytes):
                self._send_reports(item)
            elif not item.is_response:
                self._forward_request(item)

    def _send_reports(self, packets: bytes) -> None:
        if not self._uses_udp:
            self._send_camera(packets)
            return
        while len(packets) >= 4:
            end = 4 + int.from_bytes(packets[2:4])
            track = self._tracks.get(packets[1] & ~1)
            if track is not None and packets[1] & 1:
                track.send_report(packets[4:end])
            packets = packets[end:]

    def _forward_request(self, request: Message) -> None:
        uri = request.uri
        if uri.startswith(self._base):
            uri = self._target.without_login + uri.removeprefix(self._base)
        cseq = request.get("cseq") or "0"
        plain = Message(f"{request.method} {uri} RTSP/1.0", request.headers, request.body)
        pending = PendingRequest(plain.with_headers(CSeq=None, Authorization=None), cseq)
        if self._uses_udp and plain.method == "SETUP":
            self._ask_for_udp(pending)
        self._requests.send(pending)

    def _send_camera(self, data: bytes) -> None:
        self._link.send(data)
        self._link.sock.setblocking(False)

    # --- from the camera to FFmpeg

    def _read_camera(self, local: socket.socket, buffer: bytearray) -> bool:
        """Pass on what has arrived; return whether packets did. Raises OSError at the end."""
        size = 0
        link = self._link
        try:
            while size < len(buffer):
                count = link.sock.recv_into(memoryview(buffer)[size:])
                if not count:
                    raise ConnectionResetError
                size += count
                if not isinstance(link.sock, ssl.SSLSocket):
                    break
        except BlockingIOError, ssl.SSLWantReadError:
            pass
        finally:
            self.unread_bytes += size
            check_packet(self.unread_bytes, UNREAD_BYTES)
            self._from_camera.feed(memoryview(buffer)[:size])
            has_packets = self._handle_camera(local)
        return has_packets

    def _handle_camera(self, local: socket.socket) -> bool:
        has_packets = False
        while (item := self._from_camera.next()) is not None:
            if isinstance(item, bytes):
                has_packets = True
                if not self._uses_udp:
                    self._send_local(local, item)
            elif item.is_response:
                self._handle_response(local, item)
            else:
                self._answer_camera(item)
        return has_packets

    def _handle_response(self, local: socket.socket, response: Message) -> None:
        pending = self._requests.match(response)
        if pending is None:
            return
        status, method = response.status, pending.request.method
        if status == 401:
            self._requests.log_in(pending, response)
        elif 300 <= status < 400:
            self._redirect(pending, response.get("location") or "")
        elif method == "SETUP" and self._wants_udp(pending, response):
            self._change_to_udp(pending)
        else:
            if method == "PLAY":
                self.playing_t = time.monotonic()
            self._send_local(local, self._translate(pending, response).encode())

    def _wants_udp(self, pending: PendingRequest, response: Message) -> bool:
        """Return whether a request for packets over TCP failed, and may work over UDP."""
        if pending.track is not None or self._has_tcp_track:
            return False
        if response.status == 200:  # some answer what they would rather do
            return "TCP" not in (response.get("transport") or "TCP").upper()
        if response.status == _TRANSPORT_REFUSED:
            return True
        final = response.status in _FINAL_REFUSALS or self._is_audio(pending)
        return response.status >= 400 and not final

    def _change_to_udp(self, pending: PendingRequest) -> None:
        self._uses_udp = True
        _needs_udp.add((self._camera.host, self._camera.port))
        self._ask_for_udp(pending)
        self._requests.send(pending)

    def _note_refusal(self, pending: PendingRequest, response: Message) -> Message:
        """Keep the reason of a refusal that ends the opening; pretend that audio works."""
        method, status = pending.request.method, response.status
        if pending.track is not None:
            _needs_udp.discard((self._camera.host, self._camera.port))
            pending.track.close()
            pending.track = None
        if method == "SETUP" and self._is_audio(pending):
            # The video must not be lost with it: no packet of this track will come.
            return Message("RTSP/1.0 200 OK", [("Transport", pending.transport)])
        if method in ("DESCRIBE", "SETUP", "PLAY") and status in _REASONS:
            self.error = self.error or _REASONS[status]()
        return response

    def _is_audio(self, pending: PendingRequest) -> bool:
        end = pending.request.uri.rpartition("/")[2]
        return end in {each.rpartition("/")[2] for each in self._description.audio_controls}

    def _translate(self, pending: PendingRequest, response: Message) -> Message:
        if response.status >= 400:
            response = self._note_refusal(pending, response)
        elif pending.request.method == "DESCRIBE":
            self._description = read_description(response.body)
            response = Message(response.first_line, response.headers, self._description.body)
        headers = [(key, text) for key, text in response.headers if key.lower() in _PASSED_HEADERS]
        if response.body:
            headers.append(("Content-Length", str(len(response.body))))
        passed = Message(f"RTSP/1.0 {response.status} OK", headers, response.body)
        if pending.request.method == "SETUP" and response.status == 200:
            transport = self._transport(pending, response.get("transport") or "")
            passed = passed.with_headers(Transport=transport)
        return passed.with_headers(CSeq=pending.cseq)

    def _transport(self, pending: PendingRequest, answered: str) -> str:
        """Return the transport as FFmpeg has to see it: always over its own connection."""
        track = pending.track
        channels = re.search(r"interleaved=(\d{1,3})-(\d{1,3})", answered)
        if track is not None and channels is not None:  # over TCP although it was asked for UDP
            track.close()
            track, self._uses_udp = None, bool(self._tracks)
        if track is None:
            if "TCP" not in answered.upper() or channels is None:
                raise TransportRefused
            self._has_tcp_track = True
            return f"RTP/AVP/TCP;unicast;interleaved={channels[1]}-{channels[2]}"
        ports = re.search(r"server_port=(\d{1,5})-(\d{1,5})", answered)
        if ports is not None:
            track.connect((int(ports[1]), int(ports[2])))
        for sock in track.sockets:
            self._selector.register(sock, selectors.EVENT_READ)
        self._tracks[track.channel] = track
        return f"RTP/AVP/TCP;unicast;interleaved={track.channel}-{track.channel + 1}"

    def _ask_for_udp(self, pending: PendingRequest) -> None:
        asked = re.search(r"interleaved=(\d{1,3})", pending.request.get("transport") or "")
        channel = int(asked[1]) & ~1 if asked else 2 * len(self._tracks)
        track = UdpTrack.open(
            self._link.sock.getsockname()[0], self._link.sock.getpeername()[0], channel
        )
        pending.track = track
        pending.request = pending.request.with_headers(Transport=track.transport)

    def _redirect(self, pending: PendingRequest, location: str) -> None:
        """Repeat a request where the camera says, if that's where it may be repeated."""
        try:
            target = self._target.join(location) if location else None
        except InvalidSource:
            target = None
        if target is None or target.scheme not in _SCHEMES:
            raise OtherHostRefused(host="?")
        if target.origin != self._target.origin:
            if not self._config.allow_other_hosts:
                raise OtherHostRefused(host=target.authority)
            self._connect_other(target)
        method, old = pending.request.method, self._target.without_login
        suffix = pending.request.uri.removeprefix(old) if pending.request.uri != old else ""
        self._target = target
        first_line = f"{method} {target.without_login}{suffix} RTSP/1.0"
        pending.request = Message(first_line, pending.request.headers, pending.request.body)
        self._requests.send(pending)

    def _connect_other(self, target: SourceUrl) -> None:
        is_camera = target.origin == self._camera.origin
        pinned = PinnedHost(target, self._config, pins_certificate=is_camera)
        link: Link = pinned.connect(self._open_s, self._stop)
        self._selector.unregister(self._link.sock)
        self._link.close()
        self._link = link
        # The login belongs to the camera, and to no other host.
        self._requests.start_over(self.login if is_camera else Login(None, None))
        self._from_camera = MessageReader()
        self._watch_camera()

    def _answer_camera(self, request: Message) -> None:
        if request.method == "REDIRECT":
            raise OtherHostRefused(host="?")
        known = request.method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER")
        status = "200 OK" if known else "501 Not Implemented"
        answer = Message(f"RTSP/1.0 {status}").with_headers(CSeq=request.get("cseq") or "0")
        self._send_camera(answer.encode())

    def _send_local(self, local: socket.socket, data: bytes) -> None:
        """Send to FFmpeg, and wait for it as long as it reads. Raises OSError."""
        left, until_t = memoryview(data), time.monotonic() + _SEND_S
        while left:
            try:
                sent = local.send(left)
            except BlockingIOError:
                if self._ends() or time.monotonic() > until_t:
                    raise TimeoutError from None
                with selectors.DefaultSelector() as writable:
                    writable.register(local, selectors.EVENT_WRITE)
                    writable.select(STOP_CHECK_S)
                continue
            left, until_t = left[sent:], time.monotonic() + _SEND_S
