"""The retention thread, with files, rows, and objects."""

from pathlib import Path
import sqlite3
import threading
import time

from engine_rig import LONG_S
from library_rig import NOON, LibraryRig
import pytest
from small_disks import mounted, remount

from custom_components.homesec.engine.core.events import (
    ClipsRemoved,
    DiskSpaceChanged,
    RemovalReason,
)
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.library.retention import DISTRUST_S, disk_free
from custom_components.homesec.engine.library.retention_policy import (
    Limits,
    RetentionRules,
    TierRules,
)
from custom_components.homesec.engine.library.visits import MAX_VISIT_AGE_S

DAY = 86400.0
OLD = NOON - 9 * DAY
WEEK = TierRules(each=Limits(max_age_s=7 * DAY))
MONTH = RetentionRules(local=TierRules(each=Limits(max_age_s=30 * DAY)))


@pytest.fixture
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def test_expired_local_copy_leaves_cloud_copy(library):
    old, new = library.stored(OLD), library.stored(NOON)
    library.make_retention(RetentionRules(local=WEEK)).apply()
    assert (library.row(old).local, library.row(old).cloud) == (False, CloudState.STORED)
    assert library.row(new).local
    assert library.files(new)[0].exists()
    assert library.of(ClipsRemoved) == [
        ClipsRemoved(count=1, bytes=100, reason=RemovalReason.AGE, last_copies=0)
    ]


def test_clip_expired_in_both_tiers_is_removed(library):
    old = library.stored(OLD)
    library.make_retention(RetentionRules(local=WEEK, cloud=WEEK)).apply()
    library.run()
    assert library.row(old) is None
    assert library.store.names() == []
    assert library.left() == []
    (told,) = library.of(ClipsRemoved)
    assert (told.count, told.last_copies) == (2, 1)


def test_clip_expired_in_cloud_keeps_file(library):
    old = library.stored(OLD)
    library.make_retention(RetentionRules(cloud=WEEK)).apply()
    library.run()
    assert library.store.names() == []
    assert library.files(old)[0].exists()
    assert library.row(old).cloud is CloudState.DROPPED


def test_clip_waiting_for_upload_is_kept(library):
    old = library.saved(OLD)
    library.make_retention(RetentionRules(local=WEEK)).apply()
    assert library.row(old) == old
    assert library.of(ClipsRemoved) == []


def test_expired_clip_without_cloud_is_removed(library):
    old = library.saved(OLD, cloud=CloudState.NONE)
    library.make_retention(RetentionRules(local=WEEK), uploading=False).apply()
    assert library.row(old) is None
    assert library.left() == []


@pytest.mark.parametrize("change", ["protected", "gone", "no longer in the cloud"])
def test_clip_changed_since_plan_is_kept(library, change):
    old = library.stored(OLD)

    def meanwhile():
        match change:
            case "protected":
                library.copies.protect(old.id, protected=True)
            case "gone":
                library.catalog.remove(old.id)
            case _:
                library.copies.remove_cloud(old)
        return 10**12

    library.make_retention(RetentionRules(local=WEEK), free=meanwhile).apply()
    assert library.files(old)[0].exists()
    assert library.of(ClipsRemoved) == []


def test_full_disk_removes_oldest_and_reports_it(library, caplog):
    clips = [library.saved(NOON + n) for n in range(4)]
    rules = RetentionRules(min_free_bytes=1000)

    def free():
        return 1150 - 100 * sum(name.endswith(".mp4") for name in library.left())

    library.make_retention(rules, free=free).apply()
    assert [library.row(c) is None for c in clips] == [True, True, True, False]
    (told,) = library.of(ClipsRemoved)
    assert (told.count, told.reason, told.last_copies) == (3, RemovalReason.SPACE, 3)
    assert "were nowhere else" in caplog.text
    assert library.of(DiskSpaceChanged) == []


def test_low_disk_is_reported_once_and_when_it_ends(library):
    kept = library.saved()
    library.copies.protect(kept.id, protected=True)
    free = [10]
    retention = library.make_retention(RetentionRules(min_free_bytes=1000), free=lambda: free[0])
    for free[0] in (10, 20, 5000, 5000):
        retention.apply()
    assert library.of(DiskSpaceChanged) == [
        DiskSpaceChanged(low=True, free_bytes=10),
        DiskSpaceChanged(low=False, free_bytes=5000),
    ]
    assert library.files(kept)[0].exists()


def test_file_that_cannot_be_removed_does_not_block_others(library, monkeypatch, caplog):
    first, second = library.saved(OLD), library.saved(OLD + 1)
    real = Path.unlink

    def unlink(path, **options):
        if first.id in path.name:
            raise PermissionError(1, "not allowed")
        real(path, **options)

    monkeypatch.setattr(Path, "unlink", unlink)
    rules = RetentionRules(local=WEEK)
    library.make_retention(rules, uploading=False).apply()
    assert library.row(second) is None
    assert "not allowed" in caplog.text
    monkeypatch.undo()
    library.make_retention(rules, uploading=False).apply()
    assert library.row(first) is None


