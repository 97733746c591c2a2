"""Clips in a Google Cloud Storage bucket."""

from dataclasses import dataclass, field
from datetime import timedelta
import logging
import os
import threading
from typing import TYPE_CHECKING, Any, Self

from ..core.clock import SystemClock
from .errors import BucketMissing, ObjectMissing, StorageError
from .gcs_check import check_access
from .gcs_upload import CHUNK_BYTES, GcsUpload, stored_object
from .object_names import gcs_uri
from .object_store import ResumePoint, Rights, StoredObject, Upload, ignore
from .transfer import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event

    from google.cloud.storage import Blob

    from ..core.clock import Clock
    from .gcs_client import GcsClient

_LOGGER = logging.getLogger(__name__)

TIMEOUT_S = (4.0, 10.0)  # for connecting and for each read
FIRST_BLOCK_BYTES = 256 * 2**10
LAST_BLOCK_BYTES = 4 * 2**20
QUICK_S = 0.5
"""A block that arrives sooner doubles the size of the next: playback begins at once and then flows,
and a reader on a slow line never waits long."""
PAGE_SIZE = 1000
LONGEST_LINK_S = 7 * 86_400  # the limit of V4 signatures
EMULATOR_VARIABLE = "STORAGE_EMULATOR_HOST"
"""The environment variable, of Google's own libraries too, with the address of an emulator."""
_FIELDS = "items(name,size,generation,md5Hash,contentType,metadata),nextPageToken"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsSettings:
    """A bucket and the login to it."""

    bucket: str
    prefix: str = "homesec"
    key: Mapping[str, Any] | None = field(default=None, repr=False)
    """A service-account key, as Google's JSON file has it; None: the machine's own login."""
    upload_bytes_per_s: float | None = None
    billed_project: str | None = None  # which pays for requests, in a bucket that bills its users
    rights: Rights = field(default_factory=Rights)


