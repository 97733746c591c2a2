"""The dataclasses that all parts of the engine share.

Units: ``*_s`` are seconds. ``t`` is seconds on a camera's timeline, which starts at 0 and never
jumps. ``*_at`` are UTC epoch seconds. Box corners are fractions (0..1) of the picture.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from .stream_report import StreamReport

PERSON = "person"
WAKE_S = 10.0  # for so long, a camera looks closely after a sensor's report


class SourceKind(StrEnum):
    """Where a camera's packets come from."""

    STREAM = "stream"  # an RTSP or HTTP(S) URL
    WEBCAM = "webcam"  # A V4L2 device of this system
    FILE = "file"  # a video file
    ENTITY = "entity"
    """A camera outside of the engine that has a URL or single pictures (``SourceFeed``)."""


class DecodePolicy(StrEnum):
    """Whether all frames are decoded while nothing moves, not only keyframes."""

    AUTO = "auto"  # only if keyframes are too far apart
    PROMPT = "prompt"  # always
    ECONOMY = "economy"  # never


class Activity(StrEnum):
    """What a camera does at present, which follows the alarm's mode."""

    OFF = "off"  # the source is closed
    DETECT = "detect"  # presences are reported, but not recorded
    RECORD = "record"  # presences are reported, and recorded as clips


class CameraHealth(StrEnum):
    """The state of a camera's connection."""

    OFF = "off"
    CONNECTING = "connecting"
    RUNNING = "running"
    LOST = "lost"


class AudioProblem(StrEnum):
    """Why the audio of a camera isn't recorded."""

    UNSUPPORTED = "unsupported"  # its codec is none that cameras send, or has no decoder
    BROKEN = "broken"  # its packets can't be decoded, mostly since parameters are missing
    SILENT = "silent"  # it's announced, but no packet comes


class ClipState(StrEnum):
    """The state of a clip in the catalog."""

    RECORDING = "recording"
    SAVED = "saved"
    FAILED = "failed"
    MISSING = "missing"  # it was saved, but its file is gone, and it isn't in the cloud
    REMOVING = "removing"  # its files are being removed, which goes on after a crash


class CloudState(StrEnum):
    """Whether a clip is in the cloud."""

    NONE = "none"  # it isn't going to be uploaded
    WAITING = "waiting"
    STORED = "stored"  # it was uploaded, and its checksum compared
    DROPPED = "dropped"  # retention removed it from the cloud
    ELSEWHERE = "elsewhere"  # it's only in a bucket that was in use before


class Trigger(StrEnum):
    """Why a clip was recorded."""

    PRESENCE = "presence"
    MANUAL = "manual"
    MOTION = "motion"  # something moved while no detector worked


class TamperKind(StrEnum):
    """What keeps a camera that runs from seeing what it's meant to see."""

    COVERED = "covered"  # something is in front of the lens, or on it
    MOVED = "moved"  # it shows something else: it was turned away, or its view is blocked
    BLURRED = "blurred"  # it's out of focus, or its lens is smeared
    FROZEN = "frozen"  # it sends the same picture again and again
    DARK = "dark"  # it shows nothing but black, which may just be the night


