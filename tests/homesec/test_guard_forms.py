"""HomeSec's own forms ask for a PIN while the alarm is armed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, PINS, WRONG, with_alarm
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentry
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import arm, set_up, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from recipient_fixtures import ANN, form_values, open_form, recipient, submit

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.flows.pin_gate import PinGate

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

RETENTION = {"min_free_gb": 2.0, "local_days": 3, "cameras": []}


async def open_retention(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Open the retention form, and return the flow's id."""
    flow = await hass.config_entries.flow.async_init(
        entry.domain, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    menu = {"next_step_id": "retention"}
    return (await hass.config_entries.flow.async_configure(flow["flow_id"], menu))["flow_id"]


async def save_retention(hass: HomeAssistant, flow_id: str) -> dict[str, Any]:
    return dict(await hass.config_entries.flow.async_configure(flow_id, RETENTION))


@pytest.mark.parametrize("opened", ["before", "after"])
async def test_form_of_armed_alarm_is_saved_only_with_pin(
    hass: HomeAssistant, entry: MockConfigEntry, opened: str
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    weakened = async_capture_events(hass, "homesec_alarm_weakened")
    refused = async_capture_events(hass, "homesec_alarm_refused")
    flow_id = await open_retention(hass, entry) if opened == "before" else ""
    await arm(hass, entry)
    flow_id = flow_id or await open_retention(hass, entry)
    result = await save_retention(hass, flow_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "enter_pin")
    assert "retention" not in entry.data
    configure = hass.config_entries.flow.async_configure
    result = await configure(flow_id, {"code": WRONG})
    assert result["errors"] == {"code": "wrong_code"}
    assert [each.data["action"] for each in refused] == ["settings"]
    assert "retention" not in entry.data
    result = await configure(flow_id, {"code": CODES[PinKind.FULL]})
    assert result["type"] is FlowResultType.ABORT
    await hass.async_block_till_done()
    assert entry.data["retention"]["local_days"] == 3
    assert [(each.data["action"], each.data["by"]) for each in weakened] == [("retention", "Ann")]


def test_gate_that_holds_nothing_back_saves_nothing() -> None:
    with pytest.raises(RuntimeError):
        PinGate[None]().save()


@pytest.mark.parametrize("why", ["disarmed", "no_pins"])
async def test_form_asks_for_no_pin_where_none_is_needed(
    hass: HomeAssistant, entry: MockConfigEntry, why: str
) -> None:
    await set_up(hass, with_alarm(entry, **({"pins": PINS} if why == "disarmed" else {})))
    if why == "no_pins":
        await arm(hass, entry)
    result = await save_retention(hass, await open_retention(hass, entry))
    assert result["type"] is FlowResultType.ABORT
    assert entry.data["retention"]["local_days"] == 3


async def test_recipient_of_armed_alarm_is_changed_only_with_pin(
    hass: HomeAssistant, entry: MockConfigEntry, twilio: Any
) -> None:
    added = {ANN: ConfigSubentry(**recipient())}
    object.__setattr__(entry, "subentries", {**entry.subentries, **added})
    await set_up(hass, with_alarm(entry, pins=PINS))
    await arm(hass, entry)
    alerts = async_capture_events(hass, "homesec_alert")
    flow = await open_form(hass, entry, ANN)
    result = await submit(hass, flow, form_values(rules={"kinds": []}))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "enter_pin")
    assert entry.subentries[ANN].data["rules"]["kinds"]
    result = await submit(hass, flow, {"code": WRONG})
    assert result["errors"] == {"code": "wrong_code"}
    assert entry.subentries[ANN].data["rules"]["kinds"]
    result = await submit(hass, flow, {"code": CODES[PinKind.FULL]})
    assert result["type"] is FlowResultType.ABORT
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.subentries[ANN].data["rules"]["kinds"] == []
    assert [each.data["kind"] for each in alerts] == ["settings"]
    # By the rules from before, so that no one is silenced unnoticed.
    await until(hass, lambda: twilio.messages)
    assert "Recipient changed (Ann)" in twilio.messages[-1]["body"]
