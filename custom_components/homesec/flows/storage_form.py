"""The forms for a bucket and the login to it."""

import json
from typing import TYPE_CHECKING, Any, Final

from homeassistant.data_entry_flow import Optional, Required
from homeassistant.helpers.selector import (
    BooleanSelector,
    FileSelector,
    FileSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
from probatio import Schema

from ..cloud.store import (
    CONF_BUCKET,
    CONF_KEY,
    CONF_LIMIT,
    CONF_PREFIX,
    CONF_PRIVATE_KEY,
    CONF_PROJECT,
    CONF_PUBLIC_KEY,
    CONF_SEAL_KEY,
    CONF_UPLOAD_REST,
    DEFAULT_PREFIX,
    ENCRYPTION_FIELDS,
    is_encrypted,
)
from ..const import CONF_SEAL_KEYS, CONF_STORAGE
from ..engine.cloud.errors import KeyInvalid
from .form_fields import choice, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.helpers.field_visibility import FieldCondition

CONF_LOGIN: Final = "login"
CONF_KEY_FILE: Final = "key_file"
CONF_ENCRYPT: Final = "encrypt"
LOGIN_KEY: Final = "key"
LOGIN_MACHINE: Final = "own"

_WITH_KEY: FieldCondition = {"field": CONF_LOGIN, "value": LOGIN_KEY}
_LOGIN: Final = {
    Required(CONF_LOGIN, default=LOGIN_KEY): choice(
        (LOGIN_KEY, LOGIN_MACHINE), "storage_login", mode=SelectSelectorMode.LIST
    ),
    # Never sent back to the browser: if it is left empty, the known key is kept.
    Optional(CONF_KEY, visible=_WITH_KEY): TextSelector(
        TextSelectorConfig(multiline=True, autocomplete="off")
    ),
    Optional(CONF_KEY_FILE, visible=_WITH_KEY): FileSelector(FileSelectorConfig(accept=".json")),
}

LOGIN_SCHEMA: Final = Schema(_LOGIN)

BUCKET_SCHEMA: Final = Schema(
    {
        **_LOGIN,
        Required(CONF_BUCKET): TextSelector(TextSelectorConfig(autocomplete="off")),
        Optional(CONF_PREFIX): TextSelector(TextSelectorConfig(autocomplete="off")),
        Optional(CONF_LIMIT): number(0.1, 10_000, unit="Mbit/s", step=0.1),
        Required(CONF_UPLOAD_REST, default=True): BooleanSelector(),
        Required(CONF_ENCRYPT, default=False): BooleanSelector(),
    }
)

PROJECT_FIELD: Final = {
    Optional(CONF_PROJECT): TextSelector(TextSelectorConfig(autocomplete="off"))
}
"""Only for a bucket that bills its users."""


def shown_bucket(storage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's initial values, without any key."""
    if not storage:
        return {CONF_PREFIX: DEFAULT_PREFIX}
    plain = (CONF_BUCKET, CONF_PREFIX, CONF_LIMIT, CONF_UPLOAD_REST, CONF_PROJECT)
    return {
        CONF_LOGIN: LOGIN_KEY if CONF_KEY in storage else LOGIN_MACHINE,
        **{key: storage[key] for key in plain if key in storage},
        CONF_ENCRYPT: is_encrypted(storage),
    }


def read_key(text: str) -> dict[str, Any]:
    """Return a pasted key. Raises ``KeyInvalid``, which contains nothing of it."""
    try:
        key = json.loads(text)
    except ValueError, RecursionError:
        raise KeyInvalid from None
    if not isinstance(key, dict):
        raise KeyInvalid
    return key


def read_bucket(answer: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's values as they are stored, but for the login's key."""
    storage = {
        CONF_BUCKET: answer[CONF_BUCKET].strip().removeprefix("gs://").strip("/"),
        CONF_PREFIX: answer.get(CONF_PREFIX, "").strip().strip("/"),
        CONF_UPLOAD_REST: answer[CONF_UPLOAD_REST],
    }
    if limit := answer.get(CONF_LIMIT):
        storage[CONF_LIMIT] = limit
    if project := answer.get(CONF_PROJECT, "").strip():
        storage[CONF_PROJECT] = project
    if answer[CONF_ENCRYPT]:
        storage |= {key: stored[key] for key in ENCRYPTION_FIELDS if key in stored}
    return storage


def with_storage(
    data: Mapping[str, Any], storage: Mapping[str, Any] | None, *, earlier: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the entry's data with another storage, or without one.

    A key in use until now is kept, to decrypt what was encrypted with it, and so are the earlier
    ones. But a private key that you remove from this system is not.
    """
    changed = {key: value for key, value in data.items() if key != CONF_STORAGE}
    if storage is not None:
        changed[CONF_STORAGE] = dict(storage)
    before, after = data.get(CONF_STORAGE, {}), storage or {}
    keys = [*data.get(CONF_SEAL_KEYS, ()), before.get(CONF_SEAL_KEY), *earlier]
    if before.get(CONF_PUBLIC_KEY) != after.get(CONF_PUBLIC_KEY):
        keys.append(before.get(CONF_PRIVATE_KEY))
    in_use = (None, after.get(CONF_SEAL_KEY), after.get(CONF_PRIVATE_KEY))
    keys = [key for key in dict.fromkeys(keys) if key not in in_use]
    if keys:
        changed[CONF_SEAL_KEYS] = keys
    else:
        changed.pop(CONF_SEAL_KEYS, None)
    return changed
