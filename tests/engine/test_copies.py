"""Where each clip's copies are, and how they go."""

from dataclasses import replace
from pathlib import Path

from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.job_queue import JobKind


@pytest.fixture
def house(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def jobs(house, kind):
    return house.jobs.backlog([kind]).jobs


class Killed(BaseException):
    """The process ends here."""


# --- removing ---


def test_remove_deletes_files_and_row_and_adds_delete_job(house):
    clip = house.stored()
    house.copies.remove(clip)
    assert house.row(clip) is None
    assert house.left() == []
    assert jobs(house, JobKind.DELETE) == 1


def test_remove_of_local_clip_adds_no_job(tmp_path):
    house = LibraryRig(tmp_path, upload=False)
    house.copies.remove(house.saved())
    assert jobs(house, JobKind.DELETE) == 0
    house.close()


def test_remove_cancels_waiting_upload(house):
    house.copies.remove(house.saved())
    assert jobs(house, JobKind.UPLOAD) == 0
    assert jobs(house, JobKind.DELETE) == 1


def test_remove_of_clip_stored_meanwhile_deletes_objects(house):
    before = replace(house.stored(), cloud=CloudState.NONE)
    house.copies.remove(before)
    assert jobs(house, JobKind.DELETE) == 1


@pytest.mark.parametrize("unlinked", [0, 1, 2])
def test_interrupted_removal_is_finished_at_start(house, monkeypatch, unlinked):
    clip = house.stored()
    real, left = Path.unlink, [unlinked]

    def unlink(path, **options):
        if not left[0]:
            raise Killed
        left[0] -= 1
        real(path, **options)

    def remove(_):
        raise Killed

    monkeypatch.setattr(Path, "unlink", unlink)
    monkeypatch.setattr(house.catalog, "remove", remove)
    with pytest.raises(Killed):
        house.copies.remove(clip)
    monkeypatch.undo()
    assert house.catalog.queries.page() == []
    house.copies.finish_removals()
    assert house.copies.verify_files() == (0, 0)
    assert house.row(clip) is None
    assert house.left() == []
    assert jobs(house, JobKind.DELETE) == 1


def test_removal_refused_by_disk_is_repeated(house, monkeypatch, caplog):
    clip = house.saved()

    def refuse(*_, **__):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PermissionError):
        house.copies.remove(clip)
    house.copies.finish_removals()
    assert "cannot be removed: read-only" in caplog.text
    monkeypatch.undo()
    house.copies.finish_removals()
    assert (house.row(clip), house.left()) == (None, [])


def test_remove_local_keeps_cloud_copy(house):
    clip = house.stored()
    house.copies.remove_local(clip)
    assert house.left() == []
    row = house.row(clip)
    assert (row.local, row.cloud, row.state) == (False, CloudState.STORED, ClipState.SAVED)
    assert house.catalog.totals() == (1, 0, 1, clip.cloud_bytes)


def test_interrupted_local_removal_is_corrected(house, monkeypatch):
    clip = house.stored()
    monkeypatch.setattr(house.copies, "_db", None)
    with pytest.raises(AttributeError):
        house.copies.remove_local(clip)
    monkeypatch.undo()
    assert house.row(clip).local
    assert house.copies.verify_files() == (1, 0)
    row = house.row(clip)
    assert (row.local, row.cloud, row.state) == (False, CloudState.STORED, ClipState.SAVED)


def test_remove_cloud_keeps_file_and_is_final(house):
    clip = house.stored()
    house.copies.remove_cloud(clip)
    house.run()
    assert house.store.names() == []
    row = house.row(clip)
    assert (row.local, row.cloud, row.cloud_bytes) == (True, CloudState.DROPPED, 0)
    assert house.catalog.save(row).cloud is CloudState.DROPPED
    assert house.copies.upload_existing() == 0


# --- protecting, uploading what was there before ---


def test_protect_sets_and_clears_protection(house):
    clip = house.saved()
    assert house.copies.protect(clip.id, protected=True)
    assert house.row(clip).protected
    assert house.copies.protect(clip.id, protected=False)
    assert not house.row(clip).protected
    assert not house.copies.protect("nobody", protected=True)


def test_upload_existing_queues_local_clips(tmp_path):
    house = LibraryRig(tmp_path, upload=False)
    clips = [house.saved(NOON + n) for n in range(3)]
    assert house.copies.upload_existing() == 3
    assert house.copies.upload_existing() == 0
    house.run()
    assert {house.row(c).cloud for c in clips} == {CloudState.STORED}
    house.close()


# --- rows and files ---


def test_verify_files_marks_lost_clip_missing(house):
    gone, here = house.saved(), house.saved(NOON + 1)
    house.files(gone)[0].unlink()
    assert house.copies.verify_files() == (1, 0)
    row = house.row(gone)
    assert (row.state, row.local) == (ClipState.MISSING, False)
    assert house.row(here) == here
    assert jobs(house, JobKind.UPLOAD) == 1


def test_verify_files_restores_clips_of_reconnected_disk(house):
    stored = house.stored(NOON + 9)
    clips = [house.saved(NOON + n * 86400) for n in range(3)]
    away = house.clips_dir.rename(house.clips_dir.with_name("away"))
    house.clips_dir.mkdir()
    assert house.copies.verify_files() == (4, 0)
    assert house.catalog.queries.page() == [replace(stored, local=False)]
    house.clips_dir.rmdir()
    away.rename(house.clips_dir)
    assert house.copies.verify_files() == (0, 4)
    assert all(house.row(c).state is ClipState.SAVED and house.row(c).local for c in clips)
    house.run()
    assert {house.row(c).cloud for c in clips} == {CloudState.STORED}


def test_verify_files_ignores_unreadable_folder(house, monkeypatch, caplog):
    clip = house.saved()

    def refuse(_):
        raise OSError(5, "input/output error")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert house.copies.verify_files() == (0, 0)
    assert house.row(clip) == clip
    assert "input/output error" in caplog.text


def test_verify_files_removes_empty_folders(house):
    clip = house.saved()
    folder = house.files(clip)[0].parent
    for path in house.files(clip):
        path.unlink()
    house.copies.verify_files()
    assert not folder.exists()
    assert folder.parent.exists()


def test_summaries_use_index_oldest_first(house, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.library.copies._PAGE", 3)
    clips = [house.saved(NOON + n, size=n) for n in (5, 1, 4, 2, 3, 6)]
    house.saved(NOON + 9, state=ClipState.FAILED)
    summaries = house.copies.summaries()
    assert [h.bytes for h in summaries] == [1, 2, 3, 4, 5, 6]
    assert summaries[0].id == clips[1].id
    assert {h.cloud for h in summaries} == {CloudState.WAITING}
    asked = []
    db = house.catalog.database._db
    db.set_trace_callback(asked.append)
    house.copies.summaries()
    db.set_trace_callback(None)
    plans = [row[3] for sql in asked for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert plans
    assert all("COVERING INDEX clips_by_time" in step for step in plans)
