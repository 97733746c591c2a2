"""PINs of the alarm: kept as slow, salted hashes, compared without telling how near one is."""

from dataclasses import dataclass, field
from enum import StrEnum
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COST: Final = 2**14
"""scrypt's N; with r = 8 a try takes 16 MiB, and about 0.2 s on a Raspberry Pi 4."""
BLOCK_SIZE: Final = 8
SALT_BYTES: Final = 16
MAX_PINS: Final = 20
"""All of them are tried each time."""

_DIGITS = re.compile(r"[0-9]{4,12}", re.ASCII)


class PinKind(StrEnum):
    """What a PIN may do."""

    FULL = "full"
    ARM = "arm"
    DISARM = "disarm"
    DURESS = "duress"
    """As ``FULL``, and calls for help without showing it."""


ARMING_KINDS: Final = frozenset({PinKind.FULL, PinKind.ARM, PinKind.DURESS})
DISARMING_KINDS: Final = frozenset({PinKind.FULL, PinKind.DISARM, PinKind.DURESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One PIN: whose it is and what it may do, not what it is."""

    name: str
    kind: PinKind
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    cost: int = COST

    @classmethod
    def make(cls, code: str, *, name: str, kind: PinKind) -> Self:
        """Hash a new PIN; takes a moment."""
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(name=name, kind=kind, salt=salt, digest=_digest(code, salt, COST))

    def fits(self, code: str) -> bool:
        """Compare, in the time that it takes whatever the answer is."""
        return hmac.compare_digest(_digest(code, self.salt, self.cost), self.digest)

    def as_dict(self) -> dict[str, Any]:
        """Return it as an entry's data can hold it."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "salt": self.salt.hex(),
            "digest": self.digest.hex(),
            "cost": self.cost,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``as_dict`` wrote."""
        return cls(
            name=stored["name"],
            kind=PinKind(stored["kind"]),
            salt=bytes.fromhex(stored["salt"]),
            digest=bytes.fromhex(stored["digest"]),
            cost=stored["cost"],
        )


def is_pin(code: str) -> bool:
    """Tell whether this can be a PIN at all: 4 to 12 digits."""
    return _DIGITS.fullmatch(code) is not None


def pin_of(pins: Iterable[Pin], code: str) -> Pin | None:
    """Return the PIN that a code is. All are compared: the time tells nothing but their number."""
    if not is_pin(code):
        return None
    fitting = [pin for pin in pins if pin.fits(code)]
    return fitting[0] if fitting else None


def _digest(code: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, n=cost, r=BLOCK_SIZE, p=1, dklen=32)
