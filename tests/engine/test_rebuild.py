"""Rebuild of the catalog from the bucket and the clip folder."""

from dataclasses import replace
import json
from pathlib import Path
import shutil
from threading import Event
from urllib.parse import quote

from gcs_fixtures import encrypted_store, store, stored
from library_rig import NOON, LibraryRig, clip_row
import pytest

from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import TransferStopped
from custom_components.homesec.engine.cloud.gcs import PAGE_SIZE
from custom_components.homesec.engine.cloud.object_names import (
    ALERT_ENTRY,
    alert_still_name,
    object_metadata,
    object_name,
)
from custom_components.homesec.engine.cloud.object_store import BytesContent, Upload
from custom_components.homesec.engine.core.types import ClipState, CloudState, Trigger
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library.rebuild import (
    BATCH,
    CatalogRebuilder,
    Rebuilt,
    rebuild,
)
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

NEVER = Event()


@pytest.fixture
def bucket(gcs):
    with store(gcs) as made:
        yield made


@pytest.fixture
def library(tmp_path, bucket):
    (tmp_path / "house").mkdir()
    made = LibraryRig(tmp_path / "house", store=bucket)
    yield made
    made.close()


def found(library, stop=NEVER, cloud=...):
    return rebuild(
        catalog=library.catalog,
        copies=library.copies,
        clips_dir=library.clips_dir,
        tools=LocalMediaTools(),
        cloud=library.store if cloud is ... else cloud,
        stop=stop,
    )


def forgotten(library):
    """Delete all rows of the catalog; return them, newest first."""
    rows = library.catalog.queries.page()
    for row in rows:
        library.catalog.remove(row.id)
    return rows


def test_rebuild_restores_uploaded_clips(library):
    library.stored(NOON, label="person", score=0.83, duration_s=12.5, width=640, height=360)
    library.stored(NOON + 9, trigger=Trigger.MANUAL, label=None, audio_codec="aac")
    before = forgotten(library)
    assert found(library) == Rebuilt(from_cloud=2)
    assert library.catalog.queries.page() == before
    assert found(library) == Rebuilt(unchanged=2)
    assert library.catalog.queries.page() == before
    assert library.jobs.backlog([*JobKind]).jobs == 0


def test_rebuild_without_files_has_cloud_copies_only(library):
    clip = library.stored(NOON)
    forgotten(library)
    shutil.rmtree(library.clips_dir)
    library.clips_dir.mkdir()
    found(library)
    assert library.row(clip) == replace(clip, local=False)
    assert library.copies.verify_files() == (0, 0)
    library.copies.remove(library.row(clip))
    library.run()
    assert list(library.store.list()) == []


def test_rebuild_of_clip_without_still_has_none(library, gcs):
    clip = clip_row(NOON, bytes=7)
    gcs.put(object_name(clip, prefix="house"), b"1234567", object_metadata(clip))
    other = clip_row(NOON - 1)
    gcs.put(object_name(other, prefix="house", suffix=".jpg"), b"still", object_metadata(other))
    assert found(library) == Rebuilt(from_cloud=1)
    row = library.row(clip)
    assert (row.still_path, row.cloud_bytes, row.local) == (None, 7, False)


def test_rebuild_adopts_and_uploads_local_clips(library, bikes):
    clip = clip_row(NOON)
    video, _ = library.files(clip)
    video.parent.mkdir(parents=True)
    shutil.copyfile(bikes, video)
    assert found(library) == Rebuilt(from_folder=1)
    assert library.row(clip).cloud is CloudState.WAITING
    assert found(library) == Rebuilt()
    library.run()
    assert found(library) == Rebuilt(unchanged=1)


def test_rebuild_without_cloud_reads_folder(library, bikes):
    clip = clip_row(NOON)
    video, _ = library.files(clip)
    video.parent.mkdir(parents=True)
    shutil.copyfile(bikes, video)
    assert found(library, cloud=None) == Rebuilt(from_folder=1)


def test_rebuild_completes_adopted_clip_from_object(library):
    clip = library.stored(NOON, label="cat", score=0.7)
    forgotten(library)
    taken_in = replace(clip, label=None, score=None, cloud=CloudState.NONE, cloud_bytes=0)
    library.catalog.put(replace(taken_in, camera_name="door"))
    assert found(library) == Rebuilt(completed=1)
    assert library.row(clip) == clip


