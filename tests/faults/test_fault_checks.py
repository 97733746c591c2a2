"""A count that cannot find anything wrong would prove nothing: each wrong is made, and found."""

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
    """One clip that was recorded and uploaded as it should be."""

    def __init__(self, folder, video):
        self.root = folder
        self.clips = folder / "clips"
        self.objects = {}
        self.overwritten = []
        self.reports = []
        self.ended = {1: 1000.0}
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
            reports=self.reports, ended=self.ended, data_dir=self.root, clips_dir=self.clips
        )
        cloud = SimpleNamespace(objects=lambda: self.objects, overwritten=self.overwritten)
        disk = SimpleNamespace(refused_between=lambda *_: self.disk_refused)
        return Judge(process=process, disk=disk, cloud=cloud).judge()


@pytest.fixture
def scene(tmp_path, video):
    return Scene(tmp_path, video)


def test_what_is_as_it_should_be_is_good(scene):
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
def test_a_row_that_says_otherwise_is_a_lost_clip(scene, change):
    scene.sql(change)
    assert list(scene.verdict.lost) == [scene.clip.id]


def test_a_file_that_is_not_there_is_a_lost_clip(scene):
    scene.path.unlink()
    assert list(scene.verdict.lost) == [scene.clip.id]


def test_an_object_that_is_not_there_or_another_one_is_a_lost_clip(scene):
    (name,) = scene.objects
    scene.objects[name] = "other"
    assert list(scene.verdict.lost) == [scene.clip.id]
    del scene.objects[name]
    assert list(scene.verdict.lost) == [scene.clip.id]


def test_a_film_that_is_cut_off_or_damaged_is_unplayable(scene):
    full_ha = scene.path.read_bytes()
    half = len(full_ha) // 2
    for damaged in (full_ha[:half], full_ha[:half] + bytes(20_000) + full_ha[half + 20_000 :], b""):
        scene.path.write_bytes(damaged)
        assert list(scene.verdict.unplayable) == [scene.clip.id]


def test_a_second_object_of_a_clip_is_a_duplicate(scene):
    (name,) = scene.objects
    again = name.replace("2027/01/15", "2027/01/16")
    scene.objects[again] = "other"
    assert scene.verdict.duplicated == {again}
    scene.objects = {name: scene.objects[name]}
    scene.overwritten.append(name)
    assert scene.verdict.duplicated == {name}


def test_what_belongs_to_no_clip_is_stray(scene):
    scene.path.with_suffix(".part.mp4").touch()
    scene.objects[NAME.format("x.jpg")] = "x"
    assert scene.verdict.stray == {
        Path(scene.clip.path).with_suffix(".part.mp4").as_posix(),
        NAME.format("x.jpg"),
    }


def test_what_the_disk_never_took_was_refused(scene):
    never = scene.row(NOON + 1, ClipState.FAILED, CloudState.NONE, "disk_full")
    scene.tell("failed", never)
    begun = scene.row(NOON + 2, ClipState.FAILED, CloudState.NONE, "recording_failed")
    scene.tell("started", begun)
    assert scene.verdict.refused == {never.id}
    assert list(scene.verdict.lost) == [begun.id]
    scene.disk_refused = True
    assert scene.verdict.refused == {never.id, begun.id}
    assert scene.verdict.good


def test_only_the_last_second_before_a_kill_may_be_without_a_picture(scene):
    early = scene.row(NOON + 1, ClipState.FAILED, CloudState.NONE, "recording_failed")
    scene.tell("started", early, t=998.5)
    late = scene.row(NOON + 2, ClipState.FAILED, CloudState.NONE, "recording_failed")
    scene.tell("started", late, t=999.5)
    assert scene.verdict.last_second == {late.id}
    assert list(scene.verdict.lost) == [early.id]
