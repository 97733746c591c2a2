"""The search for ONVIF devices, at simulated ones and at hosts that lie."""

from ipaddress import ip_address
import re
import socket
import threading

from hypothesis import given, settings, strategies as st
from onvif_device import GROUP, OnvifDevice
import onvif_messages
import pytest

from custom_components.homesec.engine.core.errors import DiscoveryError
from custom_components.homesec.engine.discovery import search

ID = "urn:uuid:00000000-0000-4000-8000-00000000abcd"
ASKED = "urn:uuid:11111111-1111-4111-8111-111111111111"
SHORT_S = 0.5


def answer(addresses="http://192.0.2.7/onvif/device_service", *, relates_to=ASKED, scopes=None):
    scopes = "onvif://www.onvif.org/name/Porch" if scopes is None else scopes
    return onvif_messages.probe_match(
        relates_to, device_id=ID, addresses=addresses, scopes=scopes
    ).encode()


def test_device_is_found_with_what_it_says():
    scopes = (
        "onvif://www.onvif.org/name/Front%20Door",
        "onvif://www.onvif.org/hardware/IPC-5",
        "onvif://www.onvif.org/manufacturer/Acme",
        "onvif://www.onvif.org/MAC/001A2B3C4D5E",
    )
    with OnvifDevice(scopes=scopes) as device:
        (found,) = search.search(SHORT_S, group=device.search_address)
    assert (found.id, found.address, found.host) == (device.id, device.address, "127.0.0.1")
    assert (found.name, found.maker, found.model) == ("Front Door", "Acme", "IPC-5")
    assert (found.port, found.mac) == (device.port, "00:1a:2b:3c:4d:5e")


def test_devices_are_found_by_multicast_and_each_once():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        group = (GROUP, free.getsockname()[1])
    with OnvifDevice(group=group) as one, OnvifDevice(group=group) as two:
        found = search.search(1.5, group=group)  # asks twice, for two kinds
    assert {each.id for each in found} == {one.id, two.id}
    assert len(found) == 2


def test_path_of_device_service_is_kept():
    with OnvifDevice(path="/cgi/onvif") as device:
        (found,) = search.search(SHORT_S, group=device.search_address)
    assert found.address.endswith(f":{device.port}/cgi/onvif")


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ("http://10.0.0.9/x http://192.0.2.7:8080/y", "http://192.0.2.7:8080/y"),
        ("http://10.0.0.9:81/x", "http://192.0.2.7:81/x"),
        ("http://ann:pw@evil.example/x?a=1", "http://192.0.2.7/x?a=1"),
        ("http://[fe80::1]/x", "http://192.0.2.7/x"),
        ("file:///etc/passwd gopher://192.0.2.7 https://192.0.2.7/x", "https://192.0.2.7/x"),
    ],
)
def test_address_is_always_of_host_that_answered(addresses, expected):
    (found,) = search.read_answer(answer(addresses), "192.0.2.7", {ASKED})
    assert (found.address, found.host) == (expected, "192.0.2.7")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00garbage",
        b"<a/>",
        answer(relates_to="urn:uuid:another"),
        answer(addresses="file:///etc/passwd"),
        answer(addresses=""),
        answer(scopes="http://printer.example")
        .replace(b"dn:Network", b"x:Print")
        .replace(b"tds:Device", b"x:Printer"),
        answer().replace(b"<s:Envelope", b'<!DOCTYPE s [<!ENTITY a "b">]><s:Envelope'),
        answer().replace(b"MessageID", b"Other"),
        b'<?xml version="1.0"?>' + b"<a>" * 20_000,
    ],
    ids=lambda data: str(data[:20]),
)
def test_message_that_is_no_answer_is_left_out(data):
    assert search.read_answer(data, "192.0.2.7", {ASKED}) == []


def test_comment_in_answer_is_no_declaration():
    data = answer().replace(b"<s:Body>", b"<!-- Acme --><s:Body>")
    assert len(search.read_answer(data, "192.0.2.7", {ASKED})) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "name", ""])
def test_answer_of_impossible_host_is_left_out(host):
    assert search.read_answer(answer(), host, {ASKED}) == []


def test_texts_of_device_are_short_and_printable():
    scopes = " ".join(
        [
            f"onvif://www.onvif.org/name/{'long%20' * 100}",
            "onvif://www.onvif.org/hardware/%1b%5b31mred%0a%00x",
            *(f"onvif://www.onvif.org/x/{n}" for n in range(500)),
        ]
    )
    (found,) = search.read_answer(answer(scopes=scopes), "192.0.2.7", {ASKED})
    assert found.name.startswith("long long")
    assert len(found.name) <= 80
    assert found.model == "[31mred x"
    assert len(found.scopes) <= 12


class Flood:
    """Answers each question with many devices that don't exist."""

    def __init__(self, count):
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self.address = self._sock.getsockname()
        self._count = count
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        question, sender = self._sock.recvfrom(65_536)
        asked = re.search(rb"MessageID[^>]*>\s*([^<\s]+)", question)[1].decode()
        for n in range(self._count):
            data = answer(relates_to=asked).replace(ID.encode(), f"urn:uuid:{n}".encode())
            self._sock.sendto(data, sender)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join()
        self._sock.close()


def test_flood_of_answers_is_bounded(monkeypatch):
    with Flood(60) as flood:
        assert len(search.search(SHORT_S, group=flood.address, limit=20)) == 20
    monkeypatch.setattr(search, "MAX_ANSWERS", 30)
    with Flood(60) as flood:
        assert 0 < len(search.search(SHORT_S, group=flood.address)) <= 30


def test_one_host_is_asked_for_the_port_of_its_service(monkeypatch):
    with OnvifDevice(path="/cgi/onvif") as device:
        monkeypatch.setattr(search, "PORT", device.search_address[1])
        assert search.find_address("127.0.0.1") == device.address
        assert search.find_address("localhost") == device.address.replace("127.0.0.1", "localhost")


def test_host_that_does_not_answer_has_no_known_port(monkeypatch):
    monkeypatch.setattr(search, "ADDRESS_S", 0.1)
    assert search.find_address("127.0.0.1") is None
    monkeypatch.setattr(socket, "if_nameindex", list)
    assert search.find_address("127.0.0.1") is None


def test_search_ends_when_nobody_answers():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert search.search(0.2, group=silent.getsockname()) == []


def test_search_without_network_says_so(monkeypatch):
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(99_999, "gone")])
    with pytest.raises(DiscoveryError):
        search.search(SHORT_S)


@settings(max_examples=200)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 1500), st.binary(max_size=12)), max_size=4),
    host=st.ip_addresses().map(str),
)
def test_damaged_answer_never_raises_or_leads_elsewhere(cuts, host):
    data = bytearray(answer())
    for at, damage in cuts:
        data[at : at + len(damage)] = damage
    for found in search.read_answer(bytes(data), host, {ASKED}):
        assert ip_address(found.host) == ip_address(host)
        assert found.address.startswith(("http://", "https://"))
        assert len(found.name) <= 80
        assert found.name.isprintable()
