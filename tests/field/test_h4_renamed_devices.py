"""Cameras and recipients are called everywhere what their devices are called in Home Assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homesec_fixtures import CAMERA_ID, PERSON, arm, entity_id, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from recipient_fixtures import ANN, recipient, set_up_recipients

from custom_components.homesec import const

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

DRIVE = "Drive"


async def rename(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, name: str) -> None:
    """Rename a device as a user does in Home Assistant's settings."""
    device_id = entry.runtime_data.devices.id_of(subentry_id)
    dr.async_get(hass).async_update_device(device_id, name_by_user=name or None)
    await hass.async_block_till_done(wait_background_tasks=True)


def shown_name(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    device = dr.async_get(hass).async_get(entry.runtime_data.devices.id_of(CAMERA_ID))
    return device.name_by_user or device.name


async def test_renamed_device_is_called_so_in_alerts_texts_and_events(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
) -> None:
    weakened = async_capture_events(hass, const.EVENT_ALARM_WEAKENED)
    await set_up_recipients(hass, entry, recipient())
    await rename(hass, entry, CAMERA_ID, DRIVE)
    await rename(hass, entry, ANN, "Anna")
    assert entry.subentries[ANN].title == "Anna"
    detector.sees = [PERSON]
    await until(hass, lambda: alerts and sent_texts())
    assert alerts[0].data["cameras"] == [DRIVE]
    assert f"Person: {DRIVE}. " in sent_texts()[0]
    assert not weakened  # a name is no setting that guards


async def test_device_renamed_before_the_start_is_called_so_when_arming(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    identifier = ("homesec", CAMERA_ID)
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)
    by = dr.DeviceEntryDisabler.USER
    dr.async_get(hass).async_update_device(device.id, name_by_user=DRIVE, disabled_by=by)
    await set_up(hass, entry)
    with pytest.raises(ServiceValidationError, match=DRIVE):
        await arm(hass, entry)


async def test_name_given_in_the_form_later_replaces_that_of_the_device(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await rename(hass, entry, CAMERA_ID, DRIVE)
    assert shown_name(hass, entry) == DRIVE
    subentry = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(entry, subentry, title="Porch")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (shown_name(hass, entry), entry.subentries[CAMERA_ID].title) == ("Porch", "Porch")
    assert hass.states.get(entity_id(hass, "camera", "camera")).name == "Porch"


@pytest.mark.parametrize("name", ["", "   "])
async def test_device_without_a_name_of_the_user_keeps_the_last_one(
    hass: HomeAssistant, entry: MockConfigEntry, name: str
) -> None:
    await set_up(hass, entry)
    await rename(hass, entry, CAMERA_ID, DRIVE)
    await rename(hass, entry, CAMERA_ID, name)
    assert entry.subentries[CAMERA_ID].title == DRIVE
    assert state(hass, "camera", "camera") != "unavailable"


async def test_other_devices_and_other_changes_rename_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    registry, runtime = dr.async_get(hass), entry.runtime_data
    other = registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={("x", "1")})
    registry.async_update_device(other.id, name_by_user="Other")
    registry.async_update_device(runtime.devices.id_of(CAMERA_ID), area_id=None, hw_version="2")
    registry.async_update_device(runtime.devices.id_of(None), name_by_user="House")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.subentries[CAMERA_ID].title == "Front door"
    assert entry.title == "HomeSec"
