"""The steps by which a bucket is set up, changed, switched off or logged in to again."""

import traceback
from typing import TYPE_CHECKING, Any

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
    LOGIN_OWN,
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

SECRET = (CONF_KEY, CONF_KEY_FILE)
NO_FACTS = {"permission": "storage.objects.*", "bucket": "-", "status": "-", "skew_s": "-"}
"""What the texts of errors may name, while nothing is known of it."""


class StorageSteps(ConfigFlow):
    """Part of the house's flow: the cloud storage."""

    def __init__(self) -> None:
        super().__init__()
        self._bucket: dict[str, Any] = {}
        """The storage as it is to be stored; its key may be there before all else is."""
        self._bucket_shown: dict[str, Any] = {}
        self._bucket_errors: dict[str, str] = {}
        self._bucket_facts: dict[str, str] = {}
        self._bucket_step = "bucket"
        """Where to ask again."""
        self._encrypt = False
        self._seal_key: EncryptionKey | None = None
        """That is shown once."""
        self._probe: asyncio.Task[None] | None = None

    @property
    def _house(self) -> HomeSecConfigEntry:
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry()

    # --- setting up, changing, switching off --------------------------------------------------

    async def async_step_cloud(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin with the bucket, or offer what can be done about the one there is."""
        if self._house.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if CONF_STORAGE in self._house.data:
            return self.async_show_menu(step_id="cloud", menu_options=["bucket", "cloud_off"])
        return await self.async_step_bucket()

    async def async_step_bucket(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the bucket and the login to it."""
        stored = self._house.data.get(CONF_STORAGE, {})
        if not self._bucket_shown:
            self._bucket_shown = shown_bucket(stored)
        if user_input is not None:
            self._bucket_step = "bucket"
            self._encrypt = user_input[CONF_ENCRYPT]
            if await self._async_read(user_input, read_bucket(user_input, stored)):
                return await self.async_step_probe_bucket()
        return await self._async_ask_for_login("bucket", BUCKET_SCHEMA)

    async def async_step_cloud_off(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Keep clips on this system only from now on."""
        if user_input is not None:
            data = with_storage(self._house.data, None)
            return self.async_update_and_abort(self._house, data=data)
        return self.async_show_form(
            step_id="cloud_off",
            data_schema=Schema({}),
            description_placeholders={CONF_BUCKET: self._house.data[CONF_STORAGE][CONF_BUCKET]},
        )

    # --- logging in again ---------------------------------------------------------------------

    async def async_step_reauth(self, _data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin: the bucket does not let us in any more."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another key; without one, the stored one is tried again."""
        entry = self._house
        if entry.state is not ConfigEntryState.LOADED or CONF_STORAGE not in entry.data:
            return self.async_abort(reason="not_loaded")
        stored = entry.data[CONF_STORAGE]
        if not self._bucket_shown:
            self._bucket_shown = {CONF_LOGIN: LOGIN_KEY if CONF_KEY in stored else LOGIN_OWN}
        if user_input is not None:
            self._bucket_step = "reauth_confirm"
            bucket = {key: value for key, value in stored.items() if key != CONF_KEY}
            if await self._async_read(user_input, bucket):
                return await self.async_step_probe_bucket()
        return await self._async_ask_for_login("reauth_confirm", LOGIN_SCHEMA)

    # --- the login, and whether it works ------------------------------------------------------

    async def _async_read(self, answer: dict[str, Any], bucket: dict[str, Any]) -> bool:
        """Take in an answer; False if something about the key is wrong."""
        self._bucket_shown = {k: v for k, v in answer.items() if k not in SECRET}
        self._bucket_errors = {}
        known = self._bucket.get(CONF_KEY) or self._house.data.get(CONF_STORAGE, {}).get(CONF_KEY)
        self._bucket = bucket
        if answer[CONF_LOGIN] == LOGIN_OWN:
            return True
        try:
            if given := await self._async_given_key(answer):
                known = read_key(given)
        except KeyInvalid as err:
            self._bucket_errors[CONF_KEY] = err.key
        except ValueError, OSError:
            self._bucket_errors[CONF_KEY_FILE] = "upload_failed"
        else:
            if known is None:
                self._bucket_errors[CONF_KEY] = "key_missing"
        if known is not None:
            # Also beside an error: what was right needs not be pasted again.
            self._bucket[CONF_KEY] = known
        return not self._bucket_errors

    async def _async_given_key(self, answer: dict[str, Any]) -> str:
        if upload := answer.get(CONF_KEY_FILE):
            return await self.hass.async_add_executor_job(read_upload, self.hass, upload)
        return str(answer.get(CONF_KEY, "")).strip()

    async def _async_ask_for_login(self, step_id: str, schema: Schema) -> ConfigFlowResult:
        known = self._bucket.get(CONF_KEY) or self._house.data.get(CONF_STORAGE, {}).get(CONF_KEY)
        account = str((known or {}).get("client_email", "-"))
        notes = await async_options(self.hass, "note")
        stored = CONF_STORAGE in self._house.data
        bucket = self._bucket or self._house.data.get(CONF_STORAGE, {})
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._bucket_shown),
            errors=self._bucket_errors,
            description_placeholders={
                **NO_FACTS,
                CONF_BUCKET: bucket.get(CONF_BUCKET, "-"),
                **self._bucket_facts,
                "account": account,
                "note": notes["bucket_stored"].format(account=account) if stored else "",
            },
        )

    async def async_step_probe_bucket(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Write, read, list and delete, while the person sees that something is going on."""
        if self._probe is None:
            # Not eagerly, for the same reason as a camera's look.
            self._probe = self.hass.async_create_task(
                self._async_probe(), "HomeSec bucket probe", eager_start=False
            )
        if not self._probe.done():
            return self.async_show_progress(
                step_id="probe_bucket", progress_action="probe_bucket", progress_task=self._probe
            )
        probe, self._probe = self._probe, None
        try:
            probe.result()
        except StorageError as err:
            self._bucket_errors = {self._field_of(err): err.key}
            if isinstance(err, KeyInvalid):
                self._bucket.pop(CONF_KEY, None)  # the stored one may be better
            self._bucket_facts = {key: text for key, text in err.placeholders.items() if text}
        except Exception as err:  # noqa: BLE001 - whatever it is, the flow goes on
            # Not what it says: that may hold a piece of the key.
            where = "".join(traceback.format_tb(err.__traceback__))
            LOGGER.error("The test of a bucket failed: %s\n%s", type(err).__name__, where)
            self._bucket_errors = {"base": HomeSecError.key}
        else:
            return self.async_show_progress_done(next_step_id=self._after_probe)
        return self.async_show_progress_done(next_step_id=self._bucket_step)

    async def _async_probe(self) -> None:
        await self._house.runtime_data.host.async_run_raw(_probe, dict(self._bucket))

    def _field_of(self, err: StorageError) -> str:
        if isinstance(err, KeyInvalid | KeyRevoked) and CONF_KEY in self._bucket:
            return CONF_KEY
        if isinstance(err, BucketMissing) and self._bucket_step == "bucket":
            return CONF_BUCKET
        return "base"

    @property
    def _after_probe(self) -> str:
        return "keep_bucket" if self.source == SOURCE_REAUTH else "move_bucket"

    # --- another bucket -----------------------------------------------------------------------

    async def async_step_move_bucket(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what becomes of the clips in the bucket until now, if there are any."""
        house = self._house.runtime_data
        place = gcs_uri(self._bucket[CONF_BUCKET], self._bucket[CONF_PREFIX])
        move = None
        if user_input is None and house.host.ready:
            move = await house.host.async_run_raw(
                house.host.engine.library.plan_bucket_change, place
            )
        if move is not None and (move.only_there or move.here_too):
            return self.async_show_form(
                step_id="move_bucket",
                data_schema=Schema({}),
                description_placeholders={
                    "before": move.before,
                    "after": place,
                    "only_there": str(move.only_there),
                    "here_too": str(move.here_too),
                },
            )
        if self._encrypt and CONF_SEAL_KEY not in self._bucket:
            return await self.async_step_seal()
        return await self.async_step_keep_bucket()

    # --- encryption, and the end --------------------------------------------------------------

    async def async_step_seal(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show a new encryption key once; take it back, or one that there is already."""
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
        """Keep it: the update listener reloads the entry, unless nothing but the cloud changed."""
        entry = self._house
        data = with_storage(entry.data, self._bucket)
        if data == entry.data:
            await entry.runtime_data.storage.async_resume()
        return self.async_update_and_abort(entry, data=data)


def _probe(storage: dict[str, Any]) -> None:
    """See whether a bucket can be used. Raises ``StorageError``."""
    store = make_store(storage)
    try:
        store.check_access()
    finally:
        store.close()
