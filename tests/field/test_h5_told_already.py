"""Cooldowns, snoozes, and what was sent already outlast a reload and a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alert_factories import NOW, sighting
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, guard, pictures, set_up, state, until
from hypothesis import given, strategies as st
import pytest
from recipient_fixtures import recipient, set_up_recipients

from custom_components.homesec.alerts.open_alerts import GROUP_S, OpenAlerts
from custom_components.homesec.alerts.rules import Cooldowns, Rules

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

STORE = "homesec.alerts"


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pictures(hass, entry)


async def lose(hass: HomeAssistant, detector: ScriptedDetector) -> None:
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "off")


async def test_person_still_in_view_after_a_reload_is_not_told_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
) -> None:
    await set_up_recipients(hass, entry, recipient(cool_down_min=0))
    detector.sees = [PERSON]
    await until(hass, lambda: alerts and sent_texts())
    await reload(hass, entry)
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    await hass.async_block_till_done()
    assert (len(alerts), len(sent_texts())) == (1, 1)
    # Who comes later is news again.
    await lose(hass, detector)
    entry.runtime_data.alerts._open._grouper._latest.clear()
    detector.sees = [PERSON]
    await until(hass, lambda: len(alerts) == 2)


async def test_cooldown_outlasts_a_reload(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    sent_texts: Any,
) -> None:
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, sent_texts)
    await lose(hass, detector)
    await reload(hass, entry)
    entry.runtime_data.alerts._open._grouper._latest.clear()  # the minute is over
    detector.sees = [PERSON]
    await until(hass, lambda: len(alerts) == 2)
    await hass.async_block_till_done()
    assert len(sent_texts()) == 1


async def test_cooldown_is_on_the_disk_before_a_power_cut(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    sent_texts: Any,
    hass_storage: dict[str, Any],
) -> None:
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, sent_texts)
    await until(hass, lambda: hass_storage.get(STORE, {}).get("data", {}).get("cooldowns"))
    [[_, camera_id, at]] = hass_storage[STORE]["data"]["cooldowns"]
    assert camera_id == CAMERA_ID
    assert dt_util.utcnow().timestamp() - at < 60


async def test_alert_whose_clip_is_saved_while_reloading_is_updated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    await guard(hass, entry, alarm_labels=[])
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert not [x for x in updates if x.data["clip_ready"]]
    detector.sees = []
    await reload(hass, entry)
    await until(hass, lambda: [x for x in updates if x.data["clip_ready"]])
    assert updates[-1].data["alert_id"] == alerts[0].data["alert_id"]
    assert updates[-1].data["clip_id"] == alerts[0].data["clip_id"]


@pytest.mark.parametrize(
    "stored", [[], {}, {"open": 1}, {"open": {}, "cooldowns": [[1]], "undelivered": {}}]
)
async def test_damaged_store_sends_rather_twice_than_never(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    hass_storage: dict[str, Any],
    stored: Any,
) -> None:
    hass_storage[STORE] = {"version": 1, "minor_version": 1, "key": STORE, "data": stored}
    await guard(hass, entry, alarm_labels=[])
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)


async def test_removed_entry_leaves_no_store(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert STORE in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert STORE not in hass_storage


times = st.floats(0, 100_000)


@given(sent=st.dictionaries(st.tuples(st.text(), st.text()), times), now=times, later=times)
def test_restored_cooldowns_are_as_before(
    sent: dict[tuple[str, str], float], now: float, later: float
) -> None:
    before, after, rules = Cooldowns(), Cooldowns(), Rules(cooldown_s=300)
    for key, at in sent.items():
        before.start(*key, at)
    after.load(before.as_list(now))
    for key, at in sent.items():
        active = before.active(*key, rules, now + later)
        assert after.active(*key, rules, now + later) is (active and at <= now)


@given(
    visits=st.lists(
        st.tuples(
            st.sampled_from(["door", "safe"]),
            st.sampled_from(["person", "cat"]),
            st.floats(0, 100),
            st.booleans(),
        ),
        max_size=8,
    ),
    off_s=st.floats(0, 300),
)
def test_restored_alerts_take_in_what_they_took_in_before(
    visits: list[tuple[str, str, float, bool]], off_s: float
) -> None:
    before, after = OpenAlerts(), OpenAlerts()
    for number, (camera_id, label, at, stays) in enumerate(sorted(visits, key=lambda x: x[2])):
        each = sighting(
            camera_id=camera_id, label=label, at=NOW + at, seen_at=NOW + at, clip_id=str(number)
        )
        before.add(each).dispatched = True
        if not stays:
            before.end(camera_id, label)
    stopped = NOW + 100
    after.load(before.as_dict(stopped), stopped + off_s)
    for camera_id in ("door", "safe"):
        for label in ("person", "cat"):
            back = sighting(
                camera_id=camera_id, label=label, at=stopped + off_s, seen_at=stopped + off_s
            )
            lasted = before.present(camera_id, label) is not None
            assert after.resume(back) is (lasted and off_s < 120)
            latest = before._grouper._latest.get((label, back.mode))
            if latest is None or lasted:
                continue
            joined = latest.alert.first.at + GROUP_S > back.at
            assert (after.add(back).alert.id == latest.alert.id) is joined
