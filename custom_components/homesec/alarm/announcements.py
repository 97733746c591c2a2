"""What the bus is told of the alarm."""

from typing import Any

from ..announcements import iso
from ..const import (
    EVENT_ALARM_ARMED,
    EVENT_ALARM_DISARMED,
    EVENT_ALARM_PENDING,
    EVENT_ALARM_TRIGGERED,
)
from .facts import AlarmSnapshot, AlarmState


def alarm_announcement(
    facts: AlarmSnapshot,
    was: AlarmSnapshot,
    *,
    timed: bool,
    bypassed: list[str],
    offline: list[str],
    ends_at: float | None,
) -> tuple[str, dict[str, Any]] | None:
    """Return the event's name and what it says of a state that begins; None if nothing.

    ``offline``: those of the bypassed that nobody agreed to leave out.
    """
    label = None if facts.cause is None else facts.cause.label
    match facts.state:
        case AlarmState.PENDING:
            return EVENT_ALARM_PENDING, {
                "mode": facts.mode.value,
                "delay_s": facts.lasts_s,
                "ends_at": None if ends_at is None else iso(ends_at),
                "label": label,
            }
        case AlarmState.TRIGGERED:
            return EVENT_ALARM_TRIGGERED, {
                "mode": facts.mode.value,
                "label": label,
                "triggered_by": facts.triggered_by,
            }
        case AlarmState.ARMED if was.state is not AlarmState.TRIGGERED or not timed:
            return EVENT_ALARM_ARMED, {
                "mode": facts.mode.value,
                "changed_by": facts.changed_by,
                "forced": facts.forced,
                "bypassed": bypassed,
                "offline": offline,
            }
        case AlarmState.DISARMED if was.state is not AlarmState.DISARMED and not timed:
            return EVENT_ALARM_DISARMED, {
                "changed_by": facts.changed_by,
                "was": was.state.value,
                "mode": was.mode.value,
            }
    return None
