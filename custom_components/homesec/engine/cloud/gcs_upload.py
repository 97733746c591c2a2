"""One upload to Google Cloud Storage: resumed where it broke off, verified, and never doubled."""

import base64
from contextlib import closing, suppress
from dataclasses import dataclass
import hashlib
import logging
from typing import TYPE_CHECKING, Any

from .errors import (
    BucketMissing,
    ChecksumMismatch,
    ObjectConflict,
    ObjectMissing,
    RetentionLocked,
    StorageBusy,
    StorageDenied,
    StorageUnreachable,
    TransferStopped,
)
from .gcs_resumable import SessionGoneError, UploadSession
from .object_store import ResumePoint, StoredObject

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from google.cloud.storage import Blob

    from .gcs_client import GcsClient
    from .object_store import Upload
    from .transfer import Throttle

_LOGGER = logging.getLogger(__name__)

TIMEOUT_S = (4.0, 4.0)  # for connecting and for an answer; short, since a stop waits for it
CHUNK_BYTES = 2 * 2**20
"""Sent between two answers. When a chunk breaks off, what has arrived of it counts."""
MAX_FAILURES = 6  # in a row, without any byte arriving; then the outbox decides when to go on
PAUSE_S = 1.0
BLOCK_BYTES = 2**18


def stored_object(blob: Blob) -> StoredObject:
    """Return the metadata of the library's object."""
    return StoredObject(
        name=blob.name,
        bytes=int(blob.size or 0),
        generation=int(blob.generation or 0),
        md5=blob.md5_hash,
        content_type=blob.content_type or "application/octet-stream",
        metadata=dict(blob.metadata or {}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsUpload:
    """One upload into a bucket."""

    upload: Upload
    gcs: GcsClient
    throttle: Throttle
    chunk_bytes: int
    stop: Event
    on_resume_point: Callable[[ResumePoint | None], None]
    on_progress: Callable[[int], None]

    def run(self, resume: ResumePoint | None) -> StoredObject:
        """Store the object, unless it is there already; see ``CloudStore.upload``."""
        size, md5 = self._measure()
        wanted = (self.upload.name, size, md5)
        if resume is not None and (resume.name, resume.bytes, resume.md5) != wanted:
            resume = None
        try:
            resource = self._send(resume, size, md5)
        except ObjectConflict, RetentionLocked:  # a write-once bucket may name its lock instead
            self.on_resume_point(None)
            return self._existing_object(size, md5)
        except ChecksumMismatch:
            self.on_resume_point(None)
            raise
        blob = self.gcs.bucket.blob(self.upload.name)
        blob._set_properties(resource)  # noqa: SLF001 - as the library does after its own uploads
        self.on_resume_point(None)
        if (blob.size, blob.md5_hash) != (size, md5):
            self._delete_damaged(blob)
            raise ChecksumMismatch
        return stored_object(blob)

    def _measure(self) -> tuple[int, str]:
        """Return how many bytes there are, and their MD5 in base64."""
        # MD5 is against accidents; encryption (encryption.py) is against attackers.
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with self.upload.content.open() as stream:
            while block := stream.read(BLOCK_BYTES):
                if self.stop.is_set():
                    raise TransferStopped
                digest.update(block)
                size += len(block)
        return size, base64.b64encode(digest.digest()).decode()

    def _send(self, resume: ResumePoint | None, size: int, md5: str) -> dict[str, Any]:
        """Resume the upload, or begin it if it cannot be resumed; return the object's resource."""
        if resume is not None:
            try:
                return self._transfer(resume, arrived=None)
            except SessionGoneError:
                self.on_resume_point(None)
        if self.stop.is_set():
            raise TransferStopped
        session = self._begin(size, md5)
        point = ResumePoint(name=self.upload.name, bytes=size, md5=md5, session=session)
        self.on_resume_point(point)
        try:
            return self._transfer(point, arrived=0)
        except SessionGoneError:
            self.on_resume_point(None)
            raise StorageBusy("The cloud storage forgot an upload that it had just begun") from None

    def _begin(self, size: int, md5: str) -> str:
        """Begin an upload; return its session URI."""
        blob = self.gcs.bucket.blob(self.upload.name)
        blob.metadata = dict(self.upload.metadata)
        blob.content_type = self.upload.content_type
        # By this the storage compares before there is an object, and we once more afterwards.
        # MD5 rather than CRC32C: every plain object has both, and this one needs no C library.
        blob.md5_hash = md5
        with self.gcs.translate_errors(missing=BucketMissing):
            uri: str = blob.create_resumable_upload_session(
                content_type=self.upload.content_type,
                size=size,
                if_generation_match=0,
                checksum=None,
                timeout=TIMEOUT_S,
                retry=None,
            )
        return uri

    def _transfer(self, point: ResumePoint, *, arrived: int | None) -> dict[str, Any]:
        """Send the missing bytes as long as something arrives; return the object's resource.

        ``arrived`` is how many bytes are there; None: ask.
        """
        furthest = -1
        failures = 0
        session = UploadSession(point.session, point.bytes, stop=self.stop, throttle=self.throttle)
        with closing(session), self.upload.content.open() as stream:
            while failures < MAX_FAILURES:
                try:
                    if arrived is None:
                        answer = session.query()
                    else:
                        end = min(arrived + self.chunk_bytes, point.bytes)
                        answer = session.send(stream, arrived, end)
                except StorageUnreachable:
                    arrived = None
                    failures += 1
                    if self.stop.wait(PAUSE_S):
                        raise TransferStopped from None
                    continue
                if isinstance(answer, dict):
                    self.on_progress(point.bytes)
                    return answer
                arrived = answer
                failures = 0 if answer > furthest else failures + 1
                furthest = max(furthest, answer)
                self.on_progress(answer)
        raise StorageUnreachable

    def _existing_object(self, size: int, md5: str) -> StoredObject:
        """Return the object that has the name, if it is the same; raise ObjectConflict."""
        blob = self.gcs.bucket.blob(self.upload.name)
        try:
            with self.gcs.translate_errors():
                blob.reload(timeout=TIMEOUT_S, retry=None)
        except ObjectMissing:  # deleted since
            raise StorageBusy from None
        except StorageDenied as err:
            if type(err) is not StorageDenied:
                raise
            # The account may not read. Names are unique, and the storage compared the checksum
            # before it created the object: so this is an upload whose answer was lost.
            _LOGGER.info("An object that is there already cannot be compared")
            return self._unread_object(size, md5)
        if (blob.size, blob.md5_hash) != (size, md5):
            raise ObjectConflict
        return stored_object(blob)

    def _unread_object(self, size: int, md5: str) -> StoredObject:
        return StoredObject(
            name=self.upload.name,
            bytes=size,
            generation=0,
            md5=md5,
            content_type=self.upload.content_type,
            metadata=self.upload.metadata,
        )

    def _delete_damaged(self, blob: Blob) -> None:
        """Delete what arrived damaged, but nothing else that may have the name."""
        if blob.generation is None:  # the answer itself is damaged
            return
        with suppress(StorageDenied, RetentionLocked), self.gcs.translate_errors():
            blob.delete(if_generation_match=blob.generation, timeout=TIMEOUT_S, retry=None)
