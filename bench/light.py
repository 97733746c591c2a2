"""Person detection in bad light and bad weather, with and without enhancement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from av import VideoFrame

from custom_components.homesec.engine.media.decoder import Frame
from homesec_dev.bootstrap.console import step

from .cascade import run_cascade
from .enhancements import ENHANCEMENTS
from .machine import machine
from .photos import photos_to_use
from .processes import loaded_photos, loaded_product, processes
from .scoring import by_subset, figures
from .table import table
from .transforms import TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .photos import Photo

    type Row = dict[str, Any]

CONFIGURATIONS = ("default", "look alone")


def run(data: Path | None, target: Path | None) -> None:
    """Measure, print the tables, and write the figures to `target` if given; raises SetupError."""
    photos_to_use(data)  # Report errors of the photos here rather than from a worker process.
    rows: list[Row] = []
    with processes() as pool:
        waiting = {
            (condition, enhancement): pool.submit(_rows, data, condition, enhancement)
            for enhancement in ENHANCEMENTS
            for condition in TRANSFORMS
        }
        for (condition, enhancement), result in waiting.items():
            rows += result.result()
            step(f"{condition}, {enhancement} done to it")
    for configuration in CONFIGURATIONS:
        _show([row for row in rows if row["configuration"] == configuration], configuration)
    if target is not None:
        target.write_text(json.dumps({"rows": rows, "machine": machine()}, indent=2) + "\n")


def _rows(data: Path | None, condition: str, enhancement: str) -> list[Row]:
    """Measure both configurations at once: the default begins with the primary network."""
    photos, cascade = loaded_photos(data), loaded_product()
    answers = [
        run_cascade(cascade, _frame(photo, number, condition, enhancement))
        for number, photo in enumerate(photos)
    ]
    alone = [answer.primary_only(cascade.primary.threshold) for answer in answers]
    return [
        {
            "condition": condition,
            "enhancement": enhancement,
            "configuration": configuration,
            **figures(photos, these),
            "subsets": by_subset(photos, these),
        }
        for configuration, these in zip(CONFIGURATIONS, (answers, alone), strict=True)
    ]


def _frame(photo: Photo, number: int, condition: str, enhancement: str) -> Frame:
    pixels = photo.frame().picture.to_ndarray(format="bgr24")
    pixels = ENHANCEMENTS[enhancement](TRANSFORMS[condition](pixels, number))
    # As a camera's decoder returns it.
    picture = VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format="yuv420p")
    return Frame(t=0.0, at=0.0, picture=picture)


def _show(rows: Sequence[Row], configuration: str) -> None:
    """Print a configuration's figures and the change that each enhancement makes."""
    subsets = list(rows[0]["subsets"])
    print(f"\n{configuration.capitalize()}\n")
    cells = [
        (
            f"{row['condition']}, {row['enhancement']}",
            *(_share(row["subsets"][subset]) for subset in subsets),
            _share(row["recall_p90"]),
            _share(row["flagged"]),
            str(row["false_alarms"]),
        )
        for row in sorted(rows, key=lambda row: list(TRANSFORMS).index(row["condition"]))
    ]
    head = [f"AP50 {subset}".rstrip() for subset in subsets]
    print(table(("", *head, "R at P.9", "flagged", "false"), cells))
    print(f"\n{configuration.capitalize()}: AP50 with a pre-processing less AP50 without\n")
    ap50 = {(row["condition"], row["enhancement"]): row["ap50"] for row in rows}
    others = [name for name in ENHANCEMENTS if name != "nothing"]
    gains = [
        (condition, *(_gain(ap50[condition, x], ap50[condition, "nothing"]) for x in others))
        for condition in TRANSFORMS
    ]
    print(table(("", *others), gains))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _gain(value: float | None, before: float | None) -> str:
    return "" if value is None or before is None else f"{value - before:+.3f}"
