"""Which fault happens when, and the healing afterwards."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
import time
from typing import TYPE_CHECKING

from .cloud import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    import random

    from .cloud import Cloud
    from .disk import Disk
    from .engine_process import House

KILL = "kill -9"
TWO_STARTS = "kill -9 in the start"
REFUSED = "store refuses"
FULL = "disk full"
READ_ONLY = "disk read-only"
CLOCK = "clock set back"
STORE = "store"
_ROUND = (KILL, STORE, FULL, STORE, CLOCK, STORE, KILL, TWO_STARTS, READ_ONLY, STORE)
_AT_REST = 0.4
"""Share of the read-only faults that come between two lives, so that a start meets them."""
ARMED_LIMIT = 8
"""Faults of the store that wait for a request; more would leave no upload in peace."""
DISK_HEALS_AFTER = 1
"""Further faults, at the latest."""
LONGEST_STEP_BACK_S = 3 * 86_400


def deck(rng: random.Random, *, count: int, disk: bool) -> Iterator[str]:
    """Give kinds of faults without end, each ``count`` of them a fair share in random order."""
    of_store = cycle(rng.sample([REFUSED, *FAULTS], k=len(FAULTS) + 1))
    kinds = cycle(kind for kind in _ROUND if disk or kind not in (FULL, READ_ONLY))
    while True:
        dealt = [next(of_store) if (k := next(kinds)) == STORE else k for _ in range(count)]
        rng.shuffle(dealt)
        yield from dealt


class Campaign:
    """Lets faults happen to one house."""

    def __init__(
        self,
        *,
        house: House,
        disk: Disk,
        cloud: Cloud,
        rng: random.Random,
        count: int,
        say: Callable[[str], None],
    ) -> None:
        self._house = house
        self._disk = disk
        self._cloud = cloud
        self._rng = rng
        self._count = count
        self._say = say
        self._done: Counter[str] = Counter()
        self._armed: list[tuple[str, Callable[[], bool]]] = []
        self._with_bad_disk = 0
        """Faults since the disk refuses."""
        self.starts_refused = 0
        """Starts that a disk fault did not let come to an end; they were tried again."""

    @property
    def faults(self) -> Counter[str]:
        """What has happened so far; what waits for a request has not."""
        waiting = [(kind, hit) for kind, hit in self._armed if not hit()]
        self._done.update(kind for kind, hit in self._armed if hit())
        self._armed = waiting
        return self._done

    def run(self) -> None:
        """Let it all happen."""
        self._start()
        for kind in deck(self._rng, count=self._count, disk=self._disk.mounted):
            if self.faults.total() >= self._count:
                break
            self._say(f"{self.faults.total():4} {kind}")
            self._happen(kind)
            self._heal_disk_in_time()
            if self._house.paused:
                # Somebody sees to the login, the permission or the bucket.
                self._house.say("resume")

    def _happen(self, kind: str) -> None:
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
        if len(self._armed) < ARMED_LIMIT:
            self._armed.append((kind, self._cloud.arm(kind, self._rng)))
        self._pass(0.3, 1.5)

    def _kill_while_it_works(self) -> None:
        self._pass(0.2, 5.0)
        self._kill()
        self._start()

    def _kill_in_the_start(self) -> None:
        self._kill()
        self._house.start()
        self._pass(0.0, 1.5)
        self._kill(TWO_STARTS)
        self._start()

    def _fill(self) -> None:
        if self._disk.fill(self._rng.choice((8, 64, 256, 1024)) * 1024):
            self._done[FULL] += 1
        self._endure_disk()

    def _set_clock_back(self) -> None:
        back_s = self._rng.choice((1.0, 60.0, 3600.0, LONGEST_STEP_BACK_S))
        self._house.set_clock(self._house.offset_s - self._rng.uniform(0.1, 1.0) * back_s)
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
        # Some go on, and the next fault comes on top.
        if self._rng.random() < 0.75:
            self._disk.heal()

    def _heal_disk_in_time(self) -> None:
        """Let it write again: a disk that refuses takes nothing that could be lost."""
        self._with_bad_disk = self._with_bad_disk + 1 if self._disk.refuses else 0
        if self._with_bad_disk > DISK_HEALS_AFTER:
            self._disk.heal()

    def _kill(self, kind: str = KILL) -> None:
        self._house.kill()
        self._done[kind] += 1

    def _start(self) -> None:
        self._house.start()
        if self._house.wait_ready():
            return
        self._house.kill()
        if not self._disk.refuses:
            raise RuntimeError("the engine did not start; see child.log")
        # Home Assistant would try again until it works.
        self.starts_refused += 1
        self._disk.heal()
        self._start()

    def _pass(self, least_s: float, most_s: float) -> None:
        time.sleep(self._rng.uniform(least_s, most_s))

    def heal(self) -> bool:
        """End all faults, start once more, wait for the outbox; False if it is never empty."""
        self._house.kill()
        self._disk.heal()
        self._cloud.heal()
        self._house.offset_s = 0.0
        self._house.start(cameras=False)
        if not self._house.wait_ready():
            raise RuntimeError("the engine did not start in peace; see child.log")
        drained = self._house.wait_drained()
        return self._house.stop() and drained
