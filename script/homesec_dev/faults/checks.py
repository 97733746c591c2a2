"""What became of every announced clip: on disk, in the catalog, and in the bucket."""

from __future__ import annotations

from dataclasses import dataclass, field
import hashlib
from itertools import pairwise
import math
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import av.error

from custom_components.homesec.engine.cloud.object_names import object_name
from custom_components.homesec.engine.core.types import Clip, ClipState, CloudState
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.deletion_marker import marker_path

from .parts import content
from .videos import PICTURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .cloud import Cloud
    from .engine_process import Report

PREFIX = "house"
LAST_SECOND_S = 1.0
"""A clip that began so shortly before a kill may have no frame yet; README says so."""


class RecordingProcess(Protocol):
    """A process that records clips, and what it reported."""

    clips_dir: Path
    data_dir: Path

    @property
    def reports(self) -> Sequence[Report]:
        """Return its reports in order."""
        ...

    @property
    def ended(self) -> Mapping[int, float]:
        """Return the end of each run (monotonic seconds)."""
        ...

    @property
    def worker_ended(self) -> Sequence[tuple[float, float]]:
        """Return beginning and end of each fault of a worker."""
        ...


class Refusals(Protocol):
    """A disk that may have refused to write."""

    def refused_between(self, begin: float, end: float) -> bool:
        """Return whether it refused to write at some moment between two."""
        ...


