"""On a system with much to do, a person is confirmed long after they came into view."""

from contextlib import closing

from engine_rig import file_camera
import pytest
from videos import FigureDetector, content

from custom_components.homesec.engine.core.events import (
    DetectionStarted,
    DetectionUpdated,
    SnapshotTaken,
)
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.detection.pool import DetectionPool
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.worker import camera_host

FPS = 10  # of the videos
CAME_S = 6.3
LOOKS_PER_S = 5


class LatePool(DetectionPool):
    """Verifies a candidate only once this many more frames were looked at."""

    looks = 0

    def __init__(self, **options):
        super().__init__(**options)
        self.due = None
        self.job = None

    def submit(self, slot, task, reply, **options):
        if " " in slot:  # a verification
            self.job = slot, task, reply, options
            self.due = self.due or self.frame_count + self.looks
            return True
        if self.job and self.frame_count >= self.due:
            late_slot, *job, late_options = self.job
            self.job = self.due = None
            super().submit(late_slot, *job, **late_options)
            self.wait_until_idle(late_slot, 60.0)
        return super().submit(slot, task, reply, **options)


@pytest.fixture
def play_late(rigs, make_video, monkeypatch):
    """Play a visit with late verifications; return the rig and its clip."""

    def play(late_s, video, **settings):
        pool = type("Pool", (LatePool,), {"looks": round(late_s * LOOKS_PER_S)})
        monkeypatch.setattr(camera_host, "DetectionPool", pool)
        rig = rigs(create_cascade=lambda _stop: CascadeDetector(FigureDetector(), FigureDetector()))
        (clip,) = rig.play(file_camera(make_video(**video), **settings))
        return rig, clip

    return play


@pytest.mark.parametrize("late_s", [0, 3, 8, 15])
@pytest.mark.parametrize("pre_roll_s", [0.0, 2.0, 4.0])
def test_clip_begins_the_whole_pre_roll_before_a_person(play_late, late_s, pre_roll_s):
    video = {"seconds": 26, "walks": ((CAME_S, 25.0),)}
    rig, clip = play_late(late_s, video, pre_roll_s=pre_roll_s)
    first = content(rig.path(clip)).numbers[0]
    seen = first + round(clip.pre_roll_s * FPS)
    assert 63 <= seen <= 65
    assert pre_roll_s * FPS <= seen - first < pre_roll_s * FPS + FPS
    (started,) = rig.of(DetectionStarted)
    assert started.clip_id == clip.id


def test_track_of_a_person_begins_when_they_came(play_late):
    rig, clip = play_late(15, {"seconds": 26, "walks": ((CAME_S, 25.0),)})
    with closing(Catalog(rig.data_dir / "clips.db")) as catalog:
        (track,) = catalog.tracks(clip.id)
    assert clip.pre_roll_s >= 2.0
    assert track.boxes[0].t == pytest.approx(clip.pre_roll_s, abs=0.3)


def test_first_picture_shows_a_person_at_once(play_late):
    rig, _ = play_late(8, {"seconds": 26, "walks": ((CAME_S, 25.0),)})
    kinds = (DetectionStarted, SnapshotTaken, DetectionUpdated)
    assert [type(x) for x in rig.of(*kinds)][:2] == [DetectionStarted, SnapshotTaken]
    started, picture = rig.of(DetectionStarted)[0], rig.of(SnapshotTaken)[0]
    assert started.presence.first_seen_at <= picture.at <= started.presence.last_seen_at
