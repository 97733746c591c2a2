"""Remember static objects, and tell them from what appears along with a new scene.

When a light goes on, a person who stands still was never seen to arrive. What is first detected
just after the whole frame has changed counts as having arrived, unless an object of its label was
there before and has never moved: a statue stays a statue when the light changes.
"""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from ..core.types import Box
from ..media.motion import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.types import Detection, Track
    from ..media.motion import MotionResult

NEW_SCENE_SHARE = 0.4  # share of the frame in motion from which on it is a new scene
NEW_SCENE_S = 1.0  # how long a scene counts as new
STATIC_AFTER_S = 2.0  # a track that has existed for this long and never moved is a static object
SAME_IOU = 0.4  # IoU from which on a box is where a static object is
LIMIT = 32  # static objects remembered at most, the latest ones
_WHOLE_FRAME = Box(0, 0, 1, 1)


@dataclass(frozen=True, slots=True)
class _StaticObject:
    label: str
    box: Box

    def matches(self, label: str, box: Box) -> bool:
        return self.label == label and self.box.iou(box) >= SAME_IOU


class StaticObjects:
    """The static objects of one camera."""

    def __init__(self) -> None:
        self._objects: list[_StaticObject] = []
        self._has_scene = False  # in the first scene, nothing can be said to be new
        self._new_scene_t = -inf

    def observe_motion(self, t: float, motion: MotionResult | None) -> None:
        """Notice a new scene, by how much of the frame has changed."""
        if motion is None:
            return
        share = motion.share(_WHOLE_FRAME) or 0.0
        if self._has_scene and (motion.change is Change.SCENE or share >= NEW_SCENE_SHARE):
            self._new_scene_t = t
        self._has_scene = True

    def appeared_with_scene(self, t: float, detection: Detection) -> bool:
        """Return whether a new detection has appeared along with a new scene."""
        return t - self._new_scene_t <= NEW_SCENE_S and not any(
            x.matches(detection.label, detection.box) for x in self._objects
        )

    def update(self, t: float, tracks: Iterable[Track]) -> None:
        """Remember those of the tracks at ``t`` that are static objects."""
        for track in tracks:
            if track.moved or t - track.first_t < STATIC_AFTER_S:
                continue
            others = [x for x in self._objects if not x.matches(track.label, track.box)]
            self._objects = [_StaticObject(track.label, track.box), *others][:LIMIT]
