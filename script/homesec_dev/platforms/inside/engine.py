"""The engine without Home Assistant, as a user's configuration has it.

`python -m homesec_dev.platforms.inside.engine people FILM` plays a film as fast as it can and
prints the labels announced; `… record FILM FOLDER` records a few seconds and prints the clip's
file.
"""

from __future__ import annotations

from contextlib import contextmanager
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import threading
from typing import TYPE_CHECKING, Any

from custom_components.homesec.engine.core.events import (
    ClipSaved,
    DetectionStarted,
    DetectorChanged,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraConfig,
    CameraHealth,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.engine import HomeSecEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from custom_components.homesec.engine.core.events import EngineEvent

CAMERA = "alpine"
RECORD_S = 4.0
WAIT_S = 120.0


class OpenAlert:
    """An engine and its events."""

    def __init__(self, folder: Path) -> None:
        """Start it, its folders below one."""
        self._events: list[EngineEvent] = []
        self._news = threading.Condition()
        self.clips = folder / "clips"
        self.engine = HomeSecEngine(
            clips_dir=self.clips,
            data_dir=folder,
            models_dir=folder / "models",
            on_event=self._handle_event,
        )
        self.engine.start()

    def wait[T: EngineEvent](
        self, kind: type[T], accepts: Callable[[T], bool] = lambda _: True
    ) -> T:
        """Return the first accepted event of a kind; raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: any(map(accepts, self.of(kind))), WAIT_S):
                raise TimeoutError(f"no {kind.__name__} within {WAIT_S:.0f} s")
        return next(filter(accepts, self.of(kind)))

    def of[T: EngineEvent](self, kind: type[T]) -> list[T]:
        """Return the events of a kind so far."""
        with self._news:
            return [event for event in self._events if isinstance(event, kind)]

    def play(self, video: Path, *, once: bool) -> None:
        """Add a camera that plays a video: once at full speed, or looped in real time."""
        config = SourceConfig(
            kind=SourceKind.FILE, location=str(video), paced=not once, loop=not once
        )
        camera = CameraConfig(id=CAMERA, name="Alpine", source=config)
        self.engine.set_camera(camera, Activity.DETECT)

    def _handle_event(self, event: EngineEvent) -> None:
        with self._news:
            self._events.append(event)
            self._news.notify_all()


def people(video: Path) -> dict[str, Any]:
    """Return the labels announced when the video is played once."""
    with TemporaryDirectory() as folder, _running(Path(folder)) as running:
        detector = running.wait(DetectorChanged)
        if not detector.ready:
            return {"announced": [], "detector": detector.detector, "error": detector.error}
        running.play(video, once=True)
        running.wait(HealthChanged, lambda change: change.health is CameraHealth.OFF)
        announced = [event.presence.label for event in running.of(DetectionStarted)]
        return {"announced": announced, "detector": detector.detector, "error": None}


def record(video: Path, folder: Path) -> dict[str, Any]:
    """Record a few seconds on request; return the clip's file."""
    with _running(folder) as running:
        running.play(video, once=False)
        running.wait(HealthChanged, lambda change: change.health is CameraHealth.RUNNING)
        running.engine.start_recording(CAMERA, RECORD_S)
        clip = running.wait(ClipSaved).clip
        return {"file": str(running.clips / clip.path), "seconds": clip.duration_s}


@contextmanager
def _running(folder: Path) -> Iterator[OpenAlert]:
    running = OpenAlert(folder)
    try:
        yield running
    finally:
        running.engine.stop()


def main(what: str, *arguments: str) -> dict[str, Any]:
    """Run one of the two checks."""
    video, *folders = map(Path, arguments)
    return people(video) if what == "people" else record(video, *folders)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
