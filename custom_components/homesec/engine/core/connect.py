"""Connecting within a time limit, whatever is dead on the way.

The usual way takes its limit for each address, of which the storage has dozens, and none at all for
the name: with the router's uplink down that is a minute, and no stop could wait for it.
"""

from __future__ import annotations

from itertools import chain, zip_longest
from queue import Empty, SimpleQueue
import socket
from threading import Thread
import time
from typing import Any

ADDRESS_S = 1.5
"""For one address. The families take turns, so that a broken IPv6 costs no more than this."""


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a connection; raises OSError after ``timeout_s`` in all."""
    until = time.monotonic() + timeout_s
    problem: OSError = TimeoutError("no address answers")
    for address in _taking_turns(_resolved(host, port, timeout_s)):
        left_s = until - time.monotonic()
        if left_s <= 0:
            break
        try:
            return socket.create_connection(address[:2], min(ADDRESS_S, left_s))
        except OSError as err:
            problem = err
    raise problem


def _resolved(host: str, port: int, timeout_s: float) -> list[tuple[Any, ...]]:
    """Ask for a name's addresses in a thread that may be left behind: nothing ends a query."""
    answers: SimpleQueue[list[tuple[Any, ...]] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as err:
            answers.put(err)

    Thread(target=ask, name="homesec-name", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty:
        raise TimeoutError("the name is not resolved") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _taking_turns(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the addresses, one of each family after the other, otherwise in their order."""
    families: dict[int, list[tuple[Any, ...]]] = {}
    for family, _, _, _, address in found:
        families.setdefault(family, []).append(address)
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in turns if address is not None]
