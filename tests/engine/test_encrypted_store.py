"""An encrypted bucket behaves like a plain one, and reveals nothing."""

from threading import Event

from gcs_fixtures import KIB, MIB, NEVER, clip, content, service_account, store, upload
import pytest

from custom_components.homesec.engine.cloud import encrypted_store
from custom_components.homesec.engine.cloud.encrypted_store import EncryptedStore
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import (
    EncryptedFileBroken,
    EncryptionKeyMissing,
    ObjectConflict,
    ObjectMissing,
    TransferStopped,
)
from custom_components.homesec.engine.cloud.object_names import (
    clip_from_object,
    object_metadata,
    object_name,
)
from custom_components.homesec.engine.cloud.object_store import Upload
from custom_components.homesec.engine.cloud.transfer import download

KEY = EncryptionKey(bytes(range(32)))
NAME = "house/cam/clip.mp4"


@pytest.fixture
def plain(gcs):
    with store(gcs, key=service_account(gcs)) as made:
        yield made


@pytest.fixture
def encrypted(plain):
    return EncryptedStore(plain, encrypt_with=KEY.text)


@pytest.fixture
def video(encrypted, tmp_path):
    encrypted.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    return (tmp_path / "f").read_bytes()


def test_encrypted_clip_round_trips_with_metadata(gcs, encrypted, tmp_path):
    made = clip(camera_name="Bedroom", bytes=300_000)
    sent = Upload(
        name=object_name(made, prefix="house"),
        content=content(tmp_path / "f", 300_000),
        content_type="video/mp4",
        metadata=object_metadata(made),
    )
    result = encrypted.upload(sent, stop=NEVER)
    assert result == encrypted.find(sent.name) == next(encrypted.list())
    assert result.content_type == "video/mp4"
    assert result.key_id == KEY.id
    back = clip_from_object(result)
    assert (back.id, back.camera_name, back.bytes) == (made.id, "Bedroom", 300_000)
    assert b"".join(encrypted.read(sent.name)) == (tmp_path / "f").read_bytes()
    metadata = str(gcs.objects()) + str(gcs.content(sent.name))
    for secret in ("Bedroom", "person", "h264", "video"):
        assert secret not in metadata


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (0, 1), (65_530, 65_540), (5, 5), (MIB, None), (MIB - 1, 2 * MIB)]
)
def test_read_range_equals_slice(encrypted, video, start, end):
    assert b"".join(encrypted.read(NAME, start, end)) == video[start:end]


def test_header_is_read_once_for_many_ranges(gcs, encrypted, video):
    before = gcs.faults.count("GET")
    for start in range(0, 500 * KIB, 100 * KIB):
        list(encrypted.read(NAME, start, start + 10))
    assert gcs.faults.count("GET") - before == 2 + 5


def test_header_cache_is_bounded(encrypted, video, monkeypatch):
    monkeypatch.setattr(encrypted_store, "CACHE_SIZE", 1)
    for name in (NAME, "house/other", NAME):
        if name != NAME:
            encrypted._inner._client.bucket.blob(name).upload_from_string(b"plain")
        assert list(encrypted.read(name, 0, 5))
    assert len(encrypted._files) == 1


def test_evicted_header_is_read_again(encrypted, video):
    class Forgotten(dict):
        def __getitem__(self, name):
            self.pop(name, None)
            return super().__getitem__(name)

        def get(self, name, default=None):
            self.pop(name, None)
            return default

    assert list(encrypted.read(NAME, 0, 5))
    encrypted._files = Forgotten(encrypted._files)
    assert list(encrypted.read(NAME, 0, 5)) == [video[:5]]


def test_empty_file_is_encrypted(encrypted, tmp_path):
    (tmp_path / "f").write_bytes(b"")
    assert encrypted.upload(upload(tmp_path / "f"), stop=NEVER).bytes == 0
    assert b"".join(encrypted.read(NAME)) == b""


def test_repeated_upload_gives_same_object(gcs, encrypted, video, tmp_path):
    before = gcs.objects()[NAME]["generation"]
    again = encrypted.upload(upload(tmp_path / "f"), stop=NEVER)
    assert str(again.generation) == before


def test_upload_of_other_content_is_conflict(encrypted, video, tmp_path):
    with pytest.raises(ObjectConflict):
        encrypted.upload(upload(tmp_path / "g", MIB, seed=2), stop=NEVER)


def test_encrypted_upload_resumes_after_restart(gcs, encrypted, plain, tmp_path):
    stop, points = Event(), []

    def on_progress(there):
        if there >= MIB:
            stop.set()

    sent = upload(tmp_path / "f", 2 * MIB)
    with pytest.raises(TransferStopped):
        encrypted.upload(sent, stop=stop, on_resume_point=points.append, on_progress=on_progress)
    after_restart = EncryptedStore(plain, encrypt_with=KEY.text)
    after_restart.upload(upload(tmp_path / "f"), stop=NEVER, resume=points[-1])
    assert gcs.faults.count("POST", "uploadType=resumable") == 1
    assert b"".join(after_restart.read(NAME)) == (tmp_path / "f").read_bytes()


