"""The steps of the config flow that set up, change, or turn off a bucket, or log in again."""

import traceback
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
)
from probatio import Schema

from ..cloud.store import CONF_BUCKET, CONF_KEY, CONF_PREFIX, CONF_SEAL_KEY, make_store
from ..const import CONF_STORAGE, LOGGER
from ..engine.cloud.encryption_key import EncryptionKey
from ..engine.cloud.errors import BucketMissing, KeyInvalid, KeyRevoked, StorageError
from ..engine.cloud.object_names import gcs_uri
from ..engine.core.errors import HomeSecError
from ..translations import async_options
from .custom_model_import import read_upload
from .storage_form import (
    BUCKET_SCHEMA,
    CONF_ENCRYPT,
    CONF_KEY_FILE,
    CONF_LOGIN,
    LOGIN_KEY,
    LOGIN_MACHINE,
    LOGIN_SCHEMA,
    SEAL_SCHEMA,
    read_bucket,
    read_key,
    shown_bucket,
    with_storage,
)

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from ..runtime import HomeSecConfigEntry

SECRET_FIELDS: Final = (CONF_KEY, CONF_KEY_FILE)
NO_DETAILS: Final = {"permission": "storage.objects.*", "bucket": "-", "status": "-", "skew_s": "-"}
"""The placeholders of errors' texts, while there is no error."""


