"""The reader of ONNX files: what it finds, and that hostile ones are a ValueError at most."""

from contextlib import suppress

from hypothesis import given, strategies as st
import numpy as np
from onnx_files import INT64, LEFT, TOY_ONNX, field, model, node, tensor
import pytest

from custom_components.homesec.engine.model_zoo import onnx_reader as onnx_graph
from custom_components.homesec.engine.model_zoo.onnx_reader import read_onnx

VALUES = np.array([[1.5, -2.0]], np.float32)
RELU = node("Relu", ["in"], ["out"])


def weight(part):
    (only,) = read_onnx(model(RELU, part)).weights.values()
    return only


def test_nodes_outputs_and_weights_are_read():
    graph = read_onnx(TOY_ONNX)
    assert [each.op for each in graph.nodes][:3] == ["Conv", "Sigmoid", "Mul"]
    assert graph.nodes[0].inputs == ("images", "w1", "b1")
    assert graph.nodes[0].outputs == ("1",)
    assert graph.outputs == ("out",)
    assert graph.weights.keys() == {"w1", "b1", "w2", "b2", "w3"}
    assert np.array_equal(graph.weights["w2"], LEFT)


def test_what_is_not_needed_is_skipped_whatever_its_kind():
    odd = b"\x9d\x06" + bytes(4) + b"\x99\x06" + bytes(8) + field(99, 1) + field(98, "text")
    graph = read_onnx(odd + model(odd, node("Relu", ["in"], ["out"], odd), outputs=()) + odd)
    assert (graph.nodes[0].op, graph.outputs) == ("Relu", ())


def test_a_shape_may_be_packed():
    packed = field(5, field(1, b"\x01\x02") + field(2, 1) + field(8, "w") + field(9, bytes(8)))
    assert weight(packed).shape == (1, 2)


def test_a_single_number_has_no_shape():
    assert weight(tensor("w", np.float32(2.5), sides=())) == np.float32(2.5)


def test_weights_of_other_kinds_are_left_out():
    assert read_onnx(model(RELU, tensor("n", np.ones(2, np.int64), kind=INT64))).weights == {}


@pytest.mark.parametrize(
    "sides",
    [(1, 3), (), (2**63, 0), (2**64 - 1, 2), (0,), (2**32, 2**32), (0, 2**40)],
    ids=str,
)
def test_a_shape_of_another_size_is_refused(sides):
    content = VALUES if 0 not in sides else VALUES[:0]
    part = tensor("w", content, sides=sides)
    if sides == (0,):
        assert weight(part).size == 0
        return
    with pytest.raises(ValueError, match="has not the size"):
        weight(part)


def test_more_sides_than_numpy_has_are_refused():
    with pytest.raises(ValueError, match="dimension"):
        weight(tensor("w", VALUES[0, :1], sides=(1,) * 100))


def test_weights_in_another_file_are_refused():
    with pytest.raises(ValueError, match="another file"):
        weight(tensor("w", VALUES, more=field(14, 1)))
    assert np.array_equal(weight(tensor("w", VALUES, more=field(14, 0))), VALUES)


@pytest.mark.parametrize(
    ("content", "reason"),
    {
        "empty": (b"", "not an ONNX network"),
        "no graph": (field(1, 8), "not an ONNX network"),
        "two graphs": (TOY_ONNX * 2, "not an ONNX network"),
        "no operation": (model(), "no operations"),
        "a page": (b"<!doctype html>" * 9, "protobuf"),
        "graph is a number": (field(7, 5), "a number where"),
        "name is a number": (model(field(1, field(4, 5))), "a number where"),
        "name is no text": (model(field(1, field(4, b"\xff"))), "utf-8"),
        "longer than it is": (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x", "too early"),
        "half a fixed number": (b"\x0d\x00\x00", "too early"),
        "endless number": (b"\xff" * 20, "no end"),
        "half a number": (b"\x08\xff", "no end"),
        "a group": (b"\x0b\x0c", "protobuf"),
    }.values(),
)
def test_what_is_no_network_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_onnx(content)


def test_a_file_of_too_many_parts_is_given_up_soon(monkeypatch):
    monkeypatch.setattr(onnx_graph, "MOST_FIELDS", 100)
    with pytest.raises(ValueError, match="too many parts"):
        read_onnx(model(field(1, b"") * 100))
    with pytest.raises(ValueError, match="too many parts"):
        read_onnx(model(field(5, field(1, b"\x01" * 100))))


def test_every_cut_of_a_file_is_refused():
    for end in range(TOY_ONNX.index(field(8, field(2, 13)), -10)):
        with pytest.raises(ValueError):  # noqa: PT011 - any words do
            read_onnx(TOY_ONNX[:end])


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_else(content):
    for wrapped in (content, field(7, content), field(7, field(1, content) + field(5, content))):
        with suppress(ValueError):
            read_onnx(wrapped)


@given(st.lists(st.tuples(st.integers(0, len(TOY_ONNX) - 1), st.integers(0, 255)), max_size=8))
def test_a_damaged_file_raises_nothing_else(damages):
    content = bytearray(TOY_ONNX)
    for at, byte in damages:
        content[at] = byte
    with suppress(ValueError):
        read_onnx(bytes(content))
