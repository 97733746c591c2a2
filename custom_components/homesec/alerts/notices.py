"""Alerts about no object: missing cameras, tampering, changed settings, and tests."""

from typing import TYPE_CHECKING

from ulid_transform import ulid_at_time

from .alert_builder import OpenAlert
from .rules import Alert, AlertKind, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..alarm.machine import AlarmMode
    from ..alarm.settings_change import SettingsChange
    from ..cameras.registry import CameraRegistry
    from ..engine.core.events import TamperChanged


def missing_alert(
    cameras: CameraRegistry, camera_ids: Iterable[str], *, mode: AlarmMode, at: float
) -> OpenAlert:
    """Return one alert about all cameras that the alarm is armed without."""
    return _open(
        Sighting(
            kind=AlertKind.OFFLINE,
            at=at,
            mode=mode,
            camera_id=camera_id,
            camera=cameras.name(camera_id),
            turned_off=cameras.is_off(camera_id),
        )
        for camera_id in camera_ids
    )


def tamper_alert(
    event: TamperChanged, cameras: CameraRegistry, *, mode: AlarmMode, at: float
) -> OpenAlert:
    """Return an alert about a camera that was tampered with."""
    return _open(
        [
            Sighting(
                kind=AlertKind.TAMPER,
                at=at,
                mode=mode,
                camera_id=event.camera_id,
                camera=cameras.name(event.camera_id),
                tamper=event.kind,
            )
        ]
    )


def settings_alert(changes: Iterable[SettingsChange], *, mode: AlarmMode, at: float) -> OpenAlert:
    """Return one alert about all settings that were changed at once."""
    return _open(
        Sighting(
            kind=AlertKind.SETTINGS,
            at=at,
            mode=mode,
            camera_id=change.camera_id,
            camera=None if change.camera_id is None else change.name,
            recipient=change.name if change.camera_id is None else None,
            action=change.action.value,
        )
        for change in changes
    )


def test_alert(*, mode: AlarmMode, at: float, only: frozenset[str] | None) -> OpenAlert:
    """Return a test for the recipients with these ids, None: for all."""
    open_alert = _open([Sighting(kind=AlertKind.TEST, at=at, mode=mode)])
    open_alert.only = only
    return open_alert


def _open(sightings: Iterable[Sighting]) -> OpenAlert:
    found = tuple(sightings)
    return OpenAlert(alert=Alert(id=ulid_at_time(found[0].at), sightings=found))
