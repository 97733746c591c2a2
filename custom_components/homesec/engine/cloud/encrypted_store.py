"""A bucket whose objects are encrypted before upload and decrypted when read.

It stands in front of every bucket, since one may also hold clips from before the encryption was
turned on, or after it was turned off. Each object itself says whether it is encrypted.
"""

import base64
import binascii
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
import json
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .encryption import HEADER_BYTES, EncryptedContent, EncryptedFile, Header, plain_size
from .encryption_key import EncryptionKey
from .errors import EncryptedFileBroken, EncryptionKeyMissing, ObjectMissing
from .object_names import CONTENT_TYPES
from .object_store import Upload, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from threading import Event

    from .object_store import CloudStore, ResumePoint, StoredObject

KEY_ID_ENTRY = "homesec-sealed-by"
METADATA_ENTRY = "homesec-sealed"
"""Entries of an encrypted object's metadata: the key's id, and the encrypted metadata."""
SALT_BYTES = 16
CACHE_SIZE = 32  # files whose header is kept, since playback reads many ranges of one file


class EncryptedStore:
    """A ``CloudStore`` in front of another one."""

    def __init__(
        self,
        inner: CloudStore,
        *,
        encrypt_with: str | None = None,
        decrypt_with: Iterable[str] = (),
    ) -> None:
        """Encrypt with one key, or none; decrypt with that one and with earlier ones.

        Keys are in their written form. Each call raises EncryptionKeyInvalid if one is not a key.
        """
        self._inner = inner
        self._encrypt_with = encrypt_with
        self._decrypt_with = tuple(decrypt_with)
        self._files: dict[str, EncryptedFile | None] = {}

    @cached_property
    def _key(self) -> EncryptionKey | None:
        return EncryptionKey.from_text(self._encrypt_with) if self._encrypt_with else None

    @cached_property
    def _keys(self) -> Mapping[str, EncryptionKey]:
        keys = [*map(EncryptionKey.from_text, self._decrypt_with), *filter(None, (self._key,))]
        return {key.id: key for key in keys}

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end."""
        return self._inner.prefix

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is."""
        return self._inner.bucket_uri

    def connect(self) -> None:
        """Read the keys and log in, if that was not done yet."""
        _ = self._keys
        self._inner.connect()

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._inner.close()

    def check_access(self) -> None:
        """Write, read, list, and delete a small object; raise what is missing."""
        self._inner.check_access()

    def upload(
        self,
        upload: Upload,
        *,
        stop: Event,
        resume: ResumePoint | None = None,
        on_resume_point: Callable[[ResumePoint | None], None] = ignore,
        on_progress: Callable[[int], None] = ignore,
    ) -> StoredObject:
        """Store an object encrypted. ``on_progress`` gets encrypted bytes, 1 in 4000 more."""
        if self._key is not None:
            label = _label(upload.name)
            upload = replace(
                upload,
                content=EncryptedContent(upload.content, key=self._key, label=label),
                content_type="application/octet-stream",
                metadata=_encrypt_metadata(upload.metadata, self._key, label),
            )
        self._files.pop(upload.name, None)
        stored = self._inner.upload(
            upload,
            stop=stop,
            resume=resume,
            on_resume_point=on_resume_point,
            on_progress=on_progress,
        )
        return self._decrypted(stored)

    def find(self, name: str) -> StoredObject | None:
        """Return an object's decrypted metadata; None if there is no such object."""
        found = self._inner.find(name)
        return self._decrypted(found) if found is not None else None

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects; one that is encrypted with an unknown key has no metadata of ours."""
        return map(self._decrypted, self._inner.list(prefix, after=after))

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield a range of the decrypted object.

        Also raises EncryptionKeyMissing and EncryptedFileBroken.
        """
        file = self._file(name)
        if file is None:
            yield from self._inner.read(name, start, end)
            return
        key = self._keys.get(file.header.key_id)
        if key is None:
            raise EncryptionKeyMissing(key_id=file.header.key_id)
        end = file.size if end is None else min(end, file.size)
        # An empty file is decrypted too, which authenticates that it is empty.
        if start < end or file.size == 0:
            try:
                pieces = self._inner.read(name, *file.span(start, end))
                yield from file.decrypt(key, pieces, start, end)
            except BaseException:
                self._files.pop(name, None)
                raise

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change metadata, encrypted if the object is. Also raises EncryptionKeyMissing."""
        found = self._inner.find(name)
        if found is None:
            raise ObjectMissing
        key_id = found.metadata.get(KEY_ID_ENTRY)
        if key_id is not None:
            if (key := self._keys.get(key_id)) is None:
                raise EncryptionKeyMissing(key_id=key_id)
            metadata = _encrypt_metadata(metadata, key, _label(name))
        self._inner.update_metadata(name, metadata)

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        self._files.pop(name, None)
        return self._inner.delete(name)

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a URL, unless the object is encrypted: no browser could decrypt it."""
        return None if self._file(name) else self._inner.signed_url(name, lifetime_s)

    def can_sign_urls(self) -> bool:
        """Return whether uploads are not encrypted, and the bucket can sign URLs."""
        return self._key is None and self._inner.can_sign_urls()

    def _file(self, name: str) -> EncryptedFile | None:
        """Return how to read an object; None if it is not encrypted."""
        with suppress(KeyError):  # not known, or not any longer: other threads read too
            return self._files[name]
        found = self._inner.find(name)
        if found is None:
            raise ObjectMissing
        header = Header.load(b"".join(self._inner.read(name, 0, HEADER_BYTES)))
        file = None
        if header is not None:
            file = EncryptedFile(header=header, size=plain_size(found.bytes), label=_label(name))
        if len(self._files) >= CACHE_SIZE:
            self._files.clear()
        self._files[name] = file
        return file

    def _decrypted(self, obj: StoredObject) -> StoredObject:
        """Return an object as it was before encryption, as far as our keys can decrypt it."""
        key_id = obj.metadata.get(KEY_ID_ENTRY)
        if key_id is None:
            return obj
        key = self._keys.get(key_id)
        try:
            size = plain_size(obj.bytes)
        except EncryptedFileBroken:  # raised when it is read; a listing of thousands goes on
            return replace(obj, metadata={}, key_id=key_id)
        return replace(
            obj,
            bytes=size,
            content_type=CONTENT_TYPES.get(obj.name[-4:], obj.content_type),
            metadata=_decrypt_metadata(obj, key) if key else obj.metadata,
            key_id=key_id,
        )


