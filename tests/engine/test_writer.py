"""One clip's thread: from the queue to the final file and its row."""

from dataclasses import replace
from itertools import pairwise
import threading

from engine_rig import LONG_S
import pytest
from videos import content, number_of

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved, ClipStarted
from custom_components.homesec.engine.core.types import ClipState
from custom_components.homesec.engine.media.decoder import FrameDecoder
from custom_components.homesec.engine.media.jpeg import read_keyframe
from custom_components.homesec.engine.recording import writer
from custom_components.homesec.engine.recording.muxer import FragmentedMp4
from custom_components.homesec.engine.recording.writer import ClipResult


class Slow:
    """A disk that writes only when released."""

    def __init__(self, monkeypatch):
        self.gate = threading.Semaphore(0)
        self.written = []
        real = FragmentedMp4.write
        slow = self

        def write(self, packet):
            assert slow.gate.acquire(timeout=LONG_S)
            slow.written.append(packet)
            real(self, packet)

        monkeypatch.setattr(FragmentedMp4, "write", write)


def test_recorded_clip_is_saved(bench, packets):
    made = bench()
    row = made.record(packets)
    assert row.state is ClipState.SAVED
    assert (row.label, row.score) == ("person", 0.8)
    assert row.duration_s == pytest.approx(5.0)
    assert row.bytes == made.final.stat().st_size
    assert content(made.final).numbers == list(range(50))
    assert made.kinds == [ClipStarted, ClipSaved]
    assert made.events[-1].clip == row


def test_row_exists_while_clip_is_recorded(bench, packets):
    made = bench()
    made.writer.start()
    for packet in packets[:20]:
        made.writer.feed(packet)
    while not made.events:
        threading.Event().wait(0.001)
    assert [c.id for c in made.catalog.queries.in_state(ClipState.RECORDING)] == [made.clip.id]
    assert partial_path(made.final).exists()
    assert not made.writer.join(0)
    made.end()


def test_still_shows_best_frame(bench, packets):
    made = bench()
    best = FrameDecoder().decode_keyframe(packets[30])
    row = made.record(packets, ClipResult(still=best))
    assert number_of(read_keyframe(made.clips_dir / row.still_path, 0)) == 30


def test_still_in_place_of_a_frame_of_the_detect_stream_is_the_clips_own(bench, packets):
    made = bench()
    small = FrameDecoder().decode_keyframe(packets[30])
    best = replace(small, of_detect_stream=True)
    row = made.record(packets, ClipResult(still=best, still_s=2.4))
    assert number_of(read_keyframe(made.clips_dir / row.still_path, 0)) == 24


def test_still_without_best_frame_shows_moment_of_event(bench, packets):
    made = bench()
    row = made.record(packets)
    assert number_of(read_keyframe(made.clips_dir / row.still_path, 0)) == 20


def test_clip_without_packets_is_failed(bench):
    made = bench()
    row = made.record([])
    assert (row.state, row.error) == (ClipState.FAILED, "recording_failed")
    assert made.kinds == [ClipFailed]


def test_still_error_does_not_fail_clip(bench, packets, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "encode_jpeg", refuse)
    row = bench().record(packets)
    assert (row.state, row.still_path) == (ClipState.SAVED, None)


# --- a slow disk ---


def test_slow_disk_skips_packets_up_to_a_keyframe(bench, packets, monkeypatch, caplog):
    disk = Slow(monkeypatch)
    monkeypatch.setattr(writer, "QUEUE_BYTES", sum(p.size for p in packets[:23]))
    made = bench()
    made.writer.start()
    for packet in packets[:35]:
        made.writer.feed(packet)
    for _ in range(23):
        disk.gate.release()
    while len(disk.written) < 23:
        threading.Event().wait(0.001)
    for packet in packets[35:]:
        made.writer.feed(packet)
    for _ in packets:
        disk.gate.release()
    made.end()
    assert caplog.text.count("too slow") == 1
    numbers = content(made.final).numbers
    assert numbers[:23] == list(range(23))
    assert numbers[-10:] == list(range(40, 50))
    # The keyframe that ends the gap depends on when the writer took its first packet.
    (after,) = [later for before, later in pairwise(numbers) if later != before + 1]
    assert after % 10 == 0


def test_lossless_writer_waits_for_slow_disk(bench, packets, monkeypatch):
    disk = Slow(monkeypatch)
    monkeypatch.setattr(writer, "QUEUE_BYTES", 2000)
    made = bench(lossless=True)
    made.writer.start()

    def feed():
        for packet in packets:
            made.writer.feed(packet)

    feeder = threading.Thread(target=feed)
    feeder.start()
    for _ in packets:
        disk.gate.release()
    feeder.join(LONG_S)
    made.end()
    assert content(made.final).numbers == list(range(50))
