"""Recover clips at start: finish interrupted recordings, and index files without a row."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import logging
import os
from typing import TYPE_CHECKING

from ..core.clip_files import (
    FRESH_SUFFIX,
    PARTIAL_SUFFIX,
    ClipInfo,
    partial_path,
    recording_error,
    saved_clip,
)
from ..core.clip_id import clip_time
from ..core.clip_metadata import dump_comment, merge_metadata
from ..core.damaged_files import DamagedFiles, error_reason, is_damage, is_regular_file
from ..core.errors import ClipDamaged, DiskFull, DiskReadOnly
from ..core.events import CatalogRebuilt, ClipFailed, ClipSaved
from ..core.types import Clip, ClipState, Trigger
from ..db.schema import UNFILLED
from .deletion_marker import MARKER, read_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from threading import Event

    from ..core.clip_tools import ClipTools
    from ..core.events import EventSink
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

_REFUSED = frozenset({DiskFull.key, DiskReadOnly.key})
UNDONE_DAYS = 2
"""A power cut undoes the database's last transactions: rows are missing only so far back."""


class ClipTree:
    """One pass through the clip folder, which has a folder per camera, and in it one per day."""

    def __init__(self, folder: Path, tools: ClipTools) -> None:
        self.folder = folder
        self.tools = tools
        self.damaged = DamagedFiles(folder)
        self.unreadable = 0  # folders that couldn't be listed

    def days(self) -> Iterator[tuple[Path, list[str]]]:
        """Yield the day folders and their files' names, both in order."""
        for camera in self._names(self.folder):
            # Python decodes names that aren't UTF-8 to surrogates: such a camera isn't ours.
            if not any("\ud800" <= char <= "\udfff" for char in camera):
                for day in self._names(self.folder / camera):
                    if _is_day(day):
                        yield (folder := self.folder / camera / day), self._names(folder)

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


def adopt_clips(
    catalog: Catalog, clips_dir: Path, tools: ClipTools, on_event: EventSink, stop: Event
) -> None:
    """Fill a new catalog with the clips of the clip folder. Does nothing to a filled one.

    This can take long, so cameras may record meanwhile: only finalized files are adopted, and a
    clip that is being recorded has its row already.
    """
    if (before := catalog.get_value(UNFILLED)) is None:
        return
    tree = ClipTree(clips_dir, tools)
    try:
        adopted = adopt_without_row(catalog, tree, stop)
    finally:
        tree.damaged.report(on_event)
    if stop.is_set():
        return
    # The next start tries the unreadable folders again, without another event.
    catalog.set_value(UNFILLED, "" if tree.unreadable else None)
    if adopted or before:
        _LOGGER.info("The new clip index holds %s clips that were there", adopted)
        clips = catalog.totals().clips if before else adopted
        on_event(CatalogRebuilt(clips=clips, set_aside=before or None))


def adopt_without_row(catalog: Catalog, tree: ClipTree, stop: Event) -> int:
    """Add rows for finalized files that have none; return their number."""
    adopted = 0
    for folder, names in tree.days():
        for clip in _missing_rows(catalog, folder, _complete_files(names)):
            if stop.is_set():
                return adopted
            adopted += _adopt(catalog, tree, clip)
    return adopted


def _adopt(catalog: Catalog, tree: ClipTree, clip: Clip) -> bool:
    final = tree.folder / clip.path
    try:
        info = tree.tools.read_index(final)
    except Exception as err:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        if not is_damage(err, final):
            _LOGGER.warning(
                "%r cannot be read, and is left alone: %s", clip.path, error_reason(err)
            )
        elif (failed := _failed(clip, tree, err)).bytes:
            catalog.put(failed)  # it couldn't be moved, and isn't read again
        return False
    clip = saved_clip(merge_metadata(clip, info.comment), info)
    catalog.save(replace(clip, still_path=_still(tree, clip)))
    return True


