"""The flow that adds a recipient of texts or changes one; a test text verifies the account."""

import traceback
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
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
    parse_account,
    recipient_unique_id,
)
from ..alerts.rule_check import Referenced, present_references, zone_choices
from ..alerts.texts import AlertTexts, absolute_link
from ..cameras.config import camera_labels
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
from ..engine.sms.twilio_api import send_message
from ..exceptions import log_cause
from ..translations import async_options
from ..urls import PANEL_URL
from .problems import PROBLEM, async_problem
from .recipient_form import format_recipient, read_recipient, recipient_schema
from .subentry_flow import HomeSecSubentryFlow, abort_if_removed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

FIELDS: Final[Mapping[type[TextError], str]] = {
    TextDenied: CONF_SECRET,
    BadPhoneNumber: CONF_TO,
    TextBlocked: CONF_TO,
    TextCountryRefused: CONF_TO,
    TextUndelivered: CONF_TO,
    TextSenderRefused: CONF_SENDER,
    TextUnsupported: CONF_SENDER,
}
"""The field to correct for an error of Twilio; any other error is temporary."""


class RecipientFlow(HomeSecSubentryFlow):
    """The flow behind "Add recipient" and a recipient's settings."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self._data: dict[str, Any] = {}
        """The data to store; holds the secret even while other fields are still wrong."""
        self._shown: dict[str, Any] = {}
        self._errors: dict[str, str] = {}
        self._sending: asyncio.Task[str] | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a recipient."""
        return await self._async_ask(user_input)

    @abort_if_removed
    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a recipient."""
        return await self._async_ask(user_input)

    async def _async_ask(self, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        cameras = self._get_entry().get_subentries_of_type(SUBENTRY_CAMERA)
        titles = {camera.subentry_id: camera.title for camera in cameras}
        if not self._shown:
            name = self._get_reconfigure_subentry().title if self._reconfiguring else ""
            self._shown = format_recipient(name, self._initial_data(), titles)
            rules = self._shown[CONF_RULES]
            rules[CONF_IN_ZONES] = present_references(
                self._get_entry(), Referenced.ZONE, rules[CONF_IN_ZONES]
            )
        if user_input is not None:
            self._name = user_input[CONF_NAME].strip()
            self._shown = {k: v for k, v in user_input.items() if k != CONF_SECRET}
            self._data, self._errors = await self._runtime.host.async_run_raw(
                self._read, user_input
            )
            if self._errors:
                return await self._async_from_top(self._first_step)
            return await (self.async_step_send() if self._needs_test() else self._async_keep())
        zones = zone_choices(self._get_entry())
        zones |= {x: x for x in self._shown[CONF_RULES].get(CONF_IN_ZONES, ()) if x not in zones}
        labels = await async_options(self.hass, "label")
        for label in (label for camera in cameras for label in camera_labels(camera.data)):
            labels.setdefault(label, label.capitalize())
        return self.async_show_form(
            step_id=self._first_step,
            data_schema=self.add_suggested_values_to_schema(
                recipient_schema(titles, labels, zones, opened=self._errors), self._shown
            ),
            errors=self._errors,
            description_placeholders={
                "secret_note": await self._async_secret_note(),
                PROBLEM: await async_problem(
                    self.hass,
                    "config_subentries.recipient",
                    self._errors,
                    {},
                    near=("base", CONF_NAME),
                ),
            },
        )

    async def _async_secret_note(self) -> str:
        """Return that the secret of the shown login is known, if it is."""
        login = self._shown.get(CONF_ACCOUNT_SID, ""), self._shown.get(CONF_API_KEY_SID) or None
        known = self._known_secret(*login) is not None
        return (await async_options(self.hass, "note"))["secret_saved"] if known else ""

    def _read(self, answer: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        data, errors = read_recipient(
            answer, country=self.hass.config.country, known_secret=self._known_secret
        )
        number = data.get(CONF_TO)
        if number and self._is_duplicate(recipient_unique_id(self._entry_id, number)):
            errors[CONF_TO] = "number_known"
        return data, errors

    async def async_step_send(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send a test text while the flow shows that it is working."""
        if self._sending is None:
            # Not eagerly, for the same reason as the preview of a camera.
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
            log_cause(err)
            self._errors = {FIELDS.get(type(err), "base"): err.key}
            if isinstance(err, TextDenied):
                self._data.pop(CONF_SECRET)  # the stored secret may be the right one
        except Exception as err:  # noqa: BLE001 - the flow goes on, and the log has the error
            # Without its message, which may contain the secret or the number.
            where = "".join(traceback.format_tb(err.__traceback__))
            LOGGER.error("A test text failed: %s\n%s", type(err).__name__, where)
            self._errors = {"base": HomeSecError.key}
        else:
            return self.async_show_progress_done(next_step_id="keep")
        return self.async_show_progress_done(next_step_id=self._first_step)

    async def _async_send(self) -> str:
        words = await AlertTexts.async_load(self.hass)
        body = words.sentences["welcome"].format(link=absolute_link(self.hass, PANEL_URL))
        return await self._runtime.host.async_run_raw(send_message, parse_account(self._data), body)

    def _needs_test(self) -> bool:
        """Return whether the account or number is new or changed, or sending fails at present."""
        if not self._reconfiguring:
            return True
        stored = self._get_reconfigure_subentry()
        changed = any(self._data.get(key) != stored.data.get(key) for key in ACCOUNT)
        return changed or self._runtime.alerts.recipients.is_stuck(stored.subentry_id)

    @abort_if_removed
    async def async_step_keep(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Store the recipient after a successful test text."""
        return await self._async_keep()

    async def _async_keep(self) -> SubentryFlowResult:
        recipients = self._runtime.alerts.recipients
        if self._reconfiguring:
            recipient_id = self._get_reconfigure_subentry().subentry_id
            if recipients.is_stuck(recipient_id):
                await recipients.async_retry(recipient_id)
        unique_id = recipient_unique_id(self._entry_id, self._data[CONF_TO])
        return self._save(self._name, self._data, unique_id)

    def _initial_data(self) -> Mapping[str, Any]:
        """Return stored data; for a new recipient the account of another one, without secret."""
        if self._reconfiguring:
            return self._get_reconfigure_subentry().data
        shared = (CONF_ACCOUNT_SID, CONF_API_KEY_SID, CONF_SENDER, CONF_SERVICE_SID)
        for other in self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT):
            return {key: other.data[key] for key in shared if key in other.data}
        return {}

    def _known_secret(self, account_sid: str, key_sid: str | None) -> str | None:
        """Return the secret entered for this login in this flow or for any recipient."""
        others = self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT)
        # Its own before those of others: the tokens of one account may have been changed.
        others = sorted(others, key=lambda x: x.subentry_id != self.context.get("subentry_id"))
        for data in (self._data, *(other.data for other in others)):
            login = data.get(CONF_ACCOUNT_SID), data.get(CONF_API_KEY_SID)
            if login == (account_sid, key_sid) and data.get(CONF_SECRET):
                return str(data[CONF_SECRET])
        return None
