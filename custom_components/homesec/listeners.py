"""Who wants to hear of what happens, by camera and by kind of event."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, callback

from .cameras.state import camera_of
from .engine.core.events import EngineEvent

type Listener = Callable[[EngineEvent], None]
type _Cameras = tuple[str | None, ...] | None
"""Whose events are wanted: None among them stands for the house, None alone for all."""


class EventBus:
    """Hands each event only to those who asked for its kind and its camera."""

    def __init__(self) -> None:
        self._listeners: dict[object, tuple[Listener, _Cameras, tuple[type[EngineEvent], ...]]] = {}

    @callback
    def async_add(
        self, listener: Listener, *, camera_id: str | None, to: tuple[type[EngineEvent], ...]
    ) -> CALLBACK_TYPE:
        """Call ``listener`` with events of these kinds: the house's, and those of one camera."""
        return self._async_add(listener, (None, camera_id), to)

    @callback
    def async_add_for_all(
        self, listener: Listener, *, to: tuple[type[EngineEvent], ...]
    ) -> CALLBACK_TYPE:
        """Call ``listener`` with events of these kinds: the house's, and those of any camera."""
        return self._async_add(listener, None, to)

    @callback
    def _async_add(
        self, listener: Listener, of: _Cameras, to: tuple[type[EngineEvent], ...]
    ) -> CALLBACK_TYPE:
        key = object()
        self._listeners[key] = (listener, of, to)

        @callback
        def remove() -> None:
            self._listeners.pop(key, None)

        return remove

    @callback
    def async_tell(self, event: EngineEvent) -> None:
        """Hand an event on."""
        camera_id = camera_of(event)
        for listener, of, kinds in list(self._listeners.values()):
            if isinstance(event, kinds) and (of is None or camera_id in of):
                listener(event)
