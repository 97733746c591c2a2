"""Stores of the alarm and the snoozes with any content don't block set-up."""

from __future__ import annotations

from contextlib import ExitStack
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import StubClock
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers.storage import Store, get_internal_store_manager
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, arm, entity_id, set_up
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.homesec.alarm.cause import Cause
from custom_components.homesec.alarm.lockout import Lockouts, Principal
from custom_components.homesec.alarm.machine import (
    Alarm,
    AlarmMode,
    AlarmSnapshot,
    AlarmState,
    Delays,
)
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

pytestmark = pytest.mark.long

SNAPSHOT = AlarmSnapshot(
    mode=AlarmMode.AWAY,
    state=AlarmState.TRIGGERED,
    began_at=1_790_000_000.0,
    lasts_s=180.0,
    changed_at=1_790_000_000.0,
    changed_by="Ann",
    cause=Cause(by="Front door"),
    bypassed=("x",),
).as_dict()
TRIES = {"wrong": 0, "last_at": 0.0}
ODD = (None, True, -1, 10**400, "x", "nan", [], [1], {}, {"by": 5}, {"nobody": 1})
WHOLE = (
    *("[]", "{}", "null", "5", '"text"', '{"version": "x"}', '{"version": 2}', "no json", ""),
    *('{"version": 77, "minor_version": 1, "key": "x", "data": {}}', "\x00" * 50),
    *('{"version": null, "data": []}', '{"version": 2, "minor_version": null, "data": {}}'),
)


REAL = {name: getattr(Store, name) for name in ("_async_load", "_async_write_data")}
"""The stores that the tests' Home Assistant holds in memory otherwise."""


@pytest.fixture(autouse=True)
def _on_disk() -> Iterator[None]:
    with ExitStack() as stack:
        for name, real in REAL.items():
            stack.enter_context(patch.object(Store, name, real))
        yield


def envelope(data: Any, version: int = 2) -> str:
    return json.dumps({"version": version, "minor_version": 1, "key": "x", "data": data})


@pytest.fixture
def path_of(hass: HomeAssistant, config_dir: Path, _on_disk: None) -> Callable[[str], Path]:
    """Return the path of a store; Home Assistant reads it from the disk."""

    def path(name: str) -> Path:
        (config_dir / ".storage").mkdir(exist_ok=True)
        get_internal_store_manager(hass).async_invalidate(f"homesec.{name}")
        return config_dir / ".storage" / f"homesec.{name}"

    return path


@pytest.fixture
def store(path_of: Callable[[str], Path]) -> Callable[[str, str], Path]:
    """Write the file of a store."""

    def write(name: str, text: str) -> Path:
        path = path_of(name)
        path.write_text(text)
        return path

    return write


def alarm_state(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    found = hass.states.get(entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id))
    assert found is not None
    return found.state


def issue_of(issue_registry: ir.IssueRegistry) -> str | None:
    issue = issue_registry.async_get_issue(DOMAIN, "alarm_state")
    return issue.translation_key if issue else None


# --- files ---


@pytest.mark.parametrize("text", WHOLE)
@pytest.mark.parametrize("name", ["alarm", "snooze"])
async def test_damaged_store_does_not_block_setup(
    hass: HomeAssistant, entry: MockConfigEntry, store: Callable, name: str, text: str
) -> None:
    store(name, text)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.host.ready
    # A new store replaces it.
    await arm(hass, entry)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert alarm_state(hass, entry) == "armed_away"


@pytest.mark.parametrize("name", ["alarm", "snooze"])
@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to(path)])
async def test_folder_in_place_of_store_is_renamed(
    hass: HomeAssistant, entry: MockConfigEntry, path_of: Callable, name: str, make: Callable
) -> None:
    make(path := path_of(name))
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await arm(hass, entry)
    assert alarm_state(hass, entry) == "armed_away"
    assert any(p.name.startswith(f"{path.name}.corrupt.") for p in path.parent.iterdir())


# --- the alarm ---


@pytest.mark.parametrize("key", [key for key in SNAPSHOT if key != "mode"])
@pytest.mark.parametrize("value", ["missing", *ODD], ids=repr)
def test_damaged_snapshot_keeps_armed_mode(key: str, value: Any) -> None:
    snapshot = {k: v for k, v in SNAPSHOT.items() if k != key or value != "missing"}
    if key in snapshot:
        snapshot[key] = value
    try:
        read = AlarmSnapshot.from_dict(snapshot)
    except KeyError, TypeError, ValueError:
        read = AlarmSnapshot.from_mode(snapshot, now=5.0)
        assert (read.state, read.began_at) == (AlarmState.ARMED, 5.0)
    assert read.mode is AlarmMode.AWAY


