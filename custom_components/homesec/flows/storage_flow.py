"""The steps of the config flow that set up, change, or turn off a bucket, or log in again."""

from dataclasses import asdict
import traceback
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigFlowResult,
)
from probatio import Schema

from ..cloud.store import (
    CONF_BUCKET,
    CONF_KEY,
    CONF_MISSING_RIGHTS,
    CONF_PREFIX,
    CONF_PROJECT,
    is_encrypted,
    make_store,
)
from ..const import LOGGER
from ..engine.cloud.errors import (
    BucketMissing,
    KeyInvalid,
    KeyRevoked,
    RequesterPays,
    StorageError,
)
from ..engine.cloud.object_names import gcs_uri
from ..engine.core.errors import HomeSecError
from ..translations import async_options
from .custom_model_import import read_upload
from .encryption_flow import EncryptionSteps
from .problems import PROBLEM, async_problem
from .storage_form import (
    BUCKET_SCHEMA,
    CONF_ENCRYPT,
    CONF_KEY_FILE,
    CONF_LOGIN,
    LOGIN_KEY,
    LOGIN_MACHINE,
    LOGIN_SCHEMA,
    PROJECT_FIELD,
    read_bucket,
    read_key,
    shown_bucket,
    with_storage,
)

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from ..engine.cloud.object_store import Rights

SECRET_FIELDS: Final = (CONF_KEY, CONF_KEY_FILE)
NO_DETAILS: Final = {"permission": "storage.objects.*", "bucket": "-", "status": "-", "skew_s": "-"}
"""The placeholders of errors' texts, while there is no error."""


class StorageSteps(EncryptionSteps):
    """The cloud storage part of the config flow."""

    def __init__(self) -> None:
        super().__init__()
        self._bucket_shown: dict[str, Any] = {}
        self._bucket_errors: dict[str, str] = {}
        self._error_details: dict[str, str] = {}
        self._bucket_step = "bucket"  # the step that is shown again after an error
        self._encrypt = False
        self._check: asyncio.Task[Rights] | None = None

    @property
    def _known_key(self) -> dict[str, Any] | None:
        key: dict[str, Any] | None = self._bucket.get(CONF_KEY) or self._stored.get(CONF_KEY)
        return key

    async def async_step_cloud(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a bucket, or what to do with the present one."""
        if self._storage_entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if self._stored:
            encryption = ["encryption"] if is_encrypted(self._stored) else []
            return self.async_show_menu(
                step_id="cloud", menu_options=["bucket", *encryption, "cloud_off"]
            )
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
            return await self._async_from_top("bucket")
        return await self._async_show_login("bucket", self._bucket_schema)

    @property
    def _bucket_schema(self) -> Schema:
        """The form, with the project that pays if the bucket bills its users."""
        errors = (
            *self._bucket_errors.values(),
            self._storage_entry.runtime_data.storage.state.error,
        )
        asked = RequesterPays.key in errors or CONF_PROJECT in self._bucket_shown
        return BUCKET_SCHEMA.extend(PROJECT_FIELD) if asked else BUCKET_SCHEMA

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
            return await self._async_from_top("reauth_confirm")
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
        except (ValueError, OSError) as err:
            # Of a text that can't be decoded, the message may quote a part of the key.
            reason = err.strerror if isinstance(err, OSError) else type(err).__name__
            LOGGER.warning("The file with the key could not be read: %s", reason)
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
        key, notes = self._known_key, await async_options(self.hass, "note")
        account = str((key or {}).get("client_email", "-"))
        details = {
            **NO_DETAILS,
            CONF_BUCKET: (self._bucket or self._stored).get(CONF_BUCKET, "-"),
            **self._error_details,
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._bucket_shown),
            errors=self._bucket_errors,
            description_placeholders={
                **details,
                PROBLEM: await async_problem(self.hass, "config", self._bucket_errors, details),
                "note": notes["bucket_stored"] if self._stored else "",
                "account": account,
                "key_note": "" if key is None else notes["key_saved"].format(account=account),
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
            rights = check.result()
        except StorageError as err:
            LOGGER.warning("The test of a bucket failed: %s", err.log_text)
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
            missing = [name for name, allowed in asdict(rights).items() if not allowed]
            self._bucket.pop(CONF_MISSING_RIGHTS, None)
            if missing:
                self._bucket[CONF_MISSING_RIGHTS] = missing
            return self.async_show_progress_done(
                next_step_id="limited" if missing else self._step_after_check
            )
        return self.async_show_progress_done(next_step_id=self._bucket_step)

    async def _async_check(self) -> Rights:
        host = self._storage_entry.runtime_data.host
        return await host.async_run_raw(_check_access, dict(self._bucket))

    @property
    def _step_after_check(self) -> str:
        return "keep_bucket" if self.source == SOURCE_REAUTH else "move_bucket"

    async def async_step_limited(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what the account may not do, and what that means."""
        if user_input is not None:
            if self._step_after_check == "keep_bucket":
                return await self.async_step_keep_bucket()
            return await self.async_step_move_bucket()
        rights = await async_options(self.hass, "missing_right")
        limits = "\n".join(f"- {rights[name]}" for name in self._bucket[CONF_MISSING_RIGHTS])
        return self.async_show_form(
            step_id="limited",
            data_schema=Schema({}),
            description_placeholders={CONF_BUCKET: self._bucket[CONF_BUCKET], "limits": limits},
        )

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
        if self._encrypt and not is_encrypted(self._bucket):
            return await self.async_step_seal()
        return await self.async_step_keep_bucket()


def _check_access(storage: dict[str, Any]) -> Rights:
    """Check whether a bucket can be used. Raises ``StorageError``."""
    store = make_store(storage)
    try:
        return store.check_access()
    finally:
        store.close()
