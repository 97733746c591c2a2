"""The format of objects that were encrypted before HomeSec used age, with an `EncryptionKey`.

    magic, version, key id (8), salt (32) | chunk + tag (16) | chunk + tag | …

The salt is not random but a keyed hash of the content and its name. The same clip becomes the same
bytes again, so an upload can be resumed after a restart and recognized in the bucket; other
content or another name gives another key, so no nonce is ever used twice.
"""

import base64
import binascii
from dataclasses import dataclass
import hmac
import json
import secrets
from typing import TYPE_CHECKING, BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .chunks import Chunks, MeasuredContent, encrypted_size, plain_size
from .encryption_key import ID_BYTES
from .errors import EncryptionKeyMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .encryption_key import EncryptionKey
    from .key_ring import KeyRing
    from .object_store import Content

MAGIC = b"HomeSec\x01"
SALT_BYTES = 32
HEADER_BYTES = len(MAGIC) + ID_BYTES + SALT_BYTES
METADATA_ENTRY = "homesec-sealed"
"""The entry of an object's metadata with the encrypted metadata."""
METADATA_SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OldHeader:
    """The beginning of an encrypted file."""

    key_id: str
    salt: bytes

    def dump(self) -> bytes:
        """Return the header's bytes."""
        return MAGIC + bytes.fromhex(self.key_id) + self.salt

    @classmethod
    def load(cls, raw: bytes) -> Self | None:
        """Read a header; return None if there is none."""
        if len(raw) < HEADER_BYTES or not raw.startswith(MAGIC):
            return None
        key_id = raw[len(MAGIC) : len(MAGIC) + ID_BYTES].hex()
        return cls(key_id=key_id, salt=raw[HEADER_BYTES - SALT_BYTES : HEADER_BYTES])

    def chunks(self, key: EncryptionKey, name: str, size: int) -> Chunks:
        """Return the chunks of a file; ``name`` is the object's without folders."""
        return Chunks(
            key=key.derive(b"clip " + name.encode(), self.salt),
            start=HEADER_BYTES,
            size=size,
            authenticated=self.dump(),
        )


class OldContent:
    """The encrypted form of some content, made as it is read."""

    def __init__(self, content: Content, *, key: EncryptionKey, name: str) -> None:
        self._content = MeasuredContent(content)
        self._key = key
        self._name = name

    @property
    def size_bytes(self) -> int:
        """Return how many encrypted bytes there are; raises OSError."""
        return HEADER_BYTES + encrypted_size(self._content.size_bytes)

    def open(self) -> BinaryIO:
        """Return a seekable stream of encrypted bytes; the first call reads the content once."""
        digest = self._content.digest(self._name)
        salt = hmac.digest(self._key.derive(b"salt"), digest, "sha256")
        header = OldHeader(key_id=self._key.id, salt=salt)
        chunks = header.chunks(self._key, self._name, 0)
        return self._content.open(header.dump(), chunks.key, chunks.authenticated)


class OldEncryption:
    """Encrypts with a secret key, for an entry that has one still."""

    def __init__(self, key: EncryptionKey) -> None:
        self._key = key
        self.key_id = key.id

    def encrypt(self, content: Content, name: str) -> OldContent:
        """Return some content's encrypted form."""
        return OldContent(content, key=self._key, name=name)

    def encrypt_metadata(self, metadata: Mapping[str, str], name: str) -> dict[str, str]:
        """Return metadata as an entry for the object."""
        salt = secrets.token_bytes(METADATA_SALT_BYTES)
        plain = json.dumps(dict(metadata)).encode()
        encrypted = salt + _metadata_cipher(self._key, salt).encrypt(
            bytes(12), plain, name.encode()
        )
        return {METADATA_ENTRY: base64.b64encode(encrypted).decode()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OldFile:
    """An encrypted file in the bucket."""

    header: OldHeader
    size: int  # decrypted, in bytes
    name: str

    @classmethod
    def load(cls, raw: bytes, *, total: int, name: str) -> Self | None:
        """Read the beginning of a file of ``total`` bytes; None if it is no encrypted one.

        Raises EncryptedFileBroken.
        """
        if (header := OldHeader.load(raw)) is None:
            return None
        return cls(header=header, size=plain_size(total - HEADER_BYTES), name=name)

    def chunks(self, keys: KeyRing) -> Chunks:
        """Return how to decrypt it; raises EncryptionKeyMissing."""
        if (key := keys.old.get(self.header.key_id)) is None:
            raise EncryptionKeyMissing(key_id=self.header.key_id)
        return self.header.chunks(key, self.name, self.size)


def decrypt_metadata(letters: str, name: str, key: EncryptionKey) -> dict[str, str]:
    """Return the metadata of an entry; none if it was tampered with."""
    try:
        encrypted = base64.b64decode(letters, validate=True)
        salt, rest = encrypted[:METADATA_SALT_BYTES], encrypted[METADATA_SALT_BYTES:]
        plain = _metadata_cipher(key, salt).decrypt(bytes(12), rest, name.encode())
    except binascii.Error, ValueError, InvalidTag:
        return {}
    return {str(k): str(v) for k, v in json.loads(plain).items()}


def _metadata_cipher(key: EncryptionKey, salt: bytes) -> ChaCha20Poly1305:
    # The key is derived for the salt alone, so the nonce may be constant.
    return ChaCha20Poly1305(key.derive(b"facts", salt))
