"""Check an ONNX file before a native library reads it.

ONNX is a protobuf message. Its wire format is small enough to be read without a library that has no
wheel for Alpine Linux. Field numbers are those of ``onnx.proto3``; all other fields are skipped.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    type Value = int | memoryview

FLOAT = 1  # data type of a tensor: 32-bit floats
EXTERNAL = 1  # data location of a tensor: another file
MAX_FIELDS = 1_000_000  # hundreds of times more than any network has, and read in seconds
MAX_DIMENSIONS = 64
MAX_SIDE = 2**31  # beyond this the sizes that native libraries compute would overflow


def check_onnx(content: bytes) -> None:
    """Raise ValueError unless ``content`` is a complete ONNX file.

    It has one graph with at least one node, names in UTF-8, and float weights of the size that
    their shapes call for, none of them in another file.
    """
    reader = _FieldReader()
    graphs = [value for number, value in reader.fields(memoryview(content)) if number == 7]
    if len(graphs) != 1:
        raise ValueError("It is not an ONNX network")
    has_nodes = False
    for number, value in reader.fields(graphs[0]):
        match number:
            case 1:  # a node: names of inputs and outputs, operation
                has_nodes = True
                reader.check_names(value, (1, 2, 4))
            case 5:
                _check_tensor(reader, value)
            case 12:  # an output
                reader.check_names(value, (1,))
    if not has_nodes:
        raise ValueError("It is not an ONNX network: it has no operations")


class _FieldReader:
    """Reads protobuf messages, up to a number of fields in all."""

    def __init__(self) -> None:
        self._remaining = MAX_FIELDS

    def fields(self, value: Value) -> Iterator[tuple[int, Value]]:
        """Yield the number and value of each field: an integer, or the bytes of anything else."""
        message, at = _message(value), 0
        while at < len(message):
            self._count()
            key, at = _varint(message, at)
            match key & 7:
                case 0:  # varint
                    number, at = _varint(message, at)
                    yield key >> 3, number
                    continue
                case 1:  # 64 bits
                    size = 8
                case 5:  # 32 bits
                    size = 4
                case 2:  # length first
                    size, at = _varint(message, at)
                case _:
                    raise ValueError("It is not a protobuf message")
            if size > len(message) - at:
                raise ValueError("It ends too early")
            yield key >> 3, message[at : at + size]
            at += size

    def integers(self, value: Value) -> Iterator[int]:
        """Yield the integers of a field, which may be a packed list."""
        if isinstance(value, int):
            yield value
            return
        at = 0
        while at < len(value):
            self._count()
            number, at = _varint(value, at)
            yield number

    def check_names(self, value: Value, numbers: tuple[int, ...]) -> None:
        """Raise ValueError unless the fields of these numbers are texts."""
        for number, name in self.fields(value):
            if number in numbers:
                str(_message(name), "utf-8")

    def _count(self) -> None:
        self._remaining -= 1
        if self._remaining < 0:
            raise ValueError("It has too many parts")


def _check_tensor(reader: _FieldReader, value: Value) -> None:
    name, kind, size, sides = "", 0, 0, list[int]()
    for number, part in reader.fields(value):
        match number, part:
            case 1, _:
                sides += reader.integers(part)
            case 2, int():
                kind = part
            case ((4 | 9), memoryview()):  # packed floats or raw data: the same bytes
                size += len(part)
            case 8, _:
                name = str(_message(part), "utf-8")
            case 14, int() if part == EXTERNAL:
                raise ValueError("Its weights are in another file")
    if kind != FLOAT:
        return
    if size != 4 * math.prod(sides) or max(sides, default=0) >= MAX_SIDE:
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


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("It has a number where a message should be")
    return value
