"""The confidence beside a still is that of who the still shows."""

from dataclasses import replace

import av
from engine_rig import file_camera
import pytest
from videos import FigureDetector, number_of

from custom_components.homesec.engine.core.types import Box
from custom_components.homesec.engine.detection.cascade import CascadeDetector

FPS = 10
WALKS = ((3.0, 5.0), (5.6, 8.0))
SEEN_S = 0.4  # frames around a walk may show the figure's edge


class Visitors(FigureDetector):
    """Takes the figure's first walk for one label, and the second for another, larger and surer."""

    def __init__(self, first, second):
        super().__init__()
        self.labels_seen = [first, second]
        self.walk, self.was_there = -1, False

    def detect(self, picture):
        found = super().detect(picture)
        if found and not self.was_there:
            self.walk += 1
        self.was_there = bool(found)
        return [self.seen(each) for each in found]

    def seen(self, figure):
        label = self.labels_seen[min(self.walk, 1)]
        box = figure.box
        if self.walk > 0:
            # So large that it would make the better still.
            large = Box(max(0.0, box.x1 - 0.25), 0.05, min(1.0, box.x2 + 0.25), 0.95)
            return replace(figure, label=label, score=0.97, box=large)
        return replace(figure, label=label, score=round(0.9 - 0.3 * box.x1, 3))


@pytest.mark.parametrize(("first", "second"), [("person", "cat"), ("cat", "person")])
def test_still_and_confidence_are_of_the_label_that_names_the_clip(
    rigs, tmp_path, make_video, first, second
):
    video = make_video(seconds=12, walks=WALKS)
    detector = Visitors(first, second)
    rig = rigs(folder=tmp_path, detector=detector)
    (clip,) = rig.play(file_camera(video, labels=("person", "cat"), grace_s=2.0))
    assert clip.label == "person"
    begin, end = WALKS[0] if first == "person" else WALKS[1]
    with av.open(rig.clips_dir / clip.still_path) as still:
        (picture,) = still.decode(video=0)
    number = number_of(picture)
    assert (begin - SEEN_S) * FPS <= number <= (end + SEEN_S) * FPS
    (figure,) = FigureDetector().detect(picture.to_ndarray(format="bgr24"))
    wanted = 0.97 if first == "cat" else 0.9 - 0.3 * figure.box.x1
    assert clip.score == pytest.approx(wanted, abs=0.03)


def test_clip_that_goes_on_has_the_confidence_of_its_own_still(rigs, tmp_path, make_video):
    video = make_video(seconds=14, walks=((2.0, 13.0),))
    detector = Visitors("person", "person")
    rig = rigs(folder=tmp_path, detector=detector)
    clips = rig.play(file_camera(video, max_clip_s=5.0))
    assert len(clips) > 1
    for clip in clips:
        with av.open(rig.clips_dir / clip.still_path) as still:
            (picture,) = still.decode(video=0)
        (figure,) = FigureDetector().detect(picture.to_ndarray(format="bgr24"))
        assert clip.score == pytest.approx(0.9 - 0.3 * figure.box.x1, abs=0.03)


class Glimpse(FigureDetector):
    """Detects the figure in a few frames only."""

    def __init__(self, frames):
        super().__init__()
        self.left = frames

    def detect(self, picture):
        found = super().detect(picture)
        self.left -= len(found)
        return found if self.left >= 0 else []


class Verifier(FigureDetector):
    """Confirms what the first network has found."""

    name, model = "verifier", "bright"


@pytest.mark.parametrize("frames", [2, 3])
def test_still_shows_who_was_not_seen_again_after_the_verification(
    rigs, tmp_path, make_video, frames
):
    # The keyframe before is from when nobody was there.
    video = make_video(seconds=12, walks=((5.0, 7.0),), gop_s=2.0)
    rig = rigs(
        folder=tmp_path,
        create_cascade=lambda _stop: CascadeDetector(Glimpse(frames), Verifier()),
    )
    (clip,) = rig.play(file_camera(video))
    with av.open(rig.clips_dir / clip.still_path) as still:
        (picture,) = still.decode(video=0)
    assert 50 <= number_of(picture) < 70
    assert clip.score == pytest.approx(0.9)
