"""ONNX files written field by field, and a small network in the formats of ONNX and ncnn."""

import numpy as np

FLOAT, INT64 = 1, 7


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number, value):
    """Return one field: a number, or the bytes of a text, a message, or raw data."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(op, inputs, outputs, *more):
    return field(
        1,
        b"".join(field(1, name) for name in inputs)
        + b"".join(field(2, name) for name in outputs)
        + field(3, f"the {op}")
        + field(4, op)
        + b"".join(more),
    )


def tensor(name, values, *, kind=FLOAT, sides=None, at=9, more=b""):
    sides = values.shape if sides is None else sides
    return field(
        5,
        b"".join(field(1, side) for side in sides)
        + field(2, kind)
        + field(8, name)
        + field(at, values.tobytes())
        + more,
    )


def model(*parts, outputs=("out",)):
    graph = b"".join(parts) + b"".join(field(12, field(1, name)) for name in outputs)
    return field(1, 8) + field(2, "by hand") + field(7, graph) + field(8, field(2, 13))


def weights(seed, *shape):
    return np.random.default_rng(seed).random(shape, np.float32)


STEM, STEM_BIAS = weights(1, 4, 3, 3, 3), weights(2, 4)
LEFT, LEFT_BIAS = weights(3, 4, 1, 3, 3), weights(4, 4)
RIGHT = weights(5, 4, 4, 1, 1)

TOY_NODES = {
    "stem": node("Conv", ["images", "w1", "b1"], ["1"]),
    "sigmoid": node("Sigmoid", ["1"], ["2"]),
    "mul": node("Mul", ["1", "2"], ["3"]),
    "left": node("Conv", ["3", "w2", "b2"], ["4"]),
    "right": node("Conv", ["3", "w3"], ["5"]),
    "concat": node("Concat", ["4", "5"], ["6"]),
    "reshape": node("Reshape", ["6", "shape"], ["out"]),
}
TOY_WEIGHTS = (
    tensor("w1", STEM),
    tensor("b1", STEM_BIAS),
    tensor("w2", LEFT),
    tensor("b2", LEFT_BIAS, at=4),
    tensor("w3", RIGHT),
    tensor("shape", np.array([1, 8, -1], np.int64), kind=INT64),
)
TOY_ONNX = model(*TOY_NODES.values(), *TOY_WEIGHTS)

# The right branch comes first here, unlike in the ONNX file.
TOY_PARAM = """\
7767517
8 9
Input               in0      0 1 in0
Convolution         conv_7   1 1 in0 a 0=4 1=3 11=3 4=1 5=1 6=108
Swish               silu_0   1 1 a b
Split               split_0  1 2 b c d
Convolution         conv_8   1 1 d e 0=4 1=1 11=1 5=0 6=16
ConvolutionDepthWise convdw_9 1 1 c f 0=4 1=3 11=3 5=1 6=36 7=4 -23301=2,1,1
Concat              cat_0    2 1 f e out0 0=0
"""


def toy_bin(*first):
    """Return the toy's weights for ncnn, after those of further layers."""
    layers = [*first, (STEM, STEM_BIAS), (RIGHT,), (LEFT, LEFT_BIAS)]
    return b"".join(bytes(4) + b"".join(each.tobytes() for each in layer) for layer in layers)
