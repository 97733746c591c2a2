"""Schedules kills of the full Home Assistant, and its final run without faults."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    import random
    from threading import Event

    from .full_ha import FullHomeAssistant

KILL = "kill -9 of all of HA"
TWO_STARTS = "kill -9 of all of HA in the start"
_AGAIN = 0.4
"""Share of the kills that are followed by another one during the next start."""
_LONGEST_LIFE_S = 12.0


class FullHomeAssistantCampaign:
    """Kills one Home Assistant repeatedly."""

    def __init__(
        self,
        *,
        process: FullHomeAssistant,
        rng: random.Random,
        count: int,
        stop: Event,
        log: Callable[[str], None],
    ) -> None:
        self._process = process
        self._rng = rng
        self._count = count
        self._stop = stop
        self._log = log
        self.faults: Counter[str] = Counter()
        """Faults that have happened."""

    def run(self) -> None:
        """Cause all faults."""
        self._process.set_up_home()
        while self.faults.total() < self._count and not self._stop.is_set():
            self._process.start()
            self._process.watch(self._rng.uniform(1.0, _LONGEST_LIFE_S))
            self._kill(KILL)
            if self.faults.total() < self._count and self._rng.random() < _AGAIN:
                self._process.launch()
                # From the first line of Python to a little after the start is complete.
                self._process.watch(self._rng.uniform(0.0, 1.2 * self._process.started_in_s))
                self._kill(TWO_STARTS)

    def _kill(self, kind: str) -> None:
        self._log(f"{self.faults.total():4} {kind}")
        self._process.kill()
        self.faults[kind] += 1

    def heal(self) -> bool:
        """Start once more without recording and wait for the outbox; return whether it drained."""
        self._process.start(records=False)
        drained = self._process.wait_drained()
        return self._process.stop() and drained
