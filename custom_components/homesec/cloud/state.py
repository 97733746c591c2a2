"""The present state of the clips' storage, from the engine's events."""

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
    """Cloud and disk; changed in the event loop only."""

    cloud: bool = False  # whether a bucket is set up
    missing_rights: tuple[str, ...] = ()  # what the account may not do in the bucket
    uploads: OutboxChanged = field(default_factory=lambda: OutboxChanged(backlog=Backlog()))
    login_error: str | None = None  # error key of the login at start
    disk_low: bool = False
    uploaded_share: dict[str, float] = field(default_factory=dict)
    """By clip id, of clips that are being uploaded: the uploaded share of the video, 0 to 1."""

    def apply(self, event: EngineEvent) -> None:
        """Update the state by an event."""
        match event:
            case OutboxChanged():
                self.uploads = event
            case UploadProgress():
                self.uploaded_share[event.clip_id] = event.share
            case ClipUploaded():
                self.login_error = None
                self.uploaded_share.pop(event.clip.id, None)
            case DiskSpaceChanged():
                self.disk_low = event.low

    @property
    def error(self) -> str | None:
        """Key of the error that prevents uploads."""
        return self.uploads.error or self.login_error

    @property
    def needs_user_action(self) -> bool:
        """Whether the error doesn't pass by itself."""
        return self.error is not None and (self.uploads.paused or self.error in NEEDS_USER)

    def waiting_s(self, now: float) -> float:
        """Return how long the oldest job has waited; 0 if there is none."""
        oldest_at = self.uploads.backlog.oldest_at
        return 0.0 if oldest_at is None else max(0.0, now - oldest_at)


def error_keys(*errors: type[StorageError]) -> frozenset[str]:
    """Return the keys of these errors and of their subclasses."""
    return frozenset(
        key for error in errors for key in (error.key, *error_keys(*error.__subclasses__()))
    )


NEEDS_USER = error_keys(StorageDenied, BucketMissing)
