"""RTP packets from UDP: in order, once each, and no longer delayed than a lost one allows."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.capture.rtp_order import MOST_HELD, WAIT_S, PacketOrder


def packet(number, source=1):
    return b"\x80\x60" + (number % 65536).to_bytes(2) + bytes(4) + source.to_bytes(4) + b"x"


def numbers(packets):
    return [int.from_bytes(each[2:4]) for each in packets]


def feed(order, packets, now_s=0.0):
    return [each for data in packets for each in order.add(data, now_s)]


@given(
    first=st.integers(0, 65535),
    keys=st.lists(st.floats(0, 30), min_size=1, max_size=80),
    twice=st.sets(st.integers(1, 79)),
)
def test_packets_come_once_and_in_order(first, keys, twice):
    sent = sorted(range(1, len(keys) + 1), key=lambda n: n + keys[n - 1])
    sent = [0, *(n for each in sent for n in ([each, each] if each in twice else [each]))]
    found = feed(PacketOrder(), [packet(first + n) for n in sent])
    assert numbers(found) == [(first + n) % 65536 for n in range(len(keys) + 1)]


def test_lost_packet_delays_the_others_only_for_a_moment():
    order = PacketOrder()
    assert numbers(feed(order, map(packet, (7, 9, 10)))) == [7]
    assert list(order.overdue(WAIT_S / 2)) == []
    assert numbers(order.overdue(WAIT_S)) == [9, 10]
    assert feed(order, [packet(8)]) == []
    assert numbers(feed(order, [packet(11)])) == [11]


def test_lost_packet_does_not_let_memory_grow():
    order = PacketOrder()
    found = feed(order, map(packet, [0, *range(2, MOST_HELD + 4)]))
    assert numbers(found) == [0, *range(2, MOST_HELD + 4)]


@pytest.mark.parametrize("again", [packet(40_000), packet(3, source=2)])
def test_other_count_begins_at_once(again):
    order = PacketOrder()
    assert feed(order, [packet(5), packet(7), again]) == [packet(5), packet(7), again]


def test_reports_on_the_same_port_pass():
    order, report = PacketOrder(), b"\x80\xc8" + bytes(6)
    assert feed(order, [packet(5), report, packet(6)]) == [packet(5), report, packet(6)]


def test_datagram_that_is_no_packet_is_left_out():
    assert feed(PacketOrder(), [bytes(8)]) == []
