"""The keys that this system decrypts with."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from .age_keys import PrivateKey
from .encryption_key import EncryptionKey
from .errors import EncryptionKeyInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def read_key(text: str) -> PrivateKey | EncryptionKey:
    """Read the written form of a key that decrypts; raises EncryptionKeyInvalid."""
    try:
        return PrivateKey.from_text(text)
    except EncryptionKeyInvalid:
        return EncryptionKey.from_text(text)


@dataclass(frozen=True)
class KeyRing:
    """Keys of both formats."""

    keys: tuple[PrivateKey | EncryptionKey, ...]

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Self:
        """Read the written forms of keys; raises EncryptionKeyInvalid."""
        return cls(tuple(map(read_key, texts)))

    @cached_property
    def old(self) -> Mapping[str, EncryptionKey]:
        """Return the keys from before age, by id."""
        return {key.id: key for key in self.keys if isinstance(key, EncryptionKey)}

    @cached_property
    def private(self) -> Mapping[str, PrivateKey]:
        """Return age's private keys, by the id of their public halves."""
        return {key.public.id: key for key in self.keys if isinstance(key, PrivateKey)}

    def __contains__(self, key_id: str) -> bool:
        return key_id in self.old or key_id in self.private
