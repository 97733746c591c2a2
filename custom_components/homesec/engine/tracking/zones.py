"""Zones of the picture: what is inside of one, who stands in it, and since when."""

from __future__ import annotations

from dataclasses import dataclass
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

EDGE = 0.005
"""Whose feet the picture's edge cuts off stands this far inside: zones are drawn by hand."""
STRAY_S = 1.0
"""Whoever is outside for no longer than this has not left: feet flicker across a border."""
FORGET_S = 30.0
"""Whoever was not seen for this long does not come back under the same id."""


def contains(polygon: Polygon, x: float, y: float) -> bool:
    """Return whether a point is in a polygon; what lies on its border is in one of two neighbours.

    Even-odd rule: counts the sides that a ray to the right crosses.
    """
    inside = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
        x1, y1 = x2, y2
    return inside


def is_in_zone(box: Box, zone: Zone) -> bool:
    """Return whether the point that something stands on is in a zone."""
    x, y = (min(max(value, EDGE), 1 - EDGE) for value in box.foot)
    return contains(zone.polygon, x, y)


def rasterize(polygon: Polygon, rows: int, columns: int) -> NDArray[np.bool_]:
    """Return ``(rows, columns)``: True for the cells whose middle is in the polygon."""
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
    """Return ``(rows, columns)``: True where the motion gate is to look; None for everywhere.

    A mask for some labels hides nothing from it: others may move there.
    """
    masks = [zone for zone in zones if zone.kind is ZoneKind.MASK and not zone.labels]
    if not masks:
        return None
    watched = np.ones((rows, columns), np.bool_)
    for zone in masks:
        watched &= ~rasterize(zone.polygon, rows, columns)
    return watched


@dataclass(slots=True)
class _Stay:
    since_t: float
    last_t: float


class LabelZones:
    """Where those of one label are, and for how long they have been there."""

    def __init__(self, zones: Iterable[Zone], label: str) -> None:
        self._zones: list[Zone] = []
        self._stays: dict[tuple[int, str], _Stay] = {}
        self.reconfigure(zones, label)

    def reconfigure(self, zones: Iterable[Zone], label: str) -> None:
        """Go by other zones; those that are as they were know since when somebody is there."""
        before = self._zones
        mine = [zone for zone in zones if not zone.labels or label in zone.labels]
        self._masks = [zone for zone in mine if zone.kind is ZoneKind.MASK]
        self._zones = [zone for zone in mine if zone.kind is not ZoneKind.MASK]
        self._required = [zone for zone in mine if zone.kind is ZoneKind.REQUIRED]
        same = {zone.name for zone in self._zones if zone in before}
        self._stays = {key: stay for key, stay in self._stays.items() if key[1] in same}

    @property
    def names(self) -> set[str]:
        """The zones that somebody can be in."""
        return {zone.name for zone in self._zones}

    def update(self, t: float, tracks: Iterable[Track]) -> None:
        """Take in where those seen at ``t`` are."""
        for track in tracks:
            for zone in self._zones:
                self._note(t, (track.id, zone.name), inside=is_in_zone(track.box, zone))
        self._stays = {k: stay for k, stay in self._stays.items() if t - stay.last_t <= FORGET_S}

    def is_masked(self, track: Track) -> bool:
        """Return whether something is where nothing is."""
        return any(is_in_zone(track.box, zone) for zone in self._masks)

    def in_required_zone(self, track: Track) -> bool:
        """Return whether a track that was just seen is where it has to be to count."""
        return not self._required or any(
            self._since(track, zone) is not None for zone in self._required
        )

    def occupied_since(self, tracks: Sequence[Track]) -> dict[str, float]:
        """Return since which ``t`` one of those just seen is in each zone, by its name."""
        since = {
            zone.name: [x for track in tracks if (x := self._since(track, zone)) is not None]
            for zone in self._zones
        }
        return {name: min(times) for name, times in since.items() if times}

    def reset(self) -> None:
        """Begin anew: who comes now is somebody else."""
        self._stays.clear()

    def _since(self, track: Track, zone: Zone) -> float | None:
        stay = self._stays.get((track.id, zone.name))
        if stay is None or stay.last_t < track.last_t:
            return None
        return stay.since_t if stay.last_t - stay.since_t >= zone.loiter_s else None

    def _note(self, t: float, key: tuple[int, str], *, inside: bool) -> None:
        stay = self._stays.get(key)
        if inside:
            if stay is None:
                stay = self._stays[key] = _Stay(t, t)
            stay.last_t = t
        elif stay is not None and t - stay.last_t > STRAY_S:
            del self._stays[key]


class Occupancy:
    """Whether each zone of a camera is occupied by one label."""

    def __init__(
        self,
        *,
        camera_id: str,
        label: str,
        grace_s: float,
        on_change: Callable[[ZoneChanged], None],
    ) -> None:
        self._camera_id = camera_id
        self._label = label
        self._grace_s = grace_s
        self._on_change = on_change
        self._last: dict[str, tuple[float, float]] = {}
        """Name to ``t`` and ``at`` of the last sight in it, of those that are occupied."""

    def update(self, t: float, at: float, since: dict[str, float]) -> None:
        """Take in who was seen: ``since`` which ``t`` somebody is in each zone, by its name."""
        for name, since_t in since.items():
            if name not in self._last:
                self._changed(name, at - (t - since_t), occupied=True)
            self._last[name] = (t, at)
        self.tick(t)

    def tick(self, t: float) -> None:
        """Let time pass: a zone is empty when nobody was seen in it for the grace period."""
        for name, (seen_t, at) in list(self._last.items()):
            if t - seen_t > self._grace_s:
                del self._last[name]
                self._changed(name, at, occupied=False)

    def reconfigure(self, grace_s: float, names: Collection[str]) -> None:
        """Go by other zones: those that are not there any more are empty."""
        self._grace_s = grace_s
        for name in self._last.keys() - names:
            _, at = self._last.pop(name)
            self._changed(name, at, occupied=False)

    def end(self) -> None:
        """Empty every zone now."""
        self.tick(math.inf)

    def _changed(self, name: str, at: float, *, occupied: bool) -> None:
        self._on_change(
            ZoneChanged(
                camera_id=self._camera_id, zone=name, label=self._label, occupied=occupied, at=at
            )
        )
