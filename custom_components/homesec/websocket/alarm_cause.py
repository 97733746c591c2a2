"""What triggered the alarm, as the page shows it: who, when, where, the picture, and the clip.

The alarm itself stores all of it but the picture with the boxes. That comes in the moments around
it, and is kept here, so that a later visitor can't replace it.
"""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from ulid_transform import ulid_at_time

from ..alerts.stills import alert_stills
from ..const import LOGGER
from ..engine.core.events import (
    ClipSaved,
    ClipStarted,
    DetectionStarted,
    DetectionUpdated,
    SnapshotTaken,
)
from ..engine.library.queries import ClipFilter
from ..event_bus import AlarmChanged
from ..urls import ALERT_STILL_URL, STILL_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..alarm.cause import Cause
    from ..engine.core.events import EngineEvent
    from ..engine.core.types import Clip, Presence
    from ..runtime import HomeSecData

CLIP_BEFORE_S: Final = 3600.0
"""After a restart: how long before the alarm the clip with its cause may have begun."""


class AlarmCause:
    """Follows the alarm of one entry; ``message`` is what is known of its cause."""

    def __init__(self, runtime: HomeSecData, *, on_change: Callable[[], None]) -> None:
        """``on_change`` is called whenever more is known."""
        self._runtime = runtime
        self._on_change = on_change
        self._cause: Cause | None = None
        self._presence_at: float | None = None
        """When the presence began that is the cause: a later one is another visitor."""
        self._at = 0.0
        self._zones: tuple[str, ...] = ()
        self._clip_id: str | None = None
        self._still: str | None = None
        kinds = (
            *(AlarmChanged, DetectionStarted, DetectionUpdated),
            *(SnapshotTaken, ClipStarted, ClipSaved),
        )
        runtime.bus.async_subscribe(self._async_handle_event, kinds=kinds)
        self._async_follow_alarm()

    @property
    def message(self) -> dict[str, Any] | None:
        """The cause for the page; None unless the alarm is pending or triggered."""
        if (cause := self._cause) is None:
            return None
        camera = None if cause.camera_id is None else self._runtime.cameras.name(cause.camera_id)
        return {
            "by": cause.by,
            "camera_id": cause.camera_id,
            "camera": camera or (cause.by if cause.camera_id else None),
            "label": cause.label,
            "at": self._at,
            "zones": list(self._zones),
            "clip_id": self._clip_id,
            "still": self._still,
        }

    @callback
    def _async_handle_event(self, event: EngineEvent) -> None:
        match event:
            case AlarmChanged():
                self._async_follow_alarm()
            case DetectionStarted():
                self._async_presence(event.presence, event.clip_id)
            case DetectionUpdated():
                self._async_presence(event.presence, None)
            case SnapshotTaken():
                self._async_snapshot(event)
            case ClipStarted():
                self._async_clip_started(event.clip)
            case ClipSaved():
                self._async_clip_saved(event.clip)

    @callback
    def _async_follow_alarm(self) -> None:
        """Begin with a new cause, or forget one that is over."""
        snapshot = self._runtime.alarm.snapshot
        if snapshot.cause == self._cause:
            return
        cause = self._cause = snapshot.cause
        self._zones, self._clip_id, self._still = (), None, None
        self._presence_at, self._at = None, snapshot.began_at
        if cause is None or (camera_id := cause.camera_id) is None:
            return
        self._zones, self._clip_id = cause.zones, cause.clip_id
        self._presence_at, self._at = cause.seen_at, cause.seen_at or self._at
        camera = self._runtime.cameras.get(camera_id)
        presence = camera.presences.get(cause.label or "") if camera else None
        if camera is None or presence is None or not self._is_cause(presence):
            self._create_task(self._async_find_clip(cause))
            return
        self._async_presence(presence, None)
        if camera.snapshot is not None:
            self._async_snapshot(camera.snapshot)

    def _is_cause(self, presence: Presence) -> bool:
        cause = self._cause
        return (
            cause is not None
            and (presence.camera_id, presence.label) == (cause.camera_id, cause.label)
            and presence.first_seen_at == self._presence_at
        )

    def _is_present(self, camera_id: str) -> bool:
        """Return whether the cause is in a camera's picture now."""
        camera = self._runtime.cameras.get(camera_id)
        return camera is not None and any(map(self._is_cause, camera.presences.values()))

    @callback
    def _async_presence(self, presence: Presence, clip_id: str | None) -> None:
        if not self._is_cause(presence):
            return
        self._at, self._zones = presence.first_seen_at, presence.zones
        self._clip_id = self._clip_id or clip_id
        self._on_change()

    @callback
    def _async_clip_started(self, clip: Clip) -> None:
        if self._clip_id is None and self._is_present(clip.camera_id):
            self._clip_id = clip.id
            self._on_change()

    @callback
    def _async_clip_saved(self, clip: Clip) -> None:
        if clip.id == self._clip_id and self._still is None and clip.still_path is not None:
            self._still = STILL_URL.format(clip_id=clip.id)
            self._on_change()

    @callback
    def _async_snapshot(self, snapshot: SnapshotTaken) -> None:
        """Keep a picture with the boxes, if the cause is in it."""
        if self._is_present(snapshot.camera_id) and snapshot.at >= self._at:
            self._create_task(self._async_store_still(self._cause, snapshot))

    async def _async_store_still(self, cause: Cause | None, snapshot: SnapshotTaken) -> None:
        runtime, still_id = self._runtime, ulid_at_time(snapshot.at)
        try:
            stills = alert_stills(runtime.hass)
            await runtime.host.async_run(stills.put, still_id, snapshot.jpeg)
        except (HomeAssistantError, OSError) as err:
            LOGGER.warning("The picture of the alarm's cause could not be stored: %s", err)
            return
        if cause is self._cause:
            self._still = ALERT_STILL_URL.format(alert_id=still_id)
            self._on_change()

    async def _async_find_clip(self, cause: Cause) -> None:
        """Find the clip of a cause that is over already, or from before a restart."""
        began_at, host = self._runtime.alarm.snapshot.began_at, self._runtime.host
        wanted = ClipFilter(
            since=began_at - CLIP_BEFORE_S,
            until=began_at + 1.0,
            cameras=(str(cause.camera_id),),
            labels=None if cause.label is None else (cause.label,),
        )
        try:
            engine = await host.async_wait_engine()
            if cause.clip_id is not None:
                found = await host.async_run(engine.catalog.get, cause.clip_id)
                clips = [] if found is None else [found]
            else:
                clips = await host.async_run(lambda: engine.catalog.queries.page(wanted, limit=1))
        except HomeAssistantError:
            return  # the engine stops, or doesn't start
        if cause is self._cause and self._clip_id in (None, cause.clip_id) and clips:
            (clip,) = clips
            self._clip_id, self._at, self._zones = clip.id, clip.event_at, clip.zones
            self._async_clip_saved(clip)
            self._on_change()

    def _create_task(self, job: Coroutine[Any, Any, None]) -> None:
        self._runtime.entry.async_create_background_task(
            self._runtime.hass, job, "HomeSec alarm's cause"
        )
