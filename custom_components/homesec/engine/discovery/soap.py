"""Call the services of one ONVIF device, which may be anything that listens at its address.

All requests go to the host and port that the device was reached at, or to another port of the same
host; none follows a redirect. Answers are bounded in size and time, and declare no entities. The
password is only sent as a digest (WS-UsernameToken, and Digest of RFC 7616), never readable.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import errno
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import onvif
from onvif.client import ONVIFService
from onvif.definition import SERVICES
from onvif.util import is_auth_error
from zeep.exceptions import Error as ZeepError, Fault
from zeep.helpers import serialize_object
from zeep.settings import Settings
from zeep.wsdl.utils import etree_to_string

from ..core.errors import (
    ConnectionRefused,
    HomeSecError,
    HostNotFound,
    LoginRefused,
    LoginUnsupported,
    NoRoute,
    OnvifMissing,
    SourceError,
    SourceTimeout,
)
from .answers import dig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..core.source_url import SourceUrl

MAX_ANSWER_BYTES = 2**22
"""A recorder lists some kilobytes for each stream of each of its cameras."""
CALL_S = 10.0
CONNECT_S = 5.0
CHUNK_BYTES = 2**14
WSDL = Path(onvif.__file__).with_name("wsdl")
DEVICE, MEDIA, MEDIA2, EVENTS, PTZ = "devicemgmt", "media", "media2", "events", "ptz"
DESCRIPTIONS = SERVICES | {
    MEDIA2: {
        "ns": "http://www.onvif.org/ver20/media/wsdl",
        "wsdl": str(Path(__file__).with_name("media2.wsdl")),
        "binding": "Media2Binding",
    }
}
_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
_REFUSED = {401, 403}

for _name in ("onvif", "zeep"):
    # They log whole messages, with user names and digests in them.
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Unsupported(Exception):  # noqa: N818 - named for what happened
    """The device refused a request for another reason than the login."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What zeep reads of an answer."""

    status_code: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None


class Soap:
    """The services of a device; an asynchronous context manager."""

    def __init__(self, url: SourceUrl, username: str | None, password: str | None) -> None:
        self.url = url
        self.addresses = {DEVICE: url.without_login}
        """URLs of services by name; filled in once they're known."""
        self._username = username or ""
        self._password = password or ""
        self._ahead = timedelta(0)  # how far the device's clock is ahead of ours
        self._services: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        """Create the connections; none is open yet."""
        login = []
        if self._username:
            login = [aiohttp.DigestAuthMiddleware(self._username, self._password)]
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(
                # The system's own look-up, as for streams: it may know names that DNS doesn't.
                resolver=aiohttp.ThreadedResolver(),
                ssl=False,
                # Cameras end connections as they like, which a next request would run into.
                force_close=True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
            middlewares=login,
            timeout=aiohttp.ClientTimeout(total=CALL_S, connect=CONNECT_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        for service in self._services.values():
            await service.close()
        await self._session.close()

    async def call(self, service: str, operation: str, **params: object) -> object:
        """Return a service's answer as dictionaries, lists, and simple values.

        Raises ``LoginRefused`` and other kinds of ``SourceError``, ``OnvifMissing`` if what comes
        back isn't an answer, and ``Unsupported``.
        """
        login = "" if self._username and operation != "GetSystemDateAndTime" else "authless_"
        try:
            client = await self._service(service)
            answer = await getattr(client, f"{login}{operation}")(params)
            return serialize_object(answer, dict)
        except HomeSecError:
            raise
        except Fault as err:
            if is_auth_error(err):
                raise LoginRefused from None
            raise Unsupported(operation) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as err:
            raise _connection_error(err) from None
        except ZeepError:
            raise OnvifMissing from None
        except Exception as err:  # noqa: BLE001 - zeep raises anything for odd answers
            raise OnvifMissing(f"{type(err).__name__} in its answer") from None

    async def sync_clock(self) -> None:
        """Find out how far the device's clock is off: a digest with another time is refused."""
        try:
            utc = dig(await self.call(DEVICE, "GetSystemDateAndTime"), "UTCDateTime")
        except Unsupported, LoginRefused, OnvifMissing:
            return  # it may still accept ours
        day = [dig(utc, "Date", key) for key in ("Year", "Month", "Day")]
        time = [dig(utc, "Time", key) for key in ("Hour", "Minute", "Second")]
        numbers = [each for each in (*day, *time) if isinstance(each, int)]
        try:
            year, month, date, hour, minute, second = numbers
            now = datetime(year, month, date, hour, minute, min(59, second), tzinfo=UTC)
        except ValueError:  # it has none, or an impossible one
            return
        self._ahead = now - datetime.now(UTC)
        await self._services.pop(DEVICE).close()

    async def _service(self, name: str) -> ONVIFService:
        """Return the client of a service; its description is read when it's first used."""
        if name not in self._services:
            known = DESCRIPTIONS[name]
            service = ONVIFService(
                self.addresses[name],
                self._username,
                self._password,
                str(WSDL / known["wsdl"]),
                no_cache=True,
                dt_diff=self._ahead,
                binding_name=f"{{{known['ns']}}}{known['binding']}",
            )
            self._services[name] = service
            service.transport = _Transport(self._session)
            await service.setup()
            for client in (service.zeep_client, service.zeep_client_authless):
                client.settings = Settings(
                    strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True
                )
        return self._services[name]


class _Transport:
    """What zeep sends requests with."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def aclose(self) -> None:
        """Do nothing: the session is shared."""

    async def post_xml(self, address: str, envelope: object, headers: Mapping[str, str]) -> Reply:
        """Send a request. Raises ``LoginRefused`` and its kinds, and ``OnvifMissing``."""
        data = etree_to_string(envelope)
        async with self._session.post(
            address, data=data, headers=headers, allow_redirects=False
        ) as answer:
            if answer.status in _REFUSED:
                raise _login_error(answer.headers.getall("WWW-Authenticate", []))
            if 300 <= answer.status < 500 and answer.status != 400:
                raise OnvifMissing
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise OnvifMissing
            content = bytearray()
            async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                content += chunk
                if len(content) > MAX_ANSWER_BYTES:
                    raise OnvifMissing("its answer is too long")
            # Of the other headers, zeep would read attachments.
            return Reply(answer.status, bytes(content), {"Content-Type": "application/soap+xml"})


def _login_error(challenges: Iterable[str]) -> LoginRefused:
    """Return the error for a refusal: the password is wrong, or would have to be readable."""
    schemes = {each.partition(" ")[0].lower() for each in challenges}
    return LoginUnsupported(schemes="Basic") if schemes == {"basic"} else LoginRefused()


def _connection_error(err: Exception) -> SourceError | OnvifMissing:
    """Return the error for one of a connection."""
    if isinstance(err, TimeoutError):
        return SourceTimeout()
    if isinstance(err, aiohttp.ClientConnectorDNSError):
        return HostNotFound()
    number = getattr(err, "errno", None)
    if number == errno.ECONNREFUSED:
        return ConnectionRefused()
    if number in _NO_ROUTE:
        return NoRoute()
    if isinstance(err, aiohttp.ClientConnectorError):
        return SourceError()
    return OnvifMissing()
