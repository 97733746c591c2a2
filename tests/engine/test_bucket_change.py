"""Another bucket is another place: what was stored in one is not taken to be in the next."""

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

OLD, NEW = "gs://old/house", "gs://new/house"


class TwoBuckets(LibraryRig):
    """A house whose bucket changes."""

    def __init__(self, folder):
        self.buckets = {place: DiskStore(folder / place[5:8]) for place in (OLD, NEW)}
        super().__init__(folder, store=self.buckets[OLD])
        assert apply_bucket_change(self.catalog, OLD) is None

    def move(self, place):
        self.store = self.cloud_jobs.store = self.buckets[place]
        return apply_bucket_change(self.catalog, place)

    def cloud_only(self, event_at, **values):
        clip = self.stored(event_at, **values)
        self.copies.remove_local(clip)
        return self.row(clip)


@pytest.fixture
def house(tmp_path):
    made = TwoBuckets(tmp_path)
    yield made
    made.close()


def test_bucket_change_queues_local_clips_and_marks_others_elsewhere(house):
    here, there = house.stored(), house.cloud_only(NOON + 1)
    assert house.move(NEW) == BucketChange(before=OLD, only_there=1, here_too=1)
    assert (house.row(here).cloud, house.row(there).cloud) == (
        CloudState.WAITING,
        CloudState.ELSEWHERE,
    )
    assert house.row(there).state is ClipState.SAVED
    house.run()
    assert house.row(here).cloud is CloudState.STORED
    assert house.buckets[NEW].names(".mp4") == [
        n for n in house.buckets[OLD].names(".mp4") if here.id in n
    ]
    assert house.catalog.totals().cloud_clips == 1
    assert house.move(NEW) is None


def test_change_back_to_former_bucket_restores_clips(house):
    here, there = house.stored(), house.cloud_only(NOON + 1)
    house.move(NEW)
    house.run()
    new = house.cloud_only(NOON + 2)
    uploads = len(house.buckets[OLD].uploads())
    assert house.move(OLD) == BucketChange(before=NEW, only_there=1, here_too=1)
    house.run()
    assert (house.row(here), house.row(there)) == (here, there)
    assert other_buckets(house.catalog, here.id) == [NEW]
    assert other_buckets(house.catalog, there.id) == []
    assert house.row(new).cloud is CloudState.ELSEWHERE
    assert len(house.buckets[OLD].uploads()) == uploads
    house.move(NEW)
    assert house.row(new) == new


def test_change_back_during_upload_cancels_upload(house):
    clip = house.stored()
    house.move(NEW)
    house.move(OLD)
    assert house.row(clip) == clip
    assert house.jobs.backlog([JobKind.UPLOAD]).jobs == 0


def test_interrupted_upload_restarts_in_new_bucket(house):
    clip = house.saved(size=5 * CHUNK_BYTES)
    house.store.breaks_at = 2 * CHUNK_BYTES + house.files(clip)[1].stat().st_size
    house.outbox.step()
    (job,) = house.jobs.for_subject(JobKind.UPLOAD, "")
    assert job.resume is not None
    house.move(NEW)
    (job,) = house.jobs.for_subject(JobKind.UPLOAD, "")
    assert job.resume is None
    house.clock.advance(60)
    house.run()
    assert house.buckets[OLD].names(".mp4") == []
    assert len(house.buckets[NEW].names(".mp4")) == 1


def test_delete_jobs_wait_for_their_bucket(house):
    gone, there = house.stored(), house.cloud_only(NOON + 1)
    kept = house.stored(NOON + 2)
    house.copies.remove(gone)
    house.copies.protect(kept.id, protected=True)
    house.move(NEW)
    house.run()
    house.copies.remove(house.row(there))
    house.copies.protect(kept.id, protected=False)
    house.copies.remove(house.row(kept))
    house.run()
    assert house.buckets[NEW].names() == []
    assert len(house.buckets[OLD].names(".mp4")) == 3
    deleted = [name for what, name in house.buckets[NEW].calls if what == "delete"]
    assert all(kept.id in name for name in deleted)
    house.move(OLD)
    house.run()
    assert house.buckets[OLD].names() == []
    assert house.catalog.database.query("SELECT * FROM jobs") == []
    assert house.catalog.database.query("SELECT * FROM elsewhere") == []


def test_protection_is_written_to_former_bucket_after_return(house):
    clip = house.cloud_only(NOON)
    house.move(NEW)
    house.copies.protect(clip.id, protected=True)
    house.run()
    house.move(OLD)
    house.run()
    (film,) = house.buckets[OLD].names(".mp4")
    assert clip_from_object(house.buckets[OLD].find(film)).protected


def test_clip_with_lost_file_before_upload_is_elsewhere(house):
    clip = house.stored()
    house.move(NEW)
    house.copies.mark_file_missing(clip.id)
    row = house.row(clip)
    assert (row.state, row.cloud, row.local) == (ClipState.SAVED, CloudState.ELSEWHERE, False)
    house.copies.mark_file_found(row.id)
    house.run()
    assert house.row(clip).cloud is CloudState.STORED
    house.copies.mark_file_missing(clip.id)
    assert house.row(clip).cloud is CloudState.STORED


def test_retention_keeps_clips_of_other_buckets(house):
    clip = house.cloud_only(NOON)
    house.move(NEW)
    house.clock.advance(100 * 86_400)
    day = TierRules(each=Limits(max_age_s=86_400, max_bytes=0))
    house.make_retention(RetentionRules(local=day, cloud=day)).apply()
    assert house.row(clip).cloud is CloudState.ELSEWHERE


def test_rebuild_finds_objects_copied_to_new_bucket(house, monkeypatch):
    clip = house.cloud_only(NOON, size=500)
    house.move(NEW)
    old = house.buckets[OLD]
    monkeypatch.setattr(house.store, "list", lambda: map(old.find, old.names()), raising=False)
    found = rebuild(
        catalog=house.catalog,
        copies=house.copies,
        clips_dir=house.clips_dir,
        cloud=house.store,
        stop=Event(),
    )
    assert found.completed == 1
    assert house.row(clip) == clip
