"""Uploads whose keys have changed since an earlier try, of which the bucket has something."""

from gcs_fixtures import encrypted_store, service_account, store
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.object_names import object_name
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.job_queue import LONGEST_WAIT_S

KEY = PrivateKey(bytes(range(32)))
OLD_KEY = EncryptionKey(bytes(range(32))).text


@pytest.fixture
def bucket(gcs):
    with store(gcs, key=service_account(gcs)) as made:
        yield made


@pytest.fixture
def library(tmp_path, bucket):
    (tmp_path / "house").mkdir()
    made = LibraryRig(tmp_path / "house", store=bucket)
    yield made
    made.close()


def use(library, made):
    """Change the store, as new settings do."""
    library.upload_jobs.store = library.store = made
    made.watch(lambda name: library.catalog.object_key(made.bucket_uri, clip_id(name)), pytest.fail)


def clip_id(name):
    return name.rpartition("/")[2].partition(".")[0]


def run(library):
    library.run()
    library.clock.advance(LONGEST_WAIT_S)
    library.run()


def read(library, clip, suffix):
    name = object_name(clip, prefix="house", suffix=suffix)
    return b"".join(library.store.read(name))


def test_clip_that_was_uploaded_with_the_key_before_is_recognized(library, bucket):
    use(library, encrypted_store(bucket, OLD_KEY))
    clip = library.stored(NOON, size=100_000)
    library.catalog.database.query("UPDATE clips SET cloud = 'none', cloud_bytes = 0")
    library.catalog.database.query("DELETE FROM object_keys")
    library.catalog.save(clip)
    use(
        library,
        encrypted_store(bucket, KEY.public.text, decrypt_with=(KEY.text, OLD_KEY), since=NOON - 9),
    )
    run(library)
    assert library.row(clip).cloud is CloudState.STORED
    old_id = EncryptionKey.from_text(OLD_KEY).id
    assert library.catalog.object_key(bucket.bucket_uri, clip.id) == old_id
    assert read(library, clip, ".mp4") == library.files(clip)[0].read_bytes()


def test_still_from_just_before_encryption_does_not_raise_an_alarm(library, bucket, gcs):
    clip = library.saved(NOON, size=100_000)
    video, still = library.files(clip)
    gcs.put(object_name(clip, prefix="house", suffix=".jpg"), still.read_bytes())
    use(
        library,
        encrypted_store(bucket, KEY.public.text, decrypt_with=(KEY.text,), since=NOON + 60),
    )
    run(library)
    assert library.row(clip).cloud is CloudState.STORED
    assert read(library, clip, ".jpg") == still.read_bytes()
    assert read(library, clip, ".mp4") == video.read_bytes()
    assert gcs.content(object_name(clip, prefix="house")).startswith(b"age-encryption.org/v1")


def test_other_object_under_the_name_is_still_a_conflict(library, bucket, gcs):
    clip = library.saved(NOON, size=100_000)
    gcs.put(object_name(clip, prefix="house"), bytes(100_000))
    use(library, encrypted_store(bucket, KEY.public.text, since=NOON + 60))
    run(library)
    assert library.row(clip).cloud is CloudState.WAITING
    assert library.jobs.due(("upload",)) is None
    assert gcs.content(object_name(clip, prefix="house")) == bytes(100_000)
