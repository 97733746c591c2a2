"""Buckets in which nothing can be deleted or replaced, and accounts that may only create."""

from gcs_fixtures import MIB, NEVER, cut_short, encrypted_store, service_account, store, upload
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.errors import (
    ChecksumMismatch,
    ObjectConflict,
    RetentionLocked,
)
from custom_components.homesec.engine.cloud.object_store import Rights
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.job_queue import LONGEST_WAIT_S, JobKind
from custom_components.homesec.engine.library.retention_policy import (
    Limits,
    RetentionRules,
    TierRules,
)

KEY = PrivateKey(bytes(range(32)))
CREATE_ONLY = Rights(read=False, list=False, delete=False)
NAME = "house/cam/clip.mp4"


def deny(gcs, *actions):
    gcs.front.denied = {f"storage.objects.{each}" for each in actions}


@pytest.fixture
def bucket(gcs):
    with store(gcs, key=service_account(gcs)) as made:
        yield made


# --- uploads ------------------------------------------------------------------------------------


@pytest.mark.parametrize("names_lock", [False, True], ids=["412", "403"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_repeated_upload_into_locked_bucket_is_recognized(
    gcs, bucket, tmp_path, names_lock, encrypted
):
    gcs.front.locked, gcs.front.names_lock = True, names_lock
    made = encrypted_store(bucket, KEY.public.text) if encrypted else bucket
    first = made.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert made.upload(upload(tmp_path / "f"), stop=NEVER).generation == first.generation
    with pytest.raises(ObjectConflict):
        made.upload(upload(tmp_path / "g", MIB, seed=2), stop=NEVER)


def test_repeated_upload_without_right_to_read_is_taken_for_done(gcs, bucket, tmp_path):
    deny(gcs, "get", "list", "delete")
    made = encrypted_store(bucket, KEY.public.text)
    first = made.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    again = made.upload(upload(tmp_path / "f"), stop=NEVER)
    assert (again.bytes, again.key_id) == (first.bytes, KEY.public.id)
    assert again.metadata == {"a": "b"}


def test_damaged_answer_in_locked_bucket_is_reported_as_damage(gcs, bucket, tmp_path, monkeypatch):
    gcs.front.locked = True
    whole = gcs.front.store
    monkeypatch.setattr(gcs.front, "store", lambda b, r, c: whole(b, r, bytes(c[:-1])))
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)


def test_delete_in_locked_bucket_says_so(gcs, bucket, tmp_path):
    bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)
    gcs.front.locked = True
    with pytest.raises(RetentionLocked):
        bucket.delete(NAME)


# --- the library --------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path, gcs):
    """A library whose account may only create objects, and has no private key."""
    deny(gcs, "get", "list", "delete", "update")
    (tmp_path / "house").mkdir()
    with store(gcs, key=service_account(gcs), rights=CREATE_ONLY) as bucket:
        made = LibraryRig(tmp_path / "house", store=encrypted_store(bucket, KEY.public.text))
        yield made
        made.close()


def requests(gcs, *methods):
    return [path for method, path, _ in gcs.faults.seen if method in methods and "/b/" in path]


def test_create_only_account_uploads_every_clip(library, gcs):
    clips = [library.saved(NOON + n, size=1000) for n in range(3)]
    library.run()
    assert {library.row(clip).cloud for clip in clips} == {CloudState.STORED}
    assert len(gcs.objects()) == 6
    assert library.jobs.backlog([*JobKind]).jobs == 0
    keys = {library.catalog.object_key(library.store.bucket_uri, clip.id) for clip in clips}
    assert keys == {KEY.public.id}


def test_repeated_job_of_create_only_account_is_done_without_end(library, gcs):
    clip = library.stored(NOON)
    library.catalog.database.query("UPDATE clips SET cloud = 'none', cloud_bytes = 0")
    library.catalog.save(clip)
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    assert library.jobs.backlog([*JobKind]).jobs == 0


def test_create_only_account_never_asks_to_delete_or_change(library, gcs):
    kept, removed = library.stored(NOON), library.stored(NOON + 60)
    library.copies.protect(kept.id, protected=True)
    library.copies.remove(removed)
    library.jobs.add(JobKind.TIDY, "", {"before": "9999/12/31"})
    library.jobs.add(JobKind.KEYS, "")
    for _ in range(5):
        library.run()
        library.clock.advance(LONGEST_WAIT_S)
    assert library.jobs.backlog([*JobKind]).jobs == 0
    assert not library.outbox.paused
    assert requests(gcs, "DELETE", "PATCH") == []
    assert len(gcs.objects()) == 4


def test_retention_without_right_to_delete_leaves_the_bucket_to_its_rules(library, gcs):
    clip = library.stored(NOON)
    library.clock.advance(10 * 86_400)
    old = TierRules(each=Limits(max_age_s=86_400.0))
    library.make_retention(RetentionRules(local=old, cloud=old)).apply()
    library.run()
    row = library.row(clip)
    assert (row.local, row.cloud) == (False, CloudState.STORED)
    assert len(gcs.objects()) == 2


def test_locked_bucket_does_not_keep_delete_jobs(tmp_path, gcs):
    with store(gcs, key=service_account(gcs)) as bucket:
        library = LibraryRig(tmp_path, store=bucket)
        clip = library.stored(NOON)
        gcs.front.locked = True
        library.copies.remove(clip)
        library.run()
        assert library.jobs.backlog([*JobKind]).jobs == 0
        assert not library.outbox.paused
        cut_short(library.close)
