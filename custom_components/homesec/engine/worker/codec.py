"""Typed values as JSON and binary parts, and back.

The declared type drives both directions: the bytes never say which code runs. Only classes of the
``Registry`` are made, only with their own fields, and each field is checked against its type. What
doesn't fit raises ``ProtocolError``, whose text never holds a value, since that may be a password.
"""

from annotationlib import Format
from collections.abc import Mapping, Sequence
import dataclasses
from enum import Enum
from itertools import repeat
import math
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Protocol,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from ..core.errors import ProtocolError
from .framing import MAX_INT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


class Registry:
    """The classes that may be in a message, and the coders of types made of them."""

    def __init__(self, classes: Iterable[type]) -> None:
        """``classes``: dataclasses and enums, each with a name of its own."""
        self._classes = tuple(dict.fromkeys(classes))
        self._names = {each.__name__: each for each in self._classes}
        if len(self._names) != len(self._classes):
            raise ValueError("two classes have the same name")
        self._coders: dict[object, Coder] = {}

    @property
    def classes(self) -> tuple[type, ...]:
        """All classes, in the order in which they were registered."""
        return self._classes

    def coder(self, hint: object) -> Coder:
        """Return the coder of a type. Raises ``TypeError`` for one that can't be sent."""
        if (known := self._coders.get(hint)) is None:
            known = self._coders[hint] = self._make(hint)
        return known

    def encode(self, hint: object, value: object, parts: Parts) -> Json:
        """Return a value of a type as JSON, and append its bytes to ``parts``."""
        return self.coder(hint).encode(value, parts)

    def decode(self, hint: object, raw: Json, parts: Parts) -> object:
        """Return the value of a type that was encoded."""
        return self.coder(hint).decode(raw, parts)

    def hints(self, owner: type | Callable[..., object]) -> dict[str, object]:
        """Return the types of a class's fields or a function's parameters.

        Names that a module imports for the type checker only are looked up among the classes.
        """
        names = {**self._names, "Mapping": Mapping, "Sequence": Sequence, "Path": Path}
        return get_type_hints(owner, localns=names, format=Format.FORWARDREF)

    def _make(self, hint: object) -> Coder:
        if isinstance(hint, TypeAliasType):
            return self.coder(hint.__value__)
        if hint is None:
            hint = NoneType
        if (origin := get_origin(hint)) is not None:
            return self._generic(hint, origin, get_args(hint))
        if not isinstance(hint, type):
            raise TypeError(f"{hint} can't be sent")
        return _SIMPLE.get(hint) or self._class(hint)

    def _generic(self, hint: object, origin: object, args: tuple[object, ...]) -> Coder:
        if origin in (Union, UnionType):
            members = [(_label(n, each), self.coder(each)) for n, each in enumerate(args)]
            return _UnionCoder(members)
        match args:
            case (item,) if origin in (list, Sequence):
                return _SequenceCoder(list if origin is list else tuple, self.coder(item))
            case (item, end) if origin is tuple and end is Ellipsis:
                return _SequenceCoder(tuple, self.coder(item))
            case _ if origin is tuple:
                return _TupleCoder([self.coder(each) for each in args])
            case (key, value) if origin in (dict, Mapping) and key is str:
                return _DictCoder(self.coder(value))
        raise TypeError(f"{hint} can't be sent")

    def _class(self, cls: type) -> Coder:
        """Return the coder of a class; of a base class, that of all that are made of it."""
        found = [each for each in self._classes if issubclass(each, cls)]
        if not found or not (dataclasses.is_dataclass(cls) or issubclass(cls, Enum)):
            raise TypeError(f"{cls.__name__} isn't registered")
        if found != [cls]:
            return _UnionCoder([(each.__name__, self._exact(each)) for each in found])
        return self._exact(cls)

    def _exact(self, cls: type) -> Coder:
        if issubclass(cls, Enum):
            return _EnumCoder(cls)
        return _ClassCoder(cls, self)


def _label(index: int, hint: object) -> str:
    return hint.__name__ if isinstance(hint, type) else str(index)


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


class _SequenceCoder:
    def __init__(self, kind: type[list[object] | tuple[object, ...]], item: Coder) -> None:
        self._kind = kind
        self._item = item

    def accepts(self, value: object) -> bool:
        return isinstance(value, list | tuple)

    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, list | tuple):
            raise ProtocolError(f"{type(value).__name__} in place of {self._kind.__name__}")
        return list(map(self._item.encode, value, repeat(parts)))

    def decode(self, raw: Json, parts: Parts) -> object:
        if not isinstance(raw, list):
            raise ProtocolError(f"{type(raw).__name__} in place of {self._kind.__name__}")
        return self._kind(map(self._item.decode, raw, repeat(parts)))


