"""An RTSP camera on 127.0.0.1 that misbehaves as cameras in the field do.

    with MisbehavingCamera(Film(path), clock=standing(2.0, 8.0), sounds=[g726()]) as camera:
        rig.engine.set_camera(stream_camera(camera.url), Activity.RECORD)

It plays its film in real time and again and again, over the connection (TCP) or by UDP. Faults of
time are in ``camera_clocks.py``, sound tracks in ``camera_sound.py``.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
import hashlib
import math
import re
import socket
import threading
import time
from typing import TYPE_CHECKING

from camera_clocks import START_NTP_S, steady
from camera_film import rtp_payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from camera_clocks import Clock, Reports
    from camera_film import Film, Picture
    from camera_sound import Sound

VIDEO_HZ = 90_000
_NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_REALM, _NONCE = "camera", "5f3a9c"
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Sets(StrEnum):
    """Where the parameter sets are."""

    BOTH = "both"
    IN_BAND = "in-band"  # before each keyframe only
    OUT_OF_BAND = "out-of-band"  # in the description only
    FIRST = "first"  # in band before the first keyframe of a connection, and never again


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """Everything that a camera can do wrong; the defaults are a camera as it should be."""

    clock: Clock = steady  # of the pictures' time stamps
    first_ticks: int = 0x1000  # of the first time stamp; 2**32 - 90_000 wraps after a second
    reports: Reports | None = None  # sender reports of the pictures
    report_every_s: float = 5.0
    delivery: Clock = steady
    sets: Sets = Sets.BOTH
    announced_sets: Sequence[bytes] | None = None  # in the description; None: the film's
    edit: Callable[[Picture, float], Sequence[bytes]] | None = None
    """Returns what is sent instead of a picture's NAL units; gets its seconds since PLAY."""
    marks: Callable[[int, int], bool] = lambda n, count: n == count - 1
    """Whether the n-th of ``count`` NAL units of a picture has RTP's marker."""
    sounds: Sequence[Sound] = ()
    delays_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds before the answer to a method; of ``MEDIA``: before the first packet."""
    joins: bool = False  # a relay: joined wherever its film is, in the middle of a GOP
    start_s: float = 0.0  # where in the film a connection begins, or began with ``joins``
    ends_after_s: float = math.inf  # the connection is closed
    stalls_after_s: float = math.inf  # no more pictures, but sound
    refuses_tcp: bool = False  # 461 to TCP
    login: str | None = None  # "user:password"
    basic: bool = False  # with ``login``: asks for it readably
    digests: Sequence[str] = ()  # with ``login``: ``MD5``, ``SHA-256``, or both, in this order
    extra_sdp: Sequence[str] = ()  # lines after all others


class MisbehavingCamera:
    """Listens until closed; takes the fields of ``Behavior``, or a ``behavior``."""

    def __init__(
        self, film: Film, *, behavior: Behavior | None = None, port: int = 0, **options: object
    ) -> None:
        """Listen at ``port``; 0 is any."""
        self.film = film
        self.behavior = behavior or Behavior(**options)
        self.born_t = time.monotonic()
        self.requests: list[tuple[str, str]] = []
        """Method and URI of each request."""
        self.closing = threading.Event()
        self._connections: list[_Connection] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The stream's address, without the login."""
        return f"rtsp://127.0.0.1:{self.port}/stream"

    @property
    def plays(self) -> int:
        """How often it was asked to play."""
        return sum(method == "PLAY" for method, _ in self.requests)

    def cut(self) -> None:
        """Close all connections, and go on listening."""
        for each in self._connections:
            each.close()

    def close(self) -> None:
        """Stop, and wait for all threads."""
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for each in self._connections:
            each.close()
            each.join()

    def __enter__(self) -> MisbehavingCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._connections.append(_Connection(self, self._listener.accept()[0]))

    def description(self) -> str:
        """Return the SDP (RFC 8866)."""
        film, behavior = self.film, self.behavior
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0"]
        name = {"h264": "H264", "hevc": "H265"}[film.codec]
        lines += ["a=control:*", "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {name}/{VIDEO_HZ}"]
        parameters = ["packetization-mode=1"] if film.codec == "h264" else []
        sets = film.parameter_sets if behavior.announced_sets is None else behavior.announced_sets
        if behavior.sets in (Sets.BOTH, Sets.OUT_OF_BAND):
            texts = [b64encode(nal).decode() for nal in sets]
            if film.codec == "h264":
                parameters.append("sprop-parameter-sets=" + ",".join(texts))
            else:
                named = zip(("vps", "sps", "pps"), texts, strict=True)
                parameters += [f"sprop-{kind}={text}" for kind, text in named]
        if parameters:
            lines.append("a=fmtp:96 " + ";".join(parameters))
        lines.append("a=control:video")
        for n, sound in enumerate(behavior.sounds):
            lines.append(f"m=audio 0 RTP/AVP {sound.payload_type}")
            lines.append(f"a=rtpmap:{sound.payload_type} {sound.rtpmap}")
            if sound.fmtp:
                lines.append(f"a=fmtp:{sound.payload_type} {sound.fmtp}")
            lines.append(f"a=control:sound{n}")
        return "\r\n".join((*lines, *behavior.extra_sdp)) + "\r\n"

    def challenges(self) -> list[str]:
        """Return the headers of a 401."""
        algorithms = [f', algorithm="{name}"' for name in self.behavior.digests]
        found = [f'Digest realm="{_REALM}", nonce="{_NONCE}"{end}' for end in algorithms]
        if self.behavior.basic:
            found.append(f'Basic realm="{_REALM}"')
        return [f"WWW-Authenticate: {each}" for each in found]

    def accepts_login(self, method: str, authorization: str) -> bool:
        """Return whether a request may be answered."""
        if self.behavior.login is None:
            return True
        user, _, password = self.behavior.login.partition(":")
        kind, _, rest = authorization.partition(" ")
        if kind == "Basic":
            return self.behavior.basic and rest == b64encode(self.behavior.login.encode()).decode()
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', rest))
        algorithm = given.get("algorithm", "MD5")
        if algorithm not in self.behavior.digests or given.get("nonce") != _NONCE:
            return False

        def digest(text: str) -> str:
            return _HASHES[algorithm](text.encode()).hexdigest()

        secret, asked = (
            digest(f"{user}:{_REALM}:{password}"),
            digest(f"{method}:{given.get('uri')}"),
        )
        between = [_NONCE]
        if given.get("qop"):
            between += [given.get("nc", ""), given.get("cnonce", ""), given["qop"]]
        return given.get("response") == digest(":".join((secret, *between, asked)))


