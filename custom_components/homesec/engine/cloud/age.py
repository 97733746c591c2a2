"""Files in the format of age, written and read: `age --decrypt` reads what HomeSec uploads.

https://age-encryption.org/v1. After the header come 16 random bytes and the chunks (`chunks.py`).

Two things differ from a program that encrypts once. An upload goes on after a restart, and one that
is repeated must become the same bytes, so that the checksum in the bucket tells that it is there.
But neither a file's key nor anything that opens the bucket's files may lie on this system, which
may be stolen. So a file's random values are derived: from a secret seed on this system and from the
content itself. Who has only the bucket lacks the seed, for whom they are random; who has the seed
lacks the content, as soon as the local copy is gone. Therefore, no digest of a clip's content may
ever be stored. Other content or another name gives other values, so no nonce is used twice.
"""

import base64
import binascii
from dataclasses import dataclass
import json
import secrets
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .age_header import MAX_HEADER_BYTES, AgeHeader, header_size
from .age_keys import FILE_KEY_BYTES, KEY_BYTES
from .chunks import Chunks, MeasuredContent, encrypted_size, plain_size
from .errors import EncryptedFileBroken, EncryptionError, EncryptionKeyMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .age_keys import PublicKey
    from .key_ring import KeyRing
    from .object_store import Content

NONCE_BYTES = 16
SEED_BYTES = 32
BEGINNING_BYTES = MAX_HEADER_BYTES + NONCE_BYTES
"""What to read of a file to find its header."""
METADATA_ENTRY = "homesec-age"
"""The entry of an object's metadata with the encrypted metadata: an age file in base64."""


class FileSecrets(NamedTuple):
    """The random values of one file."""

    file_key: bytes
    ephemeral: bytes
    nonce: bytes

    @classmethod
    def generate(cls) -> Self:
        """Return new random values."""
        return cls(*map(secrets.token_bytes, _SIZES))

    @classmethod
    def derive(cls, seed: bytes, digest: bytes, public_key: PublicKey) -> Self:
        """Return the values for some content; see the module."""
        hkdf = HKDF(SHA256(), sum(_SIZES), salt=digest, info=b"homesec age v1 " + public_key.raw)
        made = hkdf.derive(seed)
        ends = FILE_KEY_BYTES, FILE_KEY_BYTES + KEY_BYTES
        return cls(made[: ends[0]], made[ends[0] : ends[1]], made[ends[1] :])


_SIZES = FILE_KEY_BYTES, KEY_BYTES, NONCE_BYTES


def head_bytes(public_key: PublicKey, name: str, values: FileSecrets) -> bytes:
    """Return what comes before the chunks."""
    header = AgeHeader.make(public_key, name, values.file_key, values.ephemeral)
    return header.dump() + values.nonce


def head_size(name: str) -> int:
    """Return the size of ``head_bytes``, which depends on the name alone."""
    return header_size(name) + NONCE_BYTES


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """Return the key of a file's chunks."""
    return HKDF(SHA256(), length=32, salt=nonce, info=b"payload").derive(file_key)


class AgeContent:
    """The encrypted form of some content, made as it is read."""

    def __init__(self, content: Content, *, public_key: PublicKey, seed: bytes, name: str) -> None:
        self._content = MeasuredContent(content)
        self._public_key = public_key
        self._seed = seed
        self._name = name

    @property
    def size_bytes(self) -> int:
        """Return how many encrypted bytes there are; raises OSError."""
        return head_size(self._name) + encrypted_size(self._content.size_bytes)

    def open(self) -> BinaryIO:
        """Return a seekable stream of encrypted bytes; the first call reads the content once."""
        digest = self._content.digest(self._name)
        values = FileSecrets.derive(self._seed, digest, self._public_key)
        head = head_bytes(self._public_key, self._name, values)
        return self._content.open(head, payload_key(values.file_key, values.nonce))


class AgeEncryption:
    """Encrypts with a public key."""

    def __init__(self, public_key: PublicKey, seed: bytes) -> None:
        """``seed`` are 32 random bytes that this system keeps to itself."""
        self._public_key = public_key
        self._seed = seed
        self.key_id = public_key.id

    def encrypt(self, content: Content, name: str) -> AgeContent:
        """Return some content's encrypted form."""
        return AgeContent(content, public_key=self._public_key, seed=self._seed, name=name)

    def encrypt_metadata(self, metadata: Mapping[str, str], name: str) -> dict[str, str]:
        """Return metadata as an entry for the object."""
        return encrypt_metadata(metadata, name, self._public_key)


def encrypt_metadata(
    metadata: Mapping[str, str], name: str, public_key: PublicKey
) -> dict[str, str]:
    """Return metadata as an entry for an object; it's short, so it's one chunk."""
    plain = json.dumps(dict(metadata), ensure_ascii=False).encode()
    values = FileSecrets.generate()
    head = head_bytes(public_key, name, values)
    key = payload_key(values.file_key, values.nonce)
    chunks = Chunks(key=key, start=len(head), size=len(plain))
    return {METADATA_ENTRY: base64.b64encode(head + chunks.encrypt(0, plain)).decode()}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeFile:
    """An encrypted file in the bucket."""

    header: AgeHeader
    nonce: bytes
    size: int  # decrypted, in bytes
    name: str | None  # None: it may have been encrypted under any name, or none
    key_id: str | None = None  # of the key that it's said to be encrypted with

    @classmethod
    def load(cls, raw: bytes, *, total: int, name: str | None) -> Self | None:
        """Read the beginning of a file of ``total`` bytes; None if it is no age file.

        Raises EncryptedFileBroken.
        """
        if (header := AgeHeader.load(raw)) is None:
            return None
        nonce = raw[header.size : header.size + NONCE_BYTES]
        if len(nonce) < NONCE_BYTES:
            raise EncryptedFileBroken
        size = plain_size(total - header.size - NONCE_BYTES)
        return cls(header=header, nonce=nonce, size=size, name=name)

    def chunks(self, keys: KeyRing) -> Chunks:
        """Return how to decrypt it; raises EncryptionKeyMissing and EncryptedFileBroken."""
        file_key = self.header.file_key(keys.private.values())
        if file_key is None:
            raise EncryptionKeyMissing
        if self.name is not None and not self.header.has_name(self.name):
            raise EncryptedFileBroken
        key = payload_key(file_key, self.nonce)
        return Chunks(key=key, start=self.header.size + NONCE_BYTES, size=self.size)


def decrypt(raw: bytes, keys: KeyRing, *, name: str | None = None) -> bytes:
    """Return a whole file's plain bytes. Raises EncryptionError."""
    file = AgeFile.load(raw, total=len(raw), name=name)
    if file is None:
        raise EncryptedFileBroken
    chunks = file.chunks(keys)
    return b"".join(chunks.decrypt([raw[chunks.start :]], 0, chunks.size))


def decrypt_metadata(letters: str, name: str, keys: KeyRing) -> dict[str, str]:
    """Return the metadata of an entry; none if it was tampered with or is for another key."""
    try:
        plain = json.loads(decrypt(base64.b64decode(letters, validate=True), keys, name=name))
    except binascii.Error, ValueError, EncryptionError:
        return {}
    return {str(k): str(v) for k, v in plain.items()}
