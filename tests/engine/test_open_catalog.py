"""A missing or damaged catalog is filled from the clip folder."""

import logging
import threading

from engine_rig import FakeClock, media_packets
from library_rig import NOON, clip_row
from partial_files import record
import pytest
from videos import content

from custom_components.homesec.engine.core.events import CatalogRebuilt, FilesSetAside
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.schema import UNFILLED
from custom_components.homesec.engine.library import recovery
from custom_components.homesec.engine.library.recovery import adopt_clips
from custom_components.homesec.engine.library.salvage import open_catalog
from custom_components.homesec.engine.recording import finalize as finishing
from custom_components.homesec.engine.recording.finalize import (
    finalize,
    partial_path,
    read_index,
    read_info,
)
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools


class Ruin:
    """A folder of clips with a catalog that may be damaged."""

    def __init__(self, folder, video):
        self.path = folder / "clips.db"
        self.clips_dir = folder / "clips"
        self.packets = media_packets(video)
        self.events = []
        self.stop = threading.Event()
        self.catalog = None

    def open(self, *, upload=False):
        self.close()
        self.catalog = open_catalog(self.path, upload=upload, clock=FakeClock())
        return self.catalog

    def close(self):
        if self.catalog is not None:
            self.catalog.close()

    def video(self, event_at=NOON, *, still=True, **values):
        """Write a clip's files; return its row, without storing it."""
        clip = clip_row(event_at, **values)
        final = self.clips_dir / clip.path
        final.parent.mkdir(parents=True, exist_ok=True)
        record(partial_path(final), self.packets)
        finalize(final)
        if still:
            final.with_suffix(".jpg").write_bytes(b"who it was")
        return clip

    def adopt(self):
        adopt_clips(self.catalog, self.clips_dir, LocalMediaTools(), self.events.append, self.stop)


@pytest.fixture
def ruin(tmp_path, make_video):
    ruin = Ruin(tmp_path, make_video(seconds=2))
    yield ruin
    ruin.close()


def names(ruin):
    return sorted(p.name for p in ruin.path.parent.iterdir() if p.is_file())


def test_damaged_catalog_is_set_aside_with_all_files(ruin, caplog):
    ruin.path.write_bytes(b"not an index" * 100)
    catalog = ruin.open()
    aside = catalog.get_value(UNFILLED)
    assert (ruin.path.parent / aside).read_bytes() == b"not an index" * 100
    assert aside.startswith("clips.db.corrupt-20")
    assert "cannot be used" in caplog.text


def test_intact_catalog_is_not_replaced(ruin):
    ruin.open().put(clip_row())
    ruin.adopt()
    assert ruin.open().totals().clips == 1
    assert not [name for name in names(ruin) if "corrupt" in name]


def test_new_catalog_gets_all_clips_and_one_event(ruin):
    ruin.path.write_bytes(b"not an index" * 100)
    clips = [ruin.video(NOON + n * 86400) for n in range(3)]
    aside = ruin.open().get_value(UNFILLED)
    ruin.adopt()
    ruin.adopt()
    rows = ruin.catalog.queries.page()
    assert [row.id for row in rows] == [clip.id for clip in clips[::-1]]
    assert ruin.events == [CatalogRebuilt(clips=3, set_aside=aside)]
    for row, clip in zip(rows, clips[::-1], strict=True):
        assert (row.state, row.duration_s, row.width) == (ClipState.SAVED, 2.0, 320)
        assert row.still_path == row.path.replace(".mp4", ".jpg")
        assert row.event_at == pytest.approx(clip.event_at, abs=0.01)
        assert len(content(ruin.clips_dir / row.path).numbers) == 20


def test_adopted_clip_is_uploaded(ruin):
    clip = ruin.video()
    ruin.open(upload=True)
    ruin.adopt()
    assert ruin.catalog.get(clip.id).cloud is CloudState.WAITING


def test_adopted_clip_without_still_gets_one(ruin):
    clip = ruin.video(still=False)
    ruin.open()
    ruin.adopt()
    assert (ruin.clips_dir / ruin.catalog.get(clip.id).still_path).read_bytes()[:2] == b"\xff\xd8"


def test_new_catalog_without_clips_sends_no_event(ruin):
    ruin.open()
    ruin.adopt()
    assert ruin.events == []
    assert ruin.catalog.get_value(UNFILLED) is None


