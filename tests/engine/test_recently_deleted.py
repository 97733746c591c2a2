"""Deleted clips: where they're hidden, kept, and restored."""

import json
import shutil
import threading
import time
from zoneinfo import ZoneInfo

from library_rig import NOON, LibraryRig, clip_row
import pytest

from custom_components.homesec.engine.cloud.errors import StorageDenied
from custom_components.homesec.engine.core.errors import ClipNotFound, ClipProtected
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    ClipUploaded,
)
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library import rebuild
from custom_components.homesec.engine.library.catalog import Totals
from custom_components.homesec.engine.library.deletion_marker import marker_path
from custom_components.homesec.engine.library.queries import ClipFilter, DeletedCursor
from custom_components.homesec.engine.library.recovery import adopt_clips, finish_open_clips
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

DAY = 86400.0
EVERYTHING = ClipFilter()


@pytest.fixture
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def marker(library, clip):
    return marker_path(library.clips_dir / clip.path)


def restart(library):
    finish_open_clips(library.catalog, library.clips_dir, LocalMediaTools(), library.events.append)
    library.copies.finish_removals()
    library.copies.verify_files()


# --- hidden and restored ---


def test_deleted_clip_is_in_no_listing(library):
    clip = library.deleted(zones=("yard",))
    queries = library.catalog.queries
    assert queries.page(EVERYTHING, limit=9) == []
    assert queries.count(EVERYTHING) == 0
    assert queries.get_many([clip.id]) == []
    assert queries.newest("door") is None
    assert queries.days("door", ZoneInfo("UTC")) == []
    assert queries.timeline(NOON - 99, NOON + 99) == []
    assert queries.vocabulary() == ({}, (), ())


def test_deleted_clip_is_no_neighbor(library):
    older, clip, newer = (library.saved(NOON + n) for n in range(3))
    library.recently_deleted.delete(clip.id, by=None)
    neighbors = library.catalog.queries.neighbors
    assert neighbors(EVERYTHING, older.id) == (None, newer.id)
    assert neighbors(EVERYTHING, newer.id) == (older.id, None)


def test_deleted_clip_counts_as_space_only(library):
    clip = library.deleted(size=100)
    assert library.catalog.totals() == Totals(
        bytes=100, cloud_bytes=clip.cloud_bytes, deleted_clips=1, deleted_bytes=100
    )


def test_deleted_clip_keeps_files_and_objects(library):
    clip = library.deleted()
    assert all(path.exists() for path in library.files(clip))
    assert len(library.store.names()) == 2


def test_delete_records_who_and_when(library):
    library.clock.advance(60)
    clip = library.deleted(by="Ann")
    assert (clip.deleted_at, clip.deleted_by) == (NOON + 60, "Ann")


def test_delete_of_deleted_clip_raises(library):
    clip = library.deleted()
    with pytest.raises(ClipNotFound):
        library.recently_deleted.delete(clip.id, by="Bob")
    assert library.row(clip).deleted_by == "Ann"


def test_delete_of_protected_clip_raises(library):
    clip = library.stored(protected=True)
    with pytest.raises(ClipProtected):
        library.recently_deleted.delete(clip.id, by="Ann")


def test_restored_clip_has_everything_again(library):
    clip = library.stored(zones=("yard",), score=0.9)
    library.catalog.put_tracks(clip.id, b"tracks")
    library.recently_deleted.delete(clip.id, by="Ann")
    assert library.recently_deleted.restore(clip.id) == clip
    wanted = ClipFilter(zones=("yard",))
    assert library.catalog.queries.page(wanted, limit=9) == [clip]
    assert library.catalog.database.query("SELECT packed FROM tracks")[0][0] == b"tracks"
    assert not marker(library, clip).exists()


def test_restore_of_clip_that_is_not_deleted_raises(library):
    clip = library.saved()
    with pytest.raises(ClipNotFound):
        library.recently_deleted.restore(clip.id)


def test_restore_on_disk_that_refuses_leaves_clip_deleted(library, monkeypatch):
    clip = library.deleted()

    def refuse(_path, **_options):
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(PermissionError):
        library.recently_deleted.restore(clip.id)
    monkeypatch.undo()
    assert library.row(clip) == clip


def test_failed_and_missing_clips_come_back_as_they_were(library):
    for state in (ClipState.FAILED, ClipState.MISSING):
        clip = clip_row(state=state, error="disk_full")
        library.catalog.put(clip)
        library.recently_deleted.delete(clip.id, by=None)
        assert library.recently_deleted.restore(clip.id) == clip


def test_deleted_clips_are_listed_newest_deletion_first_in_pages(library):
    clips = []
    for n in (2, 0, 1):
        library.clock.advance(60)
        clips.insert(0, library.deleted(NOON + n))
    queries = library.catalog.queries
    assert queries.deleted(limit=9) == clips
    first = queries.deleted(limit=2)
    cursor = DeletedCursor(first[-1].deleted_at, first[-1].id)
    assert first + queries.deleted(limit=2, before=cursor) == clips
    assert queries.count_deleted() == 3


# --- uploads ---


def test_upload_of_deleted_clip_goes_on(library):
    clip = library.saved()
    library.recently_deleted.delete(clip.id, by="Ann")
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    assert len(library.store.names()) == 2
    assert library.of(ClipUploaded)


