"""The dataclasses that every part of the engine shares.

Units: seconds for every ``*_s`` and for ``t``; ``t`` is a camera's own timeline, which starts at 0
and never jumps; ``*_at`` are UTC epoch seconds; box corners are fractions (0..1) of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

PERSON = "person"


class SourceKind(StrEnum):
    """Where a camera's packets come from."""

    STREAM = "stream"
    """RTSP or HTTP(S), by URL."""
    WEBCAM = "webcam"
    """A V4L2 device of this machine."""
    FILE = "file"
    """A video file, played in real time and looped, or as fast as it decodes (``paced=False``)."""
    ENTITY = "entity"
    """Something outside the engine that knows a URL or gives still pictures (``SourceFeed``)."""


class DecodePolicy(StrEnum):
    """How eagerly a camera is decoded while nothing happens (DESIGN.md, decoder.py)."""

    AUTO = "auto"
    PROMPT = "prompt"
    ECONOMY = "economy"


class Activity(StrEnum):
    """What a camera does at the moment: chosen by the alarm's state."""

    OFF = "off"
    """The source is released."""
    DETECT = "detect"
    """People are detected and announced; nothing is recorded."""
    RECORD = "record"
    """As DETECT, and every presence becomes a clip."""


class CameraHealth(StrEnum):
    """The state of a camera's connection."""

    OFF = "off"
    CONNECTING = "connecting"
    RUNNING = "running"
    LOST = "lost"


class ClipState(StrEnum):
    """The life of a clip, as its catalogue row tells it."""

    RECORDING = "recording"
    SAVED = "saved"
    FAILED = "failed"
    MISSING = "missing"
    """It was saved, but its file has gone, and it is not in the cloud."""
    REMOVING = "removing"
    """Its files are being removed; a crash does not bring it back."""


class CloudState(StrEnum):
    """Whether a clip is in the cloud."""

    NONE = "none"
    """It is not to be uploaded."""
    WAITING = "waiting"
    STORED = "stored"
    """Uploaded, and its checksum compared."""
    DROPPED = "dropped"
    """It was there, until retention removed it."""
    ELSEWHERE = "elsewhere"
    """It is only in a bucket that was in use before; see ``places``."""


class Trigger(StrEnum):
    """Why a clip was recorded."""

    PRESENCE = "presence"
    MANUAL = "manual"
    MOTION = "motion"
    """Something moved while nobody could tell what: there was no working detector."""


class ZoneKind(StrEnum):
    """What a zone does with what is in it."""

    REQUIRED = "required"
    """Only what is in one of these counts for its labels."""
    PLAIN = "noted"
    """Who is in it is told; what counts does not depend on it."""
    MASK = "mask"
    """What is in it is not there, and what moves in it wakes nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """How to open a camera's source."""

    kind: SourceKind
    location: str = field(default="", repr=False)
    """URL, device path or file path; empty for ENTITY. May hold a password: never shown."""
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    paced: bool = True
    """FILE only: play in real time."""
    loop: bool = True
    """FILE only: begin again at the end."""
    verify_tls: bool = False
    stall_s: float = 4.0
    """A source that gives no packet for this long is taken for lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A part of the picture; something is in it when the point it stands on is."""

    name: str
    """Unique among a camera's zones."""
    polygon: tuple[tuple[float, float], ...]
    """Three corners or more, x and y as fractions of the picture, in either direction."""
    kind: ZoneKind = ZoneKind.PLAIN
    labels: tuple[str, ...] = ()
    """Which labels it is for; none: all."""
    loiter_s: float = 0.0
    """Whoever has not been in it for this long is not in it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRule:
    """What one label has to be like before one camera."""

    label: str
    threshold: float | None = None
    """Lowest score that begins a presence; None: the camera's."""
    min_height: float = 0.0
    """Share of the picture's height below which it is too small to count."""
    records: bool = True
    """Whether its presence becomes a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraConfig:
    """Everything a camera session needs to know."""

    id: str
    """Opaque and stable; safe as a folder name."""
    name: str
    source: SourceConfig
    decode_policy: DecodePolicy = DecodePolicy.AUTO
    labels: tuple[str, ...] = (PERSON,)
    threshold: float | None = None
    """Lowest score that begins a presence; None: the model's own default."""
    rules: tuple[LabelRule, ...] = ()
    """At most one for each label; those without one have the defaults."""
    zones: tuple[Zone, ...] = ()
    detect_fps: float = 5.0
    """How many frames a second are looked at while something moves."""
    enter_hits: int = 2
    enter_window: int = 5
    """A presence begins when ``enter_hits`` of the last ``enter_window`` looks saw the label."""
    grace_s: float = 3.0
    """A presence ends when its label was not seen for this long."""
    pre_roll_s: float = 4.0
    post_roll_s: float = 4.0
    max_clip_s: float = 120.0

    def rule(self, label: str) -> LabelRule:
        """Return what is asked of a label."""
        return next((x for x in self.rules if x.label == label), LabelRule(label=label))