def test_adoption_continues_after_stop(ruin, monkeypatch):
    clips = [ruin.video(NOON + n) for n in range(3)]
    ruin.open()
    adopt, adopted = recovery._adopt, []

    def one(*args):
        adopted.append(args)
        ruin.stop.set()
        return adopt(*args)

    monkeypatch.setattr(recovery, "_adopt", one)
    ruin.adopt()
    assert (ruin.catalog.totals().clips, ruin.events) == (1, [])
    monkeypatch.undo()
    ruin.stop.clear()
    ruin.open()
    ruin.adopt()
    assert ruin.catalog.totals().clips == len(clips)
    assert ruin.events == [CatalogRebuilt(clips=2, set_aside=None)]


def test_adoption_skips_recording_clips(ruin):
    ruin.open()
    clip = ruin.video()
    recording = clip_row(id=clip.id, state=ClipState.RECORDING)
    ruin.catalog.put(recording)
    ruin.adopt()
    assert ruin.catalog.get(clip.id) == recording


def test_adoption_sets_damaged_file_aside_and_continues(ruin):
    bad, good = ruin.video(NOON), ruin.video(NOON + 1)
    path = ruin.clips_dir / bad.path
    path.write_bytes(b"no film at all")
    ruin.open()
    ruin.adopt()
    assert [c.id for c in ruin.catalog.queries.page()] == [good.id]
    assert path.with_name(f"{path.name}.damaged").read_bytes() == b"no film at all"
    (event,) = [e for e in ruin.events if isinstance(e, FilesSetAside)]
    assert [(file.name, file.moved) for file in event.files] == [(bad.path, True)]


# --- reading only a file's index ---


@pytest.fixture
def read_whole(monkeypatch):
    """Record which files were read completely."""
    read = []
    monkeypatch.setattr(finishing, "read_info", lambda path: read.append(path) or read_info(path))
    return read


@pytest.mark.parametrize("recipe", [{}, {"bframes": 2}, {"fps": 25, "codec": "libx265"}])
def test_adoption_reads_only_index_of_finalized_file(make_video, tmp_path, read_whole, recipe):
    final = tmp_path / "film.mp4"
    record(partial_path(final), media_packets(make_video(seconds=3, **recipe)))
    told = finalize(final)
    assert read_index(final) == told
    assert read_whole == []


def test_adoption_reads_fragmented_file_completely(make_video, tmp_path, read_whole):
    final = tmp_path / "film.mp4"
    record(final, media_packets(make_video(seconds=3)))
    assert read_index(final).duration_s == pytest.approx(3.0, abs=0.11)
    assert read_whole == [final]


@pytest.mark.parametrize("cut", [5, 100])
def test_adoption_reads_truncated_file_completely(make_video, tmp_path, read_whole, cut):
    final = tmp_path / "film.mp4"
    record(partial_path(final), media_packets(make_video(seconds=3)))
    finalize(final)
    with final.open("r+b") as file:
        file.truncate(final.stat().st_size - cut)
    assert read_index(final).duration_s > 0
    assert read_whole == [final]


def test_adoption_distrusts_index_of_file_with_trailing_garbage(
    make_video, tmp_path, read_whole, caplog
):
    caplog.set_level(logging.CRITICAL)
    final = tmp_path / "film.mp4"
    record(partial_path(final), media_packets(make_video(seconds=3)))
    finalize(final)
    with final.open("ab") as file:
        file.write(b"\0\0\0\1rubb\0\0\0\0\0\0\0\0")
        file.write(bytes(16))
    assert read_index(final).duration_s == pytest.approx(3.0)
    assert read_whole == [final]


def test_adoption_distrusts_index_without_duration(make_video, tmp_path, read_whole, monkeypatch):
    final = tmp_path / "film.mp4"
    record(partial_path(final), media_packets(make_video(seconds=3)))
    told = finalize(final)
    opened = finishing.av.open

    class Mute:
        """A video without a duration in its header."""

        duration = None
        time_base = None

    class Reader:
        streams = type("Streams", (), {"video": [Mute()]})

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    readers = iter([Reader()])
    monkeypatch.setattr(finishing.av, "open", lambda path, **_: next(readers, None) or opened(path))
    assert read_index(final) == told
    assert read_whole == [final]
