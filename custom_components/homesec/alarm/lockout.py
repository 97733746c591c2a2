"""After some wrong PINs nobody may try for a while, and for longer each time."""

from typing import TYPE_CHECKING, Any, Final

from ..stored_data import parse_seconds
from .span import MonotonicClocks, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE_TRIES: Final = 5
FIRST_S: Final = 60.0
LONGEST_S: Final = 3600.0


class Lockout:
    """Counts wrong tries; a right one is forgiven everything.

    Measured as the alarm's delays are: setting the clock does not end it, nor does a restart.
    """

    def __init__(self, clocks: MonotonicClocks) -> None:
        self._clocks = clocks
        self.wrong = 0
        self._last = Span(clocks)

    @property
    def _lasts_s(self) -> float:
        over = self.wrong - FREE_TRIES
        # The doubling is bounded first: nobody has to wait for the sum of what a robot tried.
        return 0.0 if over < 0 else min(LONGEST_S, FIRST_S * 2.0 ** min(over, 10))

    @property
    def remaining_s(self) -> float:
        """Seconds until the next try is allowed; 0 if it is."""
        return max(0.0, self._lasts_s - self._last.elapsed_s)

    @property
    def until(self) -> float | None:
        """The time of day at which it ends; None if it has."""
        remaining_s = self.remaining_s
        return self._clocks.wall() + remaining_s if remaining_s else None

    def fail(self) -> None:
        """Count a wrong try."""
        self.wrong += 1
        self._last = Span(self._clocks)

    def forgive(self) -> bool:
        """Forget all; False if there was nothing."""
        had, self.wrong = self.wrong, 0
        return had > 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"wrong": self.wrong, "last_at": self._last.began_at}

    def load(self, stored: Mapping[str, Any]) -> None:
        """Go on from what ``as_dict`` wrote. Raises ``KeyError``, ``TypeError``, ``ValueError``."""
        wrong, last = int(parse_seconds(stored["wrong"])), parse_seconds(stored["last_at"])
        self.wrong, self._last = max(0, wrong), Span(self._clocks, began_at=last)
