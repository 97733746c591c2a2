"""HomeSec's own events: those of Home Assistant's half, and who subscribes to which.

Not Home Assistant's bus: these stay inside the integration. ``bus_events.py`` has the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback

from .engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipsLimited,
    ClipStarted,
    ClipUploaded,
    DetectionEnded,
    DetectionPaused,
    DetectionStarted,
    DetectionUpdated,
    DetectStreamChanged,
    EngineEvent,
    HealthChanged,
    KeyframesMissing,
    SnapshotTaken,
    TamperChanged,
    ZoneChanged,
)

type Listener = Callable[[EngineEvent], None]
type Kinds = tuple[type[EngineEvent], ...]

ALL_CAMERAS: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraChanged(EngineEvent):
    """A camera's settings, its snooze, or a manual recording changed."""

    camera_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsUpdated(EngineEvent):
    """The statistics of engine, cameras, and uploads were read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsUpdated(EngineEvent):
    """The visit counts changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChanged(EngineEvent):
    """The alarm's state, its delay, its settings, or its bypassed cameras changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTriggered(EngineEvent):
    """The alarm was triggered; without a camera by hand, or by what was stored at a restart."""

    camera_id: str | None = None
    label: str | None = None
    clip_id: str | None = None  # this and the others: as its cause was seen
    seen_at: float | None = None
    score: float | None = None
    zones: tuple[str, ...] = ()
    sensor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CamerasMissing(EngineEvent):
    """The alarm is armed without cameras that can't be reached."""

    camera_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredChanged(EngineEvent):
    """The count of alerts that didn't go out, or who didn't get them, changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duress(EngineEvent):
    """A duress PIN was used; nothing nearby may show it."""

    by: str


def camera_of(event: EngineEvent) -> str | None:
    """Return the id of the camera that an event is about; None if it concerns none or several."""
    match event:
        case DetectionStarted() | DetectionUpdated() | DetectionEnded():
            return event.presence.camera_id
        case ClipStarted() | ClipSaved() | ClipFailed() | ClipUploaded():
            return event.clip.camera_id
        case (
            HealthChanged()
            | ZoneChanged()
            | SnapshotTaken()
            | TamperChanged()
            | CameraChanged()
            | ClipsLimited()
            | DetectionPaused()
            | DetectStreamChanged()
            | KeyframesMissing()
        ):
            return event.camera_id
    return None


class EventBus:
    """Hands each event to the listeners that subscribed to its kind and its camera."""

    def __init__(self) -> None:
        self._listeners: dict[object, tuple[Listener, Kinds, tuple[str | None, ...]]] = {}

    @callback
    def async_subscribe(
        self, listener: Listener, *, kinds: Kinds, camera_id: str | None = ALL_CAMERAS
    ) -> CALLBACK_TYPE:
        """Call ``listener`` with events of these kinds; return what ends that.

        ``camera_id`` limits them to those about this camera or no camera, None to the latter.
        """
        key = object()
        self._listeners[key] = (listener, kinds, (None, camera_id))

        @callback
        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    @callback
    def async_dispatch(self, event: EngineEvent) -> None:
        """Call the listeners of an event, in the order in which they subscribed."""
        camera_id = camera_of(event)
        for listener, kinds, wanted in list(self._listeners.values()):
            if isinstance(event, kinds) and (camera_id in wanted or ALL_CAMERAS in wanted):
                listener(event)
