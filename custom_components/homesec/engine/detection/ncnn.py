"""Run networks with Tencent's ncnn, which is small and has wheels for Alpine Linux."""

from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from time import thread_time
from timeit import timeit
from typing import TYPE_CHECKING, Any, override

import numpy as np

from ..core.errors import DetectorError
from .detector import MIN_CONFIDENCE, NetworkDetector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from numpy.typing import NDArray

    from ..model_zoo.manifest import ModelFiles
    from .heads import Head

    type Options = Mapping[str, bool]

PRECISION: Options = {
    "use_fp16_storage": False,
    "use_fp16_packed": False,
    "use_fp16_arithmetic": False,
}
"""32-bit floats throughout: with 16 bits YOLOX loses up to 0.13 of a score, and only on processors
that have them, so two systems would give different results."""
ALGORITHMS: tuple[Options, ...] = (
    {"use_winograd63_convolution": False},
    {"use_winograd_convolution": False},
)
"""Give the same result; which is faster depends on the processor's caches and vectors."""
TRIES = 3  # runs per algorithm, of which the fastest counts, unless the first already tells
ALIKE = 1.1  # times the fastest: runs of the same algorithm differ by as much
_ERRORS = (ValueError, RuntimeError, MemoryError)  # what ``_Network`` raises


@cache
def _pools() -> tuple[Any, Any]:
    """Return what intermediate results and work spaces are allocated from.

    They keep the memory of a run, 20 to 45 MB, for the next one of any network, which is faster by
    up to a quarter then. They are never destroyed, since a kept error may keep a result for longer
    than the network.
    """
    ncnn: Any = import_module("ncnn")
    return ncnn.PoolAllocator(), ncnn.PoolAllocator()


class _Network:
    """A network, loaded for one of the algorithms."""

    def __init__(
        self, ncnn: ModuleType, files: ModelFiles, algorithm: Options, *, threads: int
    ) -> None:
        self._mat: Any = ncnn.Mat
        self._net: Any = ncnn.Net()
        self._net.opt.num_threads = threads
        self._net.opt.use_vulkan_compute = False
        for name, value in {**PRECISION, **algorithm}.items():
            setattr(self._net.opt, name, value)
        # ncnn returns error codes, and ends the process if a network runs that did not load.
        graph, weights = (str(path) for path in files.paths)
        if self._net.load_param(graph) != 0 or self._net.load_model(weights) != 0:
            raise ValueError("its files do not load")
        inputs: list[str] = self._net.input_names()
        if len(inputs) != 1:
            raise ValueError(f"it has {len(inputs)} inputs")
        self._input = files.folded_input or inputs[0]
        self._outputs: list[str] = self._net.output_names()

    def run(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for a ``(3, H, W)`` input."""
        # Each extractor has its own intermediate results, so threads may run side by side. The Mat
        # borrows the blob's memory, which stays alive until this returns.
        extractor = self._net.create_extractor()
        blobs, workspace = _pools()
        extractor.set_blob_allocator(blobs)
        extractor.set_workspace_allocator(workspace)
        try:
            if extractor.input(self._input, self._mat(blob)) != 0:
                raise ValueError("The network refuses its input")
            return [_extract(extractor.extract, name) for name in self._outputs]
        finally:
            extractor.clear()

    def measure_s(self, blob: NDArray[np.float32]) -> float:
        """Return the CPU seconds of a run, which other processes prolong less than its time."""
        return timeit(partial(self.run, blob), timer=thread_time, number=1)


def choose_fastest[T](candidates: Sequence[T], measure_s: Callable[[T], float]) -> T:
    """Return the candidate that takes the least time; the first of those that are alike.

    Each is measured once. Only if they differ by more than what makes no difference, each is
    measured a few more times, and its best time counts.
    """
    times = [measure_s(each) for each in candidates]
    if max(times) <= min(times) * ALIKE:
        return candidates[0]
    for _ in range(TRIES - 1):
        times = [min(time, measure_s(each)) for time, each in zip(times, candidates, strict=True)]
    return candidates[times.index(min(times))]


def _extract(extract: Callable[[str], tuple[int, Any]], name: str) -> NDArray[np.float32]:
    """Return a copy of an output, which itself is freed with its extractor."""
    code, output = extract(name)
    if code != 0:
        raise ValueError(f"The network gives no {name}")
    return np.array(output)


class NcnnDetector(NetworkDetector):
    """A network that ncnn runs."""

    name = "ncnn"

    def __init__(
        self, files: ModelFiles, *, threads: int = 1, min_confidence: float = MIN_CONFIDENCE
    ) -> None:
        """Load the network; raises DetectorMissing and ModelBroken."""
        super().__init__(files, min_confidence=min_confidence)
        self._load = partial(_Network, self._import("ncnn"), files, threads=threads)
        try:
            self._network: _Network | None = self._load(ALGORITHMS[0])
        except _ERRORS as err:
            raise self._broken(str(err)) from err

    @override
    def warm_up(self) -> None:
        """Detect once, then keep the algorithm that is fastest here; raises ModelBroken."""
        super().warm_up()
        picture = self._gray_picture()
        blob = self._head_of(picture).letterbox.blob(picture)
        try:
            others = [*map(self._load, ALGORITHMS[1:])]
            for network in others:
                network.run(blob)  # a first run takes longer than others
            networks = [*filter(None, [self._network]), *others]
            self._network = choose_fastest(networks, lambda network: network.measure_s(blob))
        except _ERRORS as err:
            raise self._broken(str(err)) from err

    @override
    def free_memory(self) -> None:
        for pool in _pools():
            pool.clear()  # of what no run uses

    @override
    def close(self) -> None:
        self._network = None
        self.free_memory()

    @override
    def _create_head(self, width: int, height: int) -> Head:
        head = super()._create_head(width, height)
        if self._files.folded_input:
            head.letterbox = replace(head.letterbox, fold=True)
        return head

    @override
    def _run(self, blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        if self._network is None:
            raise DetectorError("The detector is closed", model=self.model)
        try:
            return self._network.run(blob)
        except _ERRORS as err:
            raise DetectorError(str(err), model=self.model) from err
