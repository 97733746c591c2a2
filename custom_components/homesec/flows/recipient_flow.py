"""Add somebody who is texted, or change what they are told: a text to them tries it all out."""

import traceback
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME

from ..alerts.recipient_config import (
    ACCOUNT,
    CONF_ACCOUNT_SID,
    CONF_API_KEY_SID,
    CONF_IN_ZONES,
    CONF_RULES,
    CONF_SECRET,
    CONF_SENDER,
    CONF_SERVICE_SID,
    CONF_TO,
    account,
    recipient_unique_id,
)
from ..alerts.texts import Words, absolute_link
from ..cameras.config import camera_labels, zone_names
from ..const import LOGGER, SUBENTRY_CAMERA, SUBENTRY_RECIPIENT
from ..engine.core.errors import HomeSecError
from ..engine.sms.errors import (
    BadPhoneNumber,
    TextBlocked,
    TextCountryRefused,
    TextDenied,
    TextError,
    TextSenderRefused,
    TextUndelivered,
    TextUnsupported,
)
from ..engine.sms.twilio_api import send_now
from ..texts import async_options
from ..urls import PANEL_URL
from .recipient_form import read_recipient, recipient_schema, shown_recipient
from .subentry_flow import abort_if_removed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from ..coordinator import HomeSecCoordinator

FIELDS: Final[Mapping[type[TextError], str]] = {
    TextDenied: CONF_SECRET,
    BadPhoneNumber: CONF_TO,
    TextBlocked: CONF_TO,
    TextCountryRefused: CONF_TO,
    TextUndelivered: CONF_TO,
    TextSenderRefused: CONF_SENDER,
    TextUnsupported: CONF_SENDER,
}
"""Where what Twilio refuses is put right; all else passes."""


