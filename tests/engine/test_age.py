"""Files in the format of age: any size, any range, and nothing that was changed."""

import base64
import hashlib
import io

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.homesec.engine.cloud import age, bech32
from custom_components.homesec.engine.cloud.age import AgeContent, AgeFile, FileSecrets
from custom_components.homesec.engine.cloud.age_keys import PrivateKey, PublicKey
from custom_components.homesec.engine.cloud.chunks import CHUNK_BYTES, ENCRYPTED_CHUNK_BYTES
from custom_components.homesec.engine.cloud.errors import (
    ChecksumMismatch,
    EncryptedFileBroken,
    EncryptionKeyInvalid,
    EncryptionKeyMissing,
)
from custom_components.homesec.engine.cloud.key_ring import KeyRing
from custom_components.homesec.engine.cloud.object_store import BytesContent

KEY = PrivateKey(bytes(range(32)))
RING = KeyRing((KEY,))
SEED = bytes(range(32, 64))
NAME = "01J.mp4"
EDGES = [
    *(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1),
    *(2 * CHUNK_BYTES, 3 * CHUNK_BYTES - 5),
]
SIZES = st.sampled_from(EDGES) | st.integers(0, 4 * CHUNK_BYTES)
HEAD_BYTES = age.head_size(NAME)


def data(size):
    return hashlib.shake_128(b"film").digest(size)


def content(plain, *, name=NAME, seed=SEED, public_key=KEY.public):
    return AgeContent(BytesContent(data=plain), public_key=public_key, seed=seed, name=name)


def encrypt(plain, **options):
    return content(plain, **options).open().read()


def decrypt_range(raw, start, end, *, piece=7001):
    chunks = AgeFile.load(raw, total=len(raw), name=NAME).chunks(RING)
    first, last = chunks.span(start, end)
    part = raw[first:last]
    pieces = [part[i : i + piece] for i in range(0, len(part), piece)]
    return b"".join(chunks.decrypt(pieces, start, end))


# --- content ------------------------------------------------------------------------------------


@given(SIZES)
@settings(max_examples=30, deadline=None)
def test_encrypted_content_decrypts_to_same_bytes(size):
    raw = encrypt(data(size))
    assert len(raw) == content(data(size)).size_bytes
    assert AgeFile.load(raw, total=len(raw), name=NAME).size == size
    assert age.decrypt(raw, RING, name=NAME) == data(size)


@given(SIZES, st.data())
@settings(max_examples=60, deadline=None)
def test_decrypted_range_equals_slice(size, draw):
    start = draw.draw(st.integers(0, size))
    end = draw.draw(st.integers(start, size))
    assert decrypt_range(encrypt(data(size)), start, end) == data(size)[start:end]


@given(SIZES, st.data())
@settings(max_examples=60, deadline=None)
def test_encrypted_stream_is_seekable(size, draw):
    whole = encrypt(data(size))
    stream = content(data(size)).open()
    start = draw.draw(st.integers(0, len(whole) + 9))
    count = draw.draw(st.integers(0, 3 * CHUNK_BYTES))
    assert stream.seek(start) == start
    assert stream.read(count) == whole[start : start + count]
    assert stream.seek(-3, io.SEEK_END) == len(whole) - 3
    assert stream.read() == whole[-3:]
    stream.close()


@given(st.sampled_from([0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 9]), st.data())
@settings(max_examples=150, deadline=None)
def test_flipped_bit_is_detected(size, draw):
    raw = bytearray(encrypt(data(size)))
    position = draw.draw(st.integers(0, len(raw) - 1) | st.integers(0, HEAD_BYTES))
    raw[min(position, len(raw) - 1)] ^= 1 << draw.draw(st.integers(0, 7))
    # A stanza that was changed may be somebody else's.
    with pytest.raises((EncryptedFileBroken, EncryptionKeyMissing)):
        age.decrypt(bytes(raw), RING, name=NAME)


@given(SIZES, st.data())
@settings(max_examples=60, deadline=None)
def test_truncated_or_extended_file_is_detected(size, draw):
    raw = encrypt(data(size))
    longer = raw + data(draw.draw(st.integers(1, 2 * ENCRYPTED_CHUNK_BYTES)))
    for changed in (raw[: draw.draw(st.integers(0, len(raw) - 1))], longer):
        with pytest.raises(EncryptedFileBroken):
            age.decrypt(changed, RING, name=NAME)


