"""Announces a service by mDNS until it's ended: ``python tests/mdns_announcer.py NAME TYPE``.

Its address is 127.0.0.1. It prints a line once it's announced. It's a program of its own since the
fixtures of Home Assistant replace the network interfaces that tests see.
"""

from __future__ import annotations

from ipaddress import ip_address
import sys
import threading

import ifaddr
from zeroconf import ServiceInfo, Zeroconf

LOCALHOST = ip_address("127.0.0.1")


def interfaces() -> list[str]:
    """Return the IPv4 addresses of this system, on which Home Assistant listens."""
    found = [each.ip for adapter in ifaddr.get_adapters() for each in adapter.ips if each.is_IPv4]
    return [each for each in found if not ip_address(each).is_loopback]


def main(name: str, kind: str) -> None:
    """Announce a service."""
    service = ServiceInfo(
        kind, f"{name}.{kind}", port=80, addresses=[LOCALHOST.packed], server="announced.local."
    )
    Zeroconf(interfaces()).register_service(service)
    print("announced", flush=True)  # noqa: T201 - its caller reads it
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
