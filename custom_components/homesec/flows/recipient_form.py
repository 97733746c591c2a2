"""The form that asks for a recipient, and how its answers are stored."""

import re
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
from probatio import Optional, Required, Schema

from ..alarm.machine import AlarmMode
from ..alerts.recipient_config import (
    CONF_ACCOUNT_SID,
    CONF_API_KEY_SID,
    CONF_CAMERAS,
    CONF_COOL_DOWN,
    CONF_FROM,
    CONF_IN_ZONES,
    CONF_KINDS,
    CONF_MAX_AGE,
    CONF_MODES,
    CONF_RULES,
    CONF_SECRET,
    CONF_SENDER,
    CONF_SERVICE_SID,
    CONF_TO,
    CONF_UNTIL,
    CONF_WANTED,
    DEFAULT_RULES,
)
from ..alerts.rules import CHOICES
from ..engine.sms.errors import BadPhoneNumber, TextSenderRefused
from ..engine.sms.phone_numbers import to_e164, to_sender
from .form_fields import choice, named_choice, number

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

_SID: Final = "[0-9a-fA-F]{32}"
_TEXT: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
_MISSING: Final = {CONF_NAME: "name_missing", CONF_SECRET: "secret_missing"}


def recipient_schema(
    cameras: Mapping[str, str],
    labels: Mapping[str, str],
    zones: Mapping[str, str],
    *,
    opened: Container[str] = (),
) -> Schema:
    """Return the form; cameras, labels, and zones to choose from map values to names.

    ``opened``: the sections that aren't collapsed.
    """
    minutes = UnitOfTime.MINUTES
    return Schema(
        {
            Required(CONF_NAME): TextSelector(),
            Required(CONF_TO): TextSelector(TextSelectorConfig(type=TextSelectorType.TEL)),
            Required(CONF_ACCOUNT_SID): _TEXT,
            Optional(CONF_API_KEY_SID): _TEXT,
            # Never sent back to the browser: an empty field keeps the known secret.
            Optional(CONF_SECRET): TextSelector(
                TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
            ),
            Required(CONF_SENDER): _TEXT,
            Required(CONF_RULES): section(
                Schema(
                    {
                        Required(CONF_KINDS): choice(CHOICES, "recipient_kind", multiple=True),
                        Optional(CONF_CAMERAS): named_choice(cameras, multiple=True),
                        Optional(CONF_WANTED): named_choice(labels, multiple=True),
                        Optional(CONF_IN_ZONES): named_choice(zones, multiple=True),
                        Required(CONF_MODES): choice(AlarmMode, "recipient_mode", multiple=True),
                        Optional(CONF_FROM): TimeSelector(),
                        Optional(CONF_UNTIL): TimeSelector(),
                        Required(CONF_COOL_DOWN): number(0, 1440, unit=minutes),
                        Required(CONF_MAX_AGE): number(1, 1440, unit=minutes),
                    }
                ),
                {"collapsed": CONF_RULES not in opened},
            ),
        }
    )


def format_recipient(
    name: str, data: Mapping[str, Any], cameras: Mapping[str, str]
) -> dict[str, Any]:
    """Return a stored or new recipient as the form shows it."""
    rules = {**DEFAULT_RULES, **data.get(CONF_RULES, {})}
    # A camera that was removed since must not make the form invalid.
    rules[CONF_CAMERAS] = [camera for camera in rules[CONF_CAMERAS] if camera in cameras]
    copied = (CONF_TO, CONF_ACCOUNT_SID, CONF_API_KEY_SID)
    return {
        CONF_NAME: name,
        **{key: data[key] for key in copied if key in data},
        CONF_SENDER: data.get(CONF_SERVICE_SID) or data.get(CONF_SENDER, ""),
        CONF_RULES: rules,
    }


def read_recipient(
    answer: Mapping[str, Any],
    *,
    country: str | None,
    known_secret: Callable[[str, str | None], str | None],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a recipient as it is stored, and its errors by field.

    ``known_secret`` returns the secret entered earlier for an account and a key. Reads the number
    rules of the country from a file: call it in an executor.
    """
    answer = {k: v.strip() if isinstance(v, str) else v for k, v in answer.items()}
    account_sid, key_sid = answer[CONF_ACCOUNT_SID], answer.get(CONF_API_KEY_SID) or None
    data: dict[str, Any] = {
        CONF_ACCOUNT_SID: account_sid,
        CONF_SECRET: answer.get(CONF_SECRET) or known_secret(account_sid, key_sid),
        CONF_RULES: {key: value for key, value in answer[CONF_RULES].items() if value != ""},
    }
    errors = {key: error for key, error in _MISSING.items() if not {**answer, **data}.get(key)}
    if not re.fullmatch(f"AC{_SID}", account_sid):
        errors[CONF_ACCOUNT_SID] = "account_sid_invalid"
    if key_sid:
        data[CONF_API_KEY_SID] = key_sid
        if not re.fullmatch(f"SK{_SID}", key_sid):
            errors[CONF_API_KEY_SID] = "api_key_sid_invalid"
    try:
        data[CONF_TO] = to_e164(answer[CONF_TO], country)
    except BadPhoneNumber as err:
        errors[CONF_TO] = err.key
    if re.fullmatch(f"MG{_SID}", answer[CONF_SENDER]):
        data[CONF_SERVICE_SID] = answer[CONF_SENDER]
    else:
        try:
            data[CONF_SENDER] = to_sender(answer[CONF_SENDER], country)
        except TextSenderRefused as err:
            errors[CONF_SENDER] = err.key
    hours = [key for key in (CONF_FROM, CONF_UNTIL) if data[CONF_RULES].get(key)]
    if len(hours) == 1:
        errors[CONF_RULES] = "hours_incomplete"
    return data, errors
