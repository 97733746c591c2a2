"""A camera's zones and rules: as the subentry holds them, checked, and as the engine wants them.

Whoever writes them, the form or a page to draw on, has them checked here.
"""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME

from ..const import (
    CONF_KIND,
    CONF_LABEL,
    CONF_LABELS,
    CONF_LOITER,
    CONF_MIN_HEIGHT,
    CONF_POLYGON,
    CONF_THRESHOLD,
)
from ..engine.core.types import LabelRule, Zone, ZoneKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

type Polygon = Sequence[Sequence[float]]

FEWEST_CORNERS: Final = 3
MOST_CORNERS: Final = 64
MOST_ZONES: Final = 32
LONGEST_NAME: Final = 40
SMALLEST_AREA: Final = 0.0005
"""Of the picture: 32 by 32 pixels of Full HD. Nobody stands in less: it is a slip of the hand."""


class ZoneError(Exception):
    """What is wrong with zones or rules: a key of the camera's texts, and which one it is."""

    def __init__(self, key: str, *, zone: str = "", label: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.zone = zone
        self.label = label


# --- zones ------------------------------------------------------------------------------------


def zone(stored: Mapping[str, Any]) -> Zone:
    """Return a stored zone as the engine wants it described."""
    return Zone(
        name=stored[CONF_NAME],
        polygon=tuple((x, y) for x, y in stored[CONF_POLYGON]),
        kind=ZoneKind(stored[CONF_KIND]),
        labels=tuple(stored.get(CONF_LABELS, ())),
        loiter_s=stored.get(CONF_LOITER, 0.0),
    )


def check_zones(zones: Collection[Mapping[str, Any]], labels: Collection[str]) -> None:
    """Check stored zones of a camera that looks for ``labels``. Raises ``ZoneError``."""
    if len(zones) > MOST_ZONES:
        raise ZoneError("zones_too_many")
    names: set[str] = set()
    for each in zones:
        name = each[CONF_NAME]
        if not name.strip():
            raise ZoneError("zone_name_missing")
        if len(name) > LONGEST_NAME:
            raise ZoneError("zone_name_long", zone=name)
        if name.casefold() in names:
            raise ZoneError("zone_name_twice", zone=name)
        names.add(name.casefold())
        _check_polygon(name, each[CONF_POLYGON])
        for label in each.get(CONF_LABELS, ()):
            if label not in labels:
                raise ZoneError("zone_label_not_chosen", zone=name, label=label)


def _check_polygon(name: str, polygon: Polygon) -> None:
    if len(polygon) < FEWEST_CORNERS:
        raise ZoneError("zone_corners_few", zone=name)
    if len(polygon) > MOST_CORNERS:
        raise ZoneError("zone_corners_many", zone=name)
    if not all(0 <= value <= 1 for corner in polygon for value in corner):
        raise ZoneError("zone_corners_outside", zone=name)
    if _area(polygon) < SMALLEST_AREA:
        raise ZoneError("zone_flat", zone=name)


def _area(polygon: Polygon) -> float:
    """Return the share of the picture that corners in their order enclose (shoelace formula)."""
    following = (*polygon[1:], polygon[0])
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(polygon, following, strict=True))
    return abs(twice) / 2


# --- rules ------------------------------------------------------------------------------------


def label_rule(label: str, stored: Iterable[Mapping[str, Any]], *, records: bool) -> LabelRule:
    """Return what is asked of a label; ``stored`` are the rules of all labels."""
    own: Mapping[str, Any] = next((rule for rule in stored if rule[CONF_LABEL] == label), {})
    return LabelRule(
        label=label,
        threshold=own.get(CONF_THRESHOLD),
        min_height=own.get(CONF_MIN_HEIGHT, 0.0),
        records=records,
    )


def check_rules(rules: Iterable[Mapping[str, Any]], labels: Collection[str]) -> None:
    """Check stored rules of a camera that looks for ``labels``. Raises ``ZoneError``."""
    seen: set[str] = set()
    for rule in rules:
        label = rule[CONF_LABEL]
        if label in seen:
            raise ZoneError("rule_twice", label=label)
        if label not in labels:
            raise ZoneError("rule_label_not_chosen", label=label)
        seen.add(label)
