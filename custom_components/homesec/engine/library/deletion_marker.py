"""The file beside a deleted clip that tells that it was deleted, when, and by whom.

The catalog has the same in the clip's row. The file is for a catalog that's lost, or replaced by an
older one from a backup: a deleted clip doesn't come back then as if nobody had deleted it.
"""

from contextlib import suppress
import json
import logging
import os
from typing import TYPE_CHECKING, NamedTuple

from ..core.atomic_file import atomic_write
from ..core.clip_id import MAX_TIMESTAMP
from ..core.clip_metadata import TEXT_LIMIT
from ..core.damaged_files import is_regular_file

if TYPE_CHECKING:
    from pathlib import Path

_LOGGER = logging.getLogger(__name__)

MARKER = ".deleted"
_MAX_BYTES = 4096  # anything can be in the folder


class Deletion(NamedTuple):
    """When a clip was deleted, and by whom."""

    at: float
    by: str | None = None


def marker_path(video: Path) -> Path:
    """Return the path of the marker beside a clip's file."""
    return video.with_suffix(MARKER)


def write_marker_or_log(video: Path, deletion: Deletion) -> None:
    """Write a clip's marker, if the clip's folder exists.

    It isn't flushed to the disk. If that's full, or a power cut undoes it, the next start writes
    it.
    """
    if not video.parent.is_dir():
        return
    try:
        with atomic_write(marker_path(video), durable=False) as file:
            file.write(json.dumps(deletion._asdict()).encode())
    except OSError as err:
        _LOGGER.warning(
            "No file can be written that says that clip %s is deleted: %s", video.stem, err.strerror
        )


def read_marker(video: Path, *, now: float) -> Deletion | None:
    """Return what a clip's marker says; None if there is none.

    An unreadable one tells that the clip was deleted, but not when: then it counts from ``now``.
    """
    path = marker_path(video)
    if not is_regular_file(path):
        return None
    values: object = None
    # Deep nesting raises RecursionError.
    with suppress(OSError, ValueError, RecursionError), path.open("rb") as file:
        values = json.loads(file.read(_MAX_BYTES))
    found = values if isinstance(values, dict) else {}
    at, by = found.get("at"), found.get("by")
    return Deletion(
        at=float(at) if isinstance(at, int | float) and 0 <= at < MAX_TIMESTAMP else now,
        by=by[:TEXT_LIMIT] if isinstance(by, str) and by.isprintable() else None,
    )


def remove_marker(video: Path) -> None:
    """Remove a clip's marker, so that not even a power cut brings it back. Raises ``OSError``."""
    try:
        marker_path(video).unlink()
    except FileNotFoundError, NotADirectoryError:
        return
    folder = os.open(video.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network shares can't
            os.fsync(folder)
    finally:
        os.close(folder)
