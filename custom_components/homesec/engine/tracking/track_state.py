"""Follow one object over frames: where it should be, and whether it has ever moved."""

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from ..core.types import Box, Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.types import Detection
    from ..media.motion import MotionResult

KEEP_S = 2.0  # a track expires if it was not detected for this long…
KEEP_STATIONARY_S = 10.0  # …or for this long if it was stationary
MAX_PREDICTION_S = 1.0  # a box is predicted no further: an object out of view may have stopped
ALPHA, BETA = 0.7, 0.4  # gains of the alpha-beta filter: of position and size, and of velocity

MOVED_WIDTHS, MOVED_HEIGHTS, MOVED_GROWTH = 0.5, 0.2, 1.5
"""Beyond this a box is elsewhere. The detector's jitter is 0.1 widths and 0.03 heights (sigma)."""
STATIONARY_AFTER_S = 1.5  # an object that has stayed where it is for this long is stationary
MOTION_SHARE, SURROUNDINGS_FACTOR = 0.05, 1.5
"""A box is in motion if this share of it is, and this many times the share beside it: otherwise the
cause is a light, or something that passes."""
EVIDENCE_NEEDED = 4
"""Frames, a fifth of a second apart, in which a box must be in motion to count as moved…"""
STRONG_MOTION_SHARE = 0.25
"""…or half as many if this share of it is: what has just appeared is in motion as a whole."""
CALM_S = 30.0
"""A box that another object has passed must be calm before its motion counts. Until then the motion
gate's background may contain a ghost, which is gone after this time."""
NEW_TRACK_S = 1.0  # a track this young may move, though that is not confirmed yet
ASSUMED_MOVING_S = 60.0  # by then, an object that appeared with a new scene should have moved


@dataclass(slots=True, eq=False)
class TrackState:
    """A track and its movement so far."""

    track: Track
    first_boxes: list[Box]  # the first two: a single one may be wrong
    rest_box: Box  # where the object is or was last stationary
    rest_t: float  # when it arrived there
    smoothed: Box
    velocity: tuple[float, float] = (0.0, 0.0)  # of the center, in frame sizes per second
    evidence: float = 0.0
    occluded_t: float = -inf  # when another object last passed it, unless it has been calm since
    assumed_moving: bool = False  # counts as moved only since it appeared with a new scene

    @property
    def confirmed_moving(self) -> bool:
        """Whether it was seen to move."""
        return self.track.moved and not self.assumed_moving

    @property
    def stationary(self) -> bool:
        """Whether it has stayed where it is."""
        return self.track.stationary_since_t is not None

    def expired(self, t: float) -> bool:
        """Return whether it was out of view for too long."""
        return t - self.track.last_t > (KEEP_STATIONARY_S if self.stationary else KEEP_S)

    def predict(self, t: float) -> Box:
        """Return where the box should be at ``t``."""
        if self.stationary:
            return self.smoothed
        elapsed_s = min(t - self.track.last_t, MAX_PREDICTION_S)
        dx, dy = self.velocity[0] * elapsed_s, self.velocity[1] * elapsed_s
        box = self.smoothed
        return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)

    def update(self, t: float, detection: Detection) -> None:
        """Continue the track with a detection at ``t``."""
        self._filter(t, detection.box)
        if len(self.first_boxes) < 2:
            self.first_boxes.append(detection.box)
        if is_elsewhere(self.rest_box, self.smoothed):
            self.rest_box, self.rest_t = self.smoothed, t
        if not self.stationary and self._has_left_start():
            self._confirm_moving()
        elif self.assumed_moving and t - self.track.first_t > ASSUMED_MOVING_S:
            self.track, self.assumed_moving = replace(self.track, moved=False), False
        self.track = replace(
            self.track,
            score=detection.score,
            box=detection.box,
            last_t=t,
            hits=self.track.hits + 1,
            stationary_since_t=self.rest_t if t - self.rest_t >= STATIONARY_AFTER_S else None,
        )

    def add_motion_evidence(
        self, t: float, motion: MotionResult, others: Iterable[TrackState], weight: float
    ) -> None:
        """Count motion inside the box, unless another track explains it."""
        near = [x for x in others if x is not self and _may_occlude(x, self, t)]
        if any(x.track.moved for x in near):
            self.occluded_t = t
        share = motion.share(self.track.box)
        if share is None or near:
            return
        if share < MOTION_SHARE:
            self.occluded_t = -inf
        if t - self.occluded_t <= CALM_S:
            return
        if share >= max(MOTION_SHARE, SURROUNDINGS_FACTOR * _share_beside(self.track.box, motion)):
            self.evidence += weight * (2 if share >= STRONG_MOTION_SHARE else 1)
        else:
            self.evidence = max(0.0, self.evidence - 0.5)
        if self.evidence >= EVIDENCE_NEEDED:
            self._confirm_moving()

    def assume_moving(self) -> None:
        """Count it as moved until it is seen to move or has had enough time to."""
        self.track, self.assumed_moving = replace(self.track, moved=True), True

    def _confirm_moving(self) -> None:
        self.track, self.assumed_moving = replace(self.track, moved=True), False

    def _has_left_start(self) -> bool:
        """Return whether it is away from its first box, and from near its second."""
        first, second = self.first_boxes[0], self.first_boxes[-1]
        return is_elsewhere(first, self.smoothed) and is_elsewhere(second, self.smoothed, 0.5)

    def _filter(self, t: float, found: Box) -> None:
        elapsed_s = t - self.track.last_t
        expected = self.predict(t)
        (x0, y0), (x1, y1) = expected.center, found.center
        if elapsed_s > 0:
            # The second detection sets the velocity; later ones only correct it.
            gain = (1.0 if self.track.hits == 1 else BETA) / elapsed_s
            dx, dy = self.velocity
            self.velocity = (dx + gain * (x1 - x0), dy + gain * (y1 - y0))
        self.smoothed = Box(
            expected.x1 + ALPHA * (found.x1 - expected.x1),
            expected.y1 + ALPHA * (found.y1 - expected.y1),
            expected.x2 + ALPHA * (found.x2 - expected.x2),
            expected.y2 + ALPHA * (found.y2 - expected.y2),
        )


