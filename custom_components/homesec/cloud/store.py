"""The cloud storage of a config entry's data, as the engine's store."""

from typing import TYPE_CHECKING, Any

from ..const import CONF_SEAL_KEYS, CONF_STORAGE
from ..engine.cloud.encrypted_store import EncryptedStore
from ..engine.cloud.encryption_settings import EncryptionSettings
from ..engine.cloud.gcs import GcsSettings, GcsStore
from ..engine.cloud.object_store import Rights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..engine.cloud.object_store import CloudStore

CONF_KEY = "key"
"""A service-account key as Google's JSON file has it; without one, the machine's own login."""
CONF_BUCKET = "bucket"
CONF_PREFIX = "prefix"
CONF_LIMIT = "limit_mbit"
CONF_UPLOAD_REST = "upload_rest"
CONF_PROJECT = "billed_project"
"""Which pays for the requests, in a bucket that bills its users."""
CONF_MISSING_RIGHTS = "missing_rights"
"""What the account may not do, of the names of ``Rights``; absent if it may do all."""
CONF_SEAL_KEY = "seal_key"
"""A secret key of the format before age."""
CONF_PUBLIC_KEY = "seal_public_key"
CONF_PRIVATE_KEY = "seal_private_key"
"""Only if clips that are only in the cloud are to play on this system."""
CONF_SEED = "seal_seed"
CONF_SINCE = "seal_since"
"""When encryption was turned on; absent if a version before this turned it on."""
ENCRYPTION_FIELDS = (CONF_SEAL_KEY, CONF_PUBLIC_KEY, CONF_PRIVATE_KEY, CONF_SEED, CONF_SINCE)

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
            billed_project=storage.get(CONF_PROJECT),
            rights=Rights(**dict.fromkeys(storage.get(CONF_MISSING_RIGHTS, ()), False)),
        )
    )
    private_key = storage.get(CONF_PRIVATE_KEY)
    settings = EncryptionSettings(
        encrypt_with=storage.get(CONF_PUBLIC_KEY) or storage.get(CONF_SEAL_KEY),
        seed=storage.get(CONF_SEED),
        decrypt_with=(*earlier_keys, *((private_key,) if private_key else ())),
        since=storage.get(CONF_SINCE),
    )
    return EncryptedStore(bucket, settings)


def is_encrypted(storage: Mapping[str, Any]) -> bool:
    """Return whether clips are encrypted before their upload."""
    return CONF_PUBLIC_KEY in storage or CONF_SEAL_KEY in storage
