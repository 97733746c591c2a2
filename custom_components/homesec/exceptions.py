"""Translates the engine's exceptions to Home Assistant's; the only place that does."""

from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN, LOGGER
from .engine.cloud.errors import (
    EncryptedFileBroken,
    EncryptionError,
    PolicyDenied,
    StorageError,
)
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


LOGGED: Final = frozenset(
    error.key
    for error in (
        EncryptedFileBroken,
        EncryptionError,
        HomeSecError,
        PolicyDenied,
        StorageError,
        TextError,
    )
)
"""Keys of the errors whose texts refer to the log; the others say all, and would be noise there."""


class EngineNotRunningError(HomeAssistantError):
    """The engine is starting or stopping, or couldn't be started."""

    def __init__(self) -> None:
        super().__init__(translation_domain=DOMAIN, translation_key="engine_not_running")


def translated(error: HomeSecError) -> HomeAssistantError:
    """Return Home Assistant's exception for one of the engine."""
    log_cause(error)
    kind = ServiceValidationError if isinstance(error, _INVALID_REQUESTS) else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.key if isinstance(error, _WITH_OWN_TEXT) else "engine_failed",
        translation_placeholders={"error": str(error)},
    )


def log_cause(error: HomeSecError) -> None:
    """Log an error that a user is about to be shown, if its text refers to the log."""
    if error.key in LOGGED:
        LOGGER.warning("Something could not be done: %s", error.log_text)
