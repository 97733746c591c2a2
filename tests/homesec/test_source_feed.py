"""Another integration's camera entity as a source."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from unittest.mock import patch

from homeassistant.components import camera
from homeassistant.exceptions import HomeAssistantError
from homesec_fixtures import CAMERA_ID, arm, pictures, set_up, until
import pytest

from custom_components.homesec.cameras import source_feed
from custom_components.homesec.cameras.source_feed import EntityFeed
from custom_components.homesec.engine.core.errors import EntityUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

SECRET = "rtsp://ann:CANARY@192.0.2.7/1"


async def ask(hass: HomeAssistant, question: str, **patches: object) -> object:
    """Call the feed from a thread, as the engine does."""
    feed = EntityFeed(hass, "camera.drive")
    with patch.multiple("homeassistant.components.camera", **patches):
        return await hass.async_add_executor_job(getattr(feed, question))


async def test_feed_returns_stream_url_and_snapshot(hass: HomeAssistant) -> None:
    async def stream(_hass: HomeAssistant, entity_id: str) -> str | None:
        assert entity_id == "camera.drive"
        return SECRET

    async def image(_hass: HomeAssistant, entity_id: str, **limit: int) -> camera.Image:
        assert limit["timeout"] <= 5
        return camera.Image("image/jpeg", entity_id.encode())

    assert await ask(hass, "stream_url", async_get_stream_source=stream) == SECRET
    assert await ask(hass, "snapshot", async_get_image=image) == b"camera.drive"


@pytest.mark.parametrize("question", ["stream_url", "snapshot"])
async def test_missing_entity_is_unavailable(hass: HomeAssistant, question: str) -> None:
    feed = EntityFeed(hass, "camera.drive")
    with pytest.raises(EntityUnavailable):
        await hass.async_add_executor_job(getattr(feed, question))


@pytest.mark.parametrize("failure", [HomeAssistantError(SECRET), ValueError(SECRET), OSError()])
async def test_error_of_other_integration_is_not_revealed(
    hass: HomeAssistant, failure: Exception
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise failure

    with pytest.raises(EntityUnavailable) as raised:
        await ask(hass, "stream_url", async_get_stream_source=broken)
    assert raised.value.__cause__ is None
    assert "CANARY" not in str(raised.value)


async def test_feed_times_out_when_entity_never_answers(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_feed, "STREAM_URL_TIMEOUT_S", 0.05)
    cancelled = asyncio.Event()

    async def silent(*_: object) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    with pytest.raises(EntityUnavailable):
        await ask(hass, "stream_url", async_get_stream_source=silent)
    async with asyncio.timeout(60):
        await cancelled.wait()


def test_closed_loop_is_unavailable(hass: HomeAssistant) -> None:
    feed = EntityFeed(hass, "camera.drive")
    with (
        patch.object(asyncio, "run_coroutine_threadsafe", side_effect=RuntimeError),
        pytest.raises(EntityUnavailable),
    ):
        feed.stream_url()


async def test_entity_camera_runs_like_any_other(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path
) -> None:
    """The entity has only snapshots, and appears after HomeSec has started."""
    picture: bytes | None = None

    async def image(*_: object, **__: object) -> camera.Image:
        if picture is None:
            raise HomeAssistantError("not yet")
        return camera.Image("image/jpeg", picture)

    async def stream(*_: object) -> str | None:
        return None

    with patch.multiple(
        "homeassistant.components.camera", async_get_image=image, async_get_stream_source=stream
    ):
        await set_up(hass, entry)
        await arm(hass, entry)
        await pictures(hass, entry)
        runtime = entry.runtime_data
        taken = await runtime.host.async_run(runtime.host.engine.jpeg, CAMERA_ID)
        subentry = entry.subentries[CAMERA_ID]
        data = {**subentry.data, "kind": "entity", "entity_id": "camera.drive"}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
        await hass.async_block_till_done()
        await until(hass, lambda: runtime.cameras[CAMERA_ID].error == "entity_unavailable")
        picture = taken
        await until(hass, lambda: runtime.cameras[CAMERA_ID].watching)
        await pictures(hass, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
