"""Clips that begin, change, or go, for pages that stay open."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from ..clips.message import clip_message
from ..engine.core.events import (
    CatalogRebuilt,
    ClipChanged,
    ClipFailed,
    ClipSaved,
    ClipsFound,
    ClipStarted,
    ClipUploaded,
    UploadProgress,
)
from .feed import Feed

if TYPE_CHECKING:
    from ..coordinator import HomeSecCoordinator
    from ..engine.core.events import EngineEvent

MOST_AT_ONCE = 500
"""Rows read in one go, when a whole month is removed, say; the rest follows in the next."""


class ClipFeed(Feed[dict[str, Any]]):
    """Gives ``{"clip": …}`` for each clip that is new or changed, ``{"removed": id}`` for others.

    ``{"stale": True}`` stands for any number of clips that were found at once.
    The catalogue is asked for what became of it: so what is told last is what it says now.
    """

    listens_to = (
        ClipStarted,
        ClipSaved,
        ClipFailed,
        ClipUploaded,
        ClipChanged,
        UploadProgress,
        ClipsFound,
        CatalogRebuilt,
    )

    def __init__(self, coordinator: HomeSecCoordinator) -> None:
        super().__init__(coordinator.hass)
        self._coordinator = coordinator
        self._changed: dict[str, None] = {}
        self._stale = False

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Note which clip it is about."""
        if not self._receivers:
            return
        match event:
            case ClipsFound() | CatalogRebuilt():
                self._stale = True
                self.async_touch()
            case ClipChanged() | UploadProgress():
                self.async_note(event.clip_id)
            case ClipStarted() | ClipSaved() | ClipFailed() | ClipUploaded():
                self.async_note(event.clip.id)

    @callback
    def async_note(self, clip_id: str) -> None:
        """Have it told what a clip is now."""
        self._changed[clip_id] = None
        self.async_touch()

    @override
    async def async_gather(self) -> list[dict[str, Any]]:
        """Read the rows of what has changed."""
        coordinator = self._coordinator
        stale, self._stale = self._stale, False
        clip_ids = list(self._changed)[:MOST_AT_ONCE]
        for clip_id in clip_ids:
            del self._changed[clip_id]
        if self._changed:
            self.async_touch()
        try:
            queries = coordinator.engine.catalog.queries
            clips = {clip.id: clip for clip in await coordinator.async_run(queries.some, clip_ids)}
        except HomeAssistantError:
            return []  # it stops; whoever comes back asks for everything anew
        told: list[dict[str, Any]] = [{"stale": True}] if stale else []
        return told + [
            {"clip": clip_message(coordinator, clips[id_])} if id_ in clips else {"removed": id_}
            for id_ in clip_ids
        ]
