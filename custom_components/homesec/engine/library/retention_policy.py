"""Decide which copies of clips to remove: limits on age and size, and a disk that must not fill.

- A protected clip is never removed.
- A recently deleted clip is removed after its time (`retention.py`), whatever its age. Before, it
  needs as much space as any other, so wherever space is needed, recently deleted clips go first.
  While the alarm is triggered, it neither goes nor counts: nobody can get rid of a clip by deleting
  it and filling the disk, and no other clip goes in its stead.
- A clip that waits for its upload keeps its file, whatever the limits say.
- Otherwise limits apply even to the last copy: that's what "keep for 30 days" means. The limits of
  one tier never remove copies of the other.
- A part of the disk can be set aside. Clips older than a day are removed for it, but newer ones
  aren't, nor are those that wait for their upload: other programs may have filled the disk.
- Only if the disk would fill, more files are removed: first of recently deleted clips that don't
  wait for their upload, then of clips that are in the cloud too, then of recently deleted ones that
  wait, then of others. The oldest go first.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ..core.clip_id import first_clip_id
from ..core.events import RemovalReason
from ..core.types import CloudState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .copies import ClipSummary

GIB = 1024**3
DELETED_KEPT_S = 7 * 86_400.0
NEWEST_KEPT_S = 86_400.0
"""Newer clips aren't removed for the part of the disk that's set aside."""


class Tier(StrEnum):
    """Where a copy of a clip is."""

    LOCAL = "local"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a camera's clips is kept; None for no limit."""

    max_age_s: float | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRules:
    """What is kept in one tier."""

    each: Limits = Limits()  # for cameras without limits of their own
    cameras: Mapping[str, Limits] = field(default_factory=dict)
    total_bytes: int | None = None  # of all cameras together


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """What is kept in both tiers."""

    local: TierRules = TierRules()
    cloud: TierRules = TierRules()
    min_free_bytes: int = GIB  # what stays free on the clips' disk
    min_free_share: float = 0.0  # the part of the disk that's set aside, 0 to 1
    deleted_kept_s: float = DELETED_KEPT_S
    """How long a clip stays in Recently deleted; with 0, deleting removes it at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A copy to remove."""

    clip_id: str
    tier: Tier
    reason: RemovalReason
    bytes: int
    last_copy: bool  # whether no copy is left after that
    deleted: bool = False  # whether it's in Recently deleted


def plan(
    summaries: Sequence[ClipSummary],
    rules: RetentionRules,
    *,
    now: float,
    free_bytes: int,
    disk_bytes: int = 0,
    uploading: bool,
    deleting: bool = True,
    purge_held: bool = False,
) -> list[Removal]:
    """Return which copies to remove, in this order.

    ``summaries`` are all saved clips, oldest first; ``free_bytes`` and ``disk_bytes``: the clips'
    disk; ``uploading``: whether clips are uploaded;
    ``deleting``: whether the bucket allows to delete, which it otherwise does by its own rules;
    ``purge_held``: whether recently deleted clips stay.
    """
    summaries = sorted(
        (s for s in summaries if s.deleted_at is None or not purge_held), key=_deleted_first
    )
    local = [s for s in summaries if s.local]
    cloud = [s._replace(bytes=s.cloud_bytes) for s in summaries if s.cloud is CloudState.STORED]
    waiting = {s.id for s in local if uploading and s.cloud is CloudState.WAITING}
    expired = dict(_by_limits(local, rules.local, now=now, keep=waiting))
    free_bytes += sum(s.bytes for s in local if s.id in expired)
    set_aside = int(disk_bytes * rules.min_free_share)
    newest = first_clip_id(now - NEWEST_KEPT_S)
    older = [s for s in local if s.id < newest and s.id not in waiting and s.id not in expired]
    for_share = dict.fromkeys(_for_space(older, set_aside - free_bytes, ()), RemovalReason.SIZE)
    free_bytes += sum(s.bytes for s in older if s.id in for_share)
    expired |= for_share
    others = (s for s in local if s.id not in expired)
    for_space = _for_space(others, rules.min_free_bytes - free_bytes, waiting)
    expired |= dict.fromkeys(for_space, RemovalReason.SPACE)
    cloud_rules = rules.cloud if deleting else TierRules()
    cloud_expired = dict(_by_limits(cloud, cloud_rules, now=now, keep=frozenset()))
    return [
        *_removals(Tier.LOCAL, local, expired, {s.id for s in cloud}),
        *_removals(Tier.CLOUD, cloud, cloud_expired, {s.id for s in local} - expired.keys()),
    ]