class _TupleCoder:
    def __init__(self, items: Sequence[Coder]) -> None:
        self._items = items

    def accepts(self, value: object) -> bool:
        return isinstance(value, tuple) and len(value) == len(self._items)

    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, tuple) or len(value) != len(self._items):
            raise ProtocolError(f"{type(value).__name__} in place of tuple")
        return [coder.encode(x, parts) for coder, x in zip(self._items, value, strict=True)]

    def decode(self, raw: Json, parts: Parts) -> object:
        if not isinstance(raw, list) or len(raw) != len(self._items):
            raise ProtocolError(f"{type(raw).__name__} in place of tuple")
        return tuple(coder.decode(x, parts) for coder, x in zip(self._items, raw, strict=True))


class _DictCoder:
    def __init__(self, value: Coder) -> None:
        self._value = value

    def accepts(self, value: object) -> bool:
        return isinstance(value, Mapping)

    def encode(self, value: object, parts: Parts) -> Json:
        if not isinstance(value, Mapping):
            raise ProtocolError(f"{type(value).__name__} in place of dict")
        return {_text(key): self._value.encode(x, parts) for key, x in value.items()}

    def decode(self, raw: Json, parts: Parts) -> object:
        if not isinstance(raw, dict):
            raise ProtocolError(f"{type(raw).__name__} in place of dict")
        return {_text(key): self._value.decode(x, parts) for key, x in raw.items()}


class _EnumCoder:
    def __init__(self, cls: type[Enum]) -> None:
        self._cls = cls
        self._members = {member.name: member for member in cls}

    def accepts(self, value: object) -> bool:
        return type(value) is self._cls

    def encode(self, value: object, parts: Parts) -> Json:
        del parts
        if not isinstance(value, self._cls):
            raise ProtocolError(f"{type(value).__name__} in place of {self._cls.__name__}")
        return value.name

    def decode(self, raw: Json, parts: Parts) -> object:
        del parts
        member = self._members.get(raw) if isinstance(raw, str) else None
        if member is None:
            raise ProtocolError(f"no member of {self._cls.__name__}")
        return member


class _ClassCoder:
    """A dataclass, as an object with all of its fields."""

    def __init__(self, cls: type, registry: Registry) -> None:
        self._cls = cls
        self._registry = registry
        self._fields: dict[str, Coder] | None = None

    def accepts(self, value: object) -> bool:
        return type(value) is self._cls

    def encode(self, value: object, parts: Parts) -> Json:
        if type(value) is not self._cls:
            raise ProtocolError(f"{type(value).__name__} in place of {self._cls.__name__}")
        fields = self._coders().items()
        return {name: coder.encode(getattr(value, name), parts) for name, coder in fields}

    def decode(self, raw: Json, parts: Parts) -> object:
        fields = self._coders()
        if not isinstance(raw, dict) or raw.keys() != fields.keys():
            raise ProtocolError(f"not the fields of {self._cls.__name__}")
        values = {name: coder.decode(raw[name], parts) for name, coder in fields.items()}
        try:
            return self._cls(**values)
        except TypeError, ValueError:
            raise ProtocolError(f"values that {self._cls.__name__} refuses") from None

    def _coders(self) -> dict[str, Coder]:
        """Return the fields' coders; made late, since a field may be of the class itself."""
        if self._fields is None:
            hints = self._registry.hints(self._cls)
            fields = [each.name for each in dataclasses.fields(self._cls) if each.init]
            self._fields = {name: self._registry.coder(hints[name]) for name in fields}
        return self._fields


class _UnionCoder:
    """One of several types; all but None are preceded by the type's label."""

    def __init__(self, members: Sequence[tuple[str, Coder]]) -> None:
        self._members = dict(members)
        self._optional = self._members.pop(NoneType.__name__, None) is not None
        self._only = next(iter(self._members.values())) if len(self._members) == 1 else None

    def accepts(self, value: object) -> bool:
        if value is None:
            return self._optional
        return any(coder.accepts(value) for coder in self._members.values())

    def encode(self, value: object, parts: Parts) -> Json:
        if value is None and self._optional:
            return None
        if self._optional and self._only is not None:
            return self._only.encode(value, parts)
        for label, coder in self._members.items():
            if coder.accepts(value):
                return [label, coder.encode(value, parts)]
        raise ProtocolError(f"{type(value).__name__} in place of one of {list(self._members)}")

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


_SIMPLE: dict[type, Coder] = {
    NoneType: _SimpleCoder(NoneType),
    bool: _SimpleCoder(bool),
    int: _SimpleCoder(int, lambda x: isinstance(x, int) and -MAX_INT <= x < MAX_INT),
    float: _FloatCoder(),
    str: _StrCoder(),
    bytes: _BytesCoder(),
    Path: _PathCoder(),
}
