"""Typed values as JSON and binary parts, and back.

The declared type drives both directions: the bytes never say which code runs. Only classes of the
``Registry`` are made, only with their own fields, and each field is checked against its type.
"""

from annotationlib import Format
from collections.abc import Mapping, Sequence
import dataclasses
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, TypeAliasType, Union, get_args, get_origin, get_type_hints

from ..core.errors import ProtocolError
from .coders import SIMPLE, DictCoder, EnumCoder, SequenceCoder, TupleCoder, UnionCoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .coders import Coder, Parts
    from .framing import Json


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
        return SIMPLE.get(hint) or self._class(hint)

    def _generic(self, hint: object, origin: object, args: tuple[object, ...]) -> Coder:
        if origin in (Union, UnionType):
            members = [(_label(n, each), self.coder(each)) for n, each in enumerate(args)]
            return UnionCoder(members)
        match args:
            case (item,) if origin in (list, Sequence):
                return SequenceCoder(list if origin is list else tuple, self.coder(item))
            case (item, end) if origin is tuple and end is Ellipsis:
                return SequenceCoder(tuple, self.coder(item))
            case _ if origin is tuple:
                return TupleCoder([self.coder(each) for each in args])
            case (key, value) if origin in (dict, Mapping) and key is str:
                return DictCoder(self.coder(value))
        raise TypeError(f"{hint} can't be sent")

    def _class(self, cls: type) -> Coder:
        """Return the coder of a class; of a base class, that of all that are made of it."""
        found = [each for each in self._classes if issubclass(each, cls)]
        if not found or not (dataclasses.is_dataclass(cls) or issubclass(cls, Enum)):
            raise TypeError(f"{cls.__name__} isn't registered")
        if found != [cls]:
            return UnionCoder([(each.__name__, self._exact(each)) for each in found])
        return self._exact(cls)

    def _exact(self, cls: type) -> Coder:
        if issubclass(cls, Enum):
            return EnumCoder(cls)
        return _ClassCoder(cls, self)


def _label(index: int, hint: object) -> str:
    return hint.__name__ if isinstance(hint, type) else str(index)


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
