"""Which settings changed, as far as that can weaken an armed alarm."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from ..cameras.config import DEFAULTS, SOURCE_FIELDS
from ..cameras.zones import zone_id
from ..cloud.retention_config import CONF_CAMERAS
from ..const import (
    CONF_ALARM,
    CONF_ARMED_MODES,
    CONF_DETECTION,
    CONF_DETECTOR,
    CONF_DEVICE_INFO,
    CONF_DISARMED,
    CONF_MODEL,
    CONF_MOVEMENT,
    CONF_PINS,
    CONF_RECORDING,
    CONF_RETENTION,
    CONF_SEAL_KEYS,
    CONF_STORAGE,
    CONF_TRUSTED_SENSORS,
    CONF_WAKE_SENSORS,
    CONF_ZONE_ID,
    CONF_ZONES,
    SUBENTRY_CAMERA,
)
from ..engine.core.types import Activity
from .config import pin_revisions
from .guard import Weakening

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from homeassistant.config_entries import ConfigEntry

ENTRY_ACTIONS: Final = {
    CONF_PINS: Weakening.PINS,
    CONF_ALARM: Weakening.DELAYS,
    CONF_RETENTION: Weakening.RETENTION,
    CONF_STORAGE: Weakening.STORAGE,
    CONF_SEAL_KEYS: Weakening.STORAGE,
    CONF_DETECTOR: Weakening.DETECTOR,
    CONF_MODEL: Weakening.DETECTOR,
}
"""By the key of the entry's data; any other key is just a setting."""
CAMERA_ACTIONS: Final = {
    **dict.fromkeys(SOURCE_FIELDS, Weakening.CAMERA_SOURCE),
    CONF_DETECTION: Weakening.DETECTION_OFF,
    CONF_RECORDING: Weakening.RECORDING_OFF,
    CONF_ARMED_MODES: Weakening.CAMERA_MODES,
    CONF_ZONES: Weakening.CAMERA_ZONES,
}
"""By the key of a camera's data; any other key is one of its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """One change; of a camera, of a recipient, or of what all share."""

    action: Weakening
    camera_id: str | None = None
    name: str | None = None  # the camera's or recipient's


@dataclass(frozen=True, slots=True, kw_only=True)
class Subentry:
    """A camera or recipient as it was at one moment."""

    subentry_type: str
    title: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings as they were at one moment."""

    data: Mapping[str, Any]
    subentries: Mapping[str, Subentry]

    @classmethod
    def of(cls, entry: ConfigEntry) -> Self:
        """Copy an entry's settings: Home Assistant changes subentries in place."""
        return cls(
            data=dict(entry.data),
            subentries={
                subentry_id: Subentry(
                    subentry_type=subentry.subentry_type,
                    title=subentry.title,
                    data=dict(subentry.data),
                )
                for subentry_id, subentry in entry.subentries.items()
            },
        )


def find_changes(before: Settings, after: Settings) -> list[SettingsChange]:
    """Return what changed, apart from additions, new names, and detection turned on."""
    changed = _changed_keys(_entry_data(before, after), _entry_data(after, after))
    if CONF_PINS in changed and pin_revisions(before.data) == pin_revisions(after.data):
        changed.remove(CONF_PINS)
    actions = dict.fromkeys(ENTRY_ACTIONS.get(key, Weakening.SETTINGS) for key in changed)
    changes = [SettingsChange(action=action) for action in actions]
    for subentry_id, old in before.subentries.items():
        new = after.subentries.get(subentry_id)
        is_camera = old.subentry_type == SUBENTRY_CAMERA
        found = _camera_actions(old, new) if is_camera else _recipient_actions(old, new)
        changes += [
            SettingsChange(
                action=action, camera_id=subentry_id if is_camera else None, name=old.title
            )
            for action in dict.fromkeys(found)
        ]
    return changes


def _entry_data(settings: Settings, after: Settings) -> dict[str, Any]:
    """Return an entry's data without limits of removed cameras, which end by themselves."""
    data = dict(settings.data)
    retention = data.get(CONF_RETENTION)
    if isinstance(retention, dict) and CONF_CAMERAS in retention:
        limits = {k: v for k, v in retention[CONF_CAMERAS].items() if k in after.subentries}
        data[CONF_RETENTION] = {**retention, CONF_CAMERAS: limits}
    return data


def _changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    keys = dict.fromkeys((*before, *after))
    return [key for key in keys if before.get(key) != after.get(key)]


def _camera_actions(old: Subentry, new: Subentry | None) -> Iterator[Weakening]:
    if new is None:
        yield Weakening.CAMERA_REMOVED
        return
    before, after = _comparable(old.data), _comparable(new.data)
    for key in _changed_keys(before, after):
        if not _strengthens(key, before.get(key), after.get(key)):
            yield CAMERA_ACTIONS.get(key, Weakening.CAMERA_SETTINGS)


def _strengthens(key: str, before: object, after: object) -> bool:
    """Return whether a changed setting of a camera makes it do more."""
    if key in (CONF_DETECTION, CONF_RECORDING):
        return bool(after)
    if key in (CONF_WAKE_SENSORS, CONF_TRUSTED_SENSORS):
        return _texts(before) <= _texts(after)
    return key == CONF_DISARMED and before == Activity.OFF


def _texts(value: object) -> set[str]:
    return set(map(str, value)) if isinstance(value, list | tuple) else set()


_KNOWN = (CONF_DEVICE_INFO, CONF_MOVEMENT)


def _comparable(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a camera's settings with the ids of zones that were stored without them.

    What is only known of the camera isn't a setting.
    """
    data = {key: value for key, value in data.items() if key not in _KNOWN}
    zones = data.get(CONF_ZONES)
    if not zones:
        return {**DEFAULTS, **data}
    return {**DEFAULTS, **data, CONF_ZONES: [{CONF_ZONE_ID: zone_id(x), **x} for x in zones]}


def _recipient_actions(old: Subentry, new: Subentry | None) -> Iterator[Weakening]:
    if new is None:
        yield Weakening.RECIPIENT_REMOVED
    elif old.data != new.data:
        yield Weakening.RECIPIENT_CHANGED
