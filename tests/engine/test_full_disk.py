"""Recording on full and read-only disks: real ones, mounted for the test."""

from engine_rig import file_camera
import pytest
from small_disks import mounted, remount
from videos import content

from custom_components.homesec.engine.core.clip_files import FRESH_SUFFIX
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved
from custom_components.homesec.engine.core.types import Activity, CameraHealth, ClipState
from custom_components.homesec.engine.recording import controller

VIDEO = {"seconds": 30, "walks": ((2.0, 29.0),)}


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KB."""
    with mounted(tmp_path / "disk", "size=64k") as disk:
        yield disk


@pytest.fixture
def large_video(make_video, tmp_path):
    """Half a minute of about 400 KB."""
    return make_video(**VIDEO, codec="libx264", size=(640, 384), fps=20)


@pytest.fixture(autouse=True)
def _short_retry(monkeypatch):
    monkeypatch.setattr(controller, "RETRY_S", 4.0)


def test_clip_until_disk_was_full_is_saved(rigs, small_disk, large_video):
    rig = rigs(clips_dir=small_disk / "clips")
    rig.play(file_camera(large_video))
    first = rig.failed()[0]
    assert (first.error, first.state) == ("disk_full", ClipState.SAVED)
    shown = content(rig.path(first))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert len(shown.numbers) >= 20
    assert rig.engine.catalog.get(first.id) == first


def test_clip_on_full_disk_leaves_no_files(rigs, small_disk, large_video):
    rig = rigs(clips_dir=small_disk / "clips")
    rig.play(file_camera(large_video))
    whole = {rig.path(clip).name for clip in rig.saved()}
    left = {p.name for p in (small_disk / "clips").rglob("*") if p.is_file()}
    assert whole <= left
    assert not [name for name in left - whole if not name.endswith(".jpg")]
    assert not [p for p in (small_disk / "clips").rglob("*.jpg") if not p.stat().st_size]


def test_camera_on_full_disk_retries_recording(rigs, small_disk, large_video):
    rig = rigs(clips_dir=small_disk / "clips")
    rig.play(file_camera(large_video))
    assert len(rig.failed()) >= 3
    assert {clip.error for clip in rig.failed()} == {"disk_full"}


def test_recording_resumes_when_disk_has_room(rigs, small_disk, large_video):
    rig = rigs(clips_dir=small_disk / "clips")
    rig.engine.set_camera(file_camera(large_video, loop=True), Activity.RECORD)
    rig.wait_for(ClipFailed)
    remount(small_disk, "size=64m")

    def whole():
        return [c for c in rig.saved() if c.error is None]

    rig.wait(whole)
    rig.engine.remove_camera("cam")
    assert len(content(rig.path(whole()[0])).numbers) > 40


def test_read_only_disk_is_reported_and_recovers(rigs, tmp_path, large_video):
    with mounted(tmp_path / "disk", "size=64m") as disk:
        rig = rigs(clips_dir=disk / "clips")
        remount(disk, "ro")
        rig.engine.set_camera(file_camera(large_video, loop=True), Activity.RECORD)
        failed = rig.wait_for(ClipFailed).clip
        assert (failed.error, failed.state) == ("disk_read_only", ClipState.FAILED)
        assert rig.engine.health("cam") is CameraHealth.RUNNING
        remount(disk, "rw")
        assert rig.wait_for(ClipSaved).clip.error is None
        rig.stop()


def test_engine_starts_on_read_only_disk_with_partial_files(rigs, tmp_path):
    with mounted(tmp_path / "disk", "size=1m") as disk:
        left = disk / "clips" / "cam" / "2027-01-15" / f"clip{FRESH_SUFFIX}"
        left.parent.mkdir(parents=True)
        left.touch()
        remount(disk, "ro")
        rigs(clips_dir=disk / "clips").stop()
        assert left.exists()
        remount(disk, "rw")
        rigs(clips_dir=disk / "clips").stop()
        assert not left.exists()
