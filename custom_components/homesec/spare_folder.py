"""The spare folder, for clips while the clip folder or the clip index can't be used.

A disk or share may be there only some time after the start. Until then, cameras record into a
folder of the configuration, with a clip index of its own: below the one of the real index, or
beside that if it can't be used either. Afterwards, the clips are moved to the clip folder, and
added to the real index. All functions block.
"""

from contextlib import closing
from dataclasses import dataclass
import os
import shutil
import sqlite3
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

from .const import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "spare"
MOVING: Final = ".moving"  # end of a name while its file is copied to another disk
PROBE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where the engine keeps clips, and where their index."""

    clips: Path
    data: Path

    @property
    def spares(self) -> tuple[Folders, Folders]:
        """The folders to use while these can't be used: below the data, and beside it."""
        below, beside = self.data / NAME, self.data.with_name(f"{self.data.name}_{NAME}")
        return (
            Folders(clips=below / "clips", data=below),
            Folders(clips=beside / "clips", data=beside),
        )


def is_emptied(folders: Folders, index_name: str) -> bool:
    """Return whether the clip folder is empty although the index has clips in it.

    Then its share may not be mounted yet. What is recorded there would be hidden as soon as it is.
    """
    try:
        if next(folders.clips.iterdir(), None) is not None:
            return False
    except FileNotFoundError:
        pass
    except OSError:
        return False  # the start says why
    index = folders.data / index_name
    if not index.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute(
                "SELECT 1 FROM clips WHERE local AND state = 'saved' AND deleted_at IS NULL LIMIT 1"
            ).fetchone()
    except sqlite3.Error:
        return False
    return found is not None


def can_be_used(folders: Folders, index_name: str) -> bool:
    """Return whether a start may succeed: both folders take a file, and the index isn't locked."""
    if not (_takes_files(folders.clips) and _takes_files(folders.data)):
        return False
    index = folders.data / index_name
    if not index.exists():
        return True
    try:
        database = sqlite3.connect(index, timeout=0.5, isolation_level=None)
    except sqlite3.Error:
        return True  # the start knows better what is wrong
    try:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
    except sqlite3.Error as err:
        return err.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    finally:
        database.close()
    return True


def mount_point(folder: Path) -> Path:
    """Return where the disk or share with a folder is mounted."""
    real = folder.resolve()
    return next(each for each in (real, *real.parents) if is_mounted(each))


def is_mounted(point: Path) -> bool:
    """Return whether a disk or share is mounted there."""
    return os.path.ismount(point)


def find_trouble(folders: Folders) -> OSError | None:
    """Return what keeps one of the folders from taking a file, if anything does."""
    return _trouble(folders.clips) or _trouble(folders.data)


def _takes_files(folder: Path) -> bool:
    """Return whether a file can be written to a folder, which is made if it isn't there."""
    return _trouble(folder) is None


def _trouble(folder: Path) -> OSError | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        return err
    return None


def choose_spare(folders: Folders) -> Folders:
    """Return the folders to use while these can't be used."""
    below, beside = folders.spares
    return below if _takes_files(folders.data) else beside


def used_spares(folders: Folders) -> list[Folders]:
    """Return the spare folders that an earlier start used."""
    return [each for each in folders.spares if each.data.is_dir()]


def move_clips(source: Path, folders: Folders) -> None:
    """Move what was recorded into a spare clip folder to the real one.

    What can't be moved stays for the next start.
    """
    try:
        for file in _files(source):
            target = folders.clips / file.relative_to(source)
            if os.path.lexists(target):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = target.with_name(target.name + MOVING)
            shutil.copy2(file, copy)
            copy.replace(target)
            file.unlink()
    except OSError as err:
        LOGGER.error("Clips in %s can't be moved to the clip folder yet: %s", source, err)


def remove_spare(spare: Folders) -> None:
    """Remove a spare folder, unless clips are left in it."""
    if next(_files(spare.clips), None) is None:
        shutil.rmtree(spare.data, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files, each clip's still before its video, oldest first."""
    if folder.is_dir():
        yield from sorted(path for path in folder.rglob("*") if path.is_file())
