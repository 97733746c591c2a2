"""The guard against voice assistants and HomeKit, which have no user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guard_fixtures import armed
from homeassistant.components import conversation
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from homesec_fixtures import entity_id, set_up, state
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


@pytest.fixture
def refusals(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_refused")


@pytest.mark.parametrize("pins", [True, False])
async def test_voice_without_user_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, refusals: list[Event], pins: bool
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await armed(hass, entry, pins=pins)
    switch = entity_id(hass, "switch", "detection")
    expose(hass, switch)
    await conversation.async_converse(
        hass, "turn off Front door Detection", None, Context(), agent_id=None
    )
    await hass.async_block_till_done()
    assert state(hass, "switch", "detection") == "on"
    assert [each.data["source"] for each in refusals] == ["voice"]


def expose(hass: HomeAssistant, *entity_ids: str) -> None:
    from homeassistant.components.homeassistant.exposed_entities import async_expose_entity

    for each in entity_ids:
        async_expose_entity(hass, "conversation", each, True)


async def test_homekit_command_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, refusals: list[Event]
) -> None:
    await armed(hass, entry)
    context = Context()
    hass.bus.async_fire("homekit_state_change", {}, context=context)
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            "switch",
            "turn_off",
            {"entity_id": entity_id(hass, "switch", "detection")},
            blocking=True,
            context=context,
        )
    assert [each.data["source"] for each in refusals] == ["voice"]


async def test_detection_switch_is_not_exposed_to_voice_by_default(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    from homeassistant.components.homeassistant.exposed_entities import async_should_expose

    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, entry)
    assert not async_should_expose(hass, "conversation", entity_id(hass, "switch", "detection"))
