"""A pair of keys as age writes them: clips are encrypted with the public one.

Both are X25519 keys (RFC 7748). https://age-encryption.org/v1, "The X25519 recipient type"; age
calls the public key a recipient and the private one an identity.
"""

from dataclasses import dataclass, field
from functools import cached_property
import hashlib
import secrets
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from . import bech32
from .errors import EncryptionKeyInvalid

KEY_BYTES = 32
FILE_KEY_BYTES = 16
ID_BYTES = 8
PUBLIC_PREFIX = "age"
PRIVATE_PREFIX = "age-secret-key-"
_INFO = b"age-encryption.org/v1/X25519"
_NONCE = bytes(12)  # each wrapping key is used once


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """The key of one file, encrypted for one pair of keys."""

    share: bytes  # the public half of a key made for this file
    body: bytes


@dataclass(frozen=True)
class PublicKey:
    """What clips are encrypted with; it decrypts nothing."""

    raw: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``age1…``; raises EncryptionKeyInvalid."""
        return cls(_from_text(text, PUBLIC_PREFIX))

    @property
    def text(self) -> str:
        """Return the written form, ``age1…``."""
        return bech32.encode(PUBLIC_PREFIX, self.raw)

    @cached_property
    def id(self) -> str:
        """Return a fingerprint that doesn't reveal the key: 16 hexadecimal digits."""
        return hashlib.sha256(b"homesec age key" + self.raw).digest()[:ID_BYTES].hex()

    def wrap(self, file_key: bytes, ephemeral: bytes) -> WrappedKey:
        """Encrypt a file's key; ``ephemeral`` are 32 secret bytes for this file alone."""
        secret = X25519PrivateKey.from_private_bytes(ephemeral)
        share = secret.public_key().public_bytes_raw()
        shared = secret.exchange(X25519PublicKey.from_public_bytes(self.raw))
        body = _cipher(shared, share, self.raw).encrypt(_NONCE, file_key, None)
        return WrappedKey(share=share, body=body)


@dataclass(frozen=True)
class PrivateKey:
    """What decrypts clips. It is shown only to its owner, by ``text``."""

    raw: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``AGE-SECRET-KEY-1…``; raises EncryptionKeyInvalid."""
        return cls(_from_text(text, PRIVATE_PREFIX))

    @property
    def text(self) -> str:
        """Return the written form, ``AGE-SECRET-KEY-1…``."""
        return bech32.encode(PRIVATE_PREFIX, self.raw).upper()

    @cached_property
    def public(self) -> PublicKey:
        """Return the public key of the pair."""
        secret = X25519PrivateKey.from_private_bytes(self.raw)
        return PublicKey(secret.public_key().public_bytes_raw())

    def unwrap(self, wrapped: WrappedKey) -> bytes | None:
        """Return the file's key; None if it was encrypted for another pair.

        Raises ValueError for a share that gives the same secret with any key.
        """
        secret = X25519PrivateKey.from_private_bytes(self.raw)
        shared = secret.exchange(X25519PublicKey.from_public_bytes(wrapped.share))
        try:
            return _cipher(shared, wrapped.share, self.public.raw).decrypt(
                _NONCE, wrapped.body, None
            )
        except InvalidTag:
            return None


def _cipher(shared: bytes, share: bytes, public: bytes) -> ChaCha20Poly1305:
    hkdf = HKDF(SHA256(), length=32, salt=share + public, info=_INFO)
    return ChaCha20Poly1305(hkdf.derive(shared))


def _from_text(text: str, prefix: str) -> bytes:
    # Line breaks and spaces come from a copy by hand, or from a narrow window.
    try:
        found, raw = bech32.decode("".join(text.split()))
    except ValueError:
        raise EncryptionKeyInvalid from None
    if found != prefix or len(raw) != KEY_BYTES:
        raise EncryptionKeyInvalid
    return raw
