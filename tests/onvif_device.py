"""A simulated ONVIF camera on 127.0.0.1: search (WS-Discovery), device, media, and event services.

Its streams are those of another server; see ``rtsp_server.py``. As a program, it runs until it's
ended: ``python tests/onvif_device.py RTSP_MAIN RTSP_SUB USER PASSWORD`` prints its address.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
import hashlib
from http.server import BaseHTTPRequestHandler
import re
import socket
import sys
import threading
from typing import TYPE_CHECKING
import uuid

import onvif_messages as messages
from threaded_server import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    import ssl

GROUP = "239.255.255.250"
PORT = 3702
CLOCK_TOLERANCE_S = 5.0
MEDIA_OPERATIONS = ("GetProfiles", "GetStreamUri")
TOPICS = (
    "RuleEngine/CellMotionDetector/Motion",
    "RuleEngine/MyRuleDetector/PeopleDetect",
    "RuleEngine/MyRuleDetector/VehicleDetect",
    "RuleEngine/TamperDetector/Tamper",
    "Device/Trigger/DigitalInput",
    "Monitoring/ProcessorUsage",
)


@dataclass(kw_only=True)
class DeviceSettings:
    """What the device is like; a test can change it while it runs."""

    username: str = "admin"
    password: str = "secret"
    login: str = "wsse"  # or "digest" (of HTTP), "basic", or "none"
    main_url: str = "rtsp://127.0.0.1:554/main"
    sub_url: str | None = "rtsp://127.0.0.1:554/sub"
    maker: str = "Acme"
    model: str = "Dome 4"
    macs: tuple[str, ...] = ("02:00:00:00:00:01", "00-1A-2B-3C-4D-5E")
    topics: tuple[str, ...] = TOPICS
    media: tuple[str, ...] = ("trt",)  # prefixes of its media services: "trt", "tr2"
    protocols: tuple[str, ...] = ("RTSP", "RtspUnicast")  # that the second one gives addresses for
    ptz: bool = False
    ptz_spaces: tuple[str, ...] = ()  # "PanTilt", "Zoom"
    presets: dict[str, str] = field(default_factory=lambda: {"1": "Door", "2": "Gate"})
    """The names of stored positions by their tokens."""
    refuses_timeout: bool = False  # a movement that says how long it takes
    clock_ahead_s: float = 0.0
    host: str | None = None
    """The host in all addresses that it gives; None: the one it's reached at."""
    path: str = "/onvif/device_service"
    scopes: tuple[str, ...] = (
        "onvif://www.onvif.org/type/video_encoder",
        "onvif://www.onvif.org/Profile/Streaming",
        "onvif://www.onvif.org/name/Acme%20Dome",
        "onvif://www.onvif.org/hardware/Dome-4",
    )
    drops_connections: bool = False  # after each answer, without announcing it
    unknown: frozenset[str] = frozenset()  # operations that it doesn't know
    answers: dict[str, Callable[[], tuple[int, dict[str, str], bytes]]] = field(
        default_factory=dict
    )
    """What it answers to operations in place of what's right: status, headers, and body."""


