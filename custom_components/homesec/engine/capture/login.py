"""Answer a camera that asks for a login: Digest (RFC 7616 and 2069) or Basic (RFC 7617).

Digest proves that the password is known without showing it. Someone who poses as the camera could
ask for Basic instead, which shows it: so a camera that once asked for Digest never gets Basic.
"""

from base64 import b64encode
import hashlib
import re
import secrets
from typing import TYPE_CHECKING

from ..core.errors import BasicRefused, LoginRefused, LoginUnsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..core.source_url import SourceUrl
    from ..core.types import SourceConfig

_CHALLENGE = re.compile(r"(?i)(?:^|,)\s*(?=[a-z][a-z0-9-]*(?:\s+[a-z0-9_-]+\s*=|\s*(?:,|$)))")
_FIELD = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_SPELLINGS = {"SHA256": "SHA-256", "SHA512-256": "SHA-512-256", "SHA-512/256": "SHA-512-256"}
"""How some cameras write the names of algorithms."""
_STRONGEST = ("SHA-512-256", "SHA-256", "MD5")
_LONGEST_CHALLENGE = 8192


_asked_digest: set[tuple[str, int, str]] = set()
"""Cameras that asked for Digest since the start of the process: host, port, and user name.

It isn't part of a connection, since an attacker can end one.
"""


class Login:
    """A user name and password, and what the camera asked for last."""

    def __init__(
        self,
        username: str | None,
        password: str | None,
        *,
        camera: tuple[str, int] = ("", 0),
        digest_only: bool = False,
        allow_basic: bool = False,
    ) -> None:
        """``digest_only``: the camera is known to ask for Digest; ``allow_basic`` overrides it."""
        self._camera = (*camera, username or "")
        self._digest_only = digest_only
        self._allow_basic = allow_basic
        self._username = username or ""
        self._password = password or ""
        self._known = bool(username or password)
        self._digest: Mapping[str, str] | None = None
        self._basic = False
        self._count = 0  # requests with the same nonce

    @property
    def asked_digest(self) -> bool:
        """Whether the camera asked for Digest, now or before."""
        return self._digest_only or self._camera in _asked_digest

    def accept(self, challenges: Iterable[str], *, sent: bool) -> None:
        """Read the ``WWW-Authenticate`` headers of a refusal; the request can then be repeated.

        ``sent``: the refused request had a login. Raises ``LoginRefused`` if it's wrong or missing,
        ``BasicRefused``, or ``LoginUnsupported``.
        """
        found = _parse_challenges(challenges)
        digests = {_algorithm(fields): fields for scheme, fields in found if scheme == "digest"}
        schemes = {scheme for scheme, _ in found}
        if digests:
            _asked_digest.add(self._camera)
        elif self.asked_digest and not self._allow_basic and "basic" in schemes:
            raise BasicRefused
        if not self._known:
            raise LoginRefused
        digest = next((digests[name] for name in _STRONGEST if name in digests), None)
        is_stale = digest is not None and digest.get("stale", "").lower() == "true"
        if sent and not is_stale:
            raise LoginRefused
        if digest is None and ("basic" not in schemes or digests):
            raise LoginUnsupported(schemes=_describe(found))
        self._digest, self._basic, self._count = digest, digest is None, 0

    def header(self, method: str, uri: str) -> str | None:
        """Return the ``Authorization`` header of a request; None before the camera asked."""
        if self._digest is not None:
            return self._digest_header(self._digest, method, uri)
        if not self._basic:
            return None
        return (
            "Basic "
            + b64encode(
                f"{self._username}:{self._password}".encode("utf-8", "surrogatepass")
            ).decode()
        )

    def _digest_header(self, challenge: Mapping[str, str], method: str, uri: str) -> str:
        algorithm = challenge.get("algorithm", "MD5")
        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        self._count += 1
        count, client_nonce = f"{self._count:08x}", secrets.token_hex(8)
        username = _on_the_wire(self._username)

        def digest(*parts: str) -> str:
            data = ":".join(parts).encode("latin-1")
            return hashlib.new(
                _ALGORITHMS[_algorithm(challenge)], data, usedforsecurity=False
            ).hexdigest()

        first = digest(username, realm, _on_the_wire(self._password))
        if _is_session(challenge):
            first = digest(first, nonce, client_nonce)
        qop = _protection(challenge)
        second = digest(method, uri, digest("")) if qop == "auth-int" else digest(method, uri)
        fields = {"username": username, "realm": realm, "nonce": nonce, "uri": uri}
        if qop:
            fields["response"] = digest(first, nonce, count, client_nonce, qop, second)
        else:
            fields["response"] = digest(first, nonce, second)
        if "opaque" in challenge:
            fields["opaque"] = challenge["opaque"]
        header = "Digest " + ", ".join(f'{key}="{_quote(text)}"' for key, text in fields.items())
        if "algorithm" in challenge:
            header += f", algorithm={_token(algorithm)}"
        if qop or _is_session(challenge):
            header += f', cnonce="{client_nonce}"'
        return header + (f", qop={qop}, nc={count}" if qop else "")


def camera_login(config: SourceConfig, url: SourceUrl) -> Login:
    """Return the login of a camera."""
    return Login(
        url.username,
        url.password,
        camera=(url.host, url.port),
        digest_only=config.digest_only,
        allow_basic=config.allow_basic,
    )


def _algorithm(challenge: Mapping[str, str]) -> str:
    name = challenge.get("algorithm", "MD5").upper().removesuffix("-SESS")
    return _SPELLINGS.get(name, name)


def _describe(found: Iterable[tuple[str, Mapping[str, str]]]) -> str:
    """Return the kinds of login that a camera asks for, as a text."""
    names = {
        f"Digest {_token(_algorithm(fields))}" if scheme == "digest" else _token(scheme).title()
        for scheme, fields in found
    }
    return ", ".join(sorted(names))[:80] or "?"


def _is_session(challenge: Mapping[str, str]) -> bool:
    return challenge.get("algorithm", "").lower().endswith("-sess")


def _protection(challenge: Mapping[str, str]) -> str:
    """Return what Digest has to protect: the request, also its empty body, or as in RFC 2069."""
    offered = re.split(r"[\s,]+", challenge.get("qop", "").lower())
    return next((each for each in ("auth", "auth-int") if each in offered), "")


def _on_the_wire(text: str) -> str:
    """Return the UTF-8 of a text as characters that stand for a byte each, as headers are read."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _parse_challenges(headers: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """Return each scheme, in lower case, with its fields."""
    found = []
    for header in headers:
        for part in _CHALLENGE.split(header[:_LONGEST_CHALLENGE]):
            scheme, _, fields = part.strip().partition(" ")
            if scheme:
                found.append((scheme.rstrip(",").lower(), _parse_fields(fields)))
    return found


def _parse_fields(text: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else token
        for name, quoted, token in _FIELD.findall(text)
    }


def _quote(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", re.sub(r"[\x00-\x1f\x7f]", "", text))


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9/-]", "", text)
