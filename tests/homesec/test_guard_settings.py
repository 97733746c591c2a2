"""Settings that change while the alarm is armed are announced, and told to recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guard_fixtures import ZONE, armed
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import entity_registry as er
from homesec_fixtures import CAMERA_ID, arm, entity_id, set_up, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


@pytest.fixture
def weakened(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_weakened")


def change_camera(entry: MockConfigEntry, **settings: Any) -> Callable[[HomeAssistant], object]:
    camera_ = entry.subentries[CAMERA_ID]
    data = {**camera_.data, **settings}
    return lambda hass: hass.config_entries.async_update_subentry(entry, camera_, data=data)


def change_entry(entry: MockConfigEntry, **settings: Any) -> Callable[[HomeAssistant], object]:
    return lambda hass: hass.config_entries.async_update_entry(
        entry, data={**entry.data, **settings}
    )


@pytest.mark.parametrize(
    ("change", "action", "kind"),
    [
        (lambda e: change_camera(e, labels=["cat"]), "camera_settings", "settings"),
        (lambda e: change_camera(e, zones=[ZONE]), "camera_zones", "settings"),
        (lambda e: change_camera(e, file="/nowhere.mp4"), "camera_source", "settings"),
        (lambda e: change_camera(e, armed_modes=["home"]), "camera_modes", "offline"),
        (lambda e: change_camera(e, detection=False), "detection_off", "offline"),
        (lambda e: change_entry(e, pins={}), "pins", "settings"),
        (lambda e: change_entry(e, retention={"local_days": 1}), "retention", "settings"),
        (lambda e: change_entry(e, alarm={"code_to_arm": True}), "delays", "settings"),
        (lambda e: change_entry(e, model="yolo"), "detector", "settings"),
        (
            lambda e: lambda hass: hass.config_entries.async_remove_subentry(e, CAMERA_ID),
            "camera_removed",
            "settings",
        ),
    ],
)
async def test_changed_setting_while_armed_is_announced_and_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    alerts: list[Event],
    weakened: list[Event],
    change: Any,
    action: str,
    kind: str,
) -> None:
    await armed(hass, entry)
    change(entry)(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    await until(hass, lambda: alerts)
    assert [each.data["action"] for each in weakened] == [action]
    assert [each.data["kind"] for each in alerts] == [kind]
    assert alerts[0].data["message"]


async def test_change_while_disarmed_is_no_news(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], weakened: list[Event]
) -> None:
    await set_up(hass, entry)
    change_camera(entry, labels=["cat"])(hass)
    await hass.async_block_till_done()
    await arm(hass, entry)
    assert alerts + weakened == []


async def test_disabled_entity_while_armed_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], weakened: list[Event]
) -> None:
    await armed(hass, entry)
    er.async_get(hass).async_update_entity(
        entity_id(hass, "sensor", "snoozed_until"), disabled_by=er.RegistryEntryDisabler.USER
    )
    await until(hass, lambda: alerts)
    assert [each.data["action"] for each in weakened] == ["entity_disabled"]


@pytest.mark.parametrize("how", ["disabled", "removed"])
@pytest.mark.parametrize("key", ["wake_sensors", "trusted_sensors"])
async def test_sensor_of_a_camera_that_goes_while_armed_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    alerts: list[Event],
    weakened: list[Event],
    how: str,
    key: str,
) -> None:
    registry = er.async_get(hass)
    sensors = [
        registry.async_get_or_create("binary_sensor", "test", each).entity_id
        for each in ("pir", "other")
    ]
    camera = entry.subentries[CAMERA_ID]
    object.__setattr__(camera, "data", {**camera.data, key: sensors[:1]})
    await armed(hass, entry)
    for each in reversed(sensors):
        if how == "removed":
            registry.async_remove(each)
        else:
            registry.async_update_entity(each, disabled_by=er.RegistryEntryDisabler.USER)
    await until(hass, lambda: alerts)
    [told] = weakened
    expected = {"action": "entity_disabled", "cameras": ["Front door"]}
    assert expected.items() <= told.data.items()


async def test_disabling_integration_while_armed_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], weakened: list[Event]
) -> None:
    await armed(hass, entry)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert [each.data["action"] for each in weakened] == ["stopped"]
    assert [each.data["kind"] for each in alerts] == ["settings"]
