"""The state of the detector, from the engine's events."""

from dataclasses import dataclass
from enum import StrEnum

from ..engine.core.events import DetectorChanged, EngineEvent, ModelProgress


class DetectorStatus(StrEnum):
    """The states of the detector's sensor."""

    PREPARING = "preparing"  # its library is being installed, or its model loaded
    DOWNLOADING = "downloading"
    READY = "ready"
    ALONE = "alone"  # the detector works, but the verifier doesn't
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class DetectorState:
    """The shared detector; changed by events only, in the event loop."""

    report: DetectorChanged | None = None  # its last event
    download: ModelProgress | None = None  # of the model being downloaded
    engine_failed: bool = False  # whether the engine could not start

    def apply(self, event: EngineEvent) -> None:
        """Update the state with an event."""
        match event:
            case DetectorChanged():
                self.report, self.download = event, None
            case ModelProgress():
                self.download = event

    @property
    def status(self) -> DetectorStatus:
        """The state of the sensor."""
        if self.engine_failed:
            return DetectorStatus.FAILED
        if self.download is not None:
            return DetectorStatus.PREPARING if self.progress == 100 else DetectorStatus.DOWNLOADING
        if self.report is None:
            return DetectorStatus.PREPARING
        if not self.report.ready:
            return DetectorStatus.FAILED
        return DetectorStatus.ALONE if self.report.verifier_error else DetectorStatus.READY

    @property
    def model(self) -> str | None:
        """The model that's downloaded, in use, or missing."""
        if self.download is not None:
            return self.download.model
        return self.report.model if self.report else None

    @property
    def detector(self) -> str | None:
        """The library that runs the model."""
        return self.report.detector if self.report else None

    @property
    def verifier(self) -> str | None:
        """The verifier's model."""
        return self.report.verifier if self.report and self.report.ready else None

    @property
    def progress(self) -> int | None:
        """Percent downloaded; None without a download or while its size is unknown."""
        if self.download is None or not self.download.total_bytes:
            return None
        return self.download.have_bytes * 100 // self.download.total_bytes
