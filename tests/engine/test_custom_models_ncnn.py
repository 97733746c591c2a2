"""The check of ncnn graphs: what is one passes, and nothing else raises more than a ValueError."""

from contextlib import suppress

from hypothesis import given, strategies as st
from model_files import BUNDLED, bundled
from onnx_files import TOY_PARAM
import pytest

from custom_components.homesec.engine.model_zoo.custom_models import check_param


def test_graphs_pass():
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
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"not an ncnn graph|has not the blobs"):
        check_param(text)


@given(st.text())
def test_random_lines_raise_nothing_else(text):
    with suppress(ValueError):
        check_param("7767517\n1 1\n" + text)
