"""One clip on its own thread: from the queue to the finished file and its row."""

import sqlite3
import threading

from films import content, number_of
import pytest
from rig import LONG_S, media_packets

from custom_components.homesec.engine import recorder as module
from custom_components.homesec.engine.catalog import Catalog, new_clip_id
from custom_components.homesec.engine.clip_file import ClipFile
from custom_components.homesec.engine.decoder import FrameDecoder
from custom_components.homesec.engine.errors import DiskFull, DiskReadOnly, RecordingError
from custom_components.homesec.engine.finish import partial_path
from custom_components.homesec.engine.models import (
    Clip,
    ClipFailed,
    ClipSaved,
    ClipStarted,
    ClipState,
    Trigger,
)
from custom_components.homesec.engine.recorder import ClipRecorder, Ending, recording_error
from custom_components.homesec.engine.stills import film_picture


class Bench:
    """A recorder with a catalogue."""

    def __init__(self, folder, catalog=None, **options):
        self.catalog = catalog or Catalog(folder / "clips.db")
        self.clips_dir = folder / "clips"
        self.events = []
        clip_id = new_clip_id(1.8e9)
        self.clip = Clip(
            id=clip_id,
            camera_id="cam",
            camera_name="Front door",
            state=ClipState.RECORDING,
            trigger=Trigger.PRESENCE,
            started_at=1.8e9 - 2,
            event_at=1.8e9,
            path=f"cam/2027-01-15/{clip_id}.mp4",
        )
        self.final = self.clips_dir / self.clip.path
        self.recorder = ClipRecorder(
            self.clip,
            audio=None,
            clips_dir=self.clips_dir,
            catalog=self.catalog,
            on_event=self.events.append,
            **options,
        )

    def record(self, packets, ending=None):
        self.recorder.start()
        for packet in packets:
            self.recorder.feed(packet)
        return self.end(ending)

    def end(self, ending=None):
        self.recorder.end(ending or Ending(label="person", score=0.8))
        assert self.recorder.join(LONG_S)
        return self.catalog.get(self.clip.id)

    @property
    def kinds(self):
        return [type(e) for e in self.events]


@pytest.fixture
def bench(tmp_path):
    made = []

    def make(**options):
        made.append(Bench(tmp_path, **options))
        return made[-1]

    yield make
    for each in made:
        each.catalog.close()


@pytest.fixture(scope="module")
def packets(films):
    return media_packets(films(seconds=5))


class Slow:
    """A disk that writes when it is let."""

    def __init__(self, monkeypatch):
        self.gate = threading.Semaphore(0)
        self.written = []
        real = ClipFile.write
        slow = self

        def write(self, packet):
            assert slow.gate.acquire(timeout=LONG_S)
            slow.written.append(packet)
            real(self, packet)

        monkeypatch.setattr(ClipFile, "write", write)


def test_a_clip_is_saved(bench, packets):
    made = bench()
    row = made.record(packets)
    assert row.state is ClipState.SAVED
    assert (row.label, row.score) == ("person", 0.8)
    assert row.duration_s == pytest.approx(5.0)
    assert row.bytes == made.final.stat().st_size
    assert content(made.final).numbers == list(range(50))
    assert made.kinds == [ClipStarted, ClipSaved]
    assert made.events[-1].clip == row


def test_its_row_is_there_while_it_grows(bench, packets):
    made = bench()
    made.recorder.start()
    for packet in packets[:20]:
        made.recorder.feed(packet)
    while not made.events:
        threading.Event().wait(0.001)
    assert [c.id for c in made.catalog.open_clips()] == [made.clip.id]
    assert partial_path(made.final).exists()
    assert not made.recorder.join(0)
    made.end()


def test_the_still_shows_the_best_picture(bench, packets):
    made = bench()
    best = FrameDecoder().single(packets[30])
    row = made.record(packets, Ending(best=best))
    assert number_of(film_picture(made.clips_dir / row.still_path, 0)) == 30


def test_without_a_best_picture_the_still_shows_the_moment_of_the_event(bench, packets):
    made = bench()
    row = made.record(packets)
    assert number_of(film_picture(made.clips_dir / row.still_path, 0)) == 20


def test_a_clip_without_a_packet_has_failed(bench):
    made = bench()
    row = made.record([])
    assert (row.state, row.error) == (ClipState.FAILED, "recording_failed")
    assert made.kinds == [ClipFailed]


def test_a_still_that_cannot_be_written_costs_no_clip(bench, packets, monkeypatch):
    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "encode_jpeg", broken)
    row = bench().record(packets)
    assert (row.state, row.still_path) == (ClipState.SAVED, None)


# --- a slow disk ---


