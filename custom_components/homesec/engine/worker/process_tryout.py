"""A tryout of a camera in a process that exists only while it's used."""

from typing import TYPE_CHECKING, Any

from ..core.errors import EntityUnavailable, WorkerError, WorkerMissing
from ..core.types import PERSON
from . import methods
from .checks import UnexpectedValue, check_values
from .process import DATA_SLACK_BYTES
from .process_tools import OnDemandProcess

if TYPE_CHECKING:
    from ..core.camera_reports import WalkReport
    from ..core.source_feed import SourceFeed
    from ..core.types import CameraConfig
    from .interface import WorkerParent, WorkerSettings
    from .method import Handler, Method

SERVICE = "engine.worker.tryout_service"
JPEG_S = 60.0  # the import of PyAV and NumPy on a slow SD card
WALK_SLACK_S = 150.0
"""A test may wait for the process, the camera, and the detector before it begins."""


class ProcessTryout:
    """Implements ``Tryout``.

    The process ends half a minute after the last call, and takes the source with it. If it ends
    otherwise, there are no more pictures before the next test: its source may have ended it.
    """

    def __init__(
        self,
        config: CameraConfig,
        feed: SourceFeed | None,
        *,
        settings: WorkerSettings,
        parent: WorkerParent,
        limit_bytes: int,
        service: str = SERVICE,
    ) -> None:
        """``feed`` gives the pictures of a camera outside of the engine."""
        self._config = config
        self._feed = feed
        self._settings = settings
        handlers: dict[Method[Any], Handler] = {
            methods.STREAM_URL: self._stream_url,
            methods.SNAPSHOT: self._snapshot,
            methods.OBTAIN_MODEL: parent.obtain_model,
            methods.FIND_VERIFIER: parent.find_verifier,
        }
        self._process = OnDemandProcess(
            "tryout", service, handlers, limit_bytes, data_slack_bytes=DATA_SLACK_BYTES
        )
        self._failed = False
        self.stopped = False

    def jpeg(self, width: int | None) -> bytes | None:
        """Return the newest picture; the source is opened for some seconds."""
        if self._failed:
            raise WorkerMissing
        picture = self._call(methods.TRYOUT_JPEG, JPEG_S, width=width)
        _check_picture(picture)
        return picture

    def walk(self, seconds: float) -> WalkReport:
        """Detect until something is seen that counts, but no longer than that."""
        self._failed = False
        report = self._call(methods.WALK, seconds + WALK_SLACK_S, seconds=seconds)
        _check_picture(report.jpeg)
        labels = {report.label, None if report.found is None else report.found.label}
        if not labels <= {None, PERSON, *self._config.labels}:
            raise UnexpectedValue("a label is none of the camera's")
        return report

    def stop(self, timeout_s: float) -> None:
        """End the process."""
        self.stopped = True
        self._process.stop(timeout_s)

    @property
    def pid(self) -> int | None:
        """The process's id; None if there's none."""
        return self._process.pid

    @property
    def rss_bytes(self) -> int | None:
        """The memory that the process takes; None if there's none."""
        return self._process.rss_bytes

    def _call[T](self, method: Method[T], deadline_s: float, **args: object) -> T:
        """Call the process. Raises ``WorkerError`` if it ends, or sends what can't be right."""
        try:
            found = self._process.call(
                method,
                "a tryout",
                deadline_s,
                config=self._config,
                settings=self._settings,
                **args,
            )
            check_values(found)
        except WorkerError:
            self._failed = True
            raise
        return found

    def _stream_url(self, location: str) -> str | None:
        del location  # there's only one camera
        if self._feed is None:
            raise EntityUnavailable
        return self._feed.stream_url()

    def _snapshot(self, location: str) -> bytes:
        del location
        if self._feed is None:
            raise EntityUnavailable
        return self._feed.snapshot()


def _check_picture(picture: bytes | None) -> None:
    if picture is not None and not picture.startswith(b"\xff\xd8\xff"):
        raise UnexpectedValue("a picture is no JPEG")
