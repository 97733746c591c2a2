"""What happens when a camera is tampered with: one of its settings."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..const import CONF_TAMPER

if TYPE_CHECKING:
    from collections.abc import Mapping


class TamperResponse(StrEnum):
    """What happens when a camera is tampered with."""

    IGNORE = "ignore"
    REPORT = "report"
    ALARM = "alarm"  # it's reported, and triggers the alarm while the camera guards


def tamper_response(data: Mapping[str, Any]) -> TamperResponse:
    """Return what happens to a camera with these settings."""
    return TamperResponse(data.get(CONF_TAMPER, TamperResponse.REPORT))
