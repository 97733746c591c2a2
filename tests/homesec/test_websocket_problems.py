"""What is wrong, as the page's status subscription sends it."""

from __future__ import annotations

import json
from pathlib import Path
import random
from typing import TYPE_CHECKING, Any
from unittest.mock import PropertyMock, patch

from homeassistant.helpers import issue_registry as ir
from homesec_fixtures import CAMERA_ID, arm, guard, set_up
from page_client import PageClient
import pytest
from recipient_fixtures import recipient, set_up_recipients

from custom_components.homesec import issues
from custom_components.homesec.alerts.recipients import Recipients
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.events import (
    DetectorChanged,
    DiskSpaceChanged,
    HealthChanged,
    ModelProgress,
)
from custom_components.homesec.engine.core.types import CameraHealth
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.worker.interface import WorkerStatus
from custom_components.homesec.event_bus import StatsUpdated
from custom_components.homesec.websocket.problems import find_problems

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

    from custom_components.homesec.engine.core.events import EngineEvent

pytestmark = pytest.mark.usefixtures("socket_enabled")

TEXTS = json.loads((Path(issues.__file__).parent / "translations/en.json").read_text())
REPAIRS = "/config/repairs"


class Status:
    """The status subscription of one page."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, page: PageClient) -> None:
        self._hass = hass
        self._entry = entry
        self._page = page

    def report(self, event: EngineEvent) -> None:
        """Have the engine report an event."""
        self._entry.runtime_data.coordinator.async_handle_event(event)

    def raise_issue(self, key: str, issue_id: str | None = None, **more: Any) -> None:
        """Raise a repair issue of HomeSec."""
        entry_id = self._entry.entry_id
        issues.async_raise_issue(self._hass, entry_id, issue_id or key, key, **more)

    async def keys(self, *wanted: str) -> list[str]:
        """Wait until these problems are listed; return all keys."""
        return [each["key"] for each in await self.problems(*wanted)]

    async def problems(self, *wanted: str) -> list[dict[str, Any]]:
        """Wait until exactly these problems are listed; return them."""

        def matches(status: dict[str, Any]) -> bool:
            keys = [each["key"] for each in status.get("problems", ())]
            return "problems" in status and sorted(keys) == sorted(wanted)

        found: list[dict[str, Any]] = (await self._page.next_event(matches))["problems"]
        return found


async def subscribe(hass: HomeAssistant, entry: MockConfigEntry, page: PageClient) -> Status:
    await page.call("house/subscribe")
    return Status(hass, entry, page)


@pytest.fixture
async def status(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> Status:
    """The subscription of an administrator, without problems."""
    await set_up(hass, entry)
    subscribed = await subscribe(hass, entry, PageClient(await hass_ws_client(hass)))
    await subscribed.problems()
    return subscribed


async def test_every_repair_issue_is_listed_and_leaves_again(
    hass: HomeAssistant, status: Status
) -> None:
    keys = [*TEXTS["issues"], "one_that_comes_later"]
    for key in keys:
        status.raise_issue(key, placeholders={"camera": "Garden"})
    found = await status.problems(*keys)
    assert all(each["repair"] and each["link"] == REPAIRS for each in found)
    assert all(each["placeholders"] == {"camera": "Garden"} for each in found)
    for key in keys:
        ir.async_delete_issue(hass, DOMAIN, key)
    await status.problems()


async def test_serious_problems_come_first(status: Status) -> None:
    for key, severity in (
        ("camera_many_clips", ir.IssueSeverity.WARNING),
        ("disk_full", ir.IssueSeverity.ERROR),
        ("camera_broken", ir.IssueSeverity.CRITICAL),
    ):
        status.raise_issue(key, severity=severity)
    keys = await status.keys("camera_broken", "disk_full", "camera_many_clips")
    assert keys == ["camera_broken", "disk_full", "camera_many_clips"]


async def test_ignored_repair_is_marked(hass: HomeAssistant, status: Status) -> None:
    status.raise_issue("disk_full")
    assert [each["ignored"] for each in await status.problems("disk_full")] == [False]
    ir.async_ignore_issue(hass, DOMAIN, "disk_full", True)
    while not (await status.problems("disk_full"))[0]["ignored"]:
        pass


async def test_issues_of_other_integrations_are_left_out(
    hass: HomeAssistant, status: Status
) -> None:
    ir.async_create_issue(
        hass,
        "backup",
        "failed",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="failed",
    )
    status.raise_issue("disk_full")
    await status.problems("disk_full")


async def test_lost_camera_is_listed_before_its_repair(
    hass: HomeAssistant, entry: MockConfigEntry, status: Status
) -> None:
    lost = HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.LOST, error="no_route")
    status.report(lost)
    [problem] = await status.problems("camera_lost")
    assert (problem["repair"], problem["error"]) == (False, "no_route")
    assert problem["placeholders"] == {"camera": "Front door"}
    device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
    assert problem["link"] == f"/config/devices/device/{device_id}"
    status.raise_issue("camera_login_refused", f"camera_{CAMERA_ID}")
    await status.problems("camera_login_refused")
    ir.async_delete_issue(hass, DOMAIN, f"camera_{CAMERA_ID}")
    status.report(HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.RUNNING))
    await status.problems()


async def test_running_camera_with_error_is_not_watched(status: Status) -> None:
    status.report(HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.RUNNING, error="no_video"))
    await status.problems("camera_not_watched")


async def test_camera_that_is_turned_off_while_armed_is_listed(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await guard(hass, entry)
    status = await subscribe(hass, entry, PageClient(await hass_ws_client(hass)))
    await status.problems()
    entry.runtime_data.cameras.async_set_detection(CAMERA_ID, on=False)
    [problem] = await status.problems("camera_bypassed")
    assert problem["placeholders"] == {"camera": "Front door"}
    await arm(hass, entry, "disarm")
    await status.problems()


async def test_detector_on_its_way_is_listed(status: Status) -> None:
    status.report(ModelProgress(model="m", have_bytes=40, total_bytes=100))
    [problem] = await status.problems("detector_downloading")
    assert problem["placeholders"] == {"progress": "40"}
    status.report(ModelProgress(model="m", have_bytes=100, total_bytes=100))
    await status.problems("detector_preparing")
    status.report(DetectorChanged(ready=True, detector="ncnn", model="m"))
    await status.problems()


async def test_full_disk_is_listed_once(status: Status) -> None:
    status.report(DiskSpaceChanged(low=True, free_bytes=5))
    await status.problems("disk_nearly_full")
    status.report(DiskSpaceChanged(low=False, free_bytes=5 << 30))
    await status.problems()


async def test_failing_uploads_are_listed_before_their_repair(
    entry: MockConfigEntry, status: Status
) -> None:
    entry.runtime_data.storage.state.login_error = "storage_unreachable"
    status.report(StatsUpdated())
    [problem] = await status.problems("uploads_failing")
    assert problem["error"] == "storage_unreachable"
    status.raise_issue("storage_denied", "storage")
    await status.problems("storage_denied")


async def test_worker_that_restarts_is_listed(entry: MockConfigEntry, status: Status) -> None:
    with patch.object(
        HomeSecEngine,
        "worker_status",
        new_callable=PropertyMock,
        return_value=WorkerStatus(restarts=3, running=0),
    ):
        status.report(StatsUpdated())
        await status.problems("worker_restarting")
    status.report(StatsUpdated())
    await status.problems()


async def test_engine_that_has_not_started_is_listed(
    hass: HomeAssistant, entry: MockConfigEntry, status: Status
) -> None:
    await entry.runtime_data.host.async_stop()
    status.report(StatsUpdated())
    await status.problems("starting")
    status.raise_issue("start_disk_full", issues.ISSUE_ENGINE)
    await status.problems("start_disk_full")


async def test_recipient_concerns_administrators_only(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Otherwise the engine may report at any moment that all is well.
    stuck = False
    monkeypatch.setattr(Recipients, "is_stuck", lambda *_: stuck)
    await set_up_recipients(hass, entry, recipient("Ann"), armed=False, disarmed="detect")
    admin = await subscribe(hass, entry, PageClient(await hass_ws_client(hass)))
    guest = await subscribe(
        hass, entry, PageClient(await hass_ws_client(hass, hass_read_only_access_token))
    )
    await admin.problems()
    await guest.problems()
    stuck = True
    admin.report(StatsUpdated())
    [problem] = await admin.problems("messages_waiting")
    assert problem["placeholders"] == {"recipient": "Ann"}
    admin.raise_issue("text_denied", "recipient_other", recipient_id="other")
    admin.raise_issue("disk_full")
    await admin.problems("messages_waiting", "text_denied", "disk_full")
    [problem] = await guest.problems("disk_full")
    assert problem["link"] is None


async def test_external_url_is_sent_for_links(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    for url in (None, "https://home.example.org"):
        await hass.config.async_update(external_url=url)
        page = PageClient(await hass_ws_client(hass))
        await page.call("house/subscribe")
        assert (await page.next_event(lambda x: "external_url" in x))["external_url"] == url


async def test_problems_are_those_of_any_sequence_of_issues(
    hass: HomeAssistant, entry: MockConfigEntry, status: Status
) -> None:
    rng = random.Random(1)
    keys = rng.sample(list(TEXTS["issues"]), 6)
    severities = list(ir.IssueSeverity)
    expected: dict[str, tuple[ir.IssueSeverity, bool]] = {}
    for _ in range(600):
        key, severity = rng.choice(keys), rng.choice(severities)
        match rng.choice(("raise", "raise", "withdraw", "ignore")):
            case "raise":
                status.raise_issue(key, severity=severity)
                ignored = expected[key][1] if key in expected else False
                expected[key] = severity, ignored
            case "withdraw":
                ir.async_delete_issue(hass, DOMAIN, key)
                expected.pop(key, None)
            case "ignore" if key in expected:
                ignore = rng.choice((True, False))
                ir.async_ignore_issue(hass, DOMAIN, key, ignore)
                expected[key] = expected[key][0], ignore
        found = find_problems(entry.runtime_data)
        assert {each.key: (each.severity, each.ignored) for each in found} == expected
        ranks = [severities.index(each.severity) for each in found]
        assert ranks == sorted(ranks)
