"""What a crash left behind: open rows are finished from their fragments, orphans adopted.

A catalogue that is damaged is set aside, and a new one filled from the clips that are there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import logging
from typing import TYPE_CHECKING

import av.error

from .catalog import Catalog
from .catalog_schema import UNFILLED
from .clip_facts import to_comment, told
from .clip_rows import clip_time
from .database import DatabaseDamaged, set_aside
from .errors import DiskFull, DiskReadOnly, RecordingError
from .events import ClipFailed, ClipSaved
from .finish import (
    FRESH_SUFFIX,
    PARTIAL_SUFFIX,
    Finished,
    discard_empty,
    finish,
    known_facts,
    partial_path,
)
from .keeping import CatalogRebuilt
from .models import Clip, ClipState, Trigger
from .recorder import recording_error, saved, write_still

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from .clock import Clock
    from .events import EventSink

_LOGGER = logging.getLogger(__name__)

_REFUSED = frozenset({DiskFull.key, DiskReadOnly.key})
UNDONE_DAYS = 2
"""A power cut undoes what the catalogue took in last: only so far back rows can be missing."""


def open_catalog(path: Path, *, upload: bool, clock: Clock) -> Catalog:
    """Open the catalogue; one that is damaged is set aside, and a new one begun.

    Raises ``OSError`` and ``sqlite3.Error`` for whatever a new one would not cure.
    """
    try:
        return Catalog(path, upload=upload, clock=clock)
    except DatabaseDamaged as err:
        aside = set_aside(path, clock.now())
        _LOGGER.error("The clip index is damaged (%s): it is now %s", err, aside.name)
    catalog = Catalog(path, upload=upload, clock=clock)
    catalog.write_note(UNFILLED, aside.name)
    return catalog


def adopt_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink, stop: Event) -> None:
    """Fill a new catalogue with all clips that are there; one that is full is left alone.

    May take long with many clips, so cameras may record meanwhile: only whole files are adopted,
    and what is being recorded has its row already.
    """
    if (before := catalog.note(UNFILLED)) is None:
        return
    adopted = adopt_without_row(catalog, clips_dir, stop)
    if stop.is_set():
        return
    catalog.write_note(UNFILLED, None)
    if adopted or before:
        _LOGGER.info("The new clip index holds %s clips that were there", adopted)
        on_event(CatalogRebuilt(clips=adopted, set_aside=before or None))


def adopt_without_row(catalog: Catalog, clips_dir: Path, stop: Event) -> int:
    """Take in every whole file that the catalogue does not know; return how many."""
    adopted = 0
    for folder in _days(clips_dir):
        for clip in _without_row(catalog, folder, _whole(folder)):
            if stop.is_set():
                return adopted
            adopted += _adopt(catalog, clips_dir, clip)
    return adopted


def _adopt(catalog: Catalog, clips_dir: Path, clip: Clip) -> bool:
    final = clips_dir / clip.path
    try:
        facts = known_facts(final)
    except (OSError, av.error.FFmpegError, IndexError) as err:
        _LOGGER.warning("%s is no film, and is left alone: %s", clip.path, recording_error(err))
        return False
    clip = saved(told(clip, facts.comment), facts)
    catalog.save(replace(clip, still_path=_still(clips_dir, clip)))
    return True


def finish_open_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink) -> None:
    """Finish every clip whose recording a crash or a power cut ended."""
    for clip in (*catalog.open_clips(), *_orphans(catalog, clips_dir)):
        repaired = _repaired(clip, clips_dir, known=catalog.get(clip.id) is not None)
        if repaired.state is ClipState.SAVED:
            repaired = catalog.save(repaired)
            _LOGGER.info("Clip %s, cut off in mid-recording, was finished", clip.id)
            on_event(ClipSaved(clip=repaired))
        else:
            catalog.put(repaired)
            if clip.state is not ClipState.FAILED:  # else it was told before
                _LOGGER.warning("Clip %s, cut off in mid-recording, holds no film", clip.id)
                on_event(ClipFailed(clip=repaired))
    for path in clips_dir.glob(f"*/*/*{FRESH_SUFFIX}"):
        # In the way of nobody: on a disk that is read-only it stays until a later start.
        with suppress(OSError):
            path.unlink()


def finish_refused_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink) -> None:
    """Finish what a full or read-only disk refused to, now that it may take it."""
    for clip in catalog.in_state(ClipState.FAILED):
        if clip.error not in _REFUSED or not partial_path(clips_dir / clip.path).is_file():
            continue
        repaired = _repaired(clip, clips_dir)
        if repaired.state is ClipState.SAVED:
            repaired = catalog.save(repaired)
            _LOGGER.info("Clip %s, that the disk had refused, was finished", clip.id)
            on_event(ClipSaved(clip=repaired))
        elif repaired.error not in _REFUSED:
            catalog.put(repaired)  # there is no film in it


def _repaired(clip: Clip, clips_dir: Path, *, known: bool = True) -> Clip:
    """Return a clip as it is once its file is finished; what has no row is told by its file."""
    final = clips_dir / clip.path
    try:
        facts = _finish(final, to_comment(clip) if known else None)
    except (OSError, av.error.FFmpegError, RecordingError, IndexError) as err:
        if isinstance(err, RecordingError):
            discard_empty(final)
        return replace(clip, state=ClipState.FAILED, error=recording_error(err).key)
    clip = saved(clip if known else told(clip, facts.comment), facts)
    return replace(clip, still_path=_still(clips_dir, clip))


def _still(clips_dir: Path, clip: Clip) -> str | None:
    """Return the still that is there, else make one."""
    still = (clips_dir / clip.path).with_suffix(".jpg")
    if still.is_file():
        return still.relative_to(clips_dir).as_posix()
    return write_still(clips_dir, clip)


def _finish(final: Path, comment: str | None) -> Finished:
    """Finish the file, unless only its row was not written any more."""
    if final.is_file() and not partial_path(final).exists():
        return known_facts(final)
    return finish(final, comment)


def _orphans(catalog: Catalog, clips_dir: Path) -> Iterator[Clip]:
    """Give the clips that have a file and no row, or one that says that they failed."""
    oldest = (datetime.now(UTC).date() - timedelta(days=UNDONE_DAYS)).isoformat()
    for folder in _days(clips_dir):
        names = {p.name.removesuffix(PARTIAL_SUFFIX) for p in folder.glob(f"*{PARTIAL_SUFFIX}")}
        if folder.name >= oldest:
            names |= _whole(folder)
        yield from _without_row(catalog, folder, names)


def _days(clips_dir: Path) -> Iterator[Path]:
    """Give the folders of clips, one a day and camera."""
    return (folder for folder in sorted(clips_dir.glob("*/*/")) if _is_day(folder.name))


def _whole(folder: Path) -> set[str]:
    """Return the names of the files that are finished."""
    return {p.stem for p in folder.glob("*.mp4") if "." not in p.stem}


def _without_row(catalog: Catalog, folder: Path, names: set[str]) -> Iterator[Clip]:
    for clip_id in sorted(names):
        clip = catalog.get(clip_id)
        if clip is None:
            clip = _unknown(catalog, folder, clip_id)
        elif clip.state is not ClipState.FAILED:
            continue
        if clip is not None:
            yield clip


def _unknown(catalog: Catalog, folder: Path, clip_id: str) -> Clip | None:
    """Return what the name and the place of a clip's file tell of it; None if it is no clip."""
    if (event_at := clip_time(clip_id)) is None:
        return None
    camera_id = folder.parent.name
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


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
