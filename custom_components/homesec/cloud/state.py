"""What is known of the clips' storage at the moment, as the engine's events told it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..engine.cloud.errors import BucketMissing, StorageDenied, StorageError
from ..engine.core.events import (
    Backlog,
    ClipUploaded,
    DiskSpaceChanged,
    OutboxChanged,
    UploadProgress,
)

if TYPE_CHECKING:
    from ..engine.core.events import EngineEvent


@dataclass(slots=True, kw_only=True)
class StorageState:
    """Cloud and disk; changed by events only, in the event loop."""

    cloud: bool = False
    """Whether there is one at all."""
    uploads: OutboxChanged = field(default_factory=lambda: OutboxChanged(backlog=Backlog()))
    login_error: str | None = None
    """Key of what kept the cloud from being used when all began."""
    disk_low: bool = False
    arrived: dict[str, float] = field(default_factory=dict)
    """By clip id: the share of its film that is in the cloud, while that is on its way."""

    def apply(self, event: EngineEvent) -> None:
        """Take in what happened."""
        match event:
            case OutboxChanged():
                self.uploads = event
            case UploadProgress():
                self.arrived[event.clip_id] = event.share
            case ClipUploaded():
                self.login_error = None
                self.arrived.pop(event.clip.id, None)
            case DiskSpaceChanged():
                self.disk_low = event.low

    @property
    def error(self) -> str | None:
        """Key of what is in the way of uploads."""
        return self.uploads.error or self.login_error

    @property
    def needs_somebody(self) -> bool:
        """Whether waiting does not help."""
        return self.error is not None and (self.uploads.paused or self.error in FOR_A_PERSON)

    def waiting_s(self, now: float) -> float:
        """Return how long the oldest job has waited; 0 if there is none."""
        oldest_at = self.uploads.backlog.oldest_at
        return 0.0 if oldest_at is None else max(0.0, now - oldest_at)


def error_keys(*errors: type[StorageError]) -> frozenset[str]:
    """Return the keys of these errors and of all that are told apart among them."""
    return frozenset(
        key for error in errors for key in (error.key, *error_keys(*error.__subclasses__()))
    )


FOR_A_PERSON = error_keys(StorageDenied, BucketMissing)
