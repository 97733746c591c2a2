"""The engine that is killed: `python -m homesec_dev.faults.child SETTINGS`, with JSON.

Prints every event as a JSON line and reads commands from standard input. All waits are shortened,
so that hundreds of faults fit into minutes; nothing else of the engine is changed.
"""

from __future__ import annotations

from functools import partial
import json
import logging
import os
from pathlib import Path
import random
import sys
import time
from typing import Any

from custom_components.homesec.engine.cloud import gcs, gcs_resumable, gcs_upload
from custom_components.homesec.engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    ClipUploaded,
    EngineEvent,
    OutboxChanged,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraConfig,
    DecodePolicy,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.db import job_queue as jobs, worker as job_worker
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.library import outbox
from custom_components.homesec.engine.worker import process as worker_process
from custom_components.homesec.engine.worker.supervisor import SupervisedWorker

from . import worker

UPLOAD_BYTES_PER_S = 800_000.0
"""Slow enough that a random moment often finds an upload half done."""
CHUNK_BYTES = 256 * 2**10
WORKER_ENDS_S = 30.0


class SteppedClock:
    """The machine's clocks, with an offset on the wall clock, also that of the worker."""

    def __init__(self, offset_s: float, file: Path) -> None:
        self._file = file
        self.set_offset(offset_s)

    def set_offset(self, offset_s: float) -> None:
        """Set the offset."""
        self.offset_s = offset_s
        self._file.write_text(str(offset_s))

    def now(self) -> float:
        """Return UTC epoch seconds plus the offset."""
        return time.time() + self.offset_s

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()


def main(settings: dict[str, Any]) -> None:
    """Run until told to stop, or killed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    _hurry()
    clips_dir = Path(settings["clips"])
    clock = SteppedClock(settings["offset_s"], worker.offset_file(clips_dir))
    worker.growth_file(clips_dir).unlink(missing_ok=True)
    create_worker = partial(
        SupervisedWorker,
        service=worker.SERVICE,
        memory_limit_bytes=worker.MEMORY_LIMIT_BYTES,
    )
    engine = HomeSecEngine(
        clips_dir=clips_dir,
        data_dir=Path(settings["data"]),
        models_dir=Path(settings["data"]) / "models",
        on_event=partial(_handle_event, clock),
        create_worker=create_worker,
        clock=clock,
        rng=random.Random(settings["seed"]),
        cloud=gcs.GcsStore(
            gcs.GcsSettings(
                bucket=settings["bucket"],
                prefix="house",
                upload_bytes_per_s=UPLOAD_BYTES_PER_S if settings["films"] else None,
            ),
            endpoint=settings["url"],
            chunk_bytes=CHUNK_BYTES,
        ),
    )
    engine.start()
    for n, video in enumerate(settings["films"]):
        engine.set_camera(_camera(f"cam{n}", video), Activity.RECORD)
    _report("ready")
    _run_commands(engine, clips_dir, clock)


def _hurry() -> None:
    """Shorten all waits."""
    for module in (jobs, job_worker, outbox):
        module.LONGEST_WAIT_S = 2.0  # type: ignore[attr-defined]
    outbox.QUOTA_WAIT_S = 2.0
    job_worker.FIRST_WAIT_S = 0.2
    job_worker.MAX_SLEEP_S = 2.0
    gcs_upload.PAUSE_S = 0.1
    gcs_upload.TIMEOUT_S = (2.0, 2.0)
    gcs_resumable.TIMEOUT_S = 1.0
    worker_process.HEARTBEAT_S = worker.HEARTBEAT_S


def _camera(name: str, video: str) -> CameraConfig:
    return CameraConfig(
        id=name,
        name=name,
        source=SourceConfig(kind=SourceKind.FILE, location=video),
        decode_policy=DecodePolicy.PROMPT,
        detect_fps=10.0,
        grace_s=0.4,
        pre_roll_s=1.0,
        post_roll_s=0.4,
    )


def _handle_event(clock: SteppedClock, event: EngineEvent) -> None:
    match event:
        case ClipStarted(clip=clip):
            _report("started", id=clip.id, back_s=clock.now() - clip.started_at)
        case ClipSaved(clip=clip):
            _report("saved", id=clip.id)
        case ClipFailed(clip=clip):
            _report("failed", id=clip.id, error=clip.error)
        case ClipUploaded(clip=clip):
            _report("uploaded", id=clip.id)
        case OutboxChanged(backlog=backlog, paused=paused):
            _report("outbox", jobs=backlog.jobs, paused=paused)


def _report(what: str, **data: object) -> None:
    # One write past Python's buffers, so that it is out before the next instruction.
    line = json.dumps({"what": what, "t": time.monotonic(), **data})
    os.write(1, f"{line}\n".encode())


def _end_worker(engine: HomeSecEngine, clips_dir: Path, fault: str) -> None:
    """Let the worker be killed, crash, stop, or grow, and report when it has ended."""
    before = engine.worker.status.restarts
    assert isinstance(engine.worker, SupervisedWorker)
    for pid in engine.worker.pids.values():
        if fault == "memory":
            worker.growth_file(clips_dir).touch()
        else:
            os.kill(pid, int(fault))
    until = time.monotonic() + WORKER_ENDS_S
    while engine.worker.status.restarts == before and time.monotonic() < until:
        time.sleep(0.02)
    _report("worker")


def _run_commands(engine: HomeSecEngine, clips_dir: Path, clock: SteppedClock) -> None:
    for line in sys.stdin:
        match line.split():
            case ["resume"]:
                engine.library.resume_uploads()
            case ["clock", offset_s]:
                clock.set_offset(float(offset_s))
            case ["worker", fault]:
                _end_worker(engine, clips_dir, fault)
            case ["stop"]:
                engine.stop()
                return
    os._exit(1)  # the parent is gone


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
