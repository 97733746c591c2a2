"""The recipient flow, whose test text reaches a server that stands in for Twilio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigSubentry
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import CAMERA_ID, DRIVE, set_up
import pytest
from recipient_fixtures import (
    ACCOUNT,
    ANN,
    BOB,
    NUMBER,
    RULES,
    SECRET,
    form_values,
    open_form,
    recipient,
    submit,
)
from twilio_messages import API_KEY_SECRET, API_KEY_SID, SERVICE_SID

from custom_components.homesec.engine.sms.errors import TextUndelivered

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


@pytest.fixture
def with_ann(entry: MockConfigEntry) -> MockConfigEntry:
    """An entry with one recipient."""
    ann = ConfigSubentry(**recipient())
    object.__setattr__(entry, "subentries", {**entry.subentries, ANN: ann})
    return entry


def suggested(flow: dict[str, Any]) -> dict[str, Any]:
    """Return the suggested values of a form's fields."""
    shown = {}
    for key, value in flow["data_schema"].schema.items():
        if hasattr(value, "schema"):
            fields = value.schema.schema
            shown[str(key)] = {
                str(field): field.description["suggested_value"]
                for field in fields
                if field.description
            }
        elif key.description is not None:
            shown[str(key)] = key.description["suggested_value"]
    return shown


def options(flow: dict[str, Any], field: str) -> list[str]:
    """Return the options of a field of the rules."""
    rules = flow["data_schema"].schema["rules"].schema.schema
    return [option["value"] for option in rules[field].config["options"]]


