"""Detections of a camera's newest frame, judged by zones that aren't saved yet."""

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ..core.camera_reports import PreviewedDetection, ZonePreview
from ..core.errors import CameraNotRunning, DetectorError
from ..core.live_time import live_time
from ..core.types import CameraHealth, ZoneKind
from ..tracking.zones import is_in_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.types import CameraConfig, Detection, Zone
    from ..detection.pool import DetectionPool
    from .session import CameraSession

TIMEOUT_S = 3.0  # a preview waits its turn among the cameras


def preview_zones(
    session: CameraSession, pool: DetectionPool, zones: Sequence[Zone]
) -> ZonePreview:
    """Detect objects in a camera's newest frame, and judge them by the zones.

    Raises ``CameraNotRunning`` without a frame, ``DetectorError`` without a detector.
    """
    if session.health is not CameraHealth.RUNNING or (frame := session.newest_frame()) is None:
        raise CameraNotRunning
    answers: SimpleQueue[list[Detection] | None] = SimpleQueue()
    # A slot of its own, so that it replaces no frame of the camera or of another page.
    slot = f"{session.config.id} preview {id(answers)}"
    pool.submit(slot, lambda cascade: cascade.detect(frame), answers.put, timed=False)
    try:
        found = answers.get(timeout=TIMEOUT_S)
    except Empty:
        pool.cancel(slot)
        found = None
    if found is None:
        raise DetectorError("the detector is not available")
    threshold = pool.thresholds[0]
    config = session.config
    return ZonePreview(
        live_t=live_time(frame.t),
        detections=tuple(judge_detection(each, config, zones, threshold) for each in found),
    )


def judge_detection(
    found: Detection, config: CameraConfig, zones: Sequence[Zone], threshold: float
) -> PreviewedDetection:
    """Return a detection with what the zones make of it; the time they require is ignored.

    ``threshold`` is the detector's own.
    """
    rule = config.rule(found.label)
    chosen = config.threshold if rule.threshold is None else rule.threshold
    relevant = [zone for zone in zones if not zone.labels or found.label in zone.labels]
    inside = [zone for zone in relevant if is_in_zone(found.box, zone)]
    required = any(zone.kind is ZoneKind.REQUIRED for zone in relevant)
    counts = (
        found.label in config.labels
        and found.score >= (threshold if chosen is None else chosen)
        and found.box.height >= rule.min_height
        and not any(zone.kind is ZoneKind.MASK for zone in inside)
        and (not required or any(zone.kind is ZoneKind.REQUIRED for zone in inside))
    )
    return PreviewedDetection(
        detection=found, counts=counts, zones=tuple(zone.name for zone in inside)
    )
