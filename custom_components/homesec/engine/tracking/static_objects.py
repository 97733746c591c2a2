"""What belongs to the scene, and who may have come with a new one.

A light goes on, and there is somebody: they stand still, and nobody saw them come. Whoever is first
seen just after the whole picture has changed is taken for having come, unless something of the kind
stood there before and never moved: a statue is a statue in the evening, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from ..core.types import Box
from ..media.motion import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.types import Detection, Track
    from ..media.motion import MotionResult

UPHEAVAL_SHARE = 0.4
"""Where so much of the picture moves, it is another one: what is there now, nobody saw come."""
NEW_S = 1.0
"""For so long after that it is a new scene."""
FIXTURE_S = 2.0
"""What was there for this long and never moved belongs to the scene."""
SAME_PLACE = 0.4
"""Intersection over union from which on it stands where another stood."""
LIMIT = 32
"""Fixtures remembered at most, those seen last."""
_EVERYWHERE = Box(0, 0, 1, 1)


@dataclass(frozen=True, slots=True)
class _Fixture:
    label: str
    box: Box


class StaticObjects:
    """One camera's scene."""

    def __init__(self) -> None:
        self._fixtures: list[_Fixture] = []
        self._known = False
        """A scene was seen before: of the very first, nobody can say who has come to it."""
        self._new_t = -inf

    def look(self, t: float, movement: MotionResult | None) -> None:
        """Take in how much of the picture has changed."""
        if movement is None:
            return
        share = movement.share(_EVERYWHERE)
        upheaval = movement.change is Change.SCENE or (share or 0.0) >= UPHEAVAL_SHARE
        if upheaval and self._known:
            self._new_t = t
        self._known = True

    def brought(self, t: float, detection: Detection) -> bool:
        """Return whether somebody who is seen for the first time may have come with the scene."""
        return t - self._new_t <= NEW_S and not any(
            x.label == detection.label and x.box.iou(detection.box) >= SAME_PLACE
            for x in self._fixtures
        )

    def remember(self, t: float, tracks: Iterable[Track]) -> None:
        """Take in what was seen at ``t``: what never moves is a fixture."""
        for track in tracks:
            if track.moved or t - track.first_t < FIXTURE_S:
                continue
            others = [
                x
                for x in self._fixtures
                if x.label != track.label or x.box.iou(track.box) < SAME_PLACE
            ]
            self._fixtures = [_Fixture(track.label, track.box), *others][:LIMIT]