async def test_recipient_is_stored_after_test_text(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    hass.config.country = "DE"
    await set_up(hass, entry)
    flow = await open_form(hass, entry)
    assert flow["step_id"] == "user"
    assert suggested(flow)["rules"] == RULES
    result = await submit(hass, flow, form_values(to=" 0170 1234567 ", name=" Ann "))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [text] = twilio.messages
    assert text["to"] == NUMBER
    assert text["from"] == ACCOUNT["sender"]
    assert text["body"].startswith("HomeSec now sends its alerts")
    assert text["body"].endswith("homeassistant://navigate/homesec")
    [ann] = entry.get_subentries_of_type("recipient")
    assert ann.title == "Ann"
    assert dict(ann.data) == {**ACCOUNT, "rules": RULES}
    assert NUMBER not in ann.unique_id
    # It applies without a reload.
    assert entry.runtime_data.alerts.recipients.rules.keys() == {ann.subentry_id}
    assert entry.runtime_data.host.engine.sms.states().keys() == {ann.subentry_id}
    assert hass.states.get("notify.ann") is not None


async def test_recipient_accepts_api_key_and_messaging_service(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    await set_up(hass, entry)
    answer = form_values(api_key_sid=API_KEY_SID, secret=API_KEY_SECRET, sender=SERVICE_SID)
    result = await submit(hass, await open_form(hass, entry), answer)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [ann] = entry.get_subentries_of_type("recipient")
    assert ann.data["api_key_sid"] == API_KEY_SID
    assert ann.data["messaging_service_sid"] == SERVICE_SID
    assert "sender" not in ann.data
    assert twilio.messages[0]["messaging_service_sid"] == SERVICE_SID


@pytest.mark.parametrize(
    ("answers", "field", "error"),
    [
        ({"name": " "}, "name", "name_missing"),
        ({"secret": ""}, "secret", "secret_missing"),
        ({"account_sid": "XX"}, "account_sid", "account_sid_invalid"),
        ({"api_key_sid": "AC" + "a1" * 16}, "api_key_sid", "api_key_sid_invalid"),
        ({"to": "Ann"}, "to", "text_bad_number"),
        ({"to": "0170 1234567"}, "to", "text_bad_number"),
        ({"sender": "a name that is too long"}, "sender", "text_sender_refused"),
        ({"rules": {**RULES, "hours_from": "22:00:00"}}, "rules", "hours_incomplete"),
    ],
)
async def test_invalid_recipient_is_refused_without_test_text(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    answers: dict[str, Any],
    field: str,
    error: str,
) -> None:
    hass.config.country = None
    await set_up(hass, entry)
    again = await submit(hass, await open_form(hass, entry), form_values(**answers))
    assert again["step_id"] == "user"
    assert again["errors"] == {field: error}
    assert not twilio.requests
    # Valid values are still shown, except the secret, which needn't be typed again.
    shown = suggested(again)
    assert shown["account_sid"] == answers.get("account_sid", ACCOUNT["account_sid"])
    assert "secret" not in shown
    if field != "secret":
        right = {k: v for k, v in form_values().items() if k != "secret"}
        if field != "account_sid" and field != "api_key_sid":
            result = await submit(hass, again, right)
            assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("status", "code", "field", "error"),
    [
        (401, 20003, "secret", "text_denied"),
        (400, 21211, "to", "text_bad_number"),
        (400, 21606, "sender", "text_sender_refused"),
        (400, 21610, "to", "text_blocked"),
        (400, 21408, "to", "text_country_refused"),
        (429, 20429, "base", "text_busy"),
        (503, None, "base", "text_unreachable"),
        (400, 99999, "base", "text_failed"),
    ],
)
async def test_twilio_error_is_shown_at_its_field(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    status: int,
    code: int | None,
    field: str,
    error: str,
) -> None:
    await set_up(hass, entry)
    twilio.refuse(code, status=status)
    again = await submit(hass, await open_form(hass, entry), form_values())
    assert again["step_id"] == "user"
    assert again["errors"] == {field: error}
    assert not twilio.messages
    right = {k: v for k, v in form_values().items() if k != "secret"}
    if error == "text_denied":
        assert (await submit(hass, again, right))["errors"] == {"secret": "secret_missing"}
        right = form_values()
    result = await submit(hass, again, right)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [ann] = entry.get_subentries_of_type("recipient")
    assert ann.data["secret"] == SECRET


@pytest.mark.parametrize(
    ("failure", "field", "error"),
    [
        (TextUndelivered(), "to", "text_undelivered"),
        (ZeroDivisionError(f"{SECRET} {NUMBER}"), "base", "unknown"),
    ],
)
async def test_failed_test_text_shows_error_and_logs_no_secrets(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    failure: Exception,
    field: str,
    error: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, entry)
    with patch("custom_components.homesec.flows.recipient_flow.send_message", side_effect=failure):
        again = await submit(hass, await open_form(hass, entry), form_values())
    assert again["errors"] == {field: error}
    assert SECRET not in caplog.text
    assert NUMBER not in caplog.text


async def test_second_recipient_starts_with_account_of_first(
    hass: HomeAssistant, with_ann: MockConfigEntry, twilio: Any
) -> None:
    await set_up(hass, with_ann)
    flow = await open_form(hass, with_ann)
    shown = suggested(flow)
    assert shown["account_sid"] == ACCOUNT["account_sid"]
    assert shown["sender"] == ACCOUNT["sender"]
    assert "to" not in shown
    right = {k: v for k, v in form_values(name="Bob").items() if k != "secret"}
    first = await submit(hass, flow, {**right, "to": "+491701234568"})
    assert first["type"] is FlowResultType.CREATE_ENTRY
    again = await submit(hass, await open_form(hass, with_ann), {**right, "to": "+49 170 1234568"})
    assert again["errors"] == {"to": "number_known"}
    assert len(twilio.messages) == 1


async def test_changed_rules_need_neither_test_text_nor_secret(
    hass: HomeAssistant, with_ann: MockConfigEntry, twilio: Any
) -> None:
    subentry = with_ann.subentries[CAMERA_ID]
    settings = {"labels": ["person", "garden gnome"], "zones": [DRIVE]}
    object.__setattr__(subentry, "data", {**subentry.data, **settings})
    ann = with_ann.subentries[ANN]
    rules = {**RULES, "cameras": [CAMERA_ID, "gone"], "zones": ["Gone"]}
    object.__setattr__(ann, "data", {**ann.data, "rules": rules})
    await set_up(hass, with_ann)
    flow = await open_form(hass, with_ann, ANN)
    assert flow["step_id"] == "reconfigure"
    shown = suggested(flow)
    assert shown["name"] == "Ann"
    assert shown["to"] == NUMBER
    assert "secret" not in shown
    assert shown["rules"]["cameras"] == [CAMERA_ID]
    assert options(flow, "cameras") == [CAMERA_ID]
    assert options(flow, "zones") == ["Drive", "Gone"]
    assert {"person", "cat", "garden gnome"} <= set(options(flow, "labels"))
    answer = {k: v for k, v in form_values(name="Anna").items() if k != "secret"}
    answer["rules"] |= {"zones": ["Drive"], "hours_from": "22:00:00", "hours_until": "06:00:00"}
    result = await submit(hass, flow, answer)
    assert result["reason"] == "reconfigure_successful"
    assert not twilio.requests
    ann = with_ann.subentries[ANN]
    assert ann.title == "Anna"
    assert ann.data["secret"] == SECRET
    found = with_ann.runtime_data.alerts.recipients.rules[ANN]
    assert found.zones == {"Drive"}
    assert [str(each) for each in found.hours] == ["22:00:00", "06:00:00"]


async def test_changed_number_sends_test_text(
    hass: HomeAssistant, with_ann: MockConfigEntry, twilio: Any
) -> None:
    await set_up(hass, with_ann)
    answer = {k: v for k, v in form_values(to="+491701234569").items() if k != "secret"}
    twilio.refuse(21211)
    again = await submit(hass, await open_form(hass, with_ann, ANN), answer)
    assert again["step_id"] == "reconfigure"
    assert again["errors"] == {"to": "text_bad_number"}
    result = await submit(hass, again, answer)
    assert result["reason"] == "reconfigure_successful"
    assert [text["to"] for text in twilio.messages] == ["+491701234569"]
    assert with_ann.subentries[ANN].data["to"] == "+491701234569"


async def test_own_secret_takes_precedence_over_that_of_others(
    hass: HomeAssistant, with_ann: MockConfigEntry, twilio: Any
) -> None:
    bob = ConfigSubentry(**recipient("Bob", recipient_id=BOB, to="+491701234560"))
    object.__setattr__(bob, "data", {**bob.data, "secret": "another"})
    object.__setattr__(with_ann, "subentries", {**with_ann.subentries, BOB: bob})
    await set_up(hass, with_ann)
    answer = {k: v for k, v in form_values(name="Bob", to="+491701234561").items() if k != "secret"}
    result = await submit(hass, await open_form(hass, with_ann, BOB), answer)
    # Bob's own secret is used, although Ann's would be right.
    assert result["errors"] == {"secret": "text_denied"}


async def test_flow_without_loaded_entry_aborts(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    flow = await open_form(hass, entry)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_reconfigure_of_removed_recipient_aborts(
    hass: HomeAssistant, with_ann: MockConfigEntry, twilio: Any
) -> None:
    await set_up(hass, with_ann)
    form = await open_form(hass, with_ann, ANN)
    hass.config_entries.async_remove_subentry(with_ann, ANN)
    await hass.async_block_till_done()
    assert (await submit(hass, form, form_values()))["reason"] == "gone"
    assert twilio.messages == []
