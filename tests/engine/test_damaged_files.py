"""Damaged files in the clip folder: the engine starts, sets them aside, and reports them."""

import os
import socket
import time

from engine_rig import EngineRig, media_packets
from file_damage import change_fourcc
from library_rig import clip_row
from partial_files import G711, record, with_audio
import pytest
from videos import content

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.damaged_files import (
    DamagedFiles,
    error_reason,
    is_damage,
)
from custom_components.homesec.engine.core.events import (
    CatalogRebuilt,
    ClipFailed,
    ClipSaved,
    FilesSetAside,
)
from custom_components.homesec.engine.core.types import ClipState
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.disk_reserve import RESERVE_BYTES, DiskReserve
from custom_components.homesec.engine.recording.finalize import finalize


@pytest.fixture(scope="module")
def video(make_video, tmp_path_factory):
    """Content of a partial file and of the finished one, with audio."""
    packets = with_audio(media_packets(make_video(seconds=3)), [n * 0.02 for n in range(150)])
    final = tmp_path_factory.mktemp("finished") / "video.mp4"
    record(partial_path(final), packets, audio=G711)
    partial = partial_path(final).read_bytes()
    finalize(final)
    return partial, final.read_bytes()


class Folder:
    """A clip folder that tests fill before the engine starts."""

    def __init__(self, folder, video):
        self.folder = folder
        self.clips_dir = folder / "clips"
        self.partial, self.whole = video
        self._next_at = time.time() - 60

    def clip(self, **values):
        """Return the row of a new clip, and make its folder."""
        self._next_at += 1
        clip = clip_row(self._next_at, **values)
        self.final(clip).parent.mkdir(parents=True, exist_ok=True)
        return clip

    def final(self, clip):
        return self.clips_dir / clip.path

    def healthy(self, *, partial):
        """Add a readable clip."""
        clip = self.clip()
        if partial:
            partial_path(self.final(clip)).write_bytes(self.partial)
        else:
            self.final(clip).write_bytes(self.whole)
        return clip

    def put_row(self, *clips):
        (self.folder / "data").mkdir(exist_ok=True)
        with Catalog(self.folder / "data" / "clips.db") as catalog:
            for clip in clips:
                catalog.put(clip)

    def start(self):
        """Start the engine, wait for recovery, and stop it."""
        with EngineRig(self.folder) as rig:
            rig.engine.library._adopting.join()
            rig.rows = {clip.id: clip for clip in rig.engine.catalog.queries.page()}
            rig.row_of = {c.id: c for c in rig.engine.catalog.queries.in_state(ClipState.FAILED)}
        return rig


@pytest.fixture
def folder(tmp_path, video):
    return Folder(tmp_path, video)


def reported_files(rig):
    return [file for event in rig.of(FilesSetAside) for file in event.files]


# --- one bit ---


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("finished", [True, False])
def test_clip_with_unknown_video_codec_is_set_aside(folder, row, finished):
    before = folder.healthy(partial=True)
    clip = folder.clip(state=ClipState.RECORDING)
    path = folder.final(clip) if finished else partial_path(folder.final(clip))
    whole = folder.whole if finished else folder.partial
    path.write_bytes(damaged := change_fourcc(whole, b"avc1", b"cvc1"))
    after = folder.healthy(partial=False)
    if row:
        folder.put_row(clip)
    rig = folder.start()
    assert rig.rows.keys() == {before.id, after.id}
    assert path.with_name(f"{path.name}.damaged").read_bytes() == damaged
    assert not path.exists()
    (file,) = reported_files(rig)
    assert file.name == path.relative_to(folder.clips_dir).as_posix()
    assert file.moved
    assert file.reason
    assert [c.error for c in rig.failed()] == ["clip_damaged"]
    assert rig.row_of[clip.id].error == "clip_damaged"
    again = folder.start()
    assert again.of(FilesSetAside, ClipFailed, ClipSaved) == []
    assert again.rows.keys() == rig.rows.keys()


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("finished", [True, False])
def test_clip_with_unknown_audio_codec_does_not_prevent_start(folder, row, finished):
    before = folder.healthy(partial=True)
    clip = folder.clip(state=ClipState.RECORDING)
    path = folder.final(clip) if finished else partial_path(folder.final(clip))
    whole = folder.whole if finished else folder.partial
    path.write_bytes(change_fourcc(whole, b"mp4a", b"op4a"))
    if row:
        folder.put_row(clip)
    rig = folder.start()
    # Some versions of FFmpeg find the audio codec by other means, and read the clip.
    aside = path.with_name(f"{path.name}.damaged").exists()
    assert rig.rows.keys() == ({before.id} if aside else {before.id, clip.id})


