"""The disk reserve, on a real disk that is mounted for the test."""

from contextlib import suppress
import errno
import random
import shutil
import threading
import time

from engine_rig import LONG_S
from library_rig import LibraryRig
import pytest
from small_disks import mounted

from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.events import ClipsRemoved
from custom_components.homesec.engine.library import disk_reserve
from custom_components.homesec.engine.library.disk_reserve import RESERVE_BYTES, DiskReserve
from custom_components.homesec.engine.library.library import ClipLibrary
from custom_components.homesec.engine.library.retention_policy import RetentionRules
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

MIB = 2**20


@pytest.fixture
def disk(tmp_path):
    with mounted(tmp_path / "disk", "size=12m") as disk:
        yield disk


@pytest.fixture
def reserve(tmp_path, monkeypatch):
    def free(bytes_free):
        monkeypatch.setattr(
            disk_reserve.shutil,
            "disk_usage",
            lambda _: shutil._ntuple_diskusage(0, 0, bytes_free),
        )

    made = DiskReserve(tmp_path / "reserve")
    made.has = (tmp_path / "reserve").exists
    made.disk_has = free
    return made


def fill(disk):
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


class SmallDiskLibrary:
    """A library whose clips and catalog share a disk."""

    def __init__(self, disk, **rules):
        self.dropped = threading.Event()
        self.library = ClipLibrary(
            path=disk / "clips.db",
            clips_dir=disk / "clips",
            tools=LocalMediaTools(),
            cloud=None,
            rules=RetentionRules(**rules),
            on_event=self._handle_event,
            clock=SystemClock(),
            rng=random.Random(1),
        )

    def _handle_event(self, event):
        if isinstance(event, ClipsRemoved):
            self.dropped.set()


def test_start_on_full_disk_makes_room(disk, monkeypatch):
    monkeypatch.setattr(disk_reserve, "MIN_FREE_BYTES", RESERVE_BYTES + MIB)
    library = LibraryRig(disk, upload=False)
    for n in range(30):
        library.saved(time.time() - 1000 + n, size=100_000)
    library.close()
    with_reserve = SmallDiskLibrary(disk, min_free_bytes=0)
    with_reserve.library.start()
    with_reserve.library.close()
    fill(disk)
    assert shutil.disk_usage(disk).free == 0
    again = SmallDiskLibrary(disk, min_free_bytes=RESERVE_BYTES + 2 * MIB)
    again.library.start()
    try:
        assert again.dropped.wait(LONG_S)
        assert 0 < again.library.catalog.totals().clips < 30
    finally:
        again.library.close()
    assert (disk / "reserve").stat().st_size == RESERVE_BYTES


def test_release_deletes_reserve_only_on_full_disk(reserve):
    reserve.allocate()
    reserve.disk_has(RESERVE_BYTES)
    reserve.release()
    assert reserve.has()
    reserve.disk_has(RESERVE_BYTES - 1)
    reserve.release()
    assert not reserve.has()
    reserve.release()


def test_allocate_with_little_free_space_writes_nothing(reserve):
    reserve.disk_has(disk_reserve.MIN_FREE_BYTES)
    reserve.allocate()
    assert not reserve.has()
    reserve.disk_has(disk_reserve.MIN_FREE_BYTES + 1)
    reserve.allocate()
    assert reserve.has()


def test_allocate_completes_truncated_reserve(reserve, tmp_path):
    (tmp_path / "reserve").write_bytes(b"half")
    reserve.allocate()
    assert (tmp_path / "reserve").stat().st_size == RESERVE_BYTES


def test_reserve_on_refusing_disk_raises_nothing(tmp_path):
    (tmp_path / "reserve").mkdir()
    nowhere = DiskReserve(tmp_path / "reserve")
    nowhere.allocate()
    DiskReserve(tmp_path / "nowhere" / "reserve").allocate()
    DiskReserve(tmp_path / "nowhere" / "reserve").release()


@pytest.mark.parametrize("refused", [None, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_reserve_takes_space_on_every_file_system(reserve, tmp_path, monkeypatch, refused):
    def refuse(*_):
        raise OSError(refused, "refused")  # as musl does for such a file system

    if refused is not None:
        monkeypatch.setattr(disk_reserve.os, "posix_fallocate", refuse)
    reserve.allocate()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= RESERVE_BYTES
