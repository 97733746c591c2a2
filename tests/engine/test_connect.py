"""Connecting within a time limit."""

import socket
import threading
import time

from camera_servers import closed_address
import pytest

from custom_components.homesec.engine.core import connect as connecting

V4, V6 = socket.AF_INET, socket.AF_INET6


def resolve_to(monkeypatch, *addresses):
    found = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.fixture
def tried(monkeypatch):
    """Addresses that were tried; none answers."""
    addresses = []

    def create(address, timeout_s):
        addresses.append(address[0])
        time.sleep(timeout_s)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", create)
    return addresses


def test_address_families_alternate(monkeypatch, tried):
    monkeypatch.setattr(connecting, "ADDRESS_S", 0.01)
    six = [(V6, (f"::{i}", 1, 0, 0)) for i in range(3)]
    resolve_to(monkeypatch, *six, (V4, ("1.1.1.1", 1)), (V4, ("2.2.2.2", 1)))
    with pytest.raises(TimeoutError):
        connecting.connect("x", 1, 5)
    assert tried == ["::0", "1.1.1.1", "::1", "2.2.2.2", "::2"]


def test_many_dead_addresses_stay_within_time_limit(monkeypatch, tried):
    monkeypatch.setattr(connecting, "ADDRESS_S", 0.1)
    resolve_to(monkeypatch, *[(V4, (f"1.1.1.{i}", 1)) for i in range(50)])
    start_t = time.monotonic()
    with pytest.raises(TimeoutError):
        connecting.connect("x", 1, 0.5)
    assert time.monotonic() - start_t < 2
    assert 2 < len(tried) < 50


def test_dead_name_server_times_out(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [over.wait(30)])
    with pytest.raises(TimeoutError):
        connecting.connect("x", 1, 0.1)
    over.set()
    for thread in threading.enumerate():
        if thread.name == "homesec-name":
            thread.join()


def test_unknown_name_raises_error(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror):
        connecting.connect("x", 1, 1)


def test_name_without_addresses_raises_timeout(monkeypatch):
    resolve_to(monkeypatch)
    with pytest.raises(TimeoutError):
        connecting.connect("x", 1, 1)


def test_refused_connection_raises_error():
    host, _, port = closed_address().partition(":")
    with pytest.raises(ConnectionRefusedError):
        connecting.connect(host, int(port), 1)
