"""Typed values as bytes, and what becomes of bytes that no honest process sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import random

from hypothesis import given, settings, strategies as st
import pytest
from wire_values import values

from custom_components.homesec.engine.core.errors import ProtocolError
from custom_components.homesec.engine.core.events import ClipSaved, EngineEvent, HealthChanged
from custom_components.homesec.engine.core.types import Box, CameraHealth, Clip, Detection
from custom_components.homesec.engine.worker import framing
from custom_components.homesec.engine.worker.codec import Registry
from custom_components.homesec.engine.worker.coders import Parts
from custom_components.homesec.engine.worker.framing import LENGTH, body_length, pack, unpack
from custom_components.homesec.engine.worker.wire_types import REGISTRY

pytestmark = pytest.mark.long

GENERICS = (
    int | None,
    str | int | float | None,
    bytes | str,
    list[bytes],
    tuple[int, str, bytes],
    tuple[Path, ...],
    Sequence[Detection],
    dict[str, list[int | None]],
    Mapping[str, bytes],
    HealthChanged | ClipSaved | None,
)


@dataclass(frozen=True)
class Even:
    """A dataclass that checks its values."""

    number: int

    def __post_init__(self):
        if self.number % 2:
            raise ValueError


@dataclass(frozen=True)
class Node:
    """A dataclass that contains itself."""

    child: Node | None


INSERTED = (b'"', b"[", b"{", b"null", b"-1", b"1e999", rb"\ud800")


def encode(hint, value, registry=REGISTRY):
    parts = Parts()
    return pack(registry.encode(hint, value, parts), parts.all)


def decode(hint, message, registry=REGISTRY):
    if len(message) < LENGTH.size or body_length(message[:4]) != len(message) - 4:
        raise ProtocolError
    header, found = unpack(message[4:])
    parts = Parts(found)
    value = registry.decode(hint, header, parts)
    parts.finish()
    return value


def mutate(message, rng):
    changed = bytearray(message)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        match rng.randrange(3):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at : at + rng.randint(1, 8)] = rng.randbytes(rng.randint(0, 8))
            case _:
                changed[at:at] = rng.choice(
                    [b'"', b"[", b"{", b"null", b"-1", b"1e999", b"\\ud800"]
                )
        if not changed:
            break
    return LENGTH.pack(len(changed)) + changed if rng.random() < 0.7 else bytes(changed)


@pytest.mark.parametrize("hint", [*REGISTRY.classes, *GENERICS], ids=str)
def test_value_encoded_and_decoded_is_the_same(hint):
    @settings(max_examples=25, deadline=None, database=None)
    @given(values(REGISTRY, hint))
    def check(value):
        again = decode(hint, encode(hint, value))
        assert again == value
        assert type(again) is type(value)

    check()


@pytest.mark.parametrize("hint", [*REGISTRY.classes, *GENERICS], ids=str)
def test_value_from_mutated_bytes_is_valid_or_refused(hint):
    @settings(max_examples=30, deadline=None, database=None)
    @given(values(REGISTRY, hint), st.integers(0, 2**32))
    def check(value, seed):
        message = mutate(encode(hint, value)[4:], random.Random(seed))
        try:
            found = decode(hint, message)
        except ProtocolError:
            return
        assert decode(hint, encode(hint, found)) == found

    check()


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, True),
        (int, 2**63),
        (int, 1.0),
        (bool, 1),
        (str, b"a"),
        (str, "\ud800"),
        (float, math.nan),
        (float, math.inf),
        (float, "1"),
        (bytes, "a"),
        (Path, "a"),
        (Box, Detection("person", 0.5, Box(0, 0, 1, 1))),
        (CameraHealth, "running"),
        (list[int], "ab"),
        (tuple[int, int], (1, 2, 3)),
        (dict[str, int], {1: 1}),
        (Detection | None, Box(0, 0, 1, 1)),
        (EngineEvent, EngineEvent),
    ],
)
def test_encoding_value_of_another_type_is_refused(hint, value):
    with pytest.raises(ProtocolError):
        encode(hint, value)


@pytest.mark.parametrize(
    ("hint", "header"),
    [
        (int, b"true"),
        (int, b"9223372036854775808"),
        (int, b"1" * 5000),
        (float, b"NaN"),
        (float, b"1e999"),
        (str, rb'"\ud800"'),
        (str, b'"\xff"'),
        (Path, rb'"a\u0000b"'),
        (Path, rb'"\ud800"'),
        (bytes, b"0"),
        (Box, b'{"x1":0,"y1":0,"x2":1}'),
        (Box, b'{"x1":0,"y1":0,"x2":1,"y2":1,"__class__":1}'),
        (Box, b'{"x1":0,"x1":0,"y1":0,"x2":1,"y2":1}'),
        (CameraHealth, b'"__init__"'),
        (EngineEvent, b'["Registry",{}]'),
        (EngineEvent, b'["EngineEvent"]'),
        (list[int], b'{"0":1}'),
        (tuple[int, int], b"[1]"),
        (Mapping[str, int], b"[]"),
        (str, b""),
        (str, b'"a" "b"'),
    ],
)
def test_decoding_header_of_another_type_is_refused(hint, header):
    with pytest.raises(ProtocolError):
        decode(hint, LENGTH.pack(len(header) + 4) + LENGTH.pack(len(header)) + header)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_decoding_deep_nesting_is_refused(opening):
    header = opening * 100_000
    with pytest.raises(ProtocolError, match="deep"):
        unpack(LENGTH.pack(len(header)) + header)


def test_decoding_many_brackets_in_texts_is_no_nesting():
    value = ['[{"' * 50] * 3
    assert decode(list[str], encode(list[str], value)) == value


def test_decoding_own_class_stops_at_a_depth():
    registry = Registry([Node])
    node = None
    for _ in range(framing.MAX_DEPTH):
        node = Node(node)
    assert decode(Node, encode(Node, node, registry), registry) == node
    with pytest.raises(ProtocolError):
        decode(Node, encode(Node, Node(node), registry), registry)


def test_decoding_values_that_a_class_refuses_is_refused():
    registry = Registry([Even])
    assert decode(Even, encode(Even, Even(2), registry), registry) == Even(2)
    forged = pack({"number": 3})
    with pytest.raises(ProtocolError):
        decode(Even, forged, registry)


def test_parts_that_nothing_refers_to_are_refused():
    with pytest.raises(ProtocolError):
        decode(int, pack(1, [b"more"]))


def test_part_that_is_referred_to_twice_is_refused():
    with pytest.raises(ProtocolError):
        decode(list[bytes], pack([0, 0], [b"once"]))


def test_part_travels_as_it_is():
    picture = bytes(range(256)) * 1000
    assert len(encode(bytes, picture)) < len(picture) + 20


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("a" * (framing.MAX_HEADER_BYTES + 1), []),
        (None, [bytes(framing.MAX_MESSAGE_BYTES)]),
        (None, [b""] * (framing.MAX_PARTS + 1)),
        (math.nan, []),
        (object(), []),
    ],
)
def test_message_over_a_limit_is_not_sent(header, parts):
    with pytest.raises(ProtocolError):
        pack(header, parts)


@pytest.mark.parametrize("length", [0, 3, framing.MAX_MESSAGE_BYTES + 1, 2**32 - 1])
def test_message_of_impossible_length_is_not_read(length):
    with pytest.raises(ProtocolError):
        body_length(LENGTH.pack(length))


def test_message_with_too_many_parts_is_refused():
    body = LENGTH.pack(4) + b"null" + LENGTH.pack(0) * (framing.MAX_PARTS + 1)
    with pytest.raises(ProtocolError):
        unpack(body)


def test_path_that_is_no_text_keeps_its_bytes():
    path = Path("/clips/\udcff.mp4")
    assert decode(Path, encode(Path, path)) == path


def test_error_of_a_wrong_value_does_not_show_it():
    with pytest.raises(ProtocolError) as caught:
        encode(Clip, "secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("hint", [set[int], dict[int, str], object, random.Random, "int"])
def test_type_that_cannot_be_sent_is_found_before_anything_is(hint):
    with pytest.raises(TypeError):
        REGISTRY.coder(hint)


def test_registry_with_two_classes_of_a_name_is_refused():
    @dataclass
    class Box:
        pass

    with pytest.raises(ValueError, match="name"):
        Registry([*REGISTRY.classes, Box])
