"""Translates the engine's exceptions to Home Assistant's; the only place that does."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .engine.cloud.errors import StorageError
from .engine.core.errors import (
    CameraNotRunning,
    ClipNotFound,
    ClipProtected,
    DiskFull,
    DiskReadOnly,
    HomeSecError,
    PurgeHeld,
)
from .engine.sms.errors import TextError

_INVALID_REQUESTS = (ClipNotFound, ClipProtected, PurgeHeld)
"""The request was wrong, and nothing else."""
_WITH_OWN_TEXT = (
    CameraNotRunning,
    DiskFull,
    DiskReadOnly,
    StorageError,
    TextError,
    *_INVALID_REQUESTS,
)


class EngineNotRunningError(HomeAssistantError):
    """The engine is starting or stopping, or couldn't be started."""

    def __init__(self) -> None:
        super().__init__(translation_domain=DOMAIN, translation_key="engine_not_running")


def translated(error: HomeSecError) -> HomeAssistantError:
    """Return Home Assistant's exception for one of the engine."""
    kind = ServiceValidationError if isinstance(error, _INVALID_REQUESTS) else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.key if isinstance(error, _WITH_OWN_TEXT) else "engine_failed",
        translation_placeholders={"error": str(error)},
    )
