"""Commands for the page's charts: timeline and visits."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from clip_factory import EVENING, ClipFactory
from homesec_fixtures import CAMERA_ID, set_up
from page_client import PageClient
import pytest

from custom_components.homesec.engine.core.types import ClipState

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
async def factory(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, socket_enabled: None
) -> ClipFactory:
    """A factory for clips of an entry in Amsterdam."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    return ClipFactory(entry, video)


@pytest.fixture
async def page(
    hass: HomeAssistant,
    factory: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> PageClient:
    """The page of a user with read-only permissions, which suffice here."""
    return PageClient(await hass_ws_client(hass, hass_read_only_access_token))


async def visit(
    factory: ClipFactory, *when: int, camera_id: str = CAMERA_ID, label: str = "cat"
) -> None:
    """Add a visit at a local time in Amsterdam."""
    at = datetime(*when, tzinfo=AMSTERDAM).timestamp()  # type: ignore[arg-type,misc]
    visits = factory.library.catalog.visits
    await factory.runtime.host.async_run_raw(visits.begin, camera_id, label, at, None)


async def test_timeline_returns_spans_by_camera(page: PageClient, factory: ClipFactory) -> None:
    a = await factory.put(EVENING)
    b = await factory.put(EVENING + 60, camera_id="other", label="cat")
    c = await factory.put(EVENING + 120, state=ClipState.RECORDING, still=False)
    drawn = await page.call("timeline", **{"from": EVENING - 60, "to": EVENING + 600})
    (front, other) = drawn["cameras"]
    recording = front["spans"].pop()
    assert front == {
        "camera_id": CAMERA_ID,
        "spans": [
            {
                "id": a.id,
                "started": a.started_at,
                "ended": a.started_at + 12.4,
                "label": "person",
                "state": "saved",
            }
        ],
    }
    assert [span["id"] for span in other["spans"]] == [b.id]
    assert (recording["id"], recording["state"]) == (c.id, "recording")
    assert recording["ended"] >= c.started_at


async def test_insight_counts_visits_by_local_day_and_hour(
    page: PageClient, factory: ClipFactory
) -> None:
    await visit(factory, 2026, 11, 21, 23, 30)  # a Saturday; in UTC 22:30
    await visit(factory, 2026, 11, 22, 0, 30)  # in UTC still Saturday
    await visit(factory, 2026, 11, 22, 0, 40, label="person")
    await visit(factory, 2026, 11, 22, 0, 50, camera_id="other")
    await visit(factory, 2026, 10, 25, 2, 30)  # the clocks go back
    since, until = (datetime(2026, m, 1, tzinfo=AMSTERDAM).timestamp() for m in (11, 12))
    november = {"from": since, "to": until}
    statistics = await page.call("insight", **november)
    assert statistics["days"] == [
        {"day": "2026-11-21", "camera_id": CAMERA_ID, "label": "cat", "count": 1},
        {"day": "2026-11-22", "camera_id": CAMERA_ID, "label": "cat", "count": 1},
        {"day": "2026-11-22", "camera_id": CAMERA_ID, "label": "person", "count": 1},
        {"day": "2026-11-22", "camera_id": "other", "label": "cat", "count": 1},
    ]
    assert [len(hours) for hours in statistics["hours"]] == [24] * 7
    assert (statistics["hours"][5][23], statistics["hours"][6][0]) == (1, 3)
    assert sum(map(sum, statistics["hours"])) == 4
    cats = await page.call("insight", **november, labels=["cat"], cameras=[CAMERA_ID])
    assert sum(each["count"] for each in cats["days"]) == 2
    assert sum(map(sum, cats["hours"])) == 2


@pytest.mark.parametrize("command", ["timeline", "insight"])
@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({}, "invalid_format"),
        ({"from": 1}, "invalid_format"),
        ({"from": "x", "to": 2}, "invalid_format"),
        ({"from": -1, "to": 2}, "invalid_format"),
        ({"from": 1, "to": 1e99}, "invalid_format"),
        ({"from": 2, "to": 2}, "service_validation_error"),
        ({"from": 0, "to": 2e8}, "service_validation_error"),
    ],
)
async def test_invalid_time_span_is_refused(
    page: PageClient, command: str, span: dict[str, Any], code: str
) -> None:
    assert (await page.call_refused(command, **span))["code"] == code