def test_plain_clip_is_read_unchanged(plain, encrypted, tmp_path):
    first = plain.upload(upload(tmp_path / "f", 1000), stop=NEVER)
    assert encrypted.find(NAME) == first
    assert b"".join(encrypted.read(NAME, 10, 20)) == (tmp_path / "f").read_bytes()[10:20]
    download(encrypted, NAME, tmp_path / "back", stop=NEVER)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "f").read_bytes()


def test_encrypted_clip_is_read_after_encryption_was_turned_off(plain, video, tmp_path):
    later = EncryptedStore(plain, decrypt_with=[EncryptionKey.generate().text, KEY.text])
    assert b"".join(later.read(NAME)) == video
    later.upload(upload(tmp_path / "g", 1000, name="house/g.mp4"), stop=NEVER)
    assert b"".join(plain.read("house/g.mp4")) == (tmp_path / "g").read_bytes()


def test_read_without_key_raises_with_key_id(plain, video, tmp_path):
    other = EncryptedStore(plain, encrypt_with=EncryptionKey.generate().text)
    with pytest.raises(EncryptionKeyMissing) as raised:
        list(other.read(NAME))
    assert raised.value.placeholders == {"key_id": KEY.id}
    (found,) = other.list()
    assert found.key_id == KEY.id
    assert found.bytes == MIB
    assert clip_from_object(found) is None


def test_download_is_decrypted(encrypted, video, tmp_path):
    found = download(encrypted, NAME, tmp_path / "back", stop=NEVER)
    assert found.bytes == MIB
    assert (tmp_path / "back").read_bytes() == video


def test_changed_clip_cannot_be_read(gcs, encrypted, video, tmp_path):
    raw = bytearray(gcs.content(NAME))
    raw[200_000] ^= 1
    gcs.put(NAME, raw, gcs.objects()[NAME]["metadata"])
    assert b"".join(encrypted.read(NAME, 0, 10)) == video[:10]
    with pytest.raises(EncryptedFileBroken):
        download(encrypted, NAME, tmp_path / "back", stop=NEVER)
    assert not (tmp_path / "back").exists()
    assert not encrypted._files


def test_changed_metadata_is_empty_in_list(gcs, encrypted, video):
    metadata = gcs.objects()[NAME]["metadata"]
    hostile = [
        {
            **metadata,
            encrypted_store.METADATA_ENTRY: metadata[encrypted_store.METADATA_ENTRY][:-8]
            + "AAAAAAA=",
        },
        {**metadata, encrypted_store.METADATA_ENTRY: "no base64"},
        {**metadata, encrypted_store.METADATA_ENTRY: ""},
        {encrypted_store.KEY_ID_ENTRY: KEY.id},
        {encrypted_store.KEY_ID_ENTRY: "nonsense"},
    ]
    for number, each in enumerate(hostile):
        gcs.put(f"house/cam/{number}.mp4", gcs.content(NAME), each)
        gcs.put(f"house/cam/short{number}.mp4", b"x", each)
    found = list(encrypted.list())
    assert len(found) == 11
    assert [obj.name for obj in found if "a" in obj.metadata] == [NAME]


def test_metadata_of_other_clip_is_empty(gcs, encrypted, video):
    gcs.put("house/cam/other.mp4", gcs.content(NAME), gcs.objects()[NAME]["metadata"])
    assert "a" not in encrypted.find("house/cam/other.mp4").metadata


def test_signed_url_is_none_for_encrypted_clip(plain, encrypted, video, tmp_path):
    plain.upload(upload(tmp_path / "g", 10, name="house/g.mp4"), stop=NEVER)
    assert encrypted.signed_url(NAME, 60) is None
    assert encrypted.signed_url("house/g.mp4", 60).startswith("http")


def test_missing_object_is_reported_by_every_call(encrypted, tmp_path):
    assert encrypted.find(NAME) is None
    assert not encrypted.delete(NAME)
    for ask in (
        lambda: list(encrypted.read(NAME)),
        lambda: download(encrypted, NAME, tmp_path / "x", stop=NEVER),
        lambda: encrypted.signed_url(NAME, 5),
    ):
        with pytest.raises(ObjectMissing):
            ask()


def test_other_calls_go_to_bucket(gcs, plain, encrypted, video):
    assert encrypted.prefix == plain.prefix
    encrypted.check_access()
    assert encrypted.delete(NAME)
    assert gcs.objects() == {}
    encrypted.close()


def test_update_metadata_encrypts_like_the_clip(gcs, plain, encrypted, video, tmp_path):
    made = clip(protected=True)
    encrypted.update_metadata(NAME, object_metadata(made))
    assert encrypted.find(NAME).metadata == object_metadata(made)
    assert made.id not in str(gcs.objects())
    assert b"".join(encrypted.read(NAME)) == video
    with pytest.raises(EncryptionKeyMissing):
        EncryptedStore(plain, encrypt_with=EncryptionKey.generate().text).update_metadata(
            NAME, object_metadata(made)
        )
    plain.upload(upload(tmp_path / "g", KIB, name="house/plain.mp4"), stop=NEVER)
    encrypted.update_metadata("house/plain.mp4", {"a": "Jürgen"})
    assert gcs.objects()["house/plain.mp4"]["metadata"] == {"a": "Jürgen"}
    for bucket in (plain, encrypted):
        assert bucket.bucket_uri == f"gs://{gcs.bucket}/house"
        with pytest.raises(ObjectMissing):
            bucket.update_metadata("house/nothing.mp4", {})
