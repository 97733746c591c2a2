"""Random values of every type that travels between the processes."""

from collections.abc import Mapping, Sequence
import dataclasses
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import TypeAliasType, Union, get_args, get_origin

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SIMPLE = {
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: TEXTS,
    bytes: st.binary(max_size=50),
    Path: st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).map(Path),
}


def values(registry, hint):
    """Return a strategy for the values of a type."""
    if isinstance(hint, TypeAliasType):
        hint = hint.__value__
    if hint is None:
        hint = NoneType
    args = get_args(hint)
    match get_origin(hint):
        case origin if origin in (Union, UnionType):
            return st.one_of([values(registry, each) for each in args])
        case origin if origin is list:
            return st.lists(values(registry, args[0]), max_size=3)
        case origin if origin is Sequence or (origin is tuple and args[-1] is Ellipsis):
            return st.lists(values(registry, args[0]), max_size=3).map(tuple)
        case origin if origin is tuple:
            return st.tuples(*(values(registry, each) for each in args))
        case origin if origin in (dict, Mapping):
            return st.dictionaries(TEXTS, values(registry, args[1]), max_size=3)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _objects(registry, hint)


def _objects(registry, cls):
    classes = [each for each in registry.classes if issubclass(each, cls)]

    def strategy(each):
        hints = registry.hints(each)
        fields = {x.name: values(registry, hints[x.name]) for x in dataclasses.fields(each)}
        return st.builds(each, **fields)

    return st.one_of([strategy(each) for each in classes])
