"""Feeds that keep open pages up to date, and the one of changed clips."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.debounce import Debouncer

from ..clips.serialize import clip_as_dict
from ..const import LOGGER
from ..engine.core.events import (
    CatalogRebuilt,
    ClipChanged,
    ClipFailed,
    ClipSaved,
    ClipsRescanned,
    ClipStarted,
    ClipUploaded,
    UploadProgress,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..engine.core.events import EngineEvent
    from ..runtime import HomeSecData

PAUSE_S: Final = 0.3  # between two updates; changes in the meantime go into the later one
MAX_CLIPS_PER_UPDATE: Final = 500
"""Rows read at once, for example when a whole month is removed; the next update has the rest."""


class Feed(ABC):
    """Sends updates to all subscribed pages; idle while there are none."""

    listens_to: ClassVar[tuple[type[EngineEvent], ...]]
    """Kinds of events that change what the feed sends."""

    def __init__(self, runtime: HomeSecData) -> None:
        self._runtime = runtime
        self._receivers: dict[object, Callable[[dict[str, Any]], None]] = {}
        self._debouncer = Debouncer(
            runtime.hass,
            LOGGER,
            cooldown=PAUSE_S,
            immediate=True,
            function=self._async_send,
            background=True,
        )
        runtime.bus.async_subscribe(self.async_handle_event, kinds=self.listens_to)

    @callback
    def async_subscribe(self, receiver: Callable[[dict[str, Any]], None]) -> CALLBACK_TYPE:
        """Send updates to ``receiver`` until the returned function is called."""
        key = object()
        self._receivers[key] = receiver

        @callback
        def unsubscribe() -> None:
            self._receivers.pop(key, None)

        return unsubscribe

    @callback
    def async_schedule_update(self) -> None:
        """Send an update soon."""
        if self._receivers:
            self._debouncer.async_schedule_call()

    @callback
    def async_stop(self) -> None:
        """Drop all subscribers."""
        self._receivers.clear()
        self._debouncer.async_shutdown()

    async def _async_send(self) -> None:
        for update in await self.async_collect():
            for receiver in list(self._receivers.values()):
                receiver(update)

    @callback
    def async_handle_event(self, _event: EngineEvent, /) -> None:
        """Schedule an update for an event."""
        self.async_schedule_update()

    @abstractmethod
    async def async_collect(self) -> Iterable[dict[str, Any]]:
        """Return the updates to send."""


class ClipFeed(Feed):
    """Sends ``{"clip": …}`` for a new or changed clip, and ``{"removed": id}``.

    ``{"stale": True}`` stands for any number of clips found at once. Clips are read from the
    catalog when an update is sent, so the last update of a clip has its newest state.
    """

    listens_to = (
        *(ClipStarted, ClipSaved, ClipFailed, ClipUploaded),
        *(ClipChanged, UploadProgress, ClipsRescanned, CatalogRebuilt),
    )

    def __init__(self, runtime: HomeSecData) -> None:
        super().__init__(runtime)
        self._changed: dict[str, None] = {}
        self._stale = False

    @callback
    @override
    def async_handle_event(self, event: EngineEvent, /) -> None:
        if not self._receivers:
            return
        match event:
            case ClipsRescanned() | CatalogRebuilt():
                self._stale = True
                self.async_schedule_update()
            case ClipChanged() | UploadProgress():
                self.async_mark_changed(event.clip_id)
            case ClipStarted() | ClipSaved() | ClipFailed() | ClipUploaded():
                self.async_mark_changed(event.clip.id)

    @callback
    def async_mark_changed(self, clip_id: str) -> None:
        """Schedule an update of a clip."""
        self._changed[clip_id] = None
        self.async_schedule_update()

    @override
    async def async_collect(self) -> list[dict[str, Any]]:
        runtime = self._runtime
        stale, self._stale = self._stale, False
        clip_ids = list(self._changed)[:MAX_CLIPS_PER_UPDATE]
        for clip_id in clip_ids:
            del self._changed[clip_id]
        if self._changed:
            self.async_schedule_update()
        try:
            queries = runtime.host.engine.catalog.queries
            found = await runtime.host.async_run(queries.get_many, clip_ids)
        except BaseException as err:
            # The next update has them.
            self._changed = dict.fromkeys(clip_ids) | self._changed
            self._stale |= stale
            if isinstance(err, HomeAssistantError):
                return []  # the engine stops; pages ask for everything again when it is back
            raise
        clips = {clip.id: clip for clip in found}
        updates: list[dict[str, Any]] = [{"stale": True}] if stale else []
        return updates + [
            {"clip": clip_as_dict(runtime.cameras, runtime.storage.state, clips[id_])}
            if id_ in clips
            else {"removed": id_}
            for id_ in clip_ids
        ]
