"""What would be detected with zones that somebody draws at the moment, before they are saved."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ..core.errors import CameraNotRunning, DetectorError
from ..core.types import CameraHealth, ZoneKind
from ..tracking.zones import is_in_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.types import CameraConfig, Detection, Zone
    from ..detection.pool import DetectionPool
    from .session import CameraSession

LOOK_TIMEOUT_S = 3.0
"""A look that somebody waits for takes its turn among the cameras'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedDetection:
    """Something that one look saw, and what the zones make of it."""

    detection: Detection
    counts: bool
    """Whether it would count, given that it moves and stays."""
    zones: tuple[str, ...]
    """Those that it stands in, masks too."""


def preview_zones(
    session: CameraSession, pool: DetectionPool, zones: Iterable[Zone]
) -> list[PreviewedDetection]:
    """Look at a camera's newest picture, and judge_detections what is in it.

    Raises ``CameraNotRunning`` without a picture, ``DetectorError`` if nobody can look.
    """
    if session.health is not CameraHealth.RUNNING or (frame := session.newest()) is None:
        raise CameraNotRunning
    answers: SimpleQueue[list[Detection] | None] = SimpleQueue()
    # A slot of its own: neither a camera nor another page waits for it.
    slot = f"{session.config.id} preview {id(answers)}"
    pool.submit(slot, lambda cascade: cascade.detect(frame), answers.put, timed=False)
    try:
        found = answers.get(timeout=LOOK_TIMEOUT_S)
    except Empty:
        pool.cancel(slot)
        found = None
    if found is None:
        raise DetectorError("nobody could look")
    return judge_detections(found, session.config, zones, threshold=pool.thresholds[0])


def judge_detections(
    found: Iterable[Detection], config: CameraConfig, zones: Iterable[Zone], *, threshold: float
) -> list[PreviewedDetection]:
    """Say of each thing that one look found whether it counts with these zones.

    ``threshold``: the detector's own. Of loitering one look cannot tell anything.
    """
    drawn = tuple(zones)
    return [_judged(each, config, drawn, threshold) for each in found]


def _judged(
    found: Detection, config: CameraConfig, zones: tuple[Zone, ...], threshold: float
) -> PreviewedDetection:
    rule = config.rule(found.label)
    chosen = config.threshold if rule.threshold is None else rule.threshold
    mine = [zone for zone in zones if not zone.labels or found.label in zone.labels]
    within = [zone for zone in mine if is_in_zone(found.box, zone)]
    required = any(zone.kind is ZoneKind.REQUIRED for zone in mine)
    counts = (
        found.label in config.labels
        and found.score >= (threshold if chosen is None else chosen)
        and found.box.height >= rule.min_height
        and not any(zone.kind is ZoneKind.MASK for zone in within)
        and (not required or any(zone.kind is ZoneKind.REQUIRED for zone in within))
    )
    return PreviewedDetection(
        detection=found, counts=counts, zones=tuple(zone.name for zone in within)
    )