def test_old_failed_rows_are_removed(library):
    failed = library.saved(NOON - 40 * DAY, state=ClipState.FAILED)
    library.make_retention().apply()
    assert library.row(failed) is None


# --- the thread ---


def wait_until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_old_visits_are_removed(library):
    library.catalog.visits.begin("door", "cat", NOON - MAX_VISIT_AGE_S - 1, None)
    library.catalog.visits.begin("door", "cat", NOON - MAX_VISIT_AGE_S + 1, None)
    library.make_retention().apply()
    assert library.catalog.visits.count("door", "cat", 0.0) == 1


def test_clock_jump_expires_nothing_for_a_while(library):
    clip = library.stored()
    retention = library.make_retention(MONTH)
    library.clock.wall += 40 * DAY
    retention.apply()
    assert library.row(clip).local
    again = library.make_retention(MONTH)
    library.clock.advance(DISTRUST_S - 1)
    again.apply()
    assert library.row(clip).local
    retention.apply()
    library.clock.advance(1)
    retention.apply()
    assert not library.row(clip).local


def test_corrected_clock_jump_expires_nothing(library):
    clip = library.stored()
    retention = library.make_retention(MONTH)
    for _ in range(3):
        library.clock.wall += 40 * DAY
        retention.apply()
        library.clock.wall -= 40 * DAY
        library.clock.advance(DISTRUST_S / 2)
        retention.apply()
    assert library.row(clip).local
    library.clock.advance(30 * DAY)
    retention.apply()
    assert not library.row(clip).local


def test_retention_runs_at_start_and_on_wake(library):
    looks = []
    retention = library.make_retention(free=lambda: looks.append(1) or 10**12)
    retention.start()
    wait_until(lambda: len(looks) == 2)
    retention.wake()
    wait_until(lambda: len(looks) == 4)
    retention.halt()
    assert retention.join()


def test_retention_runs_periodically(library):
    looks = []
    retention = library.make_retention(free=lambda: looks.append(1) or 10**12, every_s=0.01)
    retention.start()
    wait_until(lambda: len(looks) >= 6)
    retention.halt()
    assert retention.join()


@pytest.mark.parametrize(
    "error",
    [OSError(5, "no disk"), sqlite3.OperationalError("no disk"), ZeroDivisionError("no disk")],
)
def test_retention_continues_after_error(library, caplog, error):
    looks = []

    def free():
        looks.append(1)
        if len(looks) == 1:
            raise error
        return 10**12

    retention = library.make_retention(free=free, every_s=0.01)
    retention.start()
    wait_until(lambda: len(looks) >= 3)
    retention.halt()
    assert retention.join()
    assert "no disk" in caplog.text


def test_retention_stops_between_removals(library):
    clips = [library.saved(OLD + n) for n in range(5)]
    retention = library.make_retention(RetentionRules(local=WEEK), uploading=False)
    removing, go_on = threading.Event(), threading.Event()
    real = library.copies.remove

    def remove(clip):
        removing.set()
        go_on.wait(LONG_S)
        real(clip)

    library.copies.remove = remove
    retention.start()
    assert removing.wait(LONG_S)
    retention.halt()
    go_on.set()
    assert retention.join()
    assert sum(library.row(c) is None for c in clips) == 1


def test_join_without_start_returns_at_once(library):
    retention = library.make_retention()
    retention.halt()
    assert retention.join()


# --- a real disk ---


def test_retention_frees_space_on_real_disk(tmp_path):
    with mounted(tmp_path / "disk", "size=1m") as disk:
        library = LibraryRig(tmp_path)
        library.clips_dir = library.copies._clips_dir = disk
        size = 100 * 1024
        clips = [library.saved(NOON + n, size=size) for n in range(9)]
        rules = RetentionRules(min_free_bytes=4 * size)
        assert disk_free(disk) < size
        library.make_retention(rules, free=lambda: disk_free(disk)).apply()
        assert disk_free(disk) >= 4 * size
        left = [c for c in clips if library.row(c) is not None]
        assert left == clips[-len(left) :]
        assert len(left) >= 4
        library.close()


def test_retention_on_read_only_disk_loses_nothing(tmp_path):
    with mounted(tmp_path / "disk", "size=1m") as disk:
        library = LibraryRig(tmp_path)
        library.clips_dir = library.copies._clips_dir = disk
        clip = library.saved(OLD)
        remount(disk, "ro")
        retention = library.make_retention(RetentionRules(local=WEEK), uploading=False)
        retention.apply()
        assert library.files(clip)[0].exists()
        remount(disk, "rw")
        retention.apply()
        assert library.row(clip) is None
        assert library.left() == []
        library.close()
