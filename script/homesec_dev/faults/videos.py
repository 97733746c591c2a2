"""What the cameras see: somebody walks by, again and again, at another moment for each camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parts import Recipe, write

if TYPE_CHECKING:
    from pathlib import Path

FPS = 10
SECONDS = 5.0
PICTURES = round(FPS * SECONDS)
"""Each carries its number, so that one that is missing in a clip shows."""
KBIT_S = 900
"""Filled up to this: a clip is to need several chunks, so that a fault finds it half uploaded."""
WALKS = (0.4, 1.1, 1.8)
"""When the figure comes; one film for each."""


def make(folder: Path) -> list[Path]:
    """Write the films, one of them with sound."""
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
