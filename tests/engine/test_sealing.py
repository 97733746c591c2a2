"""What is sealed is opened again, any part of it; what was touched is not."""

import hashlib
import io

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.homesec.engine.cloud.encryption import (
    CHUNK_BYTES,
    ENCRYPTED_CHUNK_BYTES,
    HEADER_BYTES,
    TAG_BYTES,
    EncryptedContent,
    EncryptedFile,
    Header,
    encrypted_size,
    plain_size,
)
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import (
    ChecksumMismatch,
    EncryptedFileBroken,
    EncryptionKeyInvalid,
)
from custom_components.homesec.engine.cloud.object_store import FileContent

KEY = EncryptionKey(bytes(range(32)))
OTHER = EncryptionKey(bytes(32))
LABEL = "01J.mp4"
EDGES = [
    *(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1),
    *(2 * CHUNK_BYTES, 3 * CHUNK_BYTES - 5),
]
SIZES = st.sampled_from(EDGES) | st.integers(0, 4 * CHUNK_BYTES)


class Plain:
    """Bytes as a file's content."""

    def __init__(self, data):
        self.data = data

    @property
    def size_bytes(self):
        return len(self.data)

    def open(self):
        return io.BytesIO(self.data)


def data(size):
    return hashlib.shake_128(b"film").digest(size)


def seal(plain, *, key=KEY, label=LABEL):
    return EncryptedContent(Plain(plain), key=key, label=label).open().read()


def unseal(sealed, start=0, end=None, *, key=KEY, label=LABEL, piece=7001):
    file = EncryptedFile(header=Header.load(sealed), size=plain_size(len(sealed)), label=label)
    end = file.size if end is None else end
    first, last = file.span(start, end)
    part = sealed[first:last]
    pieces = [part[i : i + piece] for i in range(0, len(part), piece)]
    return b"".join(file.decrypt(key, pieces, start, end))


@given(SIZES)
@settings(max_examples=30)
def test_what_is_sealed_is_opened_again(size):
    plain = data(size)
    sealed = seal(plain)
    assert (
        len(sealed)
        == encrypted_size(size)
        == EncryptedContent(Plain(plain), key=KEY, label=LABEL).size_bytes
    )
    assert plain_size(len(sealed)) == size
    assert unseal(sealed) == plain


@given(SIZES, st.data())
@settings(max_examples=60)
def test_a_part_is_what_slicing_gives(size, draw):
    plain = data(size)
    start = draw.draw(st.integers(0, size))
    end = draw.draw(st.integers(start, size))
    assert unseal(seal(plain), start, end) == plain[start:end]


@given(SIZES, st.data())
@settings(max_examples=60)
def test_the_sealed_stream_is_read_from_anywhere(size, draw):
    whole = seal(data(size))
    stream = EncryptedContent(Plain(data(size)), key=KEY, label=LABEL).open()
    start = draw.draw(st.integers(0, len(whole) + 9))
    count = draw.draw(st.integers(0, 3 * CHUNK_BYTES))
    assert stream.seek(start) == start
    assert stream.read(count) == whole[start : start + count]
    assert stream.seek(-3, io.SEEK_END) == len(whole) - 3
    assert stream.read() == whole[-3:]
    stream.close()


@given(st.integers(-5, 10 * ENCRYPTED_CHUNK_BYTES))
@example(HEADER_BYTES)
@example(HEADER_BYTES + ENCRYPTED_CHUNK_BYTES + TAG_BYTES)
def test_a_size_that_no_sealed_file_has_is_told(sealed):
    try:
        size = plain_size(sealed)
    except EncryptedFileBroken:
        # Then there is none: the sizes around it leave this one out.
        guess = max(0, sealed - HEADER_BYTES)
        assert all(encrypted_size(max(0, guess - less)) != sealed for less in range(200))
    else:
        assert encrypted_size(size) == sealed


def test_the_same_clip_gives_the_same_bytes_and_no_other_does():
    plain = data(1000)
    assert seal(plain) == seal(plain)
    headers = {
        seal(plain)[:HEADER_BYTES],
        seal(plain + b"x")[:HEADER_BYTES],
        seal(plain, label="02K.mp4")[:HEADER_BYTES],
        seal(plain, key=OTHER)[:HEADER_BYTES],
        seal(b"")[:HEADER_BYTES],
    }
    assert len(headers) == 5


def test_nothing_of_the_film_is_in_what_is_sealed():
    assert b"burglar" not in seal(b"burglar" * 10_000)


