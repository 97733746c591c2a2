"""The tracks of a clip, which the panel draws over the video.

Stored a few times per second, in thousandths of the picture and hundredths of a second: finer than
is visible, and less than a hundredth of the video's size.
"""

from dataclasses import dataclass, field
import json
import threading
from typing import TYPE_CHECKING, NamedTuple
import zlib

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .types import Track, Zone

INTERVAL_S = 0.2
MAX_BOXES = 6000  # per clip: ten people for two minutes. Beyond that the interval is doubled.
MAX_TRACKS = 200  # per clip. Beyond that the shortest of the tracks that have ended is dropped.
ENDED_S = 1.0
MAX_BYTES = 1_000_000  # limit of the unpacked text, since the database may be damaged
_DAMAGE = (zlib.error, ValueError, KeyError, TypeError, OverflowError, RecursionError)
_VERSION = 1
_NUMBERS_PER_BOX = 6
_SLACK_S = 0.02  # sampled frames aren't exactly ``INTERVAL_S`` apart


class TrackBox(NamedTuple):
    """A box of a track; ``t`` is seconds from the start of the video."""

    t: float
    x1: float
    y1: float
    x2: float
    y2: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTrack:
    """One object's path through a clip."""

    id: int
    label: str
    boxes: tuple[TrackBox, ...]


@dataclass(slots=True)
class _Path:
    label: str
    boxes: list[TrackBox] = field(default_factory=list)


class TrackLog:
    """Collects the tracks of one clip: written by the camera's thread, packed by the writer's."""

    def __init__(self, start_t: float = 0.0, zones: Iterable[Zone] = ()) -> None:
        """``start_t``: of the clip's first frame, on the camera's timeline."""
        self._start_t = start_t
        self._zones = {zone.name: False for zone in zones}
        self._lock = threading.Lock()
        self._paths: dict[int, _Path] = {}
        self._included: set[int] = set()
        self._box_count = 0
        self._interval_s = INTERVAL_S

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that objects were in, in the camera's order."""
        with self._lock:
            return tuple(name for name, entered in self._zones.items() if entered)

    def add_zones(self, zones: Iterable[str]) -> None:
        """Add zones that objects are in."""
        with self._lock:
            self._zones.update(dict.fromkeys(zones, True))

    def include(self, track_ids: Iterable[int]) -> None:
        """Include these tracks when packing; others may have been false detections."""
        with self._lock:
            self._included.update(track_ids)

    def add(self, t: float, tracks: Iterable[Track]) -> None:
        """Add the boxes of tracks at ``t``, unless that is before the clip's start."""
        video_s = t - self._start_t
        if video_s < 0:
            return
        with self._lock:
            for track in tracks:
                self._add(video_s, track)

    def _add(self, video_s: float, track: Track) -> None:
        path = self._paths.get(track.id)
        if path is None:
            if len(self._paths) >= MAX_TRACKS and not self._drop_ended(video_s):
                return
            path = self._paths[track.id] = _Path(track.label)
        if path.boxes and video_s - path.boxes[-1].t < self._interval_s - _SLACK_S:
            return
        box = track.box
        path.boxes.append(TrackBox(video_s, box.x1, box.y1, box.x2, box.y2, track.score))
        self._box_count += 1
        if self._box_count >= MAX_BOXES:
            self._downsample()

    def _drop_ended(self, video_s: float) -> bool:
        """Drop the shortest track that has ended, preferably one that isn't included."""
        ended = [x for x, path in self._paths.items() if video_s - path.boxes[-1].t > ENDED_S]
        if not ended:
            return False
        least = min(ended, key=lambda x: (x in self._included, len(self._paths[x].boxes)))
        self._box_count -= len(self._paths.pop(least).boxes)
        return True

    def _downsample(self) -> None:
        self._interval_s *= 2
        for path in self._paths.values():
            path.boxes = path.boxes[::2]
        self._box_count = sum(len(path.boxes) for path in self._paths.values())

    def pack(self) -> bytes | None:
        """Return the included tracks as stored in the catalog; None if there are none."""
        with self._lock:
            tracks = [
                [track_id, path.label, [n for box in path.boxes for n in _box_to_numbers(box)]]
                for track_id, path in self._paths.items()
                if track_id in self._included and path.boxes
            ]
        if not tracks:
            return None
        text = json.dumps({"v": _VERSION, "tracks": tracks}, separators=(",", ":"))
        return zlib.compress(text.encode())


def unpack(packed: bytes) -> list[ClipTrack]:
    """Return the tracks that ``pack`` has packed; none if the data is damaged."""
    try:
        text = zlib.decompressobj().decompress(packed, MAX_BYTES)
        return [
            ClipTrack(id=int(track_id), label=str(label), boxes=_numbers_to_boxes(numbers))
            for track_id, label, numbers in json.loads(text)["tracks"]
        ]
    except _DAMAGE:
        return []


def _box_to_numbers(box: TrackBox) -> tuple[int, ...]:
    t, *fractions = box
    return (round(t * 100), *(round(min(max(x, 0.0), 1.0) * 1000) for x in fractions))


def _numbers_to_boxes(values: list[int]) -> tuple[TrackBox, ...]:
    numbers = [int(value) for value in values]  # raises for JSON's NaN and Infinity
    return tuple(
        TrackBox(numbers[i] / 100, *(n / 1000 for n in numbers[i + 1 : i + _NUMBERS_PER_BOX]))
        for i in range(0, len(numbers) - _NUMBERS_PER_BOX + 1, _NUMBERS_PER_BOX)
    )
