"""What a configuration makes of photos in which everything is new, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from .photos import PERSON

if TYPE_CHECKING:
    from custom_components.homesec.engine.core.types import Detection, Frame
    from custom_components.homesec.engine.detection.cascade import CascadeDetector


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What it made of one photo."""

    people: list[Detection]
    """As scored in the end, best first."""
    looked: list[Detection]
    """The people whom the look alone saw, best first."""
    reported: bool
    """Whether it would have told its user of somebody."""
    look_s: float
    """What every picture costs."""
    total_s: float
    """What a picture costs in which somebody is new."""

    def of_look_alone(self, threshold: float) -> Answer:
        """Return what it would have been with one network, and that one's threshold."""
        return replace(
            self,
            people=self.looked,
            reported=any(each.score >= threshold for each in self.looked),
            total_s=self.look_s,
        )


def examine(cascade: CascadeDetector, frame: Frame) -> Answer:
    """Look at a photo, then at whoever was found in it, as HomeSec does with somebody new.

    With one network, the second step is none.
    """
    began = perf_counter()
    found = cascade.detect(frame)
    between = perf_counter()
    looked = [each for each in found if each.label == PERSON]
    candidates = [each.box for each in looked if each.score >= cascade.threshold]
    confirmed = cascade.verify(frame, found, candidates)
    done = perf_counter()
    people = [each for each in confirmed if each.label == PERSON]
    sure = any(each.score >= cascade.verified_threshold for each in people)
    return Answer(
        people=people,
        looked=looked,
        reported=bool(candidates) and sure,
        look_s=between - began,
        total_s=done - began,
    )
