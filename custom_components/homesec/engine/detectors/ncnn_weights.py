"""The weights of an ONNX network, arranged as ncnn wants them for a graph that is known.

pnnx, which writes such graphs, is a compiler of 100 MB that has no wheel for Alpine Linux. But the
weights themselves stay the same 32-bit floats: only their order and what lies between them differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .onnx_graph import Node, OnnxGraph, upstream_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    type Weights = tuple[NDArray[np.float32], ...]

MAGIC = "7767517"
CONVOLUTIONS = frozenset({"Convolution", "ConvolutionDepthWise"})
PLAIN_FLOATS = bytes(4)
"""Stands before a convolution's weights and tells how they are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Node):
    """One layer of an ncnn graph."""

    name: str
    params: Mapping[str, str]
    """By number; of a convolution: 0 filters, 1 and 11 kernel, 5 has a bias, 6 weights."""


def read_param(text: str) -> list[Layer]:
    """Read ncnn's ``.param``: a text with a layer a line; raises ValueError."""
    lines = [words for line in text.splitlines() if (words := line.split())]
    if len(lines) < 3 or lines[0] != [MAGIC]:
        raise ValueError("It is not an ncnn graph")
    # The second line only has the numbers of layers and blobs.
    return [_layer(words) for words in lines[2:]]


def ncnn_weights(graph: str, onnx: OnnxGraph) -> bytes:
    """Give the ``.bin`` of a graph whose only weights are those of convolutions.

    The convolutions are paired by their place in the network. YOLOX's first step, which ONNX
    describes by slices, may be a convolution more in the graph. Raises ValueError if they differ.
    """
    layers = read_param(graph)
    taken = {name for layer in layers for name in layer.inputs}
    ends = [name for layer in layers for name in layer.outputs if name not in taken]
    mine = [at for at in upstream_first(layers, ends) if layers[at].op in CONVOLUTIONS]
    theirs = [
        _weights(onnx.nodes[at], onnx)
        for at in upstream_first(onnx.nodes, onnx.outputs)
        if onnx.nodes[at].op == "Conv"
    ]
    if len(mine) == len(theirs) + 1:
        theirs.insert(0, (_focus(),))
    if len(mine) != len(theirs):
        raise ValueError(f"It has {len(theirs)} convolutions, the graph has {len(mine)}")
    paired = dict(zip(mine, theirs, strict=True))
    return b"".join(_stored(layers[at], paired[at]) for at in sorted(paired))


def _layer(words: list[str]) -> Layer:
    try:
        op, name, takes, gives = words[0], words[1], int(words[2]), int(words[3])
    except IndexError, ValueError:
        raise ValueError("It is not an ncnn graph") from None
    blobs, params = words[4 : 4 + takes + gives], words[4 + takes + gives :]
    if min(takes, gives) < 0 or len(blobs) != takes + gives:
        raise ValueError(f"The layer {name} has not the blobs that it names")
    return Layer(
        op=op,
        name=name,
        inputs=tuple(blobs[:takes]),
        outputs=tuple(blobs[takes:]),
        params=dict(each.split("=", 1) for each in params if "=" in each),
    )


def _weights(node: Node, onnx: OnnxGraph) -> Weights:
    try:
        return tuple(onnx.weights[name] for name in node.inputs[1:])
    except KeyError as err:
        raise ValueError(f"The weight {err} of a convolution is not in it") from None


def _focus() -> NDArray[np.float32]:
    """Return YOLOX's Focus as a convolution: each of 2 x 2 pixels to channels of its own."""
    kernel = np.zeros((4, 3, 3, 2, 2), np.float32)
    for group, (y, x) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        kernel[group, :, :, y, x] = np.eye(3)
    return kernel.reshape(12, 3, 2, 2)


def _stored(layer: Layer, weights: Weights) -> bytes:
    filters, has_bias, count = (int(layer.params.get(key, "0")) for key in ("0", "5", "6"))
    if [each.size for each in weights] != [count, filters][: 2 if has_bias else 1]:
        raise ValueError(f"The weights of {layer.name} are not of its size")
    return PLAIN_FLOATS + b"".join(each.astype("<f4").tobytes() for each in weights)
