"""The thread that reads a source, and the queue between it and the camera's own thread."""

import itertools
import threading

from engine_rig import LONG_S, media_packets
import pytest

from custom_components.homesec.engine.capture.source_reader import (
    FILE_PACKETS,
    HealthReport,
    Idle,
    SourceReader,
)
from custom_components.homesec.engine.core.errors import SourceStalled
from custom_components.homesec.engine.core.types import CameraHealth


@pytest.fixture(scope="module")
def packets(make_video):
    """Five GOPs of ten packets."""
    return media_packets(make_video(seconds=5))


class Source:
    """Yields what a test sends."""

    def __init__(self, *items):
        self._changed = threading.Condition()
        self._items = list(items)
        self.read = 0
        self.closed = threading.Event()

    def send(self, *items):
        with self._changed:
            self._items += items
            self._changed.notify_all()

    def packets(self):
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._items, LONG_S)
                    item = self._items.pop(0)
                if item is StopIteration:
                    return
                if isinstance(item, Exception):
                    raise item
                self.read += 1
                yield item
        finally:
            self.closed.set()

    def wait_read(self, count):
        for _ in range(round(LONG_S * 100)):
            if self.read >= count:
                return
            threading.Event().wait(0.01)
        raise AssertionError(self.read)


def test_packets_come_in_order_up_to_the_end(packets):
    source = Source(*packets, StopIteration)
    reader = SourceReader("cam", is_file=False)
    assert list(reader.items(source.packets())) == packets


def test_source_is_read_while_nothing_is_handled(packets):
    source = Source(*packets)
    items = SourceReader("cam", is_file=False).items(source.packets())
    assert next(items) is packets[0]
    source.wait_read(len(packets))
    source.send(StopIteration)
    items.close()


def test_file_is_read_only_a_little_ahead(packets):
    source = Source(*packets, StopIteration)
    items = SourceReader("cam", is_file=True).items(source.packets())
    assert next(items) is packets[0]
    source.wait_read(FILE_PACKETS)
    threading.Event().wait(0.1)
    assert source.read <= FILE_PACKETS + 2
    assert list(items) == packets[1:]


def test_too_many_packets_are_dropped_up_to_a_keyframe(packets):
    limit = sum(packet.size for packet in packets[:15])
    source = Source(*packets)
    reader = SourceReader("cam", is_file=False, limit_bytes=limit)
    items = reader.items(source.packets())
    source_read = next(items)
    source.wait_read(len(packets))
    source.send(StopIteration)
    rest = [source_read, *items]
    assert len(rest) + reader.dropped == len(packets)
    assert 0 < len(rest) < len(packets)
    for before, after in itertools.pairwise(rest):
        follows = packets.index(after) == packets.index(before) + 1
        assert follows or after.keyframe
    assert sum(packet.size for packet in rest[1:]) <= limit


def test_nothing_to_read_is_reported_while_connected(packets):
    source = Source(packets[0])
    items = SourceReader("cam", is_file=False).items(source.packets())
    assert next(items) is packets[0]
    assert next(items) is Idle.WAITING
    source.send(None)
    assert next(item for item in items if item is not Idle.WAITING) is Idle.DISCONNECTED
    source.send(StopIteration)
    items.close()


def test_health_comes_after_the_packets_before_it(packets):
    reader = SourceReader("cam", is_file=False)
    error = SourceStalled()

    def read():
        yield packets[0]
        reader.report_health(CameraHealth.LOST, error)
        yield packets[1]

    found = list(reader.items(read()))
    assert found == [packets[0], HealthReport(CameraHealth.LOST, error), packets[1]]


def test_refused_connection_brings_no_more_packets(packets):
    reader = SourceReader("cam", is_file=False)
    refused = threading.Event()

    def read():
        yield from packets[:5]
        refused.wait(LONG_S)
        yield packets[5]
        reader.report_health(CameraHealth.LOST, SourceStalled())
        yield packets[6]

    items = reader.items(read())
    assert next(items) is packets[0]
    reader.refuse()
    refused.set()
    lost, after = [item for item in items if item is not Idle.WAITING]
    assert isinstance(lost, HealthReport)
    assert after is packets[6]


def test_error_of_reading_is_raised_after_the_packets(packets):
    source = Source(packets[0], ZeroDivisionError())
    items = SourceReader("cam", is_file=False).items(source.packets())
    assert next(items) is packets[0]
    with pytest.raises(ZeroDivisionError):
        next(items)
    assert source.closed.is_set()


@pytest.mark.parametrize("is_file", [True, False])
def test_closing_ends_the_thread_and_the_source(packets, is_file):
    source = Source(*packets, *packets)
    items = SourceReader("cam-id", is_file=is_file).items(source.packets())
    next(items)
    source.send(packets[0])
    items.close()
    assert source.closed.is_set()
    assert not [x for x in threading.enumerate() if x.name == "homesec-source-cam-id"]


def test_reader_can_read_again(packets):
    reader = SourceReader("cam", is_file=False)
    for _ in range(2):
        assert list(reader.items(Source(*packets, StopIteration).packets())) == packets


def test_wake_yields_at_once_unless_there_is_something_else(packets):
    source, woken = Source(), []
    reader = SourceReader("cam", is_file=False, idle_s=LONG_S, on_item=lambda: woken.append(1))
    items = reader.items(source.packets())
    threading.Timer(0.05, reader.wake).start()
    assert next(items) is Idle.WAITING
    source.send(packets[0])
    assert next(items) is packets[0]
    source.send(packets[1], StopIteration)
    source.wait_read(2)
    reader.wake()
    assert [item for item in items if item is not Idle.WAITING] == [packets[1]]
    assert len(woken) == 2