async def test_damaged_state_keeps_mode_and_raises_issue(
    hass: HomeAssistant, entry: MockConfigEntry, store: Callable, issue_registry: ir.IssueRegistry
) -> None:
    store("alarm", envelope({"facts": SNAPSHOT | {"began_at": "soon"}, "tries": TRIES}))
    await set_up(hass, entry)
    assert alarm_state(hass, entry) == "armed_away"
    assert issue_of(issue_registry) == "alarm_state_damaged"


@pytest.mark.parametrize("snapshot", [None, [], {"mode": "?"}, "away", {"mode": ["away"]}])
async def test_lost_mode_disarms_and_raises_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    store: Callable,
    issue_registry: ir.IssueRegistry,
    snapshot: Any,
) -> None:
    store("alarm", envelope({"facts": snapshot, "tries": TRIES}))
    await set_up(hass, entry)
    assert alarm_state(hass, entry) == "disarmed"
    assert issue_of(issue_registry) == "alarm_state_lost"


async def test_state_of_newer_version_keeps_mode(
    hass: HomeAssistant, entry: MockConfigEntry, store: Callable
) -> None:
    store("alarm", envelope({"facts": {"mode": "night", "news": 1}}, version=9))
    await set_up(hass, entry)
    assert alarm_state(hass, entry) == "armed_night"


@pytest.mark.parametrize("tries", [None, [], {}, {"wrong": "x", "last_at": 0}, {"wrong": 1e300}])
async def test_damaged_tries_keep_alarm_state(
    hass: HomeAssistant, entry: MockConfigEntry, store: Callable, tries: Any
) -> None:
    snapshot = SNAPSHOT | {"began_at": dt_util.utcnow().timestamp()}
    store("alarm", envelope({"facts": snapshot, "tries": tries}))
    await set_up(hass, entry)
    assert alarm_state(hass, entry) == "triggered"


CLOCKS = StubClock(now=lambda: 1_790_000_000.0, monotonic=lambda: 50.0)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["away", "armed", "pending", "triggered", "arming", "disarmed", *ODD]),
    st.lists(st.text(max_size=3), max_size=2),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*SNAPSHOT]), values))
def test_any_snapshot_read_can_be_disarmed(changes: dict[str, Any]) -> None:
    try:
        snapshot = AlarmSnapshot.from_dict(SNAPSHOT | changes)
    except KeyError, TypeError, ValueError:
        snapshot = AlarmSnapshot.from_mode(SNAPSHOT | changes, now=CLOCKS.now())
    alarm = Alarm(
        clock=CLOCKS, delays=lambda _mode: Delays(), on_state=lambda *_: None, snapshot=snapshot
    )
    alarm.advance()
    json.dumps(alarm.snapshot.as_dict(), allow_nan=False)
    alarm.detect(Cause(by="x"))
    alarm.disarm()
    assert alarm.state is AlarmState.DISARMED


tries = st.fixed_dictionaries(
    {}, optional={"wrong": values, "last_at": values, "right_at": values, "x": values}
)
counts = values | st.dictionaries(st.sampled_from(["user:1", "1"]), values | tries, max_size=2)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values, values, counts, counts)
def test_any_wrong_tries_read_end_in_an_hour(
    wrong: Any, last_at: Any, principals: Any, administrators: Any
) -> None:
    lockouts = Lockouts(CLOCKS)
    stored = {
        "wrong": wrong,
        "last_at": last_at,
        "principals": principals,
        "administrators": administrators,
    }
    try:
        lockouts.load(stored)
    except AttributeError, KeyError, TypeError, ValueError:
        return
    for principal in (Principal("user:1"), Principal("user:1/x", admin_id="1")):
        assert 0 <= lockouts.remaining_s(principal) <= 3600
    json.dumps(lockouts.as_dict(), allow_nan=False)


# --- snoozed cameras ---


@pytest.mark.parametrize(
    "until", [None, [], {CAMERA_ID: "x"}, {CAMERA_ID: 10**400}, {CAMERA_ID: 1e300}, {"": None}]
)
async def test_damaged_snooze_time_ends_snooze(
    hass: HomeAssistant, entry: MockConfigEntry, store: Callable, until: Any
) -> None:
    store("snooze", envelope({"until": until}, version=1))
    await set_up(hass, entry)
    assert entry.runtime_data.alerts.snoozed_until(CAMERA_ID) is None
