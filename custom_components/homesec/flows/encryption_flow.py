"""The steps of the config flow that create or change the keys of encrypted clips."""

import time
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult

from ..cloud.store import (
    CONF_KEY,
    CONF_PRIVATE_KEY,
    CONF_PUBLIC_KEY,
    CONF_SEAL_KEY,
    ENCRYPTION_FIELDS,
)
from ..const import CONF_STORAGE
from ..engine.cloud.age_keys import PrivateKey
from ..engine.cloud.errors import StorageError
from ..translations import async_options
from .encryption_form import (
    CONF_EARLIER_KEY,
    CONF_STORE_KEY,
    KEY_FIELDS,
    PRIVATE_KEY_SCHEMA,
    KeyFormError,
    read_earlier_key,
    read_new_key,
    read_stored_key,
    seal_schema,
    shown_keys,
)
from .problems import PROBLEM, FormSteps, async_problem
from .storage_form import with_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..runtime import HomeSecConfigEntry


class EncryptionSteps(FormSteps):
    """The encryption part of the config flow."""

    def __init__(self) -> None:
        super().__init__()
        self._bucket: dict[str, Any] = {}
        """What will be stored; its key may be known before the rest."""
        self._private_key: PrivateKey | None = None  # a new one, which is shown
        self._earlier_keys: tuple[str, ...] = ()
        self._kept: dict[str, str] = {}
        """Valid keys that were entered while another field was wrong, by field."""

    @property
    def _storage_entry(self) -> HomeSecConfigEntry:
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry()

    @property
    def _stored(self) -> Mapping[str, Any]:
        stored: Mapping[str, Any] = self._storage_entry.data.get(CONF_STORAGE, {})
        return stored

    async def async_step_encryption(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Store the private key on this system, or delete it; replace a key of the old format."""
        if CONF_PUBLIC_KEY not in self._stored:
            self._bucket = {k: v for k, v in self._stored.items() if k not in ENCRYPTION_FIELDS}
            return await self.async_step_seal()
        if user_input is not None:
            errors = self._read_keys(
                lambda answer: read_stored_key(answer, self._stored), user_input
            )
            if errors:
                return await self._async_from_top("encryption", errors, user_input)
            return await self.async_step_keep_bucket()
        errors, _, answer = self._again.pop()
        shown = answer or {CONF_STORE_KEY: CONF_PRIVATE_KEY in self._stored}
        return self.async_show_form(
            step_id="encryption",
            data_schema=self.add_suggested_values_to_schema(PRIVATE_KEY_SCHEMA, shown_keys(shown)),
            errors=errors,
            description_placeholders={
                "public_key": self._stored[CONF_PUBLIC_KEY],
                **await self._async_key_notes(stored=CONF_PRIVATE_KEY in self._stored),
                PROBLEM: await async_problem(self.hass, "config", errors, {}),
            },
        )

    async def async_step_seal(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show a new private key once, and ask for it or for an existing one."""
        if self._private_key is None:
            self._private_key = PrivateKey.generate()
        if user_input is not None:
            bucket = self._bucket
            errors = self._read_keys(
                lambda answer: {**bucket, **read_new_key(answer, time.time())}, user_input
            )
            if errors:
                return await self._async_from_top("seal", errors, user_input)
            return await self.async_step_keep_bucket()
        errors, _, answer = self._again.pop()
        notes = await async_options(self.hass, "note")
        return self.async_show_form(
            step_id="seal",
            data_schema=self.add_suggested_values_to_schema(
                seal_schema(has_key=CONF_SEAL_KEY in self._kept), shown_keys(answer or {})
            ),
            errors=errors,
            description_placeholders={
                CONF_KEY: self._private_key.text,
                "public_key": self._private_key.public.text,
                "note": notes["old_format"] if CONF_SEAL_KEY in self._stored else "",
                **await self._async_key_notes(),
                PROBLEM: await async_problem(self.hass, "config", errors, {}),
            },
        )

    async def _async_key_notes(self, *, stored: bool = False) -> dict[str, str]:
        """Return what to say of keys that needn't be entered again."""
        note = (await async_options(self.hass, "note"))["private_key_saved"]
        return {
            "key_note": note if stored or CONF_SEAL_KEY in self._kept else "",
            "earlier_note": note if CONF_EARLIER_KEY in self._kept else "",
        }

    def _read_keys(
        self, read: Callable[[dict[str, Any]], dict[str, Any]], answer: dict[str, Any]
    ) -> dict[str, str]:
        """Keep the storage that ``read`` makes of a form with keys; return the form's errors.

        A valid key is also kept, so that it needn't be entered again because another one is wrong.
        """
        entered = {key: text for key in KEY_FIELDS if (text := answer.get(key, "").strip())}
        others = {key: value for key, value in answer.items() if key not in KEY_FIELDS}
        answer = {**others, **self._kept, **entered}
        errors: dict[str, str] = {}
        try:
            bucket = read(answer)
        except StorageError as err:
            errors[CONF_SEAL_KEY] = err.key
        except KeyFormError as err:
            errors |= err.errors
        try:
            self._earlier_keys = read_earlier_key(answer)
        except KeyFormError as err:
            errors |= err.errors
        self._kept = {
            key: answer[key] for key in KEY_FIELDS if answer.get(key) and key not in errors
        }
        if not errors:
            self._bucket = bucket
        return errors

    async def async_step_keep_bucket(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Store the bucket; if that changes nothing, there is no reload, so resume uploads."""
        entry = self._storage_entry
        data = with_storage(entry.data, self._bucket, earlier=self._earlier_keys)
        if data == entry.data:
            await entry.runtime_data.storage.async_resume()
        return self.async_update_and_abort(entry, data=data)
