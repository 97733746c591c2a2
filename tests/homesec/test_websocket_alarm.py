"""Commands that arm and disarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, NAMES, PINS, WRONG, panel, with_alarm
from homeassistant.auth.permissions import PolicyPermissions
from homesec_fixtures import set_up
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alarm.pins import PinKind

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

ANN = CODES[PinKind.FULL]


@pytest.fixture
def entry(entry: MockConfigEntry, socket_enabled: None) -> MockConfigEntry:
    """An entry without cameras and with a PIN of each kind."""
    object.__setattr__(entry, "subentries", {})
    return with_alarm(entry, pins=PINS)


@pytest.fixture
async def page(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> PageClient:
    """The page of an administrator."""
    await set_up(hass, entry)
    return PageClient(await hass_ws_client(hass))


def shown(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[str, str | None]:
    """Return the panel's state and who changed it."""
    state = hass.states.get(panel(hass, entry))
    return state.state, state.attributes["changed_by"]


async def test_commands_arm_and_disarm_without_an_action_call(
    hass: HomeAssistant, entry: MockConfigEntry, page: PageClient, hass_admin_user: MockUser
) -> None:
    calls = async_capture_events(hass, "call_service")
    assert await page.call("alarm/arm", mode="away") == {}
    assert shown(hass, entry) == ("armed_away", hass_admin_user.name)
    assert await page.call("alarm/disarm", password=ANN) == {}
    assert shown(hass, entry) == ("disarmed", NAMES[PinKind.FULL])
    assert not calls


async def test_arm_command_skips_exit_delay_if_asked(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, with_alarm(entry, alarm={"delays": {"away": {"exit_s": 30}}}))
    page = PageClient(await hass_ws_client(hass))
    await page.call("alarm/arm", mode="away")
    assert shown(hass, entry)[0] == "arming"
    await page.call("alarm/disarm", password=ANN)
    await page.call("alarm/arm", mode="away", skip_delay=True)
    assert shown(hass, entry)[0] == "armed_away"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "code_missing"),
        ({"password": ""}, "code_missing"),
        ({"password": None}, "code_missing"),
        ({"password": WRONG}, "wrong_code"),
        ({"password": int(WRONG)}, "wrong_code"),
        ({"password": [ANN]}, "wrong_code"),
        ({"password": CODES[PinKind.ARM]}, "wrong_code"),
    ],
)
async def test_disarm_command_refuses_missing_and_wrong_pins(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    page: PageClient,
    caplog: pytest.LogCaptureFixture,
    given: dict[str, Any],
    key: str,
) -> None:
    await page.call("alarm/arm", mode="away")
    error = await page.call_refused("alarm/disarm", **given)
    assert (error["code"], error["translation_key"]) == ("service_validation_error", key)
    assert shown(hass, entry)[0] == "armed_away"
    assert WRONG not in str(error) + caplog.text
    assert ANN not in str(error) + caplog.text


@pytest.mark.parametrize("command", ["arm", "disarm"])
async def test_alarm_commands_need_control_permission(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    page: PageClient,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    command: str,
) -> None:
    read_only = PolicyPermissions({"entities": {"all": {"read": True}}}, None)
    hass_read_only_user.permissions = read_only
    reader = PageClient(await hass_ws_client(hass, hass_read_only_access_token))
    fields = {"mode": "away"} if command == "arm" else {}
    error = await reader.call_refused(f"alarm/{command}", password=ANN, **fields)
    assert error["code"] == "unauthorized"
    assert shown(hass, entry)[0] == "disarmed"


async def test_alarm_command_while_unloaded_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, page: PageClient
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    error = await page.call_refused("alarm/disarm", password=ANN)
    assert error["translation_key"] == "engine_not_running"


@pytest.mark.parametrize("fields", [{"mode": "disarmed"}, {}, {"mode": "away", "code": ANN}])
async def test_malformed_alarm_command_is_refused(
    page: PageClient, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    error = await page.call_refused("alarm/arm", **fields)
    assert error["code"] == "invalid_format"
