"""A bucket whose clips are encrypted: what is stored is sealed, what is read is opened.

It stands in front of every bucket, since clips from before the privacy option was turned on, or
after, lie in the same one. Which is which, the object itself says.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import replace
import json
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .encryption import HEADER_BYTES, EncryptedContent, EncryptedFile, Header, plain_size
from .errors import EncryptedFileBroken, EncryptionKeyMissing, ObjectMissing
from .object_names import CONTENT_TYPES
from .object_store import Upload, ignore
from .transfer import save_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from threading import Event

    from .encryption_key import EncryptionKey
    from .object_store import CloudStore, ResumePoint, StoredObject

SEALED_BY = "homesec-sealed-by"
FACTS = "homesec-sealed"
SALT_BYTES = 16
REMEMBERED = 32
"""Sealed files whose beginning is known: a film is read in many ranges."""


class EncryptedStore:
    """A ``CloudStore`` in front of another one."""

    def __init__(
        self,
        inner: CloudStore,
        *,
        encrypt_with: EncryptionKey | None = None,
        decrypt_with: Iterable[EncryptionKey] = (),
    ) -> None:
        """Seal with one key, or with none; open with that one and with those of earlier times."""
        self._inner = inner
        self._seal_with = encrypt_with
        self._keys = {key.id: key for key in (*decrypt_with, *filter(None, (encrypt_with,)))}
        self._files: dict[str, EncryptedFile | None] = {}

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end."""
        return self._inner.prefix

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is."""
        return self._inner.bucket_uri

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._inner.close()

    def probe(self) -> None:
        """Write, read, list and delete a probe object; raises what is missing."""
        self._inner.probe()

    def upload(
        self,
        upload: Upload,
        *,
        stop: Event,
        resume: ResumePoint | None = None,
        on_resume_point: Callable[[ResumePoint | None], None] = ignore,
        on_progress: Callable[[int], None] = ignore,
    ) -> StoredObject:
        """Store it sealed, facts and all. ``tell`` is told sealed bytes, 1 in 4000 more."""
        if self._seal_with is not None:
            upload = _sealed(upload, self._seal_with)
        self._files.pop(upload.name, None)
        stored = self._inner.upload(
            upload,
            stop=stop,
            resume=resume,
            on_resume_point=on_resume_point,
            on_progress=on_progress,
        )
        return self._opened(stored)

    def find(self, name: str) -> StoredObject | None:
        """Return what the bucket knows of an object, and what it was before it was sealed."""
        found = self._inner.find(name)
        return self._opened(found) if found is not None else None

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Give the objects; one that is sealed with an unknown key has no facts of a clip."""
        return map(self._opened, self._inner.list(prefix, after=after))

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Return a range of the decrypted object.

        Raises EncryptionKeyMissing and EncryptedFileBroken, too.
        """
        file = self._file(name)
        if file is None:
            yield from self._inner.read(name, start, end)
            return
        key = self._keys.get(file.header.key_id)
        if key is None:
            raise EncryptionKeyMissing(key_id=file.header.key_id)
        end = file.size if end is None else min(end, file.size)
        # An empty file is opened too: that it is empty, is also sealed.
        if start < end or file.size == 0:
            try:
                pieces = self._inner.read(name, *file.span(start, end))
                yield from file.open(key, pieces, start, end)
            except BaseException:
                self._files.pop(name, None)
                raise

    def download(self, name: str, path: Path, *, stop: Event) -> StoredObject:
        """Write what is in the object to a file."""
        found = self.find(name)
        if found is None:
            raise ObjectMissing
        md5 = None if found.key_id else found.md5
        save_stream(self.read(name), path, stop=stop, md5=md5)
        return found

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change facts of an object, sealed as it is itself; raises EncryptionKeyMissing."""
        found = self._inner.find(name)
        if found is None:
            raise ObjectMissing
        key_id = found.metadata.get(SEALED_BY)
        if key_id is not None:
            if (key := self._keys.get(key_id)) is None:
                raise EncryptionKeyMissing(key_id=key_id)
            metadata = _sealed_facts(metadata, key, _label(name))
        self._inner.update_metadata(name, metadata)

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        self._files.pop(name, None)
        return self._inner.delete(name)

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a link, unless the object is sealed: no browser could open what it leads to."""
        return None if self._file(name) else self._inner.signed_url(name, lifetime_s)

    def can_sign_urls(self) -> bool:
        """Return whether what is stored from now on is not sealed, and the bucket can lend it."""
        return self._seal_with is None and self._inner.can_sign_urls()

    def _file(self, name: str) -> EncryptedFile | None:
        """Return how to read an object; None if it is not sealed."""
        with suppress(KeyError):  # it is not known, or not any more: other threads read, too
            return self._files[name]
        found = self._inner.find(name)
        if found is None:
            raise ObjectMissing
        header = Header.load(b"".join(self._inner.read(name, 0, HEADER_BYTES)))
        file = None
        if header is not None:
            file = EncryptedFile(header=header, size=plain_size(found.bytes), label=_label(name))
        if len(self._files) >= REMEMBERED:
            self._files.clear()
        self._files[name] = file
        return file

    def _opened(self, obj: StoredObject) -> StoredObject:
        """Return the object as it was before it was sealed, as far as our keys tell."""
        key_id = obj.metadata.get(SEALED_BY)
        if key_id is None:
            return obj
        key = self._keys.get(key_id)
        try:
            size = plain_size(obj.bytes)
        except EncryptedFileBroken:  # reading it tells; a listing of thousands goes on
            return replace(obj, metadata={}, key_id=key_id)
        return replace(
            obj,
            bytes=size,
            content_type=CONTENT_TYPES.get(obj.name[-4:], obj.content_type),
            metadata=_opened_facts(obj, key) if key else obj.metadata,
            key_id=key_id,
        )


def _sealed(upload: Upload, key: EncryptionKey) -> Upload:
    label = _label(upload.name)
    return replace(
        upload,
        content=EncryptedContent(upload.content, key=key, label=label),
        content_type="application/octet-stream",
        metadata=_sealed_facts(upload.metadata, key, label),
    )


def _sealed_facts(metadata: Mapping[str, str], key: EncryptionKey, label: str) -> dict[str, str]:
    salt = secrets.token_bytes(SALT_BYTES)
    facts = json.dumps(dict(metadata)).encode()
    sealed = salt + _facts_cipher(key, salt).encrypt(bytes(12), facts, label.encode())
    return {SEALED_BY: key.id, FACTS: base64.b64encode(sealed).decode()}


def _opened_facts(obj: StoredObject, key: EncryptionKey) -> Mapping[str, str]:
    """Return the clip's facts; none if somebody changed them."""
    try:
        sealed = base64.b64decode(obj.metadata.get(FACTS, ""), validate=True)
        salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
        facts = _facts_cipher(key, salt).decrypt(bytes(12), rest, _label(obj.name).encode())
    except binascii.Error, ValueError, InvalidTag:
        return {}
    return {str(k): str(v) for k, v in json.loads(facts).items()}


def _facts_cipher(key: EncryptionKey, salt: bytes) -> ChaCha20Poly1305:
    # The key is the salt's own, so that the nonce needs not differ.
    return ChaCha20Poly1305(key.derive(b"facts", salt))


def _label(name: str) -> str:
    return name.rpartition("/")[2]
