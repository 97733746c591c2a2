"""Boxes to tracks: who in this look is who in the last one.

Greedy matching, best overlap first, on boxes carried forward at constant velocity; a box that
overlaps nothing may still belong to a track whose centre is near, since looks are a fifth of a
second apart and people run.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

from .models import Box, Track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models import Detection

MIN_IOU = 0.15
MAX_CENTRE_DISTANCE = 1.2
"""In box heights: how far a centre may be off when boxes do not overlap."""
KEEP_S = 2.0
"""A track that was not seen for this long is over."""


@dataclass(slots=True)
class _Live:
    track: Track
    velocity: tuple[float, float] = (0.0, 0.0)
    """Of the centre, in pictures a second."""

    def predicted(self, t: float) -> Box:
        """Where the box should be at ``t``."""
        box, elapsed = self.track.box, t - self.track.last_t
        dx, dy = self.velocity[0] * elapsed, self.velocity[1] * elapsed
        return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)


class Tracker:
    """Gives each object an id that it keeps while it is seen."""

    def __init__(self) -> None:
        self._live: list[_Live] = []
        self._next_id = 1

    def update(self, t: float, detections: Sequence[Detection]) -> list[Track]:
        """Match this look's detections; returns the tracks seen in it, newest state."""
        self._live = [live for live in self._live if t - live.track.last_t <= KEEP_S]
        pairs = sorted(
            (
                (likeness, i, j)
                for i, live in enumerate(self._live)
                for j, detection in enumerate(detections)
                if live.track.label == detection.label
                and (likeness := _likeness(live.predicted(t), detection.box)) > 0
            ),
            reverse=True,
        )
        taken: dict[int, int] = {}
        used: set[int] = set()
        for _, i, j in pairs:
            if i not in used and j not in taken:
                used.add(i)
                taken[j] = i
        seen: list[Track] = []
        for j, detection in enumerate(detections):
            live = (
                self._continue(self._live[taken[j]], t, detection)
                if j in taken
                else self._begin(t, detection)
            )
            seen.append(live.track)
        return seen

    def _begin(self, t: float, detection: Detection) -> _Live:
        live = _Live(
            Track(
                id=self._next_id,
                label=detection.label,
                score=detection.score,
                box=detection.box,
                first_t=t,
                last_t=t,
                hits=1,
            )
        )
        self._next_id += 1
        self._live.append(live)
        return live

    @staticmethod
    def _continue(live: _Live, t: float, detection: Detection) -> _Live:
        old = live.track
        elapsed = t - old.last_t
        if elapsed > 0:
            (x0, y0), (x1, y1) = _centre(old.box), _centre(detection.box)
            live.velocity = ((x1 - x0) / elapsed, (y1 - y0) / elapsed)
        live.track = Track(
            id=old.id,
            label=old.label,
            score=detection.score,
            box=detection.box,
            first_t=old.first_t,
            last_t=t,
            hits=old.hits + 1,
        )
        return live


def _centre(box: Box) -> tuple[float, float]:
    return (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2


def _likeness(expected: Box, found: Box) -> float:
    """1..2 for boxes that overlap enough, 0..1 for near ones of like size, else 0."""
    if (iou := expected.iou(found)) >= MIN_IOU:
        return 1 + iou
    (x0, y0), (x1, y1) = _centre(expected), _centre(found)
    height = max(expected.y2 - expected.y1, found.y2 - found.y1)
    smaller, larger = sorted((expected.area, found.area))
    if height <= 0 or larger > 3 * smaller:
        return 0.0
    distance = hypot(x1 - x0, y1 - y0) / height
    return max(0.0, 1 - distance / MAX_CENTRE_DISTANCE)
