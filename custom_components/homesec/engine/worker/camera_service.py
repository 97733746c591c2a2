"""The service that runs cameras in a worker process."""

import socket
from threading import Event, Thread
import time
from typing import TYPE_CHECKING, Any

from ..core.errors import WorkerMissing
from . import methods
from .memory import trim_memory
from .proxy_parent import ProxyParent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .camera_host import CameraHost
    from .connection import Connection
    from .interface import WorkerSettings
    from .method import Handler, Method

    type CreateHost = Callable[[WorkerSettings, ProxyParent], CameraHost]

REPORT_S = 1.0
TRIM_S = 10.0  # that costs less than 0.1 ms if there is nothing to give back
READY_S = 60.0  # the import of PyAV and NumPy on a slow SD card


class CameraService:
    """Makes the host when it's started, and reports what it measures."""

    def __init__(self, parent: ProxyParent, create_host: CreateHost | None = None) -> None:
        """``create_host`` replaces the default host."""
        self._parent = parent
        self._create_host = create_host
        self._ready = Event()
        self._ended = Event()
        self._host: CameraHost | None = None

    def start(self, settings: WorkerSettings, live_fd: int | None) -> None:
        """Import and start the cameras' code; ``live_fd`` is the socket for live video."""
        from .camera_host import CameraHost

        self._host = host = (self._create_host or CameraHost)(settings, self._parent)
        host.start()
        if live_fd is not None:
            host.serve_live(socket.socket(fileno=live_fd))
        self._ready.set()
        Thread(target=self._report, args=(host,), name="homesec-report", daemon=True).start()

    def stop(self, timeout_s: float) -> None:
        """End every camera; open clips are finalized."""
        self._ended.set()
        if self._host is not None:
            self._host.stop(timeout_s)

    def host(self) -> CameraHost:
        """Wait for the host. Raises ``WorkerMissing``."""
        if not self._ready.wait(READY_S) or self._host is None:
            raise WorkerMissing
        return self._host

    def _report(self, host: CameraHost) -> None:
        trimmed = time.monotonic()
        while not self._ended.wait(REPORT_S):
            self._parent.handle_report(host.report)
            if time.monotonic() - trimmed >= TRIM_S:
                host.free_memory()
                trim_memory()
                trimmed = time.monotonic()


def create_handlers(
    connection: Connection, create_host: CreateHost | None = None
) -> Mapping[Method[Any], Handler]:
    """Return what the parent may call."""
    service = CameraService(ProxyParent(connection), create_host)
    host = service.host
    return {
        methods.START: service.start,
        methods.STOP: service.stop,
        methods.SET_CAMERA: lambda **args: host().set_camera(**args),
        methods.REMOVE_CAMERA: lambda **args: host().remove_camera(**args),
        methods.START_RECORDING: lambda **args: host().start_recording(**args),
        methods.STOP_RECORDING: lambda **args: host().stop_recording(**args),
        methods.WAKE: lambda **args: host().wake(**args),
        methods.LEARN_SCENE: lambda **args: host().learn_scene(**args),
        methods.JPEG: lambda **args: host().jpeg(**args),
        methods.PREVIEW_ZONES: lambda **args: host().preview_zones(**args),
    }
