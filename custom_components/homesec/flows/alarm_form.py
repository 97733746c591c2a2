"""The forms that ask for the alarm's delays and for PINs, and how their answers are stored."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_CODE, CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from probatio import Optional, Required, Schema

from ..alarm.config import (
    CONF_CODE_TO_ARM,
    CONF_DELAYS,
    CONF_ENTRY,
    CONF_EXIT,
    CONF_TRIGGER,
    MIN_TRIGGER_S,
    get_delays,
    needs_code_to_arm,
)
from ..alarm.machine import ARMED_MODES, AlarmMode
from ..alarm.pins import Pin, PinKind, is_pin, shown_kind
from .form_fields import choice, named_choice, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeassistant.helpers.selector import NumberSelector


def _seconds(low: int, high: int) -> NumberSelector:
    return number(low, high, unit=UnitOfTime.SECONDS)


_TRIGGER = {Required(CONF_TRIGGER): _seconds(MIN_TRIGGER_S, 3600)}
_DELAYS = {
    Required(CONF_EXIT): _seconds(0, 600),
    Required(CONF_ENTRY): _seconds(0, 600),
    **_TRIGGER,
}

ALARM_SCHEMA = Schema(
    {
        **{
            # Disarmed has no exit or entry delay, but a panic button can be pressed.
            Required(mode.value): section(
                Schema(_TRIGGER if mode is AlarmMode.DISARMED else _DELAYS),
                # One section is open as an example of what there is to set.
                {"collapsed": mode is not AlarmMode.AWAY},
            )
            for mode in (*ARMED_MODES, AlarmMode.DISARMED)
        },
        Required(CONF_CODE_TO_ARM): BooleanSelector(),
    }
)


def format_alarm(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored delays, or the defaults, as the form shows them."""
    return {
        CONF_CODE_TO_ARM: needs_code_to_arm(data),
        **{mode.value: asdict(get_delays(data, mode)) for mode in ARMED_MODES},
        AlarmMode.DISARMED.value: {CONF_TRIGGER: get_delays(data, AlarmMode.DISARMED).trigger_s},
    }


def read_alarm(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's answers as they are stored."""
    return {
        CONF_CODE_TO_ARM: answer[CONF_CODE_TO_ARM],
        CONF_DELAYS: {mode.value: dict(answer[mode.value]) for mode in AlarmMode},
    }


CONF_AGAIN: Final = "code_again"
CONF_CURRENT: Final = "current_code"
CONF_KIND: Final = "kind"
CONF_PIN: Final = "pin"

_SECRET = TextSelector(
    # Otherwise browsers offer to save it as a password.
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
_NAME_AND_KIND = {
    Required(CONF_NAME): TextSelector(),
    Required(CONF_KIND, default=PinKind.FULL.value): choice(
        PinKind, "pin_kind", mode=SelectSelectorMode.LIST
    ),
}
NEW_SCHEMA = Schema({**_NAME_AND_KIND, Required(CONF_CODE): _SECRET, Required(CONF_AGAIN): _SECRET})
EDIT_SCHEMA = Schema(
    {**_NAME_AND_KIND, Optional(CONF_CODE): _SECRET, Optional(CONF_AGAIN): _SECRET}
)


def pin_schema(titles: Mapping[str, str]) -> Schema:
    """Return the form that asks for a PIN; ``titles`` maps ids to titles.

    Two PINs can have the same title: only who enters one sees which it is.
    """
    return Schema({Required(CONF_PIN): named_choice(titles), Optional(CONF_CURRENT): _SECRET})


def remove_codes(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that may be sent back to the browser."""
    codes = (CONF_CODE, CONF_AGAIN, CONF_CURRENT)
    return {key: value for key, value in answer.items() if key not in codes}


def validate_pin(
    answer: Mapping[str, Any], others: Iterable[Pin], *, new: bool, known: PinKind | None = None
) -> dict[str, str]:
    """Return the errors of the PIN form by field; the code of an existing PIN may stay empty.

    ``known`` is what an existing PIN really is, if it was entered. Nothing here depends on what
    the other PINs really are, or trying would tell which of them means duress. Whether another PIN
    has the same code isn't checked here, since that takes a while.
    """
    errors: dict[str, str] = {}
    others = list(others)
    name, kind = answer[CONF_NAME].strip(), PinKind(answer[CONF_KIND])
    if not name:
        errors[CONF_NAME] = "pin_nameless"
    elif _is_taken(name, shown_kind(kind), others):
        errors[CONF_NAME] = "pin_name_taken"
    code = answer.get(CONF_CODE, "")
    if kind is not known:
        if lacks_full(kind, *(pin.kind for pin in others)):
            errors[CONF_KIND] = "pin_full_missing"
        elif kind is PinKind.DURESS and known is None and not code:
            errors[CONF_KIND] = "pin_not_entered"
    if (code or new) and not is_pin(code):
        errors[CONF_CODE] = "pin_unfit"
    elif code != answer.get(CONF_AGAIN, ""):
        errors[CONF_AGAIN] = "pin_differs"
    return errors


def _is_taken(name: str, kind: PinKind, others: list[Pin]) -> bool:
    same = sum(pin.name == name and pin.kind is kind for pin in others)
    # A person may have a second PIN for duress, which looks the same.
    return same >= (2 if kind is PinKind.FULL else 1)


def lacks_full(*kinds: PinKind) -> bool:
    """Return whether there are PINs, but none that both arms and disarms."""
    return bool(kinds) and PinKind.FULL not in kinds


def change_pin(pin: Pin, *, name: str, kind: PinKind) -> Pin:
    """Return a PIN with another name or kind, without its code."""
    if kind is pin.kind:
        return replace(pin, name=name)  # whatever it really is, it stays
    return replace(pin, name=name, kind=kind, mark=b"", open_duress=False)
