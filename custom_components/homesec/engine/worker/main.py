"""The worker's main function: everything before the service that it runs.

A service is a module with ``create_handlers(connection)``, which returns what its parent may call.
"""

import faulthandler
import gc
import importlib
import logging
import os
import socket
import threading
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..core.activity_board import BOARD
from .connection import Connection
from .hardening import harden
from .log_relay import SET_LOG_LEVEL, RelayHandler
from .wire_types import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .method import Handler, Method

STACK_BYTES = 2 * 2**20
"""Of each thread. musl's default of 128 KiB is too small to import PyAV; glibc's is 8 MiB."""


class Service(Protocol):
    """A module that a worker runs."""

    @staticmethod
    def create_handlers(connection: Connection) -> Mapping[Method[Any], Handler]:
        """Return the methods that the parent may call. Returns fast; nothing is imported yet."""


def main(options: dict[str, Any]) -> None:
    """Run a service until the parent ends the connection, or ends itself."""
    harden(
        parent_pid=options["parent_pid"],
        nice=options["nice"],
        data_limit_bytes=options["data_limit_bytes"],
    )
    faulthandler.enable()
    threading.stack_size(STACK_BYTES)
    BOARD.attach(options["board"])
    ended = Event()
    connection = Connection(
        socket.socket(fileno=options["socket"]),
        registry=REGISTRY,
        name="worker",
        on_lost=lambda _: ended.set(),
    )
    logging.basicConfig(level=options["log_level"], handlers=[RelayHandler(connection)])
    service = cast(Service, importlib.import_module(options["service"]))
    connection.start(
        {
            **service.create_handlers(connection),
            SET_LOG_LEVEL: lambda level: logging.getLogger().setLevel(level),
        }
    )
    gc.freeze()
    ended.wait()
    # Threads may hang in native code, and nothing that they could still do would reach anybody.
    os._exit(0)
