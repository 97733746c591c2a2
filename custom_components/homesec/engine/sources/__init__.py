"""Any source as one thing: encoded packets on a timeline that never jumps."""

from .base import Connection, SourceFeed
from .camera_source import CameraSource
from .container import stream_url
from .probe import Probe, probe
from .timeline import Timeline

__all__ = [
    "CameraSource",
    "Connection",
    "Probe",
    "SourceFeed",
    "Timeline",
    "probe",
    "stream_url",
]
