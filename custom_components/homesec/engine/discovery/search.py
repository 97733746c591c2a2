"""Search the network for ONVIF devices (WS-Discovery of April 2005; ONVIF Core, chapter 7).

A question goes out on each network interface, and devices answer to the port that it came from.
Anyone in the network can answer, so answers are bounded in number and size, and one that can't be
read is left out.
"""

from dataclasses import dataclass
import logging
import socket
import struct
import time
from typing import TYPE_CHECKING

from wsdiscovery.actions import constructProbe
from wsdiscovery.message import createSOAPMessage, parseSOAPMessage
from wsdiscovery.qname import QName

from ..core.discovery import OnvifDevice
from ..core.errors import DiscoveryError
from ..core.source_url import parse_source_url
from .answers import clean_mac, clean_text, is_usable_host, own_url, read_scopes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wsdiscovery.actions.probematch import ProbeResolveMatch

_LOGGER = logging.getLogger(__name__)

PORT = 3702
GROUP = ("239.255.255.250", PORT)
ADDRESS_S = 1.5
TTL = 4
LOOPBACK = "lo"
ASK_AT_S = (0.0, 0.7, 2.0)
"""When the question is repeated: UDP loses packets."""
MAX_INTERFACES = 32
MAX_ANSWERS = 1000
MAX_DEVICES = 64
MAX_SCOPES = 12
"""All of it has to fit into one message between the processes."""
MAX_BYTES = 65_536
MIN_POLL_S = 0.01
NETWORK_TYPES = "http://www.onvif.org/ver10/network/wsdl"
DEVICE_TYPES = "http://www.onvif.org/ver10/device/wsdl"
KINDS = ((NETWORK_TYPES, "NetworkVideoTransmitter"), (DEVICE_TYPES, "Device"))
"""What devices are asked for, in questions of their own: some know only one of them."""

# It warns of each odd message with all of its text.
logging.getLogger("wsdiscovery").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Question:
    """A question to all devices, and the id that their answers refer to."""

    id: str
    data: bytes


def search(
    seconds: float, *, group: tuple[str, int] = GROUP, limit: int = MAX_DEVICES
) -> list[OnvifDevice]:
    """Return the devices that answer within these seconds, each once. Raises ``DiscoveryError``.

    ``group``: the address that is asked, which may also be that of one device; ``limit``: how many
    devices are enough.
    """
    questions = [_create_question(*kind) for kind in KINDS]
    ids = {each.id for each in questions}
    found: dict[str, OnvifDevice] = {}
    began = time.monotonic()
    waiting = list(ASK_AT_S)
    answers = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL)
        while (elapsed := time.monotonic() - began) < seconds and len(found) < limit:
            if waiting and elapsed >= waiting[0]:
                del waiting[0]
                _ask(sock, group, questions)
            until = min(seconds, *waiting[:1]) if waiting else seconds
            sock.settimeout(max(MIN_POLL_S, until - elapsed))
            try:
                data, sender = sock.recvfrom(MAX_BYTES)
            except OSError:  # nothing in time, or an ICMP message
                continue
            if (answers := answers + 1) > MAX_ANSWERS:
                break
            for device in read_answer(data, sender[0], ids):
                found.setdefault(device.id, device)
    return list(found.values())[:limit]


def find_address(host: str) -> str | None:
    """Return the address of the device service of one host; None if it doesn't answer.

    A search doesn't reach other networks, but a question to the host itself does.
    """
    try:
        found = search(ADDRESS_S, group=(host, PORT), limit=1)
    except DiscoveryError:
        return None
    return own_url(found[0].address, host, schemes=("http", "https")) if found else None


def read_answer(data: bytes, host: str, asked: Collection[str]) -> list[OnvifDevice]:
    """Return the devices in an answer; none if it isn't one to a question with one of these ids."""
    if b"<!" in data.replace(b"\0", b"").replace(b"<!--", b"") or not is_usable_host(host):
        return []  # only a hostile answer declares entities
    try:
        envelope = parseSOAPMessage(data, host)
        if envelope is None or envelope.getRelatesTo() not in asked:
            return []
        matches = list(envelope.getProbeResolveMatches())[:MAX_DEVICES]
        found = [_read_match(each, host) for each in matches]
    except Exception as err:  # noqa: BLE001 - the library raises anything for odd messages
        _LOGGER.debug("An answer of %s can't be read: %s", host, type(err).__name__)
        return []
    return [each for each in found if each is not None]


def _read_match(match: ProbeResolveMatch, host: str) -> OnvifDevice | None:
    scopes = [each.getValue() for each in match.getScopes()][:MAX_SCOPES]
    types = [(each.getNamespace(), each.getLocalname()) for each in match.getTypes()]
    by_onvif = any(each.startswith("onvif://www.onvif.org") for each in scopes)
    address = _choose_address(match.getXAddrs(), host)
    if address is None or not (by_onvif or any(each in KINDS for each in types)):
        return None
    known = read_scopes(scopes)
    return OnvifDevice(
        id=clean_text(match.getEPR()) or address,
        address=address,
        host=host,
        port=parse_source_url(address).port,
        name=known.get("name", ""),
        maker=known.get("manufacturer", ""),
        model=known.get("hardware", ""),
        mac=clean_mac(known.get("mac")),
        scopes=tuple(text for each in scopes if (text := clean_text(each))),
    )


def _choose_address(addresses: Iterable[str], host: str) -> str | None:
    """Return the device's address with the host that answered; its own spelling of it first."""
    spelled = [each for each in list(addresses)[:16] if isinstance(each, str)]
    owned = [url for each in spelled if (url := own_url(each, host, schemes=("http", "https")))]
    return next((each for each in owned if each in spelled), next(iter(owned), None))


def _ask(sock: socket.socket, group: tuple[str, int], questions: Iterable[Question]) -> None:
    """Send the questions on each interface. Raises ``DiscoveryError`` if none takes them."""
    sent = False
    for index, name in socket.if_nameindex()[:MAX_INTERFACES]:
        try:
            # Linux has no address of its own accord for questions to this system itself.
            address = socket.inet_aton("127.0.0.1") if name == LOOPBACK else bytes(4)
            interface = struct.pack("=4s4si", bytes(4), address, index)  # struct ip_mreqn
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
            for question in questions:
                sock.sendto(question.data, group)
        except OSError as err:  # it's down, or has no IPv4 address
            _LOGGER.debug("Interface %d can't be searched: %s", index, err.strerror)
        else:
            sent = True
    if not sent:
        raise DiscoveryError("no network interface takes the question")


def _create_question(namespace: str, kind: str) -> Question:
    envelope = constructProbe([QName(namespace, kind, "dn")], None)
    return Question(envelope.getMessageId(), createSOAPMessage(envelope).encode())
