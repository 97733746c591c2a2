"""A clip's film as a file somewhere else: from the clip folder, or else from the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cloud.errors import ObjectMissing
from ..cloud.object_names import VIDEO, object_name
from ..cloud.transfer import save_stream
from ..core.errors import ClipNotFound
from ..core.types import ClipState, CloudState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore
    from ..core.types import Clip

PIECE_BYTES = 2**20


def fetch_film(
    clip: Clip, target: Path, *, clips_dir: Path, cloud: CloudStore | None, stop: Event
) -> None:
    """Write the film; it appears under its name once it is whole.

    Raises ``ClipNotFound`` when no copy is left, ``StorageError``, and ``OSError`` for what the
    target's disk refuses.
    """
    if clip.state is not ClipState.SAVED:
        raise ClipNotFound
    film = clips_dir / clip.path
    if clip.path and film.is_file():
        save_stream(_pieces(film), target, stop=stop)
        return
    if cloud is None or clip.cloud is not CloudState.STORED:
        raise ClipNotFound
    try:
        cloud.download(object_name(clip, prefix=cloud.prefix, suffix=VIDEO), target, stop=stop)
    except ObjectMissing as err:
        raise ClipNotFound from err


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