class RecipientFlow(ConfigSubentryFlow):
    """The flow behind "Add recipient" and a recipient's gear."""

    def __init__(self) -> None:
        self._name = ""
        self._data: dict[str, Any] = {}
        """As it is to be stored; its secret may be there before all else is right."""
        self._shown: dict[str, Any] = {}
        self._errors: dict[str, str] = {}
        self._sending: asyncio.Task[str] | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a recipient."""
        return await self._async_ask("user", user_input)

    @abort_if_removed
    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a recipient."""
        return await self._async_ask("reconfigure", user_input)

    async def _async_ask(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        cameras = self._get_entry().get_subentries_of_type(SUBENTRY_CAMERA)
        titles = {camera.subentry_id: camera.title for camera in cameras}
        if not self._shown:
            self._shown = shown_recipient(self._stored_name, self._beginning, titles)
        if user_input is not None:
            self._name = user_input[CONF_NAME].strip()
            self._shown = {k: v for k, v in user_input.items() if k != CONF_SECRET}
            self._data, self._errors = await self._coordinator.async_run_raw(self._read, user_input)
            if not self._errors:
                return await (self.async_step_send() if self._to_be_tried else self._async_keep())
        zones = [zone for camera in cameras for zone in zone_names(camera.data)]
        zones += self._shown[CONF_RULES].get(CONF_IN_ZONES, [])
        labels = await async_options(self.hass, "label")
        for label in (label for camera in cameras for label in camera_labels(camera.data)):
            labels.setdefault(label, label.capitalize())
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                recipient_schema(titles, labels, {zone: zone for zone in zones}), self._shown
            ),
            errors=self._errors,
        )

    def _read(self, answer: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        data, errors = read_recipient(
            answer, country=self.hass.config.country, known_secret=self._known_secret
        )
        if CONF_TO in data and self._is_known(data[CONF_TO]):
            errors[CONF_TO] = "number_known"
        return data, errors

    # --- the text that tries it out -----------------------------------------------------------

    async def async_step_send(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send a text, while the person sees that something is going on."""
        if self._sending is None:
            # Not eagerly, for the same reason as a camera's look.
            self._sending = self.hass.async_create_task(
                self._async_send(), "HomeSec test text", eager_start=False
            )
        if not self._sending.done():
            return self.async_show_progress(
                step_id="send", progress_action="send", progress_task=self._sending
            )
        sending, self._sending = self._sending, None
        try:
            sending.result()
        except TextError as err:
            self._errors = {FIELDS.get(type(err), "base"): err.key}
            if isinstance(err, TextDenied):
                self._data.pop(CONF_SECRET)  # the stored one may be better
        except Exception as err:  # noqa: BLE001 - whatever it is, the flow goes on
            # Not what it says: that may hold the secret or the number.
            where = "".join(traceback.format_tb(err.__traceback__))
            LOGGER.error("A test text failed: %s\n%s", type(err).__name__, where)
            self._errors = {"base": HomeSecError.key}
        else:
            return self.async_show_progress_done(next_step_id="keep")
        step_id = "reconfigure" if self.source == SOURCE_RECONFIGURE else "user"
        return self.async_show_progress_done(next_step_id=step_id)

    async def _async_send(self) -> str:
        words = await Words.async_load(self.hass)
        body = words.sentences["welcome"].format(link=absolute_link(self.hass, PANEL_URL))
        return await self._coordinator.async_run_raw(send_now, account(self._data), body)

    @property
    def _to_be_tried(self) -> bool:
        """Whether anything about the way changed, or it does not work as it is."""
        if self.source != SOURCE_RECONFIGURE:
            return True
        stored = self._get_reconfigure_subentry()
        changed = any(self._data.get(key) != stored.data.get(key) for key in ACCOUNT)
        return changed or self._coordinator.alerts.recipients.is_stuck(stored.subentry_id)

    # --- the end ------------------------------------------------------------------------------

    @abort_if_removed
    async def async_step_keep(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Store it: the text was taken."""
        return await self._async_keep()

    async def _async_keep(self) -> SubentryFlowResult:
        unique_id = recipient_unique_id(self._entry_id, self._data[CONF_TO])
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=self._name, data=self._data, unique_id=unique_id)
        subentry = self._get_reconfigure_subentry()
        if self._coordinator.alerts.recipients.is_stuck(subentry.subentry_id):
            await self._coordinator.alerts.recipients.async_retry(subentry.subentry_id)
        return self.async_update_and_abort(
            self._get_entry(), subentry, title=self._name, data=self._data, unique_id=unique_id
        )

    # --- what is known already ----------------------------------------------------------------

    @property
    def _coordinator(self) -> HomeSecCoordinator:
        coordinator: HomeSecCoordinator = self._get_entry().runtime_data
        return coordinator

    @property
    def _stored_name(self) -> str:
        changing = self.source == SOURCE_RECONFIGURE
        return self._get_reconfigure_subentry().title if changing else ""

    @property
    def _beginning(self) -> Mapping[str, Any]:
        """Return what the form begins with: most houses have one account for all recipients."""
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_subentry().data
        shared = (CONF_ACCOUNT_SID, CONF_API_KEY_SID, CONF_SENDER, CONF_SERVICE_SID)
        for other in self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT):
            return {key: other.data[key] for key in shared if key in other.data}
        return {}

    def _known_secret(self, account_sid: str, key_sid: str | None) -> str | None:
        """Return what was given for this login before, in this flow or for any recipient."""
        others = self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT)
        # Its own before those of others: the tokens of one account may have been changed.
        others = sorted(others, key=lambda x: x.subentry_id != self.context.get("subentry_id"))
        for data in (self._data, *(other.data for other in others)):
            login = data.get(CONF_ACCOUNT_SID), data.get(CONF_API_KEY_SID)
            if login == (account_sid, key_sid) and data.get(CONF_SECRET):
                return str(data[CONF_SECRET])
        return None

    def _is_known(self, number: str) -> bool:
        """Whether another recipient has this number."""
        own_id = self.context.get("subentry_id")
        unique_id = recipient_unique_id(self._entry_id, number)
        return any(
            other.unique_id == unique_id and other.subentry_id != own_id
            for other in self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT)
        )
