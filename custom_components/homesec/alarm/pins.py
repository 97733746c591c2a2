"""The alarm's PINs: stored as slow, salted hashes, and compared in constant time.

All PINs of a house share a salt, so a try costs one hash, however many there are. That gives away
little: digits are so few that whoever has the file can try them all, with whatever salts, and no
two PINs are the same.

Nothing that is stored tells a duress PIN from one that arms and disarms. Both have a mark, and only
who knows the PIN can compute which of the two it is.
"""

from dataclasses import dataclass, field
from enum import StrEnum
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
MAX_PINS: Final = 20

_DIGITS = re.compile(r"[0-9]{4,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HashCost:
    """The parameters of scrypt (RFC 7914), stored with each hash so that they can be raised."""

    n: int
    r: int = 8
    p: int = 1

    @property
    def memory_bytes(self) -> int:
        """What OpenSSL has to be allowed: the table of 128 N r bytes, and some more."""
        return 128 * self.r * (self.n + self.p + 2) + 2**16


COST: Final = HashCost(n=2**15)
"""32 MiB and about 0.25 s on a Raspberry Pi 4. Only one is computed at a time."""


class PinKind(StrEnum):
    """What a PIN may do."""

    FULL = "full"
    ARM = "arm"
    DISARM = "disarm"
    DURESS = "duress"  # like ``FULL``, and sends a duress alert without showing it


ARMING_KINDS: Final = frozenset({PinKind.FULL, PinKind.ARM, PinKind.DURESS})
DISARMING_KINDS: Final = frozenset({PinKind.FULL, PinKind.DISARM, PinKind.DURESS})


@dataclass(frozen=True, slots=True)
class CodeHash:
    """The hash of a code with one salt and cost."""

    digest: bytes = field(repr=False)
    _key: bytes = field(repr=False)

    @classmethod
    def make(cls, code: str, salt: bytes, cost: HashCost) -> Self:
        """Hash a code; blocks for a moment."""
        derived = hashlib.scrypt(
            code.encode(),
            salt=salt,
            n=cost.n,
            r=cost.r,
            p=cost.p,
            maxmem=cost.memory_bytes,
            dklen=2 * DIGEST_BYTES,
        )
        # The first half alone is what earlier versions stored: scrypt's output can be cut.
        return cls(derived[:DIGEST_BYTES], derived[DIGEST_BYTES:])

    def mark(self, kind: PinKind) -> bytes:
        """Return the mark of a PIN of this kind."""
        return hmac.digest(self._key, kind.value.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Whose a PIN is, what it may do, and its hash, all as stored."""

    name: str
    kind: PinKind
    """What it looks like: never ``DURESS``."""
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    mark: bytes = field(default=b"", repr=False)
    """Of a PIN that arms and disarms; empty if an earlier version stored it."""
    cost: HashCost = field(repr=False)
    revision: str = field(default="", repr=False)
    """Random, and new whenever the code is entered in the form: it tells that from a new hash."""
    open_duress: bool = field(default=False, repr=False)
    """An earlier version stored openly that it means duress; until it's used next."""

    @classmethod
    def make(
        cls, code: str, *, name: str, kind: PinKind, salt: bytes, revision: str | None = None
    ) -> Self:
        """Hash a PIN; blocks for a moment. ``salt`` is the house's."""
        hashed = CodeHash.make(code, salt, COST)
        return cls(
            name=name,
            kind=shown_kind(kind),
            salt=salt,
            digest=hashed.digest,
            mark=hashed.mark(kind) if shown_kind(kind) is PinKind.FULL else b"",
            cost=COST,
            revision=secrets.token_hex(8) if revision is None else revision,
        )

    def kind_for(self, hashed: CodeHash) -> PinKind | None:
        """Return what the PIN really is; None if this is another code's hash.

        The time it takes doesn't depend on the answer.
        """
        matches = hmac.compare_digest(hashed.digest, self.digest)
        marked = hmac.compare_digest(hashed.mark(PinKind.DURESS), self.mark)
        if not matches:
            return None
        return PinKind.DURESS if marked or self.open_duress else self.kind

    def as_dict(self) -> dict[str, Any]:
        """Return the PIN as the config entry can hold it."""
        return {
            "name": self.name,
            "kind": PinKind.DURESS.value if self.open_duress else self.kind.value,
            "salt": self.salt.hex(),
            "digest": self.digest.hex(),
            "mark": self.mark.hex(),
            "cost": self.cost.n,
            "block_size": self.cost.r,
            "parallel": self.cost.p,
            "revision": self.revision,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``as_dict`` wrote, in this version or an earlier one."""
        kind = PinKind(stored["kind"])
        return cls(
            name=stored["name"],
            kind=shown_kind(kind),
            salt=bytes.fromhex(stored["salt"]),
            digest=bytes.fromhex(stored["digest"]),
            mark=bytes.fromhex(stored.get("mark", "")),
            cost=HashCost(stored["cost"], stored.get("block_size", 8), stored.get("parallel", 1)),
            revision=stored.get("revision", ""),
            open_duress=kind is PinKind.DURESS,
        )


def shown_kind(kind: PinKind) -> PinKind:
    """Return what a PIN of this kind looks like wherever PINs are listed or counted."""
    return PinKind.FULL if kind is PinKind.DURESS else kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPin:
    """The PIN that a code belongs to."""

    id: str
    pin: Pin
    kind: PinKind
    """What it really is; for those only who entered it."""
    renewed: Pin | None
    """To be stored instead, where the hash isn't as it would be made today."""


def is_pin(code: str) -> bool:
    """Return whether a code can be a PIN: 4 to 12 digits."""
    return _DIGITS.fullmatch(code) is not None


def house_salt(pins: Iterable[Pin]) -> bytes:
    """Return the salt for a new hash: that of the house, or a new one if it has none yet."""
    salts = [pin.salt for pin in pins if pin.cost == COST]
    return salts[0] if salts else secrets.token_bytes(SALT_BYTES)


def find_pin(pins: Mapping[str, Pin], code: str) -> FoundPin | None:
    """Return the PIN of a code; blocks for a moment.

    All are compared, so the time reveals only how many salts there are: one, and one more for each
    PIN of an earlier version that hasn't been used since.
    """
    if not is_pin(code):
        return None
    hashes: dict[tuple[bytes, HashCost], CodeHash] = {}
    found: list[tuple[str, Pin, PinKind]] = []
    for pin_id, pin in pins.items():
        if (key := (pin.salt, pin.cost)) not in hashes:
            hashes[key] = CodeHash.make(code, *key)
        if (kind := pin.kind_for(hashes[key])) is not None:
            found.append((pin_id, pin, kind))
    if not found:
        return None
    pin_id, pin, kind = found[0]
    return FoundPin(id=pin_id, pin=pin, kind=kind, renewed=_renew(pins, pin, code, kind))


def _renew(pins: Mapping[str, Pin], pin: Pin, code: str, kind: PinKind) -> Pin | None:
    salt = house_salt(pins.values())
    marked = bool(pin.mark) or pin.kind is not PinKind.FULL
    if marked and (pin.salt, pin.cost) == (salt, COST):
        return None
    return Pin.make(code, name=pin.name, kind=kind, salt=salt, revision=pin.revision)
