"""Clips in a Google Cloud Storage bucket.

Importing this takes a second, so import it in a thread, and only when there is a bucket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
import os
from typing import TYPE_CHECKING, Any, Self

from google.api_core.exceptions import RequestRangeNotSatisfiable
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2 import service_account

from ..core.clock import SystemClock
from .errors import BucketMissing, ObjectMissing, StorageError
from .gcs_auth import LoginSession, key_credentials, no_credentials, own_credentials
from .gcs_check import probe
from .gcs_errors import told_apart
from .gcs_upload import CHUNK_BYTES, GcsUpload, stored
from .object_names import gcs_uri
from .object_store import ResumePoint, StoredObject, Upload, ignore
from .transfer import Throttle, save_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from threading import Event

    from google.auth.credentials import Credentials
    from google.cloud.storage import Blob, Bucket

    from ..core.clock import Clock

TIMEOUT_S = (4.0, 10.0)
"""For connecting and for each read."""
RETRY = DEFAULT_RETRY.with_timeout(8.0)
"""For reading, where nobody else tries again. What writes is tried again by the outbox."""
FIRST_BLOCK_BYTES = 256 * 2**10
LAST_BLOCK_BYTES = 4 * 2**20
QUICK_S = 0.5
"""A block that comes faster lets the next be twice as large: a film begins at once and then flows,
and on a slow line whoever reads is never held up for long."""
PAGE_SIZE = 1000
LONGEST_LINK_S = 7 * 86_400
"""What V4 signatures allow."""
EMULATOR_VARIABLE = "STORAGE_EMULATOR_HOST"
"""Google's own libraries look there, too: the address of a stand-in for the whole storage."""
_FIELDS = "items(name,size,generation,md5Hash,contentType,metadata),nextPageToken"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsSettings:
    """Which bucket, and who we are."""

    bucket: str
    prefix: str = "homesec"
    key: Mapping[str, Any] | None = field(default=None, repr=False)
    """A service-account key, as Google's JSON file has it; None: the machine's own login."""
    upload_bytes_per_s: float | None = None


