"""Clips on disks and catalogs that refuse them."""

import sqlite3
import threading

from engine_rig import LONG_S
import pytest
from videos import content

from custom_components.homesec.engine.core.clip_files import recording_error
from custom_components.homesec.engine.core.errors import DiskFull, DiskReadOnly, RecordingError
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved, ClipStarted
from custom_components.homesec.engine.core.types import ClipState
from custom_components.homesec.engine.recording import writer
from custom_components.homesec.engine.recording.muxer import FragmentedMp4


def refuse_after(monkeypatch, count, error):
    real = FragmentedMp4.write
    left = [count]

    def write(self, packet):
        left[0] -= 1
        if left[0] < 0:
            raise error
        real(self, packet)

    monkeypatch.setattr(FragmentedMp4, "write", write)


def feed_until_failed(made, packets):
    made.writer.start()
    for packet in packets:
        made.writer.feed(packet)
    while not made.writer.failed:
        threading.Event().wait(0.001)


@pytest.mark.parametrize("lossless", [False, True])
def test_full_disk_keeps_what_was_written(bench, packets, monkeypatch, lossless):
    refuse_after(monkeypatch, 30, OSError(28, "No space left on device"))
    made = bench(lossless=lossless)
    feed_until_failed(made, packets)
    for packet in packets:
        made.writer.feed(packet)  # dropped
    row = made.end()
    assert (row.state, row.error, row.label) == (ClipState.SAVED, "disk_full", "person")
    assert content(made.final).numbers == list(range(30))
    assert made.kinds == [ClipStarted, ClipSaved, ClipFailed]
    assert made.events[-1].clip.error == "disk_full"


def test_clip_is_announced_when_catalog_refuses_its_end(bench, packets, monkeypatch, caplog):
    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    made = bench()
    monkeypatch.setattr(made.catalog, "save", refuse)
    assert made.record(packets).state is ClipState.RECORDING
    assert made.kinds == [ClipStarted, ClipSaved]
    assert len(content(made.final).numbers) == 50
    assert "database or disk is full" in caplog.text


def test_unexpected_exception_is_logged_and_clip_finalized(bench, packets, monkeypatch, caplog):
    refuse_after(monkeypatch, 30, ZeroDivisionError())
    made = bench()
    feed_until_failed(made, packets)
    assert made.end().error == "recording_failed"
    assert "ZeroDivisionError" in caplog.text


def test_failed_clip_stops_waiting_for_result(bench, packets, monkeypatch):
    monkeypatch.setattr(writer, "RESULT_TIMEOUT_S", 0.01)
    refuse_after(monkeypatch, 30, OSError(28, "No space left on device"))
    made = bench()
    feed_until_failed(made, packets)
    assert made.writer.join(LONG_S)
    assert made.catalog.get(made.clip.id).state is ClipState.SAVED


def test_folder_that_cannot_be_created_fails_clip(bench, packets):
    made = bench()
    made.clips_dir.write_text("in the way")
    made.writer.start()
    while not made.writer.failed:
        threading.Event().wait(0.001)
    row = made.end()
    assert row.state is ClipState.FAILED
    assert made.kinds == [ClipFailed]


def test_clip_is_saved_when_catalog_refuses_its_begin(bench, packets, monkeypatch, caplog):
    made = bench()

    def locked(_clip):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(made.catalog, "put", locked)
    made.record(packets)
    assert made.kinds == [ClipStarted, ClipSaved]
    assert content(made.final).numbers == list(range(50))
    assert "database is locked" in caplog.text


def test_file_is_synced_while_recorded(bench, packets, monkeypatch):
    synced = []
    monkeypatch.setattr(writer, "SYNC_S", -1)
    monkeypatch.setattr(FragmentedMp4, "sync", lambda self: synced.append(1))
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
def test_system_error_becomes_recording_error(error, kind):
    assert type(recording_error(error)) is kind
