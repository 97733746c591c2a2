"""What triggered the alarm, as the page shows it: who, when, where, the picture, and the clip.

The alarm stores all of it but the picture with the boxes, which the engine takes moments later. It
is kept here, so that the picture of a later visitor can't replace it.
"""

from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from ulid_transform import ulid_at_time

from ..alerts.stills import alert_stills
from ..const import LOGGER
from ..engine.core.events import ClipSaved, SnapshotTaken
from ..event_bus import AlarmChanged
from ..urls import ALERT_STILL_URL, STILL_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..alarm.cause import Cause
    from ..engine.core.events import EngineEvent
    from ..engine.core.types import Clip
    from ..runtime import HomeSecData


class AlarmCause:
    """Follows the alarm of one entry; ``message`` is what is known of its cause."""

    def __init__(self, runtime: HomeSecData, *, on_change: Callable[[], None]) -> None:
        """``on_change`` is called when there is another picture."""
        self._runtime = runtime
        self._on_change = on_change
        self._pictured: Cause | None = None  # what the still is of
        self._still: str | None = None
        kinds = (AlarmChanged, SnapshotTaken, ClipSaved)
        runtime.bus.async_subscribe(self._async_handle_event, kinds=kinds)
        self._async_follow_alarm()

    @property
    def message(self) -> dict[str, Any] | None:
        """The cause for the page; None unless the alarm is pending or triggered."""
        if (cause := self._cause) is None:
            return None
        camera = None if cause.camera_id is None else self._runtime.cameras.name(cause.camera_id)
        seen_at, began_at = cause.seen_at, self._runtime.alarm.snapshot.began_at
        return {
            "by": cause.by,
            "camera_id": cause.camera_id,
            "camera": camera or (cause.by if cause.camera_id else None),
            "label": cause.label,
            "sensor": cause.sensor,
            "at": began_at if seen_at is None else seen_at,
            "zones": list(cause.zones),
            "clip_id": cause.clip_id,
            "still": self._still,
        }

    @property
    def _cause(self) -> Cause | None:
        return self._runtime.alarm.snapshot.cause

    @callback
    def _async_handle_event(self, event: EngineEvent) -> None:
        match event:
            case AlarmChanged():
                self._async_follow_alarm()
            case SnapshotTaken():
                self._async_snapshot(event)
            case ClipSaved():
                self._async_clip_saved(event.clip)

    @callback
    def _async_follow_alarm(self) -> None:
        """Look for a picture of a new cause, and forget that of one that is over."""
        cause, pictured = self._cause, self._pictured
        if cause is None:
            self._pictured = self._still = None
            return
        if pictured is not None and cause.is_of(pictured):
            return
        self._pictured, self._still = cause, None
        camera = self._runtime.cameras.get(cause.camera_id or "")
        if camera is not None and camera.snapshot is not None:
            self._async_snapshot(camera.snapshot)
        if cause.clip_id is not None:
            self._create_task(self._async_find_clip(cause.clip_id))

    @callback
    def _async_snapshot(self, snapshot: SnapshotTaken) -> None:
        """Keep a picture with the boxes, if the cause is in it."""
        cause = self._cause
        if cause is None or cause.seen_at is None or snapshot.at < cause.seen_at:
            return
        camera = self._runtime.cameras.get(snapshot.camera_id)
        presence = camera.presences.get(cause.label or "") if camera else None
        if (
            presence is not None
            and snapshot.camera_id == cause.camera_id
            and presence.first_seen_at == cause.seen_at
        ):
            self._create_task(self._async_store_still(cause, snapshot))

    async def _async_store_still(self, cause: Cause, snapshot: SnapshotTaken) -> None:
        runtime, still_id = self._runtime, ulid_at_time(snapshot.at)
        try:
            stills = alert_stills(runtime.hass)
            await runtime.host.async_run(stills.put, still_id, snapshot.jpeg)
        except (HomeAssistantError, OSError) as err:
            LOGGER.warning("The picture of the alarm's cause could not be stored: %s", err)
            return
        if (now := self._cause) is not None and now.is_of(cause):
            self._still = ALERT_STILL_URL.format(alert_id=still_id)
            self._on_change()

    async def _async_find_clip(self, clip_id: str) -> None:
        """Use the still of a clip that was saved before a restart."""
        host = self._runtime.host
        try:
            engine = await host.async_wait_engine()
            clip = await host.async_run(engine.catalog.queries.get, clip_id)
        except HomeAssistantError:
            return  # the engine stops, or doesn't start
        if clip is not None:
            self._async_clip_saved(clip)

    @callback
    def _async_clip_saved(self, clip: Clip) -> None:
        """Use the clip's still where there is no picture with the boxes."""
        cause = self._cause
        if cause is None or clip.id != cause.clip_id or clip.still_path is None:
            return
        if self._still is None:
            self._still = STILL_URL.format(clip_id=clip.id)
            self._on_change()

    def _create_task(self, job: Coroutine[Any, Any, None]) -> None:
        self._runtime.entry.async_create_background_task(
            self._runtime.hass, job, "HomeSec alarm's cause"
        )
