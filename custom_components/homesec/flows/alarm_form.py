"""The form that asks for the alarm's delays, and what its answers mean."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from homeassistant.const import UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector
from probatio import Required, Schema

from ..alarm.config import (
    CONF_CODE_TO_ARM,
    CONF_DELAYS,
    CONF_ENTRY,
    CONF_EXIT,
    CONF_TRIGGER,
    delays,
    needs_code_to_arm,
)
from ..alarm.machine import ARMED_MODES, AlarmMode
from .form_fields import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.helpers.selector import NumberSelector


def _seconds(low: int, high: int) -> NumberSelector:
    return number(low, high, unit=UnitOfTime.SECONDS)


_TRIGGER = {Required(CONF_TRIGGER): _seconds(5, 3600)}
_DELAYS = {
    Required(CONF_EXIT): _seconds(0, 600),
    Required(CONF_ENTRY): _seconds(0, 600),
    **_TRIGGER,
}

ALARM_SCHEMA = Schema(
    {
        **{
            # Nobody leaves or comes home while disarmed, but a panic button can be pressed.
            Required(mode.value): section(
                Schema(_TRIGGER if mode is AlarmMode.DISARMED else _DELAYS),
                # One is open, so that people see what there is to set.
                {"collapsed": mode is not AlarmMode.AWAY},
            )
            for mode in (*ARMED_MODES, AlarmMode.DISARMED)
        },
        Required(CONF_CODE_TO_ARM): BooleanSelector(),
    }
)


def shown_alarm(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored, or the defaults, as the form shows it."""
    return {
        CONF_CODE_TO_ARM: needs_code_to_arm(data),
        **{mode.value: asdict(delays(data, mode)) for mode in ARMED_MODES},
        AlarmMode.DISARMED.value: {CONF_TRIGGER: delays(data, AlarmMode.DISARMED).trigger_s},
    }


def read_alarm(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers as they are stored."""
    return {
        CONF_CODE_TO_ARM: answer[CONF_CODE_TO_ARM],
        CONF_DELAYS: {mode.value: dict(answer[mode.value]) for mode in AlarmMode},
    }
