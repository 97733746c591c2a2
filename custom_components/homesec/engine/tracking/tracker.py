"""Boxes to tracks: who in this look is who in the last one, and whether they ever moved.

After ByteTrack (Zhang et al., 2022): what the detector is sure of is matched first; what it is less
sure of may then continue a track that is left over, but never begin one. Matching is greedy, best
overlap first, on boxes carried forward by an alpha-beta filter; a box that overlaps nothing may
still belong to a track whose centre is near: looks are a fifth of a second apart, and people run.
"""

from __future__ import annotations

from math import hypot, inf
from typing import TYPE_CHECKING

from ..core.types import Track
from .static_objects import StaticObjects
from .track_state import KEEP_S, TrackState, shifted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..core.types import Box, Detection
    from ..media.motion import MotionResult

MIN_IOU = 0.2
UNSURE_MIN_IOU = 0.3
"""For detections that may only continue a track, and for tracks that were not seen for long."""
NEAR_WIDTHS, NEAR_HEIGHTS = 2.5, 0.4
"""How far a centre may be off when boxes do not overlap."""
STIR_LOOK_S, STIR_LOOKS = 0.2, 2.5
"""Where looks are further apart than the first, one is worth several, up to the second."""


class Tracker:
    """Gives each object an id that it keeps while it is seen."""

    def __init__(self) -> None:
        self._live: list[TrackState] = []
        self._next_id = 1
        self._looked_t = inf  # never yet
        self._scenery = StaticObjects()

    def update(
        self,
        t: float,
        detections: Sequence[Detection],
        movement: MotionResult | None = None,
        *,
        enter_thresholds: Mapping[str, float] | None = None,
    ) -> list[Track]:
        """Match this look's detections; returns the tracks seen in it, newest state.

        ``enter_thresholds``: lowest score with which a label begins a track; none named: any.
        ``movement``:
        what the motion gate saw; None: there is no gate, only who changes place has moved.
        """
        self._live = [live for live in self._live if not live.over(t)]
        self._scenery.look(t, movement)
        lowest = enter_thresholds or {}
        sure = [n for n, x in enumerate(detections) if x.score >= lowest.get(x.label, 0.0)]
        taken = _match(t, self._live, [(n, detections[n]) for n in sure], _likeness)
        rest = [live for live in self._live if live not in taken.values()]
        unsure = [(n, x) for n, x in enumerate(detections) if n not in set(sure)]
        taken |= _match(t, rest, unsure, _overlap)
        for n, live in taken.items():
            live.see(t, detections[n])
        for n in sure:
            if n not in taken:
                taken[n] = self._begin(t, detections[n])
        seen = [taken[n] for n in sorted(taken)]
        # Who comes by in seconds is in few of the pictures of a camera that gives two a second.
        weight = min(max(1.0, (t - self._looked_t) / STIR_LOOK_S), STIR_LOOKS)
        self._looked_t = t
        if movement is not None:
            for live in seen:
                if not live.proven:
                    live.stir(t, movement, self._live, weight)
        self._scenery.remember(t, [live.track for live in seen])
        return [live.track for live in seen]

    def _begin(self, t: float, detection: Detection) -> TrackState:
        box = detection.box
        track = Track(
            id=self._next_id,
            label=detection.label,
            score=detection.score,
            box=box,
            first_t=t,
            last_t=t,
            hits=1,
            moved=False,
        )
        live = TrackState(track, began=[box], place=box, place_t=t, smooth=box)
        if self._scenery.brought(t, detection):
            live.credit()
        self._next_id += 1
        self._live.append(live)
        return live


def _match(
    t: float,
    lives: Sequence[TrackState],
    detections: Iterable[tuple[int, Detection]],
    likeness: Callable[[Box, Box], float],
) -> dict[int, TrackState]:
    """Give each detection, by its number, the track that it continues; most alike first."""
    expected = [live.expected(t) for live in lives]
    pairs = [
        (alike, i, n)
        for n, detection in detections
        for i, live in enumerate(lives)
        if live.track.label == detection.label
        and (alike := _claim(live, t, expected[i], detection.box, likeness)) > 0
    ]
    pairs.sort(reverse=True)
    taken: dict[int, TrackState] = {}
    used: set[int] = set()
    for _, i, n in pairs:
        if i not in used and n not in taken:
            used.add(i)
            taken[n] = lives[i]
    return taken


def _claim(
    live: TrackState, t: float, expected: Box, found: Box, likeness: Callable[[Box, Box], float]
) -> float:
    """How much a track claims a box; whoever stood still claims little but their own place.

    Else a mannequin would swap its track with a walker who stops before it.
    """
    alike = likeness(expected, found)
    if not live.still:
        return alike
    iou = expected.iou(found)
    if iou >= UNSURE_MIN_IOU and not shifted(expected, found):
        return 1 + iou**2
    return 0.0 if t - live.track.last_t > KEEP_S else min(alike, 0.5)


def _likeness(expected: Box, found: Box) -> float:
    """1..2 for boxes that overlap enough, 0..1 for near ones of like size, else 0."""
    if (iou := expected.iou(found)) >= MIN_IOU:
        return 1 + iou
    (x0, y0), (x1, y1) = expected.center, found.center
    width, height = max(expected.width, found.width), max(expected.height, found.height)
    smaller, larger = sorted((expected.area, found.area))
    if not smaller or larger > 3 * smaller:
        return 0.0
    return max(0.0, 1 - hypot((x1 - x0) / width / NEAR_WIDTHS, (y1 - y0) / height / NEAR_HEIGHTS))


def _overlap(expected: Box, found: Box) -> float:
    """1..2 for boxes that overlap enough to leave no doubt, else 0."""
    return 1 + iou if (iou := expected.iou(found)) >= UNSURE_MIN_IOU else 0.0
