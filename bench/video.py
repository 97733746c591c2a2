"""People in film, through the whole engine: who came and was missed, and who never was there."""

from __future__ import annotations

from dataclasses import dataclass
import json
from typing import TYPE_CHECKING

from custom_components.homesec.engine.core.types import PERSON
from homesec_dev import footage

from .machine import machine
from .replay import play
from .table import table

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Played, Stay

GRACE_S = 0.6
"""Short, so that those who come one after the other are several presences."""
SLACK_S = 0.3
"""The moments below were read off the film by eye."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film and when people can be recognised in it."""

    path: Path
    people: tuple[tuple[float, float], ...]
    """From when to when, in seconds."""


def run(target: Path | None) -> None:
    """Play the films, print the table, and write the figures where asked."""
    rows = {}
    for name, film in _films().items():
        played = play(film.path, grace_s=GRACE_S)
        stays = [stay for stay in played.stays if stay.label == PERSON]
        rows[name] = {
            "presences": len(stays),
            "false": sum(not _true(stay, film) for stay in stays),
            "arrivals": len(film.people),
            "missed": sum(not _seen(span, stays) for span in film.people),
            "looks": played.looks,
        }
    print(f"\nPeople in film, {_model(played)}\n")
    print(
        table(
            ("", "presences", "of nobody", "arrivals", "missed", "looks"),
            [(name, *map(str, row.values())) for name, row in rows.items()],
        )
    )
    if target is not None:
        target.write_text(json.dumps({"films": rows, "machine": machine()}, indent=2) + "\n")


def _model(played: Played) -> str:
    return played.model


def _films() -> dict[str, Film]:
    films = {
        "bikes": Film(footage.sample("bikes"), ((1.2, 2.0), (3.1, 3.3), (4.1, 5.5), (7.5, 8.5))),
        "bigbuckbunny": Film(footage.sample("bigbuckbunny"), ()),
    }
    if (vtest := footage.vtest()) is not None:
        films["vtest"] = Film(vtest, ((0.0, 79.5),))
    return films


def _true(stay: Stay, film: Film) -> bool:
    """Whether there are people in the film at some time of a presence."""
    return any(_meets(stay, span) for span in film.people)


def _seen(span: tuple[float, float], stays: list[Stay]) -> bool:
    """Whether those who came were noticed while they were there."""
    return any(_meets(stay, span) for stay in stays)


def _meets(stay: Stay, span: tuple[float, float]) -> bool:
    begin, end = span
    return stay.begin_s <= end + SLACK_S and stay.end_s >= begin - SLACK_S
