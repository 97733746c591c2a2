"""Quality and speed of person detection in photos, for every network at hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from homesec_dev.bootstrap.console import notice, step

from .cascade import run_cascade
from .machine import machine
from .networks import input_of, networks, product
from .photos import photos_to_use
from .scoring import by_subset, counts, figures
from .table import table
from .timing import network_times, product_times, spread_photos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .networks import Network
    from .photos import Photo

    type Row = dict[str, Any]

HEAD = ("", "engine", "input", "AP50", "R at P.9", "flagged", "false", "ms", "alone", "ratio")


def run(data: Path | None, target: Path | None) -> None:
    """Measure, print the tables, and write the figures to `target` if given; raises SetupError."""
    photos = photos_to_use(data)
    rows = []
    for network in networks():
        step(f"{network.model}, {network.detector}, {network.input}")
        try:
            rows.append(_row(network, photos))
        except DetectorError as err:
            notice(f"Left out: {err}")
    step("The default configuration")
    default = _default(photos)
    known = counts(photos)
    _show(rows, default, known)
    if target is not None:
        result = {"rows": rows, "default": default, "counts": known, "machine": machine()}
        target.write_text(json.dumps(result, indent=2) + "\n")


def _row(network: Network, photos: Sequence[Photo]) -> Row:
    cascade = CascadeDetector(network.load())
    try:
        found = _found(cascade, photos)
    finally:
        cascade.close()
    return {
        "model": network.model,
        "detector": network.detector,
        "input": network.input,
        **found,
        **network_times(network, spread_photos(photos)),
    }


def _default(photos: Sequence[Photo]) -> Row:
    """Measure the default configuration: the whole picture, then crops to verify what was found."""
    cascade = product()
    both = [each for each in (cascade.primary, cascade.verifier) if each]
    try:
        found = _found(cascade, photos)
        return {
            "model": " + ".join(each.model for each in both),
            "detector": cascade.primary.name,
            "input": " + ".join(map(input_of, both)),
            **found,
            **product_times(spread_photos(photos)),
        }
    finally:
        cascade.close()


def _found(cascade: CascadeDetector, photos: Sequence[Photo]) -> Row:
    answers = [run_cascade(cascade, photo.frame()) for photo in photos]
    return {**figures(photos, answers), "subsets": by_subset(photos, answers)}


def _show(rows: Sequence[Row], default: Row, known: dict[str, int]) -> None:
    subsets = list(default["subsets"]) if len(default["subsets"]) > 1 else []
    print(
        f"\nPeople in {known['pictures']} pictures, one thread of {machine()}. AP50 and recall: of"
        f" {known['people']} people in {known['pictures_for_ap']} pictures."
        f" Flagged: of {known['photos_with_people']} photos of people."
        f" False: of {known['photos_without_people']} photos without people.\n"
    )
    cells = [_cells(row, subsets) for row in (*rows, default)]
    print(table((*HEAD, *(f"AP50 {subset}" for subset in subsets)), cells))
    print(
        f"\nThe last is the default; its look alone, what most pictures cost, takes"
        f" {default['look_ms']} ms."
    )
    if "look_ratio" in default:
        print(
            f"OpenCV's look at the same pictures takes {default['opencv_look_ms']} ms;"
            f" default to OpenCV, picture by picture: {default['look_ratio']:.2f}."
        )


def _cells(row: Row, subsets: Sequence[str]) -> tuple[str, ...]:
    return (
        row["model"],
        row["detector"],
        row["input"],
        *(_share(row[name]) for name in ("ap50", "recall_p90", "flagged")),
        str(row["false_alarms"]),
        f"{row['ms']:.1f}",
        f"{row['network_ms']:.1f}" if "network_ms" in row else "",
        f"{row['ratio']:.2f}" if "ratio" in row else "",
        *(_share(row["subsets"][subset]) for subset in subsets),
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