def test_damaged_file_is_logged(folder, caplog):
    clip = folder.clip()
    partial_path(folder.final(clip)).write_bytes(change_fourcc(folder.partial, b"avc1", b"qvc1"))
    folder.start()
    assert f"{clip.id}.part.mp4' is damaged, and was set aside as" in caplog.text


def test_partly_readable_clip_is_saved_and_damaged_file_kept(folder):
    clip = folder.clip(state=ClipState.RECORDING)
    folder.put_row(clip)
    damaged = bytearray(folder.partial)
    third = [at for at in range(len(damaged)) if damaged[at : at + 4] == b"moof"][2]
    damaged[third - 4] = 0x7F  # of its size: a crash tears off an end, and no end follows here
    partial = partial_path(folder.final(clip))
    partial.write_bytes(damaged)
    rig = folder.start()
    assert rig.rows.keys() == {clip.id}
    assert content(folder.final(clip)).numbers[:8] == list(range(8))
    assert partial.with_name(f"{partial.name}.damaged").read_bytes() == damaged
    assert [file.moved for file in reported_files(rig)] == [True]


def test_restored_file_is_read_at_next_start(folder):
    clip = folder.clip(state=ClipState.RECORDING)
    folder.put_row(clip)
    partial = partial_path(folder.final(clip))
    partial.write_bytes(b"no video at all, but more than a header")
    folder.start()
    partial.write_bytes(folder.partial)
    assert folder.start().rows.keys() == {clip.id}


def test_damaged_partial_file_does_not_affect_finished_clip(folder):
    clip = folder.healthy(partial=False)
    folder.put_row(clip_row(id=clip.id, path=clip.path, state=ClipState.RECORDING))
    partial_path(folder.final(clip)).write_bytes(b"no video at all, but more than a header")
    rig = folder.start()
    assert rig.rows.keys() == {clip.id}
    assert len(reported_files(rig)) == 1


# --- folders, links, pipes, sockets ---


def directory(path):
    path.mkdir()
    (path / "inside").write_bytes(b"x")


def dangling_link(path):
    path.symlink_to("nowhere")


def looping_link(path):
    path.symlink_to(path.name)


def pipe(path):
    os.mkfifo(path)


def endless_link(path):
    path.symlink_to("/dev/zero")


def unix_socket(path):
    # Its address must be short, the folder's is long.
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(path.parent, os.O_PATH)
        server.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


def empty(path):
    path.touch()


SHAPES = [directory, dangling_link, looping_link, pipe, endless_link, unix_socket]


@pytest.mark.parametrize("make", [*SHAPES, empty])
@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize("row", [True, False])
def test_non_file_in_place_of_clip_is_set_aside(folder, make, partial, row):
    before = folder.healthy(partial=False)
    clip = folder.clip(state=ClipState.RECORDING)
    if row:
        folder.put_row(clip)
    path = partial_path(folder.final(clip)) if partial else folder.final(clip)
    make(path)
    after = folder.healthy(partial=True)
    rig = folder.start()
    assert rig.rows.keys() == {before.id, after.id}
    assert not os.path.lexists(path)
    if make is not empty or not partial:  # an empty partial file holds nothing to keep
        assert os.path.lexists(path.with_name(f"{path.name}.damaged"))
        assert [file.reason for file in reported_files(rig)][:1]
    assert folder.start().of(FilesSetAside) == []


@pytest.mark.parametrize("make", SHAPES)
def test_non_file_in_place_of_still_is_replaced(folder, make):
    clip = folder.healthy(partial=True)
    still = folder.final(clip).with_suffix(".jpg")
    make(still)
    rig = folder.start()
    assert rig.rows[clip.id].still_path == still.relative_to(folder.clips_dir).as_posix()
    assert still.read_bytes()[:2] == b"\xff\xd8"
    assert len(reported_files(rig)) == 1


