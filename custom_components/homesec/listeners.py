"""Who wants to hear of what happens, by camera and by kind of event."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, callback

from .camera_state import camera_of
from .engine.models import EngineEvent

type Listener = Callable[[EngineEvent], None]


class Listeners:
    """Hands each event only to those who asked for its kind and its camera."""

    def __init__(self) -> None:
        self._listeners: dict[object, tuple[Listener, str | None, tuple[type[EngineEvent], ...]]]
        self._listeners = {}

    @callback
    def async_add(
        self, listener: Listener, *, camera_id: str | None, to: tuple[type[EngineEvent], ...]
    ) -> CALLBACK_TYPE:
        """Call ``listener`` with events of these kinds: the house's, and those of one camera."""
        key = object()
        self._listeners[key] = (listener, camera_id, to)

        @callback
        def remove() -> None:
            self._listeners.pop(key, None)

        return remove

    @callback
    def async_tell(self, event: EngineEvent) -> None:
        """Hand an event on."""
        camera_id = camera_of(event)
        for listener, wanted_id, kinds in list(self._listeners.values()):
            if isinstance(event, kinds) and camera_id in (None, wanted_id):
                listener(event)
