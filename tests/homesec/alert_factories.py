"""Creates sightings and alerts."""

from __future__ import annotations

from typing import Any

from custom_components.homesec.alarm.machine import AlarmMode
from custom_components.homesec.alerts.rules import Alert, AlertKind, Sighting

NOW = 1_790_000_000.0
"""14:13:20 in UTC."""


def sighting(**changes: Any) -> Sighting:
    return Sighting(
        **{
            "kind": AlertKind.SEEN,
            "at": NOW,
            "mode": AlarmMode.AWAY,
            "camera_id": "door",
            "camera": "Front door",
            "label": "person",
            "zones": ("Drive",),
        }
        | changes
    )


BY_HAND = {"kind": AlertKind.ALARM, "camera_id": None, "camera": None, "label": None, "zones": ()}


def alert(*changes: dict[str, Any]) -> Alert:
    """Return an alert with one sighting for each of these changes."""
    return Alert(id="01K0A1ERT00000000000000000", sightings=tuple(sighting(**x) for x in changes))
