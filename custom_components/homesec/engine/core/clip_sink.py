"""The interface through which recordings store the rows of their clips."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .types import Clip


class ClipSink(Protocol):
    """Stores the rows of clips. Each method raises ``RowRefused``, and may be called by any thread.

    The catalog is in another process than the recording.
    """

    def put(self, clip: Clip) -> None:
        """Add a clip's row, or update what its recording knows."""

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Store a finished clip with its packed tracks; return its row."""

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Store zones and packed tracks of a clip that is being recorded."""
