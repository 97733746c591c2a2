"""A camera's stored zones and rules: checks them, and converts them for the engine.

Both the settings form and the page where zones are drawn have them checked here.
"""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME
from homeassistant.util.ulid import ulid_now

from ..const import (
    CONF_FORMER_NAMES,
    CONF_KIND,
    CONF_LABEL,
    CONF_LABELS,
    CONF_LOITER,
    CONF_MIN_HEIGHT,
    CONF_POLYGON,
    CONF_THRESHOLD,
    CONF_ZONE_ID,
)
from ..engine.core.types import LabelRule, Zone, ZoneKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

type Polygon = Sequence[Sequence[float]]

MIN_CORNERS: Final = 3
MAX_CORNERS: Final = 64
MAX_ZONES: Final = 32
MAX_NAME_LENGTH: Final = 40
MIN_AREA: Final = 0.0005
"""Share of the picture: 32 by 32 pixels of Full HD. A smaller zone is a slip of the mouse."""

ROUNDING: Final = 0.00006
"""Share of the picture's side. Forms show hundredths of a percent: half of one may be lost."""


class ZoneError(Exception):
    """Zones or rules are invalid; ``key`` is that of an error text of the camera flow."""

    def __init__(self, key: str, *, zone: str = "", label: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.zone = zone
        self.label = label

    @property
    def in_rule(self) -> bool:
        """Whether it's about a rule, not a zone."""
        return self.key.startswith("rule_")


def zone_id(stored: Mapping[str, Any]) -> str:
    """Return a zone's id. Versions that knew no ids took the name for it, so it is the name."""
    found: str = stored.get(CONF_ZONE_ID) or stored[CONF_NAME]
    return found


def identify_zones(
    zones: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return changed zones with the ids that they had ``before``; new zones get new ones.

    A form that knows no ids is understood by names, and by the corners of a renamed zone. It rounds
    corners: those that are hardly different stay as they were. Names that a zone had before are
    kept, for whatever refers to it by one of them.
    """
    result, unused = [dict(zone) for zone in zones], list(before)
    known: dict[int, Mapping[str, Any]] = {}
    for is_same in (_has_id, _has_name, _has_corners, _is_close):
        for index, zone in enumerate(result):
            if index in known:
                continue
            if (old := next((x for x in unused if is_same(zone, x)), None)) is not None:
                known[index] = old
                unused.remove(old)
    for index, old in known.items():
        if _is_close(result[index], old):
            result[index][CONF_POLYGON] = old[CONF_POLYGON]
    names = set(map(_folded_name, result))
    for index, zone in enumerate(result):
        old = known.get(index)
        zone[CONF_ZONE_ID] = ulid_now() if old is None else zone_id(old)
        former = [] if old is None else [*old.get(CONF_FORMER_NAMES, ()), old[CONF_NAME]]
        former = [name for name in dict.fromkeys(former) if name.casefold() not in names]
        zone.pop(CONF_FORMER_NAMES, None)
        if former:
            zone[CONF_FORMER_NAMES] = former
    return result


def _folded_name(zone: Mapping[str, Any]) -> str:
    name: str = zone[CONF_NAME]
    return name.casefold()


def _has_id(zone: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return zone.get(CONF_ZONE_ID) == zone_id(old)


def _has_name(zone: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return _folded_name(zone) == _folded_name(old)


def _has_corners(zone: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return list(map(list, zone[CONF_POLYGON])) == list(map(list, old[CONF_POLYGON]))


def _is_close(zone: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Return whether no corner is farther away than by rounding."""
    corners, others = zone[CONF_POLYGON], old[CONF_POLYGON]
    return len(corners) == len(others) and all(
        abs(value - other) <= ROUNDING
        for corner, other_corner in zip(corners, others, strict=True)
        for value, other in zip(corner, other_corner, strict=True)
    )


def find_zones(
    stored: Iterable[Mapping[str, Any]], reference: str, *, ids_first: bool = False
) -> list[Mapping[str, Any]]:
    """Return the zones that a name, an id, or a former name refers to.

    What people wrote is a name before it's anything else; a rule refers by id (``ids_first``).
    """
    zones = list(stored)
    by_name = [zone for zone in zones if zone[CONF_NAME] == reference]
    by_id = [zone for zone in zones if zone_id(zone) == reference]
    former = [zone for zone in zones if reference in zone.get(CONF_FORMER_NAMES, ())]
    return (by_id or by_name or former) if ids_first else (by_name or by_id or former)


def parse_zone(stored: Mapping[str, Any]) -> Zone:
    """Return the engine's zone for a stored one."""
    return Zone(
        name=stored[CONF_NAME],
        polygon=tuple((x, y) for x, y in stored[CONF_POLYGON]),
        kind=ZoneKind(stored[CONF_KIND]),
        labels=tuple(stored.get(CONF_LABELS, ())),
        loiter_s=stored.get(CONF_LOITER, 0.0),
    )


def check_zones(zones: Collection[Mapping[str, Any]], labels: Collection[str]) -> None:
    """Check the stored zones of a camera with these labels. Raises ``ZoneError``."""
    if len(zones) > MAX_ZONES:
        raise ZoneError("zones_too_many")
    names: set[str] = set()
    for each in zones:
        name = each[CONF_NAME]
        if not name.strip():
            raise ZoneError("zone_name_missing")
        if len(name) > MAX_NAME_LENGTH:
            raise ZoneError("zone_name_long", zone=name)
        if name.casefold() in names:
            raise ZoneError("zone_name_twice", zone=name)
        names.add(name.casefold())
        _check_polygon(name, each[CONF_POLYGON])
        for label in each.get(CONF_LABELS, ()):
            if label not in labels:
                raise ZoneError("zone_label_not_chosen", zone=name, label=label)


def _check_polygon(name: str, polygon: Polygon) -> None:
    if len(polygon) < MIN_CORNERS:
        raise ZoneError("zone_corners_few", zone=name)
    if len(polygon) > MAX_CORNERS:
        raise ZoneError("zone_corners_many", zone=name)
    if not all(0 <= value <= 1 for corner in polygon for value in corner):
        raise ZoneError("zone_corners_outside", zone=name)
    if _area(polygon) < MIN_AREA:
        raise ZoneError("zone_flat", zone=name)


def _area(polygon: Polygon) -> float:
    """Return the share of the picture that the corners enclose (shoelace formula)."""
    following = (*polygon[1:], polygon[0])
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(polygon, following, strict=True))
    return abs(twice) / 2


def parse_rule(label: str, stored: Iterable[Mapping[str, Any]], *, records: bool) -> LabelRule:
    """Return the engine's rule for a label; ``stored`` are the rules of all labels."""
    rule: Mapping[str, Any] = next((x for x in stored if x[CONF_LABEL] == label), {})
    return LabelRule(
        label=label,
        threshold=rule.get(CONF_THRESHOLD),
        min_height=rule.get(CONF_MIN_HEIGHT, 0.0),
        records=records,
    )


def check_rules(rules: Iterable[Mapping[str, Any]], labels: Collection[str]) -> None:
    """Check the stored rules of a camera with these labels. Raises ``ZoneError``."""
    seen: set[str] = set()
    for rule in rules:
        label = rule[CONF_LABEL]
        if label in seen:
            raise ZoneError("rule_twice", label=label)
        if label not in labels:
            raise ZoneError("rule_label_not_chosen", label=label)
        seen.add(label)
