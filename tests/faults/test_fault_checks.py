"""The checks after a fault campaign find every kind of damage."""

import hashlib
from pathlib import Path
import shutil
from types import SimpleNamespace

import pytest

from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.types import Clip, ClipState, CloudState, Trigger
from custom_components.homesec.engine.library.catalog import Catalog
from homesec_dev.faults import videos
from homesec_dev.faults.checks import Judge
from homesec_dev.faults.engine_process import Report

NOON = 1_800_000_000.0
DAY = "2027-01-15"
NAME = "house/cam/2027/01/15/{}"


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return videos.make(tmp_path_factory.mktemp("films"))[0]


class Scene:
    """One clip, recorded and uploaded without faults."""

    def __init__(self, folder, video):
        self.root = folder
        self.clips = folder / "clips"
        self.objects = {}
        self.overwritten = []
        self.reports = []
        self.ended = {1: 1000.0}
        self.worker_ended = []
        self.disk_refused = False
        self.clip = self.row(NOON)
        self.path = self.clips / self.clip.path
        self.path.parent.mkdir(parents=True)
        shutil.copy(video, self.path)
        md5 = hashlib.md5(video.read_bytes()).hexdigest()
        self.objects[NAME.format(f"{self.clip.id}.mp4")] = md5
        self.tell("started", self.clip)
        self.tell("saved", self.clip)

    def row(self, at, state=ClipState.SAVED, cloud=CloudState.STORED, error=None):
        clip_id = new_clip_id(at)
        clip = Clip(
            id=clip_id,
            camera_id="cam",
            camera_name="Front door",
            state=state,
            trigger=Trigger.PRESENCE,
            started_at=at,
            event_at=at,
            cloud=cloud,
            error=error,
            path=f"cam/{DAY}/{clip_id}.mp4",
        )
        with Catalog(self.root / "clips.db") as catalog:
            catalog.put(clip)
        return clip

    def sql(self, text):
        with Catalog(self.root / "clips.db") as catalog:
            catalog.database.query(text)

    def tell(self, what, clip, t=500.0):
        self.reports.append(Report(life=1, what=what, t=t, id=clip.id))

    @property
    def verdict(self):
        process = SimpleNamespace(
            reports=self.reports,
            ended=self.ended,
            worker_ended=self.worker_ended,
            data_dir=self.root,
            clips_dir=self.clips,
        )
        cloud = SimpleNamespace(objects=lambda: self.objects, overwritten=self.overwritten)
        disk = SimpleNamespace(refused_between=lambda *_: self.disk_refused)
        return Judge(process=process, disk=disk, cloud=cloud).judge()


@pytest.fixture
def scene(tmp_path, video):
    return Scene(tmp_path, video)


def test_verdict_of_intact_clip_is_good(scene):
    assert scene.verdict.good
    assert scene.verdict.clips == {scene.clip.id}


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM clips",
        "UPDATE clips SET state = 'recording'",
        "UPDATE clips SET state = 'missing'",
        "UPDATE clips SET state = 'failed'",
        "UPDATE clips SET cloud = 'waiting'",
    ],
)
def test_verdict_of_changed_row_is_lost(scene, change):
    scene.sql(change)
    assert list(scene.verdict.lost) == [scene.clip.id]


def test_verdict_of_missing_file_is_lost(scene):
    scene.path.unlink()
    assert list(scene.verdict.lost) == [scene.clip.id]


def test_verdict_of_missing_or_changed_object_is_lost(scene):
    (name,) = scene.objects
    scene.objects[name] = "other"
    assert list(scene.verdict.lost) == [scene.clip.id]
    del scene.objects[name]
    assert list(scene.verdict.lost) == [scene.clip.id]


def test_verdict_of_truncated_or_damaged_video_is_unplayable(scene):
    full_ha = scene.path.read_bytes()
    half = len(full_ha) // 2
    for damaged in (full_ha[:half], full_ha[:half] + bytes(20_000) + full_ha[half + 20_000 :], b""):
        scene.path.write_bytes(damaged)
        assert list(scene.verdict.unplayable) == [scene.clip.id]


def test_verdict_of_second_object_is_duplicate(scene):
    (name,) = scene.objects
    again = name.replace("2027/01/15", "2027/01/16")
    scene.objects[again] = "other"
    assert scene.verdict.duplicated == {again}
    scene.objects = {name: scene.objects[name]}
    scene.overwritten.append(name)
    assert scene.verdict.duplicated == {name}


def test_verdict_of_unknown_file_is_stray(scene):
    scene.path.with_suffix(".part.mp4").touch()
    scene.objects[NAME.format("x.jpg")] = "x"
    assert scene.verdict.stray == {
        Path(scene.clip.path).with_suffix(".part.mp4").as_posix(),
        NAME.format("x.jpg"),
    }


def test_verdict_when_disk_refused_is_refused(scene):
    never = scene.row(NOON + 1, ClipState.FAILED, CloudState.NONE, "disk_full")
    scene.tell("failed", never)
    begun = scene.row(NOON + 2, ClipState.FAILED, CloudState.NONE, "recording_failed")
    scene.tell("started", begun)
    assert scene.verdict.refused == {never.id}
    assert list(scene.verdict.lost) == [begun.id]
    scene.disk_refused = True
    assert scene.verdict.refused == {never.id, begun.id}
    assert scene.verdict.good


def test_verdict_without_frame_is_allowed_only_in_last_second(scene):
    early = scene.row(NOON + 1, ClipState.FAILED, CloudState.NONE, "recording_failed")
    scene.tell("started", early, t=998.5)
    late = scene.row(NOON + 2, ClipState.FAILED, CloudState.NONE, "recording_failed")
    scene.tell("started", late, t=999.5)
    assert scene.verdict.last_second == {late.id}
    assert list(scene.verdict.lost) == [early.id]
    scene.worker_ended = [(998.6, 998.7)]
    assert scene.verdict.last_second == {early.id, late.id}
