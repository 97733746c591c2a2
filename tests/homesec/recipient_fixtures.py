"""Recipients and their form; Twilio is on the loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentry,
    ConfigSubentryDataWithId,
)
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import CAMERA_ID, arm, pictures, set_up
from twilio_messages import ACCOUNT_SID, AUTH_TOKEN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

ANN, BOB = "01K0REC1P1ENT0000000000001", "01K0REC1P1ENT0000000000002"
SECRET = AUTH_TOKEN
NUMBER = "+491701234567"
ACCOUNT = {
    "account_sid": ACCOUNT_SID,
    "secret": SECRET,
    "sender": "+15005550006",
    "to": NUMBER,
}
RULES = {
    "kinds": ["alarm", "seen", "offline", "tamper", "settings"],
    "cameras": [],
    "labels": [],
    "zones": [],
    "modes": ["home", "away", "night", "vacation", "custom"],
    "cool_down_min": 5,
    "max_age_min": 30,
}


def recipient(
    name: str = "Ann", *, recipient_id: str = ANN, to: str = NUMBER, **rules: Any
) -> ConfigSubentryDataWithId:
    """Return a recipient's subentry data."""
    return ConfigSubentryDataWithId(
        subentry_id=recipient_id,
        subentry_type="recipient",
        title=name,
        unique_id=f"recipient:{recipient_id}",
        data={**ACCOUNT, "to": to, "rules": {**RULES, **rules}},
    )


def form_values(*, rules: dict[str, Any] | None = None, **answers: Any) -> dict[str, Any]:
    """Return values for the form."""
    return {"name": "Ann", **ACCOUNT, "rules": {**RULES, **(rules or {})}, **answers}


async def open_form(
    hass: HomeAssistant, entry: MockConfigEntry, recipient_id: str | None = None
) -> dict[str, Any]:
    """Open the form of a new or existing recipient."""
    context: dict[str, Any] = {"source": SOURCE_USER}
    if recipient_id is not None:
        context = {"source": SOURCE_RECONFIGURE, "subentry_id": recipient_id}
    flow = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context=context
    )
    return dict(flow)


async def submit(
    hass: HomeAssistant, flow: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    """Submit a step, and wait for the text, if one is sent."""
    flows = hass.config_entries.subentries
    result = await flows.async_configure(flow["flow_id"], answer)
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["step_id"] == result["progress_action"] in ("send", "check")
        await hass.async_block_till_done()
        result = await flows.async_configure(flow["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    return dict(result)


async def set_up_recipients(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    *recipients: Any,
    armed: bool = True,
    **settings: Any,
) -> None:
    """Set the entry up with these recipients and such a camera."""
    added = {x["subentry_id"]: ConfigSubentry(**x) for x in recipients}
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "alarm_labels": [], **settings}
    object.__setattr__(subentry, "data", data)
    object.__setattr__(entry, "subentries", {**entry.subentries, **added})
    await set_up(hass, entry)
    if armed:
        await arm(hass, entry)
    await pictures(hass, entry)
