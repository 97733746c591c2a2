"""Check an ONNX file before a native library reads it: its nodes and its float weights.

ONNX is a protobuf message, whose wire format is small enough to be read without a library that has
no wheel for Alpine Linux. Field numbers are those of ``onnx.proto3``; all other fields are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    type Value = int | memoryview

FLOAT = 1
"""Of a tensor's data types: 32 bits."""
EXTERNAL = 1
"""Of a tensor's data locations: a file of its own."""
MOST_FIELDS = 1_000_000
"""In one file, hundreds of times more than a network of any use has: reading ends in seconds."""
LONGEST_SIDE = 2**31
"""No dimension of a weight is longer: beyond it NumPy's own sizes would overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation, and the names of the values that it takes and gives."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxGraph:
    """A network as an ONNX file describes it."""

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    weights: Mapping[str, NDArray[np.float32]]
    """By name; only those that are 32-bit floats."""


@dataclass(slots=True)
class _Tensor:
    name: str = ""
    kind: int = 0
    sides: list[int] = field(default_factory=list)
    content: list[memoryview] = field(default_factory=list)


def read_onnx(content: bytes) -> OnnxGraph:
    """Read a network; raises ValueError for all that is not a whole ONNX file."""
    reader = _Reader()
    parts = [value for number, value in reader.fields(memoryview(content)) if number == 7]
    if len(parts) != 1:
        raise ValueError("It is not an ONNX network")
    graph = reader.graph(_submessage(parts[0]))
    if not graph.nodes:
        raise ValueError("It is not an ONNX network: it has no operations")
    return graph


class _Reader:
    """Reads messages, as long as there are not too many fields in them."""

    def __init__(self) -> None:
        self._left = MOST_FIELDS

    def graph(self, message: memoryview) -> OnnxGraph:
        nodes, outputs, weights = [], [], {}
        for number, value in self.fields(message):
            match number:
                case 1:
                    nodes.append(self._node(_submessage(value)))
                case 5:
                    tensor = self._tensor(_submessage(value))
                    if tensor.kind == FLOAT:
                        weights[tensor.name] = _array(tensor)
                case 12:
                    info = self.fields(_submessage(value))
                    outputs += [_text(each) for at, each in info if at == 1]
        return OnnxGraph(nodes=tuple(nodes), outputs=tuple(outputs), weights=weights)

    def _node(self, message: memoryview) -> Node:
        op, inputs, outputs = "", [], []
        for number, value in self.fields(message):
            match number:
                case 1:
                    inputs.append(_text(value))
                case 2:
                    outputs.append(_text(value))
                case 4:
                    op = _text(value)
        return Node(op=op, inputs=tuple(inputs), outputs=tuple(outputs))

    def _tensor(self, message: memoryview) -> _Tensor:
        tensor = _Tensor()
        for number, value in self.fields(message):
            match number, value:
                case 1, int():
                    tensor.sides.append(value)
                case 1, memoryview():
                    tensor.sides += self._packed(value)
                case 2, int():
                    tensor.kind = value
                case ((4 | 9), memoryview()):
                    # A packed list of floats is the same bytes as the raw data: little-endian.
                    tensor.content.append(value)
                case 8, _:
                    tensor.name = _text(value)
                case 14, int() if value == EXTERNAL:
                    raise ValueError("Its weights are in another file")
        return tensor

    def _packed(self, message: memoryview) -> Iterator[int]:
        at = 0
        while at < len(message):
            self._count()
            value, at = _varint(message, at)
            yield value

    def fields(self, message: memoryview) -> Iterator[tuple[int, Value]]:
        """Give each field's number and its value: an integer, or the bytes of anything else."""
        at, end = 0, len(message)
        while at < end:
            self._count()
            key, at = _varint(message, at)
            match key & 7:
                case 0:  # a number of variable length
                    value, at = _varint(message, at)
                    yield key >> 3, value
                    continue
                case 1:  # 64 bits
                    size = 8
                case 5:  # 32 bits
                    size = 4
                case 2:  # its length comes first
                    size, at = _varint(message, at)
                case _:
                    raise ValueError("It is not a protobuf message")
            if size > end - at:
                raise ValueError("It ends too early")
            yield key >> 3, message[at : at + size]
            at += size

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError("It has too many parts")


def _array(tensor: _Tensor) -> NDArray[np.float32]:
    content = b"".join(tensor.content)
    if len(content) != 4 * math.prod(tensor.sides) or any(
        side >= LONGEST_SIDE for side in tensor.sides
    ):
        raise ValueError(f"The weight {tensor.name} has not the size that its shape asks for")
    return np.frombuffer(content, "<f4").reshape(tensor.sides)


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
