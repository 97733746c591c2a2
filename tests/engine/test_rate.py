"""How many a second."""

import pytest

from custom_components.homesec.engine.media.rate_meter import RateMeter


def test_a_steady_stream_is_counted():
    meter = RateMeter()
    for n in range(300):
        meter.count(n / 25)
    assert meter.rate() == pytest.approx(25, rel=0.02)


def test_the_last_seconds_count():
    meter = RateMeter()
    for n in range(100):
        meter.count(n / 10)
    for n in range(200):
        meter.count(10 + n / 20)
    assert meter.rate() == pytest.approx(20, rel=0.02)


def test_totals_may_be_noted_instead():
    meter = RateMeter()
    for n in range(100):
        meter.set_total(n / 10, 3 * n)
    assert meter.rate() == pytest.approx(30, rel=0.02)


def test_nothing_is_no_rate():
    meter = RateMeter()
    assert meter.rate() == 0.0
    meter.count(5.0)
    assert meter.rate() == 0.0
