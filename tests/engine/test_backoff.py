"""Exponential back-off."""

import random

import pytest

from custom_components.homesec.engine.core.backoff import backoff_s


@pytest.mark.parametrize(
    ("failures", "longest_s"), [(1, 10), (2, 20), (3, 40), (7, 600), (5000, 600)]
)
def test_backoff_doubles_up_to_its_limit_with_jitter(failures, longest_s):
    rng = random.Random(1)
    waits_s = [backoff_s(failures, (10, 600), rng) for _ in range(200)]
    assert longest_s * 0.5 <= min(waits_s) < longest_s * 0.55
    assert longest_s * 0.95 < max(waits_s) <= longest_s
