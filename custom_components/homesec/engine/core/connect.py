"""Connect over TCP within one time limit for all addresses of a host and their look-up."""

from itertools import chain, zip_longest
import socket
import time
from typing import Any

from .deadline import DeadlineExceeded, run_with_deadline

ADDRESS_S = 1.5
"""Time limit per address. Families alternate, so that broken IPv6 costs this once (RFC 8305)."""


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a connection; raises OSError after ``timeout_s`` in all."""
    until = time.monotonic() + timeout_s
    problem: OSError = TimeoutError("no address answers")
    for address in _alternate_families(_resolve(host, port, timeout_s)):
        left_s = until - time.monotonic()
        if left_s <= 0:
            break
        try:
            return socket.create_connection(address[:2], min(ADDRESS_S, left_s))
        except OSError as err:
            problem = err
    raise problem


def _resolve(host: str, port: int, timeout_s: float) -> list[tuple[Any, ...]]:
    """Look up a name; ``getaddrinfo`` itself has no time limit."""
    try:
        return run_with_deadline(
            timeout_s,
            lambda: list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)),
            name="homesec-name",
        )
    except DeadlineExceeded:
        raise TimeoutError("the name is not resolved") from None


def _alternate_families(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    families: dict[int, list[tuple[Any, ...]]] = {}
    for family, _, _, _, address in found:
        families.setdefault(family, []).append(address)
    addresses = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in addresses if address is not None]
