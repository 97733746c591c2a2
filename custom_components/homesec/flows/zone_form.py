"""Zones and rules as a form shows them: corners as text, shares of the picture in percent.

The frontend shows an object's fields in a dialog of its own, to which it does not hand on the texts
of choices: they are looked up here. Its list of objects shows the values themselves, so what a zone
does has its text for a value.
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

CONF_CORNERS: Final = "corners"
"""The polygon as text: ``10,20 60,20 60,90``, x and y in percent."""

_NUMBER = r"-?\d+(?:\.\d+)?"
_CORNER = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})")
_CORNERS = re.compile(rf"{_CORNER.pattern}(?:[\s;]+{_CORNER.pattern})*")


# --- zones ------------------------------------------------------------------------------------


def zones_selector(labels: Mapping[str, str], kinds: Mapping[str, str]) -> ObjectSelector:
    """Return the list of zones; ``labels`` and ``kinds`` are what may be chosen, with texts."""
    texts = [kinds[kind] for kind in ZoneKind]
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
                    default=kinds[ZoneKind.NOTED],
                    selector=named_choice(dict(zip(texts, texts, strict=True))),
                ),
                CONF_CORNERS: ObjectSelectorField(required=True, selector=TextSelector()),
                CONF_LABELS: ObjectSelectorField(selector=named_choice(labels, multiple=True)),
                CONF_LOITER: ObjectSelectorField(
                    selector=number(0, 3600, unit=UnitOfTime.SECONDS, step=0.5)
                ),
            },
        )
    )


def shown_zones(
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
    """Return zones as they are stored. Raises ``ZoneError`` for corners that are none."""
    by_text = {text: kind for kind, text in kinds.items()}
    return [
        {
            CONF_NAME: zone[CONF_NAME].strip(),
            CONF_KIND: by_text[zone[CONF_KIND]],
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
    return [[_share(float(x)), _share(float(y))] for x, y in _CORNER.findall(text)]


# --- rules ------------------------------------------------------------------------------------


def rules_selector(labels: Mapping[str, str]) -> ObjectSelector:
    """Return the list of rules; ``labels`` are what may be chosen, with texts."""
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


def shown_rules(stored: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return stored rules as the form shows them."""
    return [
        {key: value if key == CONF_LABEL else round(value * 100, 1) for key, value in rule.items()}
        for rule in stored
    ]


def read_rules(answer: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rules as they are stored."""
    return [
        {key: value if key == CONF_LABEL else _share(value) for key, value in rule.items()}
        for rule in answer
    ]


def _share(percent: float) -> float:
    """Return a part of 1; finer than a pixel, without the dust of binary fractions."""
    return round(percent / 100, 5)
