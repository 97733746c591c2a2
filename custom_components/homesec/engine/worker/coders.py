"""How values of each kind of type become JSON and binary parts, and back.

``codec.py`` chooses a coder by the declared type. What doesn't fit raises ``ProtocolError``, whose
text never holds a value, since that may be a password.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat
import math
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Protocol, override

from ..core.errors import ProtocolError
from .framing import MAX_INT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from enum import Enum

    from .framing import Json


class Parts:
    """The binary parts of one message, read in the order in which they were written."""

    def __init__(self, parts: Iterable[bytes] = ()) -> None:
        self.all = list(parts)
        self._next = 0

    def add(self, part: bytes) -> int:
        """Append a part; return its index."""
        self.all.append(part)
        return len(self.all) - 1

    def read(self, index: Json) -> bytes:
        """Return the next part, which must have this index."""
        if type(index) is not int or index != self._next or index >= len(self.all):
            raise ProtocolError("a binary part is missing")
        self._next += 1
        return self.all[index]

    def finish(self) -> None:
        """Raise ``ProtocolError`` unless every part was read."""
        if self._next != len(self.all):
            raise ProtocolError("a message has parts that nothing refers to")


class Coder(Protocol):
    """Encodes and decodes the values of one type."""

    def accepts(self, value: object) -> bool:
        """Return whether a value is of this type, as far as a union has to know."""

    def encode(self, value: object, parts: Parts) -> Json:
        """Return a value as JSON. Raises ``ProtocolError`` if it's of another type."""

    def decode(self, raw: Json, parts: Parts) -> object:
        """Return the value. Raises ``ProtocolError`` if the JSON is none of this type."""


class _SimpleCoder:
    """None, bool, int, or str."""

    def __init__(self, kind: type, check: Callable[[object], bool] = lambda _: True) -> None:
        self._kind = kind
        self._check = check

    def accepts(self, value: object) -> bool:
        return type(value) is self._kind

    def encode(self, value: object, parts: Parts) -> Json:
        del parts
        if not self.accepts(value) or not self._check(value):
            raise ProtocolError(f"{type(value).__name__} in place of {self._kind.__name__}")
        return value  # type: ignore[return-value]  # one of JSON's own types

    decode = encode


class _StrCoder(_SimpleCoder):
    """Text, including the members of a string enum that a field declares as text."""

    def __init__(self) -> None:
        super().__init__(str, _is_text)

    def accepts(self, value: object) -> bool:
        return isinstance(value, str)

    def encode(self, value: object, parts: Parts) -> Json:
        return super().encode(str(value) if isinstance(value, str) else value, parts)

    decode = encode


class _FloatCoder:
    """Finite numbers: NaN compares with nothing, and no database stores it."""

    def accepts(self, value: object) -> bool:
        return type(value) is float or type(value) is int

    def encode(self, value: object, parts: Parts) -> Json:
        del parts
        try:
            number = float(value) if self.accepts(value) else math.nan  # type: ignore[arg-type]
        except OverflowError:
            number = math.nan
        if not math.isfinite(number):
            raise ProtocolError("no finite number in place of float")
        return number

    decode = encode


class _BytesCoder:
    def accepts(self, value: object) -> bool:
        return isinstance(value, bytes | bytearray | memoryview)

    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise ProtocolError(f"{type(value).__name__} in place of bytes")
        return parts.add(bytes(value))

    def decode(self, raw: Json, parts: Parts) -> object:
        return parts.read(raw)


class _PathCoder:
    """A path, which may have bytes that are no text."""

    def accepts(self, value: object) -> bool:
        return isinstance(value, Path)

    def encode(self, value: object, parts: Parts) -> Json:
        del parts
        if not isinstance(value, Path):
            raise ProtocolError(f"{type(value).__name__} in place of Path")
        return str(value)

    def decode(self, raw: Json, parts: Parts) -> object:
        del parts
        try:
            if isinstance(raw, str) and b"\0" not in raw.encode(errors="surrogateescape"):
                return Path(raw)
        except UnicodeError:
            pass
        raise ProtocolError("no path in place of Path")


class SequenceCoder(Coder):
    """A list, or a tuple of any length."""

    def __init__(self, kind: type[list[object] | tuple[object, ...]], item: Coder) -> None:
        self._kind = kind
        self._item = item

    @override
    def accepts(self, value: object) -> bool:
        return isinstance(value, list | tuple)

    @override
    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, list | tuple):
            raise ProtocolError(f"{type(value).__name__} in place of {self._kind.__name__}")
        return list(map(self._item.encode, value, repeat(parts)))

    @override
    def decode(self, raw: Json, parts: Parts) -> object:
        if not isinstance(raw, list):
            raise ProtocolError(f"{type(raw).__name__} in place of {self._kind.__name__}")
        return self._kind(map(self._item.decode, raw, repeat(parts)))


