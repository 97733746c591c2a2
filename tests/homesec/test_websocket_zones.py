"""Commands that show, preview, and save zones."""

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
from page_client import PageClient
import pytest

from custom_components.homesec.engine.core.live_time import LIVE_PERIOD_S

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

UNKNOWN_ID = "01K0CAMERA0000000000000005"
SQUARE = [[0.1, 0.1], [0.6, 0.1], [0.6, 0.6], [0.1, 0.6]]
PORCH = {"name": "Porch", "kind": "required", "polygon": SQUARE, "labels": [], "loiter_s": 2}


@pytest.fixture
async def runtime(hass: HomeAssistant, entry: MockConfigEntry, socket_enabled: None) -> Any:
    """The loaded entry, whose camera has zones."""
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "labels": ["person", "cat"], "zones": [DRIVE, ROAD]}
    object.__setattr__(subentry, "data", data)
    await set_up(hass, entry)
    return entry.runtime_data


@pytest.fixture
async def page(hass: HomeAssistant, runtime: Any, hass_ws_client: WebSocketGenerator) -> PageClient:
    """The page of an administrator."""
    return PageClient(await hass_ws_client(hass))


@pytest.fixture
async def reader(
    hass: HomeAssistant,
    runtime: Any,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> PageClient:
    """The page of a user with read-only permissions."""
    return PageClient(await hass_ws_client(hass, hass_read_only_access_token))


def stored(entry: MockConfigEntry) -> Any:
    return without_ids(entry.subentries[CAMERA_ID].data["zones"])


def without_ids(zones: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in zone.items() if key != "id"} for zone in zones]


# --- get ---------------------------------------------------------------------------------------


async def test_get_returns_zones_labels_and_picture(
    hass: HomeAssistant, reader: PageClient
) -> None:
    assert await reader.call("zones/get", camera_id=CAMERA_ID) == {
        "zones": [{"id": zone["name"], **zone} for zone in (DRIVE, ROAD)],
        "labels": ["person", "cat"],
        "picture": f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}",
    }


@pytest.mark.parametrize("camera_id", [UNKNOWN_ID, "../x", "' OR 1=1", "\0"])
async def test_get_of_unknown_camera_is_not_found(page: PageClient, camera_id: str) -> None:
    for command, more in (("get", {}), ("save", {"zones": []}), ("preview", {"zones": []})):
        error = await page.call_refused(f"zones/{command}", camera_id=camera_id, **more)
        assert (error["code"], error["translation_key"]) == ("not_found", "camera_not_found")


# --- save --------------------------------------------------------------------------------------


async def test_saved_zones_are_returned_by_get(page: PageClient, entry: MockConfigEntry) -> None:
    zones = [PORCH, {**DRIVE, "name": " Drive "}]
    assert await page.call("zones/save", camera_id=CAMERA_ID, zones=zones) == {}
    assert stored(entry) == [PORCH, DRIVE]
    shown = (await page.call("zones/get", camera_id=CAMERA_ID))["zones"]
    assert without_ids(shown) == [PORCH, DRIVE]


async def test_save_accepts_zone_with_required_fields_only(
    page: PageClient, entry: MockConfigEntry
) -> None:
    zone = {key: PORCH[key] for key in ("name", "kind", "polygon")}
    await page.call("zones/save", camera_id=CAMERA_ID, zones=[zone])
    assert stored(entry) == [{**PORCH, "loiter_s": 0}]


async def test_saved_zones_apply_to_running_camera(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry, runtime: Any
) -> None:
    await arm(hass, entry)
    await pictures(hass, entry)
    sessions = runtime.host.engine.worker.sessions
    before = sessions[CAMERA_ID]
    await page.call("zones/save", camera_id=CAMERA_ID, zones=[PORCH])
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
async def test_save_of_invalid_zones_returns_form_text(
    page: PageClient, entry: MockConfigEntry, change: dict[str, Any], text: str
) -> None:
    zones = [DRIVE, {**PORCH, **change}]
    for command in ("save", "preview"):
        error = await page.call_refused(f"zones/{command}", camera_id=CAMERA_ID, zones=zones)
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
async def test_save_refuses_malformed_zones(
    page: PageClient, entry: MockConfigEntry, zones: Any
) -> None:
    for command in ("save", "preview"):
        error = await page.call_refused(f"zones/{command}", camera_id=CAMERA_ID, zones=zones)
        assert error["code"] == "invalid_format"
    assert stored(entry) == [DRIVE, ROAD]


async def test_save_and_preview_require_administrator(
    reader: PageClient, entry: MockConfigEntry
) -> None:
    for command in ("save", "preview"):
        error = await reader.call_refused(f"zones/{command}", camera_id=CAMERA_ID, zones=[PORCH])
        assert error["code"] == "unauthorized"
    assert stored(entry) == [DRIVE, ROAD]


# --- preview -----------------------------------------------------------------------------------


async def test_preview_applies_unsaved_zones_to_live_detections(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await arm(hass, entry)
    await pictures(hass, entry)
    detector.sees = [PERSON, CAT]
    everything = {**ROAD, "name": "All", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    subscription = await page.subscribe(
        "zones/preview", camera_id=CAMERA_ID, zones=[{**everything, "labels": ["cat"]}, DRIVE]
    )
    preview = await page.next_event(lambda x: len(x.get("boxes", ())) == 2)
    boxes = {each["label"]: each for each in preview["boxes"]}
    assert preview["at"] > 0
    assert 0 <= preview["live_t"] < LIVE_PERIOD_S
    assert boxes["person"]["counts"]
    assert (boxes["cat"]["counts"], boxes["cat"]["zones"]) == (False, ["All"])
    assert boxes["person"]["score"] == 0.87
    assert len(boxes["person"]["box"]) == 4
    assert stored(entry) == [DRIVE, ROAD]
    await page.unsubscribe(subscription)
    detector.sees = []


async def test_preview_of_camera_that_is_off_sends_error(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    detector.sees = [PERSON]
    await page.subscribe("zones/preview", camera_id=CAMERA_ID, zones=[])
    preview = await page.next_event(lambda _: True)
    assert (preview["boxes"], preview["error"]) == ([], "camera_not_running")
    assert "live_t" not in preview
    await arm(hass, entry)
    preview = await page.next_event(lambda x: x["boxes"])
    assert "error" not in preview
    detector.sees = []


async def test_preview_ends_with_subscription_or_entry(
    hass: HomeAssistant, page: PageClient, entry: MockConfigEntry
) -> None:
    await page.subscribe("zones/preview", camera_id=CAMERA_ID, zones=[])
    await page.next_event(lambda _: True)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await page.next_event(lambda x: "unavailable" in x) == {"unavailable": True}
    error = await page.call_refused("zones/preview", camera_id=CAMERA_ID, zones=[])
    assert error["translation_key"] == "engine_not_running"
    await page.client.close()
