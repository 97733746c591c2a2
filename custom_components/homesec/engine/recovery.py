"""What a crash left behind: open rows are finished from their fragments, orphans adopted."""

from __future__ import annotations

from dataclasses import replace
import logging
from typing import TYPE_CHECKING

import av.error

from .errors import HomeSecError, RecordingError
from .finish import Finished, finish, partial_path, read_facts
from .models import ClipFailed, ClipSaved, ClipState
from .recorder import recording_error

if TYPE_CHECKING:
    from pathlib import Path

    from .catalog import Catalog
    from .models import Clip, EventSink

_LOGGER = logging.getLogger(__name__)


def finish_open_clips(catalog: Catalog, clips_dir: Path, on_event: EventSink) -> None:
    """Finish every clip whose recording a crash or a power cut ended."""
    for clip in catalog.open_clips():
        repaired = _repaired(clip, clips_dir)
        catalog.put(repaired)
        if repaired.state is ClipState.SAVED:
            _LOGGER.info("Clip %s, cut off in mid-recording, was finished", clip.id)
            on_event(ClipSaved(clip=repaired))
        else:
            _LOGGER.warning("Clip %s, cut off in mid-recording, holds no film", clip.id)
            on_event(ClipFailed(clip=repaired))


def _repaired(clip: Clip, clips_dir: Path) -> Clip:
    final = clips_dir / clip.path
    try:
        facts = _finish(final)
    except (OSError, av.error.FFmpegError, HomeSecError) as err:
        error = err if isinstance(err, RecordingError) else recording_error(err)
        return replace(clip, state=ClipState.FAILED, error=error.key)
    still = final.with_suffix(".jpg")
    return replace(
        clip,
        state=ClipState.SAVED,
        duration_s=facts.duration_s,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        still_path=still.relative_to(clips_dir).as_posix() if still.is_file() else None,
    )


def _finish(final: Path) -> Finished:
    """Finish the file, unless only its row was not written any more."""
    if final.is_file() and not partial_path(final).exists():
        return read_facts(final)
    return finish(final)
