"""Who was where in a clip, for the page to draw over the film.

Boxes are kept a few times a second, as thousandths of the picture and hundredths of a second: finer
than anybody sees, and less than a hundredth of the film.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import json
import threading
from typing import TYPE_CHECKING, NamedTuple
import zlib

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .types import Track, Zone

INTERVAL_S = 0.2
MOST_BOXES = 6000
"""In one clip: ten people for two minutes. What would be more is kept half as often."""
MOST_TRACKS = 200
"""In one clip. A new one takes the place of whoever is gone and was seen least."""
GONE_S = 1.0
MOST_BYTES = 1_000_000
"""Of the unpacked text; whoever could write the catalogue could write anything."""
_DAMAGE = (zlib.error, ValueError, KeyError, TypeError, OverflowError, RecursionError)
_VERSION = 1
_NUMBERS = 6
_SLACK_S = 0.02
"""Looks do not come on the dot."""


class TrackBox(NamedTuple):
    """Where something was; ``t`` in seconds from the film's start, corners 0..1."""

    t: float
    x1: float
    y1: float
    x2: float
    y2: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTrack:
    """One object's way through a clip."""

    id: int
    label: str
    boxes: tuple[TrackBox, ...]


@dataclass(slots=True)
class _Path:
    label: str
    boxes: list[TrackBox] = field(default_factory=list)


class TrackLog:
    """Who was where in one clip: noted by the camera's thread, packed by the recorder's."""

    def __init__(self, start_t: float = 0.0, zones: Iterable[Zone] = ()) -> None:
        """``start_t``: of the film's first picture, on the camera's timeline."""
        self._start_t = start_t
        self._zones = {zone.name: False for zone in zones}
        self._lock = threading.Lock()
        self._ways: dict[int, _Path] = {}
        self._counted: set[int] = set()
        self._boxes = 0
        self._interval_s = INTERVAL_S

    @property
    def zones(self) -> tuple[str, ...]:
        """Where somebody was, in the order of the camera's zones."""
        with self._lock:
            return tuple(name for name, seen in self._zones.items() if seen)

    def add_zones(self, zones: Iterable[str]) -> None:
        """Take in where somebody is."""
        with self._lock:
            self._zones.update(dict.fromkeys(zones, True))

    def include(self, track_ids: Iterable[int]) -> None:
        """Take in who counts: what was only taken for somebody for a moment does not."""
        with self._lock:
            self._counted.update(track_ids)

    def add(self, t: float, tracks: Iterable[Track]) -> None:
        """Take in who was seen at ``t``; what was before the film begins is not in it."""
        film_s = t - self._start_t
        if film_s < 0:
            return
        with self._lock:
            for track in tracks:
                self._add(film_s, track)

    def _add(self, film_s: float, track: Track) -> None:
        way = self._ways.get(track.id)
        if way is None:
            if len(self._ways) >= MOST_TRACKS and not self._make_room(film_s):
                return
            way = self._ways[track.id] = _Path(track.label)
        if way.boxes and film_s - way.boxes[-1].t < self._interval_s - _SLACK_S:
            return
        box = track.box
        way.boxes.append(TrackBox(film_s, box.x1, box.y1, box.x2, box.y2, track.score))
        self._boxes += 1
        if self._boxes >= MOST_BOXES:
            self._downsample()

    def _make_room(self, film_s: float) -> bool:
        """Forget one of those who are gone, if possible one that nobody counts."""
        gone = [x for x, way in self._ways.items() if film_s - way.boxes[-1].t > GONE_S]
        if not gone:
            return False
        least = min(gone, key=lambda x: (x in self._counted, len(self._ways[x].boxes)))
        self._boxes -= len(self._ways.pop(least).boxes)
        return True

    def _downsample(self) -> None:
        self._interval_s *= 2
        for way in self._ways.values():
            way.boxes = way.boxes[::2]
        self._boxes = sum(len(way.boxes) for way in self._ways.values())

    def pack(self) -> bytes | None:
        """Return all who count, as the catalogue keeps it; None if nobody does."""
        with self._lock:
            ways = [
                [track_id, way.label, [n for box in way.boxes for n in _packed(box)]]
                for track_id, way in self._ways.items()
                if track_id in self._counted and way.boxes
            ]
        if not ways:
            return None
        text = json.dumps({"v": _VERSION, "tracks": ways}, separators=(",", ":"))
        return zlib.compress(text.encode())


def unpack(packed: bytes) -> list[ClipTrack]:
    """Return what ``pack`` has packed; nothing for anything else."""
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(packed, MOST_BYTES)
        ways = json.loads(text)["tracks"]
        return [
            ClipTrack(id=int(track_id), label=str(label), boxes=_unpacked(numbers))
            for track_id, label, numbers in ways
        ]
    except _DAMAGE:
        return []


def _packed(box: TrackBox) -> tuple[int, ...]:
    t, *shares = box
    return (round(t * 100), *(round(min(max(share, 0.0), 1.0) * 1000) for share in shares))


def _unpacked(text: list[int]) -> tuple[TrackBox, ...]:
    numbers = [int(number) for number in text]  # JSON knows what is no number, too
    return tuple(
        TrackBox(numbers[i] / 100, *(n / 1000 for n in numbers[i + 1 : i + _NUMBERS]))
        for i in range(0, len(numbers) - _NUMBERS + 1, _NUMBERS)
    )
