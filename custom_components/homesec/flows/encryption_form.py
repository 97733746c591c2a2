"""The forms for the keys that clips are encrypted and decrypted with."""

import base64
import secrets
from typing import TYPE_CHECKING, Any, Final

from homeassistant.data_entry_flow import Optional, Required
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig
from probatio import Schema

from ..cloud.store import (
    CONF_PRIVATE_KEY,
    CONF_PUBLIC_KEY,
    CONF_SEAL_KEY,
    CONF_SEED,
    CONF_SINCE,
)
from ..engine.cloud.age import SEED_BYTES
from ..engine.cloud.age_keys import PrivateKey, PublicKey
from ..engine.cloud.encryption_key import EncryptionKey
from ..engine.cloud.errors import EncryptionKeyInvalid
from ..engine.cloud.key_ring import read_key

if TYPE_CHECKING:
    from collections.abc import Mapping

CONF_STORE_KEY: Final = "store_key"
CONF_EARLIER_KEY: Final = "earlier_key"

_STORE_KEY: Final = {Required(CONF_STORE_KEY, default=False): BooleanSelector()}
_EARLIER_KEY: Final = {
    Optional(CONF_EARLIER_KEY): TextSelector(TextSelectorConfig(autocomplete="off"))
}
KEY_FIELDS: Final = (CONF_SEAL_KEY, CONF_EARLIER_KEY)
PRIVATE_KEY_SCHEMA: Final = Schema(
    {
        **_STORE_KEY,
        Optional(CONF_SEAL_KEY): TextSelector(TextSelectorConfig(autocomplete="off")),
        **_EARLIER_KEY,
    }
)
"""Without a key, the stored one is kept or deleted."""


def seal_schema(*, has_key: bool) -> Schema:
    """Return the form for a new private key; ``has_key``: a valid one was entered before."""
    marker = Optional if has_key else Required
    return Schema(
        {
            marker(CONF_SEAL_KEY): TextSelector(TextSelectorConfig(autocomplete="off")),
            **_STORE_KEY,
            **_EARLIER_KEY,
        }
    )


class KeyFormError(Exception):
    """A form with keys was filled in wrongly."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__()
        self.errors = errors  # keys of texts, by field


def shown_keys(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values without keys, which never go back to the browser."""
    return {CONF_STORE_KEY: answer.get(CONF_STORE_KEY, False)}


def read_new_key(answer: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return how clips are encrypted from ``now`` on.

    Raises ``EncryptionKeyInvalid``, and ``KeyFormError``.
    """
    public_key, private_key = _read_pair(answer[CONF_SEAL_KEY])
    encryption = {
        CONF_PUBLIC_KEY: public_key.text,
        CONF_SEED: base64.b64encode(secrets.token_bytes(SEED_BYTES)).decode(),
        CONF_SINCE: now,
    }
    if answer[CONF_STORE_KEY]:
        if private_key is None:
            raise KeyFormError({CONF_SEAL_KEY: "private_key_needed"})
        encryption[CONF_PRIVATE_KEY] = private_key.text
    return encryption


def read_stored_key(answer: Mapping[str, Any], storage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the storage with the private key or without it; raises as ``read_new_key``."""
    changed = {key: value for key, value in storage.items() if key != CONF_PRIVATE_KEY}
    if answer[CONF_STORE_KEY]:
        text = answer.get(CONF_SEAL_KEY) or storage.get(CONF_PRIVATE_KEY)
        if not text:
            raise KeyFormError({CONF_SEAL_KEY: "private_key_needed"})
        public_key, private_key = _read_pair(text)
        if private_key is None:
            raise KeyFormError({CONF_SEAL_KEY: "private_key_needed"})
        if public_key.text != storage[CONF_PUBLIC_KEY]:
            raise KeyFormError({CONF_SEAL_KEY: "private_key_other"})
        changed[CONF_PRIVATE_KEY] = private_key.text
    return changed


def read_earlier_key(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a key for earlier clips, if there is one; raises as ``read_new_key``."""
    if not (text := answer.get(CONF_EARLIER_KEY, "").strip()):
        return ()
    try:
        return (read_key(text).text,)
    except EncryptionKeyInvalid as err:
        raise KeyFormError({CONF_EARLIER_KEY: err.key}) from None


def _read_pair(text: str) -> tuple[PublicKey, PrivateKey | None]:
    """Read a private key, or a public one alone: the private one may never have been here."""
    try:
        private_key = PrivateKey.from_text(text)
    except EncryptionKeyInvalid:
        pass
    else:
        return private_key.public, private_key
    try:
        return PublicKey.from_text(text), None
    except EncryptionKeyInvalid:
        EncryptionKey.from_text(text)
    raise KeyFormError({CONF_SEAL_KEY: "key_of_old_format"})
