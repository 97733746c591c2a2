"""Who may not read the alarm panel sees no clip, wherever Home Assistant shows clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alarm_fixtures import PINS, with_alarm
from clip_factory import EVENING, ClipFactory
from homeassistant.auth.permissions import PolicyPermissions
from homesec_fixtures import CAMERA_ID, set_up
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockUser
from test_guard_everything import House, made_up, send

from custom_components.homesec.clips.naming import CAMERA, CLIP
from custom_components.homesec.urls import ALERT_STILL_URL, CLIP_URL, LAST_PICTURE_URL, STILL_URL

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

    from custom_components.homesec.engine.core.types import Clip

ELSEWHERE = {"entities": {"entity_ids": {"light.lamp": True}}}
PANEL = {"entities": {"domains": {"alarm_control_panel": {"read": True}}}}


@pytest.fixture
async def clip(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> Clip:
    await set_up(hass, with_alarm(entry, pins=PINS))
    return await ClipFactory(entry, video).put(EVENING)


async def token(hass: HomeAssistant, policy: dict[str, Any]) -> str:
    user = MockUser(name="Guest").add_to_hass(hass)
    user.permissions = PolicyPermissions(policy, None)
    refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
    return hass.auth.async_create_access_token(refresh)


async def test_no_command_answers_user_without_read_permission(
    hass: HomeAssistant, entry: MockConfigEntry, clip: Clip, hass_ws_client: WebSocketGenerator
) -> None:
    house = House(hass, entry, [clip.id])
    client = await hass_ws_client(hass, await token(hass, ELSEWHERE))
    answered, commands = {}, hass.data["websocket_api"]
    for command in [each for each in commands if each.startswith("homesec/")]:
        _, schema = commands[command]
        tries = made_up(house, schema) if schema else [{}]
        tries += [{**fields, "clip_id": clip.id} for fields in tries if "clip_id" in fields]
        errors = {await send(client, {**fields, "type": command}) for fields in tries}
        if not errors <= {"unauthorized", "invalid_format"} or "unauthorized" not in errors:
            answered[command] = errors
    assert answered == {}


@pytest.mark.parametrize(("policy", "status"), [(ELSEWHERE, 403), (PANEL, 200)])
async def test_views_answer_only_who_may_read_the_panel(
    hass: HomeAssistant,
    clip: Clip,
    hass_client: ClientSessionGenerator,
    policy: dict[str, Any],
    status: int,
) -> None:
    client = await hass_client(await token(hass, policy))
    for url in (CLIP_URL, STILL_URL):
        answer = await client.get(url.format(clip_id=clip.id))
        assert answer.status == status, url
    if status != 200:
        for url in (ALERT_STILL_URL.format(alert_id=clip.id), LAST_PICTURE_URL):
            answer = await client.get(url.format(camera_id=CAMERA_ID, at_ms="0"))
            assert answer.status == status, url


@pytest.mark.parametrize("allowed", [False, True])
async def test_media_browser_shows_clips_only_to_who_may_read_the_panel(
    hass: HomeAssistant, clip: Clip, hass_ws_client: WebSocketGenerator, allowed: bool
) -> None:
    client = await hass_ws_client(hass, await token(hass, PANEL if allowed else ELSEWHERE))
    found = []
    for command, path in (
        ("browse_media", ""),
        ("browse_media", f"/{CAMERA}/{CAMERA_ID}"),
        ("resolve_media", f"/{CLIP}/{clip.id}"),
    ):
        content = f"media-source://homesec{path}"
        message = {"type": f"media_source/{command}", "media_content_id": content}
        found.append(await send(client, message))
    assert found == [("" if allowed else "unauthorized")] * 3
