"""Faults that were found by reading: each of them needs two things at the same moment."""

import os
from pathlib import Path
import sqlite3
import threading
import time

from disk_store import DiskStore
from engine_rig import file_camera
from homesec_fixtures import set_up
from library_rig import LibraryRig, clip_row
from page_client import PageClient
import pytest

from custom_components.homesec.engine.core.events import (
    ClipChanged,
    ClipSaved,
    ClipUploaded,
    DetectionStarted,
)
from custom_components.homesec.engine.core.types import Activity, CameraHealth
from custom_components.homesec.engine.db import database
from custom_components.homesec.engine.library.catalog import Catalog

VISIT = {"seconds": 12, "walks": ((4.0, 8.0),)}
LONG_S = 60.0


# --- a share that hangs -------------------------------------------------------------------------


def test_clip_that_hangs_on_its_disk_is_no_thread_that_the_process_waits_for(
    rig, make_video, monkeypatch
):
    daemons, go_on = {}, threading.Event()

    def hang(_self, clip):
        thread = threading.current_thread()
        daemons[thread.name] = thread.daemon
        go_on.wait(LONG_S)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Catalog, "put", hang)
    rig.engine.set_camera(file_camera(make_video(**VISIT)), Activity.RECORD)
    try:
        rig.wait_for(DetectionStarted)  # and the camera goes on meanwhile
        rig.wait_health(CameraHealth.OFF)
        names = [name for name in daemons if name.startswith("homesec-clip-")]
        assert names
        assert all(daemons[name] for name in names)
    finally:
        go_on.set()


# --- ids that can be used as soon as they are known ---------------------------------------------


@pytest.fixture
def slow_rows(monkeypatch):
    """Let each row take as long as on a busy memory card."""
    put = Catalog.put

    def put_slowly(self, clip):
        time.sleep(0.15)
        put(self, clip)

    monkeypatch.setattr(Catalog, "put", put_slowly)


def test_clip_of_an_announced_detection_can_be_found_by_its_id(rigs, make_video, slow_rows):
    found = []

    def on_event(event):
        if isinstance(event, DetectionStarted):
            found.append(rig.engine.catalog.get(event.clip_id))

    rig = rigs()
    rig.engine._sink = lambda event: (on_event(event), rig._handle_event(event))
    rig.play(file_camera(make_video(**VISIT)))
    assert [clip and clip.camera_id for clip in found] == ["cam"]


def test_manual_recording_can_be_found_by_its_id(rig, make_video, slow_rows):
    video = make_video(seconds=20, walks=())
    rig.engine.set_camera(file_camera(video, loop=True), Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    clip_id = rig.engine.start_recording("cam", 1.0)
    assert rig.engine.catalog.get(clip_id) is not None
    rig.wait_for(ClipSaved)


# --- a transaction within another ---------------------------------------------------------------


@pytest.fixture
def synced(monkeypatch):
    """The names of the files that were written to the disk on purpose."""
    names, sync = [], os.fsync

    def record(descriptor):
        names.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    monkeypatch.setattr(database.os, "fsync", record)
    return names


@pytest.mark.parametrize("durable", [True, False])
def test_durable_part_makes_the_whole_transaction_durable(tmp_path, synced, durable):
    with Catalog(tmp_path / "clips.db") as catalog:
        synced.clear()
        with catalog.database.transaction():
            catalog.put(clip_row())
            with catalog.database.transaction(durable=durable):
                catalog.put(clip_row(1.8e9 + 1))
            assert synced == []  # not before all of it is there
        assert synced == (["clips.db-wal"] if durable else [])
        with catalog.database.transaction():  # the next one isn't concerned
            catalog.put(clip_row(1.8e9 + 2))
        assert synced == (["clips.db-wal"] if durable else [])


# --- another login during an upload -------------------------------------------------------------


class Replaced(DiskStore):
    """Is replaced by another store while it uploads a still."""

    def upload(self, upload, **options):
        if upload.name.endswith(".jpg"):
            self.library.upload_jobs.store = self.other
        return super().upload(upload, **options)


def test_upload_goes_on_with_the_store_that_it_began_with(tmp_path):
    first, other = Replaced(tmp_path / "first"), DiskStore(tmp_path / "other")
    other.prefix, other.bucket_uri = "elsewhere", "disk:elsewhere"
    library = LibraryRig(tmp_path, store=first)
    first.library, first.other = library, other
    clip = library.saved()
    library.run()
    assert [event.clip.id for event in library.of(ClipUploaded)] == [clip.id]
    assert {name.rpartition(".")[2] for name in first.names()} == {"jpg", "mp4"}
    assert other.names() == []
    assert library.catalog.object_key(first.bucket_uri, clip.id) is not None
    library.saved(clip.event_at + 60)
    library.run()
    assert len(other.names()) == 2


# --- an update of the page that fails -----------------------------------------------------------


async def test_update_of_clips_that_fails_is_sent_with_the_next_one(
    hass, entry, hass_ws_client, monkeypatch
):
    await set_up(hass, entry)
    runtime = entry.runtime_data
    queries = runtime.host.engine.catalog.queries
    row = clip_row(camera_id="01K0CAMERA0000000000000001")
    await runtime.host.async_run_raw(runtime.host.engine.catalog.put, row)
    page = PageClient(await hass_ws_client(hass))
    await page.subscribe("clips/subscribe")
    failed = threading.Event()

    def fail(_self, _ids):
        failed.set()
        raise OSError(5, "the disk doesn't answer")

    with monkeypatch.context() as broken:
        broken.setattr(type(queries), "get_many", fail)
        runtime.bus.async_dispatch(ClipChanged(clip_id=row.id))
        while not failed.is_set():
            await hass.async_block_till_done(wait_background_tasks=True)
        await hass.async_block_till_done(wait_background_tasks=True)
    runtime.bus.async_dispatch(ClipChanged(clip_id="01K0C0FFEE0000000000000000"))
    update = await page.next_event(lambda update: update.get("clip"))
    assert update["clip"]["id"] == row.id
