"""Notify actions that only log that nothing went out: an alert is undelivered all the same."""

from __future__ import annotations

from http import HTTPStatus
import logging
from typing import TYPE_CHECKING, Any

from alert_automations import automate, count, failing, issues, raise_alert, settle
from homeassistant.components.clicksend import notify as clicksend
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homesec_fixtures import set_up
from push_service import PushService, push_service
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alerts.notify_calls import integration_of, senders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

ALERT = {"trigger": "homesec.alert"}
TELLS = "automation.tell_me"
REPAIR = {f"undelivered_{TELLS}": "alert_automation_failed"}
MESSAGE = {"data": {"message": "x"}}
LOGIN = {"username": "x", "api_key": "x", "recipient": "+15550001111"}


@pytest.fixture
def lost(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alert_undelivered")


@pytest.fixture
def bare(entry: MockConfigEntry) -> MockConfigEntry:
    object.__setattr__(entry, "subentries", {})
    return entry


@pytest.fixture
def service(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    with push_service() as service:
        monkeypatch.setattr(clicksend, "BASE_API_URL", service.url.rstrip("/"))
        yield service


async def add_ways(hass: HomeAssistant, service: PushService) -> None:
    """Set up actions of Home Assistant that raise nothing when a message isn't taken."""
    texts = {"platform": "clicksend", "name": "texts", **LOGIN}
    family = {"platform": "group", "name": "family", "services": [{"action": "texts"}]}
    push = {"url": service.url, "method": "post", "payload": "{}"}
    assert await async_setup_component(hass, "notify", {"notify": [texts, family]})
    assert await async_setup_component(hass, "rest_command", {"rest_command": {"push": push}})
    shell = {"fails": "test ! -e /"}
    assert await async_setup_component(hass, "shell_command", {"shell_command": shell})
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("item_id", ["tell", None])
@pytest.mark.parametrize(
    "action",
    [
        {"action": "notify.texts", **MESSAGE},  # logs in a thread
        {"action": "notify.family", **MESSAGE},
        {"action": "rest_command.push"},
        {"action": "shell_command.fails"},
    ],
    ids=lambda action: action["action"],
)
async def test_action_that_only_logs_is_noticed_once_and_heals(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    issue_registry: ir.IssueRegistry,
    service: PushService,
    action: dict[str, Any],
    item_id: str | None,
) -> None:
    await add_ways(hass, service)
    service.status = HTTPStatus.TOO_MANY_REQUESTS
    await set_up(hass, bare)
    await automate(hass, ALERT, action, item_id=item_id)
    await raise_alert(hass, bare)
    assert [event.data["automation"] for event in lost] == [TELLS]
    assert issues(issue_registry) == REPAIR
    assert (count(hass, bare), failing(hass, bare)) == (1, ["Tell me"])
    await settle(hass)
    assert failing(hass, bare) == ["Tell me"]
    if action["action"] == "shell_command.fails":
        return
    service.status = HTTPStatus.OK
    await raise_alert(hass, bare)
    await settle(hass)
    assert issues(issue_registry) == {}
    assert len(lost) == 1


async def test_error_of_an_integration_that_was_not_asked_to_send_is_no_lost_alert(
    hass: HomeAssistant, bare: MockConfigEntry, lost: list[Event], service: PushService
) -> None:
    await add_ways(hass, service)
    service.status = HTTPStatus.OK
    await set_up(hass, bare)
    await automate(hass, ALERT, {"action": "notify.family", **MESSAGE})
    await raise_alert(hass, bare)
    logging.getLogger("homeassistant.components.slack.notify").error("A poll failed")
    await settle(hass)
    assert not lost


@pytest.mark.parametrize("item_id", ["tell", None])
@pytest.mark.parametrize("action", ["notify.texts", "rest_command.push"])
async def test_failure_of_another_automation_is_not_counted_for_ours(
    hass: HomeAssistant,
    bare: MockConfigEntry,
    lost: list[Event],
    service: PushService,
    item_id: str | None,
    action: str,
) -> None:
    await add_ways(hass, service)
    await set_up(hass, bare)
    named = {} if item_id is None else {"id": item_id}
    ours = {"alias": "Ours", "triggers": ALERT, "actions": [{"event": "told"}], **named}
    doorbell = {"trigger": "event", "event_type": "doorbell"}
    data = MESSAGE if action == "notify.texts" else {}
    sends = {"action": action, **data}
    other = {"id": "other", "alias": "Other", "triggers": doorbell, "actions": [sends]}
    assert await async_setup_component(hass, "automation", {"automation": [ours, other]})
    service.status = HTTPStatus.TOO_MANY_REQUESTS
    await raise_alert(hass, bare)
    hass.bus.async_fire("doorbell")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert service.taken
    await settle(hass)
    assert not lost


@pytest.mark.parametrize(
    ("module", "integration"),
    [
        ("homeassistant.components.smtp.notify", "smtp"),
        ("homeassistant.components.command_line", "command_line"),
        ("custom_components.pager.api.client", "pager"),
        ("homeassistant.helpers.service", None),
        ("aiohttp.access", None),
    ],
)
def test_logger_belongs_to_its_integration(module: str, integration: str | None) -> None:
    assert integration_of(module) == integration


async def test_senders_of_entities_are_the_integrations_that_have_them(
    hass: HomeAssistant,
) -> None:
    registry = er.async_get(hass)
    made = [registry.async_get_or_create("notify", name, "1").entity_id for name in ("ntfy", "a")]
    assert senders(hass, "send_message", {"entity_id": made}) == {"ntfy", "a"}
    assert senders(hass, "send_message", {"entity_id": "notify.gone"}) == set()
    assert senders(hass, "send_message", {"area_id": "hall"}) == set()
    assert senders(hass, "gone", {}) == set()
