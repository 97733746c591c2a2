"""The process that plays Home Assistant's role: `python -m homesec_dev.fuzz.house SETTINGS`.

Runs an engine with a healthy camera, reads cases as JSON lines, and prints what happens as such.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
import json
import logging
import os
from pathlib import Path
import sys
from threading import Event, Lock, Thread
import time
from typing import TYPE_CHECKING, Any

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.errors import HomeSecError, WorkerDied, WorkerMissing
from custom_components.homesec.engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    EngineEvent,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraConfig,
    CameraHealth,
    DecodePolicy,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.model_zoo.store import ModelStore
from custom_components.homesec.engine.worker.supervisor import SupervisedWorker

from ..faults import worker
from .cases import CAMERA, CLIP, HTTP, MODEL, PROBE, RTP, START

if TYPE_CHECKING:
    from collections.abc import Callable

_LOGGER = logging.getLogger(__name__)

HEALTHY = "healthy"
CAMERA_S = 2.5  # a camera that still runs then is removed
WORKER_LIMIT_BYTES = 512 * 2**20
NETWORK = "yolox-nano"
THREADS = 6


class House:
    """An engine, its healthy camera, and the cases beside it."""

    def __init__(self, folder: Path, video: str) -> None:
        self._folder = folder
        self._lock = Lock()
        self._ended: dict[str, Event] = {}
        self.engine = self._create(folder / "home", self._handle_event)
        self.engine.start()
        source = SourceConfig(kind=SourceKind.FILE, location=video)
        self.engine.set_camera(_camera(HEALTHY, source), Activity.RECORD)
        Thread(target=self._report_worker, daemon=True).start()

    def run(self, case: dict[str, Any]) -> None:
        """Run one case, and report how it ended."""
        kinds: dict[str, Callable[[dict[str, Any]], None]] = {
            CAMERA: self._run_camera,
            HTTP: self._run_camera,
            RTP: self._run_camera,
            PROBE: self._run_probe,
            CLIP: self._run_clip,
            MODEL: self._run_model,
            START: self._run_start,
        }
        error = ""
        try:
            kinds[case["kind"]](case)
        except (WorkerDied, WorkerMissing) as err:
            error = f"worker: {err}"
        except (HomeSecError, OSError) as err:
            error = f"{type(err).__name__}: {err}"
        except Exception as err:
            _LOGGER.exception("A case ended with a defect")
            error = f"defect: {type(err).__name__}: {err}"
        _report("done", number=case["number"], error=error)

    def _create(self, folder: Path, on_event: Callable[[EngineEvent], None]) -> HomeSecEngine:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        return HomeSecEngine(
            clips_dir=folder / "clips",
            data_dir=folder / "data",
            models_dir=folder / "models",
            on_event=on_event,
            create_worker=partial(
                SupervisedWorker, service=worker.SERVICE, memory_limit_bytes=WORKER_LIMIT_BYTES
            ),
        )

    def _run_camera(self, case: dict[str, Any]) -> None:
        name = f"case{case['number']}"
        ended = Event()
        with self._lock:
            self._ended[name] = ended
        kind = SourceKind.FILE if case["kind"] == CAMERA else SourceKind.STREAM
        source = SourceConfig(kind=kind, location=case["location"], paced=False, loop=False)
        self.engine.set_camera(_camera(name, source), Activity.RECORD)
        ended.wait(CAMERA_S)
        self.engine.remove_camera(name)

    def _run_probe(self, case: dict[str, Any]) -> None:
        source = SourceConfig(kind=SourceKind.FILE, location=case["location"])
        self.engine.worker.tools.probe(source)

    def _run_clip(self, case: dict[str, Any]) -> None:
        final = Path(case["location"])
        partial_path(final).write_bytes(final.read_bytes())
        final.unlink()
        self.engine.worker.tools.finalize(final, None)
        self.engine.worker.tools.read_index(final)

    def _run_model(self, case: dict[str, Any]) -> None:
        files = ModelStore(folder=self._folder / "none").find(NETWORK, "ncnn")
        assert files is not None
        paths = tuple(map(Path, case["paths"]))
        self.engine.worker.tools.try_model("ncnn", replace(files, paths=paths))

    def _run_start(self, case: dict[str, Any]) -> None:
        engine = self._create(Path(case["location"]), lambda _: None)
        try:
            engine.start()
        finally:
            engine.stop()

    def _handle_event(self, event: EngineEvent) -> None:
        match event:
            case ClipStarted(clip=clip) if clip.camera_id == HEALTHY:
                _report("started", clip=clip.id, path=clip.path)
            case ClipSaved(clip=clip) if clip.camera_id == HEALTHY:
                _report("saved", clip=clip.id, path=clip.path)
            case ClipFailed(clip=clip) if clip.camera_id == HEALTHY:
                _report("failed", clip=clip.id, path=clip.path)
            case HealthChanged(camera_id=camera_id, health=health):
                if camera_id == HEALTHY:
                    _report("health", health=health.value)
                elif health in (CameraHealth.LOST, CameraHealth.OFF):
                    with self._lock:
                        ended = self._ended.get(camera_id)
                    if ended is not None:
                        ended.set()

    def _report_worker(self) -> None:
        known = 0
        while True:
            time.sleep(0.05)
            status = self.engine.worker.status
            if status.restarts != known:
                known = status.restarts
                _report("worker", restarts=known, exit=status.last_exit)


def _camera(name: str, source: SourceConfig) -> CameraConfig:
    return CameraConfig(
        id=name,
        name=name,
        source=source,
        decode_policy=DecodePolicy.PROMPT,
        detect_fps=10.0,
        grace_s=0.4,
        pre_roll_s=1.0,
        post_roll_s=0.4,
    )


def _report(what: str, **data: object) -> None:
    line = json.dumps({"what": what, "t": time.monotonic(), **data})
    os.write(1, f"{line}\n".encode())


def main(settings: dict[str, Any]) -> None:
    """Run until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    house = House(Path(settings["folder"]), settings["video"])
    _report("ready")
    with ThreadPoolExecutor(THREADS) as executor:
        for line in sys.stdin:
            case = json.loads(line)
            if case["kind"] == "stop":
                break
            executor.submit(house.run, case)
    house.engine.stop(20.0)
    _report("stopped")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
