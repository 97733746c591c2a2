"""Open any source, and turn it into encoded packets on a timeline."""

from .open import stream_url
from .probe import Probe, probe
from .reconnecting_source import CameraSource
from .source import SourceFeed
from .timeline import Pace, Timeline

__all__ = [
    "CameraSource",
    "Pace",
    "Probe",
    "SourceFeed",
    "Timeline",
    "probe",
    "stream_url",
]
