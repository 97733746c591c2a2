"""People who come and go between two keyframes: how many are missed, and how late others are seen.

The film is drawn, so that the truth is known and a simple detector finds all that it gets to see:
what is compared is which pictures it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
import json
from pathlib import Path
import statistics
import tempfile
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from custom_components.homesec.engine.core.types import (
    PERSON,
    Box,
    CameraConfig,
    DecodePolicy,
    Detection,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from homesec_dev.bootstrap.console import step

from .cat_film import repeat_video
from .machine import machine
from .null_detector import NullDetector
from .replay import CAMERA, play_camera
from .table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .replay import Started

GAPS_S = (2, 5, 10)  # between keyframes
ARRIVALS, REPEATS = 25, 8  # different ones, and how often the film is played
EVERY_S = 20.0  # longer than a camera stays attentive after something moved
STAY_S = 1.2
SENSOR_S = 1.5  # a sensor reports an arrival this long after its beginning, when it's over
FPS = 10
MAIN, DETECT = (640, 360), (320, 180)
DETECT_GAP_S = 2
GROUND, FIGURE = 90, 235
BRIGHT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A way to watch a camera."""

    name: str
    policy: DecodePolicy = DecodePolicy.AUTO
    sensor: bool = False
    detect_stream: bool = False


CASES = (
    Case(name="keyframes only (economy)", policy=DecodePolicy.ECONOMY),
    Case(name="automatic"),
    Case(name="keyframes only, sensor", policy=DecodePolicy.ECONOMY, sensor=True),
    Case(name="automatic, sensor", sensor=True),
    Case(name="automatic, detect stream", detect_stream=True),
)


def run(target: Path | None, *, arrivals: int = ARRIVALS, repeats: int = REPEATS) -> None:
    """Play the films, print the table, and write the figures to ``target`` if given."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        step(f"Drawing {arrivals} arrivals")
        low = _film(Path(folder, "low.mp4"), DETECT, DETECT_GAP_S, arrivals, repeats)
        for gap_s in GAPS_S:
            film = _film(Path(folder, f"main-{gap_s}.mp4"), MAIN, gap_s, arrivals, repeats)
            for case in CASES:
                step(f"Keyframes {gap_s} s apart, {case.name}")
                rows.append(_row(case, gap_s, film, low, arrivals * repeats))
    print(f"\nArrivals of {STAY_S} s between two keyframes, on {machine()}\n")
    head = ("watched", "keyframes", "arrivals", "missed", "median", "latest")
    print(table(head, [_cells(row) for row in rows]))
    if target is not None:
        target.write_text(json.dumps({"rows": rows, "machine": machine()}, indent=2) + "\n")


def _cells(row: dict[str, Any]) -> list[str]:
    late = row["late_s"]
    return [
        row["watched"],
        f"{row['gap_s']} s",
        *(str(row[key]) for key in ("arrivals", "missed")),
        *(f"{late[part]:.1f} s" if late else "-" for part in ("median", "most")),
    ]


def _row(case: Case, gap_s: int, film: Path, low: Path, arrivals: int) -> dict[str, Any]:
    config = CameraConfig(
        id=CAMERA,
        name="Bench",
        source=_source(film),
        detect_source=_source(low) if case.detect_stream else None,
        decode_policy=case.policy,
        grace_s=1.0,
    )
    begins_s = [number * EVERY_S + _begin_s(number % ARRIVALS) for number in range(arrivals)]
    played = play_camera(
        config,
        lambda _stop: CascadeDetector(FigureDetector()),
        sensor_s=[begin_s + SENSOR_S for begin_s in begins_s] if case.sensor else (),
    )
    late = list(_late_s(played.started, begins_s))
    return {
        "watched": case.name,
        "gap_s": gap_s,
        "arrivals": arrivals,
        "missed": arrivals - len(late),
        "late_s": {"median": round(statistics.median(late), 2), "most": round(max(late), 2)}
        if late
        else None,
    }


def _source(path: Path) -> SourceConfig:
    return SourceConfig(kind=SourceKind.FILE, location=str(path), paced=False, loop=False)


def _late_s(started: list[Started], begins_s: list[float]) -> Iterator[float]:
    """Yield, for each arrival that was noticed, after how many seconds it was reported."""
    for begin_s in begins_s:
        for each in started:
            if begin_s - 0.5 <= each.presence.first_seen_at <= begin_s + STAY_S + 0.5:
                yield each.reported_s - begin_s
                break


def _begin_s(number: int) -> float:
    """Return when somebody arrives: at different times after a keyframe, but never at one.

    All gaps have their keyframes at whole multiples, so that's between 6 and 8 s, or 12 and 14 s.
    """
    after_s = 0.2 + (number * 0.37 % 1) * (DETECT_GAP_S - STAY_S - 0.4)
    return (12.0 if number % 2 else 6.0) + after_s


def _film(path: Path, size: tuple[int, int], gap_s: int, arrivals: int, repeats: int) -> Path:
    """Write a film in which somebody crosses the picture every 20 s."""
    once = path.with_suffix(".once.mp4")
    gop = gap_s * FPS
    options = {"preset": "ultrafast", "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0"}
    with av.open(str(once), "w") as output:
        stream = output.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for index in range(round(arrivals * EVERY_S) * FPS):
            number, at_s = divmod(index / FPS, EVERY_S)
            way = (at_s - _begin_s(int(number))) / STAY_S
            frame = av.VideoFrame.from_ndarray(_picture(size, way), format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    repeat_video(once, path, repeats)
    return path


def _picture(size: tuple[int, int], way: float) -> NDArray[np.uint8]:
    """Return a gray picture (Y, U, V planes), with a figure at ``way``, 0 to 1, through it."""
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = GROUND
    if 0 <= way < 1:
        left = round(way * (width - width // 8))
        planes[height // 3 : height * 5 // 6, left : left + width // 8] = FIGURE
    return planes


class FigureDetector(NullDetector):
    """Finds the film's figure in every picture that shows it."""

    name, model = "figure", "drawn"

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Return a box around what is bright in ``(H, W, 3) uint8``."""
        bright = picture[:, :, 1] > BRIGHT
        if np.count_nonzero(bright) < bright.size // 200:
            return []
        rows, columns = np.nonzero(bright)
        height, width = bright.shape
        box = Box(
            float(columns.min() / width),
            float(rows.min() / height),
            float((columns.max() + 1) / width),
            float((rows.max() + 1) / height),
        )
        return [Detection(PERSON, 0.9, box)]
