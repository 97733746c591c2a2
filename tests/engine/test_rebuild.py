"""An empty catalogue that becomes what it was, from the bucket and the clip folder."""

from dataclasses import replace
import json
from pathlib import Path
import shutil
from threading import Event
from urllib.parse import quote

from gcs_fixtures import store, stored
from library_rig import NOON, LibraryRig, clip_row
import pytest

from custom_components.homesec.engine.cloud.encrypted_store import EncryptedStore
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

NEVER = Event()


@pytest.fixture
def bucket(gcs):
    with store(gcs) as made:
        yield made


@pytest.fixture
def house(tmp_path, bucket):
    (tmp_path / "house").mkdir()
    made = LibraryRig(tmp_path / "house", store=bucket)
    yield made
    made.close()


def found(house, stop=NEVER, cloud=...):
    return rebuild(
        catalog=house.catalog,
        copies=house.copies,
        clips_dir=house.clips_dir,
        cloud=house.store if cloud is ... else cloud,
        stop=stop,
    )


def forgotten(house):
    """Lose the catalogue's rows; return them as they were, newest first."""
    rows = house.catalog.queries.page()
    for row in rows:
        house.catalog.remove(row.id)
    return rows


def test_rebuild_restores_uploaded_clips(house):
    house.stored(NOON, label="person", score=0.83, duration_s=12.5, width=640, height=360)
    house.stored(NOON + 9, trigger=Trigger.MANUAL, label=None, audio_codec="aac")
    before = forgotten(house)
    assert found(house) == Rebuilt(from_cloud=2)
    assert house.catalog.queries.page() == before
    assert found(house) == Rebuilt(unchanged=2)
    assert house.catalog.queries.page() == before
    assert house.jobs.backlog([*JobKind]).jobs == 0


def test_rebuild_without_files_has_cloud_copies_only(house):
    clip = house.stored(NOON)
    forgotten(house)
    shutil.rmtree(house.clips_dir)
    house.clips_dir.mkdir()
    found(house)
    assert house.row(clip) == replace(clip, local=False)
    assert house.copies.verify_files() == (0, 0)
    house.copies.remove(house.row(clip))
    house.run()
    assert list(house.store.list()) == []


def test_rebuild_of_clip_without_still_has_none(house, gcs):
    clip = clip_row(NOON, bytes=7)
    gcs.put(object_name(clip, prefix="house"), b"1234567", object_metadata(clip))
    other = clip_row(NOON - 1)
    gcs.put(object_name(other, prefix="house", suffix=".jpg"), b"still", object_metadata(other))
    assert found(house) == Rebuilt(from_cloud=1)
    row = house.row(clip)
    assert (row.still_path, row.cloud_bytes, row.local) == (None, 7, False)


def test_rebuild_adopts_and_uploads_local_clips(house, bikes):
    clip = clip_row(NOON)
    film, _ = house.files(clip)
    film.parent.mkdir(parents=True)
    shutil.copyfile(bikes, film)
    assert found(house) == Rebuilt(from_folder=1)
    assert house.row(clip).cloud is CloudState.WAITING
    assert found(house) == Rebuilt()
    house.run()
    assert found(house) == Rebuilt(unchanged=1)


def test_rebuild_without_cloud_reads_folder(house, bikes):
    clip = clip_row(NOON)
    film, _ = house.files(clip)
    film.parent.mkdir(parents=True)
    shutil.copyfile(bikes, film)
    assert found(house, cloud=None) == Rebuilt(from_folder=1)


def test_rebuild_completes_adopted_clip_from_object(house):
    clip = house.stored(NOON, label="cat", score=0.7)
    forgotten(house)
    taken_in = replace(clip, label=None, score=None, cloud=CloudState.NONE, cloud_bytes=0)
    house.catalog.put(replace(taken_in, camera_name="door"))
    assert found(house) == Rebuilt(completed=1)
    assert house.row(clip) == clip


def test_rebuild_restores_missing_clip_that_is_in_bucket(house):
    clip = house.stored(NOON)
    house.files(clip)[0].unlink()
    house.catalog.database.query(
        "UPDATE clips SET state = 'missing', cloud = 'none', local = 0, cloud_bytes = 0"
    )
    assert found(house) == Rebuilt(completed=1)
    assert house.row(clip) == replace(clip, local=False)


def test_rebuild_uploads_file_that_differs_from_object(house):
    clip = house.stored(NOON)
    forgotten(house)
    house.files(clip)[0].write_bytes(b"something else")
    found(house)
    row = house.row(clip)
    assert (row.local, row.cloud, row.bytes) == (True, CloudState.WAITING, 14)


def test_rebuild_skips_clip_being_removed(house):
    clip = house.stored(NOON)
    house.copies.remove(clip)  # its objects are still there: the outbox has not run
    dropped = house.stored(NOON + 1)
    house.catalog.jobs.add(JobKind.DELETE, clip.id, {"names": []})
    house.copies.remove_cloud(dropped)
    removing = house.saved(NOON + 2)
    house.catalog.put(replace(removing, state=ClipState.REMOVING))
    before = [house.row(c) for c in (clip, dropped, removing)]
    assert before[0] is None
    found(house)
    assert [house.row(c) for c in (clip, dropped, removing)] == before