def finish_open_clips(
    catalog: Catalog, clips_dir: Path, tools: ClipTools, on_event: EventSink
) -> None:
    """Finish every clip whose recording was ended by a crash or power cut."""
    tree = ClipTree(clips_dir, tools)
    recording = catalog.queries.in_state(ClipState.RECORDING)
    for clip in (*recording, *_unindexed_clips(catalog, tree)):
        _finish(catalog, tree, clip, on_event)
    tree.damaged.report(on_event)
    for folder, names in tree.days():
        videos = {name.partition(".")[0] for name in names if name.endswith(".mp4")}
        for name in names:
            of_no_file = name.endswith(MARKER) and name.removesuffix(MARKER) not in videos
            if not (name.endswith(FRESH_SUFFIX) or of_no_file):
                continue
            with suppress(OSError):  # on a read-only disk, a later start removes it
                (folder / name).unlink()


def finish_clips(
    catalog: Catalog,
    clips_dir: Path,
    tools: ClipTools,
    on_event: EventSink,
    clips: Iterable[Clip],
) -> None:
    """Finish clips that nothing records any more, since their worker process died.

    One that has been finished meanwhile, after an earlier death, is left alone.
    """
    tree = ClipTree(clips_dir, tools)
    for clip in clips:
        known = catalog.get(clip.id)
        if known is None or known.state is not ClipState.RECORDING:
            continue
        _finish(catalog, tree, known, on_event)
        with suppress(OSError):
            fresh = (clips_dir / clip.path).with_name(f"{clip.id}{FRESH_SUFFIX}")
            fresh.unlink(missing_ok=True)
    tree.damaged.report(on_event)


def _finish(catalog: Catalog, tree: ClipTree, clip: Clip, on_event: EventSink) -> None:
    repaired = _repaired(clip, tree, known=catalog.get(clip.id) is not None)
    if repaired.state is ClipState.SAVED:
        _LOGGER.info("Clip %s, cut off while recording, was finalized", clip.id)
        saved = catalog.save(repaired)
        if saved.deleted_at is None:
            on_event(ClipSaved(clip=saved))
        return
    catalog.put(repaired)
    if clip.state is not ClipState.FAILED:  # else an earlier start has reported it
        _LOGGER.warning("Clip %s, cut off while recording, has no video", clip.id)
        on_event(ClipFailed(clip=repaired))


def finish_refused_clips(
    catalog: Catalog, clips_dir: Path, tools: ClipTools, on_event: EventSink
) -> None:
    """Finish clips that a full or read-only disk refused, now that it may accept them."""
    tree = ClipTree(clips_dir, tools)
    for clip in catalog.queries.in_state(ClipState.FAILED):
        if clip.error not in _REFUSED or not partial_path(clips_dir / clip.path).is_file():
            continue
        repaired = _repaired(clip, tree)
        if repaired.state is ClipState.SAVED:
            _LOGGER.info("Clip %s, which the disk had refused, was finalized", clip.id)
            saved = catalog.save(repaired)
            if saved.deleted_at is None:
                on_event(ClipSaved(clip=saved))
        elif repaired.error not in _REFUSED:
            catalog.put(repaired)  # there's no video in it
    tree.damaged.report(on_event)


def _repaired(clip: Clip, tree: ClipTree, *, known: bool = True) -> Clip:
    """Finalize a clip's file; return the clip's new row. Without a row, its file describes it."""
    try:
        info = _finalize(tree.folder / clip.path, dump_comment(clip) if known else None, tree)
    except Exception as err:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        return _failed(clip, tree, err)
    clip = saved_clip(clip if known else merge_metadata(clip, info.comment), info)
    return replace(clip, still_path=_still(tree, clip))


