"""The service that runs a camera before it's saved, in a worker process of its own."""

from threading import Lock
from typing import TYPE_CHECKING, Any

from . import methods
from .proxy_parent import ProxyParent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.camera_reports import WalkReport
    from ..core.types import CameraConfig
    from .connection import Connection
    from .interface import WorkerSettings
    from .method import Handler, Method
    from .tryout import LocalTryout


class TryoutService:
    """Makes the tryout when it's first asked for something; a process has only one."""

    def __init__(self, parent: ProxyParent) -> None:
        self._parent = parent
        self._lock = Lock()
        self._tryout: LocalTryout | None = None

    def jpeg(
        self, config: CameraConfig, settings: WorkerSettings, width: int | None
    ) -> bytes | None:
        """Return the newest picture."""
        return self._get(config, settings).jpeg(width)

    def walk(self, config: CameraConfig, settings: WorkerSettings, seconds: float) -> WalkReport:
        """Detect until something is seen. Raises ``SourceError`` or ``DetectorError``."""
        return self._get(config, settings).walk(seconds)

    def _get(self, config: CameraConfig, settings: WorkerSettings) -> LocalTryout:
        from .tryout import LocalTryout  # late: it imports PyAV and NumPy

        with self._lock:
            if self._tryout is None:
                self._tryout = LocalTryout(config, settings=settings, parent=self._parent)
            return self._tryout


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return what the parent may call."""
    service = TryoutService(ProxyParent(connection))
    return {methods.TRYOUT_JPEG: service.jpeg, methods.WALK: service.walk}
