"""What shows a sighting: its clip and its picture with the boxes, from the moment it was seen.

An alert may be sent much later, after an entry delay, say. What the camera shows or records by then
may be an empty room or somebody else, so none of it is looked up at that time.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from ..engine.core.events import (
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
    HealthChanged,
    SnapshotTaken,
)
from ..engine.core.types import CameraHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..engine.core.events import EngineEvent
    from .rules import Sighting

MAX_KEPT: Final = 64  # with a picture of about 100 kB each


@dataclass(eq=False, slots=True)
class Evidence:
    """What shows one presence."""

    camera_id: str
    label: str
    clip_id: str | None
    jpeg: bytes | None = None  # the best picture with its boxes so far
    lasting: bool = True  # whether the presence goes on
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @callback
    def notify(self) -> None:
        """Wake who waits for a change."""
        self._changed.set()

    async def async_wait_for_picture(self, timeout_s: float) -> None:
        """Return once there's a picture, or no longer a presence."""
        await self._async_wait(timeout_s, lambda: self.jpeg is not None)

    async def async_wait_for_clip(self, timeout_s: float) -> None:
        """Return once there's a clip, or no longer a presence."""
        await self._async_wait(timeout_s, lambda: self.clip_id is not None)

    async def _async_wait(self, timeout_s: float, done: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while self.lasting and not done():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass


class EvidenceLog:
    """The evidence of the last presences of all cameras."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, float], Evidence] = OrderedDict()

    def of(self, sighting: Sighting) -> Evidence | None:
        """Return what shows a sighting; None if it is from an earlier run, or has no presence."""
        if sighting.camera_id is None or sighting.label is None or sighting.seen_at is None:
            return None
        return self._kept.get((sighting.camera_id, sighting.label, sighting.seen_at))

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Keep what an event shows of the presences that last."""
        match event:
            case DetectionStarted():
                presence = event.presence
                key = presence.camera_id, presence.label, presence.first_seen_at
                self._end(presence.camera_id, presence.label)
                self._kept[key] = Evidence(presence.camera_id, presence.label, event.clip_id)
                if len(self._kept) > MAX_KEPT:
                    self._kept.popitem(last=False)
            case DetectionEnded():
                self._end(event.presence.camera_id, event.presence.label)
            case HealthChanged(health=CameraHealth.OFF):
                self._end(event.camera_id)
            case ClipStarted():
                for each in self._lasting(event.clip.camera_id):
                    each.clip_id = each.clip_id or event.clip.id
                    each.notify()
            case SnapshotTaken():
                self._add_picture(event)

    def _lasting(self, camera_id: str) -> list[Evidence]:
        return [x for x in self._kept.values() if x.lasting and x.camera_id == camera_id]

    def _end(self, camera_id: str, label: str | None = None) -> None:
        for each in self._lasting(camera_id):
            if label in (None, each.label):
                each.lasting = False
                each.notify()

    def _add_picture(self, event: SnapshotTaken) -> None:
        lasting = {
            key: each
            for key, each in self._kept.items()
            if each.lasting and each.camera_id == event.camera_id and key[2] <= event.at
        }
        for each in lasting.values():
            # Of several presences, a later picture may show another one only.
            if each.jpeg is None or len(lasting) == 1:
                each.jpeg = event.jpeg
                each.notify()
