"""Add clips of past days to a Home Assistant that has none, where the engine would put them.

Only while Home Assistant is not running. All clips share one video and a few stills as hard links,
so ten thousand take no more space than one.
"""

from __future__ import annotations

from datetime import UTC, datetime
import os
from typing import TYPE_CHECKING

import av

from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger
from custom_components.homesec.engine.engine import CATALOG_NAME
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.media.jpeg import encode_jpeg

from . import footage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRE_ROLL_S = 1.0
# Seconds into the sample video: moments with a person, and one without.
MOMENTS_S = (4.6, 1.6, 8.0, 6.4)
LABELS = ("person", "person", "person", "cat")


def add_clips(
    folder: Path, cameras: dict[str, str], *, count: int, until: float, every_s: float
) -> list[Clip]:
    """Add clips, newest first, to the Home Assistant in `folder`; `cameras` is id to name."""
    clips_dir = folder / "media" / "homesec"
    film = clips_dir / ".past.mp4"
    film.parent.mkdir(parents=True, exist_ok=True)
    film.write_bytes(footage.sample("bikes").read_bytes())
    stills = list(_stills(film))
    clips = [
        _clip(cameras, number, until - number * every_s, film.stat().st_size)
        for number in range(count)
    ]
    for number, clip in enumerate(clips):
        (clips_dir / clip.path).parent.mkdir(parents=True, exist_ok=True)
        os.link(film, clips_dir / clip.path)
        os.link(stills[number % len(stills)], clips_dir / str(clip.still_path))
    with Catalog(folder / "homesec" / CATALOG_NAME) as catalog, catalog.database.transaction():
        for clip in clips:
            catalog.put(clip)
    for file in (film, *stills):
        file.unlink()
    return clips


def _clip(cameras: dict[str, str], number: int, at: float, size: int) -> Clip:
    camera_id, name = list(cameras.items())[number % len(cameras)]
    clip_id = new_clip_id(at)
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    path = f"{camera_id}/{day}/{clip_id}"
    label = LABELS[number % len(LABELS)]
    return Clip(
        id=clip_id,
        camera_id=camera_id,
        camera_name=name,
        state=ClipState.SAVED,
        trigger=Trigger.PRESENCE,
        started_at=at - PRE_ROLL_S,
        event_at=at,
        duration_s=10.0,
        label=label,
        score=0.6 + 0.35 * ((number * 7) % 10) / 10,
        path=f"{path}.mp4",
        still_path=f"{path}.jpg",
        bytes=size,
        width=640,
        height=272,
        video_codec="h264",
    )


def _stills(film: Path) -> Iterator[Path]:
    """Extract stills of the video's moments beside it."""
    wanted = sorted((at, number) for number, at in enumerate(MOMENTS_S))
    paths = [film.with_name(f".past-{number}.jpg") for number in range(len(MOMENTS_S))]
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            if wanted and frame.time is not None and frame.time >= wanted[0][0]:
                paths[wanted.pop(0)[1]].write_bytes(encode_jpeg(frame))
    yield from paths
