"""Set-up, reload, unload, and stop of the entry."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from unittest.mock import Mock, patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState
from homeassistant.exceptions import ServiceValidationError
from homesec_fixtures import arm, set_up, state, until
import pytest

from custom_components.homesec.alarm import camera_check
from custom_components.homesec.engine.core.errors import RecordingError

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("homesec")]


async def test_unload_ends_every_thread(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    assert our_threads()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert our_threads() == []


async def test_home_assistant_stop_ends_every_thread(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert our_threads() == []


async def test_reload_starts_camera_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        await until(hass, lambda: state(hass, "camera", "camera") == "streaming")


async def test_unload_during_engine_start_ends_every_thread(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert our_threads() == []


async def test_engine_files_are_below_config_and_media_folders(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    await set_up(hass, entry)
    assert (config_dir / "homesec" / "clips.db").is_file()
    assert entry.runtime_data.host.clips_dir == config_dir / "media" / "homesec"


async def test_clips_dir_without_media_folders_is_below_config(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    hass.config.media_dirs = {}
    await set_up(hass, entry)
    assert entry.runtime_data.host.clips_dir == config_dir / "media" / "homesec"


async def test_detector_change_reloads_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    before = entry.runtime_data
    hass.config_entries.async_update_entry(entry, data={"detector": "opencv"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data is not before
    assert entry.state is ConfigEntryState.LOADED


async def test_unload_with_hanging_thread_ends_after_timeout(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, entry)
    monkeypatch.setattr("custom_components.homesec.engine_host.STOP_TIMEOUT_S", 0.05)
    free = threading.Event()
    stuck = hass.async_create_task(entry.runtime_data.host.async_run_raw(free.wait, 10.0))
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert "did not end" in caplog.text
    free.set()
    await stuck
    await until(hass, lambda: not our_threads())


async def test_engine_start_after_stop_does_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    runtime = entry.runtime_data
    await runtime.coordinator.async_stop()
    runtime.host._start(Mock(side_effect=AssertionError))
    assert not runtime.host.ready
    await runtime.alarm.async_reconcile()


async def test_camera_setup_error_is_logged_and_retried(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(hass, entry)
    failure = RecordingError("no room")
    with (
        patch.object(camera_check, "REACH_S", 0.2),
        patch.object(entry.runtime_data.host.engine, "set_activity", side_effect=failure),
        pytest.raises(ServiceValidationError, match="Front door"),
    ):
        await arm(hass, entry)
    assert "could not be set up: HomeSec couldn't do this: no room" in caplog.text
    # The next change tries it again.
    await arm(hass, entry, "arm_home")
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
