"""A bucket whose objects are encrypted before upload and decrypted when read.

It stands in front of every bucket, since one may also hold clips from before the encryption was
turned on, or after it was turned off, or in the format before age. Each object itself says how it
is encrypted. Whether it has to be is for the catalog to say (``watch``): otherwise, whoever can
write to the bucket could replace a clip with one that isn't encrypted.
"""

from collections import deque
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
import logging
from typing import TYPE_CHECKING

from ..core.clip_id import clip_time
from . import age, old_format
from .age import AgeFile
from .chunks import plain_size
from .encryption_settings import EncryptionSettings
from .errors import (
    EncryptedFileBroken,
    EncryptionError,
    EncryptionKeyInvalid,
    EncryptionKeyMissing,
    ObjectMissing,
    PrivateKeyElsewhere,
    UnencryptedObject,
)
from .object_names import CONTENT_TYPES, clip_id_from_name
from .object_store import Upload, ignore
from .old_format import OldEncryption, OldFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event

    from .chunks import Chunks
    from .encryption_settings import Encryption
    from .key_ring import KeyRing
    from .object_store import CloudStore, ResumePoint, Rights, StoredObject

_LOGGER = logging.getLogger(__name__)

KEY_ID_ENTRY = "homesec-sealed-by"
"""The entry of an encrypted object's metadata with the id of its key."""
type _File = AgeFile | OldFile

PLAIN = ""
"""The id of no key: what the catalog remembers of an object that isn't encrypted."""
CACHE_SIZE = 32  # files whose header is kept, since playback reads many ranges of one file


