"""Which part of an alert is sent to a recipient."""

from __future__ import annotations

from datetime import time
from typing import Any

from alert_factories import NOW, sighting

from custom_components.homesec.alerts.alert_builder import OpenAlert
from custom_components.homesec.alerts.delivery_filter import DeliveryFilter
from custom_components.homesec.alerts.rules import CLIP, Alert, AlertKind, Rules

NOON = time(12)
GARDEN: dict[str, Any] = {"camera_id": "garden", "camera": "Garden", "zones": ()}
ALL = Rules(kinds=frozenset({"alarm", "seen", CLIP}))


def open_alert(*sightings: dict[str, Any], **state: Any) -> OpenAlert:
    sightings = tuple(sighting(**each) for each in sightings)
    return OpenAlert(alert=Alert(id="01K0A1ERT00000000000000000", sightings=sightings), **state)


def new_part(
    due: DeliveryFilter, what: OpenAlert, rules: Rules = ALL, *, now: float = NOW
) -> Alert | None:
    return due.new_part("ann", rules, what, local=NOON, now=now)


def clip(
    due: DeliveryFilter, what: OpenAlert, rules: Rules = ALL, *, now: float = NOW
) -> Alert | None:
    return due.clip_part("ann", rules, what, local=NOON, now=now)


def test_part_has_wanted_sightings_and_their_clip() -> None:
    what = open_alert({"clip_id": "A"}, {**GARDEN, "clip_id": "B"})
    part = new_part(DeliveryFilter(), what, Rules(cameras=frozenset({"garden"})))
    assert part is not None
    assert part.cameras == ("Garden",)
    assert part.clip_id == "B"


def test_alarm_part_has_clip_of_its_cause() -> None:
    what = open_alert({"clip_id": "A"}, {"kind": AlertKind.ALARM})
    part = new_part(DeliveryFilter(), what, Rules(kinds=frozenset({"alarm"})))
    assert part is not None
    assert part.kind is AlertKind.ALARM
    assert part.clip_id == "A"
    without = new_part(DeliveryFilter(), open_alert({"kind": AlertKind.ALARM}), ALL)
    assert without is not None
    assert without.clip_id is None


def test_part_is_sent_once_and_test_only_to_chosen() -> None:
    assert new_part(DeliveryFilter(), open_alert({}, sent_to={"ann"})) is None
    assert (
        new_part(DeliveryFilter(), open_alert({"kind": AlertKind.TEST}, only=frozenset({"bob"})))
        is None
    )
    assert new_part(DeliveryFilter(), open_alert({"kind": AlertKind.TEST}, only=frozenset({"ann"})))


def test_sighting_in_cooldown_is_not_sent_later() -> None:
    due, what = DeliveryFilter(), open_alert({})
    before = new_part(due, what)
    assert before is not None
    due.start_cooldowns("ann", before, NOW)
    later = open_alert({"at": NOW + 200, "clip_id": "A"})
    assert new_part(due, later, now=NOW + 200) is None
    later.ready_clips.add("A")
    assert new_part(due, later, now=NOW + 400) is None
    assert clip(due, later, now=NOW + 400) is None
    # Another camera is sent, and so is the alarm.
    later.add(sighting(at=NOW + 210, **GARDEN))
    part = new_part(due, later, now=NOW + 210)
    assert part is not None
    assert part.cameras == ("Garden",)
    assert new_part(due, open_alert({"kind": AlertKind.ALARM}), now=NOW + 220)


def test_offline_alert_starts_no_cooldown() -> None:
    due = DeliveryFilter()
    offline = new_part(due, open_alert({"kind": AlertKind.OFFLINE, "label": None}), Rules())
    assert offline is not None
    due.start_cooldowns("ann", offline, NOW)
    assert new_part(due, open_alert({}), Rules(), now=NOW + 1)


def test_clip_of_sent_alert_ignores_cooldown() -> None:
    due, what = DeliveryFilter(), open_alert({"clip_id": "A"})
    sent = new_part(due, what)
    assert sent is not None
    due.start_cooldowns("ann", sent, NOW)
    what.sent_to.add("ann")
    assert clip(due, what, now=NOW + 20) is None  # the clip isn't ready
    what.ready_clips.add("A")
    assert clip(due, what, now=NOW + 20) is not None
    assert clip(due, what, Rules(), now=NOW + 20) is None
    what.clip_sent_to.add("ann")
    assert clip(due, what, now=NOW + 20) is None


def test_clip_part_has_clip_of_allowed_camera() -> None:
    what = open_alert({"clip_id": "A"}, {**GARDEN, "clip_id": "B"}, ready_clips={"A"})
    rules = Rules(kinds=frozenset({CLIP}), cameras=frozenset({"garden"}))
    assert clip(DeliveryFilter(), what, rules) is None
    what.ready_clips.add("B")
    part = clip(DeliveryFilter(), what, rules)
    assert part is not None
    assert part.clip_id == "B"
