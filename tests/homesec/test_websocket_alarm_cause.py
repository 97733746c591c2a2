"""What the page is told about the cause of an alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from homesec_fixtures import CAMERA_ID, PERSON, arm, guard, set_up, until
from page_client import PageClient
import pytest

from custom_components.homesec.alerts.stills import AlertStills
from custom_components.homesec.engine.core.events import DetectionStarted, SnapshotTaken
from custom_components.homesec.engine.core.types import Box, Presence

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def cause_of(page: PageClient, *needed: str) -> dict[str, Any]:
    """Return the cause once these fields of it are known."""

    def matches(status: dict[str, Any]) -> bool:
        cause = status.get("alarm", {}).get("cause")
        return cause is not None and all(cause[key] is not None for key in needed)

    cause: dict[str, Any] = (await page.next_event(matches))["alarm"]["cause"]
    return cause


async def alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
) -> PageClient:
    """Have a camera trigger the alarm; return a page."""
    await guard(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    await page.call("house/subscribe")
    detector.sees = [PERSON]
    return page


async def test_cause_has_clip_and_picture_while_it_is_recorded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
) -> None:
    page = await alarm(hass, entry, detector, hass_ws_client)
    cause = await cause_of(page, "clip_id", "still")
    camera = entry.runtime_data.cameras[CAMERA_ID]
    assert (cause["camera"], cause["label"]) == ("Front door", "person")
    assert cause["at"] == camera.presences["person"].first_seen_at
    assert cause["clip_id"] in camera.recordings
    client = await hass_client()
    answer = await client.get(cause["still"])
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    await arm(hass, entry, "disarm")
    await page.next_event(lambda x: x.get("alarm", {}).get("state") == "disarmed")


async def test_later_visitor_replaces_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
) -> None:
    page = await alarm(hass, entry, detector, hass_ws_client)
    cause = await cause_of(page, "clip_id", "still")
    coordinator = entry.runtime_data.coordinator
    camera = entry.runtime_data.cameras[CAMERA_ID]
    detector.sees = []
    await until(hass, lambda: not camera.presences)
    # The next one stands in a zone, and is recorded in another clip.
    later = replace(
        presence_of(cause), first_seen_at=cause["at"] + 60, zones=("Drive",), track_id=9
    )
    coordinator.async_handle_event(DetectionStarted(presence=later, clip_id="01LATER"))
    coordinator.async_handle_event(
        SnapshotTaken(camera_id=CAMERA_ID, at=cause["at"] + 61, jpeg=b"later")
    )
    await hass.async_block_till_done()
    latest = await cause_of(page, "still")
    kept = ("at", "clip_id", "still", "zones")
    assert [latest[key] for key in kept] == [cause[key] for key in kept]


def presence_of(cause: dict[str, Any]) -> Presence:
    return Presence(
        camera_id=CAMERA_ID,
        label="person",
        score=0.9,
        track_id=1,
        box=Box(0.1, 0.1, 0.3, 0.9),
        first_seen_at=cause["at"],
        last_seen_at=cause["at"],
    )


async def test_cause_has_its_clip_after_a_reload(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
) -> None:
    page = await alarm(hass, entry, detector, hass_ws_client)
    before = await cause_of(page, "clip_id", "still")
    detector.sees = []
    await until(hass, lambda: not entry.runtime_data.cameras[CAMERA_ID].recordings)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    after = PageClient(await hass_ws_client(hass))
    await after.call("house/subscribe")
    cause = await cause_of(after, "clip_id", "still")
    assert cause["clip_id"] == before["clip_id"]
    assert cause["still"] == f"/api/homesec/clip/{before['clip_id']}.jpg"


async def test_picture_that_the_disk_refuses_costs_nothing_else(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AlertStills, "put", refuse)
    page = await alarm(hass, entry, detector, hass_ws_client)
    cause = await cause_of(page, "clip_id")
    assert cause["still"] is None
    await until(hass, lambda: "picture of the alarm's cause" in caplog.text)


async def test_alarm_by_hand_has_neither_camera_nor_clip(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    await page.call("house/subscribe")
    await entry.runtime_data.alarm.async_trigger(by="Ann")
    cause = await cause_of(page, "by")
    assert cause["by"] == "Ann"
    assert cause["at"] == pytest.approx(entry.runtime_data.alarm.snapshot.began_at)
    assert {cause[key] for key in ("camera_id", "camera", "label", "clip_id", "still")} == {None}
