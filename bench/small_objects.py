"""Detection of distant people: whole picture, regions with motion, and verification."""

from __future__ import annotations

import json
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from homesec_dev.bootstrap.console import step

from .average_precision import curve
from .compositing import HEIGHT, WIDTH, paste
from .machine import machine
from .photos import PERSON, photos_to_use
from .processes import loaded_photos, loaded_product, processes
from .scoring import PRECISION, picture
from .table import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from custom_components.homesec.engine.core.types import Detection
    from custom_components.homesec.engine.detection.cascade import CascadeDetector

    from .compositing import Scene
    from .photos import Photo

    type Row = dict[str, Any]
    type Found = list[Detection]

HEIGHTS = (16, 24, 32, 40, 60)
"""Half the people in a picture are at most this many pixels high."""
STEPS = ("look", "look where it moves", "confirm")


def run(data: Path | None, target: Path | None) -> None:
    """Measure, print the table, and write the figures to `target` if given; raises SetupError."""
    photos_to_use(data)  # Report errors of the photos here rather than from a worker process.
    rows: list[Row] = []
    with processes() as pool:
        for high, these in zip(
            HEIGHTS, pool.map(_rows, [data] * len(HEIGHTS), HEIGHTS), strict=True
        ):
            step(f"People {high} pixels high")
            rows += these
    _show(rows)
    if target is not None:
        target.write_text(json.dumps({"rows": rows, "machine": machine()}, indent=2) + "\n")


def _rows(data: Path | None, high: int) -> list[Row]:
    photos, cascade = loaded_photos(data), loaded_product()
    quiet = [photo for photo in photos if photo.has_no_people]
    scenes: list[Photo] = []
    found: list[dict[str, tuple[Found, float]]] = []
    for number, photo in enumerate(photos):
        scene = paste(photo, quiet, high=high, number=number) if len(photo.people) else None
        if scene is not None and len(scene.photo.people):
            scenes.append(scene.photo)
            found.append(_steps(cascade, scene))
    thresholds = dict.fromkeys(STEPS, cascade.threshold) | {"confirm": cascade.verified_threshold}
    return [
        {
            "high": high,
            "step": name,
            **_figures(scenes, [each[name][0] for each in found], thresholds[name]),
            "ms": round(1000 * median(each[name][1] for each in found), 1),
        }
        for name in STEPS
        if found
    ]


def _steps(cascade: CascadeDetector, scene: Scene) -> dict[str, tuple[Found, float]]:
    """Return the people that each step finds, and its time including the steps before."""
    first, frame, where = scene.frame, scene.frame, scene.moving()
    began = perf_counter()
    look = cascade.detect(first)
    between = perf_counter()
    moving = cascade.detect(frame, cascade.small_regions(frame, where))
    moved = perf_counter()
    about = [x.box for x in moving if x.label == PERSON and x.score >= cascade.threshold]
    confirmed = cascade.verify(frame, moving, about)
    done = perf_counter()
    seconds = between - began, moved - between, done - between
    return {
        name: ([x for x in each if x.label == PERSON], took)
        for name, each, took in zip(STEPS, (look, moving, confirmed), seconds, strict=True)
    }


def _figures(photos: Sequence[Photo], found: Sequence[Found], threshold: float) -> Row:
    """Return precision and recall, and the shares found and right at the product's threshold."""
    pairs = list(zip(photos, found, strict=True))
    everything = curve([picture(*pair) for pair in pairs])
    counted = curve(
        [picture(photo, [x for x in these if x.score >= threshold]) for photo, these in pairs]
    )
    subsets = {
        subset: curve([picture(*pair) for pair in pairs if pair[0].subset == subset])
        for subset in dict.fromkeys(photo.subset for photo in photos)
    }
    last = counted.recall.size - 1 if counted else -1
    return {
        "people": sum(len(photo.people) for photo in photos),
        "ap50": round(everything.average_precision, 4) if everything else None,
        "recall_p90": round(everything.recall_at(PRECISION), 4) if everything else None,
        "found": round(float(counted.recall[last]), 4) if counted and last >= 0 else 0.0,
        "right": round(float(counted.precision[last]), 4) if counted and last >= 0 else None,
        "subsets": {
            name: round(each.average_precision, 4) for name, each in subsets.items() if each
        },
    }


def _show(rows: Sequence[Row]) -> None:
    subsets = list(dict.fromkeys(name for row in rows for name in row["subsets"]))
    print(
        f"\nPeople in photos placed on {WIDTH}x{HEIGHT}, half of them of the height or less."
        " Found, right: recall and precision at the product's own thresholds.\n"
    )
    names = ("AP50", "R at P.9", "found", "right")
    cells = [
        (
            f"{row['high']} px, {row['step']}",
            str(row["people"]),
            *(_share(row[name]) for name in ("ap50", "recall_p90", "found", "right")),
            *(_share(row["subsets"].get(name)) for name in subsets),
            f"{row['ms']:.0f}",
        )
        for row in rows
    ]
    print(table(("", "people", *names, *(f"AP50 {x}" for x in subsets), "ms"), cells))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
