"""In front of the bucket everything is as without a seal; in the bucket nobody sees anything."""

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
def sealed(plain):
    return EncryptedStore(plain, encrypt_with=KEY.text)


@pytest.fixture
def film(sealed, tmp_path):
    sealed.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    return (tmp_path / "f").read_bytes()


def test_a_clip_comes_back_with_all_its_facts(gcs, sealed, tmp_path):
    made = clip(camera_name="Bedroom", bytes=300_000)
    sent = Upload(
        name=object_name(made, prefix="house"),
        content=content(tmp_path / "f", 300_000),
        content_type="video/mp4",
        metadata=object_metadata(made),
    )
    result = sealed.upload(sent, stop=NEVER)
    assert result == sealed.find(sent.name) == next(sealed.list())
    assert result.content_type == "video/mp4"
    assert result.key_id == KEY.id
    back = clip_from_object(result)
    assert (back.id, back.camera_name, back.bytes) == (made.id, "Bedroom", 300_000)
    assert b"".join(sealed.read(sent.name)) == (tmp_path / "f").read_bytes()
    facts = str(gcs.objects()) + str(gcs.content(sent.name))
    for secret in ("Bedroom", "person", "h264", "video"):
        assert secret not in facts


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (0, 1), (65_530, 65_540), (5, 5), (MIB, None), (MIB - 1, 2 * MIB)]
)
def test_a_range_is_what_slicing_gives(sealed, film, start, end):
    assert b"".join(sealed.read(NAME, start, end)) == film[start:end]


def test_a_film_that_is_read_in_many_ranges_is_asked_for_its_beginning_once(gcs, sealed, film):
    before = gcs.faults.count("GET")
    for start in range(0, 500 * KIB, 100 * KIB):
        list(sealed.read(NAME, start, start + 10))
    assert gcs.faults.count("GET") - before == 2 + 5


def test_only_so_many_beginnings_are_remembered(sealed, film, monkeypatch):
    monkeypatch.setattr(encrypted_store, "CACHE_SIZE", 1)
    for name in (NAME, "house/other", NAME):
        if name != NAME:
            sealed._inner._client.bucket.blob(name).upload_from_string(b"plain")
        assert list(sealed.read(name, 0, 5))
    assert len(sealed._files) == 1


def test_a_beginning_that_is_forgotten_meanwhile_is_read_again(sealed, film):
    class Forgotten(dict):
        def __getitem__(self, name):
            self.pop(name, None)
            return super().__getitem__(name)

        def get(self, name, default=None):
            self.pop(name, None)
            return default

    assert list(sealed.read(NAME, 0, 5))
    sealed._files = Forgotten(sealed._files)
    assert list(sealed.read(NAME, 0, 5)) == [film[:5]]


def test_an_empty_file_is_sealed_too(sealed, tmp_path):
    (tmp_path / "f").write_bytes(b"")
    assert sealed.upload(upload(tmp_path / "f"), stop=NEVER).bytes == 0
    assert b"".join(sealed.read(NAME)) == b""


def test_uploading_again_after_a_lost_answer_is_the_same_object(gcs, sealed, film, tmp_path):
    before = gcs.objects()[NAME]["generation"]
    again = sealed.upload(upload(tmp_path / "f"), stop=NEVER)
    assert str(again.generation) == before


def test_another_film_under_the_name_is_a_conflict(sealed, film, tmp_path):
    with pytest.raises(ObjectConflict):
        sealed.upload(upload(tmp_path / "g", MIB, seed=2), stop=NEVER)


def test_an_upload_goes_on_after_a_restart(gcs, sealed, plain, tmp_path):
    stop, kept = Event(), []

    def on_progress(there):
        if there >= MIB:
            stop.set()

    sent = upload(tmp_path / "f", 2 * MIB)
    with pytest.raises(TransferStopped):
        sealed.upload(sent, stop=stop, on_resume_point=kept.append, on_progress=on_progress)
    after_restart = EncryptedStore(plain, encrypt_with=KEY.text)
    after_restart.upload(upload(tmp_path / "f"), stop=NEVER, resume=kept[-1])
    assert gcs.faults.count("POST", "uploadType=resumable") == 1
    assert b"".join(after_restart.read(NAME)) == (tmp_path / "f").read_bytes()


def test_clips_from_before_the_option_are_read_as_they_are(plain, sealed, tmp_path):
    first = plain.upload(upload(tmp_path / "f", 1000), stop=NEVER)
    assert sealed.find(NAME) == first
    assert b"".join(sealed.read(NAME, 10, 20)) == (tmp_path / "f").read_bytes()[10:20]
    download(sealed, NAME, tmp_path / "back", stop=NEVER)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "f").read_bytes()


