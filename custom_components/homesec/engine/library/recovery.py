"""What a crash left behind: open rows are finished from their fragments, orphans adopted.

A new catalogue is filled from the clips that are there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import logging
import os
from typing import TYPE_CHECKING

from ..core.clip_id import clip_time
from ..core.clip_metadata import dump_comment, merge_metadata
from ..core.damaged_files import DamagedFiles, error_reason, is_damage, is_regular_file
from ..core.errors import ClipDamaged, DiskFull, DiskReadOnly
from ..core.events import CatalogRebuilt, ClipFailed, ClipSaved
from ..core.types import Clip, ClipState, Trigger
from ..db.schema import UNFILLED
from ..recording.finalize import (
    FRESH_SUFFIX,
    PARTIAL_SUFFIX,
    ClipInfo,
    discard_empty,
    finalize,
    partial_path,
    read_index,
)
from ..recording.writer import recording_error, saved_clip, write_still

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from threading import Event

    from ..core.events import EventSink
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

_REFUSED = frozenset({DiskFull.key, DiskReadOnly.key})
UNDONE_DAYS = 2
"""A power cut undoes what the catalogue took in last: only so far back rows can be missing."""


def adopt_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink, stop: Event) -> None:
    """Fill a new catalogue with all clips that are there; one that is full is left alone.

    May take long with many clips, so cameras may record meanwhile: only whole files are adopted,
    and what is being recorded has its row already.
    """
    if (before := catalog.get_value(UNFILLED)) is None:
        return
    tree = ClipTree(clips_dir)
    try:
        adopted = adopt_without_row(catalog, tree, stop)
    finally:
        tree.damaged.report(on_event)
    if stop.is_set():
        return
    # A folder that could not be read is looked into at the next start; nothing more is told then.
    catalog.set_value(UNFILLED, "" if tree.unreadable else None)
    if adopted or before:
        _LOGGER.info("The new clip index holds %s clips that were there", adopted)
        clips = catalog.totals().clips if before else adopted
        on_event(CatalogRebuilt(clips=clips, set_aside=before or None))


def adopt_without_row(catalog: Catalog, tree: ClipTree, stop: Event) -> int:
    """Take in every whole file that the catalogue does not know; return how many."""
    adopted = 0
    for folder, names in tree.days():
        for clip in _without_row(catalog, folder, _whole(names)):
            if stop.is_set():
                return adopted
            adopted += _adopt(catalog, tree, clip)
    return adopted


def _adopt(catalog: Catalog, tree: ClipTree, clip: Clip) -> bool:
    final = tree.folder / clip.path
    try:
        facts = read_index(final)
    except Exception as err:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        if not is_damage(err, final):
            _LOGGER.warning(
                "%r cannot be read, and is left alone: %s", clip.path, error_reason(err)
            )
        elif (failed := _failed(clip, tree, err)).bytes:
            catalog.put(failed)  # it could not be moved, and is not to be read again
        return False
    clip = saved_clip(merge_metadata(clip, facts.comment), facts)
    catalog.save(replace(clip, still_path=_still(tree, clip)))
    return True


def finish_open_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink) -> None:
    """Finish every clip whose recording a crash or a power cut ended."""
    tree = ClipTree(clips_dir)
    for clip in (*catalog.open_clips(), *_orphans(catalog, tree)):
        repaired = _repaired(clip, tree, known=catalog.get(clip.id) is not None)
        if repaired.state is ClipState.SAVED:
            repaired = catalog.save(repaired)
            _LOGGER.info("Clip %s, cut off while recording, was finalized", clip.id)
            on_event(ClipSaved(clip=repaired))
        else:
            catalog.put(repaired)
            if clip.state is not ClipState.FAILED:  # else it was told before
                _LOGGER.warning("Clip %s, cut off while recording, has no video", clip.id)
                on_event(ClipFailed(clip=repaired))
    tree.damaged.report(on_event)
    for folder, names in tree.days():
        for name in (name for name in names if name.endswith(FRESH_SUFFIX)):
            # Harmless if it stays, as on a read-only disk: a later start removes it.
            with suppress(OSError):
                (folder / name).unlink()


def finish_refused_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink) -> None:
    """Finish what a full or read-only disk refused to, now that it may take it."""
    tree = ClipTree(clips_dir)
    for clip in catalog.in_state(ClipState.FAILED):
        if clip.error not in _REFUSED or not partial_path(clips_dir / clip.path).is_file():
            continue
        repaired = _repaired(clip, tree)
        if repaired.state is ClipState.SAVED:
            repaired = catalog.save(repaired)
            _LOGGER.info("Clip %s, which the disk had refused, was finalized", clip.id)
            on_event(ClipSaved(clip=repaired))
        elif repaired.error not in _REFUSED:
            catalog.put(repaired)  # there is no film in it
    tree.damaged.report(on_event)


def _repaired(clip: Clip, tree: ClipTree, *, known: bool = True) -> Clip:
    """Return a clip as it is once its file is finished; what has no row is told by its file."""
    final = tree.folder / clip.path
    try:
        facts = _finish(final, dump_comment(clip) if known else None, tree)
    except Exception as err:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        return _failed(clip, tree, err)
    clip = saved_clip(clip if known else merge_metadata(clip, facts.comment), facts)
    return replace(clip, still_path=_still(tree, clip))


def _finish(final: Path, comment: str | None, tree: ClipTree) -> ClipInfo:
    """Finish the file, unless only its row was not written any more.

    A partial file that is damaged is set aside; the finished one counts if there is one.
    """
    partial = partial_path(final)
    if not os.path.lexists(partial):
        return read_index(final)
    if os.path.lexists(final) and not is_regular_file(final):
        tree.damaged.set_aside(final, "not a file")
    try:
        facts = finalize(final, comment)
    except Exception as err:
        if not is_damage(err, partial) or discard_empty(final):
            raise
        tree.damaged.set_aside(partial, err)
        if is_regular_file(final):
            return read_index(final)
        raise ClipDamaged from err
    if facts.damaged:
        tree.damaged.set_aside(partial, "a part of it cannot be read")
    return facts


def _failed(clip: Clip, tree: ClipTree, err: Exception) -> Clip:
    """Return the row of a clip whose file cannot be read, which is set aside if it is damaged."""
    final = tree.folder / clip.path
    if os.path.lexists(final) and is_damage(err, final):
        tree.damaged.set_aside(final, err)
        err = ClipDamaged()
    error = recording_error(err)
    # What is left in place is known by its size: it is read again only when it is another file.
    left = _left_bytes(final) if isinstance(error, ClipDamaged) else 0
    return replace(clip, state=ClipState.FAILED, error=error.key, bytes=left)


def _left_bytes(final: Path) -> int:
    """Return the size of the file that still lies where a clip's belongs, 0 if none does."""
    for path in (partial_path(final), final):
        with suppress(OSError):
            return max(1, path.lstat().st_size)
    return 0


