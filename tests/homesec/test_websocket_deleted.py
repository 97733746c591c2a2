"""The page's commands for Recently deleted, and where its clips don't show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clip_factory import EVENING, ClipFactory
from homeassistant.components.media_source import (
    Unresolvable,
    async_browse_media,
    async_resolve_media,
)
from homesec_fixtures import entity_id, set_up, state, until
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.const import EVENT_CLIPS_DELETED, EVENT_CLIPS_PURGED

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

WEEK_S = 7 * 86_400
UNKNOWN_ID = "01K0CAMERA0000000000000005"


@pytest.fixture
async def factory(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, socket_enabled: None
) -> ClipFactory:
    await set_up(hass, entry)
    return ClipFactory(entry, video)


@pytest.fixture
async def page(
    hass: HomeAssistant, factory: ClipFactory, hass_ws_client: WebSocketGenerator
) -> PageClient:
    """The page of an administrator."""
    return PageClient(await hass_ws_client(hass))


@pytest.fixture
async def guest_token(hass: HomeAssistant) -> str:
    """The token of a user who may control the alarm panel."""
    user = await hass.auth.async_create_user("Guest", group_ids=["system-users"])
    refresh = await hass.auth.async_create_refresh_token(user, "http://localhost")
    return hass.auth.async_create_access_token(refresh)


async def trigger(hass: HomeAssistant, factory: ClipFactory) -> None:
    panel = entity_id(hass, "alarm_control_panel", "alarm", factory.runtime.entry.entry_id)
    await hass.services.async_call(
        "alarm_control_panel", "alarm_trigger", {"entity_id": panel}, blocking=True
    )


async def test_deleted_list_has_who_and_when_and_until(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    (before,) = (await page.call("clips/list"))["clips"]
    await page.call("clips/delete", ids=[clip.id])
    answer = await page.call("deleted/list")
    (found,) = answer["clips"]
    deleted = found.pop("deleted")
    assert found.pop("expires") == deleted + WEEK_S
    (user,) = [x for x in await hass.auth.async_get_users() if x.is_admin and x.name]
    assert found.pop("deleted_by") == user.name
    assert found == before
    assert (answer["cursor"], answer["total"], answer["purge_held"]) == (None, 1, False)


async def test_deleted_list_pages_until_end(page: PageClient, factory: ClipFactory) -> None:
    clips = [(await factory.put(EVENING + n)).id for n in range(5)]
    for clip_id in clips:
        await page.call("clips/delete", ids=[clip_id])
    found: list[str] = []
    cursor = None
    for _ in range(3):
        answer = await page.call("deleted/list", limit=2, cursor=cursor)
        found += [clip["id"] for clip in answer["clips"]]
        cursor = answer["cursor"]
    assert found == clips[::-1]
    assert cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "1.0/x", f"x/{UNKNOWN_ID}", UNKNOWN_ID])
async def test_deleted_list_refuses_unknown_cursor(page: PageClient, cursor: str) -> None:
    error = await page.call_refused("deleted/list", cursor=cursor)
    assert error["translation_key"] == "bad_cursor"


async def test_protected_deleted_clip_does_not_expire(
    page: PageClient, factory: ClipFactory
) -> None:
    await factory.put(EVENING, protected=True, deleted_at=EVENING)
    (clip,) = (await page.call("deleted/list"))["clips"]
    assert clip["expires"] is None


async def test_restored_clip_is_listed_again(page: PageClient, factory: ClipFactory) -> None:
    clip = await factory.put(EVENING)
    before = await page.call("clips/list")
    await page.call("clips/subscribe")
    await page.call("clips/delete", ids=[clip.id])
    await page.next_event(lambda event: event == {"removed": clip.id})
    assert (await page.call("clips/list"))["clips"] == []
    answer = await page.call("deleted/restore", ids=[clip.id, UNKNOWN_ID])
    assert answer == {
        "restored": [clip.id],
        "refused": [{"id": UNKNOWN_ID, "error": "clip_not_found"}],
    }
    await page.next_event(lambda event: event.get("clip", {}).get("id") == clip.id)
    assert await page.call("clips/list") == before
    assert (await page.call("deleted/list"))["clips"] == []


async def test_purged_clip_is_gone(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    announced = async_capture_events(hass, EVENT_CLIPS_PURGED)
    clip, listed = await factory.put(EVENING), await factory.put(EVENING + 1)
    await page.call("clips/delete", ids=[clip.id])
    answer = await page.call("deleted/purge", ids=[clip.id, listed.id])
    assert answer == {
        "purged": [clip.id],
        "refused": [{"id": listed.id, "error": "clip_not_found"}],
    }
    assert factory.library.catalog.get(clip.id) is None
    assert not (factory.runtime.host.clips_dir / clip.path).exists()
    assert [event.data["clip_ids"] for event in announced] == [[clip.id]]


async def test_purge_while_triggered_is_refused(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    await page.call("clips/delete", ids=[clip.id])
    await trigger(hass, factory)
    assert (await page.call("deleted/list"))["purge_held"] is True
    error = await page.call_refused("deleted/purge", ids=[clip.id])
    assert error["translation_key"] == "purge_held"
    assert factory.library.catalog.get(clip.id) is not None


async def test_retention_while_triggered_purges_nothing(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory, entry: MockConfigEntry
) -> None:
    clip = await factory.put(EVENING)
    await page.call("clips/delete", ids=[clip.id])
    await trigger(hass, factory)
    data = {**entry.data, "retention": {"deleted_days": 0, "min_free_gb": 0, "local_gb": 0}}
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.async_block_till_done()
    await factory.runtime.host.async_run_raw(factory.library._retention.apply)
    assert factory.library.catalog.get(clip.id) is not None
    assert (factory.runtime.host.clips_dir / clip.path).exists()


async def test_user_with_control_can_restore_but_not_purge(
    hass: HomeAssistant,
    page: PageClient,
    factory: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    guest_token: str,
) -> None:
    announced = async_capture_events(hass, EVENT_CLIPS_DELETED)
    guest = PageClient(await hass_ws_client(hass, guest_token))
    clip = await factory.put(EVENING)
    await guest.call("clips/delete", ids=[clip.id])
    assert [event.data["by"] for event in announced] == ["Guest"]
    error = await guest.call_refused("deleted/purge", ids=[clip.id])
    assert error["code"] == "unauthorized"
    assert (await page.call("deleted/list"))["clips"][0]["deleted_by"] == "Guest"
    assert (await guest.call("deleted/restore", ids=[clip.id]))["restored"] == [clip.id]


async def test_read_only_user_cannot_see_deleted_clips(
    hass: HomeAssistant,
    page: PageClient,
    factory: ClipFactory,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    reader = PageClient(await hass_ws_client(hass, hass_read_only_access_token))
    clip = await factory.put(EVENING)
    await page.call("clips/delete", ids=[clip.id])
    for command, more in (("list", {}), ("restore", {"ids": [clip.id]})):
        error = await reader.call_refused(f"deleted/{command}", **more)
        assert error["code"] == "unauthorized"


@pytest.mark.parametrize(("who", "status"), [("admin", 200), ("guest", 200), ("reader", 404)])
async def test_files_of_deleted_clip_open_for_those_who_may_delete(
    hass: HomeAssistant,
    page: PageClient,
    factory: ClipFactory,
    hass_client: ClientSessionGenerator,
    hass_access_token: str,
    hass_read_only_access_token: str,
    guest_token: str,
    who: str,
    status: int,
) -> None:
    tokens = {
        "admin": hass_access_token,
        "guest": guest_token,
        "reader": hass_read_only_access_token,
    }
    clip = await factory.put(EVENING)
    await page.call("clips/delete", ids=[clip.id])
    client = await hass_client(tokens[who])
    for suffix in ("mp4", "jpg"):
        response = await client.get(f"/api/homesec/clip/{clip.id}.{suffix}")
        assert response.status == status


async def test_deleted_clip_is_not_shown_by_its_id(page: PageClient, factory: ClipFactory) -> None:
    clip = await factory.put(EVENING)
    await page.call("clips/delete", ids=[clip.id])
    for command, fields in (
        ("clips/get", {"clip_id": clip.id}),
        ("clips/protect", {"ids": [clip.id], "protected": True}),
    ):
        assert (await page.call_refused(command, **fields))["code"] == "not_found"
    assert (await page.call("clips/export", ids=[clip.id]))["refused"] == [
        {"id": clip.id, "error": "clip_not_found"}
    ]


async def test_media_source_neither_lists_nor_plays_deleted_clips(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory
) -> None:
    clip = await factory.put(EVENING)
    assert (await async_browse_media(hass, "media-source://homesec")).children
    await page.call("clips/delete", ids=[clip.id])
    assert not (await async_browse_media(hass, "media-source://homesec")).children
    with pytest.raises(Unresolvable):
        await async_resolve_media(hass, f"media-source://homesec/clip/{clip.id}", None)


async def test_sensors_count_deleted_clips_as_space_only(
    hass: HomeAssistant, page: PageClient, factory: ClipFactory, entry: MockConfigEntry
) -> None:
    clip = await factory.put(EVENING)
    await factory.runtime.host.async_run_raw(factory.library._count)
    await page.call("clips/delete", ids=[clip.id])
    await until(hass, lambda: state(hass, "sensor", "clips", entry.entry_id) == "0")
    used = float(state(hass, "sensor", "storage_used", entry.entry_id))
    assert used > 0
    await page.call("house/subscribe")
    event: dict[str, Any] = await page.next_event(lambda event: "storage" in event)
    assert event["storage"]["clips"] == 0
    assert (event["storage"]["deleted_clips"], event["storage"]["deleted_bytes"]) == (
        1,
        clip.bytes,
    )
