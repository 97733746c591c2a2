"""One upload to Google Cloud Storage: resumed where it broke off, compared, never doubled."""

from __future__ import annotations

import base64
from contextlib import closing
import hashlib
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from .errors import (
    BucketMissing,
    ChecksumMismatch,
    ObjectConflict,
    ObjectMissing,
    StorageBusy,
    StorageError,
    StorageUnreachable,
    TransferStopped,
)
from .gcs_resumable import SessionGoneError, UploadSession
from .object_store import ResumePoint, StoredObject

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from threading import Event

    from google.cloud.storage import Blob, Bucket

    from .object_store import Upload
    from .transfer import Throttle

TIMEOUT_S = (4.0, 4.0)
"""For connecting and for an answer; short, since a stop waits for it."""
CHUNK_BYTES = 2 * 2**20
"""Sent between two answers. Nothing is lost with a chunk that breaks off: its beginning counts."""
BARREN_TRIES = 6
"""Questions and attempts in a row that bring nothing, until it is left to the outbox."""
PAUSE_S = 1.0
BLOCK_BYTES = 2**18


class ErrorTranslator(Protocol):
    """What turns the libraries' exceptions into ours."""

    def __call__(
        self, *, missing: type[StorageError] = ObjectMissing
    ) -> AbstractContextManager[None]:
        """Return the context; ``missing`` is what a 404 means."""
        ...


def stored(blob: Blob) -> StoredObject:
    """Return what is known of an object."""
    return StoredObject(
        name=blob.name,
        bytes=int(blob.size or 0),
        generation=int(blob.generation or 0),
        md5=blob.md5_hash,
        content_type=blob.content_type or "application/octet-stream",
        metadata=dict(blob.metadata or {}),
    )


class GcsUpload:
    """One upload into a bucket."""

    def __init__(
        self,
        upload: Upload,
        *,
        bucket: Bucket,
        throttle: Throttle,
        told_apart: ErrorTranslator,
        chunk_bytes: int,
        stop: Event,
        on_resume_point: Callable[[ResumePoint | None], None],
        on_progress: Callable[[int], None],
    ) -> None:
        self._upload = upload
        self._bucket = bucket
        self._throttle = throttle
        self._told_apart = told_apart
        self._chunk_bytes = chunk_bytes
        self._stop = stop
        self._keep = on_resume_point
        self._tell = on_progress

    def run(self, resume: ResumePoint | None) -> StoredObject:
        """Store it, unless it is there already; see ``CloudStore.upload``."""
        size, md5 = self._measured()
        wanted = (self._upload.name, size, md5)
        if resume is not None and (resume.name, resume.bytes, resume.md5) != wanted:
            resume = None
        try:
            resource = self._resource(resume, size, md5)
        except ObjectConflict:
            self._keep(None)
            return self._same(size, md5)
        except ChecksumMismatch:
            self._keep(None)
            raise
        blob = self._bucket.blob(self._upload.name)
        blob._set_properties(resource)  # noqa: SLF001 - as the library does after its own uploads
        self._keep(None)
        if (blob.size, blob.md5_hash) != (size, md5):
            self._withdraw(blob)
            raise ChecksumMismatch
        return stored(blob)

    def _measured(self) -> tuple[int, str]:
        """Return how many bytes there are, and their MD5 in base64."""
        # Against accidents, not attackers: a seal (sealing.py) is for those.
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with self._upload.content.open() as stream:
            while block := stream.read(BLOCK_BYTES):
                if self._stop.is_set():
                    raise TransferStopped
                digest.update(block)
                size += len(block)
        return size, base64.b64encode(digest.digest()).decode()

    def _resource(self, resume: ResumePoint | None, size: int, md5: str) -> dict[str, Any]:
        """Go on from ``resume``, or from the beginning when there is none or it is gone."""
        if resume is not None:
            try:
                return self._transfer(resume, there=None)
            except SessionGoneError:
                self._keep(None)
        if self._stop.is_set():
            raise TransferStopped
        session = self._begin(size, md5)
        point = ResumePoint(name=self._upload.name, bytes=size, md5=md5, session=session)
        self._keep(point)
        try:
            return self._transfer(point, there=0)
        except SessionGoneError:
            self._keep(None)
            raise StorageBusy("The cloud storage forgot an upload that it had just begun") from None

    def _begin(self, size: int, md5: str) -> str:
        """Announce the object; return the address that its bytes go to."""
        blob = self._bucket.blob(self._upload.name)
        blob.metadata = dict(self._upload.metadata)
        blob.content_type = self._upload.content_type
        # With it the storage compares before there is an object, and we once more afterwards.
        # MD5 rather than CRC32C: every plain object has both, and this one needs no C library.
        blob.md5_hash = md5
        with self._told_apart(missing=BucketMissing):
            uri: str = blob.create_resumable_upload_session(
                content_type=self._upload.content_type,
                size=size,
                if_generation_match=0,
                checksum=None,
                timeout=TIMEOUT_S,
                retry=None,
            )
        return uri

    def _transfer(self, point: ResumePoint, *, there: int | None) -> dict[str, Any]:
        """Send what is missing, as long as something arrives; return the object's resource.

        ``there`` is how many bytes have arrived; None: ask.
        """
        furthest = -1
        barren = 0
        session = UploadSession(
            point.session, point.bytes, stop=self._stop, throttle=self._throttle
        )
        with closing(session), self._upload.content.open() as stream:
            while barren < BARREN_TRIES:
                try:
                    answer = self._step(session, stream, there, point.bytes)
                except StorageUnreachable:
                    there = None
                    barren += 1
                    if self._stop.wait(PAUSE_S):
                        raise TransferStopped from None
                    continue
                if isinstance(answer, dict):
                    self._tell(point.bytes)
                    return answer
                there = answer
                barren = 0 if answer > furthest else barren + 1
                furthest = max(furthest, answer)
                self._tell(answer)
        raise StorageUnreachable

    def _step(
        self, session: UploadSession, stream: BinaryIO, there: int | None, total: int
    ) -> int | dict[str, Any]:
        if there is None:
            return session.where()
        return session.send(stream, there, min(there + self._chunk_bytes, total))

    def _same(self, size: int, md5: str) -> StoredObject:
        """Return the object that has the name already if it is the same; raise ObjectConflict."""
        blob = self._bucket.blob(self._upload.name)
        try:
            with self._told_apart():
                blob.reload(timeout=TIMEOUT_S, retry=None)
        except ObjectMissing:  # deleted since
            raise StorageBusy from None
        if (blob.size, blob.md5_hash) != (size, md5):
            raise ObjectConflict
        return stored(blob)

    def _withdraw(self, blob: Blob) -> None:
        """Delete what arrived damaged, and nothing else that may have the name."""
        if blob.generation is None:  # then the answer itself is damaged, too
            return
        with self._told_apart():
            blob.delete(if_generation_match=blob.generation, timeout=TIMEOUT_S, retry=None)
