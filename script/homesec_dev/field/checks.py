"""What has to be true in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..ha_log import FINDINGS, records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(slots=True, kw_only=True)
class CameraResult:
    """What became of one camera."""

    name: str
    expected: str
    refused: str = ""
    advice: str = ""
    verdict: str = ""
    findings: list[str] = field(default_factory=list)
    visits: int = 0
    missed: list[str] = field(default_factory=list)  # times of visits in no clip
    clips: int = 0
    faults: dict[str, str] = field(default_factory=dict)  # by clip, what its playback lacks

    @property
    def is_fine(self) -> bool:
        """Whether all is as it has to be."""
        says_so = self.expected in (*self.findings, self.verdict)
        return says_so and not (self.refused or self.missed or self.faults) and self.clips > 0


def clip_span(clip: dict[str, Any]) -> tuple[float, float]:
    """Return when a clip begins and ends, in UTC epoch seconds."""
    begin = clip["started"]
    start = begin if isinstance(begin, int | float) else datetime.fromisoformat(begin).timestamp()
    return start, start + clip["duration"]


def is_covered(visit: tuple[float, float], clips: Sequence[dict[str, Any]]) -> bool:
    """Return whether one clip has a whole visit; both in UTC epoch seconds."""
    spans = (clip_span(clip) for clip in clips)
    return any(begin <= visit[0] and visit[1] <= end for begin, end in spans)


def log_faults(log: Path) -> list[str]:
    """Return the tracebacks, warnings, and errors of Home Assistant's log."""
    return [
        str(each)
        for each in records(log)
        if ("Traceback" in each.message or each.level in FINDINGS) and not each.is_noise
    ]
