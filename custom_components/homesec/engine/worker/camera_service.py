"""The service of a worker with cameras; the name of this module is given to ``WorkerProcess``."""

from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from ..core.errors import WorkerMissing
from .calls import (
    CONFIGURE,
    JPEG,
    PREVIEW_ZONES,
    REMOVE_CAMERA,
    SET_CAMERA,
    START_RECORDING,
    STOP,
    STOP_RECORDING,
)
from .parent_proxy import ParentProxy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.camera_reports import PreviewedDetection
    from ..core.types import Activity, CameraConfig, Zone
    from .camera_host import CameraHost
    from .connection import Connection, Handler, Method
    from .interface import WorkerSettings

REPORT_S = 1.0


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return the methods that the parent may call."""
    service = CameraService(ParentProxy(connection))
    return {
        CONFIGURE: service.configure,
        STOP: service.stop,
        SET_CAMERA: service.set_camera,
        REMOVE_CAMERA: service.remove_camera,
        START_RECORDING: service.start_recording,
        STOP_RECORDING: service.stop_recording,
        JPEG: service.jpeg,
        PREVIEW_ZONES: service.preview_zones,
    }


class CameraService:
    """The cameras of this process; all but ``configure`` raises ``WorkerMissing`` before it."""

    def __init__(self, parent: ParentProxy) -> None:
        self._parent = parent
        self._lock = Lock()
        self._host: CameraHost | None = None
        self._stopped = Event()

    def configure(self, settings: WorkerSettings) -> None:
        """Begin to load the detector; cameras can be set."""
        # Late, since it imports PyAV and NumPy: a connection is there within a moment.
        from .camera_host import CameraHost

        with self._lock:
            if self._host is not None:
                return
            self._host = CameraHost(settings, self._parent)
        self._host.start()
        Thread(target=self._report, name="homesec-report", daemon=True).start()

    @property
    def host(self) -> CameraHost:
        """The cameras. Raises ``WorkerMissing``."""
        if self._host is None:
            raise WorkerMissing
        return self._host

    def stop(self, timeout_s: float) -> None:
        """End every camera; open clips are finalized."""
        self._stopped.set()
        if self._host is not None:
            self._host.stop(timeout_s)

    def set_camera(self, config: CameraConfig, activity: Activity) -> None:
        """Add a camera, or change it."""
        self.host.set_camera(config, activity)

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera."""
        self.host.remove_camera(camera_id)

    def start_recording(self, camera_id: str, duration_s: float | None) -> str:
        """Start a manual recording; return its clip's id."""
        return self.host.start_recording(camera_id, duration_s)

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording."""
        self.host.stop_recording(camera_id)

    def jpeg(self, camera_id: str, width: int | None) -> bytes | None:
        """Return the newest frame as JPEG."""
        return self.host.jpeg(camera_id, width)

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> list[PreviewedDetection]:
        """Detect objects in the newest frame, and judge them by the zones."""
        return self.host.preview_zones(camera_id, zones)

    def _report(self) -> None:
        while not self._stopped.wait(REPORT_S):
            self._parent.handle_report(self.host.report)
