"""Measuring rates."""

import pytest

from custom_components.homesec.engine.media.rate_meter import RateMeter


def test_rate_of_steady_events():
    meter = RateMeter()
    for n in range(300):
        meter.count(n / 25)
    assert meter.rate() == pytest.approx(25, rel=0.02)


def test_rate_follows_last_seconds():
    meter = RateMeter()
    for n in range(100):
        meter.count(n / 10)
    for n in range(200):
        meter.count(10 + n / 20)
    assert meter.rate() == pytest.approx(20, rel=0.02)


def test_rate_of_totals():
    meter = RateMeter()
    for n in range(100):
        meter.set_total(n / 10, 3 * n)
    assert meter.rate() == pytest.approx(30, rel=0.02)


def test_rate_without_events_is_zero():
    meter = RateMeter()
    assert meter.rate() == 0.0
    meter.count(5.0)
    assert meter.rate() == 0.0
