"""What a recipient's subentry holds: a phone, who pays for texts to it, what is worth one."""

from datetime import time
import hashlib
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME

from ..alarm.machine import ARMED_MODES, AlarmMode
from ..cameras.config import stored_zones
from ..cameras.zones import find_zones
from ..engine.sms.types import TextAccount
from .rules import DEFAULT_CHOICES, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

CONF_ACCOUNT_SID: Final = "account_sid"
CONF_API_KEY_SID: Final = "api_key_sid"
CONF_SECRET: Final = "secret"  # noqa: S105 - the name of a field
CONF_SENDER: Final = "sender"
CONF_SERVICE_SID: Final = "messaging_service_sid"
CONF_TO: Final = "to"
ACCOUNT: Final = (
    *(CONF_ACCOUNT_SID, CONF_API_KEY_SID, CONF_SECRET),
    *(CONF_SENDER, CONF_SERVICE_SID, CONF_TO),
)

CONF_RULES: Final = "rules"
CONF_KINDS: Final = "kinds"
CONF_CAMERAS: Final = "cameras"
CONF_WANTED: Final = "labels"
CONF_IN_ZONES: Final = "zones"
CONF_MODES: Final = "modes"
CONF_FROM: Final = "hours_from"
CONF_UNTIL: Final = "hours_until"
CONF_COOL_DOWN: Final = "cool_down_min"
CONF_MAX_AGE: Final = "max_age_min"

DEFAULT_RULES: Final[Mapping[str, Any]] = {
    CONF_KINDS: list(DEFAULT_CHOICES),
    CONF_CAMERAS: [],
    CONF_WANTED: [],
    CONF_IN_ZONES: [],
    CONF_MODES: [mode.value for mode in ARMED_MODES],
    CONF_COOL_DOWN: 5,
    CONF_MAX_AGE: 30,
}
"""An empty list allows everything."""


def parse_account(data: Mapping[str, Any]) -> TextAccount:
    """Return how to send texts to a recipient."""
    return TextAccount(
        account_sid=data[CONF_ACCOUNT_SID],
        api_key_sid=data.get(CONF_API_KEY_SID),
        secret=data[CONF_SECRET],
        sender=data.get(CONF_SENDER),
        messaging_service_sid=data.get(CONF_SERVICE_SID),
        to=data[CONF_TO],
    )


def parse_rules(data: Mapping[str, Any], cameras: Mapping[str, Mapping[str, Any]]) -> Rules:
    """Return which alerts a recipient wants; ``cameras`` are the settings of all, by id."""
    stored = {**DEFAULT_RULES, **data.get(CONF_RULES, {})}
    begin, end = stored.get(CONF_FROM), stored.get(CONF_UNTIL)
    return Rules(
        kinds=frozenset(stored[CONF_KINDS]),
        cameras=frozenset(stored[CONF_CAMERAS]),
        labels=frozenset(stored[CONF_WANTED]),
        zones=frozenset(stored[CONF_IN_ZONES]),
        camera_zones=frozenset(
            (camera_id, zone[CONF_NAME])
            for camera_id, camera in cameras.items()
            for reference in stored[CONF_IN_ZONES]
            for zone in find_zones(stored_zones(camera), reference, ids_first=True)
        ),
        modes=frozenset(map(AlarmMode, stored[CONF_MODES])),
        hours=(time.fromisoformat(begin), time.fromisoformat(end)) if begin and end else None,
        cooldown_s=stored[CONF_COOL_DOWN] * 60,
        max_age_s=stored[CONF_MAX_AGE] * 60,
    )


def recipient_unique_id(entry_id: str, number: str) -> str:
    """Return a hash of the number, since diagnostics and logs may show unique ids."""
    digest = hashlib.sha256(f"{entry_id}\n{number}".encode()).hexdigest()
    return f"recipient:{digest[:32]}"
