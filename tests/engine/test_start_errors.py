"""Errors of the engine's start, after which another engine can start."""

import errno
import os
from pathlib import Path
import shutil
import sqlite3

from engine_rig import EngineRig
import pytest
from small_disks import FullDisk, mounted, remount

from custom_components.homesec.engine.core.errors import (
    StartDiskFull,
    StartDiskReadOnly,
    StartFailed,
    StartFolderBlocked,
    StartFolderDenied,
    StartFolderMissing,
    StartIndexLocked,
)
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.start_errors import start_error


def fails(folder, **options):
    """Return the error of a failing start; check that no thread is left."""
    rig = EngineRig(folder, **options)
    with pytest.raises(StartFailed) as caught:
        rig.engine.start()
    rig.stop()
    return caught.value


def starts(folder, **options):
    with EngineRig(folder, **options) as rig:
        assert rig.engine.catalog.totals().clips == 0


def test_start_with_file_at_clip_folder_reports_blocked(tmp_path):
    (tmp_path / "clips").write_text("in the way")
    error = fails(tmp_path)
    assert type(error) is StartFolderBlocked
    assert error.placeholders["folder"] == str(tmp_path / "clips")
    assert error.placeholders["reason"] == "File exists"
    assert (tmp_path / "clips").read_text() == "in the way"
    (tmp_path / "clips").unlink()
    starts(tmp_path)


def test_start_with_file_at_data_folder_reports_blocked(tmp_path):
    (tmp_path / "data").write_text("in the way")
    error = fails(tmp_path)
    assert type(error) is StartFolderBlocked
    assert error.placeholders["folder"] == str(tmp_path / "data")
    (tmp_path / "data").unlink()
    starts(tmp_path)


def test_start_without_mounted_share_reports_missing(tmp_path):
    (tmp_path / "share").symlink_to("not_yet")
    assert isinstance(fails(tmp_path, clips_dir=tmp_path / "share" / "clips"), StartFailed)
    (tmp_path / "not_yet").mkdir()
    starts(tmp_path, clips_dir=tmp_path / "share" / "clips")


def test_start_on_read_only_disk_reports_it(tmp_path):
    with mounted(tmp_path / "disk", "size=64m") as disk:
        remount(disk, "ro")
        error = fails(tmp_path, clips_dir=disk / "clips")
        assert type(error) is StartDiskReadOnly
        assert error.placeholders["folder"] == str(disk / "clips")
        remount(disk, "rw")
        starts(tmp_path, clips_dir=disk / "clips")


@pytest.mark.parametrize("known", [True, False])
def test_start_on_full_disk_reports_it(tmp_path, known):
    with mounted(tmp_path / "disk", "size=1m") as disk:
        if known:
            starts(disk)
        full = FullDisk(disk)
        full.fail()
        assert type(fails(disk)) is StartDiskFull
        full.heal()
        starts(disk)
        assert not [path for path in (disk / "data").iterdir() if "corrupt" in path.name]


def test_start_with_locked_index_reports_it(tmp_path, monkeypatch):
    starts(tmp_path)
    path = tmp_path / "data" / "clips.db"
    real = sqlite3.connect
    other = real(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: real(*args, timeout=0.01, **more))
    error = fails(tmp_path)
    assert type(error) is StartIndexLocked
    assert error.placeholders["folder"] == str(tmp_path / "data")
    other.close()
    starts(tmp_path)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, StartFolderDenied),
        (errno.EHOSTDOWN, StartFolderMissing),
        (errno.ENODEV, StartFolderMissing),
        (errno.ENOTDIR, StartFolderBlocked),
        (errno.EINVAL, StartFailed),
    ],
)
def test_system_errors_map_to_start_errors(number, kind):
    err = OSError(number, os.strerror(number), "/media/homesec")
    error = start_error(err, clips_dir=Path("/media/homesec"), catalog=Path("/config/clips.db"))
    assert type(error) is kind
    assert error.placeholders == {"folder": "/media/homesec", "reason": os.strerror(number)}


def test_unexpected_start_error_has_its_name():
    error = start_error(ValueError("x"), clips_dir=Path("/media"), catalog=Path("/config/clips.db"))
    assert type(error) is StartFailed
    assert error.placeholders["reason"] == "ValueError: x"


def test_failed_start_of_sms_stops_all_threads(tmp_path, monkeypatch):
    rig = EngineRig(tmp_path)

    def refuse(_database, _jobs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rig.engine.sms, "start", refuse)
    with pytest.raises(StartDiskFull):
        rig.engine.start()
    rig.stop()
    # The file isn't open anymore: it can be locked exclusively.
    with Catalog(tmp_path / "data" / "clips.db") as catalog:
        catalog.database.query("PRAGMA locking_mode = EXCLUSIVE")
        catalog.set_value("x", "y")
    shutil.rmtree(tmp_path / "data")
    starts(tmp_path)
