"""Which copies of clips are to go: rules by age and by size, and a disk that must not fill.

A pure function of what there is; ``retention.py`` does what it says.

- A protected clip is left alone, whatever happens.
- A clip that still waits for its upload keeps its file, whatever the rules say.
- Of all other clips a rule removes what it was made for, the last copy, too: that is what an owner
  means by "keep for 30 days". The local rules never touch the cloud, and the other way round.
- Only if the disk would otherwise fill do files go that no rule covers: first of clips that are in
  the cloud, then, if that is not enough, clips that are nowhere else. The oldest goes first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ..core.clip_id import first_clip_id
from ..core.events import RemovalReason
from ..core.types import CloudState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .copies import ClipSummary

GIB = 1024**3


class Tier(StrEnum):
    """Where a copy is."""

    LOCAL = "local"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a camera's clips is kept; None: no limit."""

    max_age_s: float | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRules:
    """What is kept in one tier."""

    each: Limits = Limits()
    """For each camera that has no limits of its own."""
    cameras: Mapping[str, Limits] = field(default_factory=dict)
    total_bytes: int | None = None
    """Of all cameras together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """What is kept where."""

    local: TierRules = TierRules()
    cloud: TierRules = TierRules()
    min_free_bytes: int = GIB
    """So much of the clips' disk stays free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One copy that is to go."""

    clip_id: str
    tier: Tier
    reason: RemovalReason
    bytes: int
    last_copy: bool
    """Whether the clip is nowhere any more after that."""


def plan(
    summaries: Sequence[ClipSummary],
    rules: RetentionRules,
    *,
    now: float,
    free_bytes: int,
    uploading: bool,
) -> list[Removal]:
    """Return what is to go, in this order.

    ``summaries`` are all finished clips, oldest first; ``uploading`` tells whether there is a cloud
    at all that clips may wait for.
    """
    here = [_Copy(h, h.bytes) for h in summaries if h.local]
    there = [_Copy(h, h.cloud_bytes) for h in summaries if h.cloud is CloudState.STORED]
    waiting = {h.id for h in summaries if uploading and h.local and h.cloud is CloudState.WAITING}
    dropped = dict(_by_rules(here, rules.local, now=now, keep=waiting))
    too_little = rules.min_free_bytes - free_bytes - sum(c.bytes for c in here if c.id in dropped)
    dropped |= dict.fromkeys(
        _for_space((c for c in here if c.id not in dropped), too_little), RemovalReason.SPACE
    )
    in_cloud = {c.id for c in there}
    local = [
        Removal(
            clip_id=c.id,
            tier=Tier.LOCAL,
            reason=dropped[c.id],
            bytes=c.bytes,
            last_copy=c.id not in in_cloud,
        )
        for c in here
        if c.id in dropped
    ]
    expired = dict(_by_rules(there, rules.cloud, now=now, keep=frozenset()))
    left = {c.id for c in here} - dropped.keys()
    cloud = [
        Removal(
            clip_id=c.id,
            tier=Tier.CLOUD,
            reason=expired[c.id],
            bytes=c.bytes,
            last_copy=c.id not in left,
        )
        for c in there
        if c.id in expired
    ]
    return local + cloud


class _Copy:
    """One copy in one tier."""

    __slots__ = ("bytes", "camera_id", "id", "protected", "stored")

    def __init__(self, holding: ClipSummary, size: int) -> None:
        self.id = holding.id
        self.camera_id = holding.camera_id
        self.bytes = size
        self.protected = holding.protected
        self.stored = holding.cloud is CloudState.STORED


def _by_rules(
    copies: Sequence[_Copy], rules: TierRules, *, now: float, keep: Iterable[str]
) -> Iterator[tuple[str, RemovalReason]]:
    """Give what is too old, then what is too much; each camera by itself, then all together."""
    keep = frozenset(keep)
    by_camera: defaultdict[str, list[_Copy]] = defaultdict(list)
    for copy in copies:
        by_camera[copy.camera_id].append(copy)
    gone: set[str] = set()
    for camera_id, its in by_camera.items():
        limits = rules.cameras.get(camera_id, rules.each)
        if limits.max_age_s is not None:
            end = first_clip_id(now - limits.max_age_s)
            old = [c.id for c in its if c.id < end and not c.protected and c.id not in keep]
            gone.update(old)
            yield from ((clip_id, RemovalReason.AGE) for clip_id in old)
        too_many = list(_beyond(its, limits.max_bytes, keep | gone, gone))
        gone.update(too_many)
        yield from ((clip_id, RemovalReason.SIZE) for clip_id in too_many)
    for clip_id in _beyond(copies, rules.total_bytes, keep | gone, gone):
        yield clip_id, RemovalReason.SIZE


def _beyond(
    copies: Sequence[_Copy], max_bytes: int | None, keep: Iterable[str], gone: Iterable[str]
) -> Iterator[str]:
    """Give the oldest, until the rest fits in."""
    if max_bytes is None:
        return
    keep, gone = frozenset(keep), frozenset(gone)
    too_much = sum(c.bytes for c in copies if c.id not in gone) - max_bytes
    for copy in copies:
        if too_much <= 0:
            return
        if not copy.protected and copy.id not in keep:
            too_much -= copy.bytes
            yield copy.id


def _for_space(copies: Iterable[_Copy], too_little: int) -> Iterator[str]:
    """Give what makes room: first what is safe elsewhere, then the oldest of all."""
    if too_little <= 0:
        return
    for copy in sorted((c for c in copies if not c.protected), key=lambda c: not c.stored):
        if too_little <= 0:
            return
        too_little -= copy.bytes
        yield copy.id