def test_clips_from_before_it_was_turned_off_are_still_opened(plain, film, tmp_path):
    later = EncryptedStore(plain, decrypt_with=[EncryptionKey.generate().text, KEY.text])
    assert b"".join(later.read(NAME)) == film
    later.upload(upload(tmp_path / "g", 1000, name="house/g.mp4"), stop=NEVER)
    assert b"".join(plain.read("house/g.mp4")) == (tmp_path / "g").read_bytes()


def test_without_the_key_its_id_is_told(plain, film, tmp_path):
    other = EncryptedStore(plain, encrypt_with=EncryptionKey.generate().text)
    with pytest.raises(EncryptionKeyMissing) as raised:
        list(other.read(NAME))
    assert raised.value.placeholders == {"key_id": KEY.id}
    (found,) = other.list()
    assert found.key_id == KEY.id
    assert found.bytes == MIB
    assert clip_from_object(found) is None


def test_a_download_is_opened(sealed, film, tmp_path):
    found = download(sealed, NAME, tmp_path / "back", stop=NEVER)
    assert found.bytes == MIB
    assert (tmp_path / "back").read_bytes() == film


def test_a_film_that_somebody_changed_is_not_shown(gcs, sealed, film, tmp_path):
    raw = bytearray(gcs.content(NAME))
    raw[200_000] ^= 1
    gcs.put(NAME, raw, gcs.objects()[NAME]["metadata"])
    assert b"".join(sealed.read(NAME, 0, 10)) == film[:10]
    with pytest.raises(EncryptedFileBroken):
        download(sealed, NAME, tmp_path / "back", stop=NEVER)
    assert not (tmp_path / "back").exists()
    assert not sealed._files


def test_facts_that_somebody_changed_are_none_and_the_listing_goes_on(gcs, sealed, film):
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
    found = list(sealed.list())
    assert len(found) == 11
    assert [obj.name for obj in found if "a" in obj.metadata] == [NAME]


def test_facts_of_another_clip_are_none(gcs, sealed, film):
    gcs.put("house/cam/other.mp4", gcs.content(NAME), gcs.objects()[NAME]["metadata"])
    assert "a" not in sealed.find("house/cam/other.mp4").metadata


def test_no_link_leads_to_a_sealed_film(plain, sealed, film, tmp_path):
    plain.upload(upload(tmp_path / "g", 10, name="house/g.mp4"), stop=NEVER)
    assert sealed.signed_url(NAME, 60) is None
    assert sealed.signed_url("house/g.mp4", 60).startswith("http")


def test_what_is_not_there_is_missing(sealed, tmp_path):
    assert sealed.find(NAME) is None
    assert not sealed.delete(NAME)
    for ask in (
        lambda: list(sealed.read(NAME)),
        lambda: download(sealed, NAME, tmp_path / "x", stop=NEVER),
        lambda: sealed.signed_url(NAME, 5),
    ):
        with pytest.raises(ObjectMissing):
            ask()


def test_the_rest_is_the_buckets(gcs, plain, sealed, film):
    assert sealed.prefix == plain.prefix
    sealed.check_access()
    assert sealed.delete(NAME)
    assert gcs.objects() == {}
    sealed.close()


def test_facts_that_change_are_sealed_as_the_film_is(gcs, plain, sealed, film, tmp_path):
    made = clip(protected=True)
    sealed.update_metadata(NAME, object_metadata(made))
    assert sealed.find(NAME).metadata == object_metadata(made)
    assert made.id not in str(gcs.objects())
    assert b"".join(sealed.read(NAME)) == film
    with pytest.raises(EncryptionKeyMissing):
        EncryptedStore(plain, encrypt_with=EncryptionKey.generate().text).update_metadata(
            NAME, object_metadata(made)
        )
    plain.upload(upload(tmp_path / "g", KIB, name="house/plain.mp4"), stop=NEVER)
    sealed.update_metadata("house/plain.mp4", {"a": "Jürgen"})
    assert gcs.objects()["house/plain.mp4"]["metadata"] == {"a": "Jürgen"}
    for bucket in (plain, sealed):
        assert bucket.bucket_uri == f"gs://{gcs.bucket}/house"
        with pytest.raises(ObjectMissing):
            bucket.update_metadata("house/nothing.mp4", {})
