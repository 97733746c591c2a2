"""The engine's exceptions as Home Assistant's: translated here and nowhere else."""

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
)
from .engine.sms.errors import TextError

_CANNOT_BE_DONE = (ClipNotFound, ClipProtected)
"""What was asked for is wrong, nothing else."""
_TOLD_APART = (CameraNotRunning, DiskFull, DiskReadOnly, StorageError, TextError, *_CANNOT_BE_DONE)


class EngineNotRunningError(HomeAssistantError):
    """HomeSec is starting, stopping or could not start."""

    def __init__(self) -> None:
        super().__init__(translation_domain=DOMAIN, translation_key="engine_not_running")


def translated(error: HomeSecError) -> HomeAssistantError:
    """Return what a person is told about an error of the engine."""
    kind = ServiceValidationError if isinstance(error, _CANNOT_BE_DONE) else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.key if isinstance(error, _TOLD_APART) else "engine_failed",
        translation_placeholders={"error": str(error)},
    )
