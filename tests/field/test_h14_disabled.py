"""A camera that is disabled in Home Assistant is off, and is named when the alarm is armed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homesec_fixtures import CAMERA_ID, PERSON, arm, entity_id, pictures, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.homesec import const

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector

BY_USER = er.RegistryEntryDisabler.USER
SOURCE = "camera.porch"


def disable_device(hass: HomeAssistant, entry: MockConfigEntry, *, disabled: bool) -> None:
    device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
    by = dr.DeviceEntryDisabler.USER if disabled else None
    dr.async_get(hass).async_update_device(device_id, disabled_by=by)


def disable_camera_entity(hass: HomeAssistant, _: MockConfigEntry, *, disabled: bool) -> None:
    found = entity_id(hass, "camera", "camera")
    er.async_get(hass).async_update_entity(found, disabled_by=BY_USER if disabled else None)


def disable_source(hass: HomeAssistant, _: MockConfigEntry, *, disabled: bool) -> None:
    er.async_get(hass).async_update_entity(SOURCE, disabled_by=BY_USER if disabled else None)


def use_entity(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the camera get its pictures from another integration's entity."""
    er.async_get(hass).async_get_or_create("camera", "other", "1", suggested_object_id="porch")
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "kind": "entity", "entity_id": SOURCE}
    object.__setattr__(subentry, "data", data)


WAYS = [disable_device, disable_camera_entity, disable_source]


@pytest.mark.parametrize("disable", WAYS)
async def test_disabled_camera_is_named_when_arming(
    hass: HomeAssistant, entry: MockConfigEntry, disable: Callable[..., None]
) -> None:
    if disable is disable_source:
        use_entity(hass, entry)
    await set_up(hass, entry)
    disable(hass, entry, disabled=True)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError, match="Front door") as refused:
        await arm(hass, entry)
    assert refused.value.translation_key == "camera_off"


@pytest.mark.parametrize("disable", WAYS[:2])
async def test_camera_disabled_while_armed_stops_at_once_and_is_announced_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    disable: Callable[..., None],
) -> None:
    weakened = async_capture_events(hass, const.EVENT_ALARM_WEAKENED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    disable(hass, entry, disabled=True)
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].health.value == "off")
    assert [event.data["action"] for event in weakened] == ["camera_disabled"]
    panel = hass.states.get(entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id))
    assert panel.attributes["bypassed"] == ["Front door"]
    detector.sees = [PERSON]
    seen = detector.frame_count
    disable(hass, entry, disabled=False)
    await until(hass, lambda: detector.frame_count > seen)  # and only now


async def test_camera_disabled_before_the_start_is_not_opened(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    disable_camera_entity(hass, entry, disabled=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    with pytest.raises(ServiceValidationError, match="Front door"):
        await arm(hass, entry)
    assert entry.runtime_data.cameras[CAMERA_ID].health.value == "off"
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "disarmed"