class TupleCoder(Coder):
    """A tuple of a certain length."""

    def __init__(self, items: Sequence[Coder]) -> None:
        self._items = items

    @override
    def accepts(self, value: object) -> bool:
        return isinstance(value, tuple) and len(value) == len(self._items)

    @override
    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, tuple) or len(value) != len(self._items):
            raise ProtocolError(f"{type(value).__name__} in place of tuple")
        return [coder.encode(x, parts) for coder, x in zip(self._items, value, strict=True)]

    @override
    def decode(self, raw: Json, parts: Parts) -> object:
        if not isinstance(raw, list) or len(raw) != len(self._items):
            raise ProtocolError(f"{type(raw).__name__} in place of tuple")
        return tuple(coder.decode(x, parts) for coder, x in zip(self._items, raw, strict=True))


class DictCoder(Coder):
    """A mapping from text."""

    def __init__(self, value: Coder) -> None:
        self._value = value

    @override
    def accepts(self, value: object) -> bool:
        return isinstance(value, Mapping)

    @override
    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, Mapping):
            raise ProtocolError(f"{type(value).__name__} in place of dict")
        return {_text(key): self._value.encode(x, parts) for key, x in value.items()}

    @override
    def decode(self, raw: Json, parts: Parts) -> object:
        if not isinstance(raw, dict):
            raise ProtocolError(f"{type(raw).__name__} in place of dict")
        return {_text(key): self._value.decode(x, parts) for key, x in raw.items()}


class EnumCoder(Coder):
    """A member of an enum, by its name."""

    def __init__(self, cls: type[Enum]) -> None:
        self._cls = cls
        self._members = {member.name: member for member in cls}

    @override
    def accepts(self, value: object) -> bool:
        return type(value) is self._cls

    @override
    def encode(self, value: object, parts: Parts) -> Json:
        del parts
        if not isinstance(value, self._cls):
            raise ProtocolError(f"{type(value).__name__} in place of {self._cls.__name__}")
        return value.name

    @override
    def decode(self, raw: Json, parts: Parts) -> object:
        del parts
        member = self._members.get(raw) if isinstance(raw, str) else None
        if member is None:
            raise ProtocolError(f"no member of {self._cls.__name__}")
        return member


class UnionCoder(Coder):
    """One of several types; all but None are preceded by the type's label."""

    def __init__(self, members: Sequence[tuple[str, Coder]]) -> None:
        self._members = dict(members)
        self._optional = self._members.pop(NoneType.__name__, None) is not None
        self._only = next(iter(self._members.values())) if len(self._members) == 1 else None

    @override
    def accepts(self, value: object) -> bool:
        if value is None:
            return self._optional
        return any(coder.accepts(value) for coder in self._members.values())

    @override
    def encode(self, value: object, parts: Parts) -> Json:
        if value is None and self._optional:
            return None
        if self._optional and self._only is not None:
            return self._only.encode(value, parts)
        for label, coder in self._members.items():
            if coder.accepts(value):
                return [label, coder.encode(value, parts)]
        raise ProtocolError(f"{type(value).__name__} in place of one of {list(self._members)}")

    @override
    def decode(self, raw: Json, parts: Parts) -> object:
        if raw is None and self._optional:
            return None
        if self._optional and self._only is not None:
            return self._only.decode(raw, parts)
        match raw:
            case [str(label), value] if label in self._members:
                return self._members[label].decode(value, parts)
        raise ProtocolError(f"none of {list(self._members)}")


def _text(key: object) -> str:
    if not isinstance(key, str) or not _is_text(key):
        raise ProtocolError("a key that is no text")
    return str(key)


def _is_text(value: object) -> bool:
    """Return whether a string can be written as UTF-8, which half of a surrogate pair can't."""
    try:
        str(value).encode()
    except UnicodeError:
        return False
    return True


SIMPLE: dict[type, Coder] = {
    NoneType: _SimpleCoder(NoneType),
    bool: _SimpleCoder(bool),
    int: _SimpleCoder(int, lambda x: isinstance(x, int) and -MAX_INT <= x < MAX_INT),
    float: _FloatCoder(),
    str: _StrCoder(),
    bytes: _BytesCoder(),
    Path: _PathCoder(),
}
