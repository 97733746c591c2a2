"""The service of a worker with tools; the name of this module is given to ``WorkerProcess``."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..core.damaged_files import error_reason
from ..core.errors import ClipDamaged, HomeSecError
from .calls import DISCARD_EMPTY, FINALIZE, PROBE, READ_INDEX, TRY_MODEL, WRITE_STILL
from .parent_proxy import ParentProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ..core.camera_reports import Probe
    from ..core.clip_files import ClipInfo
    from ..core.types import Clip, SourceConfig
    from ..model_zoo.manifest import ModelFiles
    from .connection import Connection, Handler, Method
    from .media_tools import LocalMediaTools


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return the methods that the parent may call."""
    service = ToolsService(ParentProxy(connection))
    return {
        FINALIZE: service.finalize,
        DISCARD_EMPTY: service.discard_empty,
        READ_INDEX: service.read_index,
        WRITE_STILL: service.write_still,
        PROBE: service.probe,
        TRY_MODEL: service.try_model,
    }


class ToolsService:
    """The tools of this process."""

    def __init__(self, parent: ParentProxy) -> None:
        self._parent = parent

    @cached_property
    def tools(self) -> LocalMediaTools:
        """The tools, once they're used: they import PyAV and NumPy."""
        from .media_tools import LocalMediaTools

        return LocalMediaTools(self._parent)

    def finalize(self, final: Path, comment: str | None) -> ClipInfo:
        """Make the final file of a clip from its partial one."""
        return _work(lambda: self.tools.finalize(final, comment))

    def discard_empty(self, final: Path) -> bool:
        """Remove a partial file that surely holds no picture; return whether it did."""
        return _work(lambda: self.tools.discard_empty(final))

    def read_index(self, path: Path) -> ClipInfo:
        """Find out what a finalized clip contains."""
        return _work(lambda: self.tools.read_index(path))

    def write_still(self, clips_dir: Path, clip: Clip) -> str | None:
        """Write the still of a finalized clip; return its path."""
        return _work(lambda: self.tools.write_still(clips_dir, clip))

    def probe(self, config: SourceConfig) -> Probe:
        """Open a source, decode one picture, and close it. Raises ``SourceError``."""
        return self.tools.probe(config)

    def try_model(self, detector: str, files: ModelFiles) -> None:
        """Load a model, and run it once. Raises ``DetectorError``."""
        self.tools.try_model(detector, files)


def _work[T](work: Callable[[], T]) -> T:
    """Raise ``ClipDamaged`` for whatever a damaged file makes FFmpeg raise."""
    try:
        return work()
    except HomeSecError, OSError:
        raise
    except Exception as err:
        raise ClipDamaged(error_reason(err)) from err
