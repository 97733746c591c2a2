"""Secrets appear in no log, diagnostics, event, error, or state."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.const import MATCH_ALL
from homeassistant.core import callback
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
from homesec_fixtures import DRIVE, call, camera, entity_id, set_up, until
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)

from custom_components.homesec import diagnostics
from custom_components.homesec.engine.core.errors import NoRoute
from custom_components.homesec.engine.engine import HomeSecEngine

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
    from syrupy.assertion import SnapshotAssertion

CANARY = "CANARY-b3a1"
STREAM_ID = "01K0CAMERA0000000000000002"
# Nothing listens there, so each attempt fails at once and could log the URL.
URL = f"rtsp://127.0.0.1:9/{CANARY}-path?token={CANARY}-token"


@pytest.fixture
def entry(entry: MockConfigEntry, video: Path, socket_enabled: None) -> MockConfigEntry:
    """An entry with a second camera whose settings are full of secrets."""
    data = camera(f"{CANARY}-name", video, camera_id=STREAM_ID, disarmed="detect")
    secret = {
        **data["data"],
        "kind": "stream",
        "url": URL,
        "detect_url": f"rtsp://127.0.0.1:9/{CANARY}-detect?token={CANARY}-token",
        "username": f"{CANARY}-user",
        "password": f"{CANARY}-pass",
        "zones": [{**DRIVE, "name": f"{CANARY}-zone"}],
        "rules": [{"label": "person", "threshold": 0.7, "min_height": 0.1}],
    }
    secret.pop("file")
    subentry = ConfigSubentry(
        data=secret,
        subentry_id=STREAM_ID,
        subentry_type="camera",
        title=f"{CANARY}-name",
        unique_id=f"camera:{CANARY}-unique",
    )
    object.__setattr__(entry, "subentries", {**entry.subentries, STREAM_ID: subentry})
    return entry


async def test_diagnostics_contain_nothing_private(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
    video: Path,
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.cameras[STREAM_ID].health == "lost")
    await until(hass, lambda: entry.runtime_data.detector.report)
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(found)
    assert CANARY not in text
    assert "127.0.0.1" not in text
    assert video.name not in text
    assert found["cameras"][STREAM_ID]["source"] == {
        "scheme": "rtsp",
        "has_username": True,
        "has_password": True,
        "has_detect_stream": True,
    }
    # Left out of the snapshot, since it differs between systems.
    found["versions"] = sorted(found["versions"])
    found["cameras"][STREAM_ID]["stats"] = sorted(found["cameras"][STREAM_ID]["stats"])
    assert found == snapshot


async def test_secrets_appear_in_no_log_event_or_state(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fired_events: list[str] = []

    @callback
    def listen(event: Event) -> None:
        fired_events.append(json.dumps(event.as_dict(), cls=JSONEncoder))

    hass.bus.async_listen(MATCH_ALL, listen)
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.cameras[STREAM_ID].health == "lost")
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    await call(hass, "homesec", "arm", panel, mode="away", force=True)
    assert hass.states.get(panel).attributes["bypassed"] == [f"{CANARY}-name"]
    assert await hass.config_entries.async_unload(entry.entry_id)
    secrets = [f"{CANARY}-{part}" for part in ("path", "token", "user", "pass", "unique")]
    states = json.dumps([state.as_dict() for state in hass.states.async_all()], cls=JSONEncoder)
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in states
        assert not [event for event in fired_events if secret in event]


async def test_failed_flow_reveals_no_secrets(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await set_up(hass, entry)
    given: dict[str, Any] = {
        "kind": "stream",
        "url": f"rtsp://ann:{CANARY}-typed@127.0.0.1:9/x",
    }
    for failure in (NoRoute(), ZeroDivisionError()):
        flow = await hass.config_entries.subentries.async_init(
            (entry.entry_id, "camera"), context={"source": SOURCE_USER}
        )
        with patch.object(HomeSecEngine, "probe", side_effect=failure):
            await hass.config_entries.subentries.async_configure(flow["flow_id"], given)
            await hass.async_block_till_done()
        shown = await hass.config_entries.subentries.async_configure(flow["flow_id"])
        fields = [key.description for key in shown["data_schema"].schema]
        assert f"{CANARY}-typed" not in str(fields)
        assert f"{CANARY}-typed" not in str(shown["errors"])
    assert f"{CANARY}-typed" not in caplog.text


async def test_repr_of_camera_config_hides_source(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    for config, _ in entry.runtime_data.reconciler.running.values():
        # The camera's name and zones may be shown to its owner.
        assert CANARY not in re.sub(f"{CANARY}-(name|zone)", "", repr(config))


async def test_diagnostics_work_without_installed_detector(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "PACKAGES", ("av", "no-such-detector"))
    await set_up(hass, entry)
    found = await diagnostics.async_get_config_entry_diagnostics(hass, entry)
    assert found["versions"]["av"]
    assert found["versions"]["no-such-detector"] is None
