"""Films through the whole engine, as fast as it can, and what it tells of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
import tempfile
import threading
from typing import TYPE_CHECKING, override

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

from .networks import product

if TYPE_CHECKING:
    from custom_components.homesec.engine.core.events import EngineEvent
    from custom_components.homesec.engine.core.types import Presence

CAMERA = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One presence, in seconds of the film."""

    presence: Presence
    """As it was when it began."""
    begin_s: float
    """Of the first sight."""
    end_s: float
    """Of the last sight."""

    @property
    def label(self) -> str:
        """What was there."""
        return self.presence.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the engine told of a film."""

    stays: list[Stay]
    """In the order in which they ended."""
    looks: int
    model: str


def play(film: Path, *, labels: tuple[str, ...] = (PERSON,), grace_s: float = 3.0) -> Played:
    """Play a film once with the default configuration, people and what else is asked for."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as executor:
        heard = _Heard()
        engine = HomeSecEngine(
            clips_dir=Path(folder, "clips"),
            data_dir=Path(folder),
            models_dir=Path(folder),
            executor=executor,
            on_event=heard,
            create_cascade=lambda _stop: product(),
            clock=_FilmClock(),
        )
        engine.start()
        source = SourceConfig(kind=SourceKind.FILE, location=str(film), paced=False, loop=False)
        config = CameraConfig(
            id=CAMERA, name="Bench", source=source, labels=labels, grace_s=grace_s
        )
        heard.wait(DetectorChanged)
        engine.set_camera(config, Activity.DETECT)
        heard.wait_off()
        looks = engine.engine_stats().looks
        engine.stop()
        return Played(stays=heard.stays(), looks=looks, model=heard.model())


class _FilmClock(SystemClock):
    """Begins to count when the film does, so that times told are those of the film."""

    @override
    def now(self) -> float:
        return 0.0


class _Heard:
    """Collects events."""

    def __init__(self) -> None:
        self._events: list[EngineEvent] = []
        self._news = threading.Condition()

    def __call__(self, event: EngineEvent) -> None:
        with self._news:
            self._events.append(event)
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
        """Wait until the film has been played."""
        with self._news:
            self._news.wait_for(
                lambda: any(
                    isinstance(x, HealthChanged) and x.health is CameraHealth.OFF
                    for x in self._events
                )
            )

    def model(self) -> str:
        """Return the networks that looked."""
        (change, *_) = self.of(DetectorChanged)
        return " + ".join(filter(None, (change.model, change.second)))

    def stays(self) -> list[Stay]:
        """Return every presence, its times counted from the film's beginning."""
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
