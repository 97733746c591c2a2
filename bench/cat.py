"""Play an hour of a cat alone to an armed camera; count how often it is taken for a person."""

from __future__ import annotations

import json
from pathlib import Path
import tempfile
from typing import TYPE_CHECKING

from custom_components.homesec.engine.core.types import PERSON
from homesec_dev.bootstrap import paths
from homesec_dev.bootstrap.console import SetupError, step

from .cat_film import cat_minute, repeat_video
from .machine import machine
from .photos import ANNOTATIONS
from .replay import play
from .table import table

if TYPE_CHECKING:
    from .replay import PlayedVideo

MINUTES = 60


def run(data: Path | None, target: Path | None, *, minutes: int = MINUTES) -> None:
    """Play the video, print the table, and write `target` if given; raises SetupError."""
    folder = data or paths.shared("media/persons")
    if folder is None:
        raise SetupError(
            "There are no photos of cats beside the repository.",
            advice=f"Give a folder of photos with COCO's {ANNOTATIONS}: --data FOLDER",
        )
    with tempfile.TemporaryDirectory() as paste:
        minute, video = Path(paste, "minute.mp4"), Path(paste, "film.mp4")
        visits = cat_minute(folder, minute) * minutes
        repeat_video(minute, video, minutes)
        step(f"Watching {minutes} minutes of it")
        played = play(video, labels=(PERSON, "cat"))
    figures = {
        "minutes": minutes,
        "visits": visits,
        "persons": _count(played, PERSON),
        "cats": _count(played, "cat"),
        "looks": played.looks,
    }
    print(f"\nA cat that comes and goes, {played.model}, on {machine()}\n")
    print(table(tuple(figures), [tuple(str(value) for value in figures.values())]))
    if target is not None:
        target.write_text(json.dumps(figures | {"machine": machine()}, indent=2) + "\n")


def _count(played: PlayedVideo, label: str) -> int:
    return sum(stay.label == label for stay in played.stays)
