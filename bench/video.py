"""Play videos with people through the whole engine: who was found, missed, or never there."""

from __future__ import annotations

from dataclasses import dataclass
import json
from typing import TYPE_CHECKING

from custom_components.homesec.engine.core.types import PERSON
from homesec_dev import footage

from .footage_video import as_h264
from .machine import machine
from .replay import play
from .table import table

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import PlayedVideo, Stay

GRACE_S = 0.6
"""Short, so that people who follow each other are separate presences."""
SLACK_S = 0.3
"""The moments below were read off the video by eye."""


@dataclass(frozen=True, slots=True)
class Video:
    """A video and the times at which people are recognizable in it."""

    path: Path
    people: tuple[tuple[float, float], ...]
    """Beginnings and ends in seconds."""


def run(target: Path | None) -> None:
    """Play the videos, print the table, and write the figures to `target` if given."""
    rows = {}
    for name, video in _videos().items():
        played = play(video.path, grace_s=GRACE_S)
        stays = [stay for stay in played.stays if stay.label == PERSON]
        rows[name] = {
            "presences": len(stays),
            "false": sum(not _is_correct(stay, video) for stay in stays),
            "arrivals": len(video.people),
            "missed": sum(not _is_noticed(span, stays) for span in video.people),
            "looks": played.looks,
        }
    print(f"\nPeople in film, {_model(played)}\n")
    print(
        table(
            ("", "presences", "without people", "arrivals", "missed", "frames"),
            [(name, *map(str, row.values())) for name, row in rows.items()],
        )
    )
    if target is not None:
        target.write_text(json.dumps({"films": rows, "machine": machine()}, indent=2) + "\n")


def _model(played: PlayedVideo) -> str:
    return played.model


def _videos() -> dict[str, Video]:
    videos = {
        "bikes": Video(footage.sample("bikes"), ((1.2, 2.0), (3.1, 3.3), (4.1, 5.5), (7.5, 8.5))),
        "bigbuckbunny": Video(footage.sample("bigbuckbunny"), ()),
    }
    if (vtest := footage.vtest()) is not None:
        videos["vtest"] = Video(as_h264(vtest), ((0.0, 79.5),))  # no camera sends MPEG-4 v3
    return videos


def _is_correct(stay: Stay, video: Video) -> bool:
    """Return whether people are in the video at some time of a presence."""
    return any(_overlaps(stay, span) for span in video.people)


def _is_noticed(span: tuple[float, float], stays: list[Stay]) -> bool:
    """Return whether people were noticed while they were there."""
    return any(_overlaps(stay, span) for stay in stays)


def _overlaps(stay: Stay, span: tuple[float, float]) -> bool:
    begin, end = span
    return stay.begin_s <= end + SLACK_S and stay.end_s >= begin - SLACK_S