@dataclass(kw_only=True)
class Verdict:
    """Ids of clips, or names of files and objects, by what became of them."""

    clips: set[str] = field(default_factory=set)
    """All clips that were announced or are in the catalog."""
    refused: set[str] = field(default_factory=set)
    """A full or read-only disk never took a frame of them."""
    last_second: set[str] = field(default_factory=set)
    """They began in the last second before a kill and have no frame."""
    lost: dict[str, str] = field(default_factory=dict)
    """With the reason."""
    duplicated: set[str] = field(default_factory=set)
    unplayable: dict[str, str] = field(default_factory=dict)
    stray: set[str] = field(default_factory=set)
    """Files and objects that belong to no clip."""
    missing_ends_s: list[float] = field(default_factory=list)
    """Seconds missing at the end of each clip that a kill ended; a figure only, as it also depends
    on the machine's load.
    """

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled, or damaged."""
        return not (self.lost or self.duplicated or self.unplayable or self.stray)


class Judge:
    """Compares disk, catalog, and bucket once the engine is idle."""

    def __init__(self, *, process: RecordingProcess, disk: Refusals, cloud: Cloud) -> None:
        self._process = process
        self._disk = disk
        self._cloud = cloud
        self._begun: dict[str, Report] = {}
        self._announced: set[str] = set()
        self._failed = {x.id: x.t for x in reversed(process.reports) if x.what == "failed"}
        """Time of the first report of each clip."""
        self._ended_well = {
            (x.id, x.life) for x in process.reports if x.what in ("saved", "failed")
        }
        for report in process.reports:
            if report.what in ("started", "saved"):
                self._announced.add(report.id)
            if report.what == "started":
                self._begun[report.id] = report

    def judge(self) -> Verdict:
        """Return the verdict."""
        with Catalog(self._process.data_dir / "clips.db") as catalog:
            rows = {
                clip.id: clip for state in ClipState for clip in catalog.queries.in_state(state)
            }
        objects = self._cloud.objects()
        verdict = Verdict()
        kept = {clip.id for clip in rows.values() if clip.state is ClipState.SAVED}
        verdict.clips = kept | self._announced
        reported_failed = {x.id for x in self._process.reports if x.what == "failed"}
        for clip_id in sorted(verdict.clips | reported_failed):
            self._judge(clip_id, rows.get(clip_id), objects, verdict)
        verdict.clips -= verdict.refused | verdict.last_second
        self._find_duplicates(objects, verdict)
        self._find_strays([rows[clip_id] for clip_id in kept], objects, verdict)
        return verdict

    def _judge(
        self, clip_id: str, clip: Clip | None, objects: dict[str, str], verdict: Verdict
    ) -> None:
        if clip is None:
            verdict.lost[clip_id] = "it has no row"
        elif clip.state is ClipState.SAVED:
            self._judge_saved(clip, objects, verdict)
        elif clip.state is not ClipState.FAILED:
            verdict.lost[clip_id] = f"its row says {clip.state}"
        elif self._was_refused(clip):
            verdict.refused.add(clip_id)
        elif self._in_the_last_second(clip_id):
            verdict.last_second.add(clip_id)
        else:
            verdict.lost[clip_id] = f"failed: {clip.error}"

    def _judge_saved(self, clip: Clip, objects: dict[str, str], verdict: Verdict) -> None:
        video = self._process.clips_dir / clip.path
        if not video.is_file():
            verdict.lost[clip.id] = "its file is not there"
            return
        if (fault := defect_of(video)) is not None:
            verdict.unplayable[clip.id] = fault
        elif (missing_s := self._missing_end_s(clip)) is not None:
            verdict.missing_ends_s.append(missing_s)
        if clip.cloud is not CloudState.STORED:
            verdict.lost[clip.id] = f"its row says {clip.cloud} of the cloud"
        for path, suffix in ((clip.path, ".mp4"), (clip.still_path, ".jpg")):
            if path is None:
                continue
            there = objects.get(object_name(clip, prefix=PREFIX, suffix=suffix))
            if there is None:
                verdict.lost[clip.id] = f"its {suffix} is not in the bucket"
            elif there != _md5(self._process.clips_dir / path):
                verdict.lost[clip.id] = f"its {suffix} in the bucket is another one"

    def _was_refused(self, clip: Clip) -> bool:
        if (begun := self._begun.get(clip.id)) is None:
            return clip.error in ("disk_full", "disk_read_only")
        # Whether any of it was written after all shows among the stray files.
        end = min(self._process.ended[begun.life], self._failed.get(clip.id, math.inf))
        return self._disk.refused_between(begun.t - LAST_SECOND_S, end)

    def _in_the_last_second(self, clip_id: str) -> bool:
        begun = self._begun.get(clip_id)
        if begun is None or self._process.ended[begun.life] - begun.t <= LAST_SECOND_S:
            return True
        faults = self._process.worker_ended
        return any(began - LAST_SECOND_S <= begun.t <= ended for began, ended in faults)

    def _missing_end_s(self, clip: Clip) -> float | None:
        """Return the seconds missing at the end of a clip that only a kill ended."""
        begun = self._begun.get(clip.id)
        if begun is None or (clip.id, begun.life) in self._ended_well:
            return None
        killed_t = self._process.ended[begun.life]
        if self._disk.refused_between(begun.t, killed_t) or not 0 <= begun.back_s < 10:
            return None  # the disk ended it, or the clock was set then
        return killed_t - (begun.t - begun.back_s + clip.duration_s)

    def _find_duplicates(self, objects: dict[str, str], verdict: Verdict) -> None:
        verdict.duplicated |= set(self._cloud.overwritten)
        seen: set[str] = set()
        for name in objects:
            file_name = name.rpartition("/")[2]
            if file_name in seen:  # the same clip under two names
                verdict.duplicated.add(name)
            seen.add(file_name)

    def _find_strays(self, clips: list[Clip], objects: dict[str, str], verdict: Verdict) -> None:
        files = {path for clip in clips for path in (clip.path, clip.still_path) if path}
        files |= {
            marker_path(Path(clip.path)).as_posix() for clip in clips if clip.deleted_at is not None
        }
        root = self._process.clips_dir
        verdict.stray |= {
            path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
        } - files
        names = {
            object_name(clip, prefix=PREFIX, suffix=suffix)
            for clip in clips
            for suffix in (".mp4", *((".jpg",) if clip.still_path else ()))
        }
        verdict.stray |= objects.keys() - names


def defect_of(video: Path) -> str | None:
    """Return what is wrong with a video, decoded strictly to its end."""
    try:
        numbers = content(video).numbers
    except (av.error.FFmpegError, OSError, IndexError, TypeError) as err:
        return f"{type(err).__name__}: {err}"
    if not numbers:
        return "no picture"
    if any((b - a) % PICTURES != 1 for a, b in pairwise(numbers)):
        return f"pictures are missing: {numbers}"
    return None


def _md5(path: Path) -> str | None:
    if not path.is_file():
        return None
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
