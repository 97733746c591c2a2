"""Uploads are complete and stored once, whatever the network does."""

from fault_proxy import Fault, Kind
from gcs_fixtures import CHUNK, KIB, MIB, NEVER, put_bytes, store, upload
import pytest

from custom_components.homesec.engine.cloud import gcs_upload
from custom_components.homesec.engine.cloud.errors import (
    ChecksumMismatch,
    ObjectConflict,
    StorageBusy,
    StorageUnreachable,
)
from custom_components.homesec.engine.cloud.object_store import (
    FileContent,
    ResumePoint,
    StoredObject,
)

NAME = "house/cam/clip.mp4"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 0.01)


@pytest.fixture
def bucket(gcs):
    with store(gcs) as made:
        yield made


# --- without faults -----------------------------------------------------------------------------


def test_upload_stores_content_type_and_metadata(gcs, bucket, tmp_path):
    sent = upload(tmp_path / "f", 3 * MIB + 17, metadata={"who": "Jürgen"})
    progress = []
    result = bucket.upload(sent, stop=NEVER, on_progress=progress.append)
    properties = gcs.objects()[NAME]
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()
    assert properties["contentType"] == "video/mp4"
    assert properties["metadata"] == {"who": "Jürgen"}
    assert result == StoredObject(
        name=NAME,
        bytes=3 * MIB + 17,
        generation=int(properties["generation"]),
        md5=properties["md5Hash"],
        content_type="video/mp4",
        metadata={"who": "Jürgen"},
    )
    assert progress == sorted(progress)
    assert progress[-1] == 3 * MIB + 17


def test_upload_of_empty_file_is_stored(gcs, bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"")
    assert bucket.upload(upload(tmp_path / "f"), stop=NEVER).bytes == 0
    assert gcs.content(NAME) == b""


def test_upload_sets_no_access_control(gcs, bucket, tmp_path):
    bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)
    paths = [path for method, path, _ in gcs.faults.seen if method == "POST"]
    assert paths
    assert not any("predefinedAcl" in path or "/acl" in path for path in paths)


def test_upload_of_existing_object_stores_nothing(gcs, bucket, tmp_path):
    first = bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    sent = put_bytes(gcs)
    assert bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER) == first
    assert put_bytes(gcs) == sent


def test_upload_over_other_content_is_conflict(gcs, bucket, tmp_path):
    gcs.put(NAME, b"mine")
    with pytest.raises(ObjectConflict):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == b"mine"


def test_name_taken_during_upload_is_conflict(gcs, bucket, tmp_path):
    def on_progress(there):
        if there == CHUNK:
            gcs.put(NAME, b"mine")

    with pytest.raises(ObjectConflict):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, on_progress=on_progress)
    assert gcs.content(NAME) == b"mine"


def test_object_deleted_during_comparison_is_busy(gcs, bucket, tmp_path):
    bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=404, method="GET"))
    with pytest.raises(StorageBusy):
        bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)


@pytest.mark.parametrize("number", range(20))
def test_unusual_object_name_round_trips(gcs, bucket, tmp_path, number):
    hostile = ["a b", "ä/ö", "50%", "a%2Fb", "a?b=c", "a#b", "a&b", "a+b", "'\"", "日本", "[*]"]
    hostile += ["a;b", "a\\b", "..a/b", "a,b", "😀", "{}", "~", "a=b", "a@b"]
    name = f"house/{hostile[number]}/x.mp4"
    bucket.upload(upload(tmp_path / "f", 10, name=name), stop=NEVER)
    assert list(gcs.objects()) == [name]
    assert [obj.name for obj in bucket.list()] == [name]
    assert bucket.find(name).name == name
    assert b"".join(bucket.read(name)) == (tmp_path / "f").read_bytes()
    assert bucket.delete(name)


# --- with faults --------------------------------------------------------------------------------


