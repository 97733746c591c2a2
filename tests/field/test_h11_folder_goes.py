"""A clip folder that can't be used anymore while cameras run: visits go to the spare folder."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, arm, pictures, set_up, until
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)
from small_disks import mounted, remount
from test_h11_late_share import retry, visit

from custom_components.homesec.const import EVENT_CLIP_FAILED, EVENT_CLIP_SAVED, STATS_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry


class FileInTheWay:
    """The folder is gone, and a file has its name: the system says something unforeseen."""

    def __init__(self, media: Path) -> None:
        self.clips, self.away = media / "homesec", media / "away"

    def begin(self) -> None:
        self.clips.rename(self.away)
        self.clips.write_text("in the way")

    def end(self) -> None:
        self.clips.unlink()
        self.away.rename(self.clips)


class ReadOnlyDisk:
    """A disk that fails, or the read-only folder that stands in for a share that is gone."""

    def __init__(self, media: Path) -> None:
        self.media = media

    def begin(self) -> None:
        remount(self.media, "ro")

    def end(self) -> None:
        remount(self.media, "rw")


class UnmountedDisk:
    """A disk or share that isn't mounted anymore; what is stored below it would be hidden later."""

    def __init__(self, media: Path) -> None:
        self.media, self.disk = media, media.with_name("disk")
        self.media.mkdir()
        self.end()

    def begin(self) -> None:
        subprocess.run(["umount", "-l", self.media], check=True)

    def end(self) -> None:
        subprocess.run(["mount", "--bind", self.disk, self.media], check=True)


@pytest.fixture(params=[FileInTheWay, ReadOnlyDisk, UnmountedDisk])
def cause(request: pytest.FixtureRequest, config_dir: Path) -> Iterator[FileInTheWay]:
    media = config_dir / "media"
    if request.param is ReadOnlyDisk:
        with mounted(media, "size=3g"):
            yield ReadOnlyDisk(media)
    elif request.param is UnmountedDisk:
        with mounted(config_dir / "disk", "size=3g"):
            disk = UnmountedDisk(media)
            yield disk
            disk.begin()
            assert not list(media.rglob("*.mp4"))  # none is hidden by what is mounted
    else:
        yield FileInTheWay(media)


async def test_visit_after_the_folder_went_away_is_recorded_and_kept(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, cause: FileInTheWay
) -> None:
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    issues = ir.async_get(hass)
    await set_up(hass, entry)
    host = entry.runtime_data.host
    await arm(hass, entry)
    await pictures(hass, entry)
    first = await visit(hass, detector, saved)

    cause.begin()
    failed = async_capture_events(hass, EVENT_CLIP_FAILED)
    detector.sees = [PERSON]  # the clip that meets the fault is lost, and no more than that
    if isinstance(cause, UnmountedDisk):
        await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].recordings)
        async_fire_time_changed(hass, dt_util.utcnow() + STATS_INTERVAL)
    await until(hass, lambda: host.spare)
    detector.sees = []
    await until(hass, lambda: issues.async_get_issue("homesec", "engine"))
    assert issues.async_get_issue("homesec", "engine").translation_key == "engine_spare"
    assert len(failed) <= 1
    await pictures(hass, entry)
    second = await visit(hass, detector, saved)

    cause.end()
    await retry(hass)
    await until(hass, lambda: not host.spare and host.ready)
    await pictures(hass, entry)
    third = await visit(hass, detector, saved)
    queries = host.engine.catalog.queries

    def shown() -> set[str]:
        return {clip.id for clip in queries.page() if (host.clips_dir / clip.path).is_file()}

    await until(hass, lambda: shown() >= {first, second, third})
    await until(hass, lambda: issues.async_get_issue("homesec", "engine") is None)
    assert issues.async_get_issue("homesec", "recording") is None


async def test_clip_that_fails_for_another_reason_is_a_repair_and_interrupts_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, entry)
    host, issues = entry.runtime_data.host, ir.async_get(hass)
    await arm(hass, entry)
    await pictures(hass, entry)
    camera_folder = host.clips_dir / next(iter(entry.subentries))
    camera_folder.write_text("in the way of this camera only")
    detector.sees = [PERSON]
    await until(hass, lambda: issues.async_get_issue("homesec", "recording"))
    issue = issues.async_get_issue("homesec", "recording")
    assert issue.translation_key == "recording_failed"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (host.spare, host.starts) == (False, 1)
    assert "(Not a directory)" in caplog.text  # the repair says that the log has more
