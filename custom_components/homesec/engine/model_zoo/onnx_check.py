"""Check an ONNX file before a native library reads it.

ONNX is a protobuf message. Its wire format is small enough to be read without a library that has no
wheel for Alpine Linux. Field numbers are those of ``onnx.proto3``; all other fields are skipped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    type Value = int | memoryview

FLOAT = 1
"""Data type of a tensor: 32-bit floats."""
EXTERNAL = 1
"""Data location of a tensor: another file."""
MAX_FIELDS = 1_000_000
"""Fields in one file: hundreds of times more than any network has, and checked in seconds."""
MAX_DIMENSIONS = 64
MAX_SIDE = 2**31
"""Beyond this the sizes that native libraries compute would overflow."""


def check_onnx(content: bytes) -> None:
    """Raise ValueError unless ``content`` is a complete ONNX file.

    It has one graph with at least one node, names in UTF-8, and float weights of the size that
    their shapes call for, none of them in another file.
    """
    reader = _FieldReader()
    graphs = [value for number, value in reader.fields(memoryview(content)) if number == 7]
    if len(graphs) != 1:
        raise ValueError("It is not an ONNX network")
    nodes = 0
    for number, value in reader.fields(_submessage(graphs[0])):
        match number:
            case 1:
                nodes += 1
                _check_names(reader.fields(_submessage(value)), (1, 2, 4))
            case 5:
                _check_tensor(reader, _submessage(value))
            case 12:
                _check_names(reader.fields(_submessage(value)), (1,))
    if not nodes:
        raise ValueError("It is not an ONNX network: it has no operations")


class _FieldReader:
    """Reads protobuf messages, up to a number of fields in all."""

    def __init__(self) -> None:
        self._remaining = MAX_FIELDS

    def fields(self, message: memoryview) -> Iterator[tuple[int, Value]]:
        """Yield the number and value of each field: an integer, or the bytes of anything else."""
        at, end = 0, len(message)
        while at < end:
            self._count()
            key, at = _varint(message, at)
            match key & 7:
                case 0:  # varint
                    value, at = _varint(message, at)
                    yield key >> 3, value
                    continue
                case 1:  # 64 bits
                    size = 8
                case 5:  # 32 bits
                    size = 4
                case 2:  # length first
                    size, at = _varint(message, at)
                case _:
                    raise ValueError("It is not a protobuf message")
            if size > end - at:
                raise ValueError("It ends too early")
            yield key >> 3, message[at : at + size]
            at += size

    def packed(self, message: memoryview) -> Iterator[int]:
        """Yield the integers of a packed list."""
        at = 0
        while at < len(message):
            self._count()
            value, at = _varint(message, at)
            yield value

    def _count(self) -> None:
        self._remaining -= 1
        if self._remaining < 0:
            raise ValueError("It has too many parts")


def _check_names(fields: Iterator[tuple[int, Value]], numbers: tuple[int, ...]) -> None:
    for number, value in fields:
        if number in numbers:
            _text(value)


def _check_tensor(reader: _FieldReader, message: memoryview) -> None:
    name, kind, size, sides = "", 0, 0, list[int]()
    for number, value in reader.fields(message):
        match number, value:
            case 1, int():
                sides.append(value)
            case 1, memoryview():
                sides += reader.packed(value)
            case 2, int():
                kind = value
            case ((4 | 9), memoryview()):  # packed floats or raw data: the same bytes
                size += len(value)
            case 8, _:
                name = _text(value)
            case 14, int() if value == EXTERNAL:
                raise ValueError("Its weights are in another file")
    if kind == FLOAT:
        _check_size(name, size, sides)


def _check_size(name: str, size: int, sides: list[int]) -> None:
    if size != 4 * math.prod(sides) or any(side >= MAX_SIDE for side in sides):
        raise ValueError(f"The weight {name} has not the size that its shape asks for")
    if len(sides) > MAX_DIMENSIONS:
        raise ValueError(f"The weight {name} has more than {MAX_DIMENSIONS} dimensions")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins at a byte, and where the next value begins."""
    value = 0
    for index, byte in enumerate(message[at : at + 10]):  # 64 bits, seven in each byte
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("A number in it has no end")


def _submessage(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("It has a number where a message should be")
    return value


def _text(value: Value) -> str:
    return str(_submessage(value), "utf-8")
