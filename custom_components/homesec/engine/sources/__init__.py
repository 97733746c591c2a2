"""Any source as one thing: encoded packets on a timeline that never jumps."""

from .base import Connection, SourceFeed
from .camera_source import CameraSource
from .opening import stream_url
from .probe import Probe, probe
from .timeline import Pace, Timeline

__all__ = [
    "CameraSource",
    "Connection",
    "Pace",
    "Probe",
    "SourceFeed",
    "Timeline",
    "probe",
    "stream_url",
]