def _finalize(final: Path, comment: str | None, tree: ClipTree) -> ClipInfo:
    """Finalize a clip's file, unless that's done and only the row wasn't written.

    A damaged partial file is set aside; if there's a finalized one, that counts.
    """
    partial = partial_path(final)
    if not os.path.lexists(partial):
        return tree.tools.read_index(final)
    if os.path.lexists(final) and not is_regular_file(final):
        tree.damaged.set_aside(final, "not a file")
    try:
        info = tree.tools.finalize(final, comment)
    except Exception as err:
        if not is_damage(err, partial) or tree.tools.discard_empty(final):
            raise
        tree.damaged.set_aside(partial, err)
        if is_regular_file(final):
            return tree.tools.read_index(final)
        raise ClipDamaged from err
    if info.damaged:
        tree.damaged.set_aside(partial, "a part of it cannot be read")
    return info


def _failed(clip: Clip, tree: ClipTree, err: Exception) -> Clip:
    """Return the row of a clip whose file can't be read; set the file aside if it's damaged."""
    final = tree.folder / clip.path
    if os.path.lexists(final) and is_damage(err, final):
        tree.damaged.set_aside(final, err)
        err = ClipDamaged()
    error = recording_error(err)
    # The size identifies a file that couldn't be moved: it's read again only if it changes.
    size = _file_bytes(final) if isinstance(error, ClipDamaged) else 0
    return replace(clip, state=ClipState.FAILED, error=error.key, bytes=size)


def _file_bytes(final: Path) -> int:
    """Return the size of a clip's partial or final file, at least 1; 0 if there's none."""
    for path in (partial_path(final), final):
        with suppress(OSError):
            return max(1, path.lstat().st_size)
    return 0


def _still(tree: ClipTree, clip: Clip) -> str | None:
    """Return the path of a clip's still, and make one if there's none."""
    still = (tree.folder / clip.path).with_suffix(".jpg")
    if is_regular_file(still):
        return still.relative_to(tree.folder).as_posix()
    if os.path.lexists(still):  # to write into a pipe would block
        tree.damaged.set_aside(still, "not a file")
    return tree.tools.write_still(tree.folder, clip)


def _unindexed_clips(catalog: Catalog, tree: ClipTree) -> Iterator[Clip]:
    """Yield the clips that have a file, and no row or a failed one."""
    oldest = (datetime.now(UTC).date() - timedelta(days=UNDONE_DAYS)).isoformat()
    for folder, names in tree.days():
        clips = {n.removesuffix(PARTIAL_SUFFIX) for n in names if n.endswith(PARTIAL_SUFFIX)}
        if folder.name >= oldest:
            clips |= _complete_files(names)
        yield from _missing_rows(catalog, folder, clips)


def _complete_files(names: Iterable[str]) -> set[str]:
    """Return the clip ids of the finalized files."""
    stems = (name.removesuffix(".mp4") for name in names if name.endswith(".mp4"))
    return {stem for stem in stems if "." not in stem}


def _missing_rows(catalog: Catalog, folder: Path, clip_ids: set[str]) -> Iterator[Clip]:
    for clip_id in sorted(clip_ids):
        if clip_time(clip_id) is None:
            continue
        clip = catalog.get(clip_id)
        if clip is None:
            yield _row_from_path(catalog, folder, clip_id)
        elif clip.state is ClipState.FAILED and not (
            clip.error == ClipDamaged.key
            and 0 < clip.bytes == _file_bytes(folder / f"{clip.id}.mp4")
        ):
            yield clip


def _row_from_path(catalog: Catalog, folder: Path, clip_id: str) -> Clip:
    """Return a row with what the path of a clip's file, and the marker beside it, tell."""
    camera_id, event_at = folder.parent.name, clip_time(clip_id) or 0.0
    newest = catalog.queries.newest(camera_id)
    deletion = read_marker(folder / f"{clip_id}.mp4", now=catalog.now())
    return Clip(
        id=clip_id,
        camera_id=camera_id,
        camera_name=newest.camera_name if newest else camera_id,
        state=ClipState.RECORDING,
        trigger=Trigger.PRESENCE,
        started_at=event_at,
        event_at=event_at,
        path=f"{camera_id}/{folder.name}/{clip_id}.mp4",
        deleted_at=None if deletion is None else deletion.at,
        deleted_by=None if deletion is None else deletion.by,
    )
