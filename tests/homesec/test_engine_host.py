"""A failed start of the engine is retried until it succeeds, and shown until then."""

from __future__ import annotations

from datetime import timedelta
import threading
from typing import TYPE_CHECKING

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState
from homeassistant.util import dt as dt_util
from homesec_fixtures import arm, entity_id, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
)
from small_disks import mounted, remount

from custom_components.homesec.const import DOMAIN, START_RETRY_S
from custom_components.homesec.exceptions import EngineNotRunningError
from custom_components.homesec.system_health import async_system_health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("homesec")]


class Cause:
    """A file in place of the clips folder, and one in place of the spare folder."""

    def __init__(self, config_dir: Path) -> None:
        self.media = config_dir / "media"
        self.issue = "start_folder_blocked"

    def block_spare(self) -> None:
        """Keep the engine from using the spare folder meanwhile."""
        spare = self.media.parent / "homesec" / "spare"
        spare.parent.mkdir()
        spare.write_text("in the way")

    def begin(self) -> None:
        self.media.mkdir()
        (self.media / "homesec").write_text("in the way")

    def cure(self) -> None:
        (self.media / "homesec").unlink()


class LateShare(Cause):
    """A media folder on a share that is mounted later."""

    def begin(self) -> None:
        self.media.symlink_to("share")

    def cure(self) -> None:
        (self.media.parent / "share").mkdir()


class ReadOnly(Cause):
    """A media folder on a disk that is read-only for a while."""

    def __init__(self, config_dir: Path) -> None:
        super().__init__(config_dir)
        self.issue = "start_disk_read_only"

    def begin(self) -> None:
        remount(self.media, "ro")

    def cure(self) -> None:
        remount(self.media, "rw")


@pytest.fixture(params=[Cause, LateShare, ReadOnly])
def cause(request: pytest.FixtureRequest, config_dir: Path) -> Iterator[Cause]:
    """Keep the engine from starting, until the end of the test."""
    made = request.param(config_dir)
    made.block_spare()
    if isinstance(made, ReadOnly):
        with mounted(config_dir / "media", "size=64m"):
            made.begin()
            yield made
    else:
        made.begin()
        yield made


async def wait_for_retry(hass: HomeAssistant) -> None:
    """Let the longest wait pass."""
    later = dt_util.utcnow() + timedelta(seconds=2 * START_RETRY_S[1])
    async_fire_time_changed(hass, later)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_failed_start_is_retried_until_cause_is_gone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    cause: Cause,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, entry)
    runtime = entry.runtime_data
    for _ in range(3):
        issue = issue_registry.async_get_issue(DOMAIN, "engine")
        assert issue.translation_key == cause.issue
        assert issue.translation_placeholders["folder"] == str(cause.media / "homesec")
        assert issue.translation_placeholders["reason"]
        assert issue.severity == "error"
        assert state(hass, "sensor", "detector", entry.entry_id) == "failed"
        assert state(hass, "camera", "camera") == "idle"
        assert runtime.host.starting
        assert not runtime.host.ready
        assert (await async_system_health(hass))["engine"] == cause.issue
        await wait_for_retry(hass)
    errors = [
        r for r in caplog.records if r.levelname == "ERROR" and "could not start" in r.message
    ]
    assert len(errors) == 1  # not for each retry
    cause.cure()
    await wait_for_retry(hass)
    await until(hass, lambda: runtime.host.ready)
    assert issue_registry.async_get_issue(DOMAIN, "engine") is None
    assert (await async_system_health(hass))["engine"] == "running"
    assert not runtime.host.starting
    await until(hass, lambda: state(hass, "sensor", "detector", entry.entry_id) == "ready")
    await arm(hass, entry)
    await until(hass, lambda: state(hass, "camera", "camera") == "streaming")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert our_threads() == []


@pytest.mark.parametrize("cause", [Cause], indirect=True)
@pytest.mark.parametrize("how", ["unload", "stop"])
async def test_unload_or_stop_ends_retries(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    cause: Cause,
    how: str,
) -> None:
    await set_up(hass, entry)
    runtime = entry.runtime_data
    if how == "unload":
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert issue_registry.async_get_issue(DOMAIN, "engine") is None
    else:
        hass.set_state(CoreState.stopping)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert our_threads() == []
    cause.cure()
    await wait_for_retry(hass)
    assert not runtime.host.ready
    assert our_threads() == []


@pytest.mark.parametrize("cause", [Cause], indirect=True)
async def test_reload_retries_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, cause: Cause
) -> None:
    await set_up(hass, entry)
    cause.cure()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.host.ready
    assert issue_registry.async_get_issue(DOMAIN, "engine") is None


async def test_failing_start_does_not_block_setup(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    Cause(config_dir).begin()
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert hass.states.get(entity_id(hass, "sensor", "detector", entry.entry_id))
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_wait_engine_returns_it_once_it_runs(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    host = entry.runtime_data.host
    assert host.starting
    assert await host.async_wait_engine() is host.engine


async def test_wait_engine_ends_with_stop(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    cause = Cause(config_dir)
    cause.block_spare()
    cause.begin()
    await set_up(hass, entry)
    host = entry.runtime_data.host
    waiting = hass.async_create_task(host.async_wait_engine())
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(EngineNotRunningError):
        await waiting
