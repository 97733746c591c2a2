"""The check of ONNX files: complete ones pass, and hostile ones raise a ValueError at most."""

from contextlib import suppress

from hypothesis import given, strategies as st
import numpy as np
from onnx_files import INT64, TOY_ONNX, field, model, node, tensor
import pytest

from custom_components.homesec.engine.model_zoo import onnx_check
from custom_components.homesec.engine.model_zoo.onnx_check import check_onnx

VALUES = np.array([[1.5, -2.0]], np.float32)
RELU = node("Relu", ["in"], ["out"])


def check_weight(part):
    check_onnx(model(RELU, part))


def test_check_onnx_accepts_complete_network():
    check_onnx(TOY_ONNX)


def test_check_onnx_skips_unknown_fields_of_every_wire_type():
    odd = b"\x9d\x06" + bytes(4) + b"\x99\x06" + bytes(8) + field(99, 1) + field(98, "text")
    check_onnx(odd + model(odd, node("Relu", ["in"], ["out"], odd), outputs=()) + odd)


def test_check_onnx_accepts_packed_shape():
    check_weight(field(5, field(1, b"\x01\x02") + field(2, 1) + field(8, "w") + field(9, bytes(8))))
    with pytest.raises(ValueError, match="has not the size"):
        check_weight(field(5, field(1, b"\x01\x03") + field(2, 1) + field(9, bytes(8))))


def test_check_onnx_accepts_scalar_without_shape():
    check_weight(tensor("w", np.float32(2.5), sides=()))


def test_check_onnx_ignores_size_of_weights_of_other_types():
    check_weight(tensor("n", np.ones(2, np.int64), kind=INT64))
    check_weight(tensor("n", np.ones(2, np.int64), kind=INT64, sides=(5,)))


@pytest.mark.parametrize(
    "sides",
    [(1, 3), (), (2**63, 0), (2**64 - 1, 2), (0,), (2**32, 2**32), (0, 2**40)],
    ids=str,
)
def test_check_onnx_shape_of_another_size_is_refused(sides):
    content = VALUES if 0 not in sides else VALUES[:0]
    part = tensor("w", content, sides=sides)
    if sides == (0,):
        check_weight(part)
        return
    with pytest.raises(ValueError, match="has not the size"):
        check_weight(part)


def test_check_onnx_too_many_dimensions_are_refused():
    with pytest.raises(ValueError, match="dimension"):
        check_weight(tensor("w", VALUES[0, :1], sides=(1,) * 100))


def test_check_onnx_weights_in_another_file_are_refused():
    with pytest.raises(ValueError, match="another file"):
        check_weight(tensor("w", VALUES, more=field(14, 1)))
    check_weight(tensor("w", VALUES, more=field(14, 0)))


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
        "output name is no text": (model(RELU, field(12, field(1, b"\xff"))), "utf-8"),
        "longer than it is": (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x", "too early"),
        "half a fixed number": (b"\x0d\x00\x00", "too early"),
        "endless number": (b"\xff" * 20, "no end"),
        "half a number": (b"\x08\xff", "no end"),
        "a group": (b"\x0b\x0c", "protobuf"),
    }.values(),
)
def test_check_onnx_refuses_other_content(content, reason):
    with pytest.raises(ValueError, match=reason):
        check_onnx(content)


def test_check_onnx_file_of_too_many_fields_is_refused(monkeypatch):
    monkeypatch.setattr(onnx_check, "MAX_FIELDS", 100)
    with pytest.raises(ValueError, match="too many parts"):
        check_onnx(model(field(1, b"") * 100))
    with pytest.raises(ValueError, match="too many parts"):
        check_onnx(model(field(5, field(1, b"\x01" * 100))))


def test_check_onnx_every_truncation_is_refused():
    for end in range(TOY_ONNX.index(field(8, field(2, 13)), -10)):
        with pytest.raises(ValueError):  # noqa: PT011 - any words do
            check_onnx(TOY_ONNX[:end])


@given(st.binary(max_size=300))
def test_check_onnx_random_bytes_raise_value_error_at_most(content):
    for wrapped in (content, field(7, content), field(7, field(1, content) + field(5, content))):
        with suppress(ValueError):
            check_onnx(wrapped)


@given(st.lists(st.tuples(st.integers(0, len(TOY_ONNX) - 1), st.integers(0, 255)), max_size=8))
def test_check_onnx_damaged_file_raises_value_error_at_most(damages):
    content = bytearray(TOY_ONNX)
    for at, byte in damages:
        content[at] = byte
    with suppress(ValueError):
        check_onnx(bytes(content))