@given(st.lists(st.integers(0, 2), max_size=5))
@settings(max_examples=60, deadline=None)
@example([0, 2])
@example([0, 1, 2, 2])
def test_reordered_chunks_are_detected(order):
    raw = encrypt(data(3 * CHUNK_BYTES))
    body = raw[HEAD_BYTES:]
    starts = range(0, len(body), ENCRYPTED_CHUNK_BYTES)
    chunks = [body[i : i + ENCRYPTED_CHUNK_BYTES] for i in starts]
    changed = raw[:HEAD_BYTES] + b"".join(chunks[i] for i in order)
    if order == [0, 1, 2]:
        assert age.decrypt(changed, RING, name=NAME) == data(3 * CHUNK_BYTES)
    else:
        with pytest.raises(EncryptedFileBroken):
            age.decrypt(changed, RING, name=NAME)


def test_file_of_other_name_is_refused():
    raw = encrypt(data(9), name="02K.mp4")
    assert age.decrypt(raw, RING) == data(9)
    with pytest.raises(EncryptedFileBroken):
        age.decrypt(raw, RING, name=NAME)


def test_file_for_other_key_is_told_from_damage():
    raw = encrypt(data(9), public_key=PrivateKey.generate().public)
    with pytest.raises(EncryptionKeyMissing):
        age.decrypt(raw, RING, name=NAME)


@pytest.mark.parametrize(
    "changed",
    [data(2 * CHUNK_BYTES - 1) + b"?", data(3 * CHUNK_BYTES), b"", data(CHUNK_BYTES)],
    ids=["other", "longer", "empty", "shorter"],
)
def test_content_changed_during_encryption_raises(changed):
    class Changing(BytesContent):
        """Other bytes from the second time on."""

        def open(self):
            stream = io.BytesIO(changed if opened else self.data)
            opened.append(stream)
            return stream

    opened = []
    plain = Changing(data=data(2 * CHUNK_BYTES))
    encrypted = AgeContent(plain, public_key=KEY.public, seed=SEED, name=NAME)
    with pytest.raises(ChecksumMismatch):
        encrypted.open().read()


# --- random values ------------------------------------------------------------------------------


def test_same_content_becomes_same_bytes():
    assert encrypt(data(1000)) == encrypt(data(1000))


def test_other_content_name_seed_or_key_shares_no_secret_with_it():
    made = [
        encrypt(data(1000)),
        encrypt(data(1001)),
        encrypt(data(1000), name="02K.mp4"),
        encrypt(data(1000), seed=bytes(32)),
        encrypt(data(1000), public_key=PrivateKey.generate().public),
    ]
    shares = {raw.split(b" ")[2] for raw in made}
    nonces = {raw[age.head_size("01J.mp4") - age.NONCE_BYTES :][:16] for raw in made}
    assert len(shares) == len(nonces) == len(made)


def test_seed_and_everything_in_the_bucket_do_not_give_the_file_key():
    raw = encrypt(data(1000))
    file_key = AgeFile.load(raw, total=len(raw), name=NAME).header.file_key([KEY])
    # What a thief of the box has: the seed, the public key, names, sizes, and encrypted bytes.
    for known in (b"", NAME.encode(), raw, hashlib.sha256(raw).digest(), hashlib.md5(raw).digest()):
        for digest in (known, hashlib.sha256(known).digest()):
            assert FileSecrets.derive(SEED, digest, KEY.public).file_key != file_key


def test_written_form_is_stable():
    # Buckets contain clips in this format, and an upload may be resumed by a later version.
    raw = encrypt(b"HomeSec")
    assert raw.startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert b"\n-> homesec/name 01J.mp4\n\n--- " in raw
    assert (
        hashlib.sha256(raw).hexdigest()
        == "fd9ae3e6555f8deeeac2d48093d946a68ee3e2648c6c6767d0c527a992db0836"
    )


# --- metadata -----------------------------------------------------------------------------------