@dataclass(frozen=True, slots=True)
class Box:
    """Corners as fractions of the picture; ``0 <= x1 <= x2 <= 1``, y downwards."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Share of the picture's width."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return self.y2 - self.y1

    @property
    def center(self) -> tuple[float, float]:
        """X and y of the middle."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    @property
    def foot(self) -> tuple[float, float]:
        """X and y of the point that it stands on: the middle of the lower edge."""
        return (self.x1 + self.x2) / 2, self.y2

    @property
    def area(self) -> float:
        """Share of the picture."""
        return max(0.0, self.x2 - self.x1) * max(0.0, self.y2 - self.y1)

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0..1."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        if width <= 0 or height <= 0:
            return 0.0
        both = width * height
        return both / (self.area + other.area - both)


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that a detector found in one frame."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed over frames."""

    id: int
    label: str
    score: float
    """Of the newest look."""
    box: Box
    first_t: float
    last_t: float
    """Of the newest look that saw it."""
    hits: int
    moved: bool = True
    """Whether it was ever seen to move: a picture on a wall was not."""
    stationary_since_t: float | None = None
    """Since when it has stayed where it is; None: it is on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A label is here: from the look that confirmed it to the end of its grace period."""

    camera_id: str
    label: str
    score: float
    """Highest so far."""
    track_id: int
    box: Box
    first_seen_at: float
    last_seen_at: float
    count: int = 1
    """Objects of this label in the newest look."""
    track_ids: tuple[int, ...] = ()
    """Their tracks, in the newest look that saw any."""
    zones: tuple[str, ...] = ()
    """Where they are, in the order of the camera's zones."""
    confirmed: bool = False
    """Whether it counts: by the second opinion, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A recording around one event: a row of the catalogue."""

    id: str
    camera_id: str
    camera_name: str
    state: ClipState
    trigger: Trigger
    started_at: float
    """Of the first frame in the file, pre-roll included."""
    event_at: float
    """When the label was first seen (or recording was asked for)."""
    duration_s: float = 0.0
    label: str | None = None
    score: float | None = None
    path: str = ""
    """Relative to the clip folder, with forward slashes."""
    still_path: str | None = None
    bytes: int = 0
    width: int = 0
    height: int = 0
    video_codec: str = ""
    audio_codec: str | None = None
    error: str | None = None
    protected: bool = False
    """Never removed by retention."""
    local: bool = True
    """Whether its file is in the clip folder."""
    cloud: CloudState = CloudState.NONE
    cloud_bytes: int = 0
    """What it takes up in the cloud, the still included."""
    zones: tuple[str, ...] = ()
    """Where somebody was while it was recorded, in the order of the camera's zones."""

    @property
    def pre_roll_s(self) -> float:
        """Seconds of film before the event."""
        return max(0.0, self.event_at - self.started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStats:
    """Health figures of one camera, for diagnostic sensors."""

    fps: float = 0.0
    """Video packets a second that arrive."""
    decoded_fps: float = 0.0
    keyframe_interval_s: float | None = None
    width: int = 0
    height: int = 0
    video_codec: str = ""
    reconnects: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """Figures of the whole engine."""

    inference_ms: float | None = None
    """Median of the last looks, pre- and post-processing included."""
    looks: int = 0
    clips: int = 0
    clip_bytes: int = 0
    """Of those in the clip folder."""
    cloud_clips: int = 0
    cloud_bytes: int = 0
