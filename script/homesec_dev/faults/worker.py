"""What the engine's worker runs: its own service, with a detector that needs no model.

The worker gets nothing but a path, so the clock's offset and the order to grow are files.
"""

from __future__ import annotations

from importlib import import_module
from threading import Thread
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy import ndarray

    from custom_components.homesec.engine.core.types import Detection
    from custom_components.homesec.engine.worker.camera_host import CameraHost
    from custom_components.homesec.engine.worker.connection import Connection
    from custom_components.homesec.engine.worker.interface import WorkerParent, WorkerSettings
    from custom_components.homesec.engine.worker.method import Handler, Method

SERVICE = __name__
POLL_S = 0.1
STEP_BYTES = 8 * 2**20
MEMORY_LIMIT_BYTES = 600 * 2**20
HEARTBEAT_S = 2.0


def offset_file(clips_dir: Path) -> Path:
    """Return the file with the offset of the wall clock."""
    return clips_dir.parents[1] / "worker-clock"


def growth_file(clips_dir: Path) -> Path:
    """Return the file that makes the worker take memory without end."""
    return clips_dir.parents[1] / "worker-grows"


class OffsetClock:
    """The machine's clocks, with an offset from a file on the wall clock."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> float:
        """Return UTC epoch seconds plus the offset."""
        try:
            return time.time() + float(self._file.read_text())
        except OSError, ValueError:
            return time.time()

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()


class BrightDetector:
    """Detects the figure of the videos: anything that is bright enough."""

    name, model, threshold, labels = "figure", "bright", 0.5, ("person",)
    crop_px = 320

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of its input."""
        return width * 4 // 5, height * 4 // 5

    def detect(self, picture: ndarray) -> list[Detection]:
        """Return the box around everything bright."""
        types = import_module("engine.core.types")
        bright = picture[:, :, 1] > 200
        rows, columns = bright.nonzero()
        if len(rows) < 100:
            return []
        height, width = bright.shape
        corners = (
            columns.min() / width,
            rows.min() / height,
            (columns.max() + 1) / width,
            (rows.max() + 1) / height,
        )
        return [types.Detection("person", 0.9, types.Box(*map(float, corners)))]

    def close(self) -> None:
        """Nothing is open."""


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return what the parent may call; called in the worker."""
    import_module("engine.recording.controller").RETRY_S = 1.0  # type: ignore[attr-defined]
    service = import_module("engine.worker.camera_service")

    def create_host(settings: WorkerSettings, parent: WorkerParent) -> CameraHost:
        cascade = import_module("engine.detection.cascade")
        Thread(target=_grow_on_demand, args=(settings.clips_dir,), daemon=True).start()
        host: CameraHost = import_module("engine.worker.camera_host").CameraHost(
            settings,
            parent,
            create_cascade=lambda _stop: cascade.CascadeDetector(BrightDetector()),
            clock=OffsetClock(offset_file(settings.clips_dir)),
        )
        return host

    handlers: Mapping[Method[Any], Handler] = service.create_handlers(connection, create_host)
    return handlers


def _grow_on_demand(clips_dir: Path) -> None:
    kept: list[bytearray] = []
    file = growth_file(clips_dir)
    while not file.exists():
        time.sleep(POLL_S)
    file.unlink(missing_ok=True)
    while True:
        kept.append(bytearray(b"x" * STEP_BYTES))
        time.sleep(0.01)
