"""An encrypted bucket behaves like a plain one, and reveals nothing."""

from dataclasses import dataclass
from threading import Event

from gcs_fixtures import (
    KIB,
    MIB,
    NEVER,
    SEED,
    clip,
    content,
    encrypted_store as make_store,
    service_account,
    store,
    upload,
)
import pytest

from custom_components.homesec.engine.cloud import encrypted_store
from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.chunks import CHUNK_BYTES, TAG_BYTES
from custom_components.homesec.engine.cloud.encrypted_store import KEY_ID_ENTRY, PLAIN
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import (
    EncryptedFileBroken,
    EncryptionKeyInvalid,
    EncryptionKeyMissing,
    ObjectConflict,
    ObjectMissing,
    PrivateKeyElsewhere,
    TransferStopped,
    UnencryptedObject,
)
from custom_components.homesec.engine.cloud.object_names import (
    clip_from_object,
    object_metadata,
    object_name,
)
from custom_components.homesec.engine.cloud.object_store import Upload
from custom_components.homesec.engine.cloud.transfer import download
from custom_components.homesec.engine.core.clip_id import clip_time

pytestmark = pytest.mark.long

OLD_KEY = EncryptionKey(bytes(range(32)))
PRIVATE_KEY = PrivateKey(bytes(range(32)))
NAME = "house/cam/clip.mp4"


@pytest.fixture
def plain(gcs):
    with store(gcs, key=service_account(gcs)) as made:
        yield made


@dataclass(frozen=True)
class Keys:
    """The keys of one format, and how to use them."""

    encrypt_with: str
    decrypt_with: str
    id: str
    header_reads: int  # requests before the first range is read

    def store(self, inner, **settings):
        """Return a store that encrypts and decrypts."""
        settings.setdefault("decrypt_with", (self.decrypt_with,))
        return make_store(inner, self.encrypt_with, **settings)


AGE = Keys(PRIVATE_KEY.public.text, PRIVATE_KEY.text, PRIVATE_KEY.public.id, 3)
OLD = Keys(OLD_KEY.text, OLD_KEY.text, OLD_KEY.id, 2)


@pytest.fixture(params=[AGE, OLD], ids=["age", "old"])
def keys(request):
    return request.param


@pytest.fixture
def encrypted(plain, keys):
    return keys.store(plain)


@pytest.fixture
def video(encrypted, tmp_path):
    encrypted.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    return (tmp_path / "f").read_bytes()


def test_encrypted_clip_round_trips_with_metadata(gcs, encrypted, keys, tmp_path):
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
    assert result.key_id == keys.id
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


def test_header_is_read_once_for_many_ranges(gcs, encrypted, keys, video):
    before = gcs.faults.count("GET")
    for start in range(0, 500 * KIB, 100 * KIB):
        list(encrypted.read(NAME, start, start + 10))
    assert gcs.faults.count("GET") - before == keys.header_reads + 5


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


def test_encrypted_upload_resumes_after_restart(gcs, encrypted, plain, keys, tmp_path):
    stop, points = Event(), []

    def on_progress(there):
        if there >= MIB:
            stop.set()

    sent = upload(tmp_path / "f", 2 * MIB)
    with pytest.raises(TransferStopped):
        encrypted.upload(sent, stop=stop, on_resume_point=points.append, on_progress=on_progress)
    after_restart = keys.store(plain)
    after_restart.upload(upload(tmp_path / "f"), stop=NEVER, resume=points[-1])
    assert gcs.faults.count("POST", "uploadType=resumable") == 1
    assert b"".join(after_restart.read(NAME)) == (tmp_path / "f").read_bytes()


def test_plain_clip_is_read_unchanged(plain, encrypted, tmp_path):
    first = plain.upload(upload(tmp_path / "f", 1000), stop=NEVER)
    assert encrypted.find(NAME) == first
    assert b"".join(encrypted.read(NAME, 10, 20)) == (tmp_path / "f").read_bytes()[10:20]
    download(encrypted, NAME, tmp_path / "back", stop=NEVER)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "f").read_bytes()


def test_encrypted_clip_is_read_after_encryption_was_turned_off(plain, keys, video, tmp_path):
    later = make_store(plain, decrypt_with=(EncryptionKey.generate().text, keys.decrypt_with))
    assert b"".join(later.read(NAME)) == video
    later.upload(upload(tmp_path / "g", 1000, name="house/g.mp4"), stop=NEVER)
    assert b"".join(plain.read("house/g.mp4")) == (tmp_path / "g").read_bytes()