@given(st.sampled_from([1, CHUNK_BYTES, 2 * CHUNK_BYTES + 9]), st.data())
@settings(max_examples=80)
def test_a_bit_that_was_changed_is_noticed(size, draw):
    sealed = bytearray(seal(data(size)))
    sealed[draw.draw(st.integers(0, len(sealed) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    if Header.load(bytes(sealed)) is not None:
        with pytest.raises(EncryptedFileBroken):
            unseal(bytes(sealed))


def chunks_of(sealed):
    body = sealed[HEADER_BYTES:]
    return [body[i : i + ENCRYPTED_CHUNK_BYTES] for i in range(0, len(body), ENCRYPTED_CHUNK_BYTES)]


SEALED = seal(data(3 * CHUNK_BYTES))
HEAD, CHUNKS = SEALED[:HEADER_BYTES], chunks_of(SEALED)


@pytest.mark.parametrize(
    "order", [(0, 1), (0,), (1, 0, 2), (0, 2), (0, 1, 1), (0, 1, 2, 2), (2,), (0, 0, 2)]
)
def test_chunks_that_are_missing_moved_or_doubled_are_noticed(order):
    with pytest.raises(EncryptedFileBroken):
        unseal(HEAD + b"".join(CHUNKS[i] for i in order))


@pytest.mark.parametrize("cut", [1, TAG_BYTES, TAG_BYTES + 1, 1000, CHUNK_BYTES])
def test_a_file_that_was_cut_off_is_noticed(cut):
    with pytest.raises(EncryptedFileBroken):
        unseal(SEALED[:-cut])


def test_a_chunk_of_another_clip_is_noticed():
    other = chunks_of(seal(data(3 * CHUNK_BYTES), label="02K.mp4"))
    with pytest.raises(EncryptedFileBroken):
        unseal(HEAD + CHUNKS[0] + other[1] + CHUNKS[2])


def test_a_whole_other_clip_under_this_name_is_noticed():
    with pytest.raises(EncryptedFileBroken):
        unseal(SEALED, label="02K.mp4")


def test_a_storage_that_gives_less_than_it_says_is_noticed():
    file = EncryptedFile(header=Header.load(SEALED), size=3 * CHUNK_BYTES, label=LABEL)
    with pytest.raises(EncryptedFileBroken):
        list(file.decrypt(KEY, [CHUNKS[0]], 0, 2 * CHUNK_BYTES))
    with pytest.raises(EncryptedFileBroken):
        list(file.decrypt(KEY, [], 0, 5))


def test_another_key_opens_nothing():
    with pytest.raises(EncryptedFileBroken):
        unseal(SEALED, key=OTHER)


@given(st.binary(max_size=100))
def test_other_files_are_not_sealed(raw):
    assert Header.load(raw) is None


def test_the_header_tells_the_key():
    assert Header.load(SEALED).key_id == KEY.id
    assert Header.load(SEALED[: HEADER_BYTES - 1]) is None


@pytest.mark.parametrize("changed", [data(2 * CHUNK_BYTES - 1) + b"?", data(3 * CHUNK_BYTES), b""])
def test_a_film_that_changes_meanwhile_is_not_sealed_under_the_same_key(changed):
    plain = Plain(data(2 * CHUNK_BYTES))
    content = EncryptedContent(plain, key=KEY, label=LABEL)
    content.open().close()
    plain.data = changed
    with pytest.raises(ChecksumMismatch):
        content.open().read()


def test_a_film_on_the_disk_is_sealed(tmp_path):
    (tmp_path / "f").write_bytes(data(70_000))
    content = EncryptedContent(FileContent(path=tmp_path / "f"), key=KEY, label=LABEL)
    with content.open() as stream:
        assert unseal(stream.read()) == data(70_000)


# --- the key ------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
def test_a_key_comes_back_from_paper(secret):
    key = EncryptionKey(secret)
    assert EncryptionKey.from_text(key.text) == key
    sloppy = key.text.lower().replace("-", "\n ").replace("0", "o").replace("1", "l")
    assert EncryptionKey.from_text(sloppy) == key


def test_a_key_on_paper_has_fourteen_groups_of_four():
    groups = EncryptionKey.generate().text.split("-")
    assert [len(group) for group in groups] == [4] * 14


@given(st.integers(0, 55), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_wrong_letter_is_noticed(place, letter):
    letters = KEY.text.replace("-", "")
    wrong = letters[:place] + letter + letters[place + 1 :]
    if wrong != letters:
        with pytest.raises(EncryptionKeyInvalid):
            EncryptionKey.from_text(wrong)


@given(st.text())
@example("")
@example("ÄÖ")
@example("7" * 56)
@example(KEY.text[:-1])
@example(KEY.text + "A")
def test_any_other_text_is_no_key(text):
    with pytest.raises(EncryptionKeyInvalid):
        EncryptionKey.from_text(text)


def test_two_letters_that_changed_places_are_noticed():
    letters = KEY.text.replace("-", "")
    with pytest.raises(EncryptionKeyInvalid):
        EncryptionKey.from_text(letters[:30] + letters[31] + letters[30] + letters[32:])


def test_keys_are_new_and_told_apart_and_never_shown():
    keys = [EncryptionKey.generate() for _ in range(3)]
    assert len({key.id for key in keys}) == 3
    for key in keys:
        assert len(key.id) == 16
        assert key.secret.hex() not in repr(key)
        assert str(key.secret) not in repr(key)
        assert key.text not in repr(key)


def test_each_purpose_and_salt_has_its_own_key():
    made = {KEY.derive(b"a"), KEY.derive(b"b"), KEY.derive(b"a", b"s"), OTHER.derive(b"a")}
    assert len(made) == 4


def test_the_form_does_not_change():
    # Clips of years lie in this form: whoever changes it must still read the old one.
    sealed = seal(b"HomeSec")
    assert KEY.id == "4f8438d2c319c347"
    assert KEY.text.startswith("000G-40R4-0M30-E209")
    assert (
        hashlib.sha256(sealed).hexdigest()
        == "00d97f46dc9b9bcdbde6eeca8af79b62ae0ac18e3fc138433781cb2ebcf099c9"
    )
