"""What is known of a camera's connection, reported whenever it changes.

A camera that is off may be open for viewers. It's reported as off nevertheless, since nothing is
detected in its pictures.
"""

import logging
from threading import Lock
from typing import TYPE_CHECKING

from ..core.events import HealthChanged
from ..core.types import CameraHealth

if TYPE_CHECKING:
    from ..core.errors import HomeSecError
    from ..core.events import EventSink
    from ..core.types import CameraConfig
    from .watch import Watch

_LOGGER = logging.getLogger(__name__)


class HealthReporter:
    """Reports the health of one camera; any thread may call it."""

    def __init__(
        self, config: CameraConfig, watch: Watch, on_event: EventSink, *, is_off: bool
    ) -> None:
        """``is_off``: the camera is only opened for viewers."""
        self.config = config
        self.health = CameraHealth.OFF if is_off else CameraHealth.CONNECTING
        self._watch = watch
        self._on_event = on_event
        self._lock = Lock()
        # The lock guards everything below.
        self._is_off = is_off
        self._is_connected = False
        self._is_lost = False  # as far as the log knows
        self._actual: tuple[CameraHealth, HomeSecError | None] = (CameraHealth.CONNECTING, None)
        self._reported: tuple[CameraHealth, str | None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the source sends packets."""
        return self._is_connected

    def set_off(self, *, is_off: bool) -> None:
        """Report the camera as off from now on, or as it is."""
        with self._lock:
            if is_off == self._is_off:
                return
            self._is_off = is_off
            if is_off:
                self._report(CameraHealth.OFF, None)
                return
            if self._is_connected:
                self._watch.begin()
                self._actual = (CameraHealth.CONNECTING, None)
            self._report(*self._actual)

    def connect(self) -> None:
        """Note that a connection has sent its first packet; it's reported once that is checked."""
        with self._lock:
            self._watch.begin()
            self._is_connected = True

    def set_health(self, health: CameraHealth, error: HomeSecError | None) -> None:
        """Report the state of a camera that isn't connected."""
        with self._lock:
            self._is_connected = False
            self._actual = (health, error)
            if not self._is_off:
                self._report(health, error)

    def check(self, keyframe_interval_s: float) -> None:
        """Report whether the connected camera is watched, too.

        ``keyframe_interval_s``: of a camera of which nothing else is decoded; otherwise 0.
        """
        with self._lock:
            if not self._is_connected or self._is_off:
                return
            problem = self._watch.problem(keyframe_interval_s)
            health = CameraHealth.RUNNING if problem is None else CameraHealth.LOST
            self._report(health, problem)

    def _report(self, health: CameraHealth, error: HomeSecError | None) -> None:
        """Report a change; another try to connect to a lost camera is none."""
        key = None if error is None else error.key
        if (health, key) == self._reported:
            return
        self._reported = (health, key)
        self.health = health
        self._log(error)
        self._on_event(
            HealthChanged(
                camera_id=self.config.id,
                health=health,
                error=key,
                placeholders={} if error is None else error.placeholders,
            )
        )

    def _log(self, error: HomeSecError | None) -> None:
        """Log once that the camera is lost, and once that it's back."""
        if self.health is CameraHealth.LOST and not self._is_lost:
            self._is_lost = True
            _LOGGER.info("The camera %s is lost: %s", self.config.name, error)
        elif self.health is CameraHealth.RUNNING and self._is_lost:
            self._is_lost = False
            _LOGGER.info("The camera %s is back", self.config.name)
