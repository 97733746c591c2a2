"""Run ONNX networks with OpenCV's DNN module (5.x)."""

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, override

from ..core.errors import DetectorError
from .detector import MIN_CONFIDENCE, NetworkDetector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from ..model_zoo.manifest import ModelFiles


class OpenCvDetector(NetworkDetector):
    """A network that ``cv2.dnn`` runs."""

    name = "opencv"

    def __init__(
        self, files: ModelFiles, *, threads: int = 1, min_confidence: float = MIN_CONFIDENCE
    ) -> None:
        """Load the network; raises DetectorMissing and ModelBroken."""
        super().__init__(files, min_confidence=min_confidence)
        cv2 = self._import("cv2")
        self._error: type[Exception] = cv2.error
        self._lock = Lock()
        cv2.setNumThreads(threads)  # of the whole process
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
        # The network holds its input and intermediate results: one thread at a time.
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
    """Return OpenCV's message without the version and source line before it."""
    return str(err).strip().partition("error: ")[2] or str(err).strip()


@contextmanager
def _silent(cv2: ModuleType) -> Iterator[None]:
    """Keep the importer from writing to stderr what its exception says too."""
    logging = cv2.utils.logging
    before = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)
