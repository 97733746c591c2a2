"""Whether the bucket can be used, and if not, exactly what is missing."""

from __future__ import annotations

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
    from collections.abc import Callable

    from google.cloud.storage import Bucket

    from .gcs_upload import ErrorTranslator
    from .object_store import CloudStore

TIMEOUT_S = (4.0, 4.0)
CREATE = "storage.objects.create"
GET = "storage.objects.get"
LIST = "storage.objects.list"
DELETE = "storage.objects.delete"
NAME = ".homesec-probe"


def probe(store: CloudStore, bucket: Bucket, *, told_apart: ErrorTranslator) -> None:
    """Write, read, list and delete a small object of our own; raises the first thing in the way.

    A StorageDenied names every permission that is missing (``permission``).
    """
    try:
        denied = _Probe(store, bucket, told_apart).run()
    except BucketMissing as err:
        raise BucketMissing(bucket=bucket.name) from err
    if denied:
        missing = _missing(bucket, told_apart) or denied
        raise StorageDenied(permission=", ".join(missing), bucket=bucket.name)


class _Probe:
    def __init__(self, store: CloudStore, bucket: Bucket, told_apart: ErrorTranslator) -> None:
        self._store = store
        self._bucket = bucket
        self._told_apart = told_apart
        self._name = "/".join(filter(None, (store.prefix, f"{NAME}-{secrets.token_hex(8)}")))
        self._content = secrets.token_bytes(64)

    def run(self) -> list[str]:
        """Return the permissions whose lack was felt."""
        if denied := _denied(CREATE, self._create):
            return denied
        try:
            denied = [*_denied(GET, self._read), *_denied(LIST, self._list)]
        except StorageError:
            # Leave nothing behind, if that can be; what was in the way is told either way.
            with suppress(StorageError):
                self._delete()
            raise
        return [*denied, *_denied(DELETE, self._delete)]

    def _create(self) -> None:
        with self._told_apart(missing=BucketMissing):
            self._bucket.blob(self._name).upload_from_string(
                self._content, if_generation_match=0, checksum="md5", timeout=TIMEOUT_S, retry=None
            )

    def _read(self) -> None:
        if b"".join(self._store.read(self._name)) != self._content:
            raise ChecksumMismatch

    def _list(self) -> None:
        if not any(obj.name == self._name for obj in self._store.list(NAME)):
            raise StorageError("The bucket does not list what was just written")

    def _delete(self) -> None:
        self._store.delete(self._name)


def _denied(permission: str, act: Callable[[], None]) -> list[str]:
    try:
        act()
    except KeyRevoked, WrongProject:
        raise
    except StorageDenied:
        return [permission]
    return []


def _missing(bucket: Bucket, told_apart: ErrorTranslator) -> list[str]:
    """Return the permissions we lack, as far as the bucket tells; to ask needs none."""
    wanted = [CREATE, GET, LIST, DELETE]
    try:
        with told_apart():
            ours = bucket.test_iam_permissions(wanted, timeout=TIMEOUT_S, retry=None)
    except StorageError:  # what is known already is told instead
        return []
    return [each for each in wanted if each not in ours]
