"""An engine that can't use its folders yet records meanwhile, and loses nothing."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
import shutil
import sqlite3
from typing import TYPE_CHECKING

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, arm, pictures, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)
from small_disks import mounted, remount

from custom_components.homesec.const import EVENT_CLIP_SAVED, START_RETRY_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

pytestmark = pytest.mark.long


class NoShare:
    """A media folder that leads to a share which is mounted later."""

    def __init__(self, config_dir: Path) -> None:
        self.config_dir = config_dir
        self.media = config_dir / "media"

    def begin(self) -> None:
        self.media.symlink_to("share")

    def end(self) -> None:
        (self.config_dir / "share").mkdir()


class FileInTheWay(NoShare):
    """A file that has the name of the clip folder."""

    def begin(self) -> None:
        self.media.mkdir()
        (self.media / "homesec").write_text("in the way")

    def end(self) -> None:
        (self.media / "homesec").unlink()


class LockedIndex(NoShare):
    """A program that keeps the clip index locked."""

    def begin(self) -> None:
        folder = self.config_dir / "homesec"
        folder.mkdir()
        self.database = sqlite3.connect(folder / "clips.db", isolation_level=None)
        self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        self.database.close()


class FileInPlaceOfData(NoShare):
    """A file that has the name of the folder of the clip index."""

    def begin(self) -> None:
        (self.config_dir / "homesec").write_text("in the way")

    def end(self) -> None:
        (self.config_dir / "homesec").unlink()


class DataElsewhere(NoShare):
    """A folder of the clip index that leads to a disk which is mounted later."""

    def begin(self) -> None:
        (self.config_dir / "homesec").symlink_to("disk")

    def end(self) -> None:
        (self.config_dir / "disk").mkdir()


class ReadOnlyDisk(NoShare):
    """A media folder on a disk that is read-only for a while."""

    def begin(self) -> None:
        remount(self.media, "ro")

    def end(self) -> None:
        remount(self.media, "rw")


CAUSES = [NoShare, FileInTheWay, LockedIndex, FileInPlaceOfData, DataElsewhere, ReadOnlyDisk]


@pytest.fixture(params=CAUSES)
def cause(request: pytest.FixtureRequest, config_dir: Path) -> Iterator[NoShare]:
    """Keep the engine from its folders until the test says otherwise."""
    made = request.param(config_dir)
    if isinstance(made, ReadOnlyDisk):
        with mounted(made.media, "size=3g"):
            made.begin()
            yield made
    else:
        made.begin()
        yield made


async def visit(hass: HomeAssistant, detector: ScriptedDetector, saved: list[Event]) -> str:
    """Let a person come and go; return the id of their clip."""
    known = len(saved)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    detector.sees = []
    await until(hass, lambda: len(saved) > known)
    clip_id: str = saved[-1].data["clip_id"]
    return clip_id


async def retry(hass: HomeAssistant) -> None:
    """Let the longest wait pass."""
    later = dt_util.utcnow() + timedelta(seconds=2 * START_RETRY_S[1])
    async_fire_time_changed(hass, later)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_visit_before_the_folder_can_be_used_is_recorded_and_kept(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, cause: NoShare
) -> None:
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    issues = ir.async_get(hass)
    await set_up(hass, entry)
    host = entry.runtime_data.host
    await until(hass, lambda: issues.async_get_issue("homesec", "engine"))
    issue = issues.async_get_issue("homesec", "engine")
    assert issue.translation_key == "engine_spare"
    await arm(hass, entry)
    await pictures(hass, entry)
    first = await visit(hass, detector, saved)

    await retry(hass)  # too early: the camera isn't even interrupted
    assert host.spare
    assert state(hass, "camera", "camera") == "streaming"
    second = await visit(hass, detector, saved)

    cause.end()
    await retry(hass)
    await until(hass, lambda: not host.spare and host.ready)
    await until(hass, lambda: issues.async_get_issue("homesec", "engine") is None)
    assert host.clips_dir == cause.media / "homesec"
    await pictures(hass, entry)  # the camera goes on
    third = await visit(hass, detector, saved)

    queries = host.engine.catalog.queries

    def shown() -> set[str]:
        return {clip.id for clip in queries.page() if (host.clips_dir / clip.path).is_file()}

    await until(hass, lambda: shown() == {first, second, third})
    clips = {clip.id: clip for clip in await hass.async_add_executor_job(queries.page)}
    assert {clip.label for clip in clips.values()} == {"person"}
    assert {clip.camera_id for clip in clips.values()} == {CAMERA_ID}
    assert not (cause.config_dir / "homesec" / "spare").exists()
    assert not (cause.config_dir / "homesec_spare").exists()


async def test_clips_that_a_crash_left_in_the_spare_folder_are_found(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, config_dir: Path
) -> None:
    cause = FileInTheWay(config_dir)
    cause.begin()
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    clip_id = await visit(hass, detector, saved)
    assert await hass.config_entries.async_unload(entry.entry_id)
    cause.end()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    queries = entry.runtime_data.host.engine.catalog.queries
    await until(hass, lambda: [clip.id for clip in queries.page()] == [clip_id])
    with closing(sqlite3.connect(config_dir / "homesec" / "clips.db")) as database:
        assert database.execute("SELECT count(*) FROM clips").fetchone() == (1,)


async def test_empty_folder_in_place_of_a_share_hides_no_new_clip(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, config_dir: Path
) -> None:
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    first = await visit(hass, detector, saved)
    assert await hass.config_entries.async_unload(entry.entry_id)
    # The share isn't mounted: its mount point is there, and is empty.
    clips = config_dir / "media" / "homesec"
    clips.rename(config_dir / "share")
    clips.mkdir()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    issue = ir.async_get(hass).async_get_issue("homesec", "engine")
    assert (issue.translation_key, issue.is_fixable) == ("engine_folder_empty", True)
    await pictures(hass, entry)
    second = await visit(hass, detector, saved)
    assert list(clips.iterdir()) == []

    clips.rmdir()
    (config_dir / "share").rename(clips)  # now it is mounted
    await retry(hass)
    host = entry.runtime_data.host
    await until(hass, lambda: not host.spare and host.ready)
    queries = host.engine.catalog.queries
    await until(hass, lambda: {clip.id for clip in queries.page()} == {first, second})
    found = await hass.async_add_executor_job(queries.page)
    assert all((clips / clip.path).is_file() for clip in found)


async def test_empty_folder_is_used_once_its_repair_is_confirmed(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, config_dir: Path
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    await visit(hass, detector, saved)
    assert await hass.config_entries.async_unload(entry.entry_id)
    clips = config_dir / "media" / "homesec"
    shutil.rmtree(clips)  # by hand
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    host = entry.runtime_data.host
    assert host.spare
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init("homesec", context={"issue_id": "engine"})
    await flows.async_configure(flow["flow_id"], {})
    await until(hass, lambda: not host.spare and host.ready)
    await until(hass, lambda: ir.async_get(hass).async_get_issue("homesec", "engine") is None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not entry.runtime_data.host.spare