def test_metadata_round_trips_and_differs_each_time():
    plain = {"a": "Jürgen", "b": "✓" * 200}
    made = [age.encrypt_metadata(plain, NAME, KEY.public) for _ in range(2)]
    assert made[0] != made[1]
    for each in made:
        assert age.decrypt_metadata(each[age.METADATA_ENTRY], NAME, RING) == plain
        assert age.decrypt_metadata(each[age.METADATA_ENTRY], "02K.mp4", RING) == {}
        assert age.decrypt_metadata(each[age.METADATA_ENTRY], NAME, KeyRing(())) == {}


# --- keys ---------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
@settings(deadline=None)
def test_written_keys_round_trip(secret):
    key = PrivateKey(secret)
    assert PrivateKey.from_text(key.text) == key
    assert PrivateKey.from_text(f" {key.text.lower()}\n") == key
    assert PublicKey.from_text(key.public.text) == key.public


@given(st.integers(0, 100), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio"))
@settings(deadline=None)
def test_wrong_letter_in_key_is_detected(position, letter):
    for text, read in ((KEY.text, PrivateKey), (KEY.public.text, PublicKey)):
        letter = letter.upper() if text.isupper() else letter
        at = position % len(text)
        wrong = text[:at] + letter + text[at + 1 :]
        if wrong != text:
            with pytest.raises(EncryptionKeyInvalid):
                read.from_text(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1",
        KEY.public.text[:-1],
        KEY.public.text + "q",
        KEY.public.text.replace("age1", "AGE1"),
        KEY.text.capitalize(),
        bech32.encode("age", bytes(31)),
        bech32.encode("age", bytes(33)),
        bech32.encode("bc", bytes(32)),
        "-----BEGIN AGE ENCRYPTED FILE-----",
        "Ünïcode1qqqqqq",
    ],
)
def test_other_text_is_no_key(text):
    for read in (PrivateKey.from_text, PublicKey.from_text):
        with pytest.raises(EncryptionKeyInvalid):
            read(text)


def test_keys_are_not_taken_for_each_other():
    with pytest.raises(EncryptionKeyInvalid):
        PrivateKey.from_text(KEY.public.text)
    with pytest.raises(EncryptionKeyInvalid):
        PublicKey.from_text(KEY.text)


def test_private_key_and_secrets_are_not_in_repr():
    raw = encrypt(b"film")
    shown = repr(KEY) + repr(RING) + repr(AgeFile.load(raw, total=len(raw), name=NAME).chunks(RING))
    for secret in (KEY.raw, AgeFile.load(raw, total=len(raw), name=NAME).chunks(RING).key):
        assert repr(secret) not in shown
    assert KEY.text not in shown


# --- Bech32 -------------------------------------------------------------------------------------


@given(st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20), st.binary(max_size=80))
def test_bech32_round_trips(prefix, raw):
    assert bech32.decode(bech32.encode(prefix, raw)) == (prefix, raw)
    assert bech32.decode(bech32.encode(prefix, raw).upper()) == (prefix, raw)


# From BIP 173.
@pytest.mark.parametrize(
    "text",
    [
        "A12UEL5L",
        "a12uel5l",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
        "?1ezyfcl",
    ],
)
def test_bech32_accepts_valid_strings_of_the_specification(text):
    prefix, raw = bech32.decode(text)
    assert bech32.encode(prefix, raw) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "\x201nwldj5",
        "\x7f1axkwrx",
        "\x801eym55h",
        "pzry9x0s0muk",
        "1pzry9x0s0muk",
        "x1b4n0q5v",
        "li1dgmt3",
        "de1lg7wt\xff",
        "A1G7SGD8",
        "10a06t8",
        "1qzzfhee",
        "a12uEL5L",
        # Valid letters, but their number or the last one's bits make no whole bytes.
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    ],
)
def test_bech32_refuses_invalid_strings_of_the_specification(text):
    if text.startswith(("abcdef", "split")):
        prefix, raw = bech32.decode(text)
        assert bech32.encode(prefix, raw) == text
        return
    with pytest.raises(ValueError, match=r"\w"):
        bech32.decode(text)


def test_base64_entry_is_an_age_file():
    entry = age.encrypt_metadata({"a": "b"}, NAME, KEY.public)[age.METADATA_ENTRY]
    assert age.decrypt(base64.b64decode(entry), RING, name=NAME) == b'{"a": "b"}'