def test_rebuild_skips_clip_removed_meanwhile(house):
    clip = house.stored(NOON)

    class Removing:
        prefix = "house"

        def list(self):
            objects = [*house.store.list()]
            house.copies.remove(clip)
            house.run()
            return iter(objects)

    assert found(house, cloud=Removing()) == Rebuilt()
    assert house.row(clip) is None


def test_rebuild_counts_foreign_objects(house, gcs):
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
    assert found(house) == Rebuilt(foreign=5)


def test_rebuild_ignores_alert_stills(house):
    still = Upload(
        name=alert_still_name("alert-1", NOON, prefix=house.store.prefix),
        content=BytesContent(data=b"jpeg"),
        content_type="image/jpeg",
        metadata={ALERT_ENTRY: "1"},
    )
    house.store.upload(still, stop=NEVER)
    assert found(house) == Rebuilt()
    assert house.catalog.queries.page() == []


@pytest.mark.parametrize("camera_id", ["../../../etc", "..", "/etc/passwd", "a/../../b", "."])
def test_rebuild_keeps_hostile_names_inside_clip_folder(house, gcs, camera_id):
    clip = clip_row(NOON, camera_id=camera_id)
    assert quote(camera_id, safe="").replace(".", "%2E") not in ("", ".")
    gcs.put(object_name(clip, prefix="house"), b"x", object_metadata(clip))
    assert found(house) == Rebuilt(from_cloud=1)
    row = house.row(clip)
    assert row.camera_id == camera_id
    for path in filter(None, (row.path, row.still_path)):
        inside = (house.clips_dir / path).resolve()
        assert inside.is_relative_to(house.clips_dir)
        assert len(Path(path).parts) == 3


def test_rebuild_restores_encrypted_clips_only_with_key(house, bucket):
    key = EncryptionKey.generate()
    house.cloud_jobs.store = house.store = EncryptedStore(bucket, encrypt_with=key.text)
    film, _ = house.files(house.stored(NOON))
    before = forgotten(house)
    assert found(house, cloud=EncryptedStore(bucket)) == Rebuilt(locked=1)
    assert house.catalog.queries.page() == []
    # The made-up film cannot be read, and so was set aside.
    film.with_name(f"{film.name}.damaged").rename(film)
    assert found(house, cloud=EncryptedStore(bucket, decrypt_with=[key.text])) == Rebuilt(
        from_cloud=1
    )
    assert house.catalog.queries.page() == before


def test_stopped_rebuild_can_repeat(house):
    house.stored(NOON)
    before = forgotten(house)
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        found(house, stop=stop)
    assert found(house) == Rebuilt(from_cloud=1)
    assert house.catalog.queries.page() == before


def test_rebuild_reads_all_pages_of_bucket(house, gcs):
    clips = [clip_row(NOON + n, bytes=1) for n in range(PAGE_SIZE // 2 + 30)]
    for clip in clips:
        for suffix in (".mp4", ".jpg"):
            gcs.put(object_name(clip, prefix="house", suffix=suffix), b"x", object_metadata(clip))
    assert found(house) == Rebuilt(from_cloud=len(clips))
    assert house.catalog.totals().cloud_bytes == 2 * len(clips)
    assert [c.id for c in house.catalog.queries.page(limit=9999)] == [c.id for c in reversed(clips)]
    assert all(c.still_path for c in house.catalog.queries.page(limit=9999))


def test_rebuild_writes_in_small_transactions(house, monkeypatch):
    """They are written down in small parts; whoever waits has his turn in between."""
    clips = [clip_row(NOON + n) for n in range(10_000)]
    parts = []
    store = CatalogRebuilder.store
    monkeypatch.setattr(
        CatalogRebuilder,
        "store",
        lambda self, clips: (parts.append(len(clips)), store(self, clips)),
    )

    class Many:
        prefix = "house"

        def list(self):
            return (
                stored(object_name(clip, prefix="house"), object_metadata(clip)) for clip in clips
            )

    assert found(house, cloud=Many()) == Rebuilt(from_cloud=10_000)
    assert max(parts) == BATCH
    assert found(house, cloud=Many()) == Rebuilt(unchanged=10_000)


def test_rebuild_restores_protection(house):
    clip = house.stored(NOON)
    house.copies.protect(clip.id, protected=True)
    house.run()
    protected = house.row(clip)
    forgotten(house)
    assert found(house).from_cloud == 1
    assert house.row(clip) == protected
    # Taken in from its file, and waiting to be uploaded once more.
    for state in (CloudState.NONE, CloudState.WAITING):
        house.catalog.remove(clip.id)
        house.catalog.put(replace(protected, protected=False, cloud=state))
        assert found(house).completed == 1
        assert house.row(clip).protected
    # What somebody has just decided is not undone.
    house.copies.protect(clip.id, protected=False)
    house.catalog.database.query("UPDATE clips SET cloud = 'stored'")
    found(house)
    assert not house.row(clip).protected
