"""The entities of a camera that detects people, cats, and a label of a custom model."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigSubentry
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, DRIVE, PERSON, ROAD, arm, pictures, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    get_system_health_info,
    snapshot_platform,
)
from recipient_fixtures import recipient

from custom_components.homesec.const import PLATFORMS

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import entity_registry as er
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from syrupy.assertion import SnapshotAssertion


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_entities_match_snapshot(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
) -> None:
    # Cameras and images have random tokens in their attributes.
    for module in ("camera.entity", "image.entity"):
        monkeypatch.setattr(f"homeassistant.components.{module}._RND.getrandbits", lambda _: 1)
    # Include entities that are disabled by default.
    monkeypatch.setattr(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        property(lambda _: True),
    )
    monkeypatch.setattr("custom_components.homesec.const.PLATFORMS", [platform])
    monkeypatch.setattr("custom_components.homesec.PLATFORMS", [platform])
    subentry = entry.subentries[CAMERA_ID]
    settings = {"labels": ["person", "cat", "garden gnome"], "zones": [DRIVE, ROAD]}
    object.__setattr__(subentry, "data", {**subentry.data, **settings})
    ann = ConfigSubentry(**recipient())
    object.__setattr__(entry, "subentries", {**entry.subentries, ann.subentry_id: ann})
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.detector.report)
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_statistics_are_updated_every_30_seconds(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await set_up(hass, entry)
    assert state(hass, "sensor", "fps") == "unknown"
    assert entry.runtime_data.coordinator.engine_stats.inference_ms is None
    assert state(hass, "sensor", "clips", entry.entry_id) == "0"
    await arm(hass, entry)
    detector.sees = [PERSON]
    await pictures(hass, entry)
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    await until(hass, lambda: entry.runtime_data.host.engine.stats(CAMERA_ID).fps)
    assert state(hass, "sensor", "fps") == "unknown"
    # Moves only Home Assistant's clock, not the engine's.
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await hass.async_block_till_done()
    assert entry.runtime_data.coordinator.engine_stats.inference_ms >= 0
    assert float(state(hass, "sensor", "fps")) > 0


async def test_system_health_counts_running_cameras(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.detector.report)
    assert await get_system_health_info(hass, "homesec") == {
        "engine": "running",
        "worker_restarts": 0,
        "worker_exit": "-",
        "detector": "ncnn",
        "model": "scripted",
        "second_opinion": "-",
        "cameras": "0 / 1",
        "clips": 0,
        "uploads_waiting": "-",
        "cloud_error": "-",
    }
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    assert (await get_system_health_info(hass, "homesec"))["cameras"] == "1 / 1"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await get_system_health_info(hass, "homesec") == {}
