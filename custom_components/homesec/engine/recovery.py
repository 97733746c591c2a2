"""What a crash left behind: open rows are finished from their fragments, orphans adopted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import logging
from typing import TYPE_CHECKING

import av.error

from .catalog import clip_time
from .errors import RecordingError
from .finish import (
    FRESH_SUFFIX,
    PARTIAL_SUFFIX,
    Finished,
    discard_empty,
    finish,
    partial_path,
    read_facts,
)
from .models import Clip, ClipFailed, ClipSaved, ClipState, Trigger
from .recorder import recording_error, saved, write_still

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .catalog import Catalog
    from .models import EventSink

_LOGGER = logging.getLogger(__name__)

UNDONE_DAYS = 2
"""A power cut undoes what the catalogue took in last: only so far back rows can be missing."""


def finish_open_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink) -> None:
    """Finish every clip whose recording a crash or a power cut ended."""
    for clip in (*catalog.open_clips(), *_orphans(catalog, clips_dir)):
        repaired = _repaired(clip, clips_dir)
        catalog.put(repaired)
        if repaired.state is ClipState.SAVED:
            _LOGGER.info("Clip %s, cut off in mid-recording, was finished", clip.id)
            on_event(ClipSaved(clip=repaired))
        else:
            _LOGGER.warning("Clip %s, cut off in mid-recording, holds no film", clip.id)
            on_event(ClipFailed(clip=repaired))
    for path in clips_dir.glob(f"*/*/*{FRESH_SUFFIX}"):
        path.unlink()


def _repaired(clip: Clip, clips_dir: Path) -> Clip:
    final = clips_dir / clip.path
    try:
        facts = _finish(final)
    except (OSError, av.error.FFmpegError, RecordingError) as err:
        if isinstance(err, RecordingError):
            discard_empty(final)
        return replace(clip, state=ClipState.FAILED, error=recording_error(err).key)
    still = final.with_suffix(".jpg")
    found = still.relative_to(clips_dir).as_posix() if still.is_file() else None
    return replace(saved(clip, facts), still_path=found or write_still(clips_dir, clip))


def _finish(final: Path) -> Finished:
    """Finish the file, unless only its row was not written any more."""
    if final.is_file() and not partial_path(final).exists():
        return read_facts(final)
    return finish(final)


def _orphans(catalog: Catalog, clips_dir: Path) -> Iterator[Clip]:
    """Give the clips that have a file and no row, or one that says that they failed."""
    everything = catalog.totals() == (0, 0)
    oldest = (datetime.now(UTC).date() - timedelta(days=UNDONE_DAYS)).isoformat()
    for folder in sorted(clips_dir.glob("*/*/")):
        if not _is_day(folder.name):
            continue
        partials = {p.name.removesuffix(PARTIAL_SUFFIX) for p in folder.glob(f"*{PARTIAL_SUFFIX}")}
        whole = {p.stem for p in folder.glob("*.mp4") if "." not in p.stem}
        recent = everything or folder.name >= oldest
        for clip_id in sorted(partials | whole if recent else partials):
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
