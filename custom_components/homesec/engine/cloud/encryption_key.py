"""The encryption key, which only the user has, and its written form.

It is 32 random bytes; HKDF (RFC 5869) derives from them one key for each purpose and each clip.
Without it, the clips in the cloud are lost, so its written form is made to be copied by hand:
Crockford's base32 has no I, L, O, and U and accepts lowercase, and a checksum finds typing errors.
"""

import base64
import binascii
from dataclasses import dataclass, field
import hashlib
import secrets
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import EncryptionKeyInvalid

KEY_BYTES = 32
CHECKSUM_BYTES = 3  # 35 bytes with the key, which are 56 letters without padding
GROUP = 4
ID_BYTES = 8
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WRITE = str.maketrans(_BASE32, _CROCKFORD)
# I, L, and O are read as 1 and 0; spaces, line breaks, and dashes are only for legibility.
_READ = str.maketrans(
    dict(zip(_CROCKFORD, _BASE32, strict=True)) | {"I": "B", "L": "B", "O": "A", "-": None}
)


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A secret, shown only to its owner, by ``text``."""

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the written form; raises EncryptionKeyInvalid."""
        letters = "".join(text.split()).upper().translate(_READ)
        try:
            raw = base64.b32decode(letters)
        except ValueError, binascii.Error:
            raise EncryptionKeyInvalid from None
        secret, checksum = raw[:KEY_BYTES], raw[KEY_BYTES:]
        if len(secret) != KEY_BYTES or checksum != _checksum(secret):
            raise EncryptionKeyInvalid
        return cls(secret)

    @property
    def text(self) -> str:
        """Return the written form: 14 groups of 4 letters."""
        letters = base64.b32encode(self.secret + _checksum(self.secret)).decode().translate(_WRITE)
        return "-".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))

    @property
    def id(self) -> str:
        """Return a fingerprint that doesn't reveal the key: 16 hexadecimal digits."""
        return self.derive(b"id")[:ID_BYTES].hex()

    def derive(self, purpose: bytes, salt: bytes = b"") -> bytes:
        """Return a 32-byte key for this purpose and salt alone."""
        hkdf = HKDF(SHA256(), length=32, salt=salt, info=b"homesec seal v1 " + purpose)
        return hkdf.derive(self.secret)


def _checksum(secret: bytes) -> bytes:
    return hashlib.sha256(b"homesec seal key" + secret).digest()[:CHECKSUM_BYTES]