def test_rebuild_restores_missing_clip_that_is_in_bucket(library):
    clip = library.stored(NOON)
    library.files(clip)[0].unlink()
    library.catalog.database.query(
        "UPDATE clips SET state = 'missing', cloud = 'none', local = 0, cloud_bytes = 0"
    )
    assert found(library) == Rebuilt(completed=1)
    assert library.row(clip) == replace(clip, local=False)


def test_rebuild_uploads_file_that_differs_from_object(library):
    clip = library.stored(NOON)
    forgotten(library)
    library.files(clip)[0].write_bytes(b"something else")
    found(library)
    row = library.row(clip)
    assert (row.local, row.cloud, row.bytes) == (True, CloudState.WAITING, 14)


def test_rebuild_skips_clip_being_removed(library):
    clip = library.stored(NOON)
    library.copies.remove(clip)  # the outbox hasn't deleted its objects
    dropped = library.stored(NOON + 1)
    library.catalog.jobs.add(JobKind.DELETE, clip.id, {"names": []})
    library.copies.remove_cloud(dropped)
    removing = library.saved(NOON + 2)
    library.catalog.put(replace(removing, state=ClipState.REMOVING))
    before = [library.row(c) for c in (clip, dropped, removing)]
    assert before[0] is None
    found(library)
    assert [library.row(c) for c in (clip, dropped, removing)] == before


def test_rebuild_skips_clip_removed_meanwhile(library):
    clip = library.stored(NOON)

    class Removing:
        prefix = "house"
        bucket_uri = "gs://bucket/house"

        def list(self):
            objects = [*library.store.list()]
            library.copies.remove(clip)
            library.run()
            return iter(objects)

    assert found(library, cloud=Removing()) == Rebuilt()
    assert library.row(clip) is None


def test_rebuild_counts_foreign_objects(library, gcs):
    clip = clip_row(NOON)
    name = object_name(clip, prefix="house")
    facts = json.loads(object_metadata(clip)["homesec-clip"])
    gcs.put("house/readme.txt", b"hello")
    gcs.put(name, b"no facts")
    for number, wrong in enumerate(({"camera_id": "../../etc"}, {"event_at": -1}, {"id": "x"})):
        other = clip_row(NOON + number + 1)
        metadata = {"homesec-clip": json.dumps({**facts, "id": other.id, **wrong})}
        gcs.put(object_name(other, prefix="house"), b"x", metadata)
    gcs.put("elsewhere/" + name, b"x", object_metadata(clip))
    assert found(library) == Rebuilt(foreign=5)


def test_rebuild_ignores_alert_stills(library):
    still = Upload(
        name=alert_still_name("alert-1", NOON, prefix=library.store.prefix),
        content=BytesContent(data=b"jpeg"),
        content_type="image/jpeg",
        metadata={ALERT_ENTRY: "1"},
    )
    library.store.upload(still, stop=NEVER)
    assert found(library) == Rebuilt()
    assert library.catalog.queries.page() == []


@pytest.mark.parametrize("camera_id", ["../../../etc", "..", "/etc/passwd", "a/../../b", "."])
def test_rebuild_keeps_hostile_names_inside_clip_folder(library, gcs, camera_id):
    clip = clip_row(NOON, camera_id=camera_id)
    assert quote(camera_id, safe="").replace(".", "%2E") not in ("", ".")
    gcs.put(object_name(clip, prefix="house"), b"x", object_metadata(clip))
    assert found(library) == Rebuilt(from_cloud=1)
    row = library.row(clip)
    assert row.camera_id == camera_id
    for path in filter(None, (row.path, row.still_path)):
        inside = (library.clips_dir / path).resolve()
        assert inside.is_relative_to(library.clips_dir)
        assert len(Path(path).parts) == 3


def test_rebuild_restores_encrypted_clips_only_with_key(library, bucket):
    key = EncryptionKey.generate()
    library.upload_jobs.store = library.store = encrypted_store(bucket, key.text)
    video, _ = library.files(library.stored(NOON))
    before = forgotten(library)
    assert found(library, cloud=encrypted_store(bucket)) == Rebuilt(locked=1)
    assert library.catalog.queries.page() == []
    # The made-up video can't be read, so it was set aside.
    video.with_name(f"{video.name}.damaged").rename(video)
    assert found(library, cloud=encrypted_store(bucket, decrypt_with=(key.text,))) == Rebuilt(
        from_cloud=1
    )
    assert library.catalog.queries.page() == before