class OnvifDevice:
    """Answers between ``with`` and the end of its block."""

    def __init__(
        self,
        *,
        group: tuple[str, int] | None = None,
        tls: ssl.SSLContext | None = None,
        **settings: object,
    ) -> None:
        """``group``: where it's searched, by default at a port of its own that isn't shared."""
        self.settings = DeviceSettings(**settings)
        self.id = f"urn:uuid:{uuid.uuid4()}"
        self.operations: list[str] = []  # in the order in which they were answered
        self.requests: list[str] = []  # all headers and bodies
        self.nonces: set[str] = set()
        self.moves: list[tuple[str, ...]] = []
        """What it was told to move: ("move", pan, tilt, zoom), ("stop",), ("preset", token)."""
        self._group = group
        self._server = ThreadedServer(("127.0.0.1", 0), _Handler)
        self._server.device = self
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if group is None:
            self._udp.bind(("127.0.0.1", 0))
        else:
            self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._udp.bind(group)
            member = socket.inet_aton(group[0]) + socket.inet_aton("127.0.0.1")
            self._udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._answer_searches, daemon=True)

    def __enter__(self) -> OnvifDevice:
        self._server.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._udp.settimeout(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waking, suppress(OSError):
            waking.sendto(b"", self._udp.getsockname())
        self._thread.join()
        self._udp.close()
        self._server.stop()

    @property
    def port(self) -> int:
        """The port of its services."""
        return self._server.server_address[1]

    @property
    def base(self) -> str:
        """The start of all addresses that it gives."""
        return f"{self._scheme}://{self.settings.host or '127.0.0.1'}:{self.port}"

    @property
    def address(self) -> str:
        """The address of its device service."""
        return f"{self._scheme}://127.0.0.1:{self.port}{self.settings.path}"

    @property
    def search_address(self) -> tuple[str, int]:
        """Where it can be searched."""
        return self._group or self._udp.getsockname()

    def search_answers(self, question: bytes) -> list[bytes]:
        """Return what it answers to a search."""
        found = re.search(rb"MessageID[^>]*>\s*([^<\s]+)", question)
        if found is None or b"Probe" not in question:
            return []
        answer = messages.probe_match(
            found[1].decode(),
            device_id=self.id,
            addresses=f"{self.base}{self.settings.path}",
            scopes=" ".join(self.settings.scopes),
        )
        return [answer.encode()]

    def _answer_searches(self) -> None:
        self._udp.settimeout(0.2)
        while not self._stopping.is_set():
            try:
                question, sender = self._udp.recvfrom(65_536)
            except OSError:
                continue
            if sender[0] != "127.0.0.1":  # where it has no services
                continue
            for answer in self.search_answers(question):
                with suppress(OSError):
                    self._udp.sendto(answer, sender)

    def body(self, operation: str, request: str) -> str | None:
        """Return the body of an answer; None for an operation that it doesn't know."""
        has = self.settings
        url = has.sub_url if ">sub<" in request else has.main_url
        bodies = {
            "GetSystemDateAndTime": lambda: messages.clock(has.clock_ahead_s),
            "GetServices": lambda: messages.services(
                self.base, without=tuple({"trt", "tr2"} - set(has.media))
            ),
            "GetCapabilities": lambda: messages.capabilities(self.base),
            "GetDeviceInformation": lambda: messages.information(has.maker, has.model),
            "GetNetworkInterfaces": lambda: messages.interfaces(*has.macs),
            "GetProfiles": self._profiles,
            "GetStreamUri": lambda: messages.media_uri(url or ""),
            "GetEventProperties": lambda: messages.event_properties(has.topics),
        }
        if has.ptz:
            bodies |= {
                "GetPresets": lambda: messages.presets(has.presets),
                "ContinuousMove": lambda: self._move(request),
                "Stop": self._stop,
                "GotoPreset": lambda: self._go_to_preset(request),
            }
        if operation in MEDIA_OPERATIONS:
            is_second = messages.NAMESPACES["tr2"] in request
            if ("tr2" if is_second else "trt") not in has.media:
                return None
            if is_second:
                bodies |= {
                    "GetProfiles": self._second_profiles,
                    "GetStreamUri": lambda: self._second_uri(request, url or ""),
                }
        known = bodies.keys() - has.unknown
        return bodies[operation]() if operation in known else None

    @property
    def is_moving(self) -> bool:
        """Whether its last order was a movement."""
        return bool(self.moves) and self.moves[-1][0] == "move"

    def _move(self, request: str) -> str | None:
        if self.settings.refuses_timeout and ":Timeout>" in request:
            return None
        turn = re.search(r'PanTilt [^>]*x="([^"]+)" y="([^"]+)"', request)
        zoom = re.search(r'Zoom [^>]*x="([^"]+)"', request)
        pan, tilt = turn.groups() if turn else ("0.0", "0.0")
        self.moves.append(("move", pan, tilt, zoom[1] if zoom else "0.0"))
        return "<tptz:ContinuousMoveResponse/>"

    def _stop(self) -> str:
        self.moves.append(("stop",))
        return "<tptz:StopResponse/>"

    def _go_to_preset(self, request: str) -> str | None:
        found = re.search(r"PresetToken>([^<]*)<", request)
        if found is None or found[1] not in self.settings.presets:
            return None
        self.moves.append(("preset", found[1]))
        return "<tptz:GotoPresetResponse/>"

    def _profiles(self) -> str:
        has = self.settings
        found = messages.profile(
            "main", 1920, 1080, codec="H264", fps=25, ptz=has.ptz, spaces=has.ptz_spaces
        )
        if has.sub_url is not None:
            found += messages.profile(
                "sub", 640, 360, codec="H264", fps=15, ptz=has.ptz, spaces=has.ptz_spaces
            )
        return f"<trt:GetProfilesResponse>{found}</trt:GetProfilesResponse>"

    def _second_profiles(self) -> str:
        has = self.settings
        found = messages.second_profile("main", 3840, 2160, codec="H265", fps=25, ptz=has.ptz)
        if has.sub_url is not None:
            found += messages.second_profile("sub", 640, 360, codec="H264", fps=15, ptz=has.ptz)
        return f"<tr2:GetProfilesResponse>{found}</tr2:GetProfilesResponse>"

    def _second_uri(self, request: str, url: str) -> str | None:
        protocol = re.search(r":Protocol>([^<]*)<", request)
        is_known = protocol is not None and protocol[1] in self.settings.protocols
        return messages.second_uri(url) if is_known else None

    def knows_token(self, request: str) -> bool:
        """Return whether a request has a valid WS-UsernameToken with a digest of the password."""
        found = {
            name: text
            for name in ("Username", "Password", "Nonce", "Created")
            for text in re.findall(rf":{name}(?:\s[^>]*)?>([^<]*)<", request)[:1]
        }
        if len(found) < 4 or "#PasswordDigest" not in request:
            return False
        created = datetime.fromisoformat(found["Created"])
        now = datetime.now(UTC).timestamp() + self.settings.clock_ahead_s
        data = base64.b64decode(found["Nonce"]) + found["Created"].encode()
        data += self.settings.password.encode()
        digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
        is_fresh = abs(created.timestamp() - now) < CLOCK_TOLERANCE_S
        is_new = found["Nonce"] not in self.nonces
        self.nonces.add(found["Nonce"])
        return (
            is_fresh
            and is_new
            and (found["Username"], found["Password"])
            == (
                self.settings.username,
                digest,
            )
        )

    def knows_digest(self, header: str, method: str, path: str) -> bool:
        """Return whether an ``Authorization`` header has the password's digest (RFC 7616)."""
        found = dict(re.findall(r'(\w+)="?([^",]+)"?', header))
        first = _md5(f"{self.settings.username}:onvif:{self.settings.password}")
        parts = [found.get(key, "") for key in ("nonce", "nc", "cnonce", "qop")]
        expected = _md5(":".join([first, *parts, _md5(f"{method}:{path}")]))
        return header.startswith("Digest ") and found.get("response") == expected


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        device: OnvifDevice = self.server.device
        data = self.rfile.read(int(self.headers["Content-Length"]))
        request = data.decode()
        found = re.search(r"Body[^>]*>\s*<(?:\w+:)?(\w+)", request)
        operation = found[1] if found else ""
        device.requests.append(f"{self.headers}{request}")
        if operation in device.settings.answers:
            device.operations.append(operation)
            self._send(*device.settings.answers[operation]())
            return
        if operation != "GetSystemDateAndTime" and not self._login(device, request):
            return
        device.operations.append(operation)
        body = device.body(operation, request)
        if body is None:
            self._send(500, {}, messages.fault("ter:ActionNotSupported", "No").encode())
        else:
            self._send(200, {}, messages.envelope(body).encode())

    def _login(self, device: OnvifDevice, request: str) -> bool:
        """Return whether the request may be answered; refuse it otherwise."""
        header = self.headers.get("Authorization", "")
        match device.settings.login:
            case "none":
                return True
            case "wsse" if device.knows_token(request):
                return True
            case "digest" if device.knows_digest(header, "POST", self.path):
                return True
            case "wsse":
                text = messages.fault("ter:NotAuthorized", "Sender not authorized")
                self._send(400, {}, text.encode())
            case "digest":
                challenge = 'Digest realm="onvif", nonce="abc123", qop="auth", algorithm=MD5'
                self._send(401, {"WWW-Authenticate": challenge}, b"")
            case _:
                self._send(401, {"WWW-Authenticate": 'Basic realm="onvif"'}, b"")
        return False

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)
        if self.server.device.settings.drops_connections:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    main, sub, user, secret = sys.argv[1:]
    with OnvifDevice(
        group=(GROUP, PORT), main_url=main, sub_url=sub, username=user, password=secret
    ) as running:
        print(running.address, flush=True)  # noqa: T201 - its caller reads it
        threading.Event().wait()
