"""The alarm's PINs: stored as slow, salted hashes, and compared in constant time."""

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
"""scrypt's N (RFC 7914); with r = 8, a try takes 16 MiB and about 0.2 s on a Raspberry Pi 4."""
BLOCK_SIZE: Final = 8
SALT_BYTES: Final = 16
MAX_PINS: Final = 20  # each check compares all of them

_DIGITS = re.compile(r"[0-9]{4,12}", re.ASCII)


class PinKind(StrEnum):
    """What a PIN may do."""

    FULL = "full"
    ARM = "arm"
    DISARM = "disarm"
    DURESS = "duress"  # like ``FULL``, and sends a duress alert without showing it


ARMING_KINDS: Final = frozenset({PinKind.FULL, PinKind.ARM, PinKind.DURESS})
DISARMING_KINDS: Final = frozenset({PinKind.FULL, PinKind.DISARM, PinKind.DURESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Whose a PIN is, what it may do, and its hash."""

    name: str
    kind: PinKind
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    cost: int = COST

    @classmethod
    def make(cls, code: str, *, name: str, kind: PinKind) -> Self:
        """Hash a new PIN; blocks for a moment."""
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(name=name, kind=kind, salt=salt, digest=_digest(code, salt, COST))

    def matches(self, code: str) -> bool:
        """Return whether a code is this PIN, in a time that doesn't depend on the answer."""
        return hmac.compare_digest(_digest(code, self.salt, self.cost), self.digest)

    def as_dict(self) -> dict[str, Any]:
        """Return the PIN as the config entry can hold it."""
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
    """Return whether a code can be a PIN: 4 to 12 digits."""
    return _DIGITS.fullmatch(code) is not None


def find_pin(pins: Iterable[Pin], code: str) -> Pin | None:
    """Return the PIN of a code. All are compared, so the time reveals only how many there are."""
    if not is_pin(code):
        return None
    matching = [pin for pin in pins if pin.matches(code)]
    return matching[0] if matching else None


def _digest(code: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, n=cost, r=BLOCK_SIZE, p=1, dklen=32)
