"""The library of clips, in a running engine."""

from dataclasses import replace
import shutil
import sqlite3
import threading
import time

from disk_store import DeadStore, DiskStore
from engine_rig import LONG_S, EngineRig, file_camera
import pytest
from small_disks import mounted
from videos import content

from custom_components.homesec.engine.cloud.errors import BucketMissing
from custom_components.homesec.engine.core.errors import ClipNotFound, ClipProtected, StartFailed
from custom_components.homesec.engine.core.events import (
    CatalogRebuilt,
    ClipFailed,
    ClipSaved,
    ClipsRemoved,
    ClipStarted,
    ClipUploaded,
    OutboxChanged,
)
from custom_components.homesec.engine.core.types import Activity, ClipState, CloudState
from custom_components.homesec.engine.engine import CATALOG_NAME
from custom_components.homesec.engine.library import library
from custom_components.homesec.engine.library.retention_policy import (
    Limits,
    RetentionRules,
    TierRules,
)
from custom_components.homesec.engine.recording import controller

KEEP_ALL = RetentionRules(min_free_bytes=0)


@pytest.fixture
def store(tmp_path):
    return DiskStore(tmp_path / "cloud")


def video(make_video, **options):
    return file_camera(make_video(seconds=12, walks=((3.0, 7.0),)), **options)


def test_recorded_clip_is_uploaded(rigs, make_video, store):
    rig = rigs(cloud=store)
    (saved,) = rig.play(video(make_video))
    assert saved.cloud is CloudState.WAITING
    clip = rig.wait_for(ClipUploaded).clip
    assert clip == rig.engine.catalog.get(saved.id)
    assert clip.cloud is CloudState.STORED
    (name,) = store.names(".mp4")
    assert (store.objects / name).read_bytes() == rig.path(clip).read_bytes()
    rig.wait(lambda: rig.engine.library.uploads.backlog.jobs == 0)
    stats = rig.engine.engine_stats()
    assert (stats.clips, stats.clip_bytes) == (1, clip.bytes)
    assert (stats.cloud_clips, stats.cloud_bytes) == (1, clip.cloud_bytes)
    rig.stop()
    assert store.closed


def test_clips_without_cloud_and_rules_are_kept(rig, make_video):
    (saved,) = rig.play(video(make_video))
    assert saved.cloud is CloudState.NONE
    assert rig.engine.library.upload_existing() == 0
    rig.engine.library.resume_uploads()
    rig.engine.library.set_rules(RetentionRules())
    assert rig.of(OutboxChanged, ClipsRemoved) == []


def test_waiting_upload_continues_after_restart(rigs, make_video, tmp_path, store):
    first = rigs(cloud=DeadStore(tmp_path / "nowhere"))
    first.play(video(make_video))
    first.wait(lambda: any(e.error for e in first.of(OutboxChanged)))
    told = first.of(OutboxChanged)[-1]
    assert (told.error, told.paused, told.backlog.jobs) == ("storage_unreachable", False, 1)
    first.stop()
    again = rigs(cloud=store)
    again.engine.library.resume_uploads()
    assert again.wait_for(ClipUploaded).clip.id == first.saved()[0].id


def test_new_credentials_end_pause(rigs, make_video, tmp_path, store):
    broken = DiskStore(tmp_path / "broken")
    broken.faults.append(BucketMissing())
    rig = rigs(cloud=broken)
    rig.play(video(make_video))
    rig.wait(lambda: any(e.paused for e in rig.of(OutboxChanged)))
    rig.engine.library.resume_uploads(store)
    rig.wait_for(ClipUploaded)
    assert len(store.names()) == 2


def test_upload_existing_uploads_clips_from_before_cloud(rigs, make_video, store):
    first = rigs()
    first.play(video(make_video))
    first.stop()
    again = rigs(cloud=store)
    assert again.engine.library.upload_existing() == 1
    again.wait_for(ClipUploaded)


def test_close_during_upload_is_quick(rigs, make_video, tmp_path):
    slow = DiskStore(tmp_path / "slow", chunk_s=LONG_S)
    rig = rigs(cloud=slow)
    rig.play(video(make_video))
    assert slow.busy.wait(LONG_S)
    began = time.monotonic()
    rig.stop()
    assert time.monotonic() - began < 5.0


