"""What the outbox does with the cloud."""

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
def house(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def test_upload_sends_still_before_video(house):
    clip = house.stored(size=5000)
    film, still = house.files(clip)
    names = house.store.uploads()
    assert [n.rpartition(".")[2] for n in names] == ["jpg", "mp4"]
    assert [(house.store.objects / n).read_bytes() for n in names] == [
        still.read_bytes(),
        film.read_bytes(),
    ]
    assert clip.cloud_bytes == 5000 + still.stat().st_size
    assert house.of(ClipUploaded)[0].clip == clip


def test_uploaded_object_has_metadata_of_row(house):
    clip = house.stored(score=0.5, duration_s=9.0, width=640, height=480, video_codec="h264")
    film = house.store.find(house.store.names(".mp4")[0])
    told = clip_from_object(film)
    assert (told.id, told.label, told.score, told.duration_s) == (clip.id, "person", 0.5, 9.0)


def test_clip_without_still_is_uploaded(house):
    none, lost = house.saved(still_path=None), house.saved(NOON + 1)
    house.files(lost)[1].unlink()
    house.run()
    assert {house.row(c).cloud for c in (none, lost)} == {CloudState.STORED}
    assert house.store.names(".jpg") == []


def test_repeated_upload_succeeds(house):
    clip = house.stored()
    before = house.store.names()
    house.catalog.database.query("UPDATE clips SET cloud = 'waiting', cloud_bytes = 0")
    house.catalog.save(house.row(clip))
    house.run()
    assert house.store.names() == before
    assert house.row(clip) == clip


def test_interrupted_upload_is_resumed(house):
    clip = house.saved(size=10 * CHUNK_BYTES, still_path=None)
    house.store.breaks_at = 7 * CHUNK_BYTES
    house.run()
    assert house.row(clip).cloud is CloudState.WAITING
    house.clock.advance(2)
    house.run()
    assert house.row(clip).cloud is CloudState.STORED
    assert house.store.sent_bytes == 10 * CHUNK_BYTES


# --- the file has gone ---


def test_upload_with_lost_file_and_existing_object_is_stored(house):
    clip = house.stored()
    house.catalog.database.query("UPDATE clips SET cloud = 'waiting', cloud_bytes = 0")
    house.catalog.save(house.row(clip))
    for path in house.files(clip):
        path.unlink()
    house.run()
    row = house.row(clip)
    assert (row.cloud, row.state, row.local) == (CloudState.STORED, ClipState.SAVED, False)
    assert row.cloud_bytes == clip.cloud_bytes


def test_upload_without_file_and_object_is_missing(house, caplog):
    clip = house.saved()
    house.files(clip)[0].unlink()
    house.run()
    row = house.row(clip)
    assert (row.state, row.local) == (ClipState.MISSING, False)
    assert "never uploaded" in caplog.text
    assert house.of(ClipUploaded) == []


def test_upload_without_clip_folder_waits(house):
    clip = house.saved()
    away = house.clips_dir.with_name("away")
    shutil.move(house.clips_dir, away)
    house.run()
    assert house.row(clip).state is ClipState.SAVED
    shutil.move(away, house.clips_dir)
    house.clock.advance(900)
    house.run()
    assert house.row(clip).cloud is CloudState.STORED


def test_job_of_unknown_clip_ends(house):
    clip = house.saved()
    house.catalog.remove(clip.id)
    house.run()
    assert house.store.calls == []


# --- deleting ---


def test_delete_job_removes_all_objects_and_can_repeat(house):
    clip = house.stored()
    other = house.stored(NOON + 1)
    house.copies.remove(clip)
    house.run()
    house.copies._delete_objects(clip, JobKind.DELETE)
    house.run()
    assert [n.rpartition("/")[2] for n in house.store.names(".mp4")] == [f"{other.id}.mp4"]
    assert house.jobs.backlog([JobKind.DELETE]).jobs == 0


def test_delete_job_stops_on_request(house):
    clip = house.stored()
    house.copies.remove(clip)
    house.outbox.halt()
    house.outbox.step()
    assert len(house.store.names()) == 2
    assert house.jobs.backlog([JobKind.DELETE]).jobs == 1


def test_clip_removed_during_upload_leaves_no_object(house):
    clip = house.saved()
    upload = house.store.upload

    def removed_meanwhile(what, **options):
        stored = upload(what, **options)
        house.copies.remove(clip)
        return stored

    house.store.upload = removed_meanwhile
    house.run()
    assert house.row(clip) is None
    assert house.store.names() == []
    assert house.of(ClipUploaded) == []


# --- facts that change later ---


def in_bucket(house):
    """Return the clip as its object tells it."""
    return clip_from_object(house.store.find(house.store.names(".mp4")[0]))


def descriptions(house):
    return [name for what, name in house.store.calls if what == "update_metadata"]


def test_protection_is_written_to_object_metadata(house):
    clip = house.stored(size=3000)
    assert not in_bucket(house).protected
    for protected in (True, False):
        house.copies.protect(clip.id, protected=protected)
        assert house.row(clip).protected is protected
        house.run()
        assert in_bucket(house).protected is protected
    assert len(descriptions(house)) == 2
    # What it is already needs no word.
    house.copies.protect(clip.id, protected=False)
    house.run()
    assert len(descriptions(house)) == 2
    assert not house.copies.protect("nobody", protected=True)


def test_protection_during_upload_is_written_to_object(house):
    clip = house.saved(size=5 * CHUNK_BYTES)
    house.store.breaks_at = 2 * CHUNK_BYTES + house.files(clip)[1].stat().st_size
    house.outbox.step()
    assert house.row(clip).cloud is CloudState.WAITING
    house.copies.protect(clip.id, protected=True)
    house.clock.advance(60)
    upload = house.cloud_jobs.upload

    def protected_meanwhile(job, stop):
        settle = upload(job, stop)
        house.copies.protect(clip.id, protected=False)
        return settle

    house.outbox = house.make_outbox(
        {**house.cloud_jobs.perform, JobKind.UPLOAD: protected_meanwhile}
    )
    house.run()
    assert in_bucket(house).protected is house.row(clip).protected is False
    house.copies.protect(clip.id, protected=True)
    update_metadata = house.cloud_jobs.update_metadata

    def changed_meanwhile(job, stop):
        settle = update_metadata(job, stop)
        house.copies.protect(clip.id, protected=False)
        return settle

    house.outbox = house.make_outbox(
        {**house.cloud_jobs.perform, JobKind.DESCRIBE: changed_meanwhile}
    )
    house.run()
    assert in_bucket(house).protected is False


def test_metadata_job_of_removed_clip_ends(house, caplog):
    gone, dropped, lost = (house.stored(NOON + n) for n in range(3))
    for clip in (gone, dropped, lost):
        house.copies.protect(clip.id, protected=True)
    house.copies.remove(house.row(gone))
    house.copies.remove_cloud(house.row(dropped))
    (name,) = (n for n in house.store.names(".mp4") if lost.id in n)
    (house.store.objects / name).unlink()
    house.run()
    assert house.jobs.backlog([JobKind.DESCRIBE]).jobs == 0
    assert f"The metadata of clip {lost.id} cannot be changed" in caplog.text
    for subject in ("nobody", dropped.id):
        house.jobs.add(JobKind.DESCRIBE, subject)
    house.run()
    assert house.jobs.backlog([JobKind.DESCRIBE]).jobs == 0


def test_metadata_job_of_inaccessible_object_ends(house):
    clip = house.stored()
    for error, left in ((StorageDenied(), 1), (EncryptionKeyMissing(), 0)):
        house.copies.protect(clip.id, protected=not house.row(clip).protected)
        house.clock.advance(1000)
        house.store.faults.append(error)
        house.outbox.step()
        assert not house.outbox.paused
        assert house.jobs.backlog([JobKind.DESCRIBE]).jobs == left


# --- progress ---


def test_upload_reports_progress(house):
    clip = house.saved(size=300_000)
    house.run()
    told = house.of(UploadProgress)
    assert {each.clip_id for each in told} == {clip.id}
    shares = [each.share for each in told]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    assert shares[-1] == 1


def test_recovered_clip_gets_metadata_from_object(house):
    clip = house.stored(score=0.5)
    house.copies.protect(clip.id, protected=True)
    house.run()
    known = house.row(clip)
    house.catalog.remove(clip.id)
    house.catalog.save(
        replace(known, label=None, score=None, protected=False, cloud=CloudState.NONE)
    )
    house.run()
    assert house.row(clip) == known
    assert in_bucket(house).protected
    assert in_bucket(house).label == "person"
