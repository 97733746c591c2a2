"""Automations that HomeSec starts, and what it says of those that fail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_fixtures import entity_id, state
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.homesec.alerts.automation_watch import SETTLE_S
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


def count(hass: HomeAssistant, entry: MockConfigEntry) -> int:
    return int(state(hass, "sensor", "alerts_undelivered", entry.entry_id))


def failing(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    found = hass.states.get(entity_id(hass, "sensor", "alerts_undelivered", entry.entry_id))
    return list(found.attributes["failing"])


def issues(registry: ir.IssueRegistry) -> dict[str, str | None]:
    """Return the keys of all active issues of HomeSec."""
    return {
        issue.issue_id: issue.translation_key
        for issue in registry.issues.values()
        if issue.domain == DOMAIN and issue.active
    }


async def automate(
    hass: HomeAssistant,
    trigger: dict[str, Any],
    *actions: dict[str, Any],
    item_id: str | None = "tell",
) -> None:
    named = {} if item_id is None else {"id": item_id}
    config = {**named, "alias": "Tell me", "triggers": trigger, "actions": list(actions)}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()


async def raise_alert(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await entry.runtime_data.alarm.async_trigger(by="Ann")
    await hass.async_block_till_done(wait_background_tasks=True)
    await entry.runtime_data.alarm.async_disarm(principal="user:1")
    await hass.async_block_till_done()


async def settle(hass: HomeAssistant) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SETTLE_S + 1))
    await hass.async_block_till_done()