def test_close_logs_hanging_threads(rigs, make_video, tmp_path, caplog):
    gate, inside = threading.Event(), threading.Event()

    class Hangs(DiskStore):
        def upload(self, *_, **__):
            inside.set()
            gate.wait(LONG_S)
            raise ValueError

    rig = rigs(cloud=Hangs(tmp_path / "cloud"))
    rig.play(video(make_video))
    assert inside.wait(LONG_S)
    rig.engine.stop(timeout_s=0.5)
    assert "Outbox did not stop in time" in caplog.text
    gate.set()
    assert rig.engine.library._outbox.join(LONG_S)


# --- removing and protecting ---


def test_delete_keeps_all_copies_for_a_restore(rigs, make_video, store):
    rig = rigs(cloud=store, retention=KEEP_ALL)
    (clip,) = rig.play(video(make_video))
    uploaded = rig.wait_for(ClipUploaded).clip
    assert rig.engine.library.delete(clip.id, by="Ann").deleted_by == "Ann"
    stats = rig.engine.engine_stats()
    assert (stats.clips, stats.deleted_clips, stats.clip_bytes) == (0, 1, clip.bytes)
    assert rig.path(clip).exists()
    assert store.names()
    assert rig.engine.library.restore(clip.id) == uploaded
    assert rig.engine.engine_stats().clips == 1


def test_purge_removes_all_copies(rigs, make_video, store):
    rig = rigs(cloud=store, retention=KEEP_ALL)
    (clip,) = rig.play(video(make_video))
    rig.wait_for(ClipUploaded)
    with pytest.raises(ClipNotFound):
        rig.engine.library.purge(clip.id)
    rig.engine.library.delete(clip.id)
    rig.engine.library.purge(clip.id)
    assert not rig.path(clip).exists()
    assert rig.engine.engine_stats().deleted_clips == 0
    rig.wait(lambda: rig.of(OutboxChanged)[-1].backlog.jobs == 0 and not store.names())


def test_delete_without_recently_deleted_removes_all_copies(rigs, make_video, store):
    rig = rigs(cloud=store, retention=replace(KEEP_ALL, deleted_kept_s=0.0))
    (clip,) = rig.play(video(make_video))
    rig.wait_for(ClipUploaded)
    rig.engine.library.delete(clip.id)
    assert not rig.path(clip).exists()
    assert rig.engine.engine_stats().clips == 0
    rig.wait(lambda: rig.of(OutboxChanged)[-1].backlog.jobs == 0 and not store.names())
    with pytest.raises(ClipNotFound):
        rig.engine.library.delete(clip.id)


def test_delete_of_protected_clip_raises(rig, make_video):
    (clip,) = rig.play(video(make_video))
    rig.engine.library.protect(clip.id)
    with pytest.raises(ClipProtected):
        rig.engine.library.delete(clip.id)
    rig.engine.library.protect(clip.id, protected=False)
    rig.engine.library.delete(clip.id)
    with pytest.raises(ClipNotFound):
        rig.engine.library.protect(clip.id)


def test_recording_clip_can_be_protected_but_not_deleted(rig, make_video):
    rig.engine.set_camera(video(make_video, paced=True, loop=True), Activity.RECORD)
    clip = rig.wait_for(ClipStarted).clip
    with pytest.raises(ClipNotFound):
        rig.engine.library.delete(clip.id)
    rig.engine.library.protect(clip.id)
    rig.engine.remove_camera("cam")
    rig.wait_for(ClipSaved)
    assert rig.engine.catalog.get(clip.id).protected


def test_new_rules_apply_at_once(rigs, make_video):
    rig = rigs(retention=KEEP_ALL)
    (clip,) = rig.play(video(make_video))
    none = RetentionRules(local=TierRules(each=Limits(max_bytes=0)), min_free_bytes=0)
    rig.engine.library.set_rules(none)
    assert rig.wait_for(ClipsRemoved).last_copies == 1
    assert not rig.path(clip).exists()
    assert rig.engine.engine_stats().clips == 0


def test_clip_failed_by_full_disk_starts_retention(rigs, make_video, tmp_path, monkeypatch):
    monkeypatch.setattr(controller, "RETRY_S", 4.0)
    with mounted(tmp_path / "disk", "size=200k") as disk:
        thick = make_video(
            seconds=30, walks=((2.0, 29.0),), codec="libx264", size=(640, 384), fps=20
        )
        rig = rigs(clips_dir=disk / "clips", retention=RetentionRules(min_free_bytes=125 * 1024))
        rig.engine.set_camera(file_camera(thick, loop=True, max_clip_s=8.0), Activity.RECORD)
        rig.wait_for(ClipsRemoved, count=2)
        rig.wait_for(ClipSaved, count=3)
        rig.engine.remove_camera("cam")
        rig.engine.library.halt()
        rig.engine.library._retention.join(LONG_S)
        assert all(writer.join(LONG_S) for writer in rig.engine.worker.writers)
        rows = rig.engine.catalog.queries.page()
        rig.stop()
        assert all(content(rig.path(clip)).numbers for clip in rows)
        assert {p.stem for p in rig.clips_dir.rglob("*.mp4")} == {clip.id for clip in rows}