class StorageSteps(ConfigFlow):
    """The cloud storage part of the config flow."""

    def __init__(self) -> None:
        super().__init__()
        self._bucket: dict[str, Any] = {}
        """What will be stored; its key may be known before the rest."""
        self._bucket_shown: dict[str, Any] = {}
        self._bucket_errors: dict[str, str] = {}
        self._error_details: dict[str, str] = {}
        self._bucket_step = "bucket"  # the step that is shown again after an error
        self._encrypt = False
        self._seal_key: EncryptionKey | None = None
        self._check: asyncio.Task[None] | None = None

    @property
    def _storage_entry(self) -> HomeSecConfigEntry:
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry()

    @property
    def _stored(self) -> Mapping[str, Any]:
        stored: Mapping[str, Any] = self._storage_entry.data.get(CONF_STORAGE, {})
        return stored

    @property
    def _known_key(self) -> dict[str, Any] | None:
        key: dict[str, Any] | None = self._bucket.get(CONF_KEY) or self._stored.get(CONF_KEY)
        return key

    async def async_step_cloud(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a bucket, or what to do with the present one."""
        if self._storage_entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if self._stored:
            return self.async_show_menu(step_id="cloud", menu_options=["bucket", "cloud_off"])
        return await self.async_step_bucket()

    async def async_step_bucket(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the bucket and the login to it."""
        if not self._bucket_shown:
            self._bucket_shown = shown_bucket(self._stored)
        if user_input is not None:
            self._bucket_step = "bucket"
            self._encrypt = user_input[CONF_ENCRYPT]
            if await self._async_read(user_input, read_bucket(user_input, self._stored)):
                return await self.async_step_probe_bucket()
        return await self._async_show_login("bucket", BUCKET_SCHEMA)

    async def async_step_cloud_off(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Remove the bucket, so that new clips are only stored locally."""
        if user_input is not None:
            data = with_storage(self._storage_entry.data, None)
            return self.async_update_and_abort(self._storage_entry, data=data)
        return self.async_show_form(
            step_id="cloud_off",
            data_schema=Schema({}),
            description_placeholders={CONF_BUCKET: self._stored[CONF_BUCKET]},
        )

    async def async_step_reauth(self, _data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start, since the bucket refuses the login."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another key; without one, try the stored one again."""
        stored = self._stored
        if self._storage_entry.state is not ConfigEntryState.LOADED or not stored:
            return self.async_abort(reason="not_loaded")
        if not self._bucket_shown:
            self._bucket_shown = {CONF_LOGIN: LOGIN_KEY if CONF_KEY in stored else LOGIN_MACHINE}
        if user_input is not None:
            self._bucket_step = "reauth_confirm"
            bucket = {key: value for key, value in stored.items() if key != CONF_KEY}
            if await self._async_read(user_input, bucket):
                return await self.async_step_probe_bucket()
        return await self._async_show_login("reauth_confirm", LOGIN_SCHEMA)

    async def _async_read(self, answer: dict[str, Any], bucket: dict[str, Any]) -> bool:
        """Keep a form's values; return whether they contain a key, or need none."""
        self._bucket_shown = {k: v for k, v in answer.items() if k not in SECRET_FIELDS}
        self._bucket_errors = {}
        key = self._known_key
        self._bucket = bucket
        if answer[CONF_LOGIN] == LOGIN_MACHINE:
            return True
        try:
            if text := await self._async_key_text(answer):
                key = read_key(text)
        except KeyInvalid as err:
            self._bucket_errors[CONF_KEY] = err.key
        except ValueError, OSError:
            self._bucket_errors[CONF_KEY_FILE] = "upload_failed"
        else:
            if key is None:
                self._bucket_errors[CONF_KEY] = "key_missing"
        if key is not None:
            # After an error too: a valid key needs not be pasted again.
            self._bucket[CONF_KEY] = key
        return not self._bucket_errors

    async def _async_key_text(self, answer: dict[str, Any]) -> str:
        if upload := answer.get(CONF_KEY_FILE):
            return await self.hass.async_add_executor_job(read_upload, self.hass, upload)
        return str(answer.get(CONF_KEY, "")).strip()

    async def _async_show_login(self, step_id: str, schema: Schema) -> ConfigFlowResult:
        account = str((self._known_key or {}).get("client_email", "-"))
        notes = await async_options(self.hass, "note")
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._bucket_shown),
            errors=self._bucket_errors,
            description_placeholders={
                **NO_DETAILS,
                CONF_BUCKET: (self._bucket or self._stored).get(CONF_BUCKET, "-"),
                **self._error_details,
                "account": account,
                "note": notes["bucket_stored"].format(account=account) if self._stored else "",
            },
        )

    async def async_step_probe_bucket(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Write, read, list, and delete an object, while the flow shows progress."""
        if self._check is None:
            # Not eager: it must not end before the progress is shown.
            self._check = self.hass.async_create_task(
                self._async_check(), "HomeSec bucket check", eager_start=False
            )
        if not self._check.done():
            return self.async_show_progress(
                step_id="probe_bucket", progress_action="probe_bucket", progress_task=self._check
            )
        check, self._check = self._check, None
        try:
            check.result()
        except StorageError as err:
            self._bucket_errors = {self._field_of(err): err.key}
            if isinstance(err, KeyInvalid):
                self._bucket.pop(CONF_KEY, None)  # the stored one may work
            self._error_details = {key: text for key, text in err.placeholders.items() if text}
        except Exception as err:  # noqa: BLE001 - logged, and the form is shown again
            # Without its message, which may contain a piece of the key.
            trace = "".join(traceback.format_tb(err.__traceback__))
            LOGGER.error("The test of a bucket failed: %s\n%s", type(err).__name__, trace)
            self._bucket_errors = {"base": HomeSecError.key}
        else:
            following = "keep_bucket" if self.source == SOURCE_REAUTH else "move_bucket"
            return self.async_show_progress_done(next_step_id=following)
        return self.async_show_progress_done(next_step_id=self._bucket_step)

    async def _async_check(self) -> None:
        host = self._storage_entry.runtime_data.host
        await host.async_run_raw(_check_access, dict(self._bucket))

    def _field_of(self, err: StorageError) -> str:
        if isinstance(err, KeyInvalid | KeyRevoked) and CONF_KEY in self._bucket:
            return CONF_KEY
        if isinstance(err, BucketMissing) and self._bucket_step == "bucket":
            return CONF_BUCKET
        return "base"

    async def async_step_move_bucket(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what happens to clips in the present bucket, if there are any."""
        host = self._storage_entry.runtime_data.host
        if user_input is None and host.ready:
            after = gcs_uri(self._bucket[CONF_BUCKET], self._bucket[CONF_PREFIX])
            change = await host.async_run_raw(host.engine.library.plan_bucket_change, after)
            if change is not None and (change.only_there or change.here_too):
                return self.async_show_form(
                    step_id="move_bucket",
                    data_schema=Schema({}),
                    description_placeholders={
                        "before": change.before,
                        "after": after,
                        "only_there": str(change.only_there),
                        "here_too": str(change.here_too),
                    },
                )
        if self._encrypt and CONF_SEAL_KEY not in self._bucket:
            return await self.async_step_seal()
        return await self.async_step_keep_bucket()

    async def async_step_seal(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show a new encryption key once, and ask for it or for an existing one."""
        if self._seal_key is None:
            self._seal_key = EncryptionKey.generate()
        errors = {}
        if user_input is not None:
            try:
                key = EncryptionKey.from_text(user_input[CONF_SEAL_KEY])
            except StorageError as err:
                errors[CONF_SEAL_KEY] = err.key
            else:
                self._bucket[CONF_SEAL_KEY] = key.text
                return await self.async_step_keep_bucket()
        return self.async_show_form(
            step_id="seal",
            data_schema=SEAL_SCHEMA,
            errors=errors,
            description_placeholders={CONF_KEY: self._seal_key.text},
        )

    async def async_step_keep_bucket(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Store the bucket; if that changes nothing, there is no reload, so resume uploads."""
        entry = self._storage_entry
        data = with_storage(entry.data, self._bucket)
        if data == entry.data:
            await entry.runtime_data.storage.async_resume()
        return self.async_update_and_abort(entry, data=data)


def _check_access(storage: dict[str, Any]) -> None:
    """Check whether a bucket can be used. Raises ``StorageError``."""
    store = make_store(storage)
    try:
        store.check_access()
    finally:
        store.close()