class ZoneKind(StrEnum):
    """What a zone does with the objects inside."""

    REQUIRED = "required"  # objects of its labels only count inside a zone of this kind
    PLAIN = "noted"  # objects inside are reported as such, and count as outside
    MASK = "mask"  # objects inside are ignored, and so is motion


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """How to open a camera's source."""

    kind: SourceKind
    location: str = field(default="", repr=False)
    """URL or path, which may contain a password and is never logged; empty for ENTITY."""
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    paced: bool = True  # FILE only: play in real time, not as fast as it can be decoded
    loop: bool = True  # FILE only: start again at the end
    allow_other_hosts: bool = False  # STREAM only: follow redirects and playlists to other hosts
    verify_tls: bool = False  # only with a certificate of an authority that the system trusts
    tls_fingerprint: str | None = None  # only with the certificate that has this SHA-256
    digest_only: bool = False  # the camera once asked for Digest: never send a readable password
    allow_basic: bool = False  # send it, whatever the camera asked for before
    pictures_per_s: float = 2.0
    """STREAM and ENTITY only: how often a picture is requested, where there is no video."""
    stall_s: float = 4.0  # a source that sends no packet for longer has stalled


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A polygon in a camera's picture; an object is inside if its foot point is."""

    name: str  # unique among a camera's zones
    polygon: tuple[tuple[float, float], ...]
    """X and y of three corners or more, in either direction."""
    kind: ZoneKind = ZoneKind.PLAIN
    labels: tuple[str, ...] = ()  # the labels that it applies to; empty: all
    loiter_s: float = 0.0  # an object is inside only after this long


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRule:
    """What applies to one label of a camera."""

    label: str
    threshold: float | None = None  # lowest confidence that starts a presence; None: the camera's
    min_height: float = 0.0  # lowest height that counts, as a fraction of the picture's
    records: bool = True  # whether its presence is recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraConfig:
    """All settings of a camera."""

    id: str  # opaque and stable; safe as a folder name
    name: str
    source: SourceConfig
    detect_source: SourceConfig | None = None
    """The detect stream: looked at in place of ``source``, which is recorded."""
    decode_policy: DecodePolicy = DecodePolicy.AUTO
    labels: tuple[str, ...] = (PERSON,)
    threshold: float | None = None
    """Lowest confidence that starts a presence; None: the model's default."""
    rules: tuple[LabelRule, ...] = ()  # at most one for each label
    zones: tuple[Zone, ...] = ()
    detect_fps: float = 5.0  # frames per second that the detector gets while something moves
    enter_hits: int = 2
    enter_window: int = 5
    """A presence starts when ``enter_hits`` of the last ``enter_window`` frames show the label."""
    grace_s: float = 3.0  # a presence ends when no frame has shown the label for this long
    pre_roll_s: float = 4.0
    post_roll_s: float = 4.0
    max_clip_s: float = 120.0
    checks_tamper: bool = True  # whether to tell when the camera is covered, turned away, and such

    def rule(self, label: str) -> LabelRule:
        """Return the rule of a label, or the default."""
        return next((x for x in self.rules if x.label == label), LabelRule(label=label))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the picture; ``0 <= x1 <= x2 <= 1``, and y grows downward."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Fraction of the picture's width."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Fraction of the picture's height."""
        return self.y2 - self.y1

    @property
    def center(self) -> tuple[float, float]:
        """X and y of the center."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    @property
    def foot(self) -> tuple[float, float]:
        """X and y of the middle of the lower edge, where the object stands."""
        return (self.x1 + self.x2) / 2, self.y2

    @property
    def area(self) -> float:
        """Fraction of the picture."""
        return max(0.0, self.width) * max(0.0, self.height)

    def iou(self, other: Box) -> float:
        """Return the intersection over union with another box, 0..1."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        if width <= 0 or height <= 0:
            return 0.0
        intersection = width * height
        return intersection / (self.area + other.area - intersection)


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that a detector found in one frame."""

    label: str
    score: float  # confidence, 0..1
    box: Box


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed over frames."""

    id: int
    label: str
    score: float  # confidence in the newest frame
    box: Box
    first_t: float
    last_t: float  # the newest frame that shows it
    hits: int
    moved: bool = True  # whether it has ever moved, which a poster hasn't
    stationary_since_t: float | None = None  # none while it moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A label from the first confirmed detection to the end of its grace period."""

    camera_id: str
    label: str
    score: float  # highest confidence so far; 0 while only a sensor has reported it
    track_id: int
    box: Box
    first_seen_at: float
    last_seen_at: float
    count: int = 1  # objects of the label in the newest frame
    track_ids: tuple[int, ...] = ()  # their tracks, in the newest frame that shows any
    zones: tuple[str, ...] = ()  # the zones that they are in, in the camera's order
    confirmed: bool = False  # whether the verifier has confirmed it, or there is none
    sensor: str | None = None  # name of the trusted sensor whose word it began with

    @property
    def is_seen(self) -> bool:
        """Whether it has been detected in the picture, not only reported by a sensor."""
        return self.sensor is None or bool(self.track_ids)

    @property
    def seen_score(self) -> float | None:
        """The score; None while only a sensor has reported it."""
        return self.score if self.is_seen else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """The recording of one event: a row of the catalog."""

    id: str
    camera_id: str
    camera_name: str
    state: ClipState
    trigger: Trigger
    started_at: float  # the first frame of the file, pre-roll included
    event_at: float  # when the label was first seen, or recording was asked for
    duration_s: float = 0.0
    label: str | None = None
    score: float | None = None
    path: str = ""  # relative to the clip folder, with forward slashes
    still_path: str | None = None
    bytes: int = 0
    width: int = 0
    height: int = 0
    video_codec: str = ""
    audio_codec: str | None = None
    error: str | None = None
    protected: bool = False  # never removed by retention
    local: bool = True  # whether its file is in the clip folder
    cloud: CloudState = CloudState.NONE
    cloud_bytes: int = 0  # size in the cloud, the still included
    zones: tuple[str, ...] = ()  # the zones that objects were in, in the camera's order
    deleted_at: float | None = None  # when it was moved to Recently deleted; None: it wasn't
    deleted_by: str | None = None  # name of the user who did; None: an automation, or unknown
    sensor: str | None = None  # name of the trusted sensor that reported ``label``

    @property
    def pre_roll_s(self) -> float:
        """Seconds of video before the event."""
        return max(0.0, self.event_at - self.started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStatus:
    """The audio that a camera sends."""

    codec: str = ""  # as announced; empty without audio
    problem: AudioProblem | None = None  # why it isn't recorded

    @property
    def is_recorded(self) -> bool:
        """Whether there is audio that can be recorded."""
        return bool(self.codec) and self.problem is None

    @property
    def left_out(self) -> str | None:
        """The codec of audio that isn't recorded."""
        return self.codec if self.problem is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStats:
    """Measurements of one camera."""

    fps: float = 0.0  # video packets per second
    decoded_fps: float = 0.0
    keyframe_interval_s: float | None = None
    width: int = 0
    height: int = 0
    video_codec: str = ""
    reconnects: int = 0
    stream: StreamReport = field(default_factory=StreamReport)
    audio: AudioStatus = AudioStatus()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """Measurements of the whole engine."""

    inference_ms: float | None = None
    """Median over the last frames, pre- and post-processing included."""
    frame_count: int = 0  # frames that the detector got
    clips: int = 0  # without recently deleted ones
    clip_bytes: int = 0  # size of the clips in the clip folder, of recently deleted ones too
    cloud_clips: int = 0
    cloud_bytes: int = 0
    deleted_clips: int = 0
    deleted_bytes: int = 0  # their part of ``clip_bytes``
