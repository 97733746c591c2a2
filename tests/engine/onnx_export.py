"""Export the bundled network as an ONNX file, so that OpenCV can be tested without a download.

Covers the layers of ``yolox_nano.ncnn.param`` with its 32-bit weights and nothing else.
"""

import numpy as np
from onnx_files import FLOAT, field, node, tensor

INT, STRING, INTS = 2, 3, 7
RELATED = {"0": "Add", "2": "Mul"}
"""Of ncnn's BinaryOp: the ONNX operations by number."""

STRIDES, CHANNELS = (8, 16, 32), 85
"""Of the outputs."""


def export_onnx(param, weights, *, width, height):
    """Return the bytes of an ONNX file that computes what an ncnn graph does, at one input size."""
    return _Export(weights).file(param, width, height)


class _Export:
    def __init__(self, weights):
        self._weights = weights
        self._at = 0
        self._parts = []
        self._alias = {}

    def file(self, param, width, height):
        lines = [line.split() for line in param.splitlines()[2:]]
        for kind, name, inputs, outputs, *rest in lines:
            takes, gives = int(inputs), int(outputs)
            sources = [self._alias.get(blob, blob) for blob in rest[:takes]]
            targets = rest[takes : takes + gives]
            params = dict(each.split("=") for each in rest[takes + gives :])
            getattr(self, f"_{kind.lower()}")(name, sources, targets, params)
        assert self._at == len(self._weights)
        taken = {blob for _, _, n, _, *rest in lines for blob in rest[: int(n)]}
        given = [blob for line in lines for blob in line[4 + int(line[2]) :] if "=" not in blob]
        ends = [blob for blob in given if blob not in taken]
        graph = b"".join(self._parts)
        graph += field(11, _value("in0", (1, 3, height, width)))
        for blob, stride in zip(ends, STRIDES, strict=True):
            sides = (1, CHANNELS, height // stride, width // stride)
            graph += field(12, _value(blob, sides))
        return field(1, 8) + field(7, graph) + field(8, field(2, 13))

    def _input(self, _name, _sources, _targets, _params):
        pass

    def _split(self, _name, sources, targets, _params):
        self._alias |= dict.fromkeys(targets, sources[0])

    def _convolution(self, name, sources, targets, params, groups=1):
        filters, kernel, count = (int(params[key]) for key in ("0", "1", "6"))
        assert self._read("<u4", 1)[0] == 0  # stored as 32-bit floats
        weights = self._read("<f4", count).reshape(filters, -1, kernel, kernel)
        self._parts.append(tensor(f"{name}.w", weights))
        inputs = [*sources, f"{name}.w"]
        if params.get("5") == "1":
            self._parts.append(tensor(f"{name}.b", self._read("<f4", filters)))
            inputs.append(f"{name}.b")
        activated = params.get("9") == "4"
        result = f"{name}.linear" if activated else targets[0]
        stride, pad = int(params.get("3", 1)), int(params.get("4", 0))
        more = (*_window(kernel, stride, pad), _attribute("group", groups))
        self._parts.append(node("Conv", inputs, [result], *more))
        if activated:
            self._parts.append(node("Sigmoid", [result], targets))

    def _convolutiondepthwise(self, name, sources, targets, params):
        self._convolution(name, sources, targets, params, groups=int(params["7"]))

    def _swish(self, name, sources, targets, _params):
        self._parts.append(node("Sigmoid", sources, [f"{name}.gate"]))
        self._parts.append(node("Mul", [*sources, f"{name}.gate"], targets))

    def _sigmoid(self, _name, sources, targets, _params):
        self._parts.append(node("Sigmoid", sources, targets))

    def _binaryop(self, _name, sources, targets, params):
        self._parts.append(node(RELATED[params["0"]], sources, targets))

    def _concat(self, _name, sources, targets, params):
        axis = int(params["0"]) + 1  # ncnn knows no batch
        self._parts.append(node("Concat", sources, targets, _attribute("axis", axis)))

    def _pooling(self, _name, sources, targets, params):
        window = _window(int(params["1"]), int(params["2"]), int(params["3"]))
        self._parts.append(node("MaxPool", sources, targets, *window))

    def _interp(self, name, sources, targets, params):
        scales = np.array([1, 1, float(params["1"]), float(params["2"])], np.float32)
        self._parts.append(tensor(f"{name}.scales", scales))
        more = [
            _attribute("mode", "nearest"),
            _attribute("coordinate_transformation_mode", "asymmetric"),
            _attribute("nearest_mode", "floor"),
        ]
        self._parts.append(node("Resize", [*sources, "", f"{name}.scales"], targets, *more))

    def _read(self, dtype, count):
        values = np.frombuffer(self._weights, dtype, count, self._at)
        self._at += 4 * count
        return values


def _window(kernel, stride, pad):
    return (
        _attribute("kernel_shape", [kernel] * 2),
        _attribute("strides", [stride] * 2),
        _attribute("pads", [pad] * 4),
    )


def _attribute(name, value):
    match value:
        case int():
            content = field(3, value) + field(20, INT)
        case str():
            content = field(4, value) + field(20, STRING)
        case _:
            content = b"".join(field(8, each) for each in value) + field(20, INTS)
    return field(5, field(1, name) + content)


def _value(name, sides):
    shape = field(2, b"".join(field(1, field(1, side)) for side in sides))
    return field(1, name) + field(2, field(1, field(1, FLOAT) + shape))
