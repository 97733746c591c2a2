"""What is known of the detector at the moment, as the engine's events told it."""

from dataclasses import dataclass
from enum import StrEnum

from .engine.core.events import DetectorChanged, EngineEvent, ModelProgress


class DetectorStatus(StrEnum):
    """The detector in one word."""

    PREPARING = "preparing"
    """Its library is installed, its files are looked for, it is loaded."""
    DOWNLOADING = "downloading"
    READY = "ready"
    ALONE = "alone"
    """It works, but the model that should give the second opinion does not."""
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class DetectorState:
    """The shared detector; changed by events only, in the event loop."""

    report: DetectorChanged | None = None
    """The last that was heard of it."""
    download: ModelProgress | None = None
    """Of a model that is on its way."""
    engine_failed: bool = False
    """The whole engine could not start yet."""

    def apply(self, event: EngineEvent) -> None:
        """Take in what happened."""
        match event:
            case DetectorChanged():
                self.report, self.download = event, None
            case ModelProgress():
                self.download = event

    @property
    def status(self) -> DetectorStatus:
        """What it does."""
        if self.engine_failed:
            return DetectorStatus.FAILED
        if self.download is not None:
            return DetectorStatus.PREPARING if self.progress == 100 else DetectorStatus.DOWNLOADING
        if self.report is None:
            return DetectorStatus.PREPARING
        if not self.report.ready:
            return DetectorStatus.FAILED
        return DetectorStatus.ALONE if self.report.second_error else DetectorStatus.READY

    @property
    def model(self) -> str | None:
        """The model that is downloaded, used, or wanted in vain."""
        if self.download is not None:
            return self.download.model
        return self.report.model if self.report else None

    @property
    def detector(self) -> str | None:
        """The engine that runs the model."""
        return self.report.detector if self.report else None

    @property
    def second_opinion(self) -> str | None:
        """The model that is asked about whoever seems to have come."""
        return self.report.second if self.report and self.report.ready else None

    @property
    def progress(self) -> int | None:
        """How much of a download is here, in percent; None if there is none, or nobody knows."""
        if self.download is None or not self.download.total_bytes:
            return None
        return self.download.have_bytes * 100 // self.download.total_bytes
