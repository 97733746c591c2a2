"""What the worker reports of cameras and sources."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .stream_report import StreamReport
from .types import CameraHealth, CameraStats, Detection

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a source turned out to be, with a picture."""

    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    fps: float | None
    records_directly: bool  # false: clips have to be encoded, which costs processing power
    jpeg: bytes = field(repr=False)
    tls_fingerprint: str | None = None  # SHA-256 of the camera's certificate
    asks_digest: bool = False  # the camera asked for a login that doesn't show the password
    single_pictures: bool = False  # each request gives one picture: there is no video
    stream: StreamReport = field(default_factory=StreamReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedDetection:
    """A detection, and what the zones make of it."""

    detection: Detection
    counts: bool  # whether it would count as present if it moved and stayed
    zones: tuple[str, ...]  # names of the zones it's inside, masks included


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePreview:
    """What is detected in one picture, and what zones that aren't saved yet make of it."""

    live_t: float  # when the picture is in live video, see ``live_time.py``
    detections: tuple[PreviewedDetection, ...]


class WalkHint(StrEnum):
    """Why a walk test may not have seen a person."""

    DARK = "dark"  # nothing was recognized, and the picture is dark
    NOTHING_MOVED = "nothing_moved"
    NOT_RECOGNIZED = "not_recognized"  # something moved that the detector doesn't know
    OTHER_LABEL = "other_label"  # a person was there, whom the camera isn't to detect
    UNSURE = "unsure"  # below the threshold, or for too short a time
    TOO_SMALL = "too_small"  # lower than the label's rule asks for
    OUTSIDE = "outside"  # of the zones that are required, or in a mask


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkReport:
    """What a walk test has found."""

    label: str | None = None  # what was seen; None: nothing that counts
    seconds: float = 0.0  # since the test began
    found: Detection | None = None  # what was seen, or what came closest to it
    hint: WalkHint | None = None  # why nothing was seen
    jpeg: bytes | None = field(default=None, repr=False)  # with the box, if something was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReport:
    """The state of one camera."""

    health: CameraHealth = CameraHealth.OFF
    stats: CameraStats = field(default_factory=CameraStats)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker measures: sent every second, so that HA's process never has to wait for it."""

    cameras: Mapping[str, CameraReport] = field(default_factory=dict)  # by id
    inference_ms: float | None = None
    """Median over the last frames, pre- and post-processing included."""
    frame_count: int = 0  # frames that the detector got
