"""The house at a glance, for pages that stay open."""

from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.image import DOMAIN as IMAGE_DOMAIN
from homeassistant.helpers import entity_registry as er

from ..alarm.machine import ARMED_MODES
from ..cameras.config import activity, camera_labels, zone_names
from ..const import DOMAIN
from ..engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    ClipUploaded,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    DiskSpaceChanged,
    HealthChanged,
    OutboxChanged,
)
from ..event_bus import AlarmChanged, CameraChanged, StatsUpdated
from ..rights import alarm_entity_id
from .feed import Feed

if TYPE_CHECKING:
    from ..cameras.state import CameraState
    from ..coordinator import HomeSecCoordinator
    from ..engine.core.types import Presence


class HouseFeed(Feed[dict[str, Any]]):
    """Gives the whole of it each time: it is small, and nobody can miss a part."""

    listens_to: Final = (
        *(AlarmChanged, CameraChanged, HealthChanged, StatsUpdated),
        *(DetectionStarted, DetectionUpdated, DetectionEnded),
        *(ClipStarted, ClipSaved, ClipFailed, ClipUploaded, OutboxChanged, DiskSpaceChanged),
    )

    def __init__(self, coordinator: HomeSecCoordinator) -> None:
        super().__init__(coordinator.hass)
        self._coordinator = coordinator

    @override
    async def async_gather(self) -> list[dict[str, Any]]:
        """Return it as it is now."""
        return [house_message(self._coordinator)]


def house_message(coordinator: HomeSecCoordinator) -> dict[str, Any]:
    """Return the house without what depends on who looks."""
    return {
        "ready": coordinator.ready,
        "alarm": _alarm(coordinator),
        "cameras": [_camera(coordinator, *each) for each in coordinator.cameras.items()],
        "storage": _storage(coordinator),
        "time_zone": coordinator.hass.config.time_zone,
    }


def _alarm(coordinator: HomeSecCoordinator) -> dict[str, Any]:
    alarm = coordinator.alarm
    return {
        "entity_id": alarm_entity_id(coordinator),
        "state": alarm.state.value,
        "mode": alarm.mode.value,
        "changed_by": alarm.facts.changed_by,
        "delay_ends_at": alarm.delay_ends_at,
        "code_arm_required": alarm.code_arm_required,
        "code_format": alarm.code_format,
        "modes": [mode.value for mode in ARMED_MODES],
        "triggered_by": alarm.facts.triggered_by,
        "bypassed": alarm.bypassed,
    }


def _camera(coordinator: HomeSecCoordinator, camera_id: str, state: CameraState) -> dict[str, Any]:
    subentry, alarm = coordinator.subentry(camera_id), coordinator.alarm
    entities = er.async_get(coordinator.hass)
    return {
        "id": camera_id,
        "name": subentry.title,
        "device_id": coordinator.devices.id_of(camera_id),
        "entity_id": entities.async_get_entity_id(CAMERA_DOMAIN, DOMAIN, f"{camera_id}_camera"),
        "image_entity_id": entities.async_get_entity_id(
            IMAGE_DOMAIN, DOMAIN, f"{camera_id}_snapshot"
        ),
        "health": state.health.value,
        "error": state.error,
        "activity": activity(subentry.data, alarm.mode, arming=alarm.arming).value,
        "presences": [_presence(each) for each in state.presences.values()],
        "recording": state.recording,
        "snoozed_until": coordinator.alerts.snoozed_until(camera_id),
        "labels": list(camera_labels(subentry.data)),
        "zones": list(zone_names(subentry.data)),
    }


def _presence(presence: Presence) -> dict[str, Any]:
    return {
        "label": presence.label,
        "count": presence.count,
        "since": presence.first_seen_at,
        "zones": list(presence.zones),
    }


def _storage(coordinator: HomeSecCoordinator) -> dict[str, Any]:
    figures, storage = coordinator.engine_stats, coordinator.storage.state
    backlog = storage.uploads.backlog
    uploads = {
        "jobs": backlog.jobs,
        "bytes": backlog.bytes,
        "oldest_at": backlog.oldest_at,
        "error": storage.error,
    }
    return {
        "clips": figures.clips,
        "bytes": figures.clip_bytes,
        "cloud_clips": figures.cloud_clips,
        "cloud_bytes": figures.cloud_bytes,
        "uploads": uploads if storage.cloud else None,
        "disk_low": storage.disk_low,
    }
