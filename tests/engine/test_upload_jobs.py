"""Upload, metadata, and delete jobs."""

from dataclasses import replace
import shutil

from disk_store import CHUNK_BYTES
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.errors import EncryptionKeyMissing, StorageDenied
from custom_components.homesec.engine.cloud.object_names import clip_from_object
from custom_components.homesec.engine.core.events import ClipUploaded, UploadProgress
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.job_queue import JobKind


@pytest.fixture
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def test_upload_sends_still_before_video(library):
    clip = library.stored(size=5000)
    video, still = library.files(clip)
    names = library.store.uploads()
    assert [n.rpartition(".")[2] for n in names] == ["jpg", "mp4"]
    assert [(library.store.objects / n).read_bytes() for n in names] == [
        still.read_bytes(),
        video.read_bytes(),
    ]
    assert clip.cloud_bytes == 5000 + still.stat().st_size
    assert library.of(ClipUploaded)[0].clip == clip


def test_uploaded_object_has_metadata_of_row(library):
    clip = library.stored(score=0.5, duration_s=9.0, width=640, height=480, video_codec="h264")
    video = library.store.find(library.store.names(".mp4")[0])
    told = clip_from_object(video)
    assert (told.id, told.label, told.score, told.duration_s) == (clip.id, "person", 0.5, 9.0)


def test_clip_without_still_is_uploaded(library):
    none, lost = library.saved(still_path=None), library.saved(NOON + 1)
    library.files(lost)[1].unlink()
    library.run()
    assert {library.row(c).cloud for c in (none, lost)} == {CloudState.STORED}
    assert library.store.names(".jpg") == []


def test_repeated_upload_succeeds(library):
    clip = library.stored()
    before = library.store.names()
    library.catalog.database.query("UPDATE clips SET cloud = 'waiting', cloud_bytes = 0")
    library.catalog.save(library.row(clip))
    library.run()
    assert library.store.names() == before
    assert library.row(clip) == clip


def test_interrupted_upload_is_resumed(library):
    clip = library.saved(size=10 * CHUNK_BYTES, still_path=None)
    library.store.breaks_at = 7 * CHUNK_BYTES
    library.run()
    assert library.row(clip).cloud is CloudState.WAITING
    library.clock.advance(2)
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    assert library.store.sent_bytes == 10 * CHUNK_BYTES


# --- the file is missing ---


def test_upload_with_lost_file_and_existing_object_is_stored(library):
    clip = library.stored()
    library.catalog.database.query("UPDATE clips SET cloud = 'waiting', cloud_bytes = 0")
    library.catalog.save(library.row(clip))
    for path in library.files(clip):
        path.unlink()
    library.run()
    row = library.row(clip)
    assert (row.cloud, row.state, row.local) == (CloudState.STORED, ClipState.SAVED, False)
    assert row.cloud_bytes == clip.cloud_bytes


def test_upload_without_file_and_object_is_missing(library, caplog):
    clip = library.saved()
    library.files(clip)[0].unlink()
    library.run()
    row = library.row(clip)
    assert (row.state, row.local) == (ClipState.MISSING, False)
    assert "never uploaded" in caplog.text
    assert library.of(ClipUploaded) == []


def test_upload_without_clip_folder_waits(library):
    clip = library.saved()
    away = library.clips_dir.with_name("away")
    shutil.move(library.clips_dir, away)
    library.run()
    assert library.row(clip).state is ClipState.SAVED
    shutil.move(away, library.clips_dir)
    library.clock.advance(900)
    library.run()
    assert library.row(clip).cloud is CloudState.STORED


def test_job_of_unknown_clip_ends(library):
    clip = library.saved()
    library.catalog.remove(clip.id)
    library.run()
    assert library.store.calls == []


# --- deleting ---


def test_delete_job_removes_all_objects_and_can_repeat(library):
    clip = library.stored()
    other = library.stored(NOON + 1)
    library.copies.remove(clip)
    library.run()
    library.copies._delete_objects(clip, JobKind.DELETE)
    library.run()
    assert [n.rpartition("/")[2] for n in library.store.names(".mp4")] == [f"{other.id}.mp4"]
    assert library.jobs.backlog([JobKind.DELETE]).jobs == 0


def test_delete_job_stops_on_request(library):
    clip = library.stored()
    library.copies.remove(clip)
    library.outbox.halt()
    library.outbox.step()
    assert len(library.store.names()) == 2
    assert library.jobs.backlog([JobKind.DELETE]).jobs == 1


