"""One object followed over looks: where it should be, and whether it was ever seen to move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from ..core.types import Box, Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.types import Detection
    from ..media.motion import MotionResult

KEEP_S = 2.0
"""A track that was not seen for this long is over…"""
KEEP_STILL_S = 10.0
"""…unless it stood still: it is looked for at the same spot for this long."""
CARRY_S = 1.0
"""A box is carried forward no longer than this: whoever is out of sight may have stopped."""
ALPHA, BETA = 0.7, 0.4
"""How much of a surprise the filter believes: of position and size, of velocity."""

SHIFT_WIDTHS, SHIFT_HEIGHTS, SHIFT_GROWTH = 0.5, 0.2, 1.5
"""Beyond this it is another place, not the detector's jitter (sigma 0.1 widths, 0.03 heights)."""
STILL_S = 1.5
"""Whoever has stayed at a place for this long stands still."""
STIR_SHARE, BESIDE = 0.05, 1.5
"""Of a box that stirs this much is in motion, and so many times what moves beside it: else a light
or something that passes is seen in it."""
STIRS = 4
"""In so many looks a fifth of a second apart a box has to stir to have moved…"""
ALIVE_SHARE = 0.25
"""…or in half as many, of which this much of it does: somebody who was not there before."""
CALM_S = 30.0
"""What somebody else has passed in front of has to be calm before its stirring counts, since they
leave a ghost in the motion gate's background; it is gone by then."""
YOUNG_S = 1.0
"""Whoever appeared so lately may be moving, though it is not known yet."""
CREDIT_S = 60.0
"""Who came with a new scene and was not seen to move for this long is a thing."""


@dataclass(slots=True, eq=False)
class TrackState:
    """A track and what is known about its way."""

    track: Track
    began: list[Box]
    """Its first boxes: one alone may be wrong."""
    place: Box
    """Where it is, or was when it was last at another place."""
    place_t: float
    smooth: Box
    velocity: tuple[float, float] = (0.0, 0.0)
    """Of the centre, in pictures a second."""
    stirs: float = 0.0
    touched_t: float = -inf
    """When another passed in front of it or behind it, if it has not been calm since."""
    credited: bool = False
    """It counts as moved only because it came with a new scene."""

    @property
    def proven(self) -> bool:
        """Whether it was seen to move."""
        return self.track.moved and not self.credited

    @property
    def still(self) -> bool:
        """Whether it stays where it is."""
        return self.track.stationary_since_t is not None

    def over(self, t: float) -> bool:
        """Whether it is no longer looked for."""
        return t - self.track.last_t > (KEEP_STILL_S if self.still else KEEP_S)

    def expected(self, t: float) -> Box:
        """Where the box should be at ``t``."""
        if self.still:
            return self.smooth
        elapsed = min(t - self.track.last_t, CARRY_S)
        dx, dy = self.velocity[0] * elapsed, self.velocity[1] * elapsed
        box = self.smooth
        return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)

    def see(self, t: float, detection: Detection) -> None:
        """Continue with what was found at ``t``."""
        self._filter(t, detection.box)
        if len(self.began) < 2:
            self.began.append(detection.box)
        if shifted(self.place, self.smooth):
            self.place, self.place_t = self.smooth, t
        if not self.still and self._left():
            self._prove()
        elif self.credited and t - self.track.first_t > CREDIT_S:
            self.track, self.credited = replace(self.track, moved=False), False
        self.track = replace(
            self.track,
            score=detection.score,
            box=detection.box,
            last_t=t,
            hits=self.track.hits + 1,
            stationary_since_t=self.place_t if t - self.place_t >= STILL_S else None,
        )

    def stir(
        self, t: float, movement: MotionResult, others: Iterable[TrackState], weight: float
    ) -> None:
        """Judge what moves inside the box, unless another explains it."""
        near = [other for other in others if other is not self and _touch(self, other, t)]
        if any(other.track.moved for other in near):
            self.touched_t = t
        share = movement.share(self.track.box)
        if share is None or near:
            return
        if share < STIR_SHARE:
            self.touched_t = -inf
        if t - self.touched_t <= CALM_S:
            return
        if share >= max(STIR_SHARE, BESIDE * _share_beside(self.track.box, movement)):
            self.stirs += weight * (2 if share >= ALIVE_SHARE else 1)
        else:
            self.stirs = max(0.0, self.stirs - 0.5)
        if self.stirs >= STIRS:
            self._prove()

    def credit(self) -> None:
        """Take it for somebody who has come, until it is proven or has had time enough."""
        self.track, self.credited = replace(self.track, moved=True), True

    def _prove(self) -> None:
        self.track, self.credited = replace(self.track, moved=True), False

    def _left(self) -> bool:
        """Whether it is no longer where it began, nor near where the second look saw it."""
        return shifted(self.began[0], self.smooth) and shifted(self.began[-1], self.smooth, 0.5)

    def _filter(self, t: float, found: Box) -> None:
        elapsed = t - self.track.last_t
        expected = self.expected(t)
        (x0, y0), (x1, y1) = expected.center, found.center
        if elapsed > 0:
            # The second look tells the velocity; later ones only correct it.
            gain = (1.0 if self.track.hits == 1 else BETA) / elapsed
            self.velocity = (
                self.velocity[0] + gain * (x1 - x0),
                self.velocity[1] + gain * (y1 - y0),
            )
        self.smooth = _blend(expected, found, ALPHA)


def _blend(old: Box, new: Box, weight: float) -> Box:
    return Box(
        old.x1 + weight * (new.x1 - old.x1),
        old.y1 + weight * (new.y1 - old.y1),
        old.x2 + weight * (new.x2 - old.x2),
        old.y2 + weight * (new.y2 - old.y2),
    )


def shifted(old: Box, new: Box, scale: float = 1.0) -> bool:
    """Whether a box is at another place, or nearer or further away.

    Opposite edges have to go the same way: a body that comes out from behind a table, or bends,
    moves one of them.
    """
    width, height = max(old.width, new.width), max(old.height, new.height)
    x = _common(new.x1 - old.x1, new.x2 - old.x2)
    y = _common(new.y1 - old.y1, new.y2 - old.y2)
    if x > scale * SHIFT_WIDTHS * width or y > scale * SHIFT_HEIGHTS * height:
        return True
    (less, wide), (low, high) = sorted((old.width, new.width)), sorted((old.height, new.height))
    grown = (old.width < new.width) == (old.height < new.height)
    return grown and wide > SHIFT_GROWTH**scale * less and high > SHIFT_GROWTH**scale * low


def _common(a: float, b: float) -> float:
    """How far both go, if they go the same way."""
    return min(abs(a), abs(b)) if a * b > 0 else 0.0


def _touch(one: TrackState, other: TrackState, t: float) -> bool:
    """Whether another that moves, or may do so, overlaps the box of one, or should by now."""
    if not other.track.moved and t - other.track.first_t > YOUNG_S:
        return False
    box = one.track.box
    return any(box.iou(x) > 0 for x in (other.track.box, other.expected(t)))


def _share_beside(box: Box, movement: MotionResult) -> float:
    """Which share moves of what is to the left or to the right of a box, half as wide."""
    left = Box(max(0, box.x1 - box.width / 2), box.y1, box.x1, box.y2)
    right = Box(box.x2, box.y1, min(1, box.x2 + box.width / 2), box.y2)
    return max(movement.share(left) or 0.0, movement.share(right) or 0.0)
