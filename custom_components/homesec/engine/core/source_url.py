"""Read the URL of a camera, with the user name and password in it however they are written.

It's the only reader of such URLs: FFmpeg gets neither the URL nor the password.
"""

from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin

from .errors import InvalidSource

if TYPE_CHECKING:
    from .types import SourceConfig

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""The schemes of sources, and the port of each."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HOST = re.compile(
    r"""(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\] | [^\s\x00-\x20/?\#\[\]@:\\]+) (?::(\d{1,5}))?""",
    re.VERBOSE,
)
_TARGET_SAFE = "/?:@!$&'()*+,;=-._~%[]|"  # what the request line of HTTP and RTSP keeps
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUrl:
    """A URL in its parts."""

    scheme: str
    host: str  # lower case; an address in its shortest form, without brackets
    port: int
    target: str = field(repr=False)  # path and query, which may hold a token
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host, and port: what a source is pinned to."""
        return self.scheme, self.host, self.port

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme.endswith("s")

    @property
    def authority(self) -> str:
        """Host and port as in a URL; the port only if it isn't the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def without_login(self) -> str:
        """The URL without user name and password."""
        return f"{self.scheme}://{self.authority}{self.target}"

    def join(self, location: str) -> SourceUrl:
        """Return where a reference of this URL leads, without a login. Raises ``InvalidSource``."""
        try:
            joined = urljoin(self.without_login, location.strip())
        except ValueError:
            raise InvalidSource from None
        return replace(parse_source_url(joined), username=None, password=None)


def parse_source_url(url: str) -> SourceUrl:
    """Return the parts of a camera's URL. Raises ``InvalidSource``."""
    plain, username, password = split_login(url)
    found = _SCHEME.fullmatch(plain)
    if found is None or (scheme := found[1].lower()) not in DEFAULT_PORTS:
        raise InvalidSource
    authority, target = _cut(found[2])
    matched = _HOST.fullmatch(authority)
    port = int(matched[2] or DEFAULT_PORTS[scheme]) if matched else 0
    if matched is None or not 0 < port <= _HIGHEST_PORT:
        raise InvalidSource
    return SourceUrl(
        scheme=scheme,
        host=_normal_host(matched[1]),
        port=port,
        target=quote(target.partition("#")[0], safe=_TARGET_SAFE),
        username=username,
        password=password,
    )


def split_login(url: str) -> tuple[str, str | None, str | None]:
    """Split a URL into one without a login, the user name, and the password.

    A password may contain any character, ``/``, ``#``, ``?``, ``[``, and ``@`` among them, although
    a URL should have them encoded.
    """
    url = url.strip()
    found = _SCHEME.fullmatch(url)
    if found is None:
        return url, None, None
    rest = found[2]
    at = _login_end(rest)
    if at < 0:
        return url, None, None
    username, colon, password = rest[:at].partition(":")
    return (
        f"{found[1]}://{rest[at + 1 :]}",
        unquote(username) or None,
        unquote(password) if colon else None,
    )


def _login_end(rest: str) -> int:
    """Return the index of the ``@`` after the login; -1 without one."""
    authority, _ = _cut(rest)
    usual = authority.rfind("@")
    is_usual = _HOST.fullmatch(authority[usual + 1 :]) is not None
    if is_usual and _is_full_host(authority[usual + 1 :]):
        return usual
    # A password with an unusual character, or else an @ in the path. Unless the URL makes no sense
    # otherwise, only an address or a full name after the @ shows that it's a password.
    hosts = {found.start(): _cut(rest[found.end() :])[0] for found in re.finditer("@", rest)}
    later = [at for at, host in hosts.items() if at > usual and _HOST.fullmatch(host)]
    full = [at for at in later if _is_full_host(hosts[at])]
    if full:
        return full[-1]
    return usual if is_usual or not later else later[-1]


def _is_full_host(authority: str) -> bool:
    """Return whether it has a name with a domain, or an address."""
    matched = _HOST.fullmatch(authority)
    return matched is not None and ("." in matched[1] or matched[1].startswith("["))


def _cut(rest: str) -> tuple[str, str]:
    """Split what follows ``://`` into host and target."""
    end = next((n for n, char in enumerate(rest) if char in "/?#"), len(rest))
    return rest[:end], rest[end:]


def _normal_host(host: str) -> str:
    host = unquote(host).strip("[]").lower().rstrip(".")
    try:
        return ip_address(host).compressed
    except ValueError:
        pass
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise InvalidSource from None
    if _HOST.fullmatch(name) is None:
        raise InvalidSource  # what was encoded in it, such as a line break
    return name


def source_url(config: SourceConfig) -> SourceUrl:
    """Return the URL of a stream, with the login of its settings. Raises ``InvalidSource``."""
    url = parse_source_url(config.location)
    if not config.username and not config.password:
        return url
    return replace(url, username=config.username, password=config.password)


def device_url(address: str) -> SourceUrl:
    """Return the URL of a device's service from its URL, or from a host with or without a port.

    Raises ``InvalidSource``.
    """
    text = address.strip()
    if "://" not in text:
        text = f"http://{_bracketed(text)}"
    url = parse_source_url(text)
    if url.scheme not in ("http", "https"):
        raise InvalidSource
    target = url.target if url.target.strip("/") else "/onvif/device_service"
    return replace(url, target=target, username=None, password=None)


def _bracketed(text: str) -> str:
    """Return an address as in a URL: one of IPv6 in brackets."""
    try:
        return f"[{text}]" if isinstance(ip_address(text), IPv6Address) else text
    except ValueError:
        return text


def normal_fingerprint(text: str) -> str:
    """Return a SHA-256 without the colons and capitals that other programs write."""
    return re.sub(r"[\s:]", "", text).lower()


def format_fingerprint(fingerprint: str) -> str:
    """Return a SHA-256 as browsers show it: pairs of digits, in capitals."""
    return ":".join(re.findall("..", fingerprint.upper()))


def is_fingerprint(text: str) -> bool:
    """Return whether a normal fingerprint can be one."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None
