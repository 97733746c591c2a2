"""A recipient's number and the secret of the account stay where they were typed."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import MATCH_ALL
from homeassistant.core import callback
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, PERSON, arm, call, pictures, set_up, until
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from recipient_fixtures import ANN, NUMBER, SECRET, form_values, open_form, recipient, submit

from custom_components.homesec.const import EVENT_ALERT

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

SECRETS = (SECRET, NUMBER, NUMBER[1:], NUMBER[3:])


@pytest.fixture
def entry(entry: MockConfigEntry) -> MockConfigEntry:
    ann = ConfigSubentry(**recipient(zones=["CANARY-zone"]))
    object.__setattr__(entry, "subentries", {**entry.subentries, ANN: ann})
    return entry


def holds_secret(text_: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text_]


async def test_recipient_number_and_secret_are_never_shown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    twilio: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[str] = []
    alerts: list[Event] = []

    @callback
    def listen(event: Event) -> None:
        events.append(json.dumps(event.as_dict(), cls=JSONEncoder))
        if event.event_type == EVENT_ALERT:
            alerts.append(event)

    hass.bus.async_listen(MATCH_ALL, listen)
    await set_up(hass, entry)
    # What works, what is refused, and what is refused for its number.
    await call(hass, "notify", "send_message", "notify.ann", message="Hello")
    await until(hass, lambda: twilio.messages)
    await arm(hass, entry)
    await pictures(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    for code, status in ((20003, 401), (21211, 400), (None, 503)):
        twilio.refuse(code, status=status)
        flow = await open_form(hass, entry, ANN)
        again = await submit(hass, flow, form_values(to="+491701234567", sender="HomeSec"))
        assert again["errors"]
        shown = [str(key.description) for key in again["data_schema"].schema]
        assert SECRET not in str(shown)
    await hass.async_block_till_done()
    assert not holds_secret(caplog.text)
    # The recorder keeps nothing but events and states.
    assert not [event for event in events if holds_secret(event)]
    states = json.dumps([each.as_dict() for each in hass.states.async_all()], cls=JSONEncoder)
    assert not holds_secret(states)
    config = entry.runtime_data.alerts.recipients
    assert not holds_secret(repr(config.rules) + repr(config.states))


async def test_diagnostics_show_text_counts_without_recipients(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    twilio: Any,
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    await set_up(hass, entry)
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert not holds_secret(json.dumps(found))
    assert "CANARY" not in json.dumps(found)
    assert "Ann" not in json.dumps(found)
    assert found["recipients"] == {
        ANN: {
            "login": "token",
            "sender": "own",
            "kinds": ["alarm", "offline", "seen", "settings", "tamper"],
            "labels": [],
            "modes": ["away", "custom", "home", "night", "vacation"],
            "cameras": 0,
            "zones": 1,
            "hours": [],
            "cool_down_s": 300,
            "max_age_s": 1800,
            "error": None,
            "waiting": 0,
        }
    }
    assert found["cameras"].keys() == {CAMERA_ID}
