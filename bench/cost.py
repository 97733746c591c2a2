"""Processor time of watching a quiet camera, beside that of other ways of watching."""

from __future__ import annotations

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
    """Measure, print the table, and write the figures to `target` if given."""
    video = quiet_street()
    seconds = {name: _measure(name, video) for name in ROWS}
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


def _measure(name: str, video: Path) -> float:
    """Return the CPU seconds of one way in a fresh process, without its imports."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_timed, (name, str(video)))


def _timed(name: str, video: str) -> float:
    work = WAYS[name]
    work(video, True)  # Warm up: imports, and the file in the page cache.
    began = time.process_time()
    work(video, False)
    return round(time.process_time() - began, 3)


def _demux(video: str, warming: bool) -> None:  # noqa: FBT001
    with av.open(video) as container:
        for packet in container.demux(video=0):
            if warming and packet.pts:
                return


def _decode_all(video: str, warming: bool) -> None:  # noqa: FBT001
    with av.open(video) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for _ in container.decode(video=0):
            if warming:
                return


def _opencv_capture(video: str, warming: bool) -> None:  # noqa: FBT001
    import cv2

    capture = cv2.VideoCapture(video)
    while capture.read()[0]:
        if warming:
            return


def _idle(video: str, warming: bool) -> None:  # noqa: FBT001
    """Run the whole engine with one camera, as fast as the file can be read."""
    if warming:
        return
    with tempfile.TemporaryDirectory() as folder:
        states: list[EngineEvent] = []
        engine = HomeSecEngine(
            clips_dir=Path(folder, "clips"),
            data_dir=Path(folder),
            models_dir=Path(folder),
            on_event=states.append,
            create_cascade=_nobody,
        )
        engine.start()
        source = SourceConfig(kind=SourceKind.FILE, location=video, paced=False, loop=False)
        engine.set_camera(CameraConfig(id="quiet", name="Quiet", source=source), Activity.RECORD)
        while not any(
            isinstance(e, HealthChanged) and e.health is CameraHealth.OFF for e in states
        ):
            time.sleep(0.02)
        engine.stop()


def _nobody(_stop: Event) -> CascadeDetector:
    """Return a detector that finds nothing: while idle it is not used."""
    from custom_components.homesec.engine.detection.cascade import CascadeDetector

    from .null_detector import NullDetector

    return CascadeDetector(NullDetector())


WAYS: dict[str, Callable[[str, bool], None]] = {
    "demux": _demux,
    "idle": _idle,
    "decode_all": _decode_all,
    "opencv_capture": _opencv_capture,
}
