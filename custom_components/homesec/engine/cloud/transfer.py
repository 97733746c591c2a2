"""Downloads to a file, and the speed limit of uploads."""

import base64
import hashlib
import threading
from typing import TYPE_CHECKING

from ..core.atomic_file import atomic_write
from .errors import ChecksumMismatch, ObjectMissing, TransferStopped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from threading import Event

    from ..core.clock import Clock
    from .object_store import CloudStore, StoredObject

BURST_S = 0.5
"""Unused time up to this long is made up for; otherwise a slow disk would lower the speed."""


def download(store: CloudStore, name: str, path: Path, *, stop: Event) -> StoredObject:
    """Write an object to a file, which appears once it is complete and on the disk.

    Raises OSError, StorageError, ChecksumMismatch, and TransferStopped.
    """
    found = store.find(name)
    if found is None:
        raise ObjectMissing
    # An encrypted object has the checksum of its encrypted bytes, and authenticates its content.
    save_stream(store.read(name), path, stop=stop, md5=None if found.key_id else found.md5)
    return found


def save_stream(
    pieces: Iterable[bytes], path: Path, *, stop: Event, md5: str | None = None
) -> None:
    """Write the pieces to a file, which appears once it is complete and on the disk.

    Raises OSError, TransferStopped, and ChecksumMismatch if ``md5`` (base64) is another one's.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with atomic_write(path) as out:
        for piece in pieces:
            if stop.is_set():
                raise TransferStopped
            digest.update(piece)
            out.write(piece)
        if md5 not in (None, base64.b64encode(digest.digest()).decode()):
            raise ChecksumMismatch


class Throttle:
    """A token bucket that may go into debt, which is waited for afterwards. Thread-safe."""

    def __init__(self, bytes_per_s: float | None, clock: Clock) -> None:
        """Set the limit; None is none."""
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_t = clock.monotonic() - BURST_S  # when all bytes so far are paid for (monotonic)

    def delay_s(self, count: int) -> float:
        """Charge ``count`` bytes; return how many seconds to wait before they may be sent."""
        if not self._bytes_per_s:
            return 0.0
        with self._lock:
            now_t = self._clock.monotonic()
            self._paid_t = max(self._paid_t, now_t - BURST_S) + count / self._bytes_per_s
            return max(0.0, self._paid_t - now_t)
