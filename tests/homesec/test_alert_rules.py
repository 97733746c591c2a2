"""Rules of recipients, and grouping of sightings."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

from alert_factories import BY_HAND, NOW, sighting
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.alarm.machine import AlarmMode
from custom_components.homesec.alerts.alert_builder import GROUP_S, AlertGrouper, OpenAlert
from custom_components.homesec.alerts.rules import (
    CLIP,
    AlertKind,
    Cooldowns,
    Rules,
    Sighting,
    is_within,
)

NOON = time(12)
OFFLINE: dict[str, Any] = {"kind": AlertKind.OFFLINE, "label": None, "zones": (), "score": None}


ANY_ZONE = frozenset({"Drive", "Pool"})


@pytest.mark.parametrize(
    ("rules", "changes", "wanted"),
    [
        ({}, {}, True),
        ({"cameras": frozenset({"door"})}, {}, True),
        ({"cameras": frozenset({"garden"})}, {}, False),
        ({"labels": frozenset({"person", "car"})}, {}, True),
        ({"labels": frozenset({"cat"})}, {}, False),
        ({"zones": ANY_ZONE, "camera_zones": frozenset({("door", "Drive")})}, {}, True),
        ({"zones": ANY_ZONE, "camera_zones": frozenset({("garden", "Drive")})}, {}, False),
        ({"zones": frozenset({"Pool"})}, {}, False),
        ({"zones": frozenset({"Pool"})}, {"zones": ()}, False),
        ({"modes": frozenset({AlarmMode.NIGHT})}, {}, False),
        ({}, {"mode": AlarmMode.DISARMED}, False),
        ({"modes": frozenset({AlarmMode.DISARMED})}, {"mode": AlarmMode.DISARMED}, True),
        ({"kinds": frozenset({"alarm"})}, {}, False),
        ({"kinds": frozenset({"alarm"})}, {"kind": AlertKind.ALARM}, True),
        # A manual alarm has no camera and often no mode; only hours and kinds count.
        ({"cameras": frozenset({"garden"}), "zones": frozenset({"Pool"})}, BY_HAND, True),
        ({}, {**BY_HAND, "mode": AlarmMode.DISARMED}, True),
        ({"hours": (time(22), time(6))}, BY_HAND, False),
        # An offline camera has neither labels nor zones.
        ({}, OFFLINE, True),
        ({"labels": frozenset({"person"}), "zones": frozenset({"Pool"})}, OFFLINE, True),
        ({"cameras": frozenset({"garden"})}, OFFLINE, False),
        ({"modes": frozenset({AlarmMode.NIGHT})}, OFFLINE, False),
        ({"hours": (time(22), time(6))}, OFFLINE, False),
        ({"kinds": frozenset({"seen"})}, OFFLINE, False),
        # Duress is only sent if chosen: the recipient may stand beside the burglar.
        ({}, {**BY_HAND, "kind": AlertKind.DURESS}, False),
        ({"kinds": frozenset({"duress"})}, {**BY_HAND, "kind": AlertKind.DURESS}, True),
        (
            {"kinds": frozenset({"duress"}), "hours": (time(22), time(6))},
            {**BY_HAND, "kind": AlertKind.DURESS},
            True,
        ),
        ({"kinds": frozenset()}, {**BY_HAND, "kind": AlertKind.TEST}, True),
    ],
)
def test_rules_allow_sightings(
    rules: dict[str, Any], changes: dict[str, Any], wanted: bool
) -> None:
    assert Rules(**rules).allow(sighting(**changes), NOON) is wanted


def test_clip_is_allowed_only_if_chosen() -> None:
    assert not Rules().allow(sighting(), NOON, kind=CLIP)
    assert Rules(kinds=frozenset({CLIP})).allow(sighting(), NOON, kind=CLIP)


@pytest.mark.parametrize(
    ("hours", "local", "within"),
    [
        (None, time(3), True),
        ((time(8), time(20)), time(8), True),
        ((time(8), time(20)), time(19, 59, 59), True),
        ((time(8), time(20)), time(20), False),
        ((time(22), time(6)), time(23), True),
        ((time(22), time(6)), time(5, 59), True),
        ((time(22), time(6)), time(6), False),
        ((time(22), time(6)), NOON, False),
        ((NOON, NOON), time(3), True),
    ],
)
def test_hours_may_span_midnight(
    hours: tuple[time, time] | None, local: time, within: bool
) -> None:
    assert is_within(hours, local) is within


@given(st.times(), st.times(), st.times())
def test_time_is_in_hours_or_in_their_complement(a: time, b: time, x: time) -> None:
    if a != b:
        assert is_within((a, b), x) is not is_within((b, a), x)


def test_cooldown_lasts_for_camera_and_recipient() -> None:
    cooldowns, rules = Cooldowns(), Rules(cooldown_s=300)
    assert not cooldowns.active("ann", "door", rules, NOW)
    cooldowns.start("ann", "door", NOW)
    assert cooldowns.active("ann", "door", rules, NOW + 299)
    assert not cooldowns.active("ann", "door", rules, NOW + 300)
    assert not cooldowns.active("ann", "garden", rules, NOW)
    assert not cooldowns.active("bob", "door", rules, NOW)
    # After the clock was set back by an hour, one text too many is better than none.
    assert not cooldowns.active("ann", "door", rules, NOW - 3600)


def add(grouper: AlertGrouper, new: Sighting) -> tuple[OpenAlert, bool]:
    """Add a sighting; return its alert, and whether that is a new one."""
    open_alert = grouper.add(new)
    return open_alert, len(open_alert.alert.sightings) == 1


def test_sightings_within_a_minute_are_one_alert() -> None:
    grouper = AlertGrouper()
    open_alert, new = add(grouper, sighting())
    assert new
    open_alert.dispatched = True
    for n in range(1, 10):
        camera = {"camera_id": "garden", "camera": "Garden"} if n % 2 else {}
        joined, new = add(grouper, sighting(at=NOW + n * 6, score=n / 10, **camera))
        assert joined is open_alert
        assert not new
    alert = open_alert.alert
    assert alert.count == 10
    assert alert.cameras == ("Front door", "Garden")
    assert alert.score == 0.9
    assert alert.first.at == NOW
    later, new = add(grouper, sighting(at=NOW + GROUP_S))
    assert new
    assert later.alert.id != alert.id


@pytest.mark.parametrize(
    "changes", [{"label": "cat"}, {"mode": AlarmMode.DISARMED}, {"at": NOW + 3600}]
)
def test_other_label_mode_or_time_opens_new_alert(changes: dict[str, Any]) -> None:
    grouper = AlertGrouper()
    before, _ = add(grouper, sighting(**changes))
    after, new = add(grouper, sighting())
    assert new
    assert after is not before


def test_immediate_alarm_joins_alert_of_its_cause() -> None:
    grouper = AlertGrouper()
    open_alert, _ = add(grouper, sighting(clip_id="clip"))
    alarm, new = add(grouper, sighting(kind=AlertKind.ALARM))
    assert (alarm, new) == (open_alert, False)
    assert open_alert.alert.kind is AlertKind.ALARM
    assert open_alert.alert.count == 1
    assert open_alert.alert.clip_id == "clip"


def test_alarm_after_dispatch_opens_new_alert() -> None:
    grouper = AlertGrouper()
    open_alert, _ = add(grouper, sighting())
    open_alert.dispatched = True
    alarm, new = add(grouper, sighting(at=NOW + 30, kind=AlertKind.ALARM))
    assert new
    # A later sighting joins the alarm.
    joined, new = add(grouper, sighting(at=NOW + 40))
    assert (joined, new) == (alarm, False)
    assert alarm.alert.kind is AlertKind.ALARM


@pytest.mark.parametrize("kind", [AlertKind.DURESS, AlertKind.TEST])
def test_duress_and_test_open_their_own_alerts(kind: AlertKind) -> None:
    grouper = AlertGrouper()
    add(grouper, sighting())
    alone, new = add(grouper, sighting(kind=kind))
    assert new
    assert alone.alert.kind is kind
    joined, new = add(grouper, sighting())
    assert joined is not alone
    assert not new


def test_updated_sighting_changes_alert() -> None:
    open_alert, _ = add(AlertGrouper(), first := sighting())
    open_alert.update(first, replace(first, count=3, zones=("Drive", "Pool")))
    assert open_alert.alert.count == 3
    assert open_alert.alert.zones == ("Drive", "Pool")
