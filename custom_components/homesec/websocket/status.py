"""The feed of the whole system's status: alarm, cameras, storage, and what is wrong."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.image import DOMAIN as IMAGE_DOMAIN
from homeassistant.core import Event, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.network import NoURLAvailableError, get_url

from ..access import alarm_entity_id
from ..alarm.machine import ARMED_MODES
from ..cameras.config import camera_labels, source_entity, zone_names
from ..cloud.retention_config import retention_rules
from ..const import DOMAIN
from ..engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    ClipUploaded,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    DetectorChanged,
    DiskSpaceChanged,
    HealthChanged,
    ModelProgress,
    OutboxChanged,
    TamperChanged,
)
from ..engine.sms.types import RecipientChanged
from ..event_bus import AlarmChanged, CameraChanged, StatsUpdated
from .alarm_cause import AlarmCause
from .feeds import Feed
from .problems import find_problems

if TYPE_CHECKING:
    from ..cameras.state import CameraState
    from ..runtime import HomeSecData


class StatusFeed(Feed):
    """Sends the whole status each time: it is small, and no page can miss a part of it."""

    listens_to = (
        *(AlarmChanged, CameraChanged, HealthChanged, StatsUpdated, TamperChanged),
        *(DetectionStarted, DetectionUpdated, DetectionEnded),
        *(ClipStarted, ClipSaved, ClipFailed, ClipUploaded, OutboxChanged, DiskSpaceChanged),
        *(DetectorChanged, ModelProgress, RecipientChanged),
    )

    def __init__(self, runtime: HomeSecData) -> None:
        self._cause = AlarmCause(runtime, on_change=self.async_schedule_update)
        super().__init__(runtime)
        # Whatever is raised as a repair issue is shown, wherever it comes from.
        self._stop_issues = runtime.hass.bus.async_listen(
            ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, self._async_issue_changed
        )

    @property
    def message(self) -> dict[str, Any]:
        """The status, without what depends on the user who asks."""
        runtime = self._runtime
        return {
            "ready": runtime.host.ready,
            "alarm": _alarm(runtime) | {"cause": self._cause.message},
            "cameras": [_camera(runtime, *each) for each in runtime.cameras.items()],
            "storage": _storage(runtime),
            "problems": [problem.as_dict() for problem in find_problems(runtime)],
            "time_zone": runtime.hass.config.time_zone,
            "external_url": _external_url(runtime),
        }

    @override
    async def async_collect(self) -> list[dict[str, Any]]:
        return [self.message]

    @callback
    @override
    def async_stop(self) -> None:
        self._stop_issues()
        super().async_stop()

    @callback
    def _async_issue_changed(self, event: Event[ir.EventIssueRegistryUpdatedData]) -> None:
        if event.data["domain"] == DOMAIN:
            self.async_schedule_update()


def _external_url(runtime: HomeSecData) -> str | None:
    """Return the URL for links that are opened elsewhere; None if Home Assistant has none."""
    try:
        return get_url(runtime.hass, allow_internal=False, allow_ip=True, prefer_external=True)
    except NoURLAvailableError:
        return None


def _alarm(runtime: HomeSecData) -> dict[str, Any]:
    alarm = runtime.alarm
    return {
        "entity_id": alarm_entity_id(runtime),
        "state": alarm.state.value,
        "mode": alarm.mode.value,
        "changed_by": alarm.snapshot.changed_by,
        "delay_ends_at": alarm.delay_ends_at,
        "code_arm_required": alarm.code_arm_required,
        "code_format": alarm.codes.code_format,
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
        "source_entity_id": source_entity(subentry.data),
        "health": state.health.value,
        "error": state.error,
        "error_placeholders": dict(state.error_placeholders),
        "tamper": None if state.tamper is None else state.tamper.value,
        "activity": alarm.activity(subentry).value,
        "detection": runtime.cameras.detects(camera_id),
        "disabled": runtime.cameras.is_disabled(camera_id),
        "presences": [
            {
                "label": presence.label,
                "count": presence.count,
                "since": presence.first_seen_at,
                "zones": list(presence.zones),
                "sensor": presence.sensor,
            }
            for presence in state.presences.values()
        ],
        "recording": state.recording,
        "recording_manually": state.recording_manually,
        "records": runtime.cameras.records(camera_id),
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
