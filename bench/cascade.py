"""Run a detector configuration on photos and time it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from .photos import PERSON

if TYPE_CHECKING:
    from custom_components.homesec.engine.core.types import Detection
    from custom_components.homesec.engine.detection.cascade import CascadeDetector
    from custom_components.homesec.engine.media.decoder import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a configuration found in one photo."""

    people: list[Detection]
    """Final scores, best first."""
    looked: list[Detection]
    """People found by the primary network alone, best first."""
    reported: bool
    """Whether a person would have been reported."""
    look_s: float
    """Cost of every picture."""
    total_s: float
    """Cost of a picture with a new person in it."""

    def primary_only(self, threshold: float) -> Answer:
        """Return the answer as the primary network alone would give it at its own threshold."""
        return replace(
            self,
            people=self.looked,
            reported=any(each.score >= threshold for each in self.looked),
            total_s=self.look_s,
        )


def run_cascade(cascade: CascadeDetector, frame: Frame) -> Answer:
    """Detect in a photo, then verify what was found, as HomeSec does for a new person.

    With one network there is no verification.
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
