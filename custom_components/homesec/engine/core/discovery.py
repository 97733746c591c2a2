"""What a search of the network finds, and what a camera tells of itself after its login.

All texts come from devices: they are bounded and printable, but nothing else is known of them.
Addresses always have the host that the device itself was reached at.
"""

from dataclasses import dataclass, field
from enum import StrEnum

LOW_WIDTH = 960
"""A stream is a low-resolution one if its pictures are at most this wide."""

PICTURE_CODECS = ("mjpeg",)
"""Of streams in which each picture is whole, which take much more room."""


class EventKind(StrEnum):
    """What a camera's own detection reports."""

    PERSON = "person"
    MOTION = "motion"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    FACE = "face"
    DOORBELL = "doorbell"
    SOUND = "sound"
    TAMPER = "tamper"
    CROSSING = "crossing"  # of a line, or into a field
    INPUT = "input"  # a contact that is wired to the camera


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifDevice:
    """A device that answered the search (ONVIF, WS-Discovery). No login was needed for this."""

    id: str  # its own name for itself, which stays the same when its address changes
    address: str
    """URL of its device service, without a login; what ``read_device`` opens."""
    host: str  # an IP address, without brackets
    port: int
    name: str = ""
    maker: str = ""
    model: str = ""  # its hardware, as ONVIF calls it
    mac: str | None = None  # like 00:1a:2b:3c:4d:5e; few devices tell it before a login
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamProfile:
    """One of the streams that a camera offers."""

    token: str
    name: str
    url: str = field(repr=False)
    """Without a login; it may hold a token."""
    codec: str = ""  # as FFmpeg names it: h264, hevc, mjpeg
    width: int = 0
    height: int = 0
    fps: float | None = None
    audio_codec: str | None = None  # as FFmpeg names it; None without sound
    source: str = ""  # the camera's name for the sensor that the pictures come from
    pans: bool = False  # whether the camera can be turned with this profile
    zooms: bool = False

    @property
    def pixels(self) -> int:
        """Pixels of a picture."""
        return self.width * self.height

    @property
    def rank(self) -> tuple[bool, int]:
        """What's better is higher: video before single pictures, and then the size."""
        return self.codec not in PICTURE_CODECS, self.pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedEvent:
    """A topic that a camera reports events of."""

    kind: EventKind
    topic: str  # like RuleEngine/CellMotionDetector/Motion


@dataclass(frozen=True, slots=True, kw_only=True)
class MovableDevice:
    """How to reach a camera that can be moved (ONVIF, PTZ service)."""

    address: str
    """URL of its device service, without a login."""
    profile: str  # the token of one of its profiles
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """How a camera moves: each is a share of its highest speed, and 0 doesn't move."""

    pan: float = 0.0  # -1 to the left … 1 to the right
    tilt: float = 0.0  # -1 down … 1 up
    zoom: float = 0.0  # -1 out … 1 in


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position that a camera has stored; *preset* in ONVIF."""

    token: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDetails:
    """What a camera tells of itself after its login."""

    maker: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    mac: str | None = None  # like 00:1a:2b:3c:4d:5e
    profiles: tuple[StreamProfile, ...] = ()  # in the camera's own order
    events: tuple[OfferedEvent, ...] = ()
    address: str = ""  # URL of its device service, without a login
    ptz: bool = False  # whether it can be moved

    @property
    def main(self) -> StreamProfile | None:
        """The stream to record and to show: the one with the largest pictures."""
        return max(self.profiles, key=lambda each: each.rank, default=None)

    @property
    def low(self) -> StreamProfile | None:
        """The stream to decode for detection: of the same sensor, but small. None without one."""
        if (main := self.main) is None:
            return None
        small = [
            each
            for each in self.profiles
            if 0 < each.width <= LOW_WIDTH
            and each.pixels < main.pixels
            and each.source == main.source
            and each.url != main.url
        ]
        return max(small, key=lambda each: each.rank, default=None)