# --- the catalog ---


@pytest.mark.parametrize("damage", ["garbage", "gone"])
def test_start_with_damaged_catalog_keeps_clips(rigs, make_video, tmp_path, store, damage):
    first = rigs(cloud=store)
    (clip,) = first.play(video(make_video))
    first.wait_for(ClipUploaded)
    first.stop()
    path = first.data_dir / CATALOG_NAME
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"garbage" * 1000)
    old = clip.path.split("/")[1]
    shutil.move(first.clips_dir / "cam" / old, first.clips_dir / "cam" / "2020-01-01")
    sent_bytes = store.sent_bytes
    again = rigs(cloud=store)
    told = again.wait_for(CatalogRebuilt)
    assert told.clips == 1
    assert (told.set_aside is not None) is (damage == "garbage")
    again.wait_for(ClipUploaded)
    row = again.engine.catalog.get(clip.id)
    assert (row.bytes, row.cloud, row.state) == (clip.bytes, CloudState.STORED, ClipState.SAVED)
    assert store.sent_bytes == sent_bytes
    assert again.engine.engine_stats().clips == 1


def test_damage_found_during_recovery_replaces_catalog(rigs, make_video, monkeypatch):
    first = rigs()
    (clip,) = first.play(video(make_video))
    first.engine.library.protect(clip.id)
    first.stop()
    real, tried = library.finish_open_clips, []

    def finish(catalog, *rest):
        tried.append(catalog)
        if len(tried) == 1:
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        real(catalog, *rest)

    monkeypatch.setattr(library, "finish_open_clips", finish)
    again = rigs()
    assert again.wait_for(CatalogRebuilt).set_aside.startswith(f"{CATALOG_NAME}.corrupt-")
    assert again.engine.catalog.get(clip.id).protected
    assert len(tried) == 2


@pytest.mark.parametrize("error", [sqlite3.DatabaseError, ValueError, OSError])
def test_start_error_unrelated_to_catalog_stops_all_threads(tmp_path, monkeypatch, error):
    def refuse(*_):
        raise error("refused")

    monkeypatch.setattr(library, "finish_open_clips", refuse)
    for _ in range(3):
        rig = EngineRig(tmp_path)
        with pytest.raises(StartFailed) as caught:
            rig.engine.start()
        assert isinstance(caught.value.__cause__, error)
        rig.stop()
    asides = [p for p in (tmp_path / "data").iterdir() if "corrupt" in p.name]
    assert len(asides) <= 1


def test_unreadable_folder_is_adopted_at_next_start(rigs, make_video, monkeypatch, caplog):
    def refuse(*_):
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(library, "adopt_clips", refuse)
    rig = rigs()
    rig.play(video(make_video))
    rig.engine.library._adopting.join()
    assert "could be added to the clip index: disk full" in caplog.text


def test_backup_copies_catalog_during_recording(rig, make_video, tmp_path):
    rig.engine.catalog.database.suspend_checkpoints()
    path = rig.data_dir / CATALOG_NAME
    held = path.read_bytes()
    (clip,) = rig.play(video(make_video))
    assert path.read_bytes() == held
    rig.engine.catalog.database.resume_checkpoints()
    assert rig.engine.catalog.get(clip.id) == clip


def test_clip_failed_by_other_error_starts_no_retention(rigs, make_video):
    rig = rigs(retention=KEEP_ALL)
    (clip,) = rig.play(video(make_video))
    hurried = []
    rig.engine.library._retention.wake = lambda: hurried.append(1)
    rig.engine._on_event(ClipFailed(clip=clip))
    assert hurried == []


def test_clip_saved_after_close_is_counted_at_next_start(rig, make_video, caplog):
    (clip,) = rig.play(video(make_video))
    before = rig.engine.engine_stats()
    rig.stop()
    rig.engine._on_event(ClipSaved(clip=clip))
    assert "could not be counted" in caplog.text
    assert rig.engine.engine_stats() == before