def test_feeding_never_waits_for_the_disk_and_goes_on_from_a_keyframe(
    bench, packets, monkeypatch, caplog
):
    disk = Slow(monkeypatch)
    monkeypatch.setattr(module, "QUEUE_BYTES", sum(p.size for p in packets[:23]))
    made = bench()
    made.recorder.start()
    for packet in packets[:35]:
        made.recorder.feed(packet)
    for _ in range(23):
        disk.gate.release()
    while len(disk.written) < 23:
        threading.Event().wait(0.001)
    for packet in packets[35:]:
        made.recorder.feed(packet)
    for _ in packets:
        disk.gate.release()
    made.end()
    assert caplog.text.count("too slow") == 1
    numbers = content(made.final).numbers
    assert numbers[:23] == list(range(23))
    assert numbers[-10:] == list(range(40, 50))
    assert 35 not in numbers


def test_a_film_that_is_read_faster_than_written_waits_instead(bench, packets, monkeypatch):
    disk = Slow(monkeypatch)
    monkeypatch.setattr(module, "QUEUE_BYTES", 2000)
    made = bench(lossless=True)
    made.recorder.start()

    def feed():
        for packet in packets:
            made.recorder.feed(packet)

    feeder = threading.Thread(target=feed)
    feeder.start()
    for _ in packets:
        disk.gate.release()
    feeder.join(LONG_S)
    made.end()
    assert content(made.final).numbers == list(range(50))


# --- a disk that refuses ---


def refuse_after(monkeypatch, count, error):
    real = ClipFile.write
    left = [count]

    def write(self, packet):
        left[0] -= 1
        if left[0] < 0:
            raise error
        real(self, packet)

    monkeypatch.setattr(ClipFile, "write", write)


def feed_until_broken(made, packets):
    made.recorder.start()
    for packet in packets:
        made.recorder.feed(packet)
    while not made.recorder.broken:
        threading.Event().wait(0.001)


@pytest.mark.parametrize("lossless", [False, True])
def test_what_was_written_until_the_disk_was_full_is_kept(bench, packets, monkeypatch, lossless):
    refuse_after(monkeypatch, 30, OSError(28, "No space left on device"))
    made = bench(lossless=lossless)
    feed_until_broken(made, packets)
    for packet in packets:
        made.recorder.feed(packet)  # into nothing
    row = made.end()
    assert (row.state, row.error, row.label) == (ClipState.SAVED, "disk_full", "person")
    assert content(made.final).numbers == list(range(30))
    assert made.kinds == [ClipStarted, ClipSaved, ClipFailed]
    assert made.events[-1].clip.error == "disk_full"


def test_a_defect_of_ours_costs_no_thread_and_is_logged(bench, packets, monkeypatch, caplog):
    refuse_after(monkeypatch, 30, ZeroDivisionError())
    made = bench()
    feed_until_broken(made, packets)
    assert made.end().error == "recording_failed"
    assert "ZeroDivisionError" in caplog.text


def test_a_broken_clip_does_not_wait_for_its_camera_for_ever(bench, packets, monkeypatch):
    monkeypatch.setattr(module, "LAST_WORD_S", 0.01)
    refuse_after(monkeypatch, 30, OSError(28, "No space left on device"))
    made = bench()
    feed_until_broken(made, packets)
    assert made.recorder.join(LONG_S)
    assert made.catalog.get(made.clip.id).state is ClipState.SAVED


def test_a_folder_that_cannot_be_made_is_told(bench, packets):
    made = bench()
    made.clips_dir.write_text("in the way")
    made.recorder.start()
    while not made.recorder.broken:
        threading.Event().wait(0.001)
    row = made.end()
    assert row.state is ClipState.FAILED
    assert made.kinds == [ClipFailed]


def test_a_clip_is_kept_though_its_row_is_not(bench, packets, monkeypatch, caplog):
    made = bench()

    def locked(_clip):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(made.catalog, "put", locked)
    made.record(packets)
    assert made.kinds == [ClipStarted, ClipSaved]
    assert content(made.final).numbers == list(range(50))
    assert "database is locked" in caplog.text


def test_a_growing_file_is_brought_to_the_disk_now_and_then(bench, packets, monkeypatch):
    synced = []
    monkeypatch.setattr(module, "SYNC_S", -1)
    monkeypatch.setattr(ClipFile, "sync", lambda self: synced.append(1))
    bench().record(packets)
    assert len(synced) == 50


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(28, "No space left on device"), DiskFull),
        (OSError(122, "Quota exceeded"), DiskFull),
        (OSError(30, "Read-only file system"), DiskReadOnly),
        (PermissionError(13, "Permission denied"), DiskReadOnly),
        (ValueError("whatever"), RecordingError),
        (DiskFull(), DiskFull),
    ],
)
def test_what_the_system_says_gets_a_name(error, kind):
    assert type(recording_error(error)) is kind