class GcsStore:
    """A bucket of Google Cloud Storage; a ``CloudStore``."""

    def __init__(
        self,
        settings: GcsSettings,
        *,
        clock: Clock | None = None,
        endpoint: str | None = None,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        """Log in; raises KeyInvalid, LoginMissing or BucketMissing (no bucket can be called so).

        ``endpoint`` is an emulator's address (else the environment may name one), ``chunk_bytes``
        (a multiple of 256 KiB) how much an upload sends between two answers; both for tests.
        """
        endpoint = endpoint or os.environ.get(EMULATOR_VARIABLE)
        clock = clock or SystemClock()
        self._clock = clock
        self._session: LoginSession | None = None
        with self._told_apart():
            credentials = _credentials(settings, emulated=endpoint is not None)
        self._signer = credentials if isinstance(credentials, service_account.Credentials) else None
        self._session = LoginSession(credentials, clock)
        self._client = Client(
            project="unused",  # only what makes or lists buckets needs one
            credentials=credentials,
            client_options={"api_endpoint": endpoint} if endpoint else None,
            _http=self._session,
        )
        # It would ask for the bucket's own facts in a thread of its own at each first call, which
        # a key that may only handle objects is not allowed, and which no stop could end.
        self._client._bucket_metadata_cache = None  # noqa: SLF001
        try:
            self._bucket: Bucket = self._client.bucket(settings.bucket)
        except ValueError:
            raise BucketMissing(bucket=settings.bucket) from None
        self._prefix = settings.prefix.strip("/")
        self._throttle = Throttle(settings.upload_bytes_per_s, clock)
        self._chunk_bytes = chunk_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._bucket.name}/{self._prefix})"

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end."""
        return self._prefix

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is."""
        return gcs_uri(self._bucket.name, self._prefix)

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._client.close()

    def upload(
        self,
        upload: Upload,
        *,
        stop: Event,
        resume: ResumePoint | None = None,
        on_resume_point: Callable[[ResumePoint | None], None] = ignore,
        on_progress: Callable[[int], None] = ignore,
    ) -> StoredObject:
        """Store it, unless it is there already; see ``CloudStore``."""
        return GcsUpload(
            upload,
            bucket=self._bucket,
            throttle=self._throttle,
            told_apart=self._told_apart,
            chunk_bytes=self._chunk_bytes,
            stop=stop,
            on_resume_point=on_resume_point,
            on_progress=on_progress,
        ).run(resume)

    def find(self, name: str) -> StoredObject | None:
        """Return what the bucket knows of an object."""
        blob = self._bucket.blob(name)
        try:
            with self._told_apart():
                blob.reload(timeout=TIMEOUT_S, retry=RETRY)
        except ObjectMissing:
            return None
        return stored(blob)

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Give a range of the object, block by block, each asked for when it is wanted."""
        block_bytes = FIRST_BLOCK_BYTES
        blob = self._bucket.blob(name)
        while end is None or start < end:
            until = start + block_bytes if end is None else min(end, start + block_bytes)
            began = self._clock.monotonic()
            block = self._block(blob, start, until)
            yield from (block,) if block else ()
            if len(block) < until - start:
                return
            start = until
            if self._clock.monotonic() - began < QUICK_S:
                block_bytes = min(2 * block_bytes, LAST_BLOCK_BYTES)

    def _block(self, blob: Blob, start: int, end: int) -> bytes:
        with self._told_apart():
            try:
                # Raw: what is stored is what was sent, so nothing is to be unpacked.
                block: bytes = blob.download_as_bytes(
                    start=start,
                    end=end - 1,
                    raw_download=True,
                    checksum=None,
                    timeout=TIMEOUT_S,
                    retry=RETRY,
                )
            except RequestRangeNotSatisfiable:  # begins at the object's end or beyond
                return b""
        return block

    def download(self, name: str, path: Path, *, stop: Event) -> StoredObject:
        """Write the object to a file; raises ChecksumMismatch when it does not arrive whole."""
        found = self.find(name)
        if found is None:
            raise ObjectMissing
        save_stream(self.read(name), path, stop=stop, md5=found.md5)
        return found

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change facts of an object; its others stay, and what is in it."""
        blob = self._bucket.blob(name)
        blob.metadata = dict(metadata)
        with self._told_apart():
            blob.patch(timeout=TIMEOUT_S, retry=None)

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        try:
            with self._told_apart():
                self._bucket.blob(name).delete(timeout=TIMEOUT_S, retry=None)
        except ObjectMissing:
            return False
        return True

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Give the objects in our folder in order of name; pages are fetched as they are needed."""
        ours = f"{self._prefix}/{prefix}" if self._prefix else prefix
        blobs = iter(
            self._client.list_blobs(
                self._bucket,
                prefix=ours or None,
                start_offset=after or None,
                page_size=PAGE_SIZE,
                fields=_FIELDS,
                timeout=TIMEOUT_S,
                retry=RETRY,
            )
        )
        while True:
            with self._told_apart(missing=BucketMissing):
                blob = next(blobs, None)
            if blob is None:
                return
            if blob.name != after:
                yield stored(blob)

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a V4 signed link if we have a key to sign with; nobody is asked."""
        if self._signer is None:
            return None
        url: str = self._bucket.blob(name).generate_signed_url(
            version="v4",
            expiration=timedelta(seconds=min(max(lifetime_s, 1), LONGEST_LINK_S)),
            method="GET",
            credentials=self._signer,
        )
        return url

    def can_sign_urls(self) -> bool:
        """Return whether we have a key to sign with."""
        return self._signer is not None

    def probe(self) -> None:
        """Write, read, list and delete a probe object; raises what is missing."""
        probe(self, self._bucket, told_apart=self._told_apart)

    def _told_apart(
        self, *, missing: type[StorageError] = ObjectMissing
    ) -> AbstractContextManager[None]:
        return told_apart(
            skew_s=lambda: self._session.skew_s if self._session else 0.0, missing=missing
        )


def _credentials(settings: GcsSettings, *, emulated: bool) -> Credentials:
    if settings.key is not None:
        return key_credentials(settings.key)
    return no_credentials() if emulated else own_credentials()