class EncryptedStore:
    """A ``CloudStore`` in front of another one."""

    def __init__(self, inner: CloudStore, settings: EncryptionSettings | None = None) -> None:
        """Each call raises EncryptionKeyInvalid if a key in the settings isn't one."""
        self._inner = inner
        self._settings = settings or EncryptionSettings()
        self._files: dict[str, _File | None] = {}
        self._remembered: Callable[[str], str | None] = lambda _name: None
        self._on_refused: Callable[[str], None] = ignore

    def watch(
        self, remembered: Callable[[str], str | None], on_refused: Callable[[str], None]
    ) -> None:
        """Refuse plain objects where the catalog remembers encrypted ones.

        ``remembered`` returns the id of the key that an object was uploaded with, ``PLAIN``, or
        None if that isn't known; ``on_refused`` gets the name of each object that is refused.
        """
        self._remembered = remembered
        self._on_refused = on_refused

    @cached_property
    def _encryption(self) -> Encryption | None:
        return self._settings.encryption()

    @cached_property
    def _keys(self) -> KeyRing:
        return self._settings.key_ring()

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end."""
        return self._inner.prefix

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is."""
        return self._inner.bucket_uri

    @property
    def rights(self) -> Rights:
        """Return what the account may do in the bucket."""
        return self._inner.rights

    def connect(self) -> None:
        """Read the keys and log in, if that was not done yet."""
        _ = self._keys, self._encryption
        self._inner.connect()

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._inner.close()

    def check_access(self) -> Rights:
        """Try what the account may do in the bucket; see ``CloudStore``."""
        return self._inner.check_access()

    @property
    def encrypts(self) -> bool:
        """Return whether new objects are encrypted."""
        return self._settings.encrypt_with is not None

    def can_decrypt(self, key_id: str) -> bool:
        """Return whether this system has the key that decrypts; True for ``PLAIN``."""
        try:
            return key_id == PLAIN or key_id in self._keys
        except EncryptionKeyInvalid:
            return False

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
        sent = upload
        if self._encryption is not None:
            name = _base_name(upload.name)
            metadata = self._encryption.encrypt_metadata(upload.metadata, name)
            sent = replace(
                upload,
                content=self._encryption.encrypt(upload.content, name),
                content_type="application/octet-stream",
                metadata={KEY_ID_ENTRY: self._encryption.key_id, **metadata},
            )
        self._files.pop(upload.name, None)
        stored = self._inner.upload(
            sent,
            stop=stop,
            resume=resume,
            on_resume_point=on_resume_point,
            on_progress=on_progress,
        )
        found = self._decrypted(stored)
        if stored.metadata == sent.metadata:  # without the private key, it's known all the same
            found = replace(found, metadata=dict(upload.metadata))
        return found

    def find(self, name: str) -> StoredObject | None:
        """Return an object's decrypted metadata; None if there is no such object."""
        found = self._inner.find(name)
        if found is None:
            return None
        if KEY_ID_ENTRY not in found.metadata and not self._has_to_be_encrypted(name):
            return found
        decrypted = self._decrypted(found)
        try:
            file = self._file(name)
        except UnencryptedObject:
            return replace(found, metadata={}, refused=True)
        except EncryptedFileBroken:  # raised when it's read
            return decrypted
        # The size is the header's to say: another program may have encrypted the file again.
        return replace(decrypted, bytes=file.size if file else found.bytes, refused=False)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects; one that is encrypted with an unknown key has no metadata of ours."""
        return map(self._decrypted, self._inner.list(prefix, after=after))

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield a range of the decrypted object. Also raises EncryptionError."""
        file = self._file(name)
        if file is None:
            yield from self._inner.read(name, start, end)
            return
        chunks = self._chunks(file)
        end = chunks.size if end is None else min(end, chunks.size)
        # An empty file is decrypted too, which authenticates that it is empty.
        if start < end or chunks.size == 0:
            try:
                pieces = self._inner.read(name, *chunks.span(start, end))
                yield from chunks.decrypt(pieces, start, end)
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
            metadata = self._encrypted_metadata(metadata, _base_name(name), key_id)
        self._inner.update_metadata(name, metadata)

    def _encrypted_metadata(
        self, metadata: Mapping[str, str], name: str, key_id: str
    ) -> dict[str, str]:
        """Encrypt metadata with the key that the object is encrypted with."""
        if self._encryption is not None and self._encryption.key_id == key_id:
            return self._encryption.encrypt_metadata(metadata, name)
        if (private := self._keys.private.get(key_id)) is not None:
            return age.encrypt_metadata(metadata, name, private.public)
        if (old := self._keys.old.get(key_id)) is not None:
            return OldEncryption(old).encrypt_metadata(metadata, name)
        raise EncryptionKeyMissing(key_id=key_id)

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        self._files.pop(name, None)
        return self._inner.delete(name)

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a URL, unless the object is encrypted: no browser could decrypt it."""
        return None if self._file(name) else self._inner.signed_url(name, lifetime_s)

    def can_sign_urls(self) -> bool:
        """Return whether uploads are not encrypted, and the bucket can sign URLs."""
        return self._encryption is None and self._inner.can_sign_urls()

    def _file(self, name: str) -> _File | None:
        """Return how to read an object; None if it is not encrypted."""
        with suppress(KeyError):  # not known, or not any longer: other threads read too
            return self._files[name]
        found = self._inner.find(name)
        if found is None:
            raise ObjectMissing
        file = self._load(found)
        if file is None and (KEY_ID_ENTRY in found.metadata or self._has_to_be_encrypted(name)):
            self._refuse(name)
            raise UnencryptedObject
        if len(self._files) >= CACHE_SIZE:
            self._files.clear()
        self._files[name] = file
        return file

    def _load(self, found: StoredObject) -> _File | None:
        raw = b"".join(self._inner.read(found.name, 0, age.BEGINNING_BYTES))
        name = _base_name(found.name)
        if (old := OldFile.load(raw, total=found.bytes, name=name)) is not None:
            return old
        file = AgeFile.load(raw, total=found.bytes, name=name)
        if file is not None:
            key_id = self._remembered(found.name) or found.metadata.get(KEY_ID_ENTRY)
            file = replace(file, key_id=key_id)
            with suppress(EncryptionKeyMissing):  # raised when it's read
                # The last chunk authenticates where the file ends, which ranges depend on.
                chunks = self._chunks(file)
                last = chunks.last_chunk()
                deque(chunks.decrypt(self._inner.read(found.name, *chunks.span(*last)), *last), 0)
        return file

    def _chunks(self, file: _File) -> Chunks:
        """Return how to decrypt a file; tell a missing key from a damaged header."""
        try:
            return file.chunks(self._keys)
        except EncryptionKeyMissing:
            if isinstance(file, OldFile) or file.key_id is None:
                raise
            if file.key_id in self._keys:
                raise EncryptedFileBroken from None
            if self._encryption is not None and file.key_id == self._encryption.key_id:
                raise PrivateKeyElsewhere(key_id=file.key_id) from None
            raise EncryptionKeyMissing(key_id=file.key_id) from None

    def _has_to_be_encrypted(self, name: str) -> bool:
        key_id = self._remembered(name)
        if key_id is not None:
            return key_id != PLAIN
        clip_id = clip_id_from_name(name)
        made_at = clip_time(clip_id) if clip_id is not None else None
        since = self._settings.since
        return (
            self._encryption is not None
            and since is not None
            and made_at is not None
            and made_at >= since
        )

    def _refuse(self, name: str) -> None:
        _LOGGER.warning("The object %s isn't encrypted, but has to be", name)
        self._on_refused(name)

    def _decrypted(self, obj: StoredObject) -> StoredObject:
        """Return an object as it was before encryption, as far as our keys can decrypt it."""
        key_id = obj.metadata.get(KEY_ID_ENTRY)
        if key_id is None:
            if self._has_to_be_encrypted(obj.name):
                self._refuse(obj.name)
                return replace(obj, metadata={}, refused=True)
            return obj
        name = _base_name(obj.name)
        letters = obj.metadata.get(age.METADATA_ENTRY)
        try:
            if letters is not None:
                head = age.head_size(name)
                metadata = age.decrypt_metadata(letters, name, self._keys)
            else:
                head, old = old_format.HEADER_BYTES, self._keys.old.get(key_id)
                letters = obj.metadata.get(old_format.METADATA_ENTRY, "")
                metadata = old_format.decrypt_metadata(letters, name, old) if old else {}
            size = plain_size(obj.bytes - head)
        except EncryptionError:  # raised when it is read; a listing of thousands goes on
            return replace(obj, metadata={}, key_id=key_id)
        return replace(
            obj,
            bytes=size,
            content_type=CONTENT_TYPES.get(obj.name[-4:], obj.content_type),
            metadata=metadata if key_id in self._keys else obj.metadata,
            key_id=key_id,
        )


def _base_name(name: str) -> str:
    return name.rpartition("/")[2]
