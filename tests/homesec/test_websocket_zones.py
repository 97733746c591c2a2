"""The page's drawing board: zones are read, tried on live pictures, and saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    DRIVE,
    PERSON,
    ROAD,
    ScriptedDetector,
    arm,
    entity_id,
    pictures,
    set_up,
    until,
)
from page import Page
import pytest

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

UNKNOWN_ID = "01K0CAMERA0000000000000005"
SQUARE = [[0.1, 0.1], [0.6, 0.1], [0.6, 0.6], [0.1, 0.6]]
PORCH = {"name": "Porch", "kind": "required", "polygon": SQUARE, "labels": [], "loiter_s": 2}


@pytest.fixture
async def runtime(hass: HomeAssistant, entry: MockConfigEntry, socket_enabled: None) -> Any:
    """A house whose camera has zones."""
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "labels": ["person", "cat"], "zones": [DRIVE, ROAD]}
    object.__setattr__(subentry, "data", data)
    await set_up(hass, entry)
    return entry.runtime_data


@pytest.fixture
async def page(hass: HomeAssistant, runtime: Any, hass_ws_client: WebSocketGenerator) -> Page:
    """The owner's page."""
    return Page(await hass_ws_client(hass))


@pytest.fixture
async def reader(
    hass: HomeAssistant,
    runtime: Any,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> Page:
    """The page of somebody who may only look."""
    return Page(await hass_ws_client(hass, hass_read_only_access_token))


def stored(entry: MockConfigEntry) -> Any:
    return entry.subentries[CAMERA_ID].data["zones"]


# --- get ---------------------------------------------------------------------------------------


async def test_zones_are_told_with_the_picture_to_draw_on(
    hass: HomeAssistant, reader: Page
) -> None:
    assert await reader.ask("zones/get", camera_id=CAMERA_ID) == {
        "zones": [DRIVE, ROAD],
        "labels": ["person", "cat"],
        "picture": f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}",
    }


@pytest.mark.parametrize("camera_id", [UNKNOWN_ID, "../x", "' OR 1=1", "\0"])
async def test_of_no_such_camera_there_are_none(page: Page, camera_id: str) -> None:
    for command, more in (("get", {}), ("save", {"zones": []}), ("preview", {"zones": []})):
        error = await page.refused(f"zones/{command}", camera_id=camera_id, **more)
        assert (error["code"], error["translation_key"]) == ("not_found", "camera_not_found")


# --- save --------------------------------------------------------------------------------------


async def test_what_was_drawn_is_saved_and_read_again(page: Page, entry: MockConfigEntry) -> None:
    zones = [PORCH, {**DRIVE, "name": " Drive "}]
    assert await page.ask("zones/save", camera_id=CAMERA_ID, zones=zones) == {}
    assert stored(entry) == [PORCH, DRIVE]
    assert (await page.ask("zones/get", camera_id=CAMERA_ID))["zones"] == [PORCH, DRIVE]


async def test_a_zone_needs_no_more_than_a_name_a_kind_and_corners(
    page: Page, entry: MockConfigEntry
) -> None:
    zone = {key: PORCH[key] for key in ("name", "kind", "polygon")}
    await page.ask("zones/save", camera_id=CAMERA_ID, zones=[zone])
    assert stored(entry) == [{**PORCH, "loiter_s": 0}]


async def test_the_camera_goes_on_with_the_new_zones(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry, runtime: Any
) -> None:
    await arm(hass, entry)
    await pictures(hass, entry)
    sessions = runtime.host.engine._sessions
    before = sessions[CAMERA_ID]
    await page.ask("zones/save", camera_id=CAMERA_ID, zones=[PORCH])
    await until(hass, lambda: [zone.name for zone in before[0].config.zones] == ["Porch"])
    assert sessions[CAMERA_ID] is before


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 41}, "x" * 41),
        ({"polygon": SQUARE[:2]}, "Porch"),
        ({"polygon": [[0, 0], [1.5, 0], [1, 1]]}, "Porch"),
        ({"polygon": [[0, 0], [0, 0], [0, 0]]}, "Porch"),
        ({"polygon": SQUARE * 20}, "Porch"),
        ({"labels": ["dragon"]}, "dragon"),
        ({"name": "drive"}, "drive"),
    ],
)
async def test_zones_that_cannot_be_are_refused_in_the_forms_words(
    page: Page, entry: MockConfigEntry, change: dict[str, Any], text: str
) -> None:
    zones = [DRIVE, {**PORCH, **change}]
    for command in ("save", "preview"):
        error = await page.refused(f"zones/{command}", camera_id=CAMERA_ID, zones=zones)
        assert error["code"] == "service_validation_error"
        assert text in error["message"]
        assert "{" not in error["message"]
    assert stored(entry) == [DRIVE, ROAD]


