"""Schedules faults of the engine's processes, disk, clock, and store, and ends them again."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
import signal
import time
from typing import TYPE_CHECKING

from .cloud import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    import random

    from .cloud import Cloud
    from .disk import Disk
    from .engine_process import EngineProcess

KILL = "kill -9"
TWO_STARTS = "kill -9 in the start"
REFUSED = "store refuses"
FULL = "disk full"
READ_ONLY = "disk read-only"
CLOCK = "clock set back"
STORE = "store"
WORKER = "worker"
WORKER_FAULTS = {
    "worker: kill -9": str(int(signal.SIGKILL)),
    "worker: SIGSEGV": str(int(signal.SIGSEGV)),
    "worker: SIGSTOP": str(int(signal.SIGSTOP)),
    "worker: memory": "memory",
}
_ROUND = (
    *(KILL, WORKER, STORE, FULL, STORE, WORKER, CLOCK),
    *(STORE, KILL, TWO_STARTS, WORKER, READ_ONLY, STORE),
)
_AT_REST = 0.4
"""Share of the read-only faults that happen between two runs, so that a start meets them."""
ARMED_LIMIT = 8
"""Maximum of pending faults of the store; more would disturb every upload."""
DISK_HEALS_AFTER = 1
"""Heal the disk after at most this many further faults."""
LONGEST_STEP_BACK_S = 3 * 86_400


def fault_schedule(rng: random.Random, *, count: int, disk: bool) -> Iterator[str]:
    """Yield fault kinds without end, each ``count`` of them a fair share in random order."""
    of_store = cycle(rng.sample([REFUSED, *FAULTS], k=len(FAULTS) + 1))
    of_worker = cycle(rng.sample(list(WORKER_FAULTS), k=len(WORKER_FAULTS)))
    kinds = cycle(kind for kind in _ROUND if disk or kind not in (FULL, READ_ONLY))
    choices = {STORE: of_store, WORKER: of_worker}
    while True:
        drawn = (next(kinds) for _ in range(count))
        dealt = [next(choices[kind]) if kind in choices else kind for kind in drawn]
        rng.shuffle(dealt)
        yield from dealt


class Campaign:
    """Causes faults in one engine process."""

    def __init__(
        self,
        *,
        process: EngineProcess,
        disk: Disk,
        cloud: Cloud,
        rng: random.Random,
        count: int,
        log: Callable[[str], None],
    ) -> None:
        self._process = process
        self._disk = disk
        self._cloud = cloud
        self._rng = rng
        self._count = count
        self._log = log
        self._done: Counter[str] = Counter()
        self._armed: list[tuple[str, Callable[[], bool]]] = []
        self._with_bad_disk = 0
        """Number of faults since the disk began to refuse."""
        self.starts_refused = 0
        """Number of starts that a disk fault made fail; they were retried."""

    @property
    def faults(self) -> Counter[str]:
        """Faults that have happened; one that waits for a request has not."""
        waiting = [(kind, hit) for kind, hit in self._armed if not hit()]
        self._done.update(kind for kind, hit in self._armed if hit())
        self._armed = waiting
        return self._done

    def run(self) -> None:
        """Cause all faults."""
        self._start()
        for kind in fault_schedule(self._rng, count=self._count, disk=self._disk.mounted):
            if self.faults.total() >= self._count:
                break
            self._log(f"{self.faults.total():4} {kind}")
            self._cause(kind)
            self._heal_disk_in_time()
            if self._process.paused:
                # Repair what needs the user: login, permission, or bucket.
                self._process.send_command("resume")

    def _cause(self, kind: str) -> None:
        special = {
            KILL: self._kill_while_it_works,
            TWO_STARTS: self._kill_in_the_start,
            FULL: self._fill,
            READ_ONLY: self._protect,
            CLOCK: self._set_clock_back,
            REFUSED: self._refuse,
        }
        if kind in special:
            special[kind]()
            return
        if kind in WORKER_FAULTS:
            self._end_worker(kind)
            return
        if len(self._armed) < ARMED_LIMIT:
            self._armed.append((kind, self._cloud.arm(kind, self._rng)))
        self._pass(0.3, 1.5)

    def _kill_while_it_works(self) -> None:
        self._pass(0.2, 5.0)
        self._kill()
        self._start()

    def _end_worker(self, kind: str) -> None:
        self._pass(0.2, 5.0)
        if not self._process.end_worker(WORKER_FAULTS[kind]):
            raise RuntimeError(f"the worker survived: {kind}")
        self._done[kind] += 1

    def _kill_in_the_start(self) -> None:
        self._kill()
        self._process.start()
        self._pass(0.0, 1.5)
        self._kill(TWO_STARTS)
        self._start()

    def _fill(self) -> None:
        if self._disk.fill(self._rng.choice((8, 64, 256, 1024)) * 1024):
            self._done[FULL] += 1
        self._endure_disk()

    def _set_clock_back(self) -> None:
        back_s = self._rng.choice((1.0, 60.0, 3600.0, LONGEST_STEP_BACK_S))
        self._process.set_clock(self._process.offset_s - self._rng.uniform(0.1, 1.0) * back_s)
        self._done[CLOCK] += 1
        self._pass(0.2, 1.5)

    def _refuse(self) -> None:
        self._cloud.refuse()
        self._pass(0.5, 2.0)
        self._cloud.accept()
        self._done[REFUSED] += 1

    def _protect(self) -> None:
        if self._rng.random() > _AT_REST and self._disk.protect():
            self._done[READ_ONLY] += 1
        else:
            self._kill()
            if self._disk.protect():
                self._done[READ_ONLY] += 1
            self._start()
        self._endure_disk()

    def _endure_disk(self) -> None:
        self._pass(0.5, 2.0)
        # Sometimes continue, so that the next fault comes on top.
        if self._rng.random() < 0.75:
            self._disk.heal()

    def _heal_disk_in_time(self) -> None:
        """Let the disk write again: what it refuses can't be lost either."""
        self._with_bad_disk = self._with_bad_disk + 1 if self._disk.refuses else 0
        if self._with_bad_disk > DISK_HEALS_AFTER:
            self._disk.heal()

    def _kill(self, kind: str = KILL) -> None:
        self._process.kill()
        self._done[kind] += 1

    def _start(self) -> None:
        self._process.start()
        if self._process.wait_ready():
            return
        self._process.kill()
        if not self._disk.refuses:
            raise RuntimeError("the engine did not start; see child.log")
        # Home Assistant retries until it works.
        self.starts_refused += 1
        self._disk.heal()
        self._start()

    def _pass(self, least_s: float, most_s: float) -> None:
        time.sleep(self._rng.uniform(least_s, most_s))

    def heal(self) -> bool:
        """End all faults, start once more, and wait for the outbox; return whether it drained."""
        self._process.kill()
        self._disk.heal()
        self._cloud.heal()
        self._process.offset_s = 0.0
        self._process.start(cameras=False)
        if not self._process.wait_ready():
            raise RuntimeError("the engine did not start in peace; see child.log")
        drained = self._process.wait_drained()
        return self._process.stop() and drained
