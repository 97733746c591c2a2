"""Scores of a configuration's answers, as the tables show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .average_precision import Picture, curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custom_components.homesec.engine.core.types import Detection

    from .cascade import Answer
    from .photos import Photo

    type Figures = dict[str, float | int | None]

PRECISION = 0.9


def figures(photos: Sequence[Photo], answers: Sequence[Answer]) -> Figures:
    """Return all figures of a configuration.

    Precision and recall are those of all pictures in subsets with people; subsets without people
    count for false alarms only. Frames of a video are left out unless there is nothing else.
    """
    pairs = list(zip(photos, answers, strict=True))
    everything = curve(_pictures(pairs, subsets_with_people(photos)))
    stills = [pair for pair in pairs if not pair[0].video] or pairs
    asked = [answer for photo, answer in stills if len(photo.people)]
    alarms = [answer for photo, answer in stills if photo.has_no_people]
    return {
        "ap50": _rounded(everything and everything.average_precision),
        "recall_p90": _rounded(everything and everything.recall_at(PRECISION)),
        "flagged": _share([answer.reported for answer in asked]),
        "false_alarms": sum(answer.reported for answer in alarms),
    }


def by_subset(photos: Sequence[Photo], answers: Sequence[Answer]) -> Figures:
    """Return the average precision of each subset that has people."""
    pairs = list(zip(photos, answers, strict=True))
    found: Figures = {}
    for subset in subsets_with_people(photos):
        alone = curve(_pictures(pairs, [subset]))
        found[subset] = _rounded(alone and alone.average_precision)
    return found


def counts(photos: Sequence[Photo]) -> dict[str, int]:
    """Return the counts that the shares refer to."""
    subsets = subsets_with_people(photos)
    scored = [photo for photo in photos if photo.subset in subsets]
    stills = [photo for photo in photos if not photo.video] or photos
    return {
        "pictures": len(photos),
        "pictures_for_ap": len(scored),
        "people": sum(len(photo.people) for photo in scored),
        "photos_with_people": sum(len(photo.people) > 0 for photo in stills),
        "photos_without_people": sum(photo.has_no_people for photo in stills),
    }


def subsets_with_people(photos: Sequence[Photo]) -> list[str]:
    """Return the subsets' names in the order of the photos."""
    return list(dict.fromkeys(photo.subset for photo in photos if len(photo.people)))


def picture(photo: Photo, people: Sequence[Detection]) -> Picture:
    """Pair a photo with detected people, as input for the average precision."""
    corners = [(x.box.x1, x.box.y1, x.box.x2, x.box.y2) for x in people]
    size = np.array([photo.width, photo.height] * 2, np.float64)
    return Picture(
        found=np.array(corners, np.float64).reshape(-1, 4) * size,
        scores=np.array([each.score for each in people], np.float64),
        truth=photo.people,
        crowds=photo.crowds,
    )


def _pictures(pairs: Sequence[tuple[Photo, Answer]], subsets: Sequence[str]) -> list[Picture]:
    return [picture(photo, answer.people) for photo, answer in pairs if photo.subset in subsets]


def _share(these: Sequence[bool]) -> float | None:
    return round(sum(these) / len(these), 4) if these else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