def _removals(
    tier: Tier,
    copies: Iterable[ClipSummary],
    reasons: Mapping[str, RemovalReason],
    other_copies: Collection[str],
) -> Iterator[Removal]:
    for copy in copies:
        if copy.id in reasons:
            yield Removal(
                clip_id=copy.id,
                tier=tier,
                reason=reasons[copy.id],
                bytes=copy.bytes,
                last_copy=copy.id not in other_copies,
                deleted=copy.deleted_at is not None,
            )


def _deleted_first(summary: ClipSummary) -> tuple[bool, float]:
    """Sort recently deleted clips to the front, the oldest deletion first."""
    return summary.deleted_at is None, summary.deleted_at or 0.0


def _by_limits(
    copies: Sequence[ClipSummary], rules: TierRules, *, now: float, keep: Iterable[str]
) -> Iterator[tuple[str, RemovalReason]]:
    """Yield what is too old, then what is too much, first by camera, then of all cameras."""
    keep = frozenset(keep)
    by_camera: defaultdict[str, list[ClipSummary]] = defaultdict(list)
    for copy in copies:
        by_camera[copy.camera_id].append(copy)
    removed: set[str] = set()
    for camera_id, its_copies in by_camera.items():
        limits = rules.cameras.get(camera_id, rules.each)
        if limits.max_age_s is not None:
            end = first_clip_id(now - limits.max_age_s)
            kept = {c.id for c in its_copies if c.protected or c.deleted_at is not None}
            kept |= keep
            old = [c.id for c in its_copies if c.id < end and c.id not in kept]
            removed.update(old)
            yield from ((clip_id, RemovalReason.AGE) for clip_id in old)
        too_many = list(_beyond(its_copies, limits.max_bytes, keep, removed))
        removed.update(too_many)
        yield from ((clip_id, RemovalReason.SIZE) for clip_id in too_many)
    for clip_id in _beyond(copies, rules.total_bytes, keep, removed):
        yield clip_id, RemovalReason.SIZE


def _beyond(
    copies: Sequence[ClipSummary], max_bytes: int | None, keep: frozenset[str], removed: set[str]
) -> Iterator[str]:
    """Yield the oldest, until the rest is within the limit."""
    if max_bytes is None:
        return
    excess = sum(c.bytes for c in copies if c.id not in removed) - max_bytes
    for copy in copies:
        if excess <= 0:
            return
        if not copy.protected and copy.id not in keep and copy.id not in removed:
            excess -= copy.bytes
            yield copy.id


def _for_space(
    copies: Iterable[ClipSummary], missing_bytes: int, waiting: Collection[str]
) -> Iterator[str]:
    """Yield what to remove to get free space, in the order that the module's docstring has."""

    def rank(copy: ClipSummary) -> tuple[int, bool]:
        in_cloud = copy.cloud is CloudState.STORED
        if copy.deleted_at is not None:
            return (2 if copy.id in waiting else 0), not in_cloud
        return (1 if in_cloud else 3), False

    if missing_bytes <= 0:
        return
    for copy in sorted((c for c in copies if not c.protected), key=rank):
        if missing_bytes <= 0:
            return
        missing_bytes -= copy.bytes
        yield copy.id
