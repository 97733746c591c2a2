"""The alarm's settings in the config entry."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from ..const import CONF_ALARM, CONF_PINS
from .machine import AlarmMode, Delays
from .pins import Pin

if TYPE_CHECKING:
    from collections.abc import Mapping

CONF_CODE_TO_ARM: Final = "code_to_arm"
CONF_DELAYS: Final = "delays"  # by mode
CONF_EXIT: Final = "exit_s"
CONF_ENTRY: Final = "entry_s"
CONF_TRIGGER: Final = "trigger_s"

MIN_TRIGGER_S: Final = 5  # of the trigger time


NEW_AWAY_S: Final = 30.0
"""How long a new system gives you to leave and to disarm in *away*; elsewhere, there's no delay.

Systems that were set up before keep what they have: without stored delays, there are none.
"""


def new_alarm() -> dict[str, Any]:
    """Return the alarm's settings of a new system, as they are stored."""
    away = asdict(Delays(exit_s=NEW_AWAY_S, entry_s=NEW_AWAY_S))
    return {CONF_DELAYS: {AlarmMode.AWAY.value: away}}


def get_delays(data: Mapping[str, Any], mode: AlarmMode) -> Delays:
    """Return a mode's delays; the defaults if the mode was never set up."""
    settings: Mapping[str, Any] = data.get(CONF_ALARM, {})
    delays = Delays(**settings.get(CONF_DELAYS, {}).get(mode, {}))
    # Without any, a person who stays in view would trigger it again and again at once.
    return replace(delays, trigger_s=max(MIN_TRIGGER_S, delays.trigger_s))


def needs_code_to_arm(data: Mapping[str, Any]) -> bool:
    """Return whether arming takes a PIN, too."""
    return bool(data.get(CONF_ALARM, {}).get(CONF_CODE_TO_ARM, False))


def get_pins(data: Mapping[str, Any]) -> dict[str, Pin]:
    """Return the PINs by their ids."""
    return {pin_id: Pin.from_dict(stored) for pin_id, stored in data.get(CONF_PINS, {}).items()}


def pin_revisions(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what changes of each PIN when someone changes it, but not when it's hashed anew."""
    pins = get_pins(data).items()
    return {pin_id: (pin.name, pin.kind.value, pin.revision) for pin_id, pin in pins}
