"""Encryption in chunks, so that any part of a file can be decrypted by itself.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as in age: each 64 KiB chunk
is encrypted by ChaCha20-Poly1305 under the file's own key, with its number and whether it is the
last one as the nonce. So no chunk can be changed, moved, left out, or taken from another file.
(ChaCha20, since a Raspberry Pi 4 has no AES instructions.)
"""

from dataclasses import dataclass, field
from functools import partial
import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO, cast, override

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .errors import ChecksumMismatch, EncryptedFileBroken

if TYPE_CHECKING:
    from collections.abc import Buffer, Iterable, Iterator

    from .object_store import Content

CHUNK_BYTES = 64 * 2**10
TAG_BYTES = 16
ENCRYPTED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


def encrypted_size(size: int) -> int:
    """Return how many bytes the chunks of ``size`` bytes have."""
    return size + TAG_BYTES * _chunk_count(size)


def plain_size(encrypted: int) -> int:
    """Return the plain size of chunks; raises EncryptedFileBroken if they can't be some."""
    size = encrypted - TAG_BYTES * -(-encrypted // ENCRYPTED_CHUNK_BYTES)
    if size < 0 or encrypted_size(size) != encrypted:
        raise EncryptedFileBroken
    return size


def _chunk_count(size: int) -> int:
    return max(1, -(-size // CHUNK_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """The chunks of one file, and how to encrypt and decrypt them."""

    key: bytes = field(repr=False)
    start: int  # where they start in the encrypted file
    size: int  # of the file, decrypted
    authenticated: bytes | None = None  # what each chunk authenticates beside itself

    @property
    def end(self) -> int:
        """Return the encrypted file's size."""
        return self.start + encrypted_size(self.size)

    def _nonce(self, index: int) -> bytes:
        return index.to_bytes(11) + bytes([index == _chunk_count(self.size) - 1])

    def encrypt(self, index: int, plain: bytes) -> bytes:
        """Return one encrypted chunk."""
        return ChaCha20Poly1305(self.key).encrypt(self._nonce(index), plain, self.authenticated)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return which bytes of the encrypted file contain the plain bytes ``start`` to ``end``."""
        first, last = start // CHUNK_BYTES, (max(end, start + 1) - 1) // CHUNK_BYTES
        return (
            self.start + first * ENCRYPTED_CHUNK_BYTES,
            min(self.start + (last + 1) * ENCRYPTED_CHUNK_BYTES, self.end),
        )

    def decrypt(self, pieces: Iterable[bytes], start: int, end: int) -> Iterator[bytes]:
        """Yield the plain bytes ``start`` to ``end``; ``pieces`` are the bytes of ``span``.

        Raises EncryptedFileBroken.
        """
        cipher = ChaCha20Poly1305(self.key)
        index = start // CHUNK_BYTES
        for chunk in _in_chunks(pieces):
            try:
                plain = cipher.decrypt(self._nonce(index), chunk, self.authenticated)
            except InvalidTag:
                raise EncryptedFileBroken from None
            base = index * CHUNK_BYTES
            yield plain[max(0, start - base) : end - base]
            index += 1
        if index * CHUNK_BYTES < end:
            raise EncryptedFileBroken

    def last_chunk(self) -> tuple[int, int]:
        """Return the plain bytes of the last chunk, which authenticates the file's size."""
        return (_chunk_count(self.size) - 1) * CHUNK_BYTES, self.size


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


class MeasuredContent:
    """Content that is read once before it's encrypted, since its bytes decide the keys."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._digests: list[bytes] | None = None

    @property
    def size_bytes(self) -> int:
        """Return how many plain bytes there are; raises OSError."""
        return self._content.size_bytes

    def digest(self, name: str) -> bytes:
        """Return a digest of the content and its name; the first call reads the content."""
        return hashlib.sha256(b"".join(self._chunk_digests()) + name.encode()).digest()

    def _chunk_digests(self) -> list[bytes]:
        if self._digests is None:
            with self._content.open() as stream:
                chunks = iter(partial(stream.read, CHUNK_BYTES), b"")
                self._digests = [hashlib.sha256(chunk).digest() for chunk in chunks]
            self._digests = self._digests or [hashlib.sha256().digest()]
        return self._digests

    def open(self, head: bytes, key: bytes, authenticated: bytes | None = None) -> BinaryIO:
        """Return a seekable stream: ``head``, then the encrypted chunks. Raises OSError."""
        digests = self._chunk_digests()
        stream = self._content.open()
        size = stream.seek(0, io.SEEK_END)
        if _chunk_count(size) != len(digests):
            stream.close()
            raise ChecksumMismatch("The file changed while it was encrypted")
        chunks = Chunks(key=key, start=len(head), size=size, authenticated=authenticated)
        raw = _EncryptingStream(stream, head, chunks, digests)
        return cast("BinaryIO", io.BufferedReader(raw, ENCRYPTED_CHUNK_BYTES))


class _EncryptingStream(io.RawIOBase):
    def __init__(self, plain: BinaryIO, head: bytes, chunks: Chunks, digests: list[bytes]) -> None:
        self._plain = plain
        self._head = head
        self._chunks = chunks
        self._digests = digests
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._chunks.end}[whence]
        self._position = max(0, base + offset)
        return self._position

    @override
    def close(self) -> None:
        self._plain.close()
        super().close()

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer as far as the head or the chunk at the position reaches."""
        if self._position >= self._chunks.end:
            return 0
        if self._position < len(self._head):
            found = self._head[self._position :]
        else:
            index, offset = divmod(self._position - len(self._head), ENCRYPTED_CHUNK_BYTES)
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
