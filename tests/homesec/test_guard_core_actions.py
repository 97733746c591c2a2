"""Home Assistant's own actions that weaken an armed alarm: HomeSec can only tell of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
import shutil
from typing import TYPE_CHECKING

from clip_factory import EVENING, ClipFactory
from guard_fixtures import armed
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homesec_fixtures import arm, entity_id, pictures, set_up
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

BLUEPRINT = Path(__file__).parents[2] / "blueprints/automation/homesec/phone_buttons.yaml"
TRACE = {"source": "user", "by": "Guest", "mode": "away"}


@pytest.fixture
def guest(hass: HomeAssistant) -> Context:
    user = MockUser(name="Guest").add_to_hass(hass)
    user.permissions = PolicyPermissions({"entities": {"all": True}}, None)
    return Context(user_id=user.id)


@pytest.fixture
def weakened(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_weakened")


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alert")


async def snapshot(hass: HomeAssistant, guest: Context, filename: str) -> None:
    data = {"entity_id": entity_id(hass, "camera", "camera"), "filename": filename}
    await hass.services.async_call("camera", "snapshot", data, blocking=True, context=guest)
    await hass.async_block_till_done()


@pytest.mark.parametrize("written", ["{path}", "{{{{ '{path}' }}}}", "{folder}/../homesec/{name}"])
async def test_picture_written_over_a_clip_is_announced(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    guest: Context,
    weakened: list[Event],
    alerts: list[Event],
    written: str,
) -> None:
    await armed(hass, entry)
    await pictures(hass, entry)
    clip = await ClipFactory(entry, video).put(EVENING)
    folder = entry.runtime_data.host.clips_dir
    path = folder / clip.path
    hass.config.allowlist_external_dirs.add(str(folder.parent))
    await snapshot(
        hass, guest, written.format(path=path, folder=folder, name=path.relative_to(folder))
    )
    assert path.read_bytes().startswith(b"\xff\xd8"), "Home Assistant may do it"
    [trace] = weakened
    assert (TRACE | {"action": "clips_deleted"}).items() <= trace.data.items()
    await snapshot(hass, guest, str(path))
    assert len(weakened) == 2
    assert [alert.data["kind"] for alert in alerts] == ["settings"], "one alert for all of them"


async def test_picture_elsewhere_or_while_disarmed_is_no_news(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    config_dir: Path,
    guest: Context,
    weakened: list[Event],
) -> None:
    await armed(hass, entry, pins=False)
    media = config_dir / "media"
    hass.config.allowlist_external_dirs.add(str(media))
    await snapshot(hass, guest, str(media / "porch.jpg"))
    await arm(hass, entry, "disarm")
    await snapshot(hass, guest, str(entry.runtime_data.host.clips_dir / "porch.jpg"))
    assert weakened == []


@pytest.mark.parametrize("written", ["{{ 1 / 0 }}", "clip\0.mp4"])
async def test_name_that_cannot_be_written_is_no_news(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: Context,
    weakened: list[Event],
    caplog: pytest.LogCaptureFixture,
    written: str,
) -> None:
    await armed(hass, entry)
    with suppress(HomeAssistantError, ValueError):
        await snapshot(hass, guest, written)
    await hass.async_block_till_done()
    assert weakened == []
    assert "action_watch" not in caplog.text


async def test_automation_that_notifies_is_turned_off_with_a_trace(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    config_dir: Path,
    guest: Context,
    weakened: list[Event],
    alerts: list[Event],
) -> None:
    folder = config_dir / "blueprints/automation/homesec"
    folder.mkdir(parents=True)
    shutil.copy(BLUEPRINT, folder)
    await set_up(hass, entry)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    action = {"action": "test.test"}
    automations = [
        {"alias": "Buttons", "use_blueprint": {"path": "homesec/phone_buttons.yaml", "input": {}}},
        {
            "alias": "Siren",
            "triggers": {"trigger": "state", "entity_id": panel, "to": "triggered"},
            "actions": action,
        },
        {
            "alias": "Lamp",
            "triggers": {"trigger": "event", "event_type": "dusk"},
            "actions": action,
        },
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    everything = {"entity_id": "all"}
    call = hass.services.async_call
    await call("automation", "turn_off", everything, blocking=True, context=guest)
    await call("automation", "turn_on", everything, blocking=True, context=guest)
    await hass.async_block_till_done()
    assert weakened == []
    await arm(hass, entry)
    await call("automation", "turn_off", everything, blocking=True, context=guest)
    await hass.async_block_till_done()
    expected = (TRACE | {"action": "automation_off"}).items()
    assert [expected <= trace.data.items() for trace in weakened] == [True, True]
    told = {alert.data["message"].partition(" at ")[0] for alert in alerts}
    assert told == {"Automation turned off (Buttons)", "Automation turned off (Siren)"}