def _encrypt_metadata(
    metadata: Mapping[str, str], key: EncryptionKey, label: str
) -> dict[str, str]:
    salt = secrets.token_bytes(SALT_BYTES)
    plain = json.dumps(dict(metadata)).encode()
    encrypted = salt + _metadata_cipher(key, salt).encrypt(bytes(12), plain, label.encode())
    return {KEY_ID_ENTRY: key.id, METADATA_ENTRY: base64.b64encode(encrypted).decode()}


def _decrypt_metadata(obj: StoredObject, key: EncryptionKey) -> Mapping[str, str]:
    """Return the metadata as it was uploaded; none if it was tampered with."""
    try:
        encrypted = base64.b64decode(obj.metadata.get(METADATA_ENTRY, ""), validate=True)
        salt, rest = encrypted[:SALT_BYTES], encrypted[SALT_BYTES:]
        plain = _metadata_cipher(key, salt).decrypt(bytes(12), rest, _label(obj.name).encode())
    except binascii.Error, ValueError, InvalidTag:
        return {}
    return {str(k): str(v) for k, v in json.loads(plain).items()}


def _metadata_cipher(key: EncryptionKey, salt: bytes) -> ChaCha20Poly1305:
    # The key is derived for the salt alone, so the nonce may be constant.
    return ChaCha20Poly1305(key.derive(b"facts", salt))


def _label(name: str) -> str:
    return name.rpartition("/")[2]
