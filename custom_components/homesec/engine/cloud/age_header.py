"""The header of an age file: who can decrypt it. https://age-encryption.org/v1, "Header".

    age-encryption.org/v1
    -> X25519 <share>
    <the file's key, encrypted>
    -> homesec/name <name of the object>

    --- <MAC over all of the above>

Each stanza (``->``) is for one recipient. The second is ours and makes no one a recipient: the
format requires other programs to ignore it. The MAC's key is derived from the file's key, so only
the program that encrypted the file can have written the name: an object doesn't decrypt under
another's name, although the bucket's holder can copy it there.
"""

import base64
import binascii
from dataclasses import dataclass
import hmac
import re
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .age_keys import FILE_KEY_BYTES, KEY_BYTES, WrappedKey
from .chunks import TAG_BYTES
from .errors import EncryptedFileBroken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .age_keys import PrivateKey, PublicKey

VERSION = b"age-encryption.org/v1\n"
MAX_HEADER_BYTES = 16 * 2**10
"""Beyond this, it is none: ours have 300 bytes."""
MAC_BYTES = 32
_END = b"---"
_STANZA = b"->"
_LINE_LETTERS = 64
_X25519 = "X25519"
_SCRYPT = "scrypt"
_NAME = "homesec/name"
_ARGUMENT = re.compile(rb"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """What a header has for one recipient."""

    arguments: tuple[str, ...]
    body: bytes = b""

    def dump(self) -> bytes:
        """Return its lines."""
        letters = _encode(self.body)
        # The last line is shorter than the others: empty after a full one.
        starts = range(0, len(letters) + 1, _LINE_LETTERS)
        lines = [letters[start : start + _LINE_LETTERS] for start in starts]
        return b"\n".join([b" ".join([_STANZA, *map(str.encode, self.arguments)]), *lines, b""])


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeHeader:
    """A header that was read, or is to be written."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    size: int  # in bytes

    @classmethod
    def make(cls, public_key: PublicKey, name: str, file_key: bytes, ephemeral: bytes) -> Self:
        """Return the header of a new file; see ``PublicKey.wrap``."""
        wrapped = public_key.wrap(file_key, ephemeral)
        share = _encode(wrapped.share).decode()
        stanzas = (
            Stanza(arguments=(_X25519, share), body=wrapped.body),
            Stanza(arguments=(_NAME, quote(name))),
        )
        mac = _mac(stanzas, file_key)
        return cls(stanzas=stanzas, mac=mac, size=len(_dump(stanzas, mac)))

    @classmethod
    def load(cls, raw: bytes) -> Self | None:
        """Read the header at the beginning of a file; None if it isn't an age file.

        Raises EncryptedFileBroken for a header that isn't exactly as the format has it.
        """
        if not raw.startswith(VERSION):
            return None
        try:
            stanzas, mac, size = _load(raw)
        except ValueError, binascii.Error:
            raise EncryptedFileBroken from None
        return cls(stanzas=stanzas, mac=mac, size=size)

    def dump(self) -> bytes:
        """Return the header's bytes."""
        return _dump(self.stanzas, self.mac)

    def has_name(self, name: str) -> bool:
        """Return whether the file was encrypted under this name."""
        return Stanza(arguments=(_NAME, quote(name))) in self.stanzas

    def file_key(self, keys: Iterable[PrivateKey]) -> bytes | None:
        """Return the file's key; None if it is for none of these keys.

        Raises EncryptedFileBroken for a header that was changed.
        """
        try:
            wrapped = [_wrapped_key(each) for each in self.stanzas if each.arguments[0] == _X25519]
            found = (key.unwrap(each) for key in keys for each in wrapped)
            file_key = next((each for each in found if each is not None), None)
        except ValueError, binascii.Error:
            raise EncryptedFileBroken from None
        if file_key is not None and not hmac.compare_digest(self.mac, _mac(self.stanzas, file_key)):
            raise EncryptedFileBroken
        return file_key


def header_size(name: str) -> int:
    """Return how many bytes the header of a new file has."""
    share = _encode(bytes(KEY_BYTES)).decode()
    body = bytes(FILE_KEY_BYTES + TAG_BYTES)
    stanzas = (
        Stanza(arguments=(_X25519, share), body=body),
        Stanza(arguments=(_NAME, quote(name))),
    )
    return len(_dump(stanzas, bytes(MAC_BYTES)))


def _wrapped_key(stanza: Stanza) -> WrappedKey:
    _, share = stanza.arguments
    wrapped = WrappedKey(share=_decode(share.encode()), body=stanza.body)
    if len(wrapped.share) != KEY_BYTES or len(wrapped.body) != FILE_KEY_BYTES + TAG_BYTES:
        raise ValueError("an X25519 stanza of another size")
    return wrapped


def _dump(stanzas: tuple[Stanza, ...], mac: bytes) -> bytes:
    return _authenticated(stanzas) + b" " + _encode(mac) + b"\n"


def _authenticated(stanzas: tuple[Stanza, ...]) -> bytes:
    return VERSION + b"".join(stanza.dump() for stanza in stanzas) + _END


def _mac(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    key = HKDF(SHA256(), length=32, salt=None, info=b"header").derive(file_key)
    return hmac.digest(key, _authenticated(stanzas), "sha256")


def _load(raw: bytes) -> tuple[tuple[Stanza, ...], bytes, int]:
    """Return stanzas, MAC, and size; raises ValueError and binascii.Error."""
    lines = iter(raw[len(VERSION) : MAX_HEADER_BYTES].split(b"\n")[:-1])
    size = len(VERSION)
    stanzas: list[Stanza] = []
    for line in lines:
        size += len(line) + 1
        mark, *arguments = line.split(b" ")
        if mark == _END:
            (mac,) = map(_decode, arguments)
            if not stanzas or len(mac) != MAC_BYTES:
                break
            return tuple(stanzas), mac, size
        if mark != _STANZA or not arguments or not all(map(_ARGUMENT.fullmatch, arguments)):
            break
        body = bytearray()
        for letters in lines:
            size += len(letters) + 1
            body += letters
            if len(letters) < _LINE_LETTERS:
                break
            if len(letters) > _LINE_LETTERS:
                raise ValueError("a line is too long")
        else:
            break
        stanza = Stanza(arguments=tuple(map(bytes.decode, arguments)), body=_decode(bytes(body)))
        stanzas.append(stanza)
        # A passphrase makes the sender known, which another recipient would spoil.
        if len(stanzas) > 1 and any(each.arguments[0] == _SCRYPT for each in stanzas):
            break
    raise ValueError("no header")


def _encode(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _decode(letters: bytes) -> bytes:
    """Read base64 without padding; raises ValueError for another writing of the same bytes."""
    data = base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    if _encode(data) != letters:
        raise ValueError("not canonical")
    return data
