"""Counts wrong PINs by user or source, so that none of them locks out another.

- Each principal has tries of its own; each wrong one over ``FREE_TRIES`` doubles the time without
  any. One wrong try is forgotten in an hour, so nobody gets more than ``MAX_TRIES``, and one each
  hour after that.
- Principals that nobody knows yet also share a bound, so that many of them don't make many guesses.
  It doesn't apply to administrators, nor to those that entered a right PIN lately: that is their
  reserve, which no guest can use up.
- The sessions of an administrator share a bound of their own: a wall tablet with the owner's login
  doesn't lock the owner's phone out, and many tokens don't make many guesses.

Time is measured as for the alarm's delays: neither setting the clock nor a restart ends a lockout.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from ..stored_data import parse_seconds
from .clock import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.core.clock import Clock

FREE_TRIES: Final = 5
FIRST_LOCKOUT_S: Final = 60.0
MAX_LOCKOUT_S: Final = 3600.0
FORGET_S: Final = 3600.0
"""How long until one wrong try is forgotten; no shorter than a lockout, which it would end."""
MAX_TRIES: Final = 11
"""As many are counted: from there on, each lockout is as long as it takes to forget one."""

SHARED_TRIES: Final = 30
SHARED_FORGET_S: Final = 1200.0
KNOWN_S: Final = 30 * 24 * 3600.0
"""How long a right PIN makes a principal known."""
REFRESH_S: Final = 24 * 3600.0  # how often a principal that stays known is stored as such

_STRANGERS: Final = "strangers"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who tries, and what the tries are counted by."""

    key: str
    name: str | None = None
    """A user's name, or an automation's entity id."""
    admin_id: str | None = None  # the user's id if that is an administrator


