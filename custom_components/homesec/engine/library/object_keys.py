"""How the clips in the bucket are encrypted, as the catalog remembers it.

Otherwise, an object would say itself whether it has to be encrypted, and one that was replaced by a
plain one would be played.
"""

from functools import partial
from typing import TYPE_CHECKING

from ..cloud.encrypted_store import EncryptedStore
from ..cloud.object_names import clip_id_from_name
from ..core.events import ObjectRefused
from ..db.job_queue import JobKind

if TYPE_CHECKING:
    from ..cloud.object_store import CloudStore
    from ..core.events import EventSink
    from .catalog import Catalog


class ObjectKeys:
    """Tells the store what the catalog remembers; calls may come from any thread."""

    def __init__(self, catalog: Catalog, on_event: EventSink) -> None:
        self._catalog = catalog
        self._on_event = on_event
        self._refused: set[str] = set()  # names of objects

    def watch(self, cloud: CloudStore) -> None:
        """Let a store refuse objects that aren't encrypted as they were uploaded."""
        if not isinstance(cloud, EncryptedStore):
            return
        cloud.watch(partial(self._key_id, cloud.bucket_uri), self._report)
        if cloud.encrypts and self._catalog.lacks_object_keys(cloud.bucket_uri):
            self._catalog.jobs.add(JobKind.KEYS, "")

    def is_locked(self, cloud: CloudStore, clip_id: str) -> bool:
        """Return whether the store lacks the key that decrypts a clip."""
        if not isinstance(cloud, EncryptedStore):
            return False
        key_id = self._catalog.object_key(cloud.bucket_uri, clip_id)
        return key_id is not None and not cloud.can_decrypt(key_id)

    def _key_id(self, bucket_uri: str, name: str) -> str | None:
        clip_id = clip_id_from_name(name)
        return None if clip_id is None else self._catalog.object_key(bucket_uri, clip_id)

    def _report(self, name: str) -> None:
        if name not in self._refused:
            self._refused.add(name)
            self._on_event(ObjectRefused(name=name))
