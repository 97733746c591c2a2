"""Work on single files, sources, and models with PyAV and the detectors' libraries."""

from typing import TYPE_CHECKING

from ..capture.probe import probe
from ..core.types import SourceKind
from ..detection.create import create_detector
from ..recording.finalize import discard_empty, finalize, read_index
from ..recording.writer import write_still
from .discovery_service import go_to, move, read_device, read_positions, search
from .parent_calls import ParentFeed

if TYPE_CHECKING:
    from pathlib import Path

    from ..core.camera_reports import Probe
    from ..core.clip_files import ClipInfo
    from ..core.discovery import DeviceDetails, MovableDevice, Movement, OnvifDevice, Position
    from ..core.types import Clip, SourceConfig
    from ..model_zoo.manifest import ModelFiles
    from .interface import WorkerParent


class LocalMediaTools:
    """Implements ``MediaTools`` in the process that calls it."""

    def __init__(self, parent: WorkerParent | None = None) -> None:
        """Without ``parent``, cameras outside of the engine can't be probed."""
        self._parent = parent

    def finalize(self, final: Path, comment: str | None) -> ClipInfo:
        """Make the final file of a clip from its partial one."""
        return finalize(final, comment)

    def discard_empty(self, final: Path) -> bool:
        """Remove a partial file that surely holds no picture; return whether it did."""
        return discard_empty(final)

    def read_index(self, path: Path) -> ClipInfo:
        """Find out what a finalized clip contains."""
        return read_index(path)

    def write_still(self, clips_dir: Path, clip: Clip) -> str | None:
        """Write the still of a finalized clip, from its keyframe at the event; return its path."""
        return write_still(clips_dir, clip)

    def probe(self, config: SourceConfig) -> Probe:
        """Open a source, decode one picture, and close it. Raises ``SourceError``."""
        feed = None
        if config.kind is SourceKind.ENTITY and self._parent is not None:
            feed = ParentFeed(self._parent, config.location)
        return probe(config, feed)

    def try_model(self, detector: str, files: ModelFiles) -> None:
        """Load a model, and run it once. Raises ``DetectorError``."""
        create_detector(detector, files).close()

    def search(self, seconds: float) -> list[OnvifDevice]:
        """Search the network for ONVIF devices for that long. Raises ``DiscoveryError``."""
        return search(seconds)

    def read_device(
        self, address: str, username: str | None, password: str | None
    ) -> DeviceDetails:
        """Log in to an ONVIF device, and ask what it offers.

        Raises ``SourceError`` or ``DiscoveryError``.
        """
        return read_device(address, username, password)

    def move(self, device: MovableDevice, movement: Movement, seconds: float) -> None:
        """Begin to move a camera, or stop it. Raises as ``Movers.move`` does."""
        move(device, movement, seconds)

    def go_to(self, device: MovableDevice, position: str) -> None:
        """Move a camera to a stored position. Raises as ``Movers.move`` does."""
        go_to(device, position)

    def read_positions(self, device: MovableDevice) -> list[Position]:
        """Return the positions that a camera has stored. Raises as ``Movers.move`` does."""
        return read_positions(device)
