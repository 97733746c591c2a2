"""A network without our code around it: the baseline of the timings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from custom_components.homesec.engine.model_zoo.manifest import ModelFiles

    type Blob = NDArray[np.float32]


def load_raw_network(detector: str, files: ModelFiles) -> Callable[[Blob], object]:
    """Load a network for one thread with the engine's own API; it takes ``(3, H, W)`` input."""
    return {"opencv": _opencv, "ncnn": _ncnn}[detector](files)


def _opencv(files: ModelFiles) -> Callable[[Blob], object]:
    import cv2

    cv2.setNumThreads(1)
    network = cv2.dnn.readNetFromONNX(str(files.paths[0]))
    names = network.getUnconnectedOutLayersNames()

    def run(blob: Blob) -> object:
        network.setInput(blob[None])
        return network.forward(names)

    return run


def _ncnn(files: ModelFiles) -> Callable[[Blob], object]:
    import ncnn

    network = ncnn.Net()
    network.opt.num_threads = 1
    network.opt.use_vulkan_compute = False
    # With 32-bit floats, as in HomeSec: 16-bit floats change scores.
    network.opt.use_fp16_storage = False
    network.opt.use_fp16_packed = False
    network.opt.use_fp16_arithmetic = False
    graph, weights = map(str, files.paths)
    network.load_param(graph)
    network.load_model(weights)

    def run(blob: Blob) -> object:
        extractor = network.create_extractor()
        extractor.input(network.input_names()[0], ncnn.Mat(blob))
        return [extractor.extract(name) for name in network.output_names()]

    return run
