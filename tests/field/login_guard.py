"""A camera's side of HTTP logins, written from RFC 7616, 2069, and 7617 alone."""

from base64 import b64encode
from dataclasses import dataclass, field
import hashlib
import re

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_FIELD = re.compile(rb'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


@dataclass
class Guard:
    """Asks for a login, and knows whether a request has the right one."""

    user: str = "bob"
    password: str = "tweety"
    algorithm: str = ""  # empty: not named, as in RFC 2069
    qop: str = ""  # as offered: ``auth,auth-int``
    realm: str = "camera"
    fresh_after: int = 0  # requests after which the nonce isn't accepted anymore
    says_stale: bool = True
    template: tuple[str, ...] = ("{digest}",)  # the WWW-Authenticate headers
    count: int = 0
    refused: int = 0
    _asked: list[str] = field(default_factory=list)

    @property
    def nonce(self):
        return f"n{self.count // self.fresh_after if self.fresh_after else 0}"

    def challenges(self):
        """Return the headers that ask for a login."""
        quoted = re.sub(r'(["\\])', r"\\\1", self.realm)
        digest = f'Digest realm="{quoted}", nonce="{self.nonce}"'
        if self.algorithm:
            digest += f", algorithm={self.algorithm}"
        if self.qop:
            digest += f', qop="{self.qop}", opaque="o/1=="'
        if self.says_stale and self.refused:
            digest += ", stale=true"
        basic = 'Basic realm="cam, 1"'
        return [
            "WWW-Authenticate: " + each.format(digest=digest, basic=basic) for each in self.template
        ]

    def accepts(self, method, authorization):
        """Return whether the header of a request, in bytes, is right."""
        self.count += 1
        kind, _, rest = authorization.partition(b" ")
        if kind == b"Basic":
            return rest == b64encode(f"{self.user}:{self.password}".encode())
        given = {
            name.decode(): re.sub(rb"\\(.)", rb"\1", quoted) or plain
            for name, quoted, plain in _FIELD.findall(rest)
        }
        if given.get("nonce") != self.nonce.encode():
            self.refused += bool(given)
            return False
        name = self.algorithm.upper() or "MD5"
        session = name.endswith("-SESS")

        def digest(*parts):
            kind = _HASHES[name.removesuffix("-SESS")]
            return hashlib.new(kind, b":".join(parts)).hexdigest().encode()

        secret = digest(self.user.encode(), self.realm.encode(), self.password.encode())
        if session:
            secret = digest(secret, given["nonce"], given["cnonce"])
        qop = given.get("qop", b"")
        if qop.decode() not in (self.qop.split(",") if self.qop else [""]):
            return False
        asked = [method.encode(), given["uri"]] + ([digest(b"")] if qop == b"auth-int" else [])
        between = [given["nonce"], *([given["nc"], given["cnonce"], qop] if qop else [])]
        right = digest(secret, *between, digest(*asked))
        return given.get("username") == self.user.encode() and given.get("response") == right
