"""Copies of clips: removal, protection, and missing files."""

from dataclasses import replace
from pathlib import Path

from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library.catalog import Totals


@pytest.fixture
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def jobs(library, kind):
    return library.jobs.backlog([kind]).jobs


class Killed(BaseException):
    """Stands for the end of the process."""


# --- removing ---


def test_remove_deletes_files_and_row_and_adds_delete_job(library):
    clip = library.stored()
    library.copies.remove(clip)
    assert library.row(clip) is None
    assert library.left() == []
    assert jobs(library, JobKind.DELETE) == 1


def test_remove_of_local_clip_adds_no_job(tmp_path):
    library = LibraryRig(tmp_path, upload=False)
    library.copies.remove(library.saved())
    assert jobs(library, JobKind.DELETE) == 0
    library.close()


def test_remove_cancels_waiting_upload(library):
    library.copies.remove(library.saved())
    assert jobs(library, JobKind.UPLOAD) == 0
    assert jobs(library, JobKind.DELETE) == 1


def test_remove_of_clip_stored_meanwhile_deletes_objects(library):
    before = replace(library.stored(), cloud=CloudState.NONE)
    library.copies.remove(before)
    assert jobs(library, JobKind.DELETE) == 1


@pytest.mark.parametrize("unlinked", [0, 1, 2])
def test_interrupted_removal_is_finished_at_start(library, monkeypatch, unlinked):
    clip = library.stored()
    real, left = Path.unlink, [unlinked]

    def unlink(path, **options):
        if not left[0]:
            raise Killed
        left[0] -= 1
        real(path, **options)

    def remove(_):
        raise Killed

    monkeypatch.setattr(Path, "unlink", unlink)
    monkeypatch.setattr(library.catalog, "remove", remove)
    with pytest.raises(Killed):
        library.copies.remove(clip)
    monkeypatch.undo()
    assert library.catalog.queries.page() == []
    library.copies.finish_removals()
    assert library.copies.verify_files() == (0, 0)
    assert library.row(clip) is None
    assert library.left() == []
    assert jobs(library, JobKind.DELETE) == 1


def test_removal_refused_by_disk_is_repeated(library, monkeypatch, caplog):
    clip = library.saved()

    def refuse(*_, **__):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PermissionError):
        library.copies.remove(clip)
    library.copies.finish_removals()
    assert "cannot be removed: read-only" in caplog.text
    monkeypatch.undo()
    library.copies.finish_removals()
    assert (library.row(clip), library.left()) == (None, [])


def test_remove_local_keeps_cloud_copy(library):
    clip = library.stored()
    library.copies.remove_local(clip)
    assert library.left() == []
    row = library.row(clip)
    assert (row.local, row.cloud, row.state) == (False, CloudState.STORED, ClipState.SAVED)
    assert library.catalog.totals() == Totals(clips=1, cloud_clips=1, cloud_bytes=clip.cloud_bytes)


def test_interrupted_local_removal_is_corrected(library, monkeypatch):
    clip = library.stored()
    monkeypatch.setattr(library.copies, "_db", None)
    with pytest.raises(AttributeError):
        library.copies.remove_local(clip)
    monkeypatch.undo()
    assert library.row(clip).local
    assert library.copies.verify_files() == (1, 0)
    row = library.row(clip)
    assert (row.local, row.cloud, row.state) == (False, CloudState.STORED, ClipState.SAVED)


def test_remove_cloud_keeps_file_and_is_final(library):
    clip = library.stored()
    library.copies.remove_cloud(clip)
    library.run()
    assert library.store.names() == []
    row = library.row(clip)
    assert (row.local, row.cloud, row.cloud_bytes) == (True, CloudState.DROPPED, 0)
    assert library.catalog.save(row).cloud is CloudState.DROPPED
    assert library.copies.upload_existing() == 0


# --- protecting, uploading existing clips ---


def test_protect_sets_and_clears_protection(library):
    clip = library.saved()
    assert library.copies.protect(clip.id, protected=True)
    assert library.row(clip).protected
    assert library.copies.protect(clip.id, protected=False)
    assert not library.row(clip).protected
    assert not library.copies.protect("nobody", protected=True)


def test_upload_existing_queues_local_clips(tmp_path):
    library = LibraryRig(tmp_path, upload=False)
    clips = [library.saved(NOON + n) for n in range(3)]
    assert library.copies.upload_existing() == 3
    assert library.copies.upload_existing() == 0
    library.run()
    assert {library.row(c).cloud for c in clips} == {CloudState.STORED}
    library.close()


# --- rows and files ---


def test_verify_files_marks_lost_clip_missing(library):
    gone, here = library.saved(), library.saved(NOON + 1)
    library.files(gone)[0].unlink()
    assert library.copies.verify_files() == (1, 0)
    row = library.row(gone)
    assert (row.state, row.local) == (ClipState.MISSING, False)
    assert library.row(here) == here
    assert jobs(library, JobKind.UPLOAD) == 1


def test_verify_files_restores_clips_of_reconnected_disk(library):
    stored = library.stored(NOON + 9)
    clips = [library.saved(NOON + n * 86400) for n in range(3)]
    away = library.clips_dir.rename(library.clips_dir.with_name("away"))
    library.clips_dir.mkdir()
    assert library.copies.verify_files() == (4, 0)
    assert library.catalog.queries.page() == [replace(stored, local=False)]
    library.clips_dir.rmdir()
    away.rename(library.clips_dir)
    assert library.copies.verify_files() == (0, 4)
    assert all(library.row(c).state is ClipState.SAVED and library.row(c).local for c in clips)
    library.run()
    assert {library.row(c).cloud for c in clips} == {CloudState.STORED}


def test_verify_files_ignores_unreadable_folder(library, monkeypatch, caplog):
    clip = library.saved()

    def refuse(_):
        raise OSError(5, "input/output error")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert library.copies.verify_files() == (0, 0)
    assert library.row(clip) == clip
    assert "input/output error" in caplog.text


def test_verify_files_removes_empty_folders(library):
    clip = library.saved()
    folder = library.files(clip)[0].parent
    for path in library.files(clip):
        path.unlink()
    library.copies.verify_files()
    assert not folder.exists()
    assert folder.parent.exists()


def test_summaries_use_index_oldest_first(library, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.library.copies._PAGE", 3)
    clips = [library.saved(NOON + n, size=n) for n in (5, 1, 4, 2, 3, 6)]
    library.saved(NOON + 9, state=ClipState.FAILED)
    summaries = library.copies.summaries()
    assert [h.bytes for h in summaries] == [1, 2, 3, 4, 5, 6]
    assert summaries[0].id == clips[1].id
    assert {h.cloud for h in summaries} == {CloudState.WAITING}
    asked = []
    db = library.catalog.database._db
    db.set_trace_callback(asked.append)
    library.copies.summaries()
    db.set_trace_callback(None)
    plans = [row[3] for sql in asked for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert plans
    assert all("COVERING INDEX clips_by_time" in step for step in plans)
