"""The retention rules of a config entry's data, as the engine's rules."""

from typing import TYPE_CHECKING, Any

from ..const import CONF_RETENTION
from ..engine.library.retention_policy import GIB, Limits, RetentionRules, Tier, TierRules

if TYPE_CHECKING:
    from collections.abc import Mapping

CONF_DAYS = {Tier.LOCAL: "local_days", Tier.CLOUD: "cloud_days"}
CONF_SIZE = {Tier.LOCAL: "local_gb", Tier.CLOUD: "cloud_gb"}
"""Of all cameras together; in a camera's own rules, of that camera."""
CONF_MIN_FREE = "min_free_gb"
CONF_DELETED_DAYS = "deleted_days"  # how long clips stay in Recently deleted; 0: not at all
CONF_CAMERAS = "cameras"  # by camera id, the rules that differ

DEFAULT_MIN_FREE_GB = 1.0
DEFAULT_DELETED_DAYS = 7
DAY_S = 86_400.0


def retention_rules(data: Mapping[str, Any]) -> RetentionRules:
    """Return the rules; without any in the data, only some disk space is kept free."""
    stored: Mapping[str, Any] = data.get(CONF_RETENTION, {})
    return RetentionRules(
        local=_tier_rules(stored, Tier.LOCAL),
        cloud=_tier_rules(stored, Tier.CLOUD),
        min_free_bytes=int(stored.get(CONF_MIN_FREE, DEFAULT_MIN_FREE_GB) * GIB),
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
