"""The form that asks for a camera's settings, and how its answers are stored."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    TextSelector,
)
from probatio import Optional, Required, Schema

from ..alarm.machine import ARMED_MODES
from ..cameras.config import DEFAULTS
from ..cameras.tampering import TamperResponse
from ..cameras.wake import SENSOR_DOMAINS
from ..cameras.zones import check_rules, check_zones, identify_zones
from ..const import (
    CONF_ALARM_LABELS,
    CONF_ALERT_LABELS,
    CONF_ARMED_MODES,
    CONF_AT_ONCE,
    CONF_DETECT_FPS,
    CONF_DETECTION,
    CONF_DISARMED,
    CONF_GRACE,
    CONF_LABELS,
    CONF_MAX_CLIP,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_RECORD_LABELS,
    CONF_RECORDING,
    CONF_RULES,
    CONF_TAMPER,
    CONF_THRESHOLD,
    CONF_TRUST,
    CONF_TRUSTED_SENSORS,
    CONF_USE_SUGGESTED,
    CONF_WAKE_SENSORS,
    CONF_WATCH,
    CONF_ZONES,
    SECTION_ADVANCED,
    SECTION_RESPONSE,
    SECTION_SENSORS,
    SECTION_ZONES,
)
from ..engine.core.types import Activity, DecodePolicy
from .form_fields import choice, number
from .zone_form import (
    format_rules,
    format_zones,
    read_rules,
    read_zones,
    rules_selector,
    zones_selector,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping

_LABEL_SUBSETS: Final = (CONF_RECORD_LABELS, CONF_ALARM_LABELS, CONF_ALERT_LABELS)
"""Each a choice among ``CONF_LABELS``."""
_SECTIONS: Final = (SECTION_RESPONSE, SECTION_SENSORS, SECTION_ZONES, SECTION_ADVANCED)
_SWITCHES: Final = (CONF_DETECTION, CONF_RECORDING)
"""Settings that are switches of the camera, and not in the form."""


def settings_schema(
    labels: Mapping[str, str],
    zone_kinds: Mapping[str, str],
    *,
    offers_trust: bool = False,
    suggests_sensors: bool = False,
    own_sensors: Collection[str] = (),
    opened: Container[str] = (),
) -> Schema:
    """Return the form; labels and zone kinds to choose from map values to names.

    ``offers_trust``: the camera has a certificate that can be trusted from now on;
    ``suggests_sensors``: its device has sensors, none of which it has; ``own_sensors``: HomeSec's
    own ones, which wake no camera; ``opened``: the sections that aren't collapsed.
    """
    seconds = UnitOfTime.SECONDS
    sensors = EntitySelector(
        EntitySelectorConfig(
            filter={"domain": list(SENSOR_DOMAINS)},
            exclude_entities=list(own_sensors),
            multiple=True,
        )
    )
    trust = {Optional(CONF_TRUST): BooleanSelector()} if offers_trust else {}
    suggested = {Optional(CONF_USE_SUGGESTED): BooleanSelector()} if suggests_sensors else {}
    return Schema(
        {
            Required(CONF_NAME): TextSelector(),
            **trust,
            Required(CONF_LABELS): choice(labels, "label", multiple=True),
            Required(CONF_ARMED_MODES): choice(ARMED_MODES, "armed_mode", multiple=True),
            Required(SECTION_RESPONSE): section(
                Schema(
                    {
                        Required(CONF_DISARMED): choice(Activity, "disarmed"),
                        Optional(CONF_AT_ONCE): BooleanSelector(),
                        Optional(CONF_RECORD_LABELS): choice(labels, "label", multiple=True),
                        Optional(CONF_ALARM_LABELS): choice(labels, "label", multiple=True),
                        Optional(CONF_ALERT_LABELS): choice(labels, "label", multiple=True),
                        Required(CONF_PRE_ROLL): number(0, 30, unit=seconds),
                        Required(CONF_POST_ROLL): number(0, 60, unit=seconds),
                    }
                ),
                {"collapsed": SECTION_RESPONSE not in opened},
            ),
            Optional(SECTION_SENSORS): section(
                Schema(
                    {
                        **suggested,
                        Optional(CONF_WAKE_SENSORS): sensors,
                        Optional(CONF_TRUSTED_SENSORS): sensors,
                    }
                ),
                {"collapsed": SECTION_SENSORS not in opened and not suggests_sensors},
            ),
            # Without a default: the frontend prefers that of a section to the stored value.
            Optional(SECTION_ZONES): section(
                Schema({Optional(CONF_ZONES): zones_selector(labels, zone_kinds)}),
                {"collapsed": SECTION_ZONES not in opened},
            ),
            Required(SECTION_ADVANCED): section(
                Schema(
                    {
                        Optional(CONF_THRESHOLD): number(10, 95, unit="%"),
                        Optional(CONF_RULES): rules_selector(labels),
                        Required(CONF_GRACE): number(0.5, 60, step=0.5, unit=seconds),
                        Required(CONF_DETECT_FPS): number(1, 15, unit="fps"),
                        Required(CONF_MAX_CLIP): number(10, 3600, unit=seconds),
                        Required(CONF_WATCH): choice(DecodePolicy, "watch"),
                        Optional(CONF_TAMPER): choice(TamperResponse, "tamper_response"),
                    }
                ),
                {"collapsed": SECTION_ADVANCED not in opened},
            ),
        }
    )


def format_settings(
    name: str, data: Mapping[str, Any], zone_kinds: Mapping[str, str]
) -> dict[str, Any]:
    """Return the stored settings, or the defaults, as the form shows them."""
    values = {**DEFAULTS, **data}
    if (threshold := values.get(CONF_THRESHOLD)) is not None:
        values[CONF_THRESHOLD] = round(threshold * 100)
    # A label that isn't detected any more must not make the form invalid.
    for key in _LABEL_SUBSETS:
        values[key] = [label for label in values[key] if label in values[CONF_LABELS]]
    values[CONF_RULES] = format_rules(values[CONF_RULES])
    return {
        **values,  # the form takes only those it has fields for
        CONF_NAME: name,
        SECTION_RESPONSE: values,
        SECTION_SENSORS: values,
        SECTION_ZONES: {CONF_ZONES: format_zones(values[CONF_ZONES], zone_kinds)},
        SECTION_ADVANCED: values,
    }


def validate_settings(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the errors, by field or section, that concern more than the format of one field."""
    errors: dict[str, str] = {}
    if not answer[CONF_NAME].strip():
        errors[CONF_NAME] = "name_missing"
    if not answer[CONF_LABELS]:
        errors[CONF_LABELS] = "labels_missing"
        return errors
    for key in _LABEL_SUBSETS:
        if not set(answer[SECTION_RESPONSE].get(key, ())) <= set(answer[CONF_LABELS]):
            errors[SECTION_RESPONSE] = "label_not_chosen"
    return errors


def read_settings(
    answer: Mapping[str, Any], stored: Mapping[str, Any], zone_kinds: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """Return the camera's name and its settings. Raises ``ZoneError``."""
    settings = {key: value for key, value in answer.items() if key not in _SECTIONS}
    for name in _SECTIONS:
        settings |= answer.get(name, {})
    name = settings.pop(CONF_NAME).strip()
    for key in (CONF_TRUST, CONF_USE_SUGGESTED):
        settings.pop(key, None)  # the flow stores what it stands for
    if (threshold := settings.get(CONF_THRESHOLD)) is not None:
        settings[CONF_THRESHOLD] = threshold / 100
    zones = read_zones(settings.get(CONF_ZONES, ()), zone_kinds)
    settings[CONF_ZONES] = identify_zones(zones, stored.get(CONF_ZONES, ()))
    settings[CONF_RULES] = read_rules(settings.get(CONF_RULES, ()))
    check_zones(settings[CONF_ZONES], settings[CONF_LABELS])
    check_rules(settings[CONF_RULES], settings[CONF_LABELS])
    for key in _SWITCHES:
        settings[key] = stored.get(key, DEFAULTS[key])
    return name, settings
