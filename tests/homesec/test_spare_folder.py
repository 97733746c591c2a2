"""The spare folder: whether the real ones can be used, and how clips get there."""

from __future__ import annotations

from contextlib import closing
import sqlite3
from typing import TYPE_CHECKING

import pytest
from small_disks import full_disk, mounted, remount

from custom_components.homesec.spare_folder import (
    Folders,
    can_be_used,
    choose_spare,
    is_emptied,
    move_clips,
    remove_spare,
    used_spares,
)

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "clips.db"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(clips=tmp_path / "media" / "homesec", data=tmp_path / "homesec")
    made.data.mkdir()
    return made


def add_index(folders: Folders, *, local: bool = True) -> None:
    with closing(sqlite3.connect(folders.data / INDEX)) as database:
        database.execute("CREATE TABLE clips (local INTEGER, state TEXT, deleted_at REAL)")
        database.execute("INSERT INTO clips VALUES (?, 'saved', NULL)", (local,))
        database.commit()


def put(folder: Path, name: str, content: bytes = b"clip") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def names(folder: Path) -> set[str]:
    return {str(x.relative_to(folder)) for x in folder.rglob("*") if x.is_file()}


def test_folders_that_work_can_be_used(folders: Folders) -> None:
    assert can_be_used(folders, INDEX)
    add_index(folders)
    assert can_be_used(folders, INDEX)
    assert names(folders.clips) == set()  # nothing is left behind


def test_locked_index_cannot_be_used(folders: Folders) -> None:
    add_index(folders)
    with closing(sqlite3.connect(folders.data / INDEX, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert not can_be_used(folders, INDEX)
    assert can_be_used(folders, INDEX)


def test_damaged_index_is_left_to_the_start(folders: Folders) -> None:
    (folders.data / INDEX).write_bytes(b"no database" * 100)
    assert can_be_used(folders, INDEX)
    assert not is_emptied(folders, INDEX)
    (folders.data / INDEX).unlink()
    (folders.data / INDEX).mkdir()
    assert can_be_used(folders, INDEX)
    assert not is_emptied(folders, INDEX)


def test_full_disk_cannot_be_used(folders: Folders) -> None:
    folders.clips.parent.mkdir()
    with full_disk(folders.clips) as disk:
        disk.fail()
        assert not can_be_used(folders, INDEX)


def test_read_only_disk_cannot_be_used(folders: Folders) -> None:
    folders.clips.parent.mkdir()
    with mounted(folders.clips, "size=2m"):
        assert can_be_used(folders, INDEX)
        remount(folders.clips, "ro")
        assert not can_be_used(folders, INDEX)


def test_empty_folder_is_suspicious_only_if_clips_should_be_there(folders: Folders) -> None:
    assert not is_emptied(folders, INDEX)  # a new installation
    add_index(folders)
    assert is_emptied(folders, INDEX)
    folders.clips.mkdir(parents=True)
    assert is_emptied(folders, INDEX)
    put(folders.clips, "cam/2026-11-21/a.mp4")
    assert not is_emptied(folders, INDEX)


def test_empty_folder_is_right_if_all_clips_are_in_the_cloud(folders: Folders) -> None:
    add_index(folders, local=False)
    assert not is_emptied(folders, INDEX)


def test_unreadable_folder_is_left_to_the_start(folders: Folders) -> None:
    add_index(folders)
    folders.clips.parent.mkdir()
    folders.clips.write_text("in the way")
    assert not is_emptied(folders, INDEX)


def test_clips_are_moved_and_none_is_replaced(folders: Folders) -> None:
    spare = folders.spares[0]
    for name in ("cam/2026-11-21/a.mp4", "cam/2026-11-21/a.jpg", "cam/2026-11-21/b.part.mp4"):
        put(spare.clips, name, b"new")
    put(folders.clips, "cam/2026-11-21/a.jpg", b"old")
    put(spare.data, INDEX)
    move_clips(spare.clips, folders)
    assert names(folders.clips) == {
        "cam/2026-11-21/a.mp4",
        "cam/2026-11-21/a.jpg",
        "cam/2026-11-21/b.part.mp4",
    }
    assert (folders.clips / "cam/2026-11-21/a.jpg").read_bytes() == b"old"
    remove_spare(spare)
    assert names(spare.data) == {"clips/cam/2026-11-21/a.jpg", INDEX}  # nothing is lost
    (spare.clips / "cam/2026-11-21/a.jpg").unlink()
    remove_spare(spare)
    assert not spare.data.exists()


def test_clips_that_cannot_be_moved_stay(
    folders: Folders, caplog: pytest.LogCaptureFixture
) -> None:
    spare = folders.spares[0]
    put(spare.clips, "cam/2026-11-21/a.mp4", b"x" * 4096)
    folders.clips.parent.mkdir()
    with full_disk(folders.clips) as disk:
        disk.fail()
        move_clips(spare.clips, folders)
    remove_spare(spare)
    assert "can't be moved" in caplog.text
    assert names(spare.clips) == {"cam/2026-11-21/a.mp4"}
    move_clips(spare.clips, folders)
    assert names(folders.clips) == {"cam/2026-11-21/a.mp4"}


def test_spare_folder_is_below_the_data_if_it_can_be(folders: Folders) -> None:
    spare = choose_spare(folders)
    assert spare.data == folders.data / "spare"
    assert used_spares(folders) == []
    put(spare.clips, "cam/2026-11-21/a.mp4")
    assert used_spares(folders) == [spare]


@pytest.mark.parametrize("link", [False, True])
def test_spare_folder_is_beside_data_that_cannot_be_used(folders: Folders, link: bool) -> None:
    folders.data.rmdir()
    if link:
        folders.data.symlink_to("nowhere")
    else:
        folders.data.write_text("in the way")
    assert not can_be_used(folders, INDEX)
    spare = choose_spare(folders)
    assert spare.data == folders.data.with_name("homesec_spare")
    put(spare.clips, "cam/2026-11-21/a.mp4")
    assert used_spares(folders) == [spare]
