"""The speed limit of uploads."""

from engine_rig import FakeClock
from hypothesis import given, strategies as st

from custom_components.homesec.engine.cloud.transfer import BURST_S, Throttle


def test_throttle_without_limit_never_delays():
    throttle = Throttle(None, FakeClock())
    assert throttle.delay_s(10**12) == 0


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 3)), max_size=50))
def test_throttle_delays_keep_limit(sizes):
    clock = FakeClock()
    throttle = Throttle(1000, clock)
    began, sent = clock.monotonic(), 0
    for count, idle_s in sizes:
        clock.advance(throttle.delay_s(count))
        sent += count
        assert sent <= (clock.monotonic() - began + BURST_S) * 1000 + 1e-3
        clock.advance(idle_s)


def test_throttle_makes_up_for_short_idle_time_only():
    clock = FakeClock()
    throttle = Throttle(1000, clock)
    clock.advance(3600)
    assert throttle.delay_s(10_000) == 10 - BURST_S
