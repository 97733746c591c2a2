"""ONNX networks in OpenCV's own DNN module (5.x)."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, override

from ..core.errors import DetectorError, DetectorMissing
from .detector import FLOOR, NetworkDetector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from ..model_zoo.manifest import ModelFiles


class OpenCvDetector(NetworkDetector):
    """A network that ``cv2.dnn`` runs."""

    engine: ClassVar = "opencv"

    def __init__(self, files: ModelFiles, *, threads: int = 1, floor: float = FLOOR) -> None:
        """Load the network; raises DetectorMissing and ModelBroken.

        OpenCV has one thread count for the whole process, so the last detector's holds.
        """
        super().__init__(files, floor=floor)
        try:
            # A broken installation raises more than ImportError: OSError, AttributeError, …
            import cv2
        except Exception as err:
            raise DetectorMissing(f"OpenCV does not load: {err}", detector=self.engine) from err
        self._error: type[Exception] = cv2.error
        self._lock = Lock()
        cv2.setNumThreads(threads)
        try:
            with _silent(cv2):
                self._net: Any = cv2.dnn.readNetFromONNX(str(files.paths[0]))
                self._outputs = self._net.getUnconnectedOutLayersNames()
        except self._error as err:
            raise self._broken(_reason(err)) from err

    @override
    def close(self) -> None:
        self._net = None

    @override
    def _run(self, blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        # A network holds its input and intermediate results: one look at a time.
        with self._lock:
            if self._net is None:
                raise DetectorError("The detector is closed", model=self.model)
            try:
                self._net.setInput(blob[None])
                outputs: Sequence[NDArray[np.float32]] = self._net.forward(self._outputs)
            except self._error as err:
                raise DetectorError(_reason(err), model=self.model) from err
        return outputs


def _reason(err: Exception) -> str:
    """Return OpenCV's own words without the version and source line before them."""
    return str(err).strip().partition("error: ")[2] or str(err).strip()


@contextmanager
def _silent(cv2: ModuleType) -> Iterator[None]:
    """Keep the importer from writing to stderr what its exception tells anyway."""
    logging = cv2.utils.logging
    before = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)
