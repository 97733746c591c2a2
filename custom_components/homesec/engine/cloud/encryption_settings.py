"""The keys of a bucket, in their written form, and what they make possible."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .age import SEED_BYTES, AgeEncryption
from .age_keys import PublicKey
from .encryption_key import EncryptionKey
from .errors import EncryptionKeyInvalid
from .key_ring import KeyRing
from .old_format import OldEncryption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .object_store import Content


class Encryption(Protocol):
    """How new objects are encrypted."""

    key_id: str

    def encrypt(self, content: Content, name: str) -> Content:
        """Return some content's encrypted form; ``name`` is the object's, without folders."""
        ...

    def encrypt_metadata(self, metadata: Mapping[str, str], name: str) -> dict[str, str]:
        """Return metadata as an entry for the object."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionSettings:
    """Keys, in their written form."""

    encrypt_with: str | None = field(default=None, repr=False)
    """A public key (``age1…``) or, of earlier versions, a secret key; without it, nothing is."""
    seed: str | None = field(default=None, repr=False)
    """For a public key: 32 random bytes in base64, see ``age.py``."""
    decrypt_with: tuple[str, ...] = field(default=(), repr=False)
    since: float | None = None
    """When encryption was turned on (UTC epoch seconds), None if that isn't known: of a clip that
    the catalog doesn't know, an object from later has to be encrypted."""

    @property
    def _public(self) -> bool:
        return (self.encrypt_with or "").startswith("age")

    def encryption(self) -> Encryption | None:
        """Return how new objects are encrypted, None if they aren't.

        Raises EncryptionKeyInvalid.
        """
        if self.encrypt_with is None:
            return None
        if not self._public:
            return OldEncryption(EncryptionKey.from_text(self.encrypt_with))
        try:
            seed = base64.b64decode(self.seed or "", validate=True)
        except binascii.Error:
            raise EncryptionKeyInvalid from None
        if len(seed) != SEED_BYTES:
            raise EncryptionKeyInvalid
        return AgeEncryption(PublicKey.from_text(self.encrypt_with), seed)

    def key_ring(self) -> KeyRing:
        """Return the keys that decrypt; raises EncryptionKeyInvalid."""
        own = () if self.encrypt_with is None or self._public else (self.encrypt_with,)
        return KeyRing.from_texts((*self.decrypt_with, *own))
