"""From the cloud to a file."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ..core.atomic_file import atomic_write
from .errors import ChecksumMismatch, TransferStopped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from threading import Event


def fetch_file(pieces: Iterable[bytes], path: Path, *, stop: Event, md5: str | None = None) -> None:
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
