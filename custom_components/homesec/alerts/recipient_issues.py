"""Repairs: a recipient whose texts do not arrive until somebody does something about it."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
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

RECIPIENT_ISSUES: Final = frozenset(
    error.key
    for error in (
        TextError,
        TextDenied,
        BadPhoneNumber,
        TextSenderRefused,
        TextBlocked,
        TextCountryRefused,
        TextUnsupported,
        TextUndelivered,
    )
)
"""All else passes by itself."""


def recipient_issue_id(recipient_id: str) -> str:
    """Return the id of the one issue that a recipient can have."""
    return f"recipient_{recipient_id}"


class RecipientIssues:
    """Raised while texts do not arrive, withdrawn when they do again."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._entry_id = entry_id

    @callback
    def async_state(self, recipient_id: str, name: str, error: str | None) -> None:
        """Watch a recipient; what passes by itself leaves an issue as it is."""
        if error is None:
            self.async_withdraw(recipient_id)
        elif error in RECIPIENT_ISSUES:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                recipient_issue_id(recipient_id),
                config_entry_id=self._entry_id,
                data={"entry_id": self._entry_id, "recipient_id": recipient_id},
                is_fixable=True,
                severity=ir.IssueSeverity.ERROR,
                translation_key=error,
                translation_placeholders={"recipient": name},
            )

    @callback
    def async_withdraw(self, recipient_id: str) -> None:
        """Withdraw what a recipient had: texts arrive again, or they were removed."""
        ir.async_delete_issue(self._hass, DOMAIN, recipient_issue_id(recipient_id))
