"""Play videos through the whole engine as fast as it can, and collect its events."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
import tempfile
import threading
from typing import TYPE_CHECKING, override
from unittest.mock import patch

from custom_components.homesec.engine.camera.session import CameraSession
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    DetectorChanged,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import (
    PERSON,
    Activity,
    CameraConfig,
    CameraHealth,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.worker import camera_host

from .networks import product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from custom_components.homesec.engine.core.events import EngineEvent
    from custom_components.homesec.engine.core.types import Presence
    from custom_components.homesec.engine.detection.cascade import CascadeDetector
    from custom_components.homesec.engine.media.packets import MediaPacket

CAMERA = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A presence, in seconds of the video."""

    presence: Presence
    """The event that began it."""
    begin_s: float
    """Time of the first detection."""
    end_s: float
    """Time of the last detection."""

    @property
    def label(self) -> str:
        """Return what was present."""
        return self.presence.label


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedVideo:
    """The events of a played video."""

    stays: list[Stay]
    """In the order in which they ended."""
    looks: int
    model: str
    started: list[Started]
    """In the order in which they were reported."""


@dataclass(frozen=True, slots=True)
class Started:
    """A presence as it was reported first."""

    presence: Presence
    reported_s: float
    """Time in the video up to which it had been played."""


def play(video: Path, *, labels: tuple[str, ...] = (PERSON,), grace_s: float = 3.0) -> PlayedVideo:
    """Play a video once with the default configuration, detecting people and the given labels."""
    source = SourceConfig(kind=SourceKind.FILE, location=str(video), paced=False, loop=False)
    config = CameraConfig(id=CAMERA, name="Bench", source=source, labels=labels, grace_s=grace_s)
    return play_camera(config, lambda _stop: product())


def play_camera(
    config: CameraConfig,
    create_cascade: Callable[[threading.Event], CascadeDetector],
    *,
    sensor_s: Iterable[float] = (),
) -> PlayedVideo:
    """Play the video of a camera called ``CAMERA`` once.

    A sensor wakes it whenever it has played the video up to one of the times ``sensor_s``.
    """
    waits = deque(sorted(sensor_s))
    heard = _EventCollector()

    class PlayedSession(CameraSession):
        """A camera that knows how much of its video was played."""

        def _handle_packet(self, packet: MediaPacket) -> None:
            heard.played_s = packet.t
            while waits and waits[0] <= packet.t:
                waits.popleft()
                self.wake("sensor", trusted=False)
            super()._handle_packet(packet)

    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(camera_host, "CameraSession", PlayedSession),
    ):
        engine = HomeSecEngine(
            clips_dir=Path(folder, "clips"),
            data_dir=Path(folder),
            models_dir=Path(folder),
            on_event=heard,
            create_cascade=create_cascade,
            clock=_VideoClock(),
        )
        engine.start()
        try:
            heard.wait(DetectorChanged)
            engine.set_camera(config, Activity.DETECT)
            heard.wait_off()
            looks = engine.engine_stats().frame_count
        finally:
            engine.stop()
        return PlayedVideo(
            stays=heard.stays(), looks=looks, model=heard.model(), started=heard.started
        )


_ENDS = frozenset({CameraHealth.OFF, CameraHealth.LOST})


class _VideoClock(SystemClock):
    """A clock that starts with the video, so that event times are times of the video."""

    @override
    def now(self) -> float:
        return 0.0


class _EventCollector:
    """Collects events."""

    def __init__(self) -> None:
        self._events: list[EngineEvent] = []
        self.started: list[Started] = []
        self.played_s = 0.0
        self._news = threading.Condition()

    def __call__(self, event: EngineEvent) -> None:
        with self._news:
            self._events.append(event)
            if isinstance(event, DetectionStarted):
                self.started.append(Started(event.presence, self.played_s))
            self._news.notify_all()

    def of[T](self, kind: type[T]) -> list[T]:
        """Return the events of a kind."""
        with self._news:
            return [event for event in self._events if isinstance(event, kind)]

    def wait(self, kind: type[EngineEvent]) -> None:
        """Wait for the first event of a kind."""
        with self._news:
            self._news.wait_for(lambda: any(isinstance(x, kind) for x in self._events))

    def wait_off(self) -> None:
        """Wait until the video has ended. Raises RuntimeError if it can't be played."""
        with self._news:
            self._news.wait_for(lambda: bool(self._ends().keys() & _ENDS))
            lost = self._ends().get(CameraHealth.LOST)
        if lost is not None:
            raise RuntimeError(f"The video can't be played: {lost.error}")

    def _ends(self) -> dict[CameraHealth, HealthChanged]:
        return {x.health: x for x in self._events if isinstance(x, HealthChanged)}

    def model(self) -> str:
        """Return the networks that were used."""
        (change, *_) = self.of(DetectorChanged)
        return " + ".join(filter(None, (change.model, change.verifier)))

    def stays(self) -> list[Stay]:
        """Return every presence, with times from the beginning of the video."""
        started = {
            (x.presence.label, x.presence.first_seen_at): x.presence
            for x in self.of(DetectionStarted)
        }
        return [
            Stay(
                presence=started[(x.presence.label, x.presence.first_seen_at)],
                begin_s=x.presence.first_seen_at,
                end_s=x.presence.last_seen_at,
            )
            for x in self.of(DetectionEnded)
        ]
