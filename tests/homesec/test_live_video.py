"""Live video through Home Assistant: HLS, recordings, and pictures of a camera that is off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import PropertyMock, patch

import av
from homeassistant.components.camera import (
    CameraEntityFeature,
    CameraWebRTCProvider,
    async_register_webrtc_provider,
)
from homeassistant.components.camera.helper import get_camera_from_entity_id
from homeassistant.core import callback
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, arm, entity_id, guard, set_up, until
import pytest

from custom_components.homesec import camera as platform
from custom_components.homesec.cameras.last_pictures import pictures_folder
from custom_components.homesec.engine.core.events import HealthChanged
from custom_components.homesec.engine.core.types import CameraHealth
from custom_components.homesec.engine_host import EngineHost
from custom_components.homesec.event_bus import CameraChanged

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

pytestmark = pytest.mark.usefixtures("socket_enabled")
JPEG = b"\xff\xd8\xff"


async def test_camera_offers_hls_made_from_its_packets(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
) -> None:
    short = {"ll_hls": True, "segment_duration": 2, "part_duration": 0.5}
    assert await async_setup_component(hass, "stream", {"stream": short})
    await guard(hass, entry)
    camera = entity_id(hass, "camera", "camera")
    assert hass.states.get(camera).attributes["supported_features"] == CameraEntityFeature.STREAM
    socket = await hass_ws_client(hass)
    await socket.send_json_auto_id({"type": "camera/capabilities", "entity_id": camera})
    assert (await socket.receive_json())["result"]["frontend_stream_types"] == ["hls"]
    await socket.send_json_auto_id({"type": "camera/stream", "entity_id": camera})
    playlist = (await socket.receive_json())["result"]["url"]
    client = await hass_client()
    answer = await client.get(playlist)
    assert answer.status == 200
    assert "CODECS" in await answer.text()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await client.get(playlist)).status == 404


async def test_record_action_of_camera_that_is_off_writes_a_file_that_plays(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    await set_up(hass, entry)
    path = config_dir / "media" / "now.mp4"
    path.parent.mkdir(exist_ok=True)
    hass.config.allowlist_external_dirs.add(str(path.parent))
    camera = entity_id(hass, "camera", "camera")
    await hass.services.async_call(
        "camera",
        "record",
        {"entity_id": camera, "filename": str(path), "duration": 2, "lookback": 0},
        blocking=True,
    )
    await until(hass, path.exists, "a recording")
    await hass.async_block_till_done(wait_background_tasks=True)
    with av.open(str(path)) as video:
        assert sum(1 for _ in video.decode(video=0)) > 10
    assert entry.runtime_data.cameras[CAMERA_ID].health is CameraHealth.OFF


async def test_picture_of_camera_that_is_off_is_live(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await set_up(hass, entry)
    client = await hass_client()
    answer = await client.get(f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}")
    assert answer.status == 200
    assert (await answer.read()).startswith(JPEG)
    assert entry.runtime_data.cameras[CAMERA_ID].health is CameraHealth.OFF
    assert (await entry.runtime_data.pictures.async_find(CAMERA_ID)) is not None
    await hass.async_block_till_done(wait_background_tasks=True)
    [stored] = pictures_folder(hass).glob("*.jpg")
    written = stored.stat().st_mtime
    assert (
        await client.get(f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}")
    ).status == 200
    await hass.async_block_till_done(wait_background_tasks=True)
    assert stored.stat().st_mtime == written


async def test_lost_camera_has_no_old_picture(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await guard(hass, entry)
    entry.runtime_data.pictures.async_remember(CAMERA_ID, JPEG)
    lost = HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.LOST)
    entry.runtime_data.cameras[CAMERA_ID].apply(lost)
    client = await hass_client()
    with patch.object(entry.runtime_data.host.engine, "jpeg", return_value=None):
        answer = await client.get(f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}")
    assert answer.status == 500


async def test_last_picture_is_shown_of_camera_that_is_off_and_cannot_be_opened(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "OPENING_S", 0.1)
    await set_up(hass, entry)
    hass.config_entries.async_update_subentry(
        entry,
        entry.subentries[CAMERA_ID],
        data={**entry.subentries[CAMERA_ID].data, "file": "/nowhere.mp4"},
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    client, url = await hass_client(), f"/api/camera_proxy/{entity_id(hass, 'camera', 'camera')}"
    assert (await client.get(url)).status == 500
    entry.runtime_data.pictures.async_remember(CAMERA_ID, JPEG + b"last")
    assert await (await client.get(url)).read() == JPEG + b"last"


async def test_address_is_no_attribute_and_hidden_where_home_assistant_logs_it(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await guard(hass, entry)
    camera = get_camera_from_entity_id(hass, entity_id(hass, "camera", "camera"))
    url = await camera.stream_source()
    assert url is not None
    password = url.partition("@")[0].rpartition(":")[2]
    assert len(password) == 64
    stream = await camera.async_create_stream()
    assert stream is not None
    stream.add_provider("hls")
    await stream.start()
    await stream.stop()
    assert password not in caplog.text
    assert password not in str(hass.states.async_all())
    await arm(hass, entry, "disarm")


class Provider(CameraWebRTCProvider):
    """What go2rtc is to a camera."""

    @property
    def domain(self) -> str:
        return "test"

    @callback
    def async_is_supported(self, stream_source: str) -> bool:
        return stream_source.startswith("http:")

    async def async_handle_async_webrtc_offer(self, *_: Any) -> None:
        """Answer nothing."""

    async def async_on_webrtc_candidate(self, *_: Any) -> None:
        """Ignore it."""


async def test_webrtc_is_offered_even_if_the_engine_starts_late(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "camera", {})
    async_register_webrtc_provider(hass, Provider())
    with patch.object(EngineHost, "ready", PropertyMock(return_value=False)):
        await set_up(hass, entry)
        camera = get_camera_from_entity_id(hass, entity_id(hass, "camera", "camera"))
        assert await camera.stream_source() is None
        assert camera.webrtc_provider is None
    entry.runtime_data.bus.async_dispatch(CameraChanged(camera_id=CAMERA_ID))
    await hass.async_block_till_done()
    assert camera.webrtc_provider is not None
    socket = await hass_ws_client(hass)
    await socket.send_json_auto_id({"type": "camera/capabilities", "entity_id": camera.entity_id})
    found = (await socket.receive_json())["result"]["frontend_stream_types"]
    assert sorted(found) == ["hls", "web_rtc"]


async def test_stream_follows_camera_to_another_worker(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    camera = get_camera_from_entity_id(hass, entity_id(hass, "camera", "camera"))
    stream = await camera.async_create_stream()
    assert stream is not None
    assert stream.source == await camera.stream_source()
    other = "http://homesec:x@127.0.0.1:1/x.ts"
    with patch.object(entry.runtime_data.host.engine, "live_url", return_value=other):
        entry.runtime_data.bus.async_dispatch(CameraChanged(camera_id=CAMERA_ID))
    assert stream.source == other
