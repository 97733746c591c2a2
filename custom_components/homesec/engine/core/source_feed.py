"""The interface of cameras outside of the engine."""

from typing import Protocol


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
