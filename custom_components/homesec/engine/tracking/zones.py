"""Find out which zones objects are in, and since when."""

from dataclasses import dataclass, field
import math
from typing import TYPE_CHECKING

import numpy as np

from ..core.events import ZoneChanged
from ..core.types import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from ..core.types import Box, Track, Zone

type Polygon = Sequence[tuple[float, float]]

EDGE = 0.005  # feet at the frame's edge count as this far inside, since zones are drawn by hand
OUTSIDE_S = 1.0  # an object outside for no longer has not left: feet flicker across a border
FORGET_S = 30.0  # a track not seen for this long does not come back under the same id


def contains(polygon: Polygon, x: float, y: float) -> bool:
    """Return whether a point is in a polygon (even-odd rule); a border belongs to one side."""
    inside = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
        x1, y1 = x2, y2
    return inside


def is_in_zone(box: Box, zone: Zone) -> bool:
    """Return whether the middle of a box's lower edge is in a zone."""
    x, y = (min(max(value, EDGE), 1 - EDGE) for value in box.foot)
    return contains(zone.polygon, x, y)


def rasterize(polygon: Polygon, rows: int, columns: int) -> NDArray[np.bool_]:
    """Return ``(rows, columns)``: True for the cells whose center is in the polygon."""
    xs = (np.arange(columns) + 0.5) / columns
    ys = (np.arange(rows)[:, None] + 0.5) / rows
    inside = np.zeros((rows, columns), np.bool_)
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if y1 != y2:
            inside ^= ((y1 > ys) != (y2 > ys)) & (xs < x1 + (ys - y1) * (x2 - x1) / (y2 - y1))
        x1, y1 = x2, y2
    return inside


def motion_mask(zones: Iterable[Zone], rows: int, columns: int) -> NDArray[np.bool_] | None:
    """Return ``(rows, columns)``: True where motion counts; None if it counts everywhere.

    A mask for some labels hides no motion: others may move there.
    """
    masks = [zone for zone in zones if zone.kind is ZoneKind.MASK and not zone.labels]
    if not masks:
        return None
    visible = np.ones((rows, columns), np.bool_)
    for zone in masks:
        visible &= ~rasterize(zone.polygon, rows, columns)
    return visible


@dataclass(slots=True)
class _Stay:
    since_t: float
    last_t: float


class LabelZones:
    """The zones of one label, and how long each track has been in them."""

    def __init__(self, zones: Iterable[Zone], label: str) -> None:
        self._zones: list[Zone] = []
        self._stays: dict[tuple[int, str], _Stay] = {}  # by track id and zone name
        self.reconfigure(zones, label)

    def reconfigure(self, zones: Iterable[Zone], label: str) -> None:
        """Use other zones; unchanged ones keep track of who is in them."""
        before = self._zones
        mine = [zone for zone in zones if not zone.labels or label in zone.labels]
        self._masks = [zone for zone in mine if zone.kind is ZoneKind.MASK]
        self._zones = [zone for zone in mine if zone.kind is not ZoneKind.MASK]
        self._required = [zone for zone in mine if zone.kind is ZoneKind.REQUIRED]
        unchanged = {zone.name for zone in self._zones if zone in before}
        self._stays = {key: stay for key, stay in self._stays.items() if key[1] in unchanged}

    @property
    def names(self) -> set[str]:
        """The zones that can be occupied."""
        return {zone.name for zone in self._zones}

    def update(self, t: float, tracks: Iterable[Track]) -> None:
        """Record which zones the tracks seen at ``t`` are in."""
        for track in tracks:
            for zone in self._zones:
                key = (track.id, zone.name)
                stay = self._stays.get(key)
                if is_in_zone(track.box, zone):
                    if stay is None:
                        stay = self._stays[key] = _Stay(t, t)
                    stay.last_t = t
                elif stay is not None and t - stay.last_t > OUTSIDE_S:
                    del self._stays[key]
        self._stays = {k: stay for k, stay in self._stays.items() if t - stay.last_t <= FORGET_S}

    def is_masked(self, track: Track) -> bool:
        """Return whether a track is in a mask."""
        return any(is_in_zone(track.box, zone) for zone in self._masks)

    def in_required_zone(self, track: Track) -> bool:
        """Return whether a track just seen is in a required zone, or there is none."""
        return not self._required or any(
            self._since(track, zone) is not None for zone in self._required
        )

    def occupied_since(self, tracks: Sequence[Track]) -> dict[str, float]:
        """Return, by zone, since which ``t`` the first of the tracks just seen has been in it."""
        since = {
            zone.name: [x for track in tracks if (x := self._since(track, zone)) is not None]
            for zone in self._zones
        }
        return {name: min(times) for name, times in since.items() if times}

    def reset(self) -> None:
        """Forget all tracks."""
        self._stays.clear()

    def _since(self, track: Track, zone: Zone) -> float | None:
        stay = self._stays.get((track.id, zone.name))
        if stay is None or stay.last_t < track.last_t:
            return None
        return stay.since_t if stay.last_t - stay.since_t >= zone.loiter_s else None


@dataclass(slots=True, kw_only=True)
class Occupancy:
    """Reports which zones of a camera are occupied by one label."""

    camera_id: str
    label: str
    grace_s: float
    on_change: Callable[[ZoneChanged], None]
    _occupied: dict[str, tuple[float, float]] = field(default_factory=dict, init=False)
    """Zone to ``t`` and ``at`` of the last track in it."""

    def update(self, t: float, at: float, since: dict[str, float]) -> None:
        """Occupy zones: ``since`` is from when on a track seen at ``t`` has been in each."""
        for name, since_t in since.items():
            if name not in self._occupied:
                self._report(name, at - (t - since_t), occupied=True)
            self._occupied[name] = (t, at)
        self.tick(t)

    def tick(self, t: float) -> None:
        """Empty the zones without a track for the grace period."""
        for name, (last_t, at) in list(self._occupied.items()):
            if t - last_t > self.grace_s:
                del self._occupied[name]
                self._report(name, at, occupied=False)

    def reconfigure(self, grace_s: float, names: Collection[str]) -> None:
        """Use other zones, and empty those that are gone."""
        self.grace_s = grace_s
        for name in self._occupied.keys() - names:
            _, at = self._occupied.pop(name)
            self._report(name, at, occupied=False)

    def end(self) -> None:
        """Empty all zones now."""
        self.tick(math.inf)

    def _report(self, name: str, at: float, *, occupied: bool) -> None:
        self.on_change(
            ZoneChanged(
                camera_id=self.camera_id, zone=name, label=self.label, occupied=occupied, at=at
            )
        )
