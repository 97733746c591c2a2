"""The cloud storage that the entry names, for the engine.

All that needs Google's library or the network happens in the thread that first wants it, so that a
wrong key, a missing library or a dead network never keeps a camera from recording.
"""

from threading import Lock
from typing import TYPE_CHECKING, Any

from ..const import CONF_SEAL_KEYS, CONF_STORAGE, LOGGER
from ..engine.cloud.errors import StorageError
from ..engine.cloud.object_names import gcs_uri
from ..engine.cloud.object_store import ignore
from ..engine.core.errors import HomeSecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from ..engine.cloud.object_store import CloudStore, ResumePoint, StoredObject, Upload

CONF_KEY = "key"
"""A service-account key as Google's JSON file has it; without one, the machine's own login."""
CONF_BUCKET = "bucket"
CONF_PREFIX = "prefix"
CONF_LIMIT = "limit_mbit"
CONF_UPLOAD_REST = "upload_rest"
CONF_SEAL_KEY = "seal_key"

DEFAULT_PREFIX = "homesec"
BYTES_PER_MBIT = 125_000


def cloud_store(data: Mapping[str, Any]) -> LateStore | None:
    """Return the storage that an entry's data name; None if there is none."""
    storage: Mapping[str, Any] | None = data.get(CONF_STORAGE)
    if not storage:
        return None
    earlier: Sequence[str] = data.get(CONF_SEAL_KEYS, ())
    prefix = storage.get(CONF_PREFIX, DEFAULT_PREFIX)
    return LateStore(storage[CONF_BUCKET], prefix, lambda: make_store(storage, earlier))


def make_store(storage: Mapping[str, Any], earlier_keys: Sequence[str] = ()) -> CloudStore:
    """Log in; blocks, the first time for about a second. Raises ``StorageError``."""
    from ..engine.cloud.encrypted_store import EncryptedStore
    from ..engine.cloud.encryption_key import EncryptionKey
    from ..engine.cloud.gcs import GcsSettings, GcsStore

    limit = storage.get(CONF_LIMIT)
    bucket = GcsStore(
        GcsSettings(
            bucket=storage[CONF_BUCKET],
            prefix=storage.get(CONF_PREFIX, DEFAULT_PREFIX),
            key=storage.get(CONF_KEY),
            upload_bytes_per_s=limit * BYTES_PER_MBIT if limit else None,
        )
    )
    seal_key = storage.get(CONF_SEAL_KEY)
    return EncryptedStore(
        bucket,
        encrypt_with=EncryptionKey.from_text(seal_key) if seal_key else None,
        decrypt_with=[EncryptionKey.from_text(text) for text in earlier_keys],
    )


class LateStore:
    """A ``CloudStore`` that is made when it is first needed, and tried anew until it can be."""

    def __init__(self, bucket: str, prefix: str, make: Callable[[], CloudStore]) -> None:
        self._prefix = prefix.strip("/")
        self._place = gcs_uri(bucket, prefix)
        self._make = make
        self._lock = Lock()
        self._store: CloudStore | None = None

    def open(self) -> CloudStore:
        """Return the storage; raises ``StorageError`` if it cannot be made."""
        with self._lock:
            if self._store is None:
                try:
                    self._store = self._make()
                except HomeSecError:
                    raise
                except Exception as err:  # noqa: BLE001 - a library that does not load, say
                    # Not what it says: that may hold a piece of a key.
                    LOGGER.error("The cloud storage cannot be used: %s", type(err).__name__)
                    raise StorageError(type(err).__name__) from None
            return self._store

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end."""
        return self._prefix

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is."""
        return self._place

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
        return self.open().upload(
            upload,
            stop=stop,
            resume=resume,
            on_resume_point=on_resume_point,
            on_progress=on_progress,
        )

    def find(self, name: str) -> StoredObject | None:
        """Return what the bucket knows of an object."""
        return self.open().find(name)

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Give a range of the object, piece by piece."""
        return self.open().read(name, start, end)

    def download(self, name: str, path: Path, *, stop: Event) -> StoredObject:
        """Write the object to a file."""
        return self.open().download(name, path, stop=stop)

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change facts of an object; its others stay, and what is in it."""
        self.open().update_metadata(name, metadata)

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        return self.open().delete(name)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Give the objects in our folder in order of name."""
        return self.open().list(prefix, after=after)

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a link that plays without any login for a while."""
        return self.open().signed_url(name, lifetime_s)

    def can_sign_urls(self) -> bool:
        """Return whether such a link lets anybody read what is stored from now on."""
        return self.open().can_sign_urls()

    def probe(self) -> None:
        """Write, read, list and delete a probe object; raises what is missing."""
        self.open().probe()

    def close(self) -> None:
        """Close the connections; idempotent."""
        # Without the lock: whoever makes it may wait for a network, and nobody waits for that.
        if (store := self._store) is not None:
            store.close()
