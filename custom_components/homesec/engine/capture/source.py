"""The interfaces of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..media.packets import MediaFormat, MediaPacket


class SourceFeed(Protocol):
    """A camera outside of the engine; called from the camera's thread."""

    def stream_url(self) -> str | None:
        """Return a URL to open, or None if there are only single pictures.

        Raises ``EntityUnavailable``.
        """
        ...

    def snapshot(self) -> bytes:
        """Return a JPEG or PNG. Raises ``EntityUnavailable``."""
        ...


class Connection(Protocol):
    """An open source."""

    @property
    def video(self) -> MediaFormat:
        """The video stream's format."""
        ...

    @property
    def audio(self) -> MediaFormat | None:
        """The audio stream's format, if there is audio."""
        ...

    def packets(self) -> Iterator[MediaPacket]:
        """Yield packets until the source ends. Raises ``SourceError``."""
        ...

    def close(self) -> None:
        """Close the source."""
        ...