def _still(tree: ClipTree, clip: Clip) -> str | None:
    """Return the still that is there, else make one."""
    still = (tree.folder / clip.path).with_suffix(".jpg")
    if is_regular_file(still):
        return still.relative_to(tree.folder).as_posix()
    if os.path.lexists(still):  # to write into a pipe would block
        tree.damaged.set_aside(still, "not a file")
    return write_still(tree.folder, clip)


def _orphans(catalog: Catalog, tree: ClipTree) -> Iterator[Clip]:
    """Give the clips that have a file and no row, or one that says that they failed."""
    oldest = (datetime.now(UTC).date() - timedelta(days=UNDONE_DAYS)).isoformat()
    for folder, names in tree.days():
        clips = {n.removesuffix(PARTIAL_SUFFIX) for n in names if n.endswith(PARTIAL_SUFFIX)}
        if folder.name >= oldest:
            clips |= _whole(names)
        yield from _without_row(catalog, folder, clips)


def _whole(names: Iterable[str]) -> set[str]:
    """Return the ids of the files that are finished."""
    stems = (name.removesuffix(".mp4") for name in names if name.endswith(".mp4"))
    return {stem for stem in stems if "." not in stem}


def _without_row(catalog: Catalog, folder: Path, names: set[str]) -> Iterator[Clip]:
    for clip_id in sorted(names):
        if clip_time(clip_id) is None:
            continue
        clip = catalog.get(clip_id)
        if clip is None:
            yield _unknown(catalog, folder, clip_id)
        elif clip.state is ClipState.FAILED and not _left_alone(clip, folder):
            yield clip


def _left_alone(clip: Clip, folder: Path) -> bool:
    """Tell whether a clip's file is one that is damaged, and could not be moved."""
    left = clip.bytes and _left_bytes(folder / f"{clip.id}.mp4") == clip.bytes
    return bool(left) and clip.error == ClipDamaged.key


def _unknown(catalog: Catalog, folder: Path, clip_id: str) -> Clip:
    """Return what the name and the place of a clip's file tell of it."""
    camera_id, event_at = folder.parent.name, clip_time(clip_id) or 0.0
    known = catalog.page(camera_id=camera_id, limit=1)
    return Clip(
        id=clip_id,
        camera_id=camera_id,
        camera_name=known[0].camera_name if known else camera_id,
        state=ClipState.RECORDING,
        trigger=Trigger.PRESENCE,
        started_at=event_at,
        event_at=event_at,
        path=f"{camera_id}/{folder.name}/{clip_id}.mp4",
    )


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOGGER = logging.getLogger(__name__)


class ClipTree:
    """One pass through the folder; collects what could not be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = DamagedFiles(folder)
        self.unreadable = 0
        """Folders that could not be looked into."""

    def days(self) -> Iterator[tuple[Path, list[str]]]:
        """Give the folders of clips and the names in each, both in order."""
        for camera in self._names(self.folder):
            if not _is_text(camera):
                continue  # no camera of ours, and nothing that the catalogue can hold
            for day in self._names(self.folder / camera):
                if _is_day(day):
                    folder = self.folder / camera / day
                    yield folder, self._names(folder)

    def _names(self, folder: Path) -> list[str]:
        try:
            return sorted(path.name for path in folder.iterdir())
        except FileNotFoundError, NotADirectoryError:
            return []
        except OSError as err:
            self.unreadable += 1
            _LOGGER.warning("The folder %r cannot be read: %s", folder.name, err.strerror)
            return []


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def _is_text(name: str) -> bool:
    """Tell whether a name is UTF-8: Python gives other bytes as halves of surrogate pairs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
