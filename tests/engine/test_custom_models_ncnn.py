"""The check of ncnn graphs: valid ones pass, and others raise a ValueError at most."""

from contextlib import suppress

from hypothesis import given, strategies as st
from model_files import BUNDLED, bundled
from onnx_files import TOY_PARAM
import pytest

from custom_components.homesec.engine.model_zoo.custom_models import check_param


def test_check_param_accepts_valid_graphs():
    check_param(TOY_PARAM)
    for name in BUNDLED:
        check_param(bundled(name).paths[0].read_text("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7767517",
        "7767517\n1 1\n",
        "7767518\n1 1\nInput in0 0 1 in0",
        "7767517\n1 1\nInput in0 0",
        "7767517\n1 1\nInput in0 0 one in0",
        "7767517\n1 1\nInput in0 0 5 in0",
        "7767517\n1 1\nInput in0 -3 2 in0",
    ],
)
def test_check_param_refuses_other_texts(text):
    with pytest.raises(ValueError, match=r"not an ncnn graph|has not the blobs"):
        check_param(text)


@given(st.text())
def test_check_param_random_lines_raise_value_error_at_most(text):
    with suppress(ValueError):
        check_param("7767517\n1 1\n" + text)
