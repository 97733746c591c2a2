"""The published test vectors of the age format."""

import base64
import hashlib
import json
from pathlib import Path
import zlib

import pytest

from custom_components.homesec.engine.cloud.age import AgeFile, decrypt
from custom_components.homesec.engine.cloud.age_header import AgeHeader
from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.errors import EncryptedFileBroken, EncryptionKeyMissing
from custom_components.homesec.engine.cloud.key_ring import KeyRing

VECTORS = json.loads((Path(__file__).parent / "age_vectors.json").read_text())["vectors"]
FAILURES = {
    "no match": EncryptionKeyMissing,
    "HMAC failure": EncryptedFileBroken,
    "header failure": EncryptedFileBroken,
    "payload failure": EncryptedFileBroken,
}


def vector(name):
    """Return what a file expects, its keys, and the age file."""
    fields, _, raw = base64.b64decode(VECTORS[name]).partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in fields.decode().splitlines()]
    keys = KeyRing(
        tuple(PrivateKey.from_text(value) for field, value in pairs if field == "identity")
    )
    found = dict(pairs)
    return found, keys, zlib.decompress(raw) if "compressed" in found else raw


@pytest.mark.parametrize("name", VECTORS)
def test_vector_is_decrypted_or_refused_as_expected(name):
    found, keys, raw = vector(name)
    if found["expect"] == "success":
        assert hashlib.sha256(decrypt(raw, keys)).hexdigest() == found["payload"]
    else:
        with pytest.raises(FAILURES[found["expect"]]):
            decrypt(raw, keys)


@pytest.mark.parametrize("name", VECTORS)
def test_vector_fails_where_it_is_wrong(name):
    found, keys, raw = vector(name)
    match found["expect"]:
        case "payload failure":
            assert AgeHeader.load(raw).file_key(keys.private.values()).hex() == found["file key"]
        case "HMAC failure":
            assert AgeFile.load(raw, total=len(raw), name=None) is not None
        case "no match":
            assert AgeHeader.load(raw).file_key(keys.private.values()) is None


@pytest.mark.parametrize("name", VECTORS)
def test_header_of_vector_round_trips(name):
    found, _, raw = vector(name)
    if found["expect"] != "header failure":
        header = AgeHeader.load(raw)
        assert raw.startswith(header.dump())
        assert header.size == len(header.dump())
