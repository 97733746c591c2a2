"""One notification for each alert, and a silent update in its place."""

from __future__ import annotations

from pathlib import Path
import shutil
from typing import TYPE_CHECKING, Any

from alarm_fixtures import FastClock, with_alarm
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, DRIVE, PERSON, guard, until
from push_service import PushService, add_phone, push_service
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

pytestmark = pytest.mark.usefixtures("blueprint")

BLUEPRINT = Path("blueprints/automation/homesec/phone_alert.yaml")
ZONES = [
    {**DRIVE, "name": f"Zone {n}", "loiter_s": n * 0.3, "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    for n in range(4)
]


@pytest.fixture
def push(socket_enabled: None) -> Iterator[PushService]:
    with push_service() as service:
        yield service


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    clock = FastClock()
    monkeypatch.setattr("custom_components.homesec.alarm.controller.SystemClock", clock)
    return clock


@pytest.fixture
def blueprint(config_dir: Path) -> None:
    """Import the blueprint."""
    folder = config_dir / "blueprints/automation/homesec"
    folder.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[2] / BLUEPRINT, folder)


async def with_phone(hass: HomeAssistant, push: PushService) -> None:
    """Register a phone, and create an automation for it from the blueprint."""
    phone = await add_phone(hass, push)
    use = {"path": "homesec/phone_alert.yaml", "input": {"phone": phone}}
    config = {"id": "phone", "alias": "Phone", "use_blueprint": use}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()


def is_silent(pushed: dict[str, Any]) -> bool:
    data = pushed["data"]
    return bool(data.get("alert_once")) and data["push"].get("interruption-level") == "passive"


async def visit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    until_seen: Any,
) -> None:
    detector.sees = [PERSON]
    await until(hass, until_seen)
    state = entry.runtime_data.cameras[CAMERA_ID]
    await until(hass, lambda: len(state.presences["person"].zones) == len(ZONES))
    detector.sees = []
    await until(hass, lambda: not state.presences and not state.recordings)
    await hass.async_block_till_done()


@pytest.mark.parametrize("alarm_labels", [[], ["person"]])
async def test_visit_is_one_notification_and_one_silent_update(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    updates: list[Event],
    push: PushService,
    alarm_labels: list[str],
) -> None:
    await guard(hass, entry, zones=ZONES, alarm_labels=alarm_labels)
    await with_phone(hass, push)
    await visit(hass, entry, detector, lambda: push.taken)
    await until(hass, lambda: updates and updates[-1].data["clip_ready"])
    await until(hass, lambda: len(push.taken) == 2)
    assert len(updates) > 1  # the zones, for who waits for them
    first, second = push.taken
    assert (is_silent(first), is_silent(second)) == (False, True)
    assert first["data"]["tag"] == second["data"]["tag"]
    assert second["data"]["image"]


async def test_alarm_after_entry_delay_replaces_the_notification_of_its_cause(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    updates: list[Event],
    push: PushService,
) -> None:
    delays = {"away": {"exit_s": 0, "entry_s": 20, "trigger_s": 100}}
    await guard(hass, with_alarm(entry, alarm={"delays": delays}), zones=ZONES)
    await with_phone(hass, push)
    detector.sees = [PERSON]
    await until(hass, lambda: push.taken)
    await fast_clock.skip(hass, entry, 20)
    await until(hass, lambda: len(push.taken) == 2)
    await visit(hass, entry, detector, lambda: True)
    ready = {"seen", "alarm"}
    await until(hass, lambda: {x.data["kind"] for x in updates if x.data["clip_ready"]} == ready)
    await until(hass, lambda: len(push.taken) == 3)
    await hass.async_block_till_done()
    seen, alarm, update = push.taken
    assert [is_silent(each) for each in push.taken] == [False, False, True]
    assert alarm["data"]["channel"] == "alarm_stream"
    assert len({each["data"]["tag"] for each in push.taken}) == 1
    assert update["title"] == alarm["title"] != seen["title"]
