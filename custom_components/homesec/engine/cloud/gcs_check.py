"""Check whether a bucket can be used, and what the account may do in it.

An account that may only create objects is a good choice: whoever steals its key can't delete what
is there. So only the right to create has to be there.
"""

from contextlib import suppress
import secrets
from typing import TYPE_CHECKING

from .errors import (
    BucketMissing,
    ChecksumMismatch,
    RetentionLocked,
    StorageDenied,
    StorageError,
)
from .object_store import Rights

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


def check_access(store: CloudStore, gcs: GcsClient) -> Rights:
    """Write, read, list, and delete a small object; return what was allowed.

    Raises the first other error, and StorageDenied if the account may not create objects.
    """
    try:
        denied = _denied_permissions(_steps(store, gcs))
    except BucketMissing as err:
        raise BucketMissing(bucket=gcs.bucket.name) from err
    if (refusal := denied.get(CREATE)) is not None:
        error = StorageDenied(permission=CREATE, bucket=gcs.bucket.name)
        error.answer = refusal.answer
        raise error
    return Rights(read=GET not in denied, list=LIST not in denied, delete=DELETE not in denied)


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
            error = StorageError("The bucket does not list what was just written")
            error.answer = str(error)
            raise error

    return {CREATE: create, GET: read, LIST: find_in_list, DELETE: lambda: store.delete(name)}


def _denied_permissions(
    steps: Mapping[str, Callable[[], object]],
) -> dict[str, StorageError]:
    """Return the permissions without which a step failed, and how."""
    denied: dict[str, StorageError] = {}
    for permission, step in steps.items():
        try:
            step()
        except StorageError as err:
            if not (
                type(err) is StorageDenied
                or (permission == DELETE and isinstance(err, RetentionLocked))
            ):
                if permission in (GET, LIST):
                    with suppress(StorageError):  # the first error is reported
                        steps[DELETE]()
                raise
            denied[permission] = err
            if permission == CREATE:
                break
    return denied