@pytest.mark.parametrize(
    "zones",
    [
        None,
        "x",
        [1],
        [{}],
        [{**PORCH, "kind": "moat"}],
        [{**PORCH, "polygon": [[0, 0, 0]]}],
        [{**PORCH, "polygon": [["a", "b"]]}],
        [{**PORCH, "polygon": [[1e300, 0]]}],
        [{**PORCH, "polygon": [[0, 0]] * 201}],
        [{**PORCH, "loiter_s": -1}],
        [{**PORCH, "loiter_s": 1e9}],
        [{**PORCH, "name": "x" * 201}],
        [{**PORCH, "password": "x"}],
        [PORCH] * 201,
    ],
)
async def test_what_is_no_zone_at_all_is_refused(
    page: Page, entry: MockConfigEntry, zones: Any
) -> None:
    for command in ("save", "preview"):
        error = await page.refused(f"zones/{command}", camera_id=CAMERA_ID, zones=zones)
        assert error["code"] == "invalid_format"
    assert stored(entry) == [DRIVE, ROAD]


async def test_only_an_administrator_draws(reader: Page, entry: MockConfigEntry) -> None:
    for command in ("save", "preview"):
        error = await reader.refused(f"zones/{command}", camera_id=CAMERA_ID, zones=[PORCH])
        assert error["code"] == "unauthorized"
    assert stored(entry) == [DRIVE, ROAD]


# --- preview -----------------------------------------------------------------------------------


async def test_live_pictures_show_what_zones_would_do_before_they_are_saved(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await arm(hass, entry)
    await pictures(hass, entry)
    detector.sees = [PERSON, CAT]
    everything = {**ROAD, "name": "All", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    number = await page.subscribe(
        "zones/preview", camera_id=CAMERA_ID, zones=[{**everything, "labels": ["cat"]}, DRIVE]
    )
    news = await page.news(lambda x: len(x.get("boxes", ())) == 2)
    told = {each["label"]: each for each in news["boxes"]}
    assert news["at"] > 0
    assert told["person"]["counts"]
    assert (told["cat"]["counts"], told["cat"]["zones"]) == (False, ["All"])
    assert told["person"]["score"] == 0.87
    assert len(told["person"]["box"]) == 4
    assert stored(entry) == [DRIVE, ROAD]
    await page.unsubscribe(number)
    detector.sees = []


async def test_of_a_camera_that_is_off_there_is_nothing_to_see_yet(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    detector.sees = [PERSON]
    await page.subscribe("zones/preview", camera_id=CAMERA_ID, zones=[])
    news = await page.news(lambda _: True)
    assert (news["boxes"], news["error"]) == ([], "camera_not_running")
    await arm(hass, entry)
    news = await page.news(lambda x: x["boxes"])
    assert "error" not in news
    detector.sees = []


async def test_nobody_looks_any_more_when_the_page_is_closed_or_the_house_unloaded(
    hass: HomeAssistant, page: Page, entry: MockConfigEntry
) -> None:
    await page.subscribe("zones/preview", camera_id=CAMERA_ID, zones=[])
    await page.news(lambda _: True)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await page.news(lambda x: "unavailable" in x) == {"unavailable": True}
    error = await page.refused("zones/preview", camera_id=CAMERA_ID, zones=[])
    assert error["translation_key"] == "engine_not_running"
    await page.client.close()
