"""From the cloud to a file."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import TYPE_CHECKING

from ..core.atomic_file import atomic_write
from .errors import ChecksumMismatch, TransferStopped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from threading import Event


def save_stream(
    pieces: Iterable[bytes], path: Path, *, stop: Event, md5: str | None = None
) -> None:
    """Write the pieces; the file appears under its name once it is whole and on the disk.

    Raises TransferStopped, and ChecksumMismatch if they are not what ``md5`` (base64) is of.
    """
    # Not against anybody: what authenticates is the connection, or the seal.
    digest = hashlib.md5(usedforsecurity=False)
    with atomic_write(path) as out:
        for piece in pieces:
            if stop.is_set():
                raise TransferStopped
            digest.update(piece)
            out.write(piece)
        if md5 not in (None, base64.b64encode(digest.digest()).decode()):
            raise ChecksumMismatch


if TYPE_CHECKING:
    from ..core.clock import Clock

BURST_S = 0.5
"""What was not used may be made up for this long, or a slow disk would cost twice."""


class Throttle:
    """A token bucket that may go into debt: whoever takes waits until it is paid. Thread-safe."""

    def __init__(self, bytes_per_s: float | None, clock: Clock) -> None:
        """Set the limit; None is none."""
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_at = clock.monotonic() - BURST_S
        """The monotonic time at which all that was taken is paid for."""

    def take(self, count: int) -> float:
        """Return how many seconds to wait before these bytes may be sent."""
        if not self._bytes_per_s:
            return 0.0
        with self._lock:
            now = self._clock.monotonic()
            self._paid_at = max(self._paid_at, now - BURST_S) + count / self._bytes_per_s
            return max(0.0, self._paid_at - now)
