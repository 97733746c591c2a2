"""The cloud storage of a config entry's data, as the engine's store."""

from typing import TYPE_CHECKING, Any

from ..const import CONF_SEAL_KEYS, CONF_STORAGE
from ..engine.cloud.encrypted_store import EncryptedStore
from ..engine.cloud.gcs import GcsSettings, GcsStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..engine.cloud.object_store import CloudStore

CONF_KEY = "key"
"""A service-account key as Google's JSON file has it; without one, the machine's own login."""
CONF_BUCKET = "bucket"
CONF_PREFIX = "prefix"
CONF_LIMIT = "limit_mbit"
CONF_UPLOAD_REST = "upload_rest"
CONF_SEAL_KEY = "seal_key"

DEFAULT_PREFIX = "homesec"
BYTES_PER_MBIT = 125_000


def cloud_store(data: Mapping[str, Any]) -> CloudStore | None:
    """Return the storage of an entry's data; None if it has none."""
    storage: Mapping[str, Any] | None = data.get(CONF_STORAGE)
    return make_store(storage, data.get(CONF_SEAL_KEYS, ())) if storage else None


def make_store(storage: Mapping[str, Any], earlier_keys: Sequence[str] = ()) -> CloudStore:
    """Return a storage, which logs in when it is first used."""
    limit = storage.get(CONF_LIMIT)
    bucket = GcsStore(
        GcsSettings(
            bucket=storage[CONF_BUCKET],
            prefix=storage.get(CONF_PREFIX, DEFAULT_PREFIX),
            key=storage.get(CONF_KEY),
            upload_bytes_per_s=limit * BYTES_PER_MBIT if limit else None,
        )
    )
    return EncryptedStore(
        bucket, encrypt_with=storage.get(CONF_SEAL_KEY), decrypt_with=earlier_keys
    )
