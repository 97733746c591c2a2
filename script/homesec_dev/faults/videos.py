"""Videos for the cameras: a figure walks by repeatedly, at other moments for each camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parts import Recipe, write

if TYPE_CHECKING:
    from pathlib import Path

FPS = 10
SECONDS = 5.0
PICTURES = round(FPS * SECONDS)
"""Each frame carries its number, so a missing one shows."""
KBIT_S = 900
"""Padded to this rate, so a clip needs several chunks and a fault often finds it half uploaded."""
WALKS = (0.4, 1.1, 1.8)
"""When the figure walks, one list per video."""


def make(folder: Path) -> list[Path]:
    """Write the videos, one of them with sound."""
    rate = f"bitrate={KBIT_S}:vbv-maxrate={KBIT_S}:vbv-bufsize={KBIT_S}:nal-hrd=cbr:filler=1"
    params = f"keyint={FPS}:min-keyint={FPS}:scenecut=0:bframes=0:{rate}"
    return [
        write(
            folder / f"film-{n}.mp4",
            Recipe(
                seconds=SECONDS,
                walks=((begin, begin + 1.6),),
                fps=FPS,
                audio="aac" if n == 1 else None,
                options={"x264-params": params},
            ),
        )
        for n, begin in enumerate(WALKS)
    ]