def test_read_without_key_raises_with_key_id(plain, keys, video, tmp_path):
    other = make_store(plain, EncryptionKey.generate().text)
    with pytest.raises(EncryptionKeyMissing) as raised:
        list(other.read(NAME))
    assert raised.value.placeholders == {"key_id": keys.id}
    (found,) = other.list()
    assert found.key_id == keys.id
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


def test_changed_metadata_is_empty_in_list(gcs, encrypted, keys, video):
    metadata = gcs.objects()[NAME]["metadata"]
    (entry,) = metadata.keys() - {KEY_ID_ENTRY}
    hostile = [
        {**metadata, entry: metadata[entry][:-8] + "AAAAAAA="},
        {**metadata, entry: "no base64"},
        {**metadata, entry: ""},
        {KEY_ID_ENTRY: keys.id},
        {KEY_ID_ENTRY: "nonsense"},
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
        make_store(plain, EncryptionKey.generate().text).update_metadata(
            NAME, object_metadata(made)
        )
    plain.upload(upload(tmp_path / "g", KIB, name="house/plain.mp4"), stop=NEVER)
    encrypted.update_metadata("house/plain.mp4", {"a": "Jürgen"})
    assert gcs.objects()["house/plain.mp4"]["metadata"] == {"a": "Jürgen"}
    for bucket in (plain, encrypted):
        assert bucket.bucket_uri == f"gs://{gcs.bucket}/house"
        with pytest.raises(ObjectMissing):
            bucket.update_metadata("house/nothing.mp4", {})


# --- what the catalog remembers -----------------------------------------------------------------


CLIP_ID = "01KA00000000000000000000A0"
CLIP_NAME = f"house/cam/{CLIP_ID}.mp4"


def replace_by_plain(gcs, name, metadata=None):
    gcs.put(name, b"a film that was never encrypted", metadata)


@pytest.mark.parametrize("kept_entries", [True, False])
@pytest.mark.parametrize("name", [CLIP_NAME, CLIP_NAME.replace("mp4", "jpg")])
def test_plain_object_in_place_of_encrypted_one_is_refused(
    gcs, encrypted, keys, tmp_path, name, kept_entries
):
    refused = []
    encrypted.watch(lambda _name: keys.id, refused.append)
    encrypted.upload(upload(tmp_path / "f", MIB, name=name), stop=NEVER)
    replace_by_plain(gcs, name, gcs.objects()[name]["metadata"] if kept_entries else None)
    for ask in (
        lambda: list(encrypted.read(name)),
        lambda: list(encrypted.read(name, 5, 9)),
        lambda: encrypted.signed_url(name, 60),
        lambda: download(encrypted, name, tmp_path / "back", stop=NEVER),
    ):
        with pytest.raises(UnencryptedObject):
            ask()
    assert not (tmp_path / "back").exists()
    assert encrypted.find(name).refused
    assert encrypted.find(name).metadata == {}
    assert set(refused) == {name}


def test_encrypted_object_without_its_entries_is_still_read(gcs, encrypted, keys, tmp_path):
    encrypted.watch(lambda _name: keys.id, pytest.fail)
    encrypted.upload(upload(tmp_path / "f", MIB, name=CLIP_NAME), stop=NEVER)
    gcs.put(CLIP_NAME, gcs.content(CLIP_NAME))
    assert b"".join(encrypted.read(CLIP_NAME)) == (tmp_path / "f").read_bytes()


def test_object_that_was_uploaded_plain_is_read(gcs, encrypted, tmp_path):
    encrypted.watch(lambda _name: PLAIN, pytest.fail)
    replace_by_plain(gcs, CLIP_NAME)
    assert b"".join(encrypted.read(CLIP_NAME)) == gcs.content(CLIP_NAME)
    assert not encrypted.find(CLIP_NAME).refused


def test_unknown_plain_object_is_refused_only_if_made_since_encryption(gcs, plain, keys):
    made_at = clip_time(CLIP_ID)
    replace_by_plain(gcs, CLIP_NAME)
    for since, is_refused in ((None, False), (made_at - 1, True), (made_at + 1, False)):
        encrypted = keys.store(plain, since=since)
        assert [obj.refused for obj in encrypted.list()] == [is_refused]
        assert encrypted.find(CLIP_NAME).refused is is_refused


def test_object_of_other_name_is_refused(gcs, encrypted, video):
    gcs.put(CLIP_NAME, gcs.content(NAME), gcs.objects()[NAME]["metadata"])
    with pytest.raises(EncryptedFileBroken):
        list(encrypted.read(CLIP_NAME))


# --- without the private key --------------------------------------------------------------------


def test_upload_without_private_key_is_listed_and_repeated(gcs, plain, tmp_path):
    public = AGE.store(plain, decrypt_with=())
    made = clip(bytes=300_000)
    name = object_name(made, prefix="house")
    sent = Upload(
        name=name,
        content=content(tmp_path / "f", 300_000),
        content_type="video/mp4",
        metadata=object_metadata(made),
    )
    stored = public.upload(sent, stop=NEVER)
    assert (stored.bytes, stored.key_id) == (300_000, AGE.id)
    assert clip_from_object(stored).id == made.id
    assert public.upload(sent, stop=NEVER).generation == stored.generation
    (found,) = public.list()
    assert (found.bytes, found.key_id) == (300_000, AGE.id)
    assert clip_from_object(found) is None
    assert public.find(name).bytes == 300_000
    public.update_metadata(name, object_metadata(made))
    assert AGE.store(plain).find(name).metadata == object_metadata(made)
    assert public.delete(name)


def test_read_without_private_key_says_what_is_needed(plain, tmp_path):
    public = AGE.store(plain, decrypt_with=())
    public.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    with pytest.raises(PrivateKeyElsewhere):
        list(public.read(NAME))
    assert not public.can_decrypt(AGE.id)
    assert AGE.store(plain).can_decrypt(AGE.id)


def test_wrong_key_is_told_from_damage(gcs, plain, tmp_path):
    AGE.store(plain).upload(upload(tmp_path / "f", MIB), stop=NEVER)
    other = PrivateKey.generate()
    with pytest.raises(EncryptionKeyMissing) as raised:
        list(make_store(plain, other.public.text, decrypt_with=(other.text,)).read(NAME))
    assert raised.value.placeholders == {"key_id": AGE.id}
    assert type(raised.value) is EncryptionKeyMissing
    raw = bytearray(gcs.content(NAME))
    for position in range(22, 60):  # in the stanza of the recipient
        damaged = raw.copy()
        damaged[position] = ord("A") if damaged[position] != ord("A") else ord("B")
        gcs.put(NAME, damaged, gcs.objects()[NAME]["metadata"])
        with pytest.raises(EncryptedFileBroken):
            list(AGE.store(plain).read(NAME))


def test_truncated_or_extended_object_is_refused_before_any_range(gcs, plain, tmp_path):
    AGE.store(plain).upload(upload(tmp_path / "f", MIB), stop=NEVER)
    raw, metadata = gcs.content(NAME), gcs.objects()[NAME]["metadata"]
    chunk = CHUNK_BYTES + TAG_BYTES
    for changed in (raw[:-1], raw[:-chunk], raw + b"x", raw + bytes(chunk), raw[: -8 * chunk]):
        gcs.put(NAME, changed, metadata)
        with pytest.raises(EncryptedFileBroken):
            list(AGE.store(plain).read(NAME, 0, 10))


@pytest.mark.parametrize("seed", [None, "", "nonsense!", "AAAA"])
def test_public_key_without_seed_is_refused(plain, seed, tmp_path):
    wrong = make_store(plain, AGE.encrypt_with, seed=seed)
    for ask in (wrong.connect, lambda: wrong.upload(upload(tmp_path / "f", 9), stop=NEVER)):
        with pytest.raises(EncryptionKeyInvalid):
            ask()


def test_upload_after_change_of_format_keeps_earlier_clips_readable(plain, tmp_path):
    OLD.store(plain).upload(upload(tmp_path / "f", MIB), stop=NEVER)
    changed = AGE.store(plain, decrypt_with=(OLD.decrypt_with, AGE.decrypt_with))
    changed.upload(upload(tmp_path / "g", MIB, name="house/g.mp4", seed=2), stop=NEVER)
    for name, file in ((NAME, "f"), ("house/g.mp4", "g")):
        assert b"".join(changed.read(name)) == (tmp_path / file).read_bytes()
    assert {obj.key_id for obj in changed.list()} == {OLD.id, AGE.id}


def test_settings_show_no_key_in_repr(plain):
    for keys in (AGE, OLD):
        shown = repr(keys.store(plain)._settings)
        for secret in (keys.encrypt_with, keys.decrypt_with, SEED):
            assert secret not in shown
