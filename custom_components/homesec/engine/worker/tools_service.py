"""The service that works on single files, sources, and models in a worker process."""

from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from ..core.errors import ClipDamaged, DetectorError, HomeSecError, SourceError
from . import methods
from .proxy_parent import ProxyParent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .connection import Connection
    from .media_tools import LocalMediaTools
    from .method import Handler, Method


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return what the parent may call."""

    @cache
    def tools() -> LocalMediaTools:
        from .media_tools import LocalMediaTools  # late: it imports PyAV and NumPy

        return LocalMediaTools(ProxyParent(connection))

    return {
        methods.FINALIZE: _known(ClipDamaged, lambda **args: tools().finalize(**args)),
        methods.DISCARD_EMPTY: _known(ClipDamaged, lambda **args: tools().discard_empty(**args)),
        methods.READ_INDEX: _known(ClipDamaged, lambda **args: tools().read_index(**args)),
        methods.WRITE_STILL: _known(ClipDamaged, lambda **args: tools().write_still(**args)),
        methods.PROBE: _known(SourceError, lambda **args: tools().probe(**args)),
        methods.TRY_MODEL: _known(DetectorError, lambda **args: tools().try_model(**args)),
    }


def _known(error: type[HomeSecError], run: Callable[..., object]) -> Handler:
    """Return a handler that raises ``error`` for whatever a library raises."""

    @wraps(run)
    def handler(**args: object) -> object:
        try:
            return run(**args)
        except HomeSecError, OSError:
            raise
        except Exception as err:
            raise error(f"{type(err).__name__} in the worker") from err

    return handler
