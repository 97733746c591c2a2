"""The scores in the tables."""

from pathlib import Path

import numpy as np
import pytest

from bench.cascade import Answer
from bench.photos import Photo
from bench.scoring import by_subset, counts, figures
from custom_components.homesec.engine.core.types import Box, Detection

PERSON_BOX = ((10, 10, 30, 50),)


def photo(subset="", *, people=(), crowds=(), ambiguous=False, video=False):
    return Photo(
        path=Path("any.jpg"),
        width=100,
        height=50,
        subset=subset,
        people=np.array(people, np.float64).reshape(-1, 4),
        crowds=np.array(crowds, np.float64).reshape(-1, 4),
        ambiguous=ambiguous,
        video=video,
    )


def answer(*found, reported=True):
    people = [Detection("person", score, Box(*box)) for score, box in found]
    return Answer(
        people=people,
        looked=people,
        reported=reported,
        look_s=0.01,
        total_s=0.02,
    )


RIGHT = answer((0.9, (0.1, 0.2, 0.3, 1.0)))
NOTHING = answer(reported=False)


def test_boxes_are_compared_in_pixels():
    assert figures([photo(people=PERSON_BOX)], [RIGHT])["ap50"] == 1


def test_subset_without_people_counts_false_alarms_only():
    photos = [photo("people", people=PERSON_BOX), photo("people"), photo("empty")]
    quiet = figures(photos, [RIGHT, NOTHING, answer((0.99, (0.5, 0.5, 0.6, 0.6)))])
    assert (quiet["ap50"], quiet["false_alarms"]) == (1, 1)
    loud = figures(photos, [RIGHT, answer((0.99, (0.5, 0.5, 0.6, 0.6))), NOTHING])
    assert (loud["ap50"], loud["false_alarms"]) == (0.5, 1)


def test_subset_with_people_has_own_precision():
    photos = [photo("a", people=PERSON_BOX), photo("b", people=PERSON_BOX), photo("c")]
    assert by_subset(photos, [RIGHT, NOTHING, NOTHING]) == {"a": 1, "b": 0}


def test_flagged_share_excludes_video_frames():
    photos = [
        photo(people=PERSON_BOX),
        photo(people=PERSON_BOX),
        photo(people=PERSON_BOX, video=True),
        photo(crowds=PERSON_BOX),
    ]
    assert figures(photos, [RIGHT, NOTHING, NOTHING, NOTHING])["flagged"] == 0.5


def test_video_frames_count_without_photos():
    photos = [photo(people=PERSON_BOX, video=True), photo(video=True)]
    found = figures(photos, [RIGHT, RIGHT])
    assert (found["flagged"], found["false_alarms"]) == (1, 1)


@pytest.mark.parametrize(
    "doubtful", [photo(crowds=PERSON_BOX), photo(ambiguous=True)], ids=["crowd", "ambiguous"]
)
def test_doubtful_photo_has_no_false_alarm(doubtful):
    photos = [photo(people=PERSON_BOX), doubtful]
    assert figures(photos, [RIGHT, RIGHT])["false_alarms"] == 0
    assert counts(photos)["photos_without_people"] == 0


def test_folder_without_people_has_no_precision():
    found = figures([photo()], [RIGHT])
    assert (found["ap50"], found["flagged"], found["false_alarms"]) == (None, None, 1)
