"""The process with the engine in it, through all its lives: started, killed, started again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
import json
import os
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from ..bootstrap import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PATIENCE_S = 60.0
"""Only what is broken takes so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One line of a child."""

    life: int
    what: str
    t: float
    """Monotonic seconds, of the whole machine."""
    id: str = ""
    error: str | None = None
    back_s: float = 0.0
    """How long before its clip's first picture was taken."""
    jobs: int = 0
    paused: bool = False


class House:
    """Keeps all that was ever told, and when each life ended."""

    def __init__(self, folder: Path, clips_dir: Path, films: Sequence[Path]) -> None:
        self.clips_dir = clips_dir
        self.data_dir = folder / "data"
        self.offset_s = 0.0
        """By how much its wall clock is wrong."""
        self.told: list[Telling] = []
        self.ended: dict[int, float] = {}
        """When each life was over."""
        self.life = 0
        self.store: dict[str, str] = {}
        """Where the bucket is."""
        self._films = [str(film) for film in films]
        self._log = folder / "child.log"
        self._changed = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        """Whether there is a process that may be killed."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, cameras: bool = True) -> None:
        """Begin a life; returns at once."""
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
                [sys.executable, "-m", "homesec_dev.faults.child", json.dumps(settings)],
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
                telling = Telling(life=life, **json.loads(line))
                with self._changed:
                    self.told.append(telling)
                    self._changed.notify_all()
        with self._changed:
            self.ended.setdefault(life, time.monotonic())
            self._changed.notify_all()

    def wait_ready(self) -> bool:
        """Wait until the engine runs; False if it refused to."""
        return self._wait(lambda: self._newest("ready") is not None)

    def wait_drained(self) -> bool:
        """Wait until nothing is in the outbox any more; False if that does not come."""

        def drained() -> bool:
            newest = self._newest("outbox")
            return newest is not None and newest.jobs == 0

        # As long as some of it goes, it goes on.
        while not self._wait(drained):
            newest = self._newest("outbox")
            if newest is None or time.monotonic() - newest.t > PATIENCE_S:
                return False
        return True

    @property
    def paused(self) -> bool:
        """Whether its outbox waits for a person."""
        newest = self._newest("outbox")
        return newest is not None and newest.paused

    def _newest(self, what: str) -> Telling | None:
        own = (x for x in reversed(self.told) if x.life == self.life and x.what == what)
        return next(own, None)

    def _wait(self, condition: Callable[[], bool]) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: condition() or self.life in self.ended, PATIENCE_S)
            return condition()

    def say(self, command: str) -> None:
        """Give a command; one that is dead does not hear it."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{command}\n")
                self._process.stdin.flush()

    def set_clock(self, offset_s: float) -> None:
        """Set its wall clock wrong, now and for the lives to come."""
        self.offset_s = offset_s
        self.say(f"clock {offset_s}")

    def kill(self) -> None:
        """Kill it, whatever it is doing."""
        if self._process is None or self._reader is None:
            return
        self._process.kill()
        self.ended.setdefault(self.life, time.monotonic())
        self._bury()

    def stop(self) -> bool:
        """End it in good order; False if it did not go by itself."""
        if self._process is None:
            return True
        self.say("stop")
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        self._bury()
        return True

    def _bury(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        self._process.wait()
        # What it told before it died is still in the pipe.
        self._reader.join()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process = None
