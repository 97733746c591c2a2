"""Encryption of clips in chunks, so that any part of a clip can be decrypted by itself.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as in age: each 64 KiB chunk
is encrypted by ChaCha20-Poly1305 under the file's own key, with its number and whether it is the
last one as the nonce. So no chunk can be changed, moved, left out, or taken from another file.
(ChaCha20, since a Raspberry Pi 4 has no AES instructions.)

    magic, version, key id (8), salt (32) | chunk + tag (16) | chunk + tag | …

The salt is not random but a keyed hash of the content and its name. The same clip becomes the same
bytes again, so an upload can be resumed after a restart and recognized in the bucket; other
content or another name gives another key, so no nonce is ever used twice.
"""

from dataclasses import dataclass
from functools import partial
import hashlib
import hmac
import io
from typing import TYPE_CHECKING, BinaryIO, Self, cast, override

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .encryption_key import ID_BYTES
from .errors import ChecksumMismatch, EncryptedFileBroken

if TYPE_CHECKING:
    from collections.abc import Buffer, Iterable, Iterator

    from .encryption_key import EncryptionKey
    from .object_store import Content

MAGIC = b"HomeSec\x01"
SALT_BYTES = 32
HEADER_BYTES = len(MAGIC) + ID_BYTES + SALT_BYTES
CHUNK_BYTES = 64 * 2**10
TAG_BYTES = 16
ENCRYPTED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


def encrypted_size(size: int) -> int:
    """Return how many bytes ``size`` bytes become."""
    return HEADER_BYTES + size + TAG_BYTES * _chunk_count(size)


def plain_size(encrypted: int) -> int:
    """Return the plain size of an encrypted file; raises EncryptedFileBroken if it can't be one."""
    body = encrypted - HEADER_BYTES
    size = body - TAG_BYTES * -(-body // ENCRYPTED_CHUNK_BYTES)
    if size < 0 or encrypted_size(size) != encrypted:
        raise EncryptedFileBroken
    return size


def _chunk_count(size: int) -> int:
    return max(1, -(-size // CHUNK_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
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


class _ChunkCipher:
    """Encrypts and decrypts the chunks of one file."""

    def __init__(self, key: EncryptionKey, header: Header, label: str, size: int) -> None:
        """``label`` is the object's name without folders, which a copy of the bucket keeps."""
        self._cipher = ChaCha20Poly1305(key.derive(b"clip " + label.encode(), header.salt))
        self._header = header.dump()
        self._last = _chunk_count(size) - 1

    def _nonce(self, index: int) -> bytes:
        return index.to_bytes(11) + bytes([index == self._last])

    def encrypt(self, index: int, plain: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(index), plain, self._header)

    def decrypt(self, index: int, encrypted: bytes) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(index), encrypted, self._header)
        except InvalidTag:
            raise EncryptedFileBroken from None


class EncryptedContent:
    """The encrypted form of some content, made as it is read."""

    def __init__(self, content: Content, *, key: EncryptionKey, label: str) -> None:
        self._content = content
        self._key = key
        self._label = label
        self._digests: list[bytes] | None = None

    @property
    def size_bytes(self) -> int:
        """Return how many encrypted bytes there are; raises OSError."""
        return encrypted_size(self._content.size_bytes)

    def open(self) -> BinaryIO:
        """Return a seekable stream of encrypted bytes; the first call reads the content once."""
        if self._digests is None:
            with self._content.open() as stream:
                chunks = iter(partial(stream.read, CHUNK_BYTES), b"")
                self._digests = [hashlib.sha256(chunk).digest() for chunk in chunks]
            self._digests = self._digests or [hashlib.sha256().digest()]
        stream = self._content.open()
        size = stream.seek(0, io.SEEK_END)
        content = hashlib.sha256(b"".join(self._digests) + self._label.encode()).digest()
        header = Header(
            key_id=self._key.id, salt=hmac.digest(self._key.derive(b"salt"), content, "sha256")
        )
        cipher = _ChunkCipher(self._key, header, self._label, size)
        raw = _EncryptingStream(stream, header, cipher, self._digests, size)
        return cast("BinaryIO", io.BufferedReader(raw, ENCRYPTED_CHUNK_BYTES))


class _EncryptingStream(io.RawIOBase):
    def __init__(
        self, plain: BinaryIO, header: Header, chunks: _ChunkCipher, digests: list[bytes], size: int
    ) -> None:
        self._plain = plain
        self._header = header.dump()
        self._chunks = chunks
        self._digests = digests
        self._size = encrypted_size(size)
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    @override
    def close(self) -> None:
        self._plain.close()
        super().close()

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer as far as the header or the chunk at the position reaches."""
        if self._position >= self._size:
            return 0
        if self._position < HEADER_BYTES:
            found = self._header[self._position :]
        else:
            index, offset = divmod(self._position - HEADER_BYTES, ENCRYPTED_CHUNK_BYTES)
            found = self._encrypted_chunk(index)[offset:]
        target = memoryview(buffer)
        count = min(len(found), len(target))
        target[:count] = found[:count]
        self._position += count
        return count

    def _encrypted_chunk(self, index: int) -> bytes:
        self._plain.seek(index * CHUNK_BYTES)
        chunk = self._plain.read(CHUNK_BYTES)
        # Encrypting other content under the same nonce would reveal both.
        if index >= len(self._digests) or hashlib.sha256(chunk).digest() != self._digests[index]:
            raise ChecksumMismatch("The file changed while it was encrypted")
        return self._chunks.encrypt(index, chunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedFile:
    """An encrypted file in the bucket, and how to read any part of it."""

    header: Header
    size: int  # decrypted, in bytes
    label: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return which encrypted bytes contain the plain bytes ``start`` to ``end``."""
        first, last = start // CHUNK_BYTES, (max(end, start + 1) - 1) // CHUNK_BYTES
        return (
            HEADER_BYTES + first * ENCRYPTED_CHUNK_BYTES,
            min(HEADER_BYTES + (last + 1) * ENCRYPTED_CHUNK_BYTES, encrypted_size(self.size)),
        )

    def decrypt(
        self, key: EncryptionKey, pieces: Iterable[bytes], start: int, end: int
    ) -> Iterator[bytes]:
        """Yield the plain bytes ``start`` to ``end``; ``pieces`` are the bytes of ``span``.

        Raises EncryptedFileBroken.
        """
        chunks = _ChunkCipher(key, self.header, self.label, self.size)
        index = start // CHUNK_BYTES
        for chunk in _in_chunks(pieces):
            plain = chunks.decrypt(index, chunk)
            base = index * CHUNK_BYTES
            yield plain[max(0, start - base) : end - base]
            index += 1
        if index * CHUNK_BYTES < end:
            raise EncryptedFileBroken


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield complete encrypted chunks, and the rest at the end."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        while len(rest) >= ENCRYPTED_CHUNK_BYTES:
            yield bytes(rest[:ENCRYPTED_CHUNK_BYTES])
            del rest[:ENCRYPTED_CHUNK_BYTES]
    if rest:
        yield bytes(rest)
