"""Work on clips that tells a file that ends the worker from a worker that ended by chance."""

import errno
import logging
import os
from typing import TYPE_CHECKING

from ..core.errors import ClipDamaged, WorkerDied, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..core.clip_files import ClipInfo
    from ..core.clip_tools import ClipTools
    from ..core.types import Clip

_LOGGER = logging.getLogger(__name__)

TRIES = 2
"""A worker that also dies of something else (memory, a kill) seldom does so twice in a row."""


class RetriedTools:
    """Implements ``ClipTools``.

    A file on which the worker died each time raises ``ClipDamaged``. A worker that doesn't run is
    an ``OSError`` like that of a busy disk: the file is left alone.
    """

    def __init__(self, tools: Callable[[], ClipTools]) -> None:
        self._tools = tools

    def finalize(self, final: Path, comment: str | None) -> ClipInfo:
        """Make the final file from the partial one."""
        return _try(lambda: self._tools().finalize(final, comment), final)

    def discard_empty(self, final: Path) -> bool:
        """Remove a partial file that surely holds no picture; return whether it did."""
        try:
            return _try(lambda: self._tools().discard_empty(final), final)
        except ClipDamaged:
            return False

    def read_index(self, path: Path) -> ClipInfo:
        """Find out what a finalized clip contains."""
        return _try(lambda: self._tools().read_index(path), path)

    def write_still(self, clips_dir: Path, clip: Clip) -> str | None:
        """Write the still of a finalized clip; None if that doesn't work."""
        try:
            return _try(lambda: self._tools().write_still(clips_dir, clip), clips_dir / clip.path)
        except (ClipDamaged, OSError) as err:
            _LOGGER.warning("The still of clip %s is missing: %s", clip.id, err)
            return None


def _try[T](work: Callable[[], T], path: Path) -> T:
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except WorkerDied as err:
            _LOGGER.warning("The worker process ended while it read %r (%s)", path.name, err)
            if attempt == TRIES:
                raise ClipDamaged("the worker process ends when it reads the file") from err
        except WorkerError as err:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path)) from err
    raise AssertionError("unreachable")
