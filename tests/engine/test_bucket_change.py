"""Clips and jobs when another bucket is configured."""

from threading import Event

from disk_store import CHUNK_BYTES, DiskStore
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.object_names import clip_from_object
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library.bucket_change import (
    BucketChange,
    apply_bucket_change,
    other_buckets,
)
from custom_components.homesec.engine.library.rebuild import rebuild
from custom_components.homesec.engine.library.retention_policy import (
    Limits,
    RetentionRules,
    TierRules,
)
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

OLD, NEW = "gs://old/house", "gs://new/house"


class TwoBuckets(LibraryRig):
    """A library whose bucket changes."""

    def __init__(self, folder):
        self.buckets = {
            bucket_uri: DiskStore(folder / bucket_uri[5:8]) for bucket_uri in (OLD, NEW)
        }
        super().__init__(folder, store=self.buckets[OLD])
        assert apply_bucket_change(self.catalog, OLD) is None

    def move(self, bucket_uri):
        self.store = self.upload_jobs.store = self.buckets[bucket_uri]
        return apply_bucket_change(self.catalog, bucket_uri)

    def cloud_only(self, event_at, **values):
        clip = self.stored(event_at, **values)
        self.copies.remove_local(clip)
        return self.row(clip)


@pytest.fixture
def library(tmp_path):
    made = TwoBuckets(tmp_path)
    yield made
    made.close()


def test_bucket_change_queues_local_clips_and_marks_others_elsewhere(library):
    here, there = library.stored(), library.cloud_only(NOON + 1)
    assert library.move(NEW) == BucketChange(before=OLD, only_there=1, here_too=1)
    assert (library.row(here).cloud, library.row(there).cloud) == (
        CloudState.WAITING,
        CloudState.ELSEWHERE,
    )
    assert library.row(there).state is ClipState.SAVED
    library.run()
    assert library.row(here).cloud is CloudState.STORED
    assert library.buckets[NEW].names(".mp4") == [
        n for n in library.buckets[OLD].names(".mp4") if here.id in n
    ]
    assert library.catalog.totals().cloud_clips == 1
    assert library.move(NEW) is None


def test_change_back_to_former_bucket_restores_clips(library):
    here, there = library.stored(), library.cloud_only(NOON + 1)
    library.move(NEW)
    library.run()
    new = library.cloud_only(NOON + 2)
    uploads = len(library.buckets[OLD].uploads())
    assert library.move(OLD) == BucketChange(before=NEW, only_there=1, here_too=1)
    library.run()
    assert (library.row(here), library.row(there)) == (here, there)
    assert other_buckets(library.catalog, here.id) == [NEW]
    assert other_buckets(library.catalog, there.id) == []
    assert library.row(new).cloud is CloudState.ELSEWHERE
    assert len(library.buckets[OLD].uploads()) == uploads
    library.move(NEW)
    assert library.row(new) == new


def test_change_back_during_upload_cancels_upload(library):
    clip = library.stored()
    library.move(NEW)
    library.move(OLD)
    assert library.row(clip) == clip
    assert library.jobs.backlog([JobKind.UPLOAD]).jobs == 0


def test_interrupted_upload_restarts_in_new_bucket(library):
    clip = library.saved(size=5 * CHUNK_BYTES)
    library.store.breaks_at = 2 * CHUNK_BYTES + library.files(clip)[1].stat().st_size
    library.outbox.step()
    (job,) = library.jobs.for_subject(JobKind.UPLOAD, "")
    assert job.resume is not None
    library.move(NEW)
    (job,) = library.jobs.for_subject(JobKind.UPLOAD, "")
    assert job.resume is None
    library.clock.advance(60)
    library.run()
    assert library.buckets[OLD].names(".mp4") == []
    assert len(library.buckets[NEW].names(".mp4")) == 1


def test_delete_jobs_wait_for_their_bucket(library):
    gone, there = library.stored(), library.cloud_only(NOON + 1)
    kept = library.stored(NOON + 2)
    library.copies.remove(gone)
    library.copies.protect(kept.id, protected=True)
    library.move(NEW)
    library.run()
    library.copies.remove(library.row(there))
    library.copies.protect(kept.id, protected=False)
    library.copies.remove(library.row(kept))
    library.run()
    assert library.buckets[NEW].names() == []
    assert len(library.buckets[OLD].names(".mp4")) == 3
    deleted = [name for what, name in library.buckets[NEW].calls if what == "delete"]
    assert all(kept.id in name for name in deleted)
    library.move(OLD)
    library.run()
    assert library.buckets[OLD].names() == []
    assert library.catalog.database.query("SELECT * FROM jobs") == []
    assert library.catalog.database.query("SELECT * FROM elsewhere") == []


def test_protection_is_written_to_former_bucket_after_return(library):
    clip = library.cloud_only(NOON)
    library.move(NEW)
    library.copies.protect(clip.id, protected=True)
    library.run()
    library.move(OLD)
    library.run()
    (video,) = library.buckets[OLD].names(".mp4")
    assert clip_from_object(library.buckets[OLD].find(video)).protected


def test_clip_with_lost_file_before_upload_is_elsewhere(library):
    clip = library.stored()
    library.move(NEW)
    library.copies.mark_file_missing(clip.id)
    row = library.row(clip)
    assert (row.state, row.cloud, row.local) == (ClipState.SAVED, CloudState.ELSEWHERE, False)
    library.copies.mark_file_found(row.id)
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    library.copies.mark_file_missing(clip.id)
    assert library.row(clip).cloud is CloudState.STORED


def test_retention_keeps_clips_of_other_buckets(library):
    clip = library.cloud_only(NOON)
    library.move(NEW)
    library.clock.advance(100 * 86_400)
    day = TierRules(each=Limits(max_age_s=86_400, max_bytes=0))
    library.make_retention(RetentionRules(local=day, cloud=day)).apply()
    assert library.row(clip).cloud is CloudState.ELSEWHERE


def test_rebuild_finds_objects_copied_to_new_bucket(library, monkeypatch):
    clip = library.cloud_only(NOON, size=500)
    library.move(NEW)
    old = library.buckets[OLD]
    monkeypatch.setattr(library.store, "list", lambda: map(old.find, old.names()), raising=False)
    found = rebuild(
        catalog=library.catalog,
        copies=library.copies,
        clips_dir=library.clips_dir,
        tools=LocalMediaTools(),
        cloud=library.store,
        stop=Event(),
    )
    assert found.completed == 1
    assert library.row(clip) == clip