def test_connection_reset_resumes_upload(gcs, bucket, tmp_path):
    gcs.faults.add(
        Fault(kind=Kind.RESET, method="PUT", skip=2, after_bytes=100 * KIB),
        Fault(kind=Kind.RESET, method="PUT", skip=3, after_bytes=10 * KIB),
        Fault(kind=Kind.RESET, method="PUT", skip=5, after_bytes=200 * KIB),
    )
    bucket.upload(upload(tmp_path / "f", 4 * MIB), stop=NEVER)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()
    assert gcs.faults.count("POST") == 1
    assert put_bytes(gcs) < 4 * MIB + 400 * KIB


def test_partial_chunk_counts_after_reset(gcs, tmp_path):
    gcs.faults.add(Fault(kind=Kind.RESET, method="PUT", after_bytes=1500 * KIB))
    with store(gcs, chunk_bytes=4 * MIB) as bucket:
        bucket.upload(upload(tmp_path / "f", 2 * MIB), stop=NEVER)
    assert put_bytes(gcs) < 2 * MIB + CHUNK + 16 * KIB


@pytest.mark.parametrize("skip", range(4))
def test_lost_answer_sends_nothing_twice(gcs, bucket, tmp_path, skip):
    gcs.faults.add(Fault(kind=Kind.LOSE, method="PUT", skip=skip))
    result = bucket.upload(upload(tmp_path / "f", 4 * CHUNK), stop=NEVER)
    assert put_bytes(gcs) == 4 * CHUNK
    assert str(result.generation) == gcs.objects()[NAME]["generation"]


def test_upload_without_any_answer_is_unreachable(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.RESET, method="PUT", times=99))
    points = []
    with pytest.raises(StorageUnreachable):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, on_resume_point=points.append)
    assert isinstance(points[-1], ResumePoint)


def test_upload_without_progress_is_unreachable(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=308, method="PUT", times=99))
    with pytest.raises(StorageUnreachable):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.faults.count("PUT") < 10


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_busy_storage_raises_with_retry_after(gcs, bucket, tmp_path, status):
    gcs.faults.add(
        Fault(kind=Kind.STATUS, status=status, method="PUT", headers={"Retry-After": "17"})
    )
    with pytest.raises(StorageBusy) as raised:
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert raised.value.retry_after_s == 17


def test_upload_damaged_on_the_way_leaves_no_object(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_REQUEST, method="PUT", skip=1))
    points = []
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, on_resume_point=points.append)
    assert gcs.objects() == {}
    assert points[-1] is None


def test_object_with_wrong_checksum_is_deleted(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_CHECKSUM, method="PUT", skip=3))
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.objects() == {}
    bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_answer_without_generation_deletes_nothing(gcs, bucket, tmp_path):
    gcs.put(NAME, b"mine")
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, body={"name": NAME}, method="PUT"))
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, method="POST", headers=_session(gcs)))
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == b"mine"


def _session(gcs):
    return {"Location": f"{gcs.url}/upload/x?upload_id=none"}


def test_invalid_answer_is_queried_again(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, body=b"<html>", method="PUT"))
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, body=b"[]", method="PUT"))
    bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_upload_of_shortened_file_raises_checksum_mismatch(gcs, bucket, tmp_path):
    def on_progress(there):
        if there == CHUNK:
            (tmp_path / "f").write_bytes(b"short")

    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, on_progress=on_progress)
    assert gcs.objects() == {}


def test_upload_of_missing_file_raises_oserror(bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    gone = upload(tmp_path / "f")
    (tmp_path / "f").unlink()
    with pytest.raises(FileNotFoundError):
        bucket.upload(gone, stop=NEVER)


@pytest.mark.parametrize("fails", ["seek", "read"])
def test_disk_error_during_upload_raises_oserror(gcs, bucket, tmp_path, monkeypatch, fails):
    class Broken:
        def __init__(self, stream, broken):
            self._stream = stream
            self._broken = broken

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._stream.close()

        def seek(self, offset):
            if self._broken == "seek" and offset:
                raise OSError(5, "seek")
            return self._stream.seek(offset)

        def read(self, count):
            if self._broken == "read":
                raise OSError(5, "read")
            return self._stream.read(count)

    opened = []
    real = FileContent.open

    def open_it(self):
        opened.append(self)
        return Broken(real(self), fails if len(opened) > 1 else None)

    monkeypatch.setattr(FileContent, "open", open_it)
    with pytest.raises(OSError, match=fails):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