def is_elsewhere(old: Box, new: Box, scale: float = 1.0) -> bool:
    """Return whether a box is elsewhere, or clearly nearer or farther.

    Opposite edges must move the same way: a person who comes out from behind a table, or bends,
    moves only one of them.
    """
    width, height = max(old.width, new.width), max(old.height, new.height)
    x = _common_shift(new.x1 - old.x1, new.x2 - old.x2)
    y = _common_shift(new.y1 - old.y1, new.y2 - old.y2)
    if x > scale * MOVED_WIDTHS * width or y > scale * MOVED_HEIGHTS * height:
        return True
    (narrow, wide), (low, high) = sorted((old.width, new.width)), sorted((old.height, new.height))
    same_way = (old.width < new.width) == (old.height < new.height)
    growth = MOVED_GROWTH**scale
    return same_way and wide > growth * narrow and high > growth * low


def _common_shift(a: float, b: float) -> float:
    """Return how far both edges move, if they move the same way."""
    return min(abs(a), abs(b)) if a * b > 0 else 0.0


def _may_occlude(other: TrackState, one: TrackState, t: float) -> bool:
    """Return whether another track that moves, or may move, overlaps a box, or should by now."""
    if not other.track.moved and t - other.track.first_t > NEW_TRACK_S:
        return False
    box = one.track.box
    return any(box.iou(x) > 0 for x in (other.track.box, other.predict(t)))


def _share_beside(box: Box, motion: MotionResult) -> float:
    """Return the larger share in motion of the areas left and right of a box, half as wide."""
    left = Box(max(0, box.x1 - box.width / 2), box.y1, box.x1, box.y2)
    right = Box(box.x2, box.y1, min(1, box.x2 + box.width / 2), box.y2)
    return max(motion.share(left) or 0.0, motion.share(right) or 0.0)
