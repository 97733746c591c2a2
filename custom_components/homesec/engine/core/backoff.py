"""Exponential back-off with jitter."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def backoff_s(failures: int, limits_s: tuple[float, float], rng: random.Random) -> float:
    """Return how many seconds to wait after ``failures`` in a row, counted from 1.

    The wait doubles from the first to the second of ``limits_s``. Jitter takes up to half of it
    off, so that what failed together doesn't come back together.
    """
    first_s, longest_s = limits_s
    return min(longest_s, first_s * 2.0 ** min(failures - 1, 30)) * rng.uniform(0.5, 1.0)