@pytest.mark.parametrize("make", SHAPES)
def test_non_file_in_place_of_finished_clip_is_replaced(folder, make):
    clip = folder.healthy(partial=True)
    make(folder.final(clip))
    make(folder.final(clip).with_suffix(".new.mp4"))
    assert folder.start().rows.keys() == {clip.id}
    assert content(folder.final(clip)).numbers == list(range(30))


@pytest.mark.parametrize("make", SHAPES)
def test_non_file_in_place_of_disk_reserve_is_tolerated(tmp_path, make):
    path = tmp_path / "reserve"
    make(path)
    reserve = DiskReserve(path)
    reserve.release()
    reserve.allocate()
    assert path.is_dir() or path.stat().st_size == RESERVE_BYTES


# --- names ---


def test_files_with_foreign_names_are_left_alone(folder):
    clip = folder.healthy(partial=False)
    day = folder.final(clip).parent
    names = [
        b"\xff\xfe.mp4",
        b"\xff.part.mp4",
        b"new\nline.mp4",
        b"..part.mp4",
        b".mp4",
        b"ZZZZZZZZZZZZZZZZZZZZZZZZZZ.mp4",
        b"7ZZZZZZZZZZZZZZZZZZZZZZZZZ.part.mp4",
        b"a" * 251 + b".mp4",
    ]
    for name in names:
        (day / os.fsdecode(name)).write_bytes(b"grandma")
    for camera in (b"\xff\xfe", b"new\nline", b"'); DROP TABLE clips; --"):
        other = folder.clips_dir / os.fsdecode(camera) / day.name
        other.mkdir(parents=True)
        (other / f"{folder.clip().id}.part.mp4").write_bytes(folder.partial)
    rig = folder.start()
    assert clip.id in rig.rows
    assert len(rig.rows) == 3  # what is no UTF-8 is no camera of ours
    assert reported_files(rig) == []
    assert all((day / os.fsdecode(name)).read_bytes() == b"grandma" for name in names)


def test_set_aside_does_not_overwrite_earlier_file(tmp_path):
    found = DamagedFiles(tmp_path)
    for content_ in (b"one", b"two", b"three"):
        (tmp_path / "x.mp4").write_bytes(content_)
        assert found.set_aside(tmp_path / "x.mp4", "no video")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "x.mp4.damaged": b"one",
        "x.mp4.damaged-2": b"two",
        "x.mp4.damaged-3": b"three",
    }


# --- the disk ---


@pytest.mark.parametrize("partial", [True, False])
def test_file_that_cannot_be_renamed_is_reported_once(folder, monkeypatch, partial):
    clip = folder.clip()
    path = partial_path(folder.final(clip)) if partial else folder.final(clip)
    path.write_bytes(b"no video at all, but more than a header")

    def refuse(self, _target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(type(path), "rename", refuse)
    rig = folder.start()
    assert [file.moved for file in reported_files(rig)] == [False]
    assert path.read_bytes() == b"no video at all, but more than a header"
    assert folder.start().of(FilesSetAside, ClipFailed) == []


@pytest.mark.parametrize("number", [28, 30, 24, 116])
def test_is_damage_is_false_for_errors_of_disk(tmp_path, number):
    path = tmp_path / "x.mp4"
    path.touch()
    assert not is_damage(OSError(number, "refused"), path)
    assert is_damage(OSError(5, "a bad sector"), path)
    assert is_damage(MemoryError(), path)
    path.unlink()
    assert not is_damage(OSError(2, "not there"), path)


def test_error_reason_is_one_line_without_path():
    assert error_reason(OSError(5, "Input/output error", "/media/x.mp4")) == "Input/output error"
    assert error_reason(ValueError("two\nlines")) == "ValueError: two lines"
    assert len(error_reason(ValueError("x" * 9999))) == 200


def test_unreadable_folder_is_read_at_next_start(folder, monkeypatch):
    clip = folder.healthy(partial=False)
    day = folder.final(clip).parent
    old = folder.clips_dir / "door" / "2020-01-01"
    day.rename(old)
    real = type(old).iterdir

    def iterdir(path):
        if path == old:
            raise PermissionError(13, "Permission denied")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(type(old), "iterdir", iterdir)
        assert folder.start().rows == {}
    again = folder.start()
    assert again.rows.keys() == {clip.id}
    assert len(again.of(CatalogRebuilt)) == 1