class GcsStore:
    """A ``CloudStore``. It logs in when it is first used, and tries again until it can."""

    def __init__(
        self,
        settings: GcsSettings,
        *,
        clock: Clock | None = None,
        endpoint: str | None = None,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        """Prepare; nothing is imported or asked yet.

        For tests: ``endpoint`` is an emulator's address (else the environment may name one),
        ``chunk_bytes`` (a multiple of 256 KiB) what an upload sends between two answers.
        """
        self._settings = settings
        self._clock = clock or SystemClock()
        self._endpoint = endpoint
        self._chunk_bytes = chunk_bytes
        self._prefix = settings.prefix.strip("/")
        self._throttle = Throttle(settings.upload_bytes_per_s, self._clock)
        self._lock = threading.Lock()
        self._client: GcsClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end."""
        return self._prefix

    @property
    def bucket_uri(self) -> str:
        """Return ``gs://bucket/prefix``."""
        return gcs_uri(self._settings.bucket, self._prefix)

    @property
    def rights(self) -> Rights:
        """Return what the account may do, as it was found when the bucket was set up."""
        return self._settings.rights

    def connect(self) -> GcsClient:
        """Log in, if that was not done yet; see ``CloudStore``."""
        with self._lock:
            if self._client is None:
                try:
                    from .gcs_client import GcsClient

                    self._client = GcsClient(
                        self._settings.bucket,
                        key=self._settings.key,
                        endpoint=self._endpoint or os.environ.get(EMULATOR_VARIABLE),
                        clock=self._clock,
                        billed_project=self._settings.billed_project,
                    )
                except StorageError:
                    raise
                except Exception as err:  # noqa: BLE001 - such as a library that does not load
                    # Without its message, which may contain a piece of the key.
                    _LOGGER.error("The cloud storage cannot be used: %s", type(err).__name__)
                    failure = StorageError(type(err).__name__)
                    failure.answer = type(err).__name__
                    raise failure from None
            return self._client

    def close(self) -> None:
        """Close the connections; idempotent."""
        # Without the lock, which is held as long as a login waits for the network.
        if (client := self._client) is not None:
            client.close()

    def upload(
        self,
        upload: Upload,
        *,
        stop: Event,
        resume: ResumePoint | None = None,
        on_resume_point: Callable[[ResumePoint | None], None] = ignore,
        on_progress: Callable[[int], None] = ignore,
    ) -> StoredObject:
        """Store an object, unless it is there already; see ``CloudStore``."""
        return GcsUpload(
            upload=upload,
            gcs=self.connect(),
            throttle=self._throttle,
            chunk_bytes=self._chunk_bytes,
            stop=stop,
            on_resume_point=on_resume_point,
            on_progress=on_progress,
        ).run(resume)

    def find(self, name: str) -> StoredObject | None:
        """Return an object's metadata; None if there is no such object."""
        gcs = self.connect()
        blob = gcs.bucket.blob(name)
        try:
            with gcs.translate_errors():
                blob.reload(timeout=TIMEOUT_S, retry=gcs.retry)
        except ObjectMissing:
            return None
        return stored_object(blob)

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield a range of the object, block by block, each requested when it is needed."""
        block_bytes = FIRST_BLOCK_BYTES
        gcs = self.connect()
        blob = gcs.bucket.blob(name)
        while end is None or start < end:
            until = start + block_bytes if end is None else min(end, start + block_bytes)
            began_t = self._clock.monotonic()
            block = _read_block(gcs, blob, start, until)
            if block:
                yield block
            if len(block) < until - start:
                return
            start = until
            if self._clock.monotonic() - began_t < QUICK_S:
                block_bytes = min(2 * block_bytes, LAST_BLOCK_BYTES)

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change entries of an object's metadata; see ``CloudStore``."""
        gcs = self.connect()
        blob = gcs.bucket.blob(name)
        blob.metadata = dict(metadata)
        with gcs.translate_errors():
            blob.patch(timeout=TIMEOUT_S, retry=None)

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        gcs = self.connect()
        try:
            with gcs.translate_errors():
                gcs.bucket.blob(name).delete(timeout=TIMEOUT_S, retry=None)
        except ObjectMissing:
            return False
        return True

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects in our folder in order of name; see ``CloudStore``."""
        gcs = self.connect()
        blobs = iter(
            gcs.bucket.list_blobs(
                prefix=(f"{self._prefix}/{prefix}" if self._prefix else prefix) or None,
                start_offset=after or None,
                page_size=PAGE_SIZE,
                fields=_FIELDS,
                timeout=TIMEOUT_S,
                retry=gcs.retry,
            )
        )
        while True:
            with gcs.translate_errors(missing=BucketMissing):
                blob = next(blobs, None)
            if blob is None:
                return
            if blob.name != after:
                yield stored_object(blob)

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a V4 signed URL, None without a key to sign with. Nothing is asked."""
        gcs = self.connect()
        if gcs.signer is None:
            return None
        url: str = gcs.bucket.blob(name).generate_signed_url(
            version="v4",
            expiration=timedelta(seconds=min(max(lifetime_s, 1), LONGEST_LINK_S)),
            method="GET",
            credentials=gcs.signer,
        )
        return url

    def can_sign_urls(self) -> bool:
        """Return whether there is a key to sign with."""
        return self.connect().signer is not None

    def check_access(self) -> Rights:
        """Try what the account may do in the bucket; see ``CloudStore``."""
        return check_access(self, self.connect())


def _read_block(gcs: GcsClient, blob: Blob, start: int, end: int) -> bytes:
    try:
        with gcs.translate_errors():
            # Raw, since nothing is stored compressed.
            block: bytes = blob.download_as_bytes(
                start=start,
                end=end - 1,
                raw_download=True,
                checksum=None,
                timeout=TIMEOUT_S,
                retry=gcs.retry,
            )
    except StorageError as err:
        if err.placeholders.get("status") == "416":  # begins at the object's end or beyond
            return b""
        raise
    return block
