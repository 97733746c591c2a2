"""Home Assistant's app lets each user fire any event; none of them weakens an armed alarm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from guard_fixtures import armed
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.const import EVENT_CALL_SERVICE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, EventOrigin, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, entity_id, pictures
import pytest
from pytest_homeassistant_custom_component.common import (
    CLIENT_ID,
    MockUser,
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.homesec.alarm.settings_watch import RESTORE_S
from custom_components.homesec.trigger import TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

    type Phone = Callable[[str, dict[str, Any]], Awaitable[None]]

REGISTRATION = {
    "app_id": "io.homeassistant.companion",
    "app_name": "Home Assistant",
    "app_version": "1",
    "device_id": "phone",
    "device_name": "Phone",
    "manufacturer": "m",
    "model": "m",
    "os_name": "Android",
    "os_version": "16",
    "supports_encryption": False,
}
PIR, OTHER = "binary_sensor.pir", "binary_sensor.other"


@pytest.fixture
async def phone(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> Phone:
    """Arm, and return what fires an event through the webhook of a guest's phone."""
    camera = entry.subentries[CAMERA_ID]
    settings = {"wake_sensors": [PIR], "trusted_sensors": [PIR]}
    object.__setattr__(camera, "data", {**camera.data, **settings})
    await armed(hass, entry)
    guest = MockUser(name="Guest").add_to_hass(hass)
    guest.permissions = PolicyPermissions({"entities": {"all": True}}, None)
    refresh = await hass.auth.async_create_refresh_token(guest, CLIENT_ID)
    headers = {"Authorization": f"Bearer {hass.auth.async_create_access_token(refresh)}"}
    assert await async_setup_component(hass, "mobile_app", {})
    client = await hass_client_no_auth()
    url = "/api/mobile_app/registrations"
    registered = await client.post(url, json=REGISTRATION, headers=headers)
    webhook = (await registered.json())["webhook_id"]

    async def fire(event_type: str, data: dict[str, Any]) -> None:
        origins = set()

        @callback
        def listen(event: Event) -> None:
            origins.add(event.origin)

        remove = hass.bus.async_listen(event_type, listen)
        message = {"type": "fire_event", "data": {"event_type": event_type, "event_data": data}}
        assert (await client.post(f"/api/webhook/{webhook}", json=message)).status == 200
        await hass.async_block_till_done(wait_background_tasks=True)
        remove()
        assert EventOrigin.remote in origins

    return fire


@pytest.fixture
def refusals(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_refused")


async def test_forged_stop_of_home_assistant_stops_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, phone: Phone, refusals: list[Event]
) -> None:
    await phone(EVENT_HOMEASSISTANT_STOP, {})
    assert entry.runtime_data.host.ready
    await pictures(hass, entry)
    expected = {"reason": "not_allowed", "action": "stopped", "by": "Guest"}
    assert [expected.items() <= event.data.items() for event in refusals] == [True]


async def test_forged_renaming_leads_no_camera_to_another_sensor(
    entry: MockConfigEntry, phone: Phone, refusals: list[Event]
) -> None:
    before = dict(entry.subentries[CAMERA_ID].data)
    forged = {"action": "update", "changes": {}, "old_entity_id": PIR, "entity_id": OTHER}
    await phone(er.EVENT_ENTITY_REGISTRY_UPDATED, forged)
    assert dict(entry.subentries[CAMERA_ID].data) == before
    assert [event.data["action"] for event in refusals] == ["settings"]


async def test_forged_changes_of_registries_raise_nothing(
    entry: MockConfigEntry, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    for event in (er.EVENT_ENTITY_REGISTRY_UPDATED, dr.EVENT_DEVICE_REGISTRY_UPDATED):
        for data in ({}, {"changes": ["disabled_by"]}, {"action": "update", "entity_id": 1}):
            await phone(event, data)
    await phone(EVENT_CALL_SERVICE, {"service_data": {"filename": "/"}})
    assert entry.runtime_data.alarm.bypassed == []
    assert "custom_components/homesec/alarm" not in caplog.text


async def test_entities_that_a_forged_removal_of_their_device_took_come_back(
    hass: HomeAssistant, entry: MockConfigEntry, phone: Phone, refusals: list[Event]
) -> None:
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    before = set(hass.states.async_entity_ids())
    for subentry_id in (None, CAMERA_ID):
        device = {"config_entry_id": entry.entry_id, "config_subentry_id": subentry_id}
        device_id = entry.runtime_data.devices.id_of(subentry_id)
        forged = {"action": "remove", "device_id": device_id, "device": device}
        await phone(dr.EVENT_DEVICE_REGISTRY_UPDATED, forged)
    assert hass.states.get(panel) is None, "Home Assistant takes it for real"
    assert entry.runtime_data.host.ready
    assert {event.data["by"] for event in refusals} == {"Guest"}
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=RESTORE_S + 1))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(hass.states.async_entity_ids()) == before
    assert hass.states.get(panel).state == "armed_away"


async def test_forged_events_of_homesec_start_no_automation(
    hass: HomeAssistant, phone: Phone
) -> None:
    calls = async_mock_service(hass, "lock", "unlock")
    automation = {
        "triggers": [{"trigger": f"homesec.{name}"} for name in TRIGGERS],
        "actions": {"action": "lock.unlock"},
        "mode": "parallel",
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    for name in TRIGGERS:
        await phone(f"homesec_{name}", {"mode": "away", "kind": "person", "alert_id": "1"})
    assert calls == []
    hass.bus.async_fire("homesec_alarm_disarmed", {"mode": "away"})
    await hass.async_block_till_done()
    assert len(calls) == 1
