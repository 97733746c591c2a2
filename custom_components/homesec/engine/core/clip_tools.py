"""The interface of work on the files of clips, which may be damaged."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from .clip_files import ClipInfo
    from .types import Clip


class ClipTools(Protocol):
    """Works on one file at a time, in another process. Paths are absolute.

    ``OSError`` keeps its number; anything else that a damaged file makes FFmpeg raise may arrive as
    ``ClipDamaged``.
    """

    def finalize(self, final: Path, comment: str | None) -> ClipInfo:
        """Make the final file from the partial one; see ``recording/finalize.py``."""

    def discard_empty(self, final: Path) -> bool:
        """Remove a partial file that surely holds no picture; return whether it did."""

    def read_index(self, path: Path) -> ClipInfo:
        """Find out what a finalized clip contains."""

    def write_still(self, clips_dir: Path, clip: Clip) -> str | None:
        """Write the still of a finalized clip, from its keyframe at the event.

        Return its path in the clip folder; None if there's no picture.
        """
