"""The stills of alerts, and where they are stored for a day."""

from __future__ import annotations

from http import HTTPStatus
import os
import time
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, guard, set_up, until
import pytest

from custom_components.homesec.alerts.stills import MAX_AGE_S, AlertStills
from custom_components.homesec.engine.core.errors import HomeSecError
from custom_components.homesec.engine.core.events import SnapshotTaken

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator


async def test_still_is_snapshot_with_boxes(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    runtime = entry.runtime_data
    kept = await runtime.host.async_run(
        runtime.alerts.dispatcher.stills.get, alerts[0].data["alert_id"]
    )
    assert kept is not None
    snapshot = runtime.cameras[CAMERA_ID].snapshot
    assert snapshot.at >= dt_util.parse_datetime(alerts[0].data["first_seen"]).timestamp() - 0.001


async def test_still_is_not_from_earlier_presence(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    await guard(hass, entry)
    runtime = entry.runtime_data
    an_hour_ago = dt_util.utcnow().timestamp() - 3600
    before = SnapshotTaken(camera_id=CAMERA_ID, jpeg=b"the postman", at=an_hour_ago)
    runtime.cameras[CAMERA_ID].snapshot = before
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    kept = await runtime.host.async_run(
        runtime.alerts.dispatcher.stills.get, alerts[0].data["alert_id"]
    )
    assert kept.startswith(b"\xff\xd8")


async def test_alert_is_sent_when_still_cannot_be_stored(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(AlertStills, "put", refuse)
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"] is None


async def test_still_without_snapshot_is_current_picture(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.dispatch.STILL_TIMEOUT_S", 0)
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"]


async def test_alert_is_sent_when_picture_fails(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.dispatch.STILL_TIMEOUT_S", 0)
    # A snapshot may come before or after the alert.
    monkeypatch.setattr(
        "custom_components.homesec.engine.camera.camera_pictures.CameraPictures.offer",
        lambda *_, **_kw: None,
    )
    await guard(hass, entry)

    def refuse(_camera_id: str) -> bytes:
        raise HomeSecError

    monkeypatch.setattr(entry.runtime_data.host.engine, "jpeg", refuse)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"] is None


async def test_alert_is_sent_without_picture(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.dispatch.STILL_TIMEOUT_S", 0)
    monkeypatch.setattr(
        "custom_components.homesec.engine.camera.camera_pictures.CameraPictures.offer",
        lambda *_, **_kw: None,
    )
    await guard(hass, entry)
    monkeypatch.setattr(entry.runtime_data.host.engine, "jpeg", lambda _camera_id: None)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"] is None


# --- the pictures' folder and view -----------------------------------------------------------


def test_stills_are_kept_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stills = AlertStills(tmp_path / "alerts")
    assert stills.get("a") is None
    stills.put("a", b"1")
    stills.put("b", b"2")
    yesterday = time.time() - MAX_AGE_S - 1
    os.utime(tmp_path / "alerts/a.jpg", (yesterday, yesterday))
    assert stills.get("a") is None
    assert stills.get("b") == b"2"
    stills.put("c", b"3")
    assert {path.name for path in (tmp_path / "alerts").iterdir()} == {"b.jpg", "c.jpg"}
    monkeypatch.setattr("custom_components.homesec.alerts.stills.MAX_STILLS", 1)
    stills.put("d", b"4")
    assert (tmp_path / "alerts/d.jpg").exists()
    assert len(list((tmp_path / "alerts").iterdir())) == 2


def test_deletion_skips_file_renamed_meanwhile(tmp_path: Path) -> None:
    """The temporary file of another alert is renamed between listing and stat."""
    stills = AlertStills(tmp_path)
    (tmp_path / "tmp123").symlink_to(tmp_path / "gone")
    stills.put("a", b"1")
    assert stills.get("a") == b"1"


async def test_still_view_needs_login(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry)
    alert_id = "01K0A1ERT00000000000000000"
    stills = entry.runtime_data.alerts.dispatcher.stills
    await entry.runtime_data.host.async_run(stills.put, alert_id, b"\xff\xd8")
    url = f"/api/homesec/alert/{alert_id}.jpg"
    assert (await (await hass_client_no_auth()).get(url)).status == HTTPStatus.UNAUTHORIZED
    client = await hass_client()
    found = await client.get(url)
    assert found.status == HTTPStatus.OK
    assert found.headers["Cache-Control"] == "private, max-age=86400"
    for unknown in ("01K0A1ERT00000000000000001", "..", "x"):
        found = await client.get(f"/api/homesec/alert/{unknown}.jpg")
        assert found.status == HTTPStatus.NOT_FOUND