def test_rebuild_refuses_plain_objects_that_have_to_be_encrypted(library, bucket, gcs):
    key = PrivateKey.generate()
    options = {"decrypt_with": (key.text,), "since": NOON - 5}
    library.upload_jobs.store = library.store = encrypted_store(bucket, key.public.text, **options)
    kept, replaced = library.stored(NOON), library.stored(NOON + 60)
    planted, older = clip_row(NOON + 90), clip_row(NOON - 60)
    for clip in (replaced, planted, older):
        name = object_name(clip, prefix="house")
        gcs.put(name, b"a film of an empty yard", object_metadata(clip))
    forgotten(library)
    for clip in (kept, replaced):
        library.files(clip)[0].with_name(f"{clip.id}.mp4.damaged").unlink(missing_ok=True)
        library.files(clip)[0].unlink(missing_ok=True)
    # Even the catalog is lost; clips from before the encryption may be plain.
    cloud = encrypted_store(bucket, key.public.text, **options)
    refused = []
    cloud.watch(lambda _name: None, refused.append)
    assert found(library, cloud=cloud) == Rebuilt(from_cloud=2, refused=2)
    listed = {row.id for row in library.catalog.queries.page()}
    assert listed == {kept.id, older.id}
    assert len(refused) == 2
    assert library.catalog.object_key(bucket.bucket_uri, kept.id) == key.public.id
    assert library.catalog.object_key(bucket.bucket_uri, older.id) == ""


def test_stopped_rebuild_can_repeat(library):
    library.stored(NOON)
    before = forgotten(library)
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        found(library, stop=stop)
    assert found(library) == Rebuilt(from_cloud=1)
    assert library.catalog.queries.page() == before


def test_rebuild_reads_all_pages_of_bucket(library, gcs):
    clips = [clip_row(NOON + n, bytes=1) for n in range(PAGE_SIZE // 2 + 30)]
    for clip in clips:
        for suffix in (".mp4", ".jpg"):
            gcs.put(object_name(clip, prefix="house", suffix=suffix), b"x", object_metadata(clip))
    assert found(library) == Rebuilt(from_cloud=len(clips))
    assert library.catalog.totals().cloud_bytes == 2 * len(clips)
    assert [c.id for c in library.catalog.queries.page(limit=9999)] == [
        c.id for c in reversed(clips)
    ]
    assert all(c.still_path for c in library.catalog.queries.page(limit=9999))


def test_rebuild_writes_in_small_transactions(library, monkeypatch):
    """Recordings can write between the transactions."""
    clips = [clip_row(NOON + n) for n in range(4 * BATCH + 1)]
    parts = []
    store = CatalogRebuilder.store
    monkeypatch.setattr(
        CatalogRebuilder,
        "store",
        lambda self, clips: (parts.append(len(clips)), store(self, clips)),
    )

    class Many:
        prefix = "house"
        bucket_uri = "gs://bucket/house"

        def list(self):
            return (
                stored(object_name(clip, prefix="house"), object_metadata(clip)) for clip in clips
            )

    assert found(library, cloud=Many()) == Rebuilt(from_cloud=len(clips))
    assert max(parts) == BATCH
    assert found(library, cloud=Many()) == Rebuilt(unchanged=len(clips))


def test_rebuild_restores_protection(library):
    clip = library.stored(NOON)
    library.copies.protect(clip.id, protected=True)
    library.run()
    protected = library.row(clip)
    forgotten(library)
    assert found(library).from_cloud == 1
    assert library.row(clip) == protected
    # Adopted from its file, and waiting for another upload.
    for state in (CloudState.NONE, CloudState.WAITING):
        library.catalog.remove(clip.id)
        library.catalog.put(replace(protected, protected=False, cloud=state))
        assert found(library).completed == 1
        assert library.row(clip).protected
    # A later decision of the user isn't undone.
    library.copies.protect(clip.id, protected=False)
    library.catalog.database.query("UPDATE clips SET cloud = 'stored'")
    found(library)
    assert not library.row(clip).protected
