"""Adding, changing, and removing cameras while others run."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homesec_fixtures import CAMERA_ID, arm, call, camera_data, entity_id, set_up, state, until

from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    import pytest
    from pytest_homeassistant_custom_component.common import MockConfigEntry

SECOND_ID = "01K0CAMERA0000000000000002"


def add(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> None:
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(camera_data(video)),
            subentry_id=SECOND_ID,
            subentry_type="camera",
            title="Garden",
            unique_id="camera:second",
        ),
    )


def session(entry: MockConfigEntry, camera_id: str = CAMERA_ID) -> object:
    return entry.runtime_data.host.engine.worker.sessions.get(camera_id)


async def test_added_camera_starts_without_restarting_others(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    device_registry: dr.DeviceRegistry,
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    running = session(entry)
    add(hass, entry, video)
    await hass.async_block_till_done()
    await until(hass, lambda: state(hass, "camera", "camera", SECOND_ID) == "streaming")
    assert session(entry) is running
    device = device_registry.async_get_device_by_identifier((DOMAIN, SECOND_ID), entry.entry_id)
    assert device.name == "Garden"
    assert device.config_subentry_id == SECOND_ID
    system = device_registry.async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert device.via_device_id == system.id


async def test_removed_camera_stops_and_loses_its_entities(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    await set_up(hass, entry)
    add(hass, entry, video)
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera", SECOND_ID) == "streaming")
    running = session(entry)
    hass.config_entries.async_remove_subentry(entry, SECOND_ID)
    await hass.async_block_till_done()
    await until(hass, lambda: session(entry, SECOND_ID) is None)
    entries = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert not [e for e in entries if e.unique_id.startswith(SECOND_ID)]
    identifier = (DOMAIN, SECOND_ID)
    assert device_registry.async_get_device_by_identifier(identifier, entry.entry_id) is None
    assert SECOND_ID not in entry.runtime_data.cameras
    assert session(entry) is running


async def test_changed_camera_keeps_running_with_new_name(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    running = session(entry)
    subentry = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(
        entry, subentry, title="Back door", data={**subentry.data, "pre_roll_s": 2}
    )
    await hass.async_block_till_done()
    await until(hass, lambda: running[0].config.pre_roll_s == 2)
    assert session(entry) is running
    device = device_registry.async_get_device_by_identifier((DOMAIN, CAMERA_ID), entry.entry_id)
    assert device.name == running[0].config.name == "Back door"


async def test_camera_with_new_source_restarts(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, tmp_path: Path
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    running = session(entry)
    subentry = entry.subentries[CAMERA_ID]
    other = tmp_path / "other.mp4"
    other.symlink_to(video)
    data = {**subentry.data, "file": str(other)}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await until(hass, lambda: session(entry) not in (None, running))


async def test_added_and_removed_labels_add_and_remove_entities(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    def sensors() -> set[str]:
        entries = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        return {
            e.unique_id.removeprefix(f"{CAMERA_ID}_")
            for e in entries
            if e.unique_id.endswith(("_present", "_count"))
        }

    await set_up(hass, entry)
    assert sensors() == {"person_present", "person_count"}
    for labels in (["person", "cat"], ["cat"], ["person"]):
        subentry = entry.subentries[CAMERA_ID]
        hass.config_entries.async_update_subentry(
            entry, subentry, data={**subentry.data, "labels": labels}
        )
        await hass.async_block_till_done()
        assert sensors() == {
            f"{label}_{suffix}" for label in labels for suffix in ("present", "count")
        }
        assert hass.states.get(entity_id(hass, "binary_sensor", f"{labels[0]}_present"))


async def test_arming_opens_and_disarming_closes_source(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    assert state(hass, "camera", "camera") == "idle"
    assert session(entry) is None
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    await arm(hass, entry, "disarm")
    await until(hass, lambda: state(hass, "camera", "camera") == "idle")
    await until(hass, lambda: session(entry) is None)  # a moment later, since somebody may watch


async def test_camera_outside_armed_mode_acts_as_when_disarmed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    subentry = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "disarmed": "detect", "armed_modes": ["away"]}
    )
    await hass.async_block_till_done()
    await until(hass, lambda: session(entry))
    for mode, activity in (("arm_home", "detect"), ("arm_away", "record"), ("disarm", "detect")):
        await arm(hass, entry, mode)
        assert session(entry)[0].activity == activity


async def test_detection_switch_stops_camera_and_survives_reload(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: session(entry))
    switch = entity_id(hass, "switch", "detection")
    await call(hass, "switch", "turn_off", switch)
    await until(hass, lambda: session(entry) is None)
    assert hass.states.get(switch).state == "off"
    assert entry.subentries[CAMERA_ID].data["detection"] is False
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(switch).state == "off"
    assert session(entry) is None
    await call(hass, "switch", "turn_on", switch)
    await until(hass, lambda: session(entry))
    assert hass.states.get(switch).state == "on"


async def test_settings_that_change_as_the_entry_unloads_raise_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(hass, entry)
    coordinator = type(entry.runtime_data.coordinator)
    apply = coordinator.async_apply_settings
    unloaded = []

    async def apply_and_unload(self: Any) -> None:
        await apply(self)
        unloaded.append(await hass.config_entries.async_unload(entry.entry_id))

    monkeypatch.setattr(coordinator, "async_apply_settings", apply_and_unload)
    camera = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(entry, camera, title="Porch")
    await until(hass, lambda: unloaded)
    await hass.async_block_till_done()  # the harness reports what a task raised
    assert unloaded == [True]