class _Track:
    """One track of one connection, and how its packets reach the client."""

    def __init__(self, channel: int, send: Callable[[int, bytes], None]) -> None:
        self._channel, self._send = channel, send
        self._sequence = 100
        self._source = 0x1000 + channel

    def rtp(self, kind: int, ticks: float, payload: bytes, *, marker: bool) -> None:
        """Send a packet (RFC 3550, 5.1)."""
        head = bytes([0x80, kind | (0x80 if marker else 0)])
        head += (self._sequence & 0xFFFF).to_bytes(2) + _word(ticks) + _word(self._source)
        self._sequence += 1
        self._send(self._channel, head + payload)

    def report(self, ntp_s: float, ticks: float) -> None:
        """Send a sender report (RFC 3550, 6.4.1)."""
        ntp = int((ntp_s + _NTP_EPOCH_S) * 2**32) & (2**64 - 1)
        head = b"\x80\xc8\x00\x06" + _word(self._source) + ntp.to_bytes(8) + _word(ticks)
        self._send(self._channel + 1, head + _word(1) + _word(1))


def _word(value: float) -> bytes:
    return (math.floor(value) & 0xFFFFFFFF).to_bytes(4)


class _Connection:
    """Answers one client."""

    def __init__(self, camera: MisbehavingCamera, sock: socket.socket) -> None:
        self._camera, self._sock = camera, sock
        self._behavior = camera.behavior
        self._lock = threading.Lock()
        self._tracks: dict[str, _Track] = {}  # by the end of their URI
        self._udp: dict[int, tuple[socket.socket, tuple[str, int]]] = {}  # by channel
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._answer_all, daemon=True)]
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._threads[0].start()

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    # --- requests

    def _answer_all(self) -> None:
        buffer = b""
        try:
            while data := self._sock.recv(65536):
                buffer = self._answer_complete(buffer + data)
        except OSError:
            pass
        finally:
            self.close()
            self._sock.close()
            for sock, _ in self._udp.values():
                sock.close()

    def _answer_complete(self, buffer: bytes) -> bytes:
        """Answer the requests in ``buffer``; return what is left of it."""
        while buffer:
            if buffer[:1] == b"$":  # a receiver report
                end = 4 + int.from_bytes(buffer[2:4])
                if len(buffer) < end:
                    break
                buffer = buffer[end:]
                continue
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if not found:
                break
            first, *lines = head.decode().split("\r\n")
            method, uri, _ = first.split(" ")
            headers = {k.lower(): v.strip() for k, _, v in (x.partition(":") for x in lines)}
            self._camera.requests.append((method, uri))
            self._answer(method, uri, headers)
            buffer = rest
        return buffer

    def _answer(self, method: str, uri: str, headers: Mapping[str, str]) -> None:
        if self._ended.wait(self._behavior.delays_s.get(method, 0.0)):
            return
        cseq = headers.get("cseq", "0")
        authorization = headers.get("authorization", "")
        if method != "OPTIONS" and not self._camera.accepts_login(method, authorization):
            self._reply(cseq, "401 Unauthorized", *self._camera.challenges())
            return
        match method:
            case "OPTIONS":
                self._reply(cseq, "200 OK", "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
            case "DESCRIBE":
                body = self._camera.description()
                self._reply(cseq, "200 OK", f"Content-Base: {uri}/", body=body)
            case "SETUP":
                self._set_up(cseq, uri, headers.get("transport", ""))
            case "PLAY":
                self._reply(cseq, "200 OK", "Session: 1234")
                thread = threading.Thread(target=self._play, daemon=True)
                self._threads.append(thread)
                thread.start()
            case _:
                self._reply(cseq, "200 OK", "Session: 1234")

    def _reply(self, cseq: str, status: str, *headers: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq}", *headers]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        with self._lock:
            self._sock.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _set_up(self, cseq: str, uri: str, transport: str) -> None:
        by_tcp = "TCP" in transport.upper()
        if by_tcp and self._behavior.refuses_tcp:
            self._reply(cseq, "461 Unsupported Transport")
            return
        channel = 2 * len(self._tracks)
        if by_tcp:
            answer = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        else:
            answer = self._open_udp(channel, transport)
        self._tracks[uri.rpartition("/")[2]] = _Track(channel, self._send)
        self._reply(cseq, "200 OK", "Session: 1234;timeout=60", f"Transport: {answer}")

    def _open_udp(self, channel: int, transport: str) -> str:
        asked = re.search(r"client_port=(\d+)-(\d+)", transport)
        host = self._sock.getpeername()[0]
        ports = []
        for n in range(2):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", 0))
            ports.append(sock.getsockname()[1])
            self._udp[channel + n] = (sock, (host, int(asked[1 + n])))
        return (
            f"RTP/AVP;unicast;client_port={asked[1]}-{asked[2]};server_port={ports[0]}-{ports[1]}"
        )

    def _send(self, channel: int, packet: bytes) -> None:
        if channel in self._udp:
            sock, address = self._udp[channel]
            sock.sendto(packet, address)
            return
        with self._lock:
            self._sock.sendall(b"$" + bytes([channel]) + len(packet).to_bytes(2) + packet)

    # --- media

    def _play(self) -> None:
        with suppress(OSError):
            self._send_media()
        if not self._ended.is_set():
            self.close()

    def _send_media(self) -> None:
        behavior, film = self._behavior, self._camera.film
        if self._ended.wait(behavior.delays_s.get("MEDIA", 0.0)):
            return
        begin_t = time.monotonic()
        start_s = behavior.start_s + (begin_t - self._camera.born_t if behavior.joins else 0.0)
        media = _Media(behavior, film, self._tracks)
        base_s: float | None = None
        for round_s, picture in film.from_time(start_s):
            if base_s is None:
                base_s = round_s + picture.dts_s
            since_s = round_s + picture.dts_s - base_s
            if since_s > behavior.ends_after_s:
                return
            due_t = begin_t + behavior.delivery(since_s)
            media.send_sounds(since_s)
            while (wait_s := due_t - time.monotonic()) > 0:
                if self._ended.wait(min(wait_s, 60.0)):
                    return
            if self._ended.is_set():
                return
            if since_s <= behavior.stalls_after_s:
                # A relay's time stamps go on from where it is.
                shift_s = round_s - (0.0 if behavior.joins else base_s)
                media.send_picture(picture, since_s, picture.pts_s + shift_s)


class _Media:
    """What one connection has sent."""

    def __init__(self, behavior: Behavior, film: Film, tracks: Mapping[str, _Track]) -> None:
        self._behavior, self._film, self._tracks = behavior, film, tracks
        self._sent_keyframe = False
        self._next_report_s = 0.0
        self._sound_packets = [math.ceil(x.from_s * x.clock_hz / x.ticks) for x in behavior.sounds]
        self._next_sound_report_s = [0.0 for _ in behavior.sounds]

    def send_picture(self, picture: Picture, since_s: float, shown_s: float) -> None:
        """Send a picture that is shown at ``shown_s`` of the camera's own time."""
        behavior, track = self._behavior, self._tracks.get("video")
        if track is None:
            return
        if behavior.reports is not None and since_s >= self._next_report_s:
            self._next_report_s = since_s + behavior.report_every_s
            self._report(track, behavior.reports(since_s), VIDEO_HZ, behavior.first_ticks)
        nals = self._nals(picture, since_s)
        ticks = behavior.first_ticks + behavior.clock(shown_s) * VIDEO_HZ
        for n, nal in enumerate(nals):
            payloads = rtp_payloads(self._film.codec, nal)
            for at, payload in enumerate(payloads):
                marker = behavior.marks(n, len(nals)) and at == len(payloads) - 1
                track.rtp(96, ticks, payload, marker=marker)

    def _nals(self, picture: Picture, since_s: float) -> Sequence[bytes]:
        behavior = self._behavior
        strips = behavior.sets is Sets.OUT_OF_BAND
        strips |= behavior.sets is Sets.FIRST and self._sent_keyframe
        self._sent_keyframe |= picture.keyframe
        if behavior.edit is not None:
            return behavior.edit(picture, since_s)
        return [nal for nal in picture.nals if not (strips and self._film.is_parameter_set(nal))]

    def send_sounds(self, until_s: float) -> None:
        """Send the sound before ``until_s``."""
        for n, sound in enumerate(self._behavior.sounds):
            track = self._tracks.get(f"sound{n}")
            while track is not None:
                at_s = self._sound_packets[n] * sound.ticks / sound.clock_hz
                if at_s >= until_s:
                    break
                if at_s % sound.every_s >= sound.until_s:
                    self._sound_packets[n] += 1
                    continue
                if sound.reports is not None and at_s >= self._next_sound_report_s[n]:
                    self._next_sound_report_s[n] = at_s + self._behavior.report_every_s
                    self._report(track, sound.reports(at_s), sound.clock_hz, 0)
                payload = sound.payload(self._sound_packets[n])
                ticks = sound.clock(at_s) * sound.clock_hz
                track.rtp(sound.payload_type, ticks, payload, marker=True)
                self._sound_packets[n] += 1

    @staticmethod
    def _report(track: _Track, times: tuple[float, float] | None, hz: int, first: int) -> None:
        if times is not None:
            track.report(times[0], first + times[1] * hz)


__all__ = ["START_NTP_S", "Behavior", "MisbehavingCamera", "Sets"]
