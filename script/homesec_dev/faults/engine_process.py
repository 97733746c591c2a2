"""The engine's process over all its runs: started, killed, and started again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
import json
import os
import subprocess
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from .. import engine_only
from ..bootstrap import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PATIENCE_S = 60.0
"""Only a broken engine takes this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One line that the child printed."""

    life: int
    what: str
    t: float
    """Monotonic seconds, the same for all processes."""
    id: str = ""
    error: str | None = None
    back_s: float = 0.0
    """Seconds between its clip's first frame and the report."""
    jobs: int = 0
    paused: bool = False


class EngineProcess:
    """Starts and kills the engine, and collects all reports and the end of each run."""

    def __init__(self, folder: Path, clips_dir: Path, videos: Sequence[Path]) -> None:
        self.clips_dir = clips_dir
        self.data_dir = folder / "data"
        self.offset_s = 0.0
        """Offset of its wall clock."""
        self.reports: list[Report] = []
        self.ended: dict[int, float] = {}
        """The end of each run."""
        self.worker_ended: list[tuple[float, float]] = []
        """Of each fault of a worker, when it happened and when the worker had ended."""
        self.life = 0
        self.store: dict[str, str] = {}
        """Settings of the bucket."""
        self._films = [str(video) for video in videos]
        self._log = folder / "child.log"
        self._changed = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, cameras: bool = True) -> None:
        """Start a run; return at once."""
        self.life += 1
        settings: dict[str, Any] = {
            "clips": str(self.clips_dir),
            "data": str(self.data_dir),
            "films": self._films if cameras else [],
            "offset_s": self.offset_s,
            "seed": self.life,
            **self.store,
        }
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*engine_only.command("homesec_dev.faults.child"), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=paths.REPOSITORY,
                env={**os.environ, "PYTHONPATH": f"{paths.SCRIPTS}:{paths.REPOSITORY}"},
            )
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout, self.life), daemon=True
        )
        self._reader.start()

    def _read(self, lines: IO[str], life: int) -> None:
        with lines:
            for line in lines:
                report = Report(life=life, **json.loads(line))
                with self._changed:
                    self.reports.append(report)
                    self._changed.notify_all()
        with self._changed:
            self.ended.setdefault(life, time.monotonic())
            self._changed.notify_all()

    def wait_ready(self) -> bool:
        """Wait until the engine runs; return False if it refuses to."""
        return self._wait(lambda: self._newest("ready") is not None)

    def wait_drained(self) -> bool:
        """Wait until the outbox is empty; return False if it stays non-empty."""

        def drained() -> bool:
            newest = self._newest("outbox")
            return newest is not None and newest.jobs == 0

        # As long as it shrinks, waiting goes on.
        while not self._wait(drained):
            newest = self._newest("outbox")
            if newest is None or time.monotonic() - newest.t > PATIENCE_S:
                return False
        return True

    @property
    def paused(self) -> bool:
        """Whether the outbox waits for the user."""
        newest = self._newest("outbox")
        return newest is not None and newest.paused

    def _newest(self, what: str) -> Report | None:
        own = (x for x in reversed(self.reports) if x.life == self.life and x.what == what)
        return next(own, None)

    def _wait(self, condition: Callable[[], bool]) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: condition() or self.life in self.ended, PATIENCE_S)
            return condition()

    def send_command(self, command: str) -> None:
        """Send a command; a dead process doesn't get it."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{command}\n")
                self._process.stdin.flush()

    def set_clock(self, offset_s: float) -> None:
        """Set the wall clock's offset, for this run and later ones."""
        self.offset_s = offset_s
        self.send_command(f"clock {offset_s}")

    def end_worker(self, fault: str) -> bool:
        """End the engine's worker by a signal's number or "memory"; return whether it ended."""
        began, known = time.monotonic(), self._count("worker")
        self.send_command(f"worker {fault}")
        ended = self._wait(lambda: self._count("worker") > known)
        self.worker_ended.append((began, time.monotonic()))
        return ended

    def _count(self, what: str) -> int:
        return sum(x.what == what for x in self.reports)

    def kill(self) -> None:
        """Kill it."""
        if self._process is None or self._reader is None:
            return
        self._process.kill()
        self.ended.setdefault(self.life, time.monotonic())
        self._finish_run()

    def stop(self) -> bool:
        """Stop it in order; return whether it ended by itself."""
        if self._process is None:
            return True
        self.send_command("stop")
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        self._finish_run()
        return True

    def _finish_run(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        self._process.wait()
        # Reports from before its end are still in the pipe.
        self._reader.join()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process = None