def test_clip_removed_during_upload_leaves_no_object(library):
    clip = library.saved()
    upload = library.store.upload

    def removed_meanwhile(what, **options):
        stored = upload(what, **options)
        library.copies.remove(clip)
        return stored

    library.store.upload = removed_meanwhile
    library.run()
    assert library.row(clip) is None
    assert library.store.names() == []
    assert library.of(ClipUploaded) == []


# --- metadata ---


def in_bucket(library):
    """Return the clip in its object's metadata."""
    return clip_from_object(library.store.find(library.store.names(".mp4")[0]))


def descriptions(library):
    return [name for what, name in library.store.calls if what == "update_metadata"]


def test_protection_is_written_to_object_metadata(library):
    clip = library.stored(size=3000)
    assert not in_bucket(library).protected
    for protected in (True, False):
        library.copies.protect(clip.id, protected=protected)
        assert library.row(clip).protected is protected
        library.run()
        assert in_bucket(library).protected is protected
    assert len(descriptions(library)) == 2
    # An unchanged value needs no job.
    library.copies.protect(clip.id, protected=False)
    library.run()
    assert len(descriptions(library)) == 2
    assert not library.copies.protect("nobody", protected=True)


def test_protection_during_upload_is_written_to_object(library):
    clip = library.saved(size=5 * CHUNK_BYTES)
    library.store.breaks_at = 2 * CHUNK_BYTES + library.files(clip)[1].stat().st_size
    library.outbox.step()
    assert library.row(clip).cloud is CloudState.WAITING
    library.copies.protect(clip.id, protected=True)
    library.clock.advance(60)
    upload = library.upload_jobs.upload

    def protected_meanwhile(job, stop):
        settle = upload(job, stop)
        library.copies.protect(clip.id, protected=False)
        return settle

    library.outbox = library.make_outbox(
        {**library.upload_jobs.perform, JobKind.UPLOAD: protected_meanwhile}
    )
    library.run()
    assert in_bucket(library).protected is library.row(clip).protected is False
    library.copies.protect(clip.id, protected=True)
    update_metadata = library.upload_jobs.update_metadata

    def changed_meanwhile(job, stop):
        settle = update_metadata(job, stop)
        library.copies.protect(clip.id, protected=False)
        return settle

    library.outbox = library.make_outbox(
        {**library.upload_jobs.perform, JobKind.DESCRIBE: changed_meanwhile}
    )
    library.run()
    assert in_bucket(library).protected is False


def test_metadata_job_of_removed_clip_ends(library, caplog):
    gone, dropped, lost = (library.stored(NOON + n) for n in range(3))
    for clip in (gone, dropped, lost):
        library.copies.protect(clip.id, protected=True)
    library.copies.remove(library.row(gone))
    library.copies.remove_cloud(library.row(dropped))
    (name,) = (n for n in library.store.names(".mp4") if lost.id in n)
    (library.store.objects / name).unlink()
    library.run()
    assert library.jobs.backlog([JobKind.DESCRIBE]).jobs == 0
    assert f"The metadata of clip {lost.id} cannot be changed" in caplog.text
    for subject in ("nobody", dropped.id):
        library.jobs.add(JobKind.DESCRIBE, subject)
    library.run()
    assert library.jobs.backlog([JobKind.DESCRIBE]).jobs == 0


def test_metadata_job_of_inaccessible_object_ends(library):
    clip = library.stored()
    for error, left in ((StorageDenied(), 1), (EncryptionKeyMissing(), 0)):
        library.copies.protect(clip.id, protected=not library.row(clip).protected)
        library.clock.advance(1000)
        library.store.faults.append(error)
        library.outbox.step()
        assert not library.outbox.paused
        assert library.jobs.backlog([JobKind.DESCRIBE]).jobs == left


# --- progress ---


def test_upload_reports_progress(library):
    clip = library.saved(size=300_000)
    library.run()
    told = library.of(UploadProgress)
    assert {each.clip_id for each in told} == {clip.id}
    shares = [each.share for each in told]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    assert shares[-1] == 1


def test_recovered_clip_gets_metadata_from_object(library):
    clip = library.stored(score=0.5)
    library.copies.protect(clip.id, protected=True)
    library.run()
    known = library.row(clip)
    library.catalog.remove(clip.id)
    library.catalog.save(
        replace(known, label=None, score=None, protected=False, cloud=CloudState.NONE)
    )
    library.run()
    assert library.row(clip) == known
    assert in_bucket(library).protected
    assert in_bucket(library).label == "person"
