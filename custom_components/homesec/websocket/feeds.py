"""Feeds that keep open pages up to date: changed clips, and the state of the whole system."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.image import DOMAIN as IMAGE_DOMAIN
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.debounce import Debouncer

from ..access import alarm_entity_id
from ..alarm.machine import ARMED_MODES
from ..cameras.config import camera_labels, zone_names
from ..clips.serialize import clip_as_dict
from ..cloud.retention_config import retention_rules
from ..const import DOMAIN, LOGGER
from ..engine.core.events import (
    CatalogRebuilt,
    ClipChanged,
    ClipFailed,
    ClipSaved,
    ClipsRescanned,
    ClipStarted,
    ClipUploaded,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    DiskSpaceChanged,
    HealthChanged,
    OutboxChanged,
    UploadProgress,
)
from ..event_bus import AlarmChanged, CameraChanged, StatsUpdated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..cameras.state import CameraState
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
        except HomeAssistantError:
            return []  # the engine stops; pages ask for everything again when it is back
        clips = {clip.id: clip for clip in found}
        updates: list[dict[str, Any]] = [{"stale": True}] if stale else []
        return updates + [
            {"clip": clip_as_dict(runtime.cameras, runtime.storage.state, clips[id_])}
            if id_ in clips
            else {"removed": id_}
            for id_ in clip_ids
        ]


class StatusFeed(Feed):
    """Sends the whole status each time: it is small, and no page can miss a part of it."""

    listens_to = (
        *(AlarmChanged, CameraChanged, HealthChanged, StatsUpdated),
        *(DetectionStarted, DetectionUpdated, DetectionEnded),
        *(ClipStarted, ClipSaved, ClipFailed, ClipUploaded, OutboxChanged, DiskSpaceChanged),
    )

    @override
    async def async_collect(self) -> list[dict[str, Any]]:
        return [status_message(self._runtime)]


def status_message(runtime: HomeSecData) -> dict[str, Any]:
    """Return the status, without what depends on the user who asks."""
    return {
        "ready": runtime.host.ready,
        "alarm": _alarm(runtime),
        "cameras": [_camera(runtime, *each) for each in runtime.cameras.items()],
        "storage": _storage(runtime),
        "time_zone": runtime.hass.config.time_zone,
    }


def _alarm(runtime: HomeSecData) -> dict[str, Any]:
    alarm = runtime.alarm
    return {
        "entity_id": alarm_entity_id(runtime),
        "state": alarm.state.value,
        "mode": alarm.mode.value,
        "changed_by": alarm.snapshot.changed_by,
        "delay_ends_at": alarm.delay_ends_at,
        "code_arm_required": alarm.code_arm_required,
        "code_format": alarm.code_format,
        "modes": [mode.value for mode in ARMED_MODES],
        "triggered_by": alarm.snapshot.triggered_by,
        "bypassed": alarm.bypassed,
    }


def _camera(runtime: HomeSecData, camera_id: str, state: CameraState) -> dict[str, Any]:
    subentry, alarm = runtime.cameras.subentry(camera_id), runtime.alarm
    entity_id = er.async_get(runtime.hass).async_get_entity_id
    return {
        "id": camera_id,
        "name": subentry.title,
        "device_id": runtime.devices.id_of(camera_id),
        "entity_id": entity_id(CAMERA_DOMAIN, DOMAIN, f"{camera_id}_camera"),
        "image_entity_id": entity_id(IMAGE_DOMAIN, DOMAIN, f"{camera_id}_snapshot"),
        "health": state.health.value,
        "error": state.error,
        "error_placeholders": dict(state.error_placeholders),
        "activity": alarm.activity(subentry).value,
        "detection": runtime.cameras.detects(camera_id),
        "presences": [
            {
                "label": presence.label,
                "count": presence.count,
                "since": presence.first_seen_at,
                "zones": list(presence.zones),
            }
            for presence in state.presences.values()
        ],
        "recording": state.recording,
        "snoozed_until": runtime.alerts.snoozed_until(camera_id),
        "labels": list(camera_labels(subentry.data)),
        "zones": list(zone_names(subentry.data)),
    }


def _storage(runtime: HomeSecData) -> dict[str, Any]:
    stats, storage = runtime.coordinator.engine_stats, runtime.storage.state
    backlog = storage.uploads.backlog
    uploads = {
        "jobs": backlog.jobs,
        "bytes": backlog.bytes,
        "oldest_at": backlog.oldest_at,
        "error": storage.error,
    }
    return {
        "clips": stats.clips,
        "bytes": stats.clip_bytes,
        "cloud_clips": stats.cloud_clips,
        "cloud_bytes": stats.cloud_bytes,
        "deleted_clips": stats.deleted_clips,
        "deleted_bytes": stats.deleted_bytes,
        "keeps_deleted": retention_rules(runtime.entry.data).deleted_kept_s > 0,
        "uploads": uploads if storage.cloud else None,
        "disk_low": storage.disk_low,
        "missing_rights": list(storage.missing_rights),
    }
