"""The service that searches the network and asks devices, in a worker process of its own.

It's the only one that loads the libraries for ONVIF.
"""

from functools import wraps
from typing import TYPE_CHECKING, Any

from ..core.errors import DiscoveryError, DiscoveryMissing, HomeSecError
from . import methods

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.discovery import DeviceDetails, OnvifDevice
    from .connection import Connection
    from .method import Handler, Method


def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
    """Return what the parent may call."""
    del connection
    return {methods.SEARCH: _known(search), methods.READ_DEVICE: _known(read_device)}


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
