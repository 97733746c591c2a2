"""Processor time that watching a quiet camera costs, beside what other ways of watching cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import json
import multiprocessing
from pathlib import Path
import tempfile
import time
from typing import TYPE_CHECKING

import av

from custom_components.homesec.engine.core.events import HealthChanged
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraConfig,
    CameraHealth,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.engine import HomeSecEngine

from .footage_video import quiet_street
from .machine import machine
from .table import table

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from custom_components.homesec.engine.core.events import EngineEvent
    from custom_components.homesec.engine.detection.cascade import CascadeDetector

ROWS = {
    "demux": "reading the packets only",
    "idle": "HomeSec, nothing happening",
    "decode_all": "decoding every frame",
    "opencv_capture": "OpenCV's VideoCapture, every frame",
}


def run(target: Path | None) -> None:
    """Measure, print the table, and write the figures where asked."""
    film = quiet_street()
    seconds = {name: _measure(name, film) for name in ROWS}
    base = seconds["decode_all"]
    print(f"\nCPU time for 60 s of 1080p20 H.264 on {machine()}\n")
    print(
        table(
            ("", "CPU s", "of decoding all"),
            [(ROWS[name], f"{s:.2f}", f"{s / base:.3f}") for name, s in seconds.items()],
        )
    )
    if target is not None:
        target.write_text(json.dumps({"cpu_s": seconds, "machine": machine()}, indent=2) + "\n")


def _measure(name: str, film: Path) -> float:
    """Return the CPU seconds of one way, in a fresh process, its imports left out."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_timed, (name, str(film)))


def _timed(name: str, film: str) -> float:
    work = WAYS[name]
    work(film, True)  # imports, and the file into the page cache
    began = time.process_time()
    work(film, False)
    return round(time.process_time() - began, 3)


def _demux(film: str, warming: bool) -> None:  # noqa: FBT001
    with av.open(film) as container:
        for packet in container.demux(video=0):
            if warming and packet.pts:
                return


def _decode_all(film: str, warming: bool) -> None:  # noqa: FBT001
    with av.open(film) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for _ in container.decode(video=0):
            if warming:
                return


def _opencv_capture(film: str, warming: bool) -> None:  # noqa: FBT001
    import cv2

    capture = cv2.VideoCapture(film)
    while capture.read()[0]:
        if warming:
            return


def _idle(film: str, warming: bool) -> None:  # noqa: FBT001
    """Run the whole engine with one camera, as fast as the film can be read."""
    if warming:
        return
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
        states: list[EngineEvent] = []
        engine = HomeSecEngine(
            clips_dir=Path(folder, "clips"),
            data_dir=Path(folder),
            models_dir=Path(folder),
            executor=executor,
            on_event=states.append,
            create_cascade=_nobody,
        )
        engine.start()
        source = SourceConfig(kind=SourceKind.FILE, location=film, paced=False, loop=False)
        engine.set_camera(CameraConfig(id="quiet", name="Quiet", source=source), Activity.RECORD)
        while not any(
            isinstance(e, HealthChanged) and e.health is CameraHealth.OFF for e in states
        ):
            time.sleep(0.02)
        engine.stop()


def _nobody(_stop: Event) -> CascadeDetector:
    """Stand in for the detector, whose cost is another benchmark's: it is not used while idle."""
    from custom_components.homesec.engine.detection.cascade import CascadeDetector

    from .null_detector import Nobody

    return CascadeDetector(Nobody())


WAYS: dict[str, Callable[[str, bool], None]] = {
    "demux": _demux,
    "idle": _idle,
    "decode_all": _decode_all,
    "opencv_capture": _opencv_capture,
}