class WrongTries:
    """A count of up to ``limit`` wrong tries, of which one is forgotten every ``forget_s``."""

    def __init__(self, clock: Clock, *, limit: int, forget_s: float) -> None:
        self._clock = clock
        self._limit = limit
        self._forget_s = forget_s
        self._last = 0  # the count at the last try
        self._since_last = Span(clock)

    @property
    def count(self) -> int:
        """How many aren't forgotten."""
        return max(0, self._last - int(self._since_last.elapsed_s // self._forget_s))

    @property
    def lockout_s(self) -> float:
        """Seconds until the next try of one principal is accepted; 0 if it is now."""
        if (over := self._last - FREE_TRIES) < 0:
            return 0.0
        lasts_s = min(MAX_LOCKOUT_S, FIRST_LOCKOUT_S * 2.0**over)
        return max(0.0, lasts_s - self._since_last.elapsed_s)

    @property
    def full_s(self) -> float:
        """Seconds until fewer than ``limit`` are left; 0 if they are now."""
        if self._last < self._limit:
            return 0.0
        return max(0.0, self._forget_s - self._since_last.elapsed_s)

    def add(self) -> None:
        """Count a wrong try."""
        self._last = min(self._limit, self.count + 1)
        self._since_last = Span(self._clock)

    def clear(self) -> bool:
        """Forget all; return whether there were any."""
        had, self._last = self.count, 0
        return had > 0

    def as_dict(self) -> dict[str, Any]:
        """Return the count as JSON can hold it."""
        return {"wrong": self._last, "last_at": self._since_last.began_at}

    def load(self, stored: Mapping[str, Any]) -> Self:
        """Read what ``as_dict`` wrote. Raises ``KeyError``, ``TypeError``, or ``ValueError``."""
        last, last_at = int(parse_seconds(stored["wrong"])), parse_seconds(stored["last_at"])
        self._last, self._since_last = (
            min(self._limit, max(0, last)),
            Span(self._clock, began_at=last_at),
        )
        return self


@dataclass(slots=True)
class _Record:
    tries: WrongTries
    right: Span | None = None
    """Since when it's known: the last right PIN, give or take ``REFRESH_S``."""

    @property
    def known(self) -> bool:
        return self.right is not None and self.right.elapsed_s < KNOWN_S

    def as_dict(self) -> dict[str, Any]:
        right_at = None if self.right is None else self.right.began_at
        return self.tries.as_dict() | {"right_at": right_at}


@dataclass(slots=True)
class Lockouts:
    """The counts of all who tried, and those that they share."""

    clock: Clock
    _records: dict[str, _Record] = field(default_factory=dict)
    _shared: dict[str, WrongTries] = field(default_factory=dict)

    def wrong_tries(self, principal: Principal) -> int:
        """Return how many wrong tries of a principal aren't forgotten."""
        record = self._records.get(principal.key)
        return 0 if record is None else record.tries.count

    def remaining_s(self, principal: Principal) -> float:
        """Return the seconds until a principal's next try is accepted; 0 if it is now."""
        record = self._records.get(principal.key)
        own_s = 0.0 if record is None else record.tries.lockout_s
        bound = self._shared.get(self._bound_of(principal) or "")
        return own_s if bound is None else max(own_s, bound.full_s)

    def count(self, principal: Principal) -> None:
        """Count a wrong try."""
        self._prune()
        bound = self._bound_of(principal)
        self._record(principal).tries.add()
        if bound is not None:
            self._shared.setdefault(bound, self._new_bound()).add()

    def accept(self, principal: Principal, *, forgive: bool, known: bool) -> bool:
        """Forget a principal's own wrong tries, or remember that it's known; or both.

        Returns whether anything changed.
        """
        changed = False
        if forgive and (record := self._records.get(principal.key)) is not None:
            changed = record.tries.clear()
        if known and principal.admin_id is None:
            record = self._record(principal)
            if record.right is None or record.right.elapsed_s > REFRESH_S:
                record.right, changed = Span(self.clock), True
        return changed

    def _bound_of(self, principal: Principal) -> str | None:
        """Return which count a principal shares; None for one that is known."""
        if principal.admin_id is not None:
            return principal.admin_id
        record = self._records.get(principal.key)
        return None if record is not None and record.known else _STRANGERS

    def _record(self, principal: Principal) -> _Record:
        return self._records.setdefault(principal.key, _Record(self._new_tries()))

    def _new_tries(self) -> WrongTries:
        return WrongTries(self.clock, limit=MAX_TRIES, forget_s=FORGET_S)

    def _new_bound(self) -> WrongTries:
        return WrongTries(self.clock, limit=SHARED_TRIES, forget_s=SHARED_FORGET_S)

    def _prune(self) -> None:
        """Drop what says nothing any more, such as the sessions of long ago."""
        self._records = {k: x for k, x in self._records.items() if x.tries.count or x.known}
        self._shared = {key: tries for key, tries in self._shared.items() if tries.count}

    def as_dict(self) -> dict[str, Any]:
        """Return all counts as JSON can hold them."""
        self._prune()
        shared = {key: tries.as_dict() for key, tries in self._shared.items()}
        strangers = shared.pop(_STRANGERS, None) or self._new_bound().as_dict()
        return {
            # An earlier version, which has one count for all, goes on with this one.
            **strangers,
            "principals": {key: record.as_dict() for key, record in self._records.items()},
            "administrators": shared,
        }

    def load(self, stored: Mapping[str, Any]) -> None:
        """Read what ``as_dict`` wrote, in this version or an earlier one.

        Raises ``AttributeError``, ``KeyError``, ``TypeError``, or ``ValueError``.
        """
        records: dict[str, _Record] = {}
        for key, each in stored.get("principals", {}).items():
            right_at = each["right_at"]
            right = None if right_at is None else Span(self.clock, began_at=parse_seconds(right_at))
            records[key] = _Record(self._new_tries().load(each), right)
        shared = {_STRANGERS: stored, **stored.get("administrators", {})}
        self._shared = {key: self._new_bound().load(each) for key, each in shared.items()}
        self._records = records
