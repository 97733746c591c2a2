"""A dead network is told soon."""

import socket
import threading
import time

from cameras import refused
import pytest

from custom_components.homesec.engine.core import connect as reaching

V4, V6 = socket.AF_INET, socket.AF_INET6


def names(monkeypatch, *addresses):
    found = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.fixture
def tried(monkeypatch):
    """Which addresses were tried; none answers."""
    addresses = []

    def create(address, timeout_s):
        addresses.append(address[0])
        time.sleep(timeout_s)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", create)
    return addresses


def test_families_take_turns(monkeypatch, tried):
    monkeypatch.setattr(reaching, "ADDRESS_S", 0.01)
    six = [(V6, (f"::{i}", 1, 0, 0)) for i in range(3)]
    names(monkeypatch, *six, (V4, ("1.1.1.1", 1)), (V4, ("2.2.2.2", 1)))
    with pytest.raises(TimeoutError):
        reaching.connect("x", 1, 5)
    assert tried == ["::0", "1.1.1.1", "::1", "2.2.2.2", "::2"]


def test_many_dead_addresses_take_no_longer_than_is_allowed(monkeypatch, tried):
    monkeypatch.setattr(reaching, "ADDRESS_S", 0.1)
    names(monkeypatch, *[(V4, (f"1.1.1.{i}", 1)) for i in range(50)])
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        reaching.connect("x", 1, 0.5)
    assert time.monotonic() - began < 2
    assert 2 < len(tried) < 50


def test_a_name_server_that_is_dead_holds_nobody_up(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [over.wait(30)])
    with pytest.raises(TimeoutError):
        reaching.connect("x", 1, 0.1)
    over.set()
    for thread in threading.enumerate():
        if thread.name == "homesec-name":
            thread.join()


def test_a_name_that_nobody_knows_is_told(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror):
        reaching.connect("x", 1, 1)


def test_a_name_without_addresses_is_told(monkeypatch):
    names(monkeypatch)
    with pytest.raises(TimeoutError):
        reaching.connect("x", 1, 1)


def test_a_refusal_is_told(socket_enabled):
    host, _, port = refused().partition(":")
    with pytest.raises(ConnectionRefusedError):
        reaching.connect(host, int(port), 1)
