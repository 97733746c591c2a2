"""Recovery of clips after a crash."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
import signal
import subprocess
import time

from engine_rig import media_packets
from partial_files import record
import pytest
from videos import content, number_of

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.clip_metadata import dump_comment
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved, FilesSetAside
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.recovery import (
    finish_open_clips,
    finish_refused_clips,
)
from custom_components.homesec.engine.media.jpeg import read_keyframe
from custom_components.homesec.engine.recording.finalize import finalize, read_index
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools
from homesec_dev import engine_only

HERE = Path(__file__).parent


class Wreck:
    """A clip folder and its catalog after a crash."""

    def __init__(self, folder, video):
        self.catalog = Catalog(folder / "clips.db")
        self.clips_dir = folder / "clips"
        self.packets = media_packets(video)
        self.events = []

    def clip(self, *, event_at=None, state=ClipState.RECORDING, row=True, **values):
        event_at = event_at or time.time()
        clip_id = new_clip_id(event_at)
        day = datetime.fromtimestamp(event_at, UTC).date()
        clip = Clip(
            id=clip_id,
            camera_id="cam",
            camera_name="Front door",
            state=state,
            trigger=Trigger.PRESENCE,
            started_at=event_at - 2,
            event_at=event_at,
            path=f"cam/{day}/{clip_id}.mp4",
            **values,
        )
        self.final(clip).parent.mkdir(parents=True, exist_ok=True)
        if row:
            self.catalog.put(clip)
        return clip

    def final(self, clip):
        return self.clips_dir / clip.path

    def grown(self, clip):
        record(partial_path(self.final(clip)), self.packets)
        return clip

    def repair(self):
        finish_open_clips(self.catalog, self.clips_dir, LocalMediaTools(), self.events.append)
        return [type(e) for e in self.events]

    def files(self):
        return sorted(p.suffixes[-1] for p in self.clips_dir.rglob("*") if p.is_file())


@pytest.fixture
def wreck(tmp_path, make_video):
    wreck = Wreck(tmp_path, make_video(seconds=5))
    yield wreck
    wreck.catalog.close()


def test_unrecoverable_clip_is_reported_once(wreck):
    clip = wreck.clip()
    pictures_without_an_index = (100_000).to_bytes(4) + b"mdat" + bytes(99_992)
    partial_path(wreck.final(clip)).write_bytes(pictures_without_an_index)
    assert wreck.repair() == [ClipFailed, FilesSetAside]
    assert wreck.repair() == [ClipFailed, FilesSetAside]
    row = wreck.catalog.get(clip.id)
    assert (row.state, row.error) == (ClipState.FAILED, "clip_damaged")
    record(partial_path(wreck.final(clip)), wreck.packets)
    assert wreck.repair() == [ClipFailed, FilesSetAside, ClipSaved]


def test_interrupted_recording_is_finalized(wreck):
    clip = wreck.grown(wreck.clip(label="person", score=0.7))
    with partial_path(wreck.final(clip)).open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 300)
    assert wreck.repair() == [ClipSaved]
    row = wreck.catalog.get(clip.id)
    assert (row.state, row.label, row.score) == (ClipState.SAVED, "person", 0.7)
    assert row.duration_s == pytest.approx(4.5, abs=0.5)
    assert content(wreck.final(clip)).numbers[:40] == list(range(40))
    assert wreck.events[0].clip == row


def test_finalized_clip_gets_still_of_event(wreck):
    clip = wreck.grown(wreck.clip())
    wreck.repair()
    row = wreck.catalog.get(clip.id)
    assert number_of(read_keyframe(wreck.clips_dir / row.still_path, 0)) == 20
    assert wreck.files() == [".jpg", ".mp4"]


def test_finalized_clip_keeps_existing_still(wreck):
    clip = wreck.grown(wreck.clip())
    still = wreck.final(clip).with_suffix(".jpg")
    still.write_bytes(b"the better picture")
    wreck.repair()
    assert still.read_bytes() == b"the better picture"
    assert wreck.catalog.get(clip.id).still_path == clip.path.replace(".mp4", ".jpg")


def test_finalized_file_with_open_row_is_saved(wreck):
    clip = wreck.grown(wreck.clip())
    finalize(wreck.final(clip))
    assert wreck.repair() == [ClipSaved]
    assert wreck.catalog.get(clip.id).duration_s == pytest.approx(5.0)


def test_crash_between_partial_and_final_file_loses_nothing(wreck):
    clip = wreck.grown(wreck.clip())
    partial = partial_path(wreck.final(clip)).read_bytes()
    finalize(wreck.final(clip))
    partial_path(wreck.final(clip)).write_bytes(partial)
    wreck.repair()
    assert content(wreck.final(clip)).numbers == list(range(50))
    assert wreck.files() == [".jpg", ".mp4"]


def test_incomplete_final_file_is_removed(wreck):
    clip = wreck.grown(wreck.clip())
    wreck.final(clip).with_suffix(".new.mp4").write_bytes(b"half of it")
    other = wreck.final(clip).with_name(f"{new_clip_id(1.0)}.new.mp4")
    other.write_bytes(b"half of it")
    wreck.repair()
    assert wreck.files() == [".jpg", ".mp4"]


@pytest.mark.parametrize("left", [b"", b"\0" * 999, None])
def test_clip_without_video_fails_once(wreck, left):
    clip = wreck.clip()
    if left is not None:
        partial_path(wreck.final(clip)).write_bytes(left)
    assert wreck.repair() == [ClipFailed]
    assert wreck.catalog.get(clip.id).state is ClipState.FAILED
    assert wreck.files() == []
    assert wreck.repair() == [ClipFailed]


def test_recovery_without_open_clips_does_nothing(wreck):
    assert wreck.repair() == []
    clip = wreck.grown(wreck.clip(state=ClipState.SAVED, duration_s=99.0))
    partial_path(wreck.final(clip)).rename(wreck.final(clip))
    assert wreck.repair() == []
    assert wreck.catalog.get(clip.id).duration_s == 99.0


# --- files without a row ---


def test_partial_file_without_row_is_adopted_at_any_age(wreck):
    wreck.clip(state=ClipState.SAVED)
    clip = wreck.grown(wreck.clip(event_at=1.5e9, row=False))
    assert wreck.repair() == [ClipSaved]
    row = wreck.catalog.get(clip.id)
    assert (row.camera_id, row.camera_name) == ("cam", "Front door")
    assert row.event_at == pytest.approx(1.5e9, abs=0.01)


def test_recent_file_without_row_is_adopted(wreck):
    wreck.clip(state=ClipState.SAVED)
    clip = wreck.grown(wreck.clip(event_at=time.time() - 60, row=False))
    finalize(wreck.final(clip))
    assert wreck.repair() == [ClipSaved]


def test_old_file_without_row_is_not_adopted_at_start(wreck):
    ago = time.time() - timedelta(days=9).total_seconds()
    finalize(wreck.final(wreck.grown(wreck.clip(event_at=ago, row=False))))
    assert wreck.repair() == []


def test_failed_clip_with_video_is_saved(wreck):
    clip = wreck.grown(wreck.clip(state=ClipState.FAILED, error="disk_read_only"))
    assert wreck.repair() == [ClipSaved]
    assert wreck.catalog.get(clip.id).error is None


def test_foreign_files_are_left_alone(wreck):
    wreck.clip()
    wreck.repair()
    wreck.events.clear()
    for name in ("holiday.mp4", "holiday.part.mp4", "cam/holiday.mp4", "cam/2020/x/y.mp4"):
        path = wreck.clips_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"grandma")
    day = wreck.clips_dir / "cam" / datetime.now(UTC).date().isoformat()
    (day / "holiday.mp4").write_bytes(b"grandma")
    (day / "holiday.part.mp4").write_bytes(b"grandma")
    assert wreck.repair() == []
    assert sum(p.read_bytes() == b"grandma" for p in wreck.clips_dir.rglob("*.mp4")) == 6


# --- a real crash ---


def test_killed_process_leaves_clip_up_to_last_second(make_video, tmp_path, rigs):
    video = make_video(seconds=60, walks=((0.3, 60.0),))
    library = subprocess.Popen(
        [*engine_only.command(HERE / "recording_process.py"), tmp_path, video],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parents[1]}:{HERE.parents[1] / 'script'}"},
    )
    try:
        clip_id, started_at = library.stdout.readline().split()
        time.sleep(2.3)
    finally:
        library.send_signal(signal.SIGKILL)
        library.wait()
        library.stdout.close()
    killed_at = time.time()
    rig = rigs(folder=tmp_path)
    (clip,) = rig.saved()
    assert clip.id == clip_id
    assert clip.label == "person"
    assert clip.score
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(len(shown.numbers)))
    lost_s = killed_at - float(started_at) - clip.duration_s
    assert lost_s < 2.0
    assert clip.duration_s == pytest.approx(len(shown.numbers) / 10, abs=0.01)
    assert rig.engine.catalog.queries.in_state(ClipState.RECORDING) == []
    assert rig.engine.engine_stats().clips == 1


# --- metadata in the file ---


@pytest.mark.parametrize("whole", [True, False])
def test_clip_without_row_gets_metadata_of_file(wreck, whole):
    clip = wreck.clip(row=False, label="cat", score=0.5, zones=("Lawn",), sensor="Bell")
    clip = replace(clip, trigger=Trigger.MANUAL, camera_name="Gärten", started_at=clip.event_at - 1)
    partial = partial_path(wreck.final(clip))
    record(partial, wreck.packets, comment=dump_comment(clip))
    if whole:
        finalize(wreck.final(clip))
    assert wreck.repair() == [ClipSaved]
    row = wreck.catalog.get(clip.id)
    facts = (
        "trigger",
        "camera_name",
        "started_at",
        "event_at",
        "label",
        "score",
        "sensor",
        "zones",
    )
    for fact in facts:
        assert getattr(row, fact) == getattr(clip, fact), fact


def test_row_takes_precedence_over_file_metadata(wreck):
    clip = wreck.clip(label="person", score=0.75)
    record(partial_path(wreck.final(clip)), wreck.packets, comment=dump_comment(clip))
    wreck.catalog.put(replace(clip, label="dog"))
    wreck.repair()
    assert wreck.catalog.get(clip.id).label == "dog"
    assert '"label":"dog"' in read_index(wreck.final(clip)).comment


@pytest.mark.parametrize("comment", ["", "holiday", "[]", '{"id": 5}', None])
def test_foreign_comment_is_ignored(wreck, comment):
    clip = wreck.clip(row=False)
    other = dump_comment(replace(clip, id=new_clip_id(5.0), label="cat"))
    record(partial_path(wreck.final(clip)), wreck.packets, comment=comment or other)
    assert wreck.repair() == [ClipSaved]
    assert wreck.catalog.get(clip.id).label is None


# --- clips that the disk refused ---


def test_refused_clip_is_finalized_when_disk_accepts(wreck):
    refused = {"state": ClipState.FAILED, "error": "disk_read_only"}
    clip = wreck.grown(wreck.clip(**refused))
    empty = wreck.clip(event_at=time.time() + 1, **refused)
    partial_path(wreck.final(empty)).write_bytes(b"no film")
    other = wreck.grown(wreck.clip(event_at=time.time() + 2, state=ClipState.FAILED, error="x"))
    never = wreck.clip(event_at=time.time() + 3, **refused)
    for _ in range(2):
        finish_refused_clips(wreck.catalog, wreck.clips_dir, LocalMediaTools(), wreck.events.append)
    assert [e.clip.id for e in wreck.events] == [clip.id]
    assert wreck.catalog.get(clip.id).state is ClipState.SAVED
    assert wreck.catalog.get(empty.id).error == "recording_failed"
    for each in (other, never):
        assert wreck.catalog.get(each.id) == each


def test_refused_clip_waits_while_disk_refuses(wreck, monkeypatch):
    clip = wreck.grown(wreck.clip(state=ClipState.FAILED, error="disk_full"))

    def refuse(*_):
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr("custom_components.homesec.engine.worker.media_tools.finalize", refuse)
        finish_refused_clips(wreck.catalog, wreck.clips_dir, LocalMediaTools(), wreck.events.append)
    assert wreck.events == []
    assert wreck.catalog.get(clip.id) == clip
