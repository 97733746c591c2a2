"""Write a file completely or not at all."""

from contextlib import contextmanager
import os
import threading
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def atomic_write(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file that replaces ``path`` when the ``with`` block ends without an error.

    Makes the folder if it's missing. With ``durable``, the content is on the disk before it
    appears under its name, so that not even a power cut leaves part of it there. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of the thread's own: several threads may write the same file.
    part = path.with_name(f"{path.name}.{threading.get_native_id()}.part")
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            if durable:
                os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
