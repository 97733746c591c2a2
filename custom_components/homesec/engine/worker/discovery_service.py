"""The service that searches the network, and asks and moves devices, in processes of its own.

It's the only one that loads the libraries for ONVIF.
"""

from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from ..core.errors import DiscoveryError, DiscoveryMissing, HomeSecError
from . import methods

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.discovery import DeviceDetails, MovableDevice, Movement, OnvifDevice, Position
    from ..discovery.mover import Movers
    from .connection import Connection
    from .method import Handler, Method


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return what the parent may call."""
    del connection
    return {
        methods.SEARCH: _known(search),
        methods.READ_DEVICE: _known(read_device),
        methods.MOVE: _known(move),
        methods.GO_TO: _known(go_to),
        methods.READ_POSITIONS: _known(read_positions),
    }


def search(seconds: float) -> list[OnvifDevice]:
    """Search the network for ONVIF devices for that long. Raises ``DiscoveryError``."""
    try:
        from ..discovery import search as work  # late: the libraries may be missing
    except ImportError as err:
        raise DiscoveryMissing from err
    return work.search(seconds)


def read_device(address: str, username: str | None, password: str | None) -> DeviceDetails:
    """Log in to an ONVIF device, and ask what it offers.

    Raises ``SourceError`` or ``DiscoveryError``.
    """
    try:
        from ..discovery import device as work
    except ImportError as err:
        raise DiscoveryMissing from err
    return work.read_device(address, username, password)


def move(device: MovableDevice, movement: Movement, seconds: float) -> None:
    """Begin to move a camera, or stop it. Raises as ``Movers.move`` does."""
    _movers().move(device, movement, seconds)


def go_to(device: MovableDevice, position: str) -> None:
    """Move a camera to a stored position. Raises as ``Movers.move`` does."""
    _movers().go_to(device, position)


def read_positions(device: MovableDevice) -> list[Position]:
    """Return the positions that a camera has stored. Raises as ``Movers.move`` does."""
    return _movers().read_positions(device)


@cache
def _movers() -> Movers:
    """Return what keeps the connections to cameras, for as long as this process lives."""
    try:
        from ..discovery.mover import Movers as Work
    except ImportError as err:
        raise DiscoveryMissing from err
    return Work()


def _known(run: Callable[..., object]) -> Handler:
    """Return a handler that raises ``DiscoveryError`` for whatever a library raises."""

    @wraps(run)
    def handler(**args: object) -> object:
        try:
            return run(**args)
        except HomeSecError, OSError:
            raise
        except Exception as err:
            # Without its text, which may hold what a device said.
            raise DiscoveryError(f"{type(err).__name__} in the worker") from err

    return handler
