"""The retention rules of a config entry's data, as the engine's rules."""

import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from ..const import CONF_RETENTION
from ..engine.library.retention_policy import GIB, Limits, RetentionRules, Tier, TierRules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONF_DAYS = {Tier.LOCAL: "local_days", Tier.CLOUD: "cloud_days"}
CONF_SIZE = {Tier.LOCAL: "local_gb", Tier.CLOUD: "cloud_gb"}
"""Of all cameras together; in a camera's own rules, of that camera."""
CONF_MIN_FREE = "min_free_gb"
CONF_MIN_FREE_PERCENT = "min_free_percent"  # of the disk
CONF_DELETED_DAYS = "deleted_days"  # how long clips stay in Recently deleted; 0: not at all
CONF_CAMERAS = "cameras"  # by camera id, the rules that differ

DEFAULT_MIN_FREE_GB = 1.0
DEFAULT_DELETED_DAYS = 7
NEW_DAYS = 30
NEW_FREE_PERCENT = 20
"""What a new system starts with; one that was set up before keeps what it has."""
DAY_S = 86_400.0


class DiskSpace(NamedTuple):
    """Bytes of a disk."""

    total: int
    free: int


def disk_space(folder: Path) -> DiskSpace | None:
    """Return the space on the disk of a folder that may not exist yet; None if it can't be read."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return DiskSpace(usage.total, usage.free)


def new_retention(space: DiskSpace | None) -> dict[str, Any]:
    """Return the rules of a new system, as they are stored.

    Clips get at least half of what is free: other programs may have filled the disk.
    """
    percent = NEW_FREE_PERCENT
    if space is not None and space.total > 0:
        percent = min(percent, 50 * space.free // space.total)
    return {CONF_DAYS[Tier.LOCAL]: NEW_DAYS, CONF_MIN_FREE_PERCENT: percent}


def retention_rules(data: Mapping[str, Any]) -> RetentionRules:
    """Return the rules; without any in the data, only some disk space is kept free."""
    stored: Mapping[str, Any] = data.get(CONF_RETENTION, {})
    return RetentionRules(
        local=_tier_rules(stored, Tier.LOCAL),
        cloud=_tier_rules(stored, Tier.CLOUD),
        min_free_bytes=int(stored.get(CONF_MIN_FREE, DEFAULT_MIN_FREE_GB) * GIB),
        min_free_share=stored.get(CONF_MIN_FREE_PERCENT, 0) / 100,
        deleted_kept_s=stored.get(CONF_DELETED_DAYS, DEFAULT_DELETED_DAYS) * DAY_S,
    )


def _tier_rules(stored: Mapping[str, Any], tier: Tier) -> TierRules:
    cameras: Mapping[str, Mapping[str, Any]] = stored.get(CONF_CAMERAS, {})
    days, size = CONF_DAYS[tier], CONF_SIZE[tier]
    return TierRules(
        each=Limits(max_age_s=_seconds(stored.get(days))),
        cameras={
            camera_id: Limits(
                max_age_s=_seconds(rules.get(days, stored.get(days))),
                max_bytes=_bytes(rules.get(size)),
            )
            for camera_id, rules in cameras.items()
        },
        total_bytes=_bytes(stored.get(size)),
    )


def _seconds(days: float | None) -> float | None:
    return None if days is None else days * DAY_S


def _bytes(gib: float | None) -> int | None:
    return None if gib is None else int(gib * GIB)
