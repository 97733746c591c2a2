"""Weights of an ONNX network arranged for ncnn, checked byte by byte."""

from contextlib import suppress
import hashlib

from hypothesis import given, strategies as st
import numpy as np
from onnx_files import TOY_NODES, TOY_ONNX, TOY_PARAM, TOY_WEIGHTS, model, tensor, toy_bin
import pytest

from custom_components.homesec.engine.detectors.catalogue import CATALOGUE, GRAPHS
from custom_components.homesec.engine.detectors.ncnn_weights import ncnn_weights, read_param
from custom_components.homesec.engine.detectors.onnx_graph import read_onnx
from homesec_dev.bootstrap import paths

TOY = read_onnx(TOY_ONNX)
FOCUS = "Convolution focus 1 1 in0 in1 0=12 1=2 11=2 13=2 3=2 5=0 6=144\n"


def test_weights_come_in_the_order_of_the_graph():
    assert ncnn_weights(TOY_PARAM, TOY) == toy_bin()


def test_the_order_of_the_onnx_file_does_not_matter():
    nodes = [TOY_NODES[name] for name in ("left", "stem", "reshape", "right", "mul", "concat")]
    other = read_onnx(model(*nodes, TOY_NODES["sigmoid"], *TOY_WEIGHTS[::-1]))
    assert ncnn_weights(TOY_PARAM, other) == toy_bin()


def test_the_first_step_of_yolox_becomes_a_convolution():
    graph = TOY_PARAM.replace("1 1 in0 a", "1 1 in1 a").replace(
        "Convolution ", FOCUS + "Convolution ", 1
    )
    made = ncnn_weights(graph, TOY)
    (kernel,) = [np.frombuffer(made[4 : 4 + 4 * 144], np.float32).reshape(12, 3, 2, 2)]
    assert made == toy_bin((kernel,))
    # Of a picture with the value of each pixel's place: top left, bottom left, top right, bottom
    # right, each of three colours.
    pixels = np.arange(12).reshape(3, 2, 2)
    values = np.einsum("ocyx,cyx->o", kernel, pixels)
    assert values.tolist() == [0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "Convolution         conv_8   1 1 d e",
            "ReLU r 1 1 d e",
            "3 convolutions, the graph has 2",
        ),
        ("6=108", "6=109", "conv_7 are not of its size"),
        ("5=1 6=36", "5=0 6=36", "convdw_9 are not of its size"),
        ("5=0 6=16", "5=1 6=16", "conv_8 are not of its size"),
        ("0=4 1=3 11=3 4=1", "0=5 1=3 11=3 4=1", "conv_7 are not of its size"),
        ("0=4 1=1", "0=four 1=1", "int"),
    ],
)
def test_another_graph_is_refused(old, new, reason):
    assert old in TOY_PARAM
    with pytest.raises(ValueError, match=reason):
        ncnn_weights(TOY_PARAM.replace(old, new), TOY)


def test_a_weight_that_is_missing_is_named():
    lacking = read_onnx(model(*TOY_NODES.values(), *TOY_WEIGHTS[1:]))
    with pytest.raises(ValueError, match="w1"):
        ncnn_weights(TOY_PARAM, lacking)


def test_a_weight_of_another_kind_is_missing():
    half = tensor("w1", np.ones(108, np.float16), kind=10)
    with pytest.raises(ValueError, match="w1"):
        ncnn_weights(TOY_PARAM, read_onnx(model(*TOY_NODES.values(), half, *TOY_WEIGHTS[1:])))


def test_the_layers_of_a_graph_are_read():
    layer = read_param(TOY_PARAM)[5]
    assert (layer.op, layer.name) == ("ConvolutionDepthWise", "convdw_9")
    assert (layer.inputs, layer.outputs) == (("c",), ("f",))
    assert layer.params["6"] == "36"


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
def test_what_is_no_graph_is_refused(text):
    with pytest.raises(ValueError, match=r"not an ncnn graph|has not the blobs"):
        read_param(text)


@given(st.text())
def test_random_lines_raise_nothing_else(text):
    with suppress(ValueError):
        read_param("7767517\n1 1\n" + text)


def recipe():
    (variant,) = CATALOGUE["yolox-nano"].variants["ncnn"]
    return variant.files[1]


def test_the_graph_that_comes_with_homesec_is_the_one_of_the_catalogue():
    graph = recipe().made_from.graph
    content = (GRAPHS / graph.name).read_bytes()
    assert len(content) == graph.bytes
    assert hashlib.sha256(content).hexdigest() == graph.sha256


def test_the_graph_that_comes_with_homesec_asks_for_as_many_bytes_as_the_catalogue_says():
    layers = read_param((GRAPHS / recipe().made_from.graph.name).read_text("utf-8"))
    convolutions = [layer for layer in layers if layer.op.startswith("Convolution")]
    assert len(convolutions) == 114
    floats = sum(
        1 + int(each.params["6"]) + int(each.params["0"]) * int(each.params["5"])
        for each in convolutions
    )
    assert 4 * floats == recipe().bytes


def test_the_real_weights_are_made_bit_for_bit():
    shared = paths.shared("models")
    sources = [shared / file.name for file in recipe().made_from.onnx] if shared else []
    sources = [path for path in sources if path.is_file()]
    if not sources:
        pytest.skip("the published network is on developers' machines only")
    graph = (GRAPHS / recipe().made_from.graph.name).read_text("utf-8")
    for path in sources:
        made = ncnn_weights(graph, read_onnx(path.read_bytes()))
        assert hashlib.sha256(made).hexdigest() == recipe().sha256
