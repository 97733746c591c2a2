"""What every kind of source looks like from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..media.packets import MediaFormat, MediaPacket


class SourceFeed(Protocol):
    """A camera known to the engine's owner only; called from the camera's own thread."""

    def stream_url(self) -> str | None:
        """Return a URL to open, or None if there are only still pictures.

        Raises ``EntityUnavailable``.
        """
        ...

    def snapshot(self) -> bytes:
        """Return one JPEG or PNG picture. Raises ``EntityUnavailable``."""
        ...


class Connection(Protocol):
    """An open source."""

    @property
    def video(self) -> MediaFormat:
        """The video stream."""
        ...

    @property
    def audio(self) -> MediaFormat | None:
        """The audio stream, if one can be kept."""
        ...

    def packets(self) -> Iterator[MediaPacket]:
        """Give packets until the source ends; raises ``SourceError`` when it breaks."""
        ...

    def close(self) -> None:
        """Release the source."""
        ...
