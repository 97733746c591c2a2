"""Networks in Tencent's ncnn: small, and with wheels for Alpine Linux too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from ..errors import DetectorError, EngineMissing
from .base import FLOOR, NetworkDetector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .catalogue import ModelFiles

FULL_PRECISION = frozenset({"yolox", "yolov8"})
"""Heads whose networks keep weights of 32 bits: with 16, YOLOX loses up to 0.13 of a score."""


class NcnnDetector(NetworkDetector):
    """A network that ncnn runs."""

    engine: ClassVar = "ncnn"

    def __init__(self, files: ModelFiles, *, threads: int = 1, floor: float = FLOOR) -> None:
        """Load the network; raises EngineMissing and ModelBroken."""
        super().__init__(files, floor=floor)
        try:
            # A broken installation raises more than ImportError: OSError, AttributeError, …
            import ncnn
        except Exception as err:
            raise EngineMissing(f"ncnn does not load: {err}", detector=self.engine) from err
        self._mat: Any = ncnn.Mat
        self._net: Any = ncnn.Net()
        option = self._net.opt
        option.num_threads = threads
        option.use_vulkan_compute = False
        if files.head in FULL_PRECISION:
            option.use_fp16_storage = False
            option.use_fp16_packed = False
            option.use_fp16_arithmetic = False
        # ncnn tells by a return value, and ends the process when a network that did not load runs.
        graph, weights = (str(path) for path in files.paths)
        try:
            if self._net.load_param(graph) != 0 or self._net.load_model(weights) != 0:
                raise self._broken("its files do not load")
        except (RuntimeError, MemoryError) as err:
            raise self._broken(str(err)) from err
        inputs, self._outputs = self._net.input_names(), self._net.output_names()
        if len(inputs) != 1:
            raise self._broken(f"it has {len(inputs)} inputs")
        self._input = inputs[0]

    @override
    def close(self) -> None:
        self._net = None

    @override
    def _run(self, blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        if self._net is None:
            raise DetectorError("The detector is closed", model=self.model)
        try:
            return self._extract(blob)
        except (RuntimeError, MemoryError) as err:
            raise DetectorError(str(err), model=self.model) from err

    def _extract(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        # Each extractor has its own intermediate results, so looks may run side by side. The Mat
        # borrows the blob's memory, which stays alive until this returns.
        extractor = self._net.create_extractor()
        if extractor.input(self._input, self._mat(blob)) != 0:
            raise DetectorError("The network refuses its input", model=self.model)
        outputs = []
        for name in self._outputs:
            code, output = extractor.extract(name)
            if code != 0:
                raise DetectorError(f"The network gives no {name}", model=self.model)
            outputs.append(np.array(output))
        return outputs
