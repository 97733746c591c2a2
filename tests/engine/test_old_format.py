"""The encryption of objects before age, and the written form of its keys."""

import hashlib
import io

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.homesec.engine.cloud.chunks import (
    CHUNK_BYTES,
    ENCRYPTED_CHUNK_BYTES,
    TAG_BYTES,
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
from custom_components.homesec.engine.cloud.old_format import HEADER_BYTES, OldContent, OldHeader

KEY = EncryptionKey(bytes(range(32)))
OTHER = EncryptionKey(bytes(32))
NAME = "01J.mp4"
EDGES = [
    *(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1),
    *(2 * CHUNK_BYTES, 3 * CHUNK_BYTES - 5),
]
SIZES = st.sampled_from(EDGES) | st.integers(0, 4 * CHUNK_BYTES)


class Plain:
    """Bytes as content to upload."""

    def __init__(self, data):
        self.data = data

    @property
    def size_bytes(self):
        return len(self.data)

    def open(self):
        return io.BytesIO(self.data)


def data(size):
    return hashlib.shake_128(b"film").digest(size)


def encrypt(plain, *, key=KEY, name=NAME):
    return OldContent(Plain(plain), key=key, name=name).open().read()


def decrypt(encrypted, start=0, end=None, *, key=KEY, name=NAME, piece=7001):
    header = OldHeader.load(encrypted)
    chunks = header.chunks(key, name, plain_size(len(encrypted) - HEADER_BYTES))
    end = chunks.size if end is None else end
    first, last = chunks.span(start, end)
    part = encrypted[first:last]
    pieces = [part[i : i + piece] for i in range(0, len(part), piece)]
    return b"".join(chunks.decrypt(pieces, start, end))


@given(SIZES)
@settings(max_examples=30)
def test_encrypted_content_decrypts_to_same_bytes(size):
    plain = data(size)
    encrypted = encrypt(plain)
    assert (
        len(encrypted)
        == HEADER_BYTES + encrypted_size(size)
        == OldContent(Plain(plain), key=KEY, name=NAME).size_bytes
    )
    assert plain_size(len(encrypted) - HEADER_BYTES) == size
    assert decrypt(encrypted) == plain


@given(SIZES, st.data())
@settings(max_examples=60)
def test_decrypted_range_equals_slice(size, draw):
    plain = data(size)
    start = draw.draw(st.integers(0, size))
    end = draw.draw(st.integers(start, size))
    assert decrypt(encrypt(plain), start, end) == plain[start:end]


@given(SIZES, st.data())
@settings(max_examples=60)
def test_encrypted_stream_is_seekable(size, draw):
    whole = encrypt(data(size))
    stream = OldContent(Plain(data(size)), key=KEY, name=NAME).open()
    start = draw.draw(st.integers(0, len(whole) + 9))
    count = draw.draw(st.integers(0, 3 * CHUNK_BYTES))
    assert stream.seek(start) == start
    assert stream.read(count) == whole[start : start + count]
    assert stream.seek(-3, io.SEEK_END) == len(whole) - 3
    assert stream.read() == whole[-3:]
    stream.close()


@given(st.integers(-5, 10 * ENCRYPTED_CHUNK_BYTES))
@example(0)
@example(ENCRYPTED_CHUNK_BYTES + TAG_BYTES)
def test_plain_size_raises_for_impossible_size(encrypted):
    try:
        size = plain_size(encrypted)
    except EncryptedFileBroken:
        # No plain size encrypts to this one.
        guess = max(0, encrypted)
        assert all(encrypted_size(max(0, guess - less)) != encrypted for less in range(200))
    else:
        assert encrypted_size(size) == encrypted


def test_encryption_is_deterministic_per_clip_and_name():
    plain = data(1000)
    assert encrypt(plain) == encrypt(plain)
    headers = {
        encrypt(plain)[:HEADER_BYTES],
        encrypt(plain + b"x")[:HEADER_BYTES],
        encrypt(plain, name="02K.mp4")[:HEADER_BYTES],
        encrypt(plain, key=OTHER)[:HEADER_BYTES],
        encrypt(b"")[:HEADER_BYTES],
    }
    assert len(headers) == 5


def test_encrypted_bytes_contain_no_plain_text():
    assert b"burglar" not in encrypt(b"burglar" * 10_000)


@given(st.sampled_from([1, CHUNK_BYTES, 2 * CHUNK_BYTES + 9]), st.data())
@settings(max_examples=80)
def test_flipped_bit_is_detected(size, draw):
    encrypted = bytearray(encrypt(data(size)))
    encrypted[draw.draw(st.integers(0, len(encrypted) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    if OldHeader.load(bytes(encrypted)) is not None:
        with pytest.raises(EncryptedFileBroken):
            decrypt(bytes(encrypted))


def chunks_of(encrypted):
    body = encrypted[HEADER_BYTES:]
    return [body[i : i + ENCRYPTED_CHUNK_BYTES] for i in range(0, len(body), ENCRYPTED_CHUNK_BYTES)]


ENCRYPTED = encrypt(data(3 * CHUNK_BYTES))
HEADER, CHUNKS = ENCRYPTED[:HEADER_BYTES], chunks_of(ENCRYPTED)


@pytest.mark.parametrize(
    "order", [(0, 1), (0,), (1, 0, 2), (0, 2), (0, 1, 1), (0, 1, 2, 2), (2,), (0, 0, 2)]
)
def test_reordered_chunks_are_detected(order):
    with pytest.raises(EncryptedFileBroken):
        decrypt(HEADER + b"".join(CHUNKS[i] for i in order))


@pytest.mark.parametrize("cut", [1, TAG_BYTES, TAG_BYTES + 1, 1000, CHUNK_BYTES])
def test_truncated_file_is_detected(cut):
    with pytest.raises(EncryptedFileBroken):
        decrypt(ENCRYPTED[:-cut])


def test_chunk_of_other_clip_is_detected():
    other = chunks_of(encrypt(data(3 * CHUNK_BYTES), name="02K.mp4"))
    with pytest.raises(EncryptedFileBroken):
        decrypt(HEADER + CHUNKS[0] + other[1] + CHUNKS[2])


def test_other_clip_under_same_name_is_detected():
    with pytest.raises(EncryptedFileBroken):
        decrypt(ENCRYPTED, name="02K.mp4")


def test_missing_pieces_are_detected():
    chunks = OldHeader.load(ENCRYPTED).chunks(KEY, NAME, 3 * CHUNK_BYTES)
    with pytest.raises(EncryptedFileBroken):
        list(chunks.decrypt([CHUNKS[0]], 0, 2 * CHUNK_BYTES))
    with pytest.raises(EncryptedFileBroken):
        list(chunks.decrypt([], 0, 5))


def test_other_key_cannot_decrypt():
    with pytest.raises(EncryptedFileBroken):
        decrypt(ENCRYPTED, key=OTHER)


@given(st.binary(max_size=100))
def test_load_header_of_other_file_returns_none(raw):
    assert OldHeader.load(raw) is None


def test_header_contains_key_id():
    assert OldHeader.load(ENCRYPTED).key_id == KEY.id
    assert OldHeader.load(ENCRYPTED[: HEADER_BYTES - 1]) is None


@pytest.mark.parametrize("changed", [data(2 * CHUNK_BYTES - 1) + b"?", data(3 * CHUNK_BYTES), b""])
def test_content_changed_during_encryption_raises(changed):
    plain = Plain(data(2 * CHUNK_BYTES))
    content = OldContent(plain, key=KEY, name=NAME)
    content.open().close()
    plain.data = changed
    with pytest.raises(ChecksumMismatch):
        content.open().read()


def test_file_content_is_encrypted(tmp_path):
    (tmp_path / "f").write_bytes(data(70_000))
    content = OldContent(FileContent(path=tmp_path / "f"), key=KEY, name=NAME)
    with content.open() as stream:
        assert decrypt(stream.read()) == data(70_000)


# --- the key ------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
def test_written_key_round_trips(secret):
    key = EncryptionKey(secret)
    assert EncryptionKey.from_text(key.text) == key
    sloppy = key.text.lower().replace("-", "\n ").replace("0", "o").replace("1", "l")
    assert EncryptionKey.from_text(sloppy) == key


def test_written_key_has_fourteen_groups_of_four():
    groups = EncryptionKey.generate().text.split("-")
    assert [len(group) for group in groups] == [4] * 14


@given(st.integers(0, 55), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_wrong_letter_in_key_is_detected(position, letter):
    letters = KEY.text.replace("-", "")
    wrong = letters[:position] + letter + letters[position + 1 :]
    if wrong != letters:
        with pytest.raises(EncryptionKeyInvalid):
            EncryptionKey.from_text(wrong)


@given(st.text())
@example("")
@example("ÄÖ")
@example("7" * 56)
@example(KEY.text[:-1])
@example(KEY.text + "A")
def test_other_text_is_no_key(text):
    with pytest.raises(EncryptionKeyInvalid):
        EncryptionKey.from_text(text)


def test_swapped_letters_in_key_are_detected():
    letters = KEY.text.replace("-", "")
    with pytest.raises(EncryptionKeyInvalid):
        EncryptionKey.from_text(letters[:30] + letters[31] + letters[30] + letters[32:])


def test_generated_keys_differ_and_have_no_secret_in_repr():
    keys = [EncryptionKey.generate() for _ in range(3)]
    assert len({key.id for key in keys}) == 3
    for key in keys:
        assert len(key.id) == 16
        assert key.secret.hex() not in repr(key)
        assert str(key.secret) not in repr(key)
        assert key.text not in repr(key)


def test_derived_keys_differ_by_purpose_and_salt():
    made = {KEY.derive(b"a"), KEY.derive(b"b"), KEY.derive(b"a", b"s"), OTHER.derive(b"a")}
    assert len(made) == 4


def test_encryption_format_is_stable():
    # Buckets contain clips in this format: it must stay readable.
    encrypted = encrypt(b"HomeSec")
    assert KEY.id == "4f8438d2c319c347"
    assert KEY.text.startswith("000G-40R4-0M30-E209")
    assert (
        hashlib.sha256(encrypted).hexdigest()
        == "00d97f46dc9b9bcdbde6eeca8af79b62ae0ac18e3fc138433781cb2ebcf099c9"
    )
