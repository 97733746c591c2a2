"""Zones and rules as a form shows them: corners as text, fractions of the picture in percent.

The frontend doesn't translate choices in the dialog of an object's fields, so their names come from
here. It lists objects by their values, so the value of a zone's kind is the name of the kind.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    TextSelector,
)

from ..cameras.zones import ZoneError
from ..const import (
    CONF_KIND,
    CONF_LABEL,
    CONF_LABELS,
    CONF_LOITER,
    CONF_MIN_HEIGHT,
    CONF_POLYGON,
    CONF_THRESHOLD,
)
from ..engine.core.types import ZoneKind
from .form_fields import named_choice, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONF_CORNERS: Final = "corners"  # the polygon as text: ``10,20 60,20 60,90``, x and y in percent

_NUMBER = r"-?\d+(?:\.\d+)?"
_CORNER = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})")
_CORNERS = re.compile(rf"{_CORNER.pattern}(?:[\s;]+{_CORNER.pattern})*")


def zones_selector(labels: Mapping[str, str], kinds: Mapping[str, str]) -> ObjectSelector:
    """Return the list of zones; labels and kinds to choose from map values to names."""
    names = [kinds[kind] for kind in ZoneKind]
    return ObjectSelector(
        ObjectSelectorConfig(
            multiple=True,
            translation_key="zone",
            label_field=CONF_NAME,
            description_field=CONF_KIND,
            fields={
                CONF_NAME: ObjectSelectorField(required=True, selector=TextSelector()),
                CONF_KIND: ObjectSelectorField(
                    required=True,
                    default=kinds[ZoneKind.PLAIN],
                    selector=named_choice(dict(zip(names, names, strict=True))),
                ),
                CONF_CORNERS: ObjectSelectorField(required=True, selector=TextSelector()),
                CONF_LABELS: ObjectSelectorField(selector=named_choice(labels, multiple=True)),
                CONF_LOITER: ObjectSelectorField(
                    selector=number(0, 3600, unit=UnitOfTime.SECONDS, step=0.5)
                ),
            },
        )
    )


def format_zones(
    stored: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return stored zones as the form shows them."""
    return [
        {
            CONF_NAME: zone[CONF_NAME],
            CONF_KIND: kinds[zone[CONF_KIND]],
            CONF_CORNERS: " ".join(
                ",".join(f"{round(value * 100, 2):g}" for value in corner)
                for corner in zone[CONF_POLYGON]
            ),
            CONF_LABELS: list(zone.get(CONF_LABELS, ())),
            CONF_LOITER: zone.get(CONF_LOITER, 0.0),
        }
        for zone in stored
    ]


def read_zones(
    answer: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return zones as they are stored. Raises ``ZoneError`` for unreadable corners."""
    kind_by_name = {name: kind for kind, name in kinds.items()}
    return [
        {
            CONF_NAME: zone[CONF_NAME].strip(),
            CONF_KIND: kind_by_name[zone[CONF_KIND]],
            CONF_POLYGON: _read_corners(zone),
            CONF_LABELS: zone.get(CONF_LABELS, []),
            CONF_LOITER: zone.get(CONF_LOITER, 0.0),
        }
        for zone in answer
    ]


def _read_corners(zone: Mapping[str, Any]) -> list[list[float]]:
    text = zone[CONF_CORNERS].strip()
    if not _CORNERS.fullmatch(text):
        raise ZoneError("zone_corners_unreadable", zone=zone[CONF_NAME])
    return [[_fraction(float(x)), _fraction(float(y))] for x, y in _CORNER.findall(text)]


def rules_selector(labels: Mapping[str, str]) -> ObjectSelector:
    """Return the list of rules; labels to choose from map values to names."""
    return ObjectSelector(
        ObjectSelectorConfig(
            multiple=True,
            translation_key="rule",
            fields={
                CONF_LABEL: ObjectSelectorField(required=True, selector=named_choice(labels)),
                CONF_THRESHOLD: ObjectSelectorField(selector=number(10, 95, unit="%")),
                CONF_MIN_HEIGHT: ObjectSelectorField(selector=number(0, 90, unit="%")),
            },
        )
    )


def format_rules(stored: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return stored rules as the form shows them."""
    return [
        {key: value if key == CONF_LABEL else round(value * 100, 1) for key, value in rule.items()}
        for rule in stored
    ]


def read_rules(answer: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rules as they are stored."""
    return [
        {key: value if key == CONF_LABEL else _fraction(value) for key, value in rule.items()}
        for rule in answer
    ]


def _fraction(percent: float) -> float:
    """Return a fraction of 1, rounded to less than a pixel to keep binary noise out of storage."""
    return round(percent / 100, 5)