def test_objects_of_deleted_clip_say_so_until_it_is_restored(library):
    clip = library.deleted(by="Ann")

    def metadata():
        name = f"house/{clip.camera_id}/"
        found = [x for x in library.store.list() if x.name.startswith(name)]
        (video,) = [x for x in found if x.name.endswith(".mp4")]
        return json.loads(video.metadata["homesec-clip"])

    assert (metadata()["deleted_at"], metadata()["deleted_by"]) == (clip.deleted_at, "Ann")
    library.recently_deleted.restore(clip.id)
    library.run()
    assert "deleted_at" not in metadata()


def test_bucket_that_forbids_changes_keeps_its_error_and_the_clip_is_deleted(library):
    clip = library.stored()
    library.store.faults.append(StorageDenied())
    library.recently_deleted.delete(clip.id, by="Ann")
    library.run()
    (job,) = library.catalog.database.query("SELECT kind, error FROM jobs")
    assert tuple(job) == (JobKind.DESCRIBE, "storage_denied")
    assert library.row(clip).deleted_at is not None


# --- a catalog that is lost, older, or rebuilt ---


def playable(library, make_video, event_at=NOON):
    """Save a clip whose file is a video."""
    clip = library.saved(event_at)
    shutil.copy(make_video(seconds=2), library.files(clip)[0])
    return clip


def lost_catalog(tmp_path, library):
    """Return a library with an empty catalog and the same files and objects."""
    library.close()
    for path in tmp_path.glob("clips.db*"):
        path.unlink()
    return LibraryRig(tmp_path, store=library.store)


@pytest.mark.parametrize("marker_text", [None, b"", b"[", b'{"at": "x"}', b"[" * 4000])
def test_clip_found_by_its_file_is_still_deleted(tmp_path, marker_text, make_video):
    library = LibraryRig(tmp_path, upload=False)
    clip = playable(library, make_video)
    library.recently_deleted.delete(clip.id, by="Ann")
    if marker_text is not None:
        marker(library, clip).write_bytes(marker_text)
    library = lost_catalog(tmp_path, library)
    library.clock.advance(60)
    adopt_clips(
        library.catalog,
        library.clips_dir,
        LocalMediaTools(),
        library.events.append,
        threading.Event(),
    )
    row = library.row(clip)
    expected = (NOON, "Ann") if marker_text is None else (NOON + 60, None)
    assert (row.deleted_at, row.deleted_by) == expected
    assert library.catalog.queries.page(EVERYTHING, limit=9) == []
    library.close()


def test_recovered_file_of_deleted_clip_is_not_announced(tmp_path, make_video):
    library = LibraryRig(tmp_path, upload=False)
    clip = playable(library, make_video, time.time())
    library.recently_deleted.delete(clip.id, by="Ann")
    library = lost_catalog(tmp_path, library)
    restart(library)
    assert library.row(clip).deleted_at == NOON
    assert library.of(ClipSaved) == []
    library.close()


def test_clip_found_in_the_bucket_is_still_deleted_for_its_whole_time(tmp_path):
    library = LibraryRig(tmp_path)
    clip = library.deleted(by="Ann")
    shutil.rmtree(library.clips_dir)
    library = lost_catalog(tmp_path, library)
    library.clock.advance(6 * DAY)
    rebuild.rebuild(
        catalog=library.catalog,
        copies=library.copies,
        clips_dir=library.clips_dir,
        tools=LocalMediaTools(),
        cloud=library.store,
        stop=threading.Event(),
    )
    row = library.row(clip)
    assert (row.deleted_at, row.deleted_by, row.cloud) == (
        NOON + 6 * DAY,
        "Ann",
        CloudState.STORED,
    )
    library.close()


def test_older_catalog_from_a_backup_does_not_bring_a_deleted_clip_back(library):
    clip = library.stored()
    library.recently_deleted.delete(clip.id, by="Ann")
    with library.catalog.database.transaction():
        library.catalog.remove(clip.id)
        library.catalog.put(clip)  # as it was
    library.clock.advance(60)
    restart(library)
    assert (library.row(clip).deleted_at, library.row(clip).deleted_by) == (NOON, "Ann")


def test_older_catalog_from_a_backup_gives_a_restored_clip_its_whole_time(library):
    clip = library.deleted()
    library.recently_deleted.restore(clip.id)
    with library.catalog.database.transaction():
        library.catalog.remove(clip.id)
        library.catalog.put(clip)  # as it was
    library.clock.advance(8 * DAY)
    restart(library)
    assert (library.row(clip).deleted_at, library.row(clip).deleted_by) == (NOON + 8 * DAY, "Ann")
    assert marker(library, clip).exists()


def test_full_disk_does_not_keep_a_clip_from_being_deleted(library, monkeypatch, caplog):
    clip = library.stored()

    def refuse(*_args, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(
            "custom_components.homesec.engine.library.deletion_marker.atomic_write", refuse
        )
        library.recently_deleted.delete(clip.id, by="Ann")
    assert "No space left" in caplog.text
    assert library.row(clip).deleted_at == NOON
    restart(library)
    assert marker(library, clip).exists()


def test_marker_without_a_file_is_removed_at_start(library):
    clip = library.deleted()
    library.files(clip)[0].unlink()
    restart(library)
    assert not marker(library, clip).exists()
    assert library.row(clip).deleted_at == NOON
