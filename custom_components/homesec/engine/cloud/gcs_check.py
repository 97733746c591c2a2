"""Check whether a bucket can be used, and if not, exactly what is missing."""

from contextlib import suppress
import secrets
from typing import TYPE_CHECKING

from .errors import (
    BucketMissing,
    ChecksumMismatch,
    KeyRevoked,
    StorageDenied,
    StorageError,
    WrongProject,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .gcs_client import GcsClient
    from .object_store import CloudStore

TIMEOUT_S = (4.0, 4.0)  # for connecting and for each read
CREATE = "storage.objects.create"
GET = "storage.objects.get"
LIST = "storage.objects.list"
DELETE = "storage.objects.delete"
NAME = ".homesec-probe"


def check_access(store: CloudStore, gcs: GcsClient) -> None:
    """Write, read, list, and delete a small object; raise the first error.

    A StorageDenied names every missing permission (``permission``).
    """
    try:
        denied = _denied_permissions(_steps(store, gcs))
    except BucketMissing as err:
        raise BucketMissing(bucket=gcs.bucket.name) from err
    if denied:
        missing = _missing_permissions(gcs) or denied
        raise StorageDenied(permission=", ".join(missing), bucket=gcs.bucket.name)


def _steps(store: CloudStore, gcs: GcsClient) -> dict[str, Callable[[], object]]:
    """Return the steps by the permission that each needs."""
    name = "/".join(filter(None, (store.prefix, f"{NAME}-{secrets.token_hex(8)}")))
    content = secrets.token_bytes(64)

    def create() -> None:
        with gcs.translate_errors(missing=BucketMissing):
            gcs.bucket.blob(name).upload_from_string(
                content, if_generation_match=0, checksum="md5", timeout=TIMEOUT_S, retry=None
            )

    def read() -> None:
        if b"".join(store.read(name)) != content:
            raise ChecksumMismatch

    def find_in_list() -> None:
        if not any(obj.name == name for obj in store.list(NAME)):
            raise StorageError("The bucket does not list what was just written")

    return {CREATE: create, GET: read, LIST: find_in_list, DELETE: lambda: store.delete(name)}


def _denied_permissions(steps: Mapping[str, Callable[[], object]]) -> list[str]:
    """Return the permissions without which a step failed."""
    denied = []
    for permission, step in steps.items():
        try:
            step()
        except StorageError as err:
            if not isinstance(err, StorageDenied) or isinstance(err, KeyRevoked | WrongProject):
                if permission in (GET, LIST):
                    with suppress(StorageError):  # the first error is reported
                        steps[DELETE]()
                raise
            denied.append(permission)
            if permission == CREATE:
                break
    return denied


def _missing_permissions(gcs: GcsClient) -> list[str]:
    """Return the permissions we lack according to the bucket; asking requires none."""
    wanted = [CREATE, GET, LIST, DELETE]
    try:
        with gcs.translate_errors():
            granted = gcs.bucket.test_iam_permissions(wanted, timeout=TIMEOUT_S, retry=None)
    except StorageError:  # what the steps have found is reported instead
        return []
    return [each for each in wanted if each not in granted]
