"""Waiting for the first parameter sets of a stream."""

from threading import Event

from engine_rig import media_packets
import pytest

from custom_components.homesec.engine.capture.first_parameters import wait_for_parameters
from custom_components.homesec.engine.core.errors import NoKeyframe, NoVideo


@pytest.fixture(scope="module")
def packets(make_video):
    """Two GOPs of ten packets, whose keyframes have parameter sets."""
    return [packet.data for packet in media_packets(make_video(seconds=2))]


def wait(packets, *, stop=False, limit_s=20.0):
    stopped = Event()
    if stop:
        stopped.set()
    return wait_for_parameters(iter(packets), "h264", stopped, limit_s=limit_s, total_s=20.0)


def test_first_packet_with_parameter_sets_is_returned(packets):
    first, parameters = wait(packets[3:])
    assert first is packets[10]
    assert (parameters.width, parameters.height) == (320, 192)


def test_stream_that_ends_or_is_stopped_has_no_video(packets):
    with pytest.raises(NoVideo):
        wait(packets[1:10])
    with pytest.raises(NoVideo):
        wait(packets[1:], stop=True)


def test_limit_is_named(packets):
    with pytest.raises(NoKeyframe) as caught:
        wait(packets[1:], limit_s=-1.0)
    assert caught.value.placeholders == {"seconds": "20"}
