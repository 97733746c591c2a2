"""A worker in the process of the engine itself, for tests and plain scripts.

Nothing protects this process then. Importing this module imports PyAV and NumPy.
"""

from typing import TYPE_CHECKING, override

from ..core.live_address import open_listener
from .camera_host import CameraHost
from .interface import WorkerStatus
from .media_tools import LocalMediaTools
from .tryout import LocalTryout

if TYPE_CHECKING:
    from collections.abc import Callable
    import random
    from threading import Event

    from ..core.clock import Clock
    from ..core.source_feed import SourceFeed
    from ..core.types import CameraConfig
    from ..detection.cascade import CascadeDetector
    from .interface import MediaTools, WorkerParent, WorkerSettings


class InProcessWorker(CameraHost):
    """Implements ``Worker``."""

    def __init__(
        self,
        settings: WorkerSettings,
        parent: WorkerParent,
        *,
        create_cascade: Callable[[Event], CascadeDetector] | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """See ``CameraHost``."""
        super().__init__(settings, parent, create_cascade=create_cascade, clock=clock, rng=rng)
        self.tools: MediaTools = LocalMediaTools(parent)
        self._create_cascade = create_cascade
        self._tryouts: list[LocalTryout] = []

    def create_tryout(self, config: CameraConfig, feed: SourceFeed | None) -> LocalTryout:
        """Return a tryout of a camera, which is to be stopped."""
        tryout = LocalTryout(
            config,
            settings=self._settings,
            parent=self._parent,
            feed=feed,
            create_cascade=self._create_cascade,
        )
        with self._lock:
            self._tryouts.append(tryout)
        return tryout

    @override
    def stop(self, timeout_s: float) -> None:
        """End every thread, those of tryouts included; open clips are finalized."""
        with self._lock:
            tryouts, self._tryouts = self._tryouts, []
        for tryout in tryouts:
            tryout.stop(timeout_s)
        super().stop(timeout_s)

    def live_url(self, camera_id: str) -> str | None:
        """Return the address of a camera's live video, which is served from the first call on."""
        with self._lock:
            if self._stopping:
                return None
            if self._server is None:
                self.serve_live(open_listener())
        return self._live_url(camera_id)

    @property
    def status(self) -> WorkerStatus:
        """How it is."""
        return WorkerStatus(in_process=True)
