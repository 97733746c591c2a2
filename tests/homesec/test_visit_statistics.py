"""Visits in Home Assistant's long-term statistics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from homeassistant.components.recorder.statistics import list_statistic_ids
from homesec_fixtures import CAMERA_ID, entity_id, set_up
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


@pytest.fixture
def custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """The recorder, which must be set up first."""


@pytest.fixture(autouse=True)
def config_dir(recorder_mock: Any, hass: HomeAssistant, tmp_path: Path, video: Path) -> Path:
    """Home Assistant's configuration folder, with access to the video."""
    hass.config.config_dir = str(tmp_path)
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    hass.config.allowlist_external_dirs = {str(video.parent)}
    return tmp_path


async def test_visits_sensor_has_long_term_statistics(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "labels": ["person", "cat"]})
    await set_up(hass, entry)
    runtime = entry.runtime_data
    await runtime.host.async_run_raw(
        runtime.host.engine.catalog.visits.begin,
        CAMERA_ID,
        "cat",
        datetime.now(UTC).timestamp(),
        None,
    )
    runtime.visits.async_read()
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_wait_recording_done(hass)
    statistics = await hass.async_add_executor_job(list_statistic_ids, hass)
    stored = {each["statistic_id"]: each for each in statistics}
    cat = stored[entity_id(hass, "sensor", "cat_visits")]
    assert (cat["has_sum"], cat["statistics_unit_of_measurement"]) == (True, "visits")
