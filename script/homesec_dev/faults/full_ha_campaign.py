"""When the whole Home Assistant is killed, and its last, peaceful life."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    import random
    from threading import Event

    from .full_ha import WholeHouse

KILL = "kill -9 of all of HA"
TWO_STARTS = "kill -9 of all of HA in the start"
_AGAIN = 0.4
"""Share of the kills that are followed by another one in the next start."""
_LONGEST_LIFE_S = 12.0


class WholeCampaign:
    """Kills one house, again and again."""

    def __init__(
        self,
        *,
        house: WholeHouse,
        rng: random.Random,
        count: int,
        stop: Event,
        say: Callable[[str], None],
    ) -> None:
        self._house = house
        self._rng = rng
        self._count = count
        self._stop = stop
        self._say = say
        self.faults: Counter[str] = Counter()
        """What has happened so far."""

    def run(self) -> None:
        """Let it all happen."""
        self._house.furnish()
        while self.faults.total() < self._count and not self._stop.is_set():
            self._house.start()
            self._house.watch(self._rng.uniform(1.0, _LONGEST_LIFE_S))
            self._kill(KILL)
            if self.faults.total() < self._count and self._rng.random() < _AGAIN:
                self._house.launch()
                # From the first line of Python to a little after all is up.
                self._house.watch(self._rng.uniform(0.0, 1.2 * self._house.started_in_s))
                self._kill(TWO_STARTS)

    def _kill(self, kind: str) -> None:
        self._say(f"{self.faults.total():4} {kind}")
        self._house.kill()
        self.faults[kind] += 1

    def heal(self) -> bool:
        """Start once more, record nothing, wait for the outbox; False if it is never empty."""
        self._house.start(records=False)
        drained = self._house.wait_drained()
        return self._house.stop() and drained
