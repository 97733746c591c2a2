"""How long to wait before another try of what has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def backoff_s(failures: int, retry_s: tuple[float, float], rng: random.Random) -> float:
    """Return the wait after the n-th failure in a row: doubled each time, bounded, ± 25 %."""
    least, most = retry_s
    return min(most, least * 2.0 ** min(failures - 1, 30)) * rng.uniform(0.75, 1.25)
