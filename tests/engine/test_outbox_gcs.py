"""The outbox with a real object store and random faults."""

from fault_proxy import Fault, Kind
from gcs_fixtures import encrypted_store, store
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud import gcs_upload
from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.job_queue import LONGEST_WAIT_S


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 0.01)


@pytest.fixture(params=["plain", "encrypted"])
def library(request, tmp_path, gcs):
    bucket = store(gcs)
    if request.param == "encrypted":
        key = PrivateKey.generate()
        bucket = encrypted_store(bucket, key.public.text, decrypt_with=(key.text,))
    made = LibraryRig(tmp_path, store=bucket)
    yield made
    made.close()
    bucket.close()


def in_the_bucket(library, clip):
    (video,) = [o for o in library.store.list("") if o.name.endswith(f"{clip.id}.mp4")]
    return b"".join(library.store.read(video.name))


def test_clips_reach_bucket_once_and_are_deleted_with_clip(library):
    clips = [library.saved(NOON + n, size=300_000) for n in range(3)]
    library.run()
    for clip in clips:
        assert library.row(clip).cloud is CloudState.STORED
        assert in_the_bucket(library, clip) == library.files(clip)[0].read_bytes()
    assert len(list(library.store.list(""))) == 6
    library.copies.remove(clips[0])
    library.run()
    assert len(list(library.store.list(""))) == 4


def test_repeated_jobs_after_crash_change_nothing(library):
    clip = library.stored(size=300_000)
    before = [(o.name, o.generation) for o in library.store.list("")]
    library.catalog.database.query("UPDATE clips SET cloud = 'waiting', cloud_bytes = 0")
    library.catalog.save(library.row(clip))
    library.run()
    assert library.row(clip) == clip
    assert [(o.name, o.generation) for o in library.store.list("")] == before


def test_outbox_survives_random_faults(library, gcs):
    clip = library.saved(size=300_000)
    gcs.faults.add(
        Fault(kind=Kind.RESET, times=9, after_bytes=1000),
        Fault(kind=Kind.STATUS, times=3, status=503),
        Fault(kind=Kind.LOSE, times=2),
        Fault(kind=Kind.CORRUPT_REQUEST, method="PUT"),
    )
    for _ in range(20):
        library.run()
        library.clock.advance(LONGEST_WAIT_S)
    assert library.row(clip).cloud is CloudState.STORED
    assert in_the_bucket(library, clip) == library.files(clip)[0].read_bytes()
